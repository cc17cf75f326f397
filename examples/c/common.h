/* What both programs need: a random generator, and the two ends' view of the same user. A board has a generator of its own; the
 * rest of the programs is C99 and castkey.h. */
#ifndef COMMON_H
#define COMMON_H

#include <castkey.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The Key Group of the service: network 234-15, group 0x68ca. */
static const castkey_name service = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 0, 0};

static int32_t system_random(void *user, uint8_t *out, size_t len)
{
    FILE *device = fopen("/dev/urandom", "rb");
    size_t got = device != NULL ? fread(out, 1, len, device) : 0;
    (void)user;
    if (device != NULL) {
        fclose(device);
    }
    return got == len ? 0 : -1;
}

/* Built-in primitives, no secure element, this generator. */
static const castkey_env env = {NULL, NULL, {system_random, NULL}};

static castkey_octets octets(const void *at, size_t len)
{
    castkey_octets o;
    o.octets = (const uint8_t *)at;
    o.len = len;
    return o;
}

/* A board would show a lamp. */
static void must(castkey_status status, const char *what)
{
    if (status != CASTKEY_OK) {
        printf("%s: %s\n", what, castkey_status_name(status));
        exit(1);
    }
}

#define MUST(call) must((call), #call)

#endif
