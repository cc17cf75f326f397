/* HMAC-SHA-1 and the PRF of MIKEY, as a secure element has them. */
#ifndef MIKEY_PRF_H
#define MIKEY_PRF_H

#include "primitives.h"

/* HMAC-SHA-1 over the parts one behind the other; together at most 1,100 octets. */
static void hmac_sha1(const uint8_t *key, size_t key_len, const castkey_octets *parts, size_t n, uint8_t mac[20])
{
    static const uint32_t start[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
    uint8_t text[1280];
    size_t len = 64;
    uint32_t state[5];
    for (unsigned outer = 0; outer < 2; outer++) {
        memset(text, outer ? 0x5c : 0x36, 64);
        for (size_t i = 0; i < key_len; i++) {
            text[i] ^= key[i];
        }
        if (outer) {
            memcpy(text + 64, mac, 20);
            len = 84;
        } else {
            for (size_t i = 0; i < n; i++) {
                memcpy(text + len, parts[i].octets, parts[i].len);
                len += parts[i].len;
            }
        }
        uint64_t bits = (uint64_t)len * 8;
        text[len++] = 0x80;
        while (len % 64 != 56) {
            text[len++] = 0;
        }
        for (unsigned i = 8; i-- > 0;) {
            text[len++] = (uint8_t)(bits >> 8 * i);
        }
        memcpy(state, start, sizeof state);
        soft_sha1(NULL, state, text, len / 64);
        for (size_t i = 0; i < 20; i++) {
            mac[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
        }
    }
}

/* The PRF of MIKEY with HMAC-SHA-1 and an inkey of at most 32 octets (RFC 3830, 4.1.2). */
static void mikey_prf(const uint8_t *inkey, size_t inkey_len, const castkey_held_key *key, uint32_t label, uint8_t *out,
                      size_t len)
{
    uint8_t text[9 + CASTKEY_RAND_MAX], a[20], block[20];
    castkey_octets parts[2];
    for (unsigned i = 0; i < 4; i++) {
        text[i] = (uint8_t)(label >> (24 - 8 * i));
        text[5 + i] = (uint8_t)(key->csb >> (24 - 8 * i));
    }
    text[4] = 0xff;
    memcpy(text + 9, key->rand.octets, key->rand.len);
    parts[1].octets = text, parts[1].len = 9 + key->rand.len;
    parts[0] = parts[1];
    for (size_t at = 0; at < len; at += 20) {
        hmac_sha1(inkey, inkey_len, parts, 1, a);
        parts[0].octets = a, parts[0].len = 20;
        hmac_sha1(inkey, inkey_len, parts, 2, block);
        memcpy(out + at, block, len - at < 20 ? len - at : 20);
    }
}

#endif
