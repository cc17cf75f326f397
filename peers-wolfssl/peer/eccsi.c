/* ECCSI of RFC 6507: P-256, SHA-256. KPAK and PVT are 04 x y (65 octets), KSAK and SSK 32, a signature r s PVT (129). */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/eccsi.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "peer.h"

#ifndef WOLFCRYPT_HAVE_ECCSI
#error "this wolfSSL was built without ECCSI"
#endif

#define HASH WC_HASH_TYPE_SHA256
#define SCALAR 32
#define POINT 65
#define SIGNATURE 129

/* What every operation needs a place for. */
struct work {
    EccsiKey key;
    mp_int ssk;
    ecc_point *pvt;
};

static void end(struct work *w)
{
    wc_ecc_del_point(w->pvt);
    mp_clear(&w->ssk);
    wc_FreeEccsiKey(&w->key);
}

static int begin(struct work *w)
{
    int code = wc_InitEccsiKey(&w->key, NULL, INVALID_DEVID);
    if (code != 0)
        return code;
    code = mp_init(&w->ssk);
    w->pvt = wc_ecc_new_point();
    if (code == 0 && w->pvt == NULL)
        code = MEMORY_E;
    if (code != 0)
        end(w);
    return code;
}

/* Takes KPAK from elsewhere, so not trusted. */
static int kpak(struct work *w, const struct octets *octets)
{
    return wc_ImportEccsiPublicKey(&w->key, octets->at, octets->len, 0);
}

/* Takes SSK and PVT. */
static int pair(struct work *w, const struct octets *ssk, const struct octets *pvt)
{
    int code = wc_DecodeEccsiSsk(&w->key, ssk->at, ssk->len, &w->ssk);
    if (code == 0)
        code = wc_DecodeEccsiPvt(&w->key, pvt->at, pvt->len, w->pvt);
    return code;
}

/* Tells the key HS, from the identity and the PVT taken before. */
static int identity(struct work *w, const struct octets *id)
{
    byte hash[WC_MAX_DIGEST_SIZE], len = 0;
    int code = wc_HashEccsiId(&w->key, HASH, id->at, id->len, w->pvt, hash, &len);
    return code != 0 ? code : wc_SetEccsiHash(&w->key, hash, len);
}

/* -> KSAK KPAK */
static int master(struct exchange *e)
{
    struct work w;
    byte both[3 * SCALAR], public[POINT];
    word32 len = sizeof both, public_len = sizeof public;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = wc_MakeEccsiKey(&w.key, generator());
    if (code == 0)
        code = wc_ExportEccsiKey(&w.key, both, &len);
    if (code == 0)
        code = wc_ExportEccsiPublicKey(&w.key, public, &public_len, 0);
    if (code == 0) {
        answer(e, both, SCALAR);
        answer(e, public, public_len);
    }
    end(&w);
    return code;
}

/* KSAK KPAK ID -> SSK PVT */
static int extract(struct exchange *e)
{
    struct work w;
    byte ssk[SCALAR], pvt[POINT];
    word32 ssk_len = sizeof ssk, pvt_len = sizeof pvt;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = wc_ImportEccsiPrivateKey(&w.key, e->in[0].at, e->in[0].len);
    if (code == 0)
        code = kpak(&w, &e->in[1]);
    /* The point brings the type of a public key with it. */
    w.key.ecc.type = ECC_PRIVATEKEY;
    if (code == 0)
        code = wc_MakeEccsiPair(&w.key, generator(), HASH, e->in[2].at, e->in[2].len, &w.ssk, w.pvt);
    if (code == 0)
        code = wc_EncodeEccsiSsk(&w.key, &w.ssk, ssk, &ssk_len);
    if (code == 0)
        code = wc_EncodeEccsiPvt(&w.key, w.pvt, pvt, &pvt_len, 0);
    if (code == 0) {
        answer(e, ssk, ssk_len);
        answer(e, pvt, pvt_len);
    }
    end(&w);
    return code;
}

/* KPAK ID SSK PVT -> */
static int validate(struct exchange *e)
{
    struct work w;
    int valid = 0, code = begin(&w);
    if (code != 0)
        return code;
    code = kpak(&w, &e->in[0]);
    if (code == 0)
        code = pair(&w, &e->in[2], &e->in[3]);
    if (code == 0)
        code = wc_ValidateEccsiPair(&w.key, HASH, e->in[1].at, e->in[1].len, &w.ssk, w.pvt, &valid);
    end(&w);
    return code != 0 ? code : valid ? 0 : INVALID;
}

/* KPAK ID SSK PVT message -> signature */
static int sign(struct exchange *e)
{
    struct work w;
    byte signature[SIGNATURE];
    word32 len = sizeof signature;
    int code = begin(&w);
    if (code != 0)
        return code;
    code = kpak(&w, &e->in[0]);
    if (code == 0)
        code = pair(&w, &e->in[2], &e->in[3]);
    if (code == 0)
        code = identity(&w, &e->in[1]);
    if (code == 0)
        code = wc_SetEccsiPair(&w.key, &w.ssk, w.pvt);
    if (code == 0)
        code = wc_SignEccsiHash(&w.key, generator(), HASH, e->in[4].at, e->in[4].len, signature, &len);
    if (code == 0)
        answer(e, signature, len);
    end(&w);
    return code;
}

/* KPAK ID message signature -> */
static int verify(struct exchange *e)
{
    struct work w;
    int valid = 0, code = begin(&w);
    if (code != 0)
        return code;
    code = kpak(&w, &e->in[0]);
    if (code == 0)
        code = wc_DecodeEccsiPvtFromSig(&w.key, e->in[3].at, e->in[3].len, w.pvt);
    if (code == 0)
        code = identity(&w, &e->in[1]);
    if (code == 0)
        code = wc_VerifyEccsiHash(&w.key, HASH, e->in[2].at, e->in[2].len, e->in[3].at, e->in[3].len, &valid);
    end(&w);
    return code != 0 ? code : valid ? 0 : INVALID;
}

/* PVT -> */
static int point(struct exchange *e)
{
    struct work w;
    int valid = 0, code = begin(&w);
    if (code != 0)
        return code;
    code = wc_DecodeEccsiPvt(&w.key, e->in[0].at, e->in[0].len, w.pvt);
    if (code == 0)
        code = wc_ValidateEccsiPvt(&w.key, w.pvt, &valid);
    end(&w);
    return code != 0 ? code : valid ? 0 : INVALID;
}

const struct entry eccsi_entries[] = {
    {"eccsi_master", 0, master},     {"eccsi_extract", 3, extract}, {"eccsi_validate", 4, validate},
    {"eccsi_sign", 5, sign},         {"eccsi_verify", 4, verify},   {"eccsi_point", 1, point},
    {NULL, 0, NULL},
};
