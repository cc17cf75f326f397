/* Nanoseconds of one ECDSA P-256 signature and of one verification, the best of many short batches. */
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <time.h>

enum { BATCHES = 300, SIGNS = 8, VERIFIES = 3 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void) {
    unsigned char hash[32], sig[80];
    size_t len = sizeof sig;
    double sign = 1e18, verify = 1e18;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *s = EVP_PKEY_CTX_new(key, NULL), *v = EVP_PKEY_CTX_new(key, NULL);
    if (!key || !s || !v || EVP_PKEY_sign_init(s) <= 0 || EVP_PKEY_verify_init(v) <= 0) return 1;
    for (int i = 0; i < 32; i++) hash[i] = (unsigned char)(i * 7 + 1);
    for (int b = 0; b < BATCHES; b++) {
        double t = now();
        for (int i = 0; i < SIGNS; i++) {
            len = sizeof sig;
            hash[0] = (unsigned char)i;
            if (EVP_PKEY_sign(s, sig, &len, hash, 32) <= 0) return 1;
        }
        t = (now() - t) / SIGNS;
        if (t < sign) sign = t;
        t = now();
        for (int i = 0; i < VERIFIES; i++)
            if (EVP_PKEY_verify(v, sig, len, hash, 32) != 1) return 1;
        t = (now() - t) / VERIFIES;
        if (t < verify) verify = t;
    }
    printf("%.0f %.0f\n", sign, verify);
    return 0;
}
