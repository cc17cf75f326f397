/* AES, SHA-1 and SHA-256 in plain C, for a table of primitives: written to be read, neither fast nor constant in time. */
#ifndef PRIMITIVES_H
#define PRIMITIVES_H

#include <castkey.h>
#include <string.h>

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rotl(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static uint32_t rotr(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static void soft_sha1(void *user, uint32_t *state, const uint8_t *blocks, size_t n)
{
    (void)user;
    for (; n > 0; n--, blocks += 64) {
        uint32_t w[80];
        for (size_t t = 0; t < 16; t++) {
            w[t] = load32(blocks + 4 * t);
        }
        for (size_t t = 16; t < 80; t++) {
            w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (size_t t = 0; t < 80; t++) {
            uint32_t f, k;
            if (t < 20) {
                f = (b & c) | (~b & d), k = 0x5A827999u;
            } else if (t < 40) {
                f = b ^ c ^ d, k = 0x6ED9EBA1u;
            } else if (t < 60) {
                f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDCu;
            } else {
                f = b ^ c ^ d, k = 0xCA62C1D6u;
            }
            uint32_t next = rotl(a, 5) + f + e + k + w[t];
            e = d, d = c, c = rotl(b, 30), b = a, a = next;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
    }
}

static void soft_sha256(void *user, uint32_t *state, const uint8_t *blocks, size_t n)
{
    static const uint32_t k[64] = {
        0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
        0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
        0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
        0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
        0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
        0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
        0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
        0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
    };
    (void)user;
    for (; n > 0; n--, blocks += 64) {
        uint32_t w[64], s[8];
        for (size_t t = 0; t < 16; t++) {
            w[t] = load32(blocks + 4 * t);
        }
        for (size_t t = 16; t < 64; t++) {
            uint32_t x = w[t - 15], y = w[t - 2];
            w[t] = w[t - 16] + (rotr(x, 7) ^ rotr(x, 18) ^ x >> 3) + w[t - 7] + (rotr(y, 17) ^ rotr(y, 19) ^ y >> 10);
        }
        memcpy(s, state, sizeof s);
        for (size_t t = 0; t < 64; t++) {
            uint32_t one = s[7] + (rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25)) +
                           ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[t] + w[t];
            uint32_t two = (rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22)) +
                           ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
            memmove(s + 1, s, 7 * sizeof *s);
            s[4] += one;
            s[0] = one + two;
        }
        for (size_t i = 0; i < 8; i++) {
            state[i] += s[i];
        }
    }
}

static uint8_t times2(uint8_t x) { return (uint8_t)(x << 1 ^ (x >> 7) * 0x1b); }

static uint8_t sbox(uint8_t x)
{
    /* The inverse, x to the power 254, then the affine map (FIPS 197, 5.1.1). */
    uint8_t r = 1, b = x;
    for (unsigned e = 254; e != 0; e >>= 1) {
        uint8_t p = 0, q = 0;
        for (unsigned i = 8; i-- > 0;) {
            p = (uint8_t)(times2(p) ^ (r >> i & 1) * b);
            q = (uint8_t)(times2(q) ^ (b >> i & 1) * b);
        }
        if (e & 1) {
            r = p;
        }
        b = q;
    }
    uint8_t s = r;
    for (unsigned i = 1; i < 5; i++) {
        s ^= (uint8_t)(r << i | r >> (8 - i));
    }
    return s ^ 0x63;
}

static void aes_ctr(const uint8_t *key, size_t key_len, const uint8_t *iv, uint8_t *octets, size_t len)
{
    static uint8_t table[256];
    size_t rounds = key_len / 4 + 6;
    uint8_t w[240], counter[16], rcon = 1;
    if (table[0] == 0) {
        for (unsigned x = 0; x < 256; x++) {
            table[x] = sbox((uint8_t)x);
        }
    }
    memcpy(w, key, key_len);
    for (size_t i = key_len; i < 16 * (rounds + 1); i += 4) {
        uint8_t t[4];
        memcpy(t, w + i - 4, 4);
        if (i % key_len == 0) {
            uint8_t first = t[0];
            t[0] = table[t[1]] ^ rcon, t[1] = table[t[2]], t[2] = table[t[3]], t[3] = table[first];
            rcon = times2(rcon);
        } else if (key_len > 24 && i % key_len == 16) {
            for (size_t j = 0; j < 4; j++) {
                t[j] = table[t[j]];
            }
        }
        for (size_t j = 0; j < 4; j++) {
            w[i + j] = w[i + j - key_len] ^ t[j];
        }
    }
    memcpy(counter, iv, 16);
    for (size_t at = 0; at < len; at += 16) {
        uint8_t s[16], t[16];
        for (size_t i = 0; i < 16; i++) {
            s[i] = counter[i] ^ w[i];
        }
        for (size_t round = 1; round <= rounds; round++) {
            for (size_t i = 0; i < 16; i++) {
                t[i] = table[s[(i + 4 * (i % 4)) % 16]];
            }
            for (size_t c = 0; c < 16; c += 4) {
                uint8_t all = t[c] ^ t[c + 1] ^ t[c + 2] ^ t[c + 3];
                for (size_t i = 0; i < 4; i++) {
                    uint8_t mixed = (uint8_t)(t[c + i] ^ all ^ times2(t[c + i] ^ t[c + (i + 1) % 4]));
                    s[c + i] = (round < rounds ? mixed : t[c + i]) ^ w[16 * round + c + i];
                }
            }
        }
        for (size_t i = 0; i < 16 && at + i < len; i++) {
            octets[at + i] ^= s[i];
        }
        for (size_t i = 16; i-- > 0 && ++counter[i] == 0;) {
        }
    }
}

static void soft_aes128(void *user, const uint8_t *key, const uint8_t *iv, uint8_t *octets, size_t len)
{
    (void)user;
    aes_ctr(key, 16, iv, octets, len);
}

static void soft_aes256(void *user, const uint8_t *key, const uint8_t *iv, uint8_t *octets, size_t len)
{
    (void)user;
    aes_ctr(key, 32, iv, octets, len);
}

static const castkey_primitives soft = {soft_sha1, soft_sha256, soft_aes128, soft_aes256, NULL};

#endif
