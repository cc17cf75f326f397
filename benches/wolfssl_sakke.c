/* Tells which wolfSSL it is; then answers each octet on standard input with the nanoseconds that these take of a processor, once each:
 * to encapsulate for the identity of before, and for a new one; to decapsulate; to validate an RSK; to sign with ECCSI; to verify a
 * signature of one of 16 signers in turn. What can be prepared is: the point of an identity, and the tables where this build has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wolfssl/options.h>
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/eccsi.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/sakke.h>

enum { SSV = 16, POINT = 257, ID = 32, SIGNERS = 16, MESSAGE = 565, SIGNATURE = 129, WARM = 4 };

#define HASH WC_HASH_TYPE_SHA256
#define CHECK(call) do { int code_ = (call); if (code_ != 0) fail(#call, code_); } while (0)

static void fail(const char *call, int code) {
    fprintf(stderr, "%s: %d\n", call, code);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static WC_RNG rng;
static byte id[ID], new_id[ID], ssv[SSV], sed[POINT], message[MESSAGE];
static SakkeKey sender, other_sender, receiver;
static ecc_point *rsk;

static void encapsulate(SakkeKey *key) {
    byte hint[SSV];
    word16 len = sizeof sed;
    memcpy(hint, ssv, SSV);
    CHECK(wc_MakeSakkeEncapsulatedSSV(key, HASH, hint, SSV, sed, &len));
}

static double encapsulate_again(void) {
    double t = now();
    encapsulate(&sender);
    return now() - t;
}

/* Computes the point of an identity, and encapsulates for it from now on. */
static void turn_to(SakkeKey *key, const byte *whom) {
    CHECK(wc_MakeSakkePointI(key, whom, ID));
    CHECK(wc_SetSakkeIdentity(key, whom, ID));
}

static double encapsulate_anew(void) {
    CHECK(wc_RNG_GenerateBlock(&rng, new_id, ID));
    double t = now();
    turn_to(&other_sender, new_id);
    encapsulate(&other_sender);
    return now() - t;
}

static double decapsulate(void) {
    byte opened[SSV], hint[SSV], fresh[POINT];
    word16 len = sizeof fresh;
    CHECK(wc_RNG_GenerateBlock(&rng, ssv, SSV));
    memcpy(hint, ssv, SSV);
    CHECK(wc_MakeSakkeEncapsulatedSSV(&sender, HASH, hint, SSV, fresh, &len));
    memcpy(opened, hint, SSV);
    double t = now();
    CHECK(wc_DeriveSakkeSSV(&receiver, HASH, opened, SSV, fresh, POINT));
    t = now() - t;
    CHECK(memcmp(opened, ssv, SSV));
    return t;
}

static double validate(void) {
    int valid = 0;
    double t = now();
    CHECK(wc_ValidateSakkeRsk(&receiver, id, ID, rsk, &valid));
    t = now() - t;
    CHECK(!valid);
    return t;
}

static void copy_key(SakkeKey *from, SakkeKey *to) {
    byte public[POINT];
    word32 len = sizeof public;
    CHECK(wc_ExportSakkePublicKey(from, public, &len, 0));
    CHECK(wc_InitSakkeKey(to, NULL, INVALID_DEVID));
    CHECK(wc_ImportSakkePublicKey(to, public, len, 1));
}

/* A table where this build knows how to make one. */
static byte *table(word32 *len, const SakkeKey *key) {
    *len = 0;
    if (wc_GenerateSakkeRskTable(key, rsk, NULL, len) != LENGTH_ONLY_E || *len == 0) return NULL;
    byte *octets = malloc(*len);
    if (!octets || wc_GenerateSakkeRskTable(key, rsk, octets, len) != 0) *len = 0;
    return *len == 0 ? NULL : octets;
}

static void point_table(SakkeKey *key) {
    word32 len = 0;
    if (wc_GenerateSakkePointITable(key, NULL, &len) != LENGTH_ONLY_E || len == 0) return;
    byte *octets = malloc(len);
    if (octets && wc_GenerateSakkePointITable(key, octets, &len) == 0) CHECK(wc_SetSakkePointITable(key, octets, len));
}

static void begin_sakke(void) {
    SakkeKey kms;
    word32 len;
    CHECK(wc_InitSakkeKey(&kms, NULL, INVALID_DEVID));
    CHECK(wc_MakeSakkeKey(&kms, &rng));
    CHECK(!(rsk = wc_ecc_new_point()));
    CHECK(wc_MakeSakkeRsk(&kms, id, ID, rsk));
    copy_key(&kms, &sender);
    copy_key(&kms, &other_sender);
    copy_key(&kms, &receiver);
    turn_to(&sender, id);
    point_table(&sender);
    turn_to(&receiver, id);
    point_table(&receiver);
    byte *lines = table(&len, &receiver);
    CHECK(wc_SetSakkeRsk(&receiver, rsk, lines, len));
}

struct signer {
    mp_int ssk;
    ecc_point *pvt;
    byte hash[WC_MAX_DIGEST_SIZE], hash_len, signature[SIGNATURE];
};
static struct signer signers[SIGNERS];
static EccsiKey signing, verifying;

static double sign(struct signer *s) {
    word32 len = sizeof s->signature;
    CHECK(wc_SetEccsiPair(&signing, &s->ssk, s->pvt));
    CHECK(wc_SetEccsiHash(&signing, s->hash, s->hash_len));
    double t = now();
    CHECK(wc_SignEccsiHash(&signing, &rng, HASH, message, MESSAGE, s->signature, &len));
    return now() - t;
}

static double verify(struct signer *s) {
    int valid = 0;
    double t = now();
    CHECK(wc_DecodeEccsiPvtFromSig(&verifying, s->signature, SIGNATURE, s->pvt));
    CHECK(wc_HashEccsiId(&verifying, HASH, id, ID, s->pvt, s->hash, &s->hash_len));
    CHECK(wc_SetEccsiHash(&verifying, s->hash, s->hash_len));
    CHECK(wc_VerifyEccsiHash(&verifying, HASH, message, MESSAGE, s->signature, SIGNATURE, &valid));
    t = now() - t;
    CHECK(!valid);
    return t;
}

static void begin_eccsi(void) {
    byte kpak[65];
    word32 len = sizeof kpak;
    CHECK(wc_InitEccsiKey(&signing, NULL, INVALID_DEVID));
    CHECK(wc_InitEccsiKey(&verifying, NULL, INVALID_DEVID));
    CHECK(wc_MakeEccsiKey(&signing, &rng));
    CHECK(wc_ExportEccsiPublicKey(&signing, kpak, &len, 0));
    CHECK(wc_ImportEccsiPublicKey(&verifying, kpak, len, 1));
    for (struct signer *s = signers; s < signers + SIGNERS; s++) {
        CHECK(mp_init(&s->ssk));
        CHECK(!(s->pvt = wc_ecc_new_point()));
        CHECK(wc_MakeEccsiPair(&signing, &rng, HASH, id, ID, &s->ssk, s->pvt));
        CHECK(wc_HashEccsiId(&signing, HASH, id, ID, s->pvt, s->hash, &s->hash_len));
        sign(s);
    }
}

int main(void) {
    CHECK(wc_InitRng(&rng));
    memset(id, 0x5E, ID);
    memset(ssv, 0x17, SSV);
    memset(message, 0x5A, MESSAGE);
    begin_sakke();
    begin_eccsi();
    /* Its cache of points takes a point over after a few uses. */
    for (int i = 0; i < WARM; i++) {
        encapsulate_again();
        decapsulate();
    }
    printf("wolfSSL %s\n", LIBWOLFSSL_VERSION_STRING);
    fflush(stdout);
    for (unsigned turn = 0; getchar() != EOF; turn = (turn + 1) % SIGNERS) {
        double again = encapsulate_again(), anew = encapsulate_anew(), opened = decapsulate(), valid = validate();
        printf("%.1f %.1f %.1f %.1f ", again, anew, opened, valid);
        printf("%.1f %.1f\n", sign(&signers[turn]), verify(&signers[turn]));
        fflush(stdout);
    }
    return 0;
}
