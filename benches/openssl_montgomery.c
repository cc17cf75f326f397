/* Tells which OpenSSL it is; then answers each octet on standard input with the nanoseconds of one 1024-bit Montgomery multiplication,
 * the best of a few short batches. */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <time.h>

enum { BATCHES = 8, RUNS = 100 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void) {
    BN_CTX *ctx = BN_CTX_new();
    BN_MONT_CTX *mont = BN_MONT_CTX_new();
    BIGNUM *p = NULL, *a = BN_new(), *b = BN_new();
    if (!ctx || !mont || !a || !b
        || !BN_hex2bn(&p, "997ABB1F0A563FDA65C61198DAD0657A416C0CE19CB48261BE9AE358B3E01A2E"
                          "F40AAB27E2FC0F1B228730D531A59CB0E791B39FF7C88A19356D27F4A666A6D0"
                          "E26C6487326B4CD4512AC5CD65681CE1B6AFF4A831852A82A7CF3C521C3C09AA"
                          "9F94D6AF56971F1FFCE3E82389857DB080C5DF10AC7ACE87666D807AFEA85FEB")
        || !BN_MONT_CTX_set(mont, p, ctx) || !BN_priv_rand_range(a, p) || !BN_priv_rand_range(b, p))
        return 1;
    printf("OpenSSL %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
    fflush(stdout);
    while (getchar() != EOF) {
        double best = 1e18;
        for (int i = 0; i < BATCHES; i++) {
            double t = now();
            for (int j = 0; j < RUNS; j++)
                if (!BN_mod_mul_montgomery(a, a, b, mont, ctx)) return 1;
            t = (now() - t) / RUNS;
            if (t < best) best = t;
        }
        printf("%.1f\n", best);
        fflush(stdout);
    }
    return 0;
}
