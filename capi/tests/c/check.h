/* What the tests share: checks that count, and a generator that repeats. */
#ifndef CHECK_H
#define CHECK_H

#include <castkey.h>
#include <stdio.h>
#include <string.h>

static unsigned checks, failures;

static void checked(int good, const char *what, int line)
{
    checks++;
    if (!good) {
        failures++;
        printf("line %d: %s\n", line, what);
    }
}

static void checked_status(castkey_status is, castkey_status want, const char *what, int line)
{
    checks++;
    if (is != want) {
        failures++;
        printf("line %d: %s\n    is %s, not %s\n", line, what, castkey_status_name(is), castkey_status_name(want));
    }
}

static void checked_octets(const void *is, size_t is_len, const void *want, size_t want_len, const char *what, int line)
{
    checked(is_len == want_len && memcmp(is, want, want_len) == 0, what, line);
}

#define CHECK(condition) checked((condition), #condition, __LINE__)
#define STATUS(want, call) checked_status((call), (want), #call, __LINE__)
#define OK(call) STATUS(CASTKEY_OK, call)
#define SAME(is, is_len, want) checked_octets((is), (is_len), (want), sizeof(want), #is " is " #want, __LINE__)

static int report(const char *name)
{
    printf("%s: %u checks, %u failures\n", name, checks, failures);
    return failures != 0;
}

/* A generator that counts: good for tests only. */
static int32_t count_up(void *user, uint8_t *out, size_t len)
{
    uint8_t *next = (uint8_t *)user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
    return 0;
}

static castkey_octets octets(const void *at, size_t len)
{
    castkey_octets o;
    o.octets = (const uint8_t *)at;
    o.len = len;
    return o;
}

#define OCTETS(array) octets((array), sizeof(array))

/* Whether two objects are the same to the last octet. What lies between their fields may never have been written, of which
 * memcheck would complain: with -DMEMCHECK the comparison is left to octets that were. */
#ifdef MEMCHECK
#include <valgrind/memcheck.h>
#endif

static int unchanged(const void *a, const void *b, size_t len)
{
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    uint8_t differ = 0;
    for (size_t i = 0; i < len; i++) {
        differ |= x[i] ^ y[i];
    }
#ifdef MEMCHECK
    VALGRIND_MAKE_MEM_DEFINED(&differ, sizeof differ);
#endif
    return differ == 0;
}

static int all_zero(const void *at, size_t len)
{
    const uint8_t *o = (const uint8_t *)at;
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= o[i];
    }
    return any == 0;
}

#endif
