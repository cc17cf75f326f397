/* SAKKE of RFC 6508, parameter set 1, SHA-256. Z and RSK are 04 x y (257 octets), z 128, an SSV 16. Encapsulated data is
 * 04 x y of R and then H (273); this library hands R out as "auth" and turns the SSV into H where it stands. */
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sakke.h>

#include "peer.h"

#ifndef WOLFCRYPT_HAVE_SAKKE
#error "this wolfSSL was built without SAKKE"
#endif

#define HASH WC_HASH_TYPE_SHA256
#define RESIDUE 128
#define POINT 257
#define SSV 16

struct work {
    SakkeKey key;
    ecc_point *rsk;
};

static void end(struct work *w)
{
    wc_ecc_del_point(w->rsk);
    wc_FreeSakkeKey(&w->key);
}

static int begin(struct work *w)
{
    int code = wc_InitSakkeKey(&w->key, NULL, INVALID_DEVID);
    if (code != 0)
        return code;
    w->rsk = wc_ecc_new_point();
    if (w->rsk == NULL) {
        end(w);
        return MEMORY_E;
    }
    return 0;
}

/* Takes Z from elsewhere, so not trusted. */
static int z(struct work *w, const struct octets *octets)
{
    return wc_ImportSakkePublicKey(&w->key, octets->at, octets->len, 0);
}

/* -> z Z */
static int master(struct exchange *e)
{
    struct work w;
    byte private[RESIDUE], public[POINT];
    word32 len = sizeof private, public_len = sizeof public;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = wc_MakeSakkeKey(&w.key, generator());
    if (code == 0)
        code = wc_ExportSakkePrivateKey(&w.key, private, &len);
    if (code == 0)
        code = wc_ExportSakkePublicKey(&w.key, public, &public_len, 0);
    if (code == 0) {
        answer(e, private, len);
        answer(e, public, public_len);
    }
    end(&w);
    return code;
}

/* z -> Z */
static int public_key(struct exchange *e)
{
    struct work w;
    byte public[POINT];
    word32 len = sizeof public;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = wc_ImportSakkePrivateKey(&w.key, e->in[0].at, e->in[0].len);
    if (code == 0)
        code = wc_MakeSakkePublicKey(&w.key, w.rsk);
    /* A point and an RSK have the same encoding. */
    if (code == 0)
        code = wc_EncodeSakkeRsk(&w.key, w.rsk, public, &len, 0);
    if (code == 0)
        answer(e, public, len);
    end(&w);
    return code;
}

/* z ID -> RSK */
static int extract(struct exchange *e)
{
    struct work w;
    byte rsk[POINT];
    word32 len = sizeof rsk;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = wc_ImportSakkePrivateKey(&w.key, e->in[0].at, e->in[0].len);
    if (code == 0)
        code = wc_MakeSakkeRsk(&w.key, e->in[1].at, (word16)e->in[1].len, w.rsk);
    if (code == 0)
        code = wc_EncodeSakkeRsk(&w.key, w.rsk, rsk, &len, 0);
    if (code == 0)
        answer(e, rsk, len);
    end(&w);
    return code;
}

/* Z ID RSK -> */
static int validate(struct exchange *e)
{
    struct work w;
    int valid = 0, code = begin(&w);
    if (code != 0)
        return code;
    code = z(&w, &e->in[0]);
    if (code == 0)
        code = wc_DecodeSakkeRsk(&w.key, e->in[2].at, e->in[2].len, w.rsk);
    if (code == 0)
        code = wc_ValidateSakkeRsk(&w.key, e->in[1].at, (word16)e->in[1].len, w.rsk, &valid);
    end(&w);
    return code != 0 ? code : valid ? 0 : INVALID;
}

/* Z ID SSV -> encapsulated data */
static int encapsulate(struct exchange *e)
{
    struct work w;
    byte sed[POINT + SSV], hint[SSV];
    word16 len = POINT;
    int code;
    if (e->in[2].len != SSV)
        return BAD_FUNC_ARG;
    code = begin(&w);
    if (code != 0)
        return code;
    memcpy(hint, e->in[2].at, SSV);
    code = z(&w, &e->in[0]);
    if (code == 0)
        code = wc_SetSakkeIdentity(&w.key, e->in[1].at, (word16)e->in[1].len);
    if (code == 0)
        code = wc_MakeSakkeEncapsulatedSSV(&w.key, HASH, hint, SSV, sed, &len);
    if (code == 0 && len != POINT)
        code = BUFFER_E;
    if (code == 0) {
        memcpy(sed + POINT, hint, SSV);
        answer(e, sed, sizeof sed);
    }
    end(&w);
    return code;
}

/* Z ID RSK encapsulated data -> SSV */
static int decapsulate(struct exchange *e)
{
    struct work w;
    byte ssv[SSV];
    int code;
    if (e->in[3].len != POINT + SSV)
        return BAD_FUNC_ARG;
    code = begin(&w);
    if (code != 0)
        return code;
    memcpy(ssv, e->in[3].at + POINT, SSV);
    code = z(&w, &e->in[0]);
    if (code == 0)
        code = wc_DecodeSakkeRsk(&w.key, e->in[2].at, e->in[2].len, w.rsk);
    if (code == 0)
        code = wc_SetSakkeRsk(&w.key, w.rsk, NULL, 0);
    if (code == 0)
        code = wc_SetSakkeIdentity(&w.key, e->in[1].at, (word16)e->in[1].len);
    if (code == 0)
        code = wc_DeriveSakkeSSV(&w.key, HASH, ssv, SSV, e->in[3].at, POINT);
    if (code == 0)
        answer(e, ssv, SSV);
    end(&w);
    return code;
}

const struct entry sakke_entries[] = {
    {"sakke_master", 0, master},     {"sakke_public", 1, public_key},       {"sakke_extract", 2, extract},
    {"sakke_validate", 3, validate}, {"sakke_encapsulate", 3, encapsulate}, {"sakke_decapsulate", 4, decapsulate},
    {NULL, 0, NULL},
};
