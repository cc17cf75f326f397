/* What the programs that reach every status share: memory that a refused call must leave as it was, and a list of what was
 * reached. */
#ifndef STATUSES_H
#define STATUSES_H

#include "check.h"

/* Every status of the header but CASTKEY_OK; tests/c.rs compares. */
#define S(name) {CASTKEY_ERR_##name, "CASTKEY_ERR_" #name}
static const struct {
    castkey_status status;
    const char *name;
} known[] = {
    S(TRUNCATED), S(TRAILING_OCTETS), S(BAD_VERSION), S(WRONG_DATA_TYPE), S(UNKNOWN_PAYLOAD), S(UNSUPPORTED_PAYLOAD),
    S(DUPLICATE_PAYLOAD), S(MISSING_PAYLOAD), S(WRONG_ORDER), S(TOO_MANY_PAYLOADS), S(TOO_LONG), S(BAD_LENGTH),
    S(UNSUPPORTED_PRF), S(UNSUPPORTED_MAC), S(UNSUPPORTED_ENCRYPTION), S(UNSUPPORTED_TIMESTAMP), S(BAD_CS_ID_MAP),
    S(BAD_KEY_ID), S(BAD_KEY_DATA), S(UNSUPPORTED_POLICY), S(BAD_RAND), S(RESERVED_NOT_ZERO), S(DAMAGED_STATE),
    S(UNSUPPORTED_SIGNATURE), S(UNSUPPORTED_SAKKE), S(BAD_IDENTITY), S(BAD_EXTENSION), S(MUK_UNKNOWN), S(MSK_UNKNOWN),
    S(MSK_RETIRED), S(REPLAY), S(KEY_NOT_FRESH), S(NO_RAND), S(KEY_UNAVAILABLE), S(MAC_INVALID), S(BAD_CONTENT),
    S(INVALID_INTERVAL), S(SAME_MSK_ID), S(MSK_STORE_FULL), S(MUK_STORE_FULL), S(BUFFER_TOO_SMALL), S(FIELD_TOO_LONG),
    S(INCONSISTENT), S(RNG), S(GROUP_STORE_FULL), S(UNKNOWN), S(WRONG_STATE), S(INTERVAL_EXHAUSTED), S(POC_MALFORMED),
    S(POC_NOT_MBCP), S(POC_UNPROTECTED), S(POC_BAD_MAC), S(POC_REPLAY), S(POC_UNKNOWN_MSK), S(POC_EXPIRED_KEY),
    S(POC_INDICATION_MISMATCH), S(POC_CLASH), S(POC_MISSING_ELEMENT), S(POC_NOT_READY), S(POC_MTK_REUSE),
    S(POC_UNEXPECTED_STATE), S(POC_NOT_CONTROLLER), S(POC_NO_MTK), S(POC_CAPACITY_EXCEEDED), S(POC_NOT_MEMBER),
    S(POC_UNKNOWN_PROTOCOL), S(POC_KEY_EXHAUSTED), S(POC_BUFFER_TOO_SMALL), S(POC_MISSING_MSK), S(SAKKE_BAD_POINT),
    S(SAKKE_WRONG_ORDER), S(SAKKE_BAD_IDENTITY), S(SAKKE_BAD_MASTER_SECRET), S(SAKKE_NO_SUCH_RSK), S(SAKKE_RSK_REFUSED),
    S(SAKKE_RNG_FAILURE), S(SAKKE_NOT_PREPARED), S(SAKKE_UNUSABLE_SSV), S(SAKKE_REFUSED), S(ECCSI_KPAK_INVALID),
    S(ECCSI_KSAK_INVALID), S(ECCSI_PVT_INVALID), S(ECCSI_SSK_INVALID), S(ECCSI_RNG_FAILED), S(ECCSI_SIGNATURE_INVALID),
    S(ECCSI_KEY_UNAVAILABLE), S(ECCSI_NOT_PREPARED), S(MCX_MALFORMED), S(MCX_UNKNOWN_PURPOSE_TAG),
    S(MCX_WRONG_PURPOSE_TAG), S(MCX_STALE_TIMESTAMP), S(MCX_FUTURE_TIMESTAMP), S(MCX_REPLAY), S(MCX_REPLAY_CACHE_FULL),
    S(MCX_KMS_NOT_ACCEPTED), S(MCX_NOT_RESPONDER), S(MCX_IDENTITY_MISMATCH), S(MCX_WRONG_SERVER), S(MCX_BAD_CS_ID_MAP),
    S(MCX_POLICY_BELOW_FLOOR), S(MCX_BAD_ALGORITHMS), S(MCX_SDP_IDS_MISMATCH), S(MCX_NO_KEY_MATERIAL),
    S(MCX_UNAUTHENTIC), S(MCX_NO_COMMON_ALGORITHM), S(MCX_SELECTION_NOT_OFFERED), S(MCX_WRONG_OFFER_TAG),
    S(MCX_ALGORITHM_BELOW_FLOOR), S(MCX_DOWNGRADE), S(MCX_NOT_NEWER), S(MCX_KEY_ID_IN_USE), S(MCX_KEY_ID_OF_OTHER),
    S(MCX_NOT_BOUND), S(MCX_NOT_YET_ACTIVE), S(MCX_KEY_EXPIRED), S(MCX_WRONG_USE), S(MCX_UNKNOWN_KEY),
    S(MCX_WRONG_STATE), S(MCX_MISSING_IDENTITY), S(MCX_NOT_AUTHORIZED), S(MCX_BAD_CERTIFICATE), S(MCX_BAD_KEY_SET),
    S(MCX_BEFORE_FIRST_PERIOD), S(MCX_TOO_MANY_REDIRECTS), S(MCX_SSRC_COLLISION), S(MCX_KEY_EXHAUSTED),
    S(MCX_NOT_ENCRYPTED), S(MCX_CAPACITY_EXCEEDED), S(MCX_BUFFER_TOO_SMALL), S(MCX_RNG_FAILED), S(MCX_INCONSISTENT),
    S(MCX_RATE_LIMITED), S(NULL), S(SHORT), S(STATE), S(ALIGN), S(OVERLAP), S(BAD_ENUM), S(LENGTH), S(TEXT), S(BUSY),
    S(PRIMITIVES),
};
#undef S

static unsigned reached[CASTKEY_ERR_PRIMITIVES + 1];

/* Every output of every call stands here, full of marks that a refused call must leave. */
static union {
    uint8_t octets[8192];
    uint64_t align;
} results;

/* An output of this type. */
#define RESULT(type) ((type *)(void *)&results)
/* A second one, apart from the first. */
#define RESULT2(type) ((type *)(void *)(results.octets + 4096))

/* Objects that a refused call must leave as they were. */
#ifndef WATCHED_SIZE
#define WATCHED_SIZE 8192
#endif
static struct {
    const void *at;
    size_t len;
    uint8_t copy[WATCHED_SIZE];
} watched[3];
static size_t n_watched;

/* Refused calls must leave the `len` octets at `at` as they are. */
static void watch(const void *at, size_t len)
{
    CHECK(n_watched < sizeof watched / sizeof *watched && len <= WATCHED_SIZE);
    watched[n_watched].at = at;
    watched[n_watched++].len = len;
}

/* What has changed by now was meant to. */
static void settle(void)
{
    for (size_t i = 0; i < n_watched; i++) {
        memcpy(watched[i].copy, watched[i].at, watched[i].len);
    }
    memset(&results, 0xaa, sizeof results);
}

static void refused(castkey_status is, castkey_status want, const char *what, int line)
{
    static uint8_t marks[sizeof results];
    checked_status(is, want, what, line);
    if (is <= CASTKEY_ERR_PRIMITIVES) {
        reached[is]++;
    }
    for (size_t i = 0; i < n_watched; i++) {
        checked(unchanged(watched[i].at, watched[i].copy, watched[i].len), "an object has changed", line);
    }
    memset(marks, 0xaa, sizeof marks);
    checked(memcmp(&results, marks, sizeof marks) == 0, "an output was written", line);
    memset(&results, 0xaa, sizeof results);
}

/* A call that is refused with this status and changes nothing. */
#define REFUSED(want, call) refused((call), (want), #call, __LINE__)
/* A call that makes no object, and leaves zeros where it was to be. */
#define NOT_MADE(want, object, call)                        \
    do {                                                    \
        castkey_status is = (call);                         \
        checked_status(is, (want), #call, __LINE__);        \
        if (is <= CASTKEY_ERR_PRIMITIVES) {                 \
            reached[is]++;                                  \
        }                                                   \
        CHECK(all_zero(&(object), sizeof(object)));         \
        settle();                                           \
    } while (0)
/* A call that does what it is to do. */
#define DONE(call) OK(call), settle()

/* Why no call returns a status. */
struct never {
    castkey_status status;
    const char *why;
};

/* Whether every status from `first` to `last` was reached but those of `never`, which must not have been. */
static void all_reached(castkey_status first, castkey_status last, const struct never *never, size_t n_never)
{
    unsigned some = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *why = NULL;
        if (known[i].status < first || known[i].status > last) {
            continue;
        }
        for (size_t j = 0; j < n_never; j++) {
            why = never[j].status == known[i].status ? never[j].why : why;
        }
        checks++;
        some += reached[known[i].status] != 0;
        if ((reached[known[i].status] == 0) != (why != NULL)) {
            failures++;
            printf("%s was %s\n", known[i].name, why != NULL ? "reached, yet is said never to be" : "never reached");
        }
    }
    printf("%u to %u: %u statuses reached\n", (unsigned)first, (unsigned)last, some);
}

#endif
