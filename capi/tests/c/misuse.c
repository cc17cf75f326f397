/* What a program may do wrong: each pointer NULL or misaligned, each object untagged, wiped, copied or too short, memory that
 * overlaps, kinds that do not exist, calls out of order and from callbacks. Every status of the C layer is reached, and every
 * refused call leaves objects and outputs as they were. */
#include "check.h"
#include "primitives.h"
#include "vectors.h"

static castkey_ue ue, ue_before, ue_copy;
static castkey_bm_sc bm_sc, bm_sc_before;
static uint8_t out[CASTKEY_UE_OUT_SIZE];
static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
static castkey_bm_sc_action orders[CASTKEY_MAX_ACTIONS];
static castkey_env env;
static castkey_settings settings;
static castkey_ue_config ue_config;
static castkey_bm_sc_config bm_sc_config;
static uint8_t next_random;
static unsigned reached[16];

/* Every output of every call stands here, full of marks that a refused call must leave. */
static union {
    uint8_t octets[1024];
    uint64_t align;
} results;
static uint8_t marks[sizeof results];

static void refused(castkey_status is, castkey_status want, const char *what, int line)
{
    checked_status(is, want, what, line);
    if (is >= CASTKEY_ERR_NULL && is < CASTKEY_ERR_NULL + 16) {
        reached[is - CASTKEY_ERR_NULL]++;
    }
    checked(unchanged(&ue, &ue_before, sizeof ue), "the terminal has changed", line);
    checked(unchanged(&bm_sc, &bm_sc_before, sizeof bm_sc), "the BM-SC has changed", line);
    checked(memcmp(&results, marks, sizeof marks) == 0, "an output was written", line);
    memset(&results, 0xaa, sizeof results);
}

#define REFUSED(want, call) refused((call), (want), #call, __LINE__)
#define IS_NULL(call) REFUSED(CASTKEY_ERR_NULL, call)
#define IS_MISALIGNED(call) REFUSED(CASTKEY_ERR_ALIGN, call)
#define OVERLAPS(call) REFUSED(CASTKEY_ERR_OVERLAP, call)

/* An output of this type. */
#define RESULT(type) ((type *)(void *)&results)
/* A second one, apart from the first. */
#define RESULT2(type) ((type *)(void *)(results.octets + 512))
/* A pointer that is not aligned as its type asks. */
#define ODD(type, at) ((type *)(void *)((uintptr_t)(at) + 1))

static void fresh(void)
{
    castkey_ue_event event;
    castkey_bm_sc_event order;
    size_t n;
    OK(castkey_ue_init(&ue, sizeof ue, &ue_config));
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_BOOTSTRAPPED;
    event.muk_id.idi = OCTETS(msk_message_idi);
    event.muk_id.idr = OCTETS(msk_message_idr);
    event.muk.octets = OCTETS(msk_message_psk);
    OK(castkey_ue_handle(&ue, &env, &event, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n));
    OK(castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &bm_sc_config));
    memset(&order, 0, sizeof order);
    order.kind = CASTKEY_BM_SC_OPEN;
    order.name.group = 7;
    OK(castkey_bm_sc_handle(&bm_sc, &env, &order, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, &n));
    memcpy(&ue_before, &ue, sizeof ue);
    memcpy(&bm_sc_before, &bm_sc, sizeof bm_sc);
    memset(&results, 0xaa, sizeof results);
    memset(marks, 0xaa, sizeof marks);
}

static const castkey_name some = {{1, 2, 3}, 0, 4, 5, 6};

static void names_and_settings(void)
{
    static const uint8_t domain[3] = {1, 2, 3}, mki[6] = {0, 4, 0, 5, 0, 6};
    IS_NULL(castkey_settings_default(NULL));
    IS_MISALIGNED(castkey_settings_default(ODD(castkey_settings, &results)));
    IS_NULL(castkey_name_from_mki(NULL, mki, RESULT(castkey_name)));
    IS_NULL(castkey_name_from_mki(domain, NULL, RESULT(castkey_name)));
    IS_NULL(castkey_name_from_mki(domain, mki, NULL));
    IS_MISALIGNED(castkey_name_from_mki(domain, mki, ODD(castkey_name, &results)));
    OVERLAPS(castkey_name_from_mki(domain, results.octets + 3, RESULT(castkey_name)));
    IS_NULL(castkey_name_to_mki(NULL, RESULT(uint8_t)));
    IS_NULL(castkey_name_to_mki(&some, NULL));
    IS_MISALIGNED(castkey_name_to_mki(ODD(const castkey_name, &some), RESULT(uint8_t)));
    OVERLAPS(castkey_name_to_mki(RESULT(castkey_name), RESULT(uint8_t)));
    /* What touches does not overlap. */
    memcpy(results.octets, &some, sizeof some);
    OK(castkey_name_to_mki(RESULT(castkey_name), results.octets + sizeof some));
    memcpy(results.octets + 16, &some, sizeof some);
    OK(castkey_name_to_mki((castkey_name *)(void *)(results.octets + 16), results.octets + 10));
    CHECK(results.octets[11] == 4 && results.octets[15] == 6);
    memset(&results, 0xaa, sizeof results);
    IS_NULL(castkey_key_url(NULL, RESULT(uint8_t)));
    IS_NULL(castkey_key_url(&some, NULL));
    OVERLAPS(castkey_key_url(RESULT(castkey_name), RESULT(uint8_t)));
    CHECK(strcmp(castkey_status_name(CASTKEY_ERR_BUSY), "CASTKEY_ERR_BUSY") == 0);
    CHECK(strcmp(castkey_status_name(5000), "unknown status") == 0);
}

static void bootstrap_keys(void)
{
    static const uint8_t latin1[] = {'a', 0xe4};
    uint8_t *key = RESULT(uint8_t);
    size_t *len = RESULT2(size_t);
    castkey_status (*const derive[])(const castkey_env *, const uint8_t *, const uint8_t *, const uint8_t *, size_t,
                                     const uint8_t *, size_t, uint8_t *) = {castkey_ks_naf, castkey_ks_int_naf,
                                                                            castkey_ks_ext_naf};
    for (size_t i = 0; i < 3; i++) {
        IS_NULL(derive[i](NULL, gba_u_ks, gba_u_gba_rand, latin1, 1, latin1, 1, key));
        IS_NULL(derive[i](&env, NULL, gba_u_gba_rand, latin1, 1, latin1, 1, key));
        IS_NULL(derive[i](&env, gba_u_ks, NULL, latin1, 1, latin1, 1, key));
        IS_NULL(derive[i](&env, gba_u_ks, gba_u_gba_rand, NULL, 1, latin1, 1, key));
        IS_NULL(derive[i](&env, gba_u_ks, gba_u_gba_rand, latin1, 1, NULL, 1, key));
        IS_NULL(derive[i](&env, gba_u_ks, gba_u_gba_rand, latin1, 1, latin1, 1, NULL));
        IS_MISALIGNED(derive[i](ODD(const castkey_env, &env), gba_u_ks, gba_u_gba_rand, latin1, 1, latin1, 1, key));
        OVERLAPS(derive[i](&env, key + 31, gba_u_gba_rand, latin1, 1, latin1, 1, key));
        REFUSED(CASTKEY_ERR_TEXT, derive[i](&env, gba_u_ks, gba_u_gba_rand, latin1, 2, latin1, 1, key));
        REFUSED(CASTKEY_ERR_LENGTH, derive[i](&env, gba_u_ks, gba_u_gba_rand, latin1, SIZE_MAX / 2 + 1, NULL, 0,
                                              (uint8_t *)&results));
    }
    IS_NULL(castkey_naf_id(NULL, 1, 0, key, 64, len));
    IS_NULL(castkey_naf_id(latin1, 1, 0, NULL, 64, len));
    IS_NULL(castkey_naf_id(latin1, 1, 0, key, 64, NULL));
    IS_MISALIGNED(castkey_naf_id(latin1, 1, 0, key, 64, ODD(size_t, RESULT2(size_t))));
    OVERLAPS(castkey_naf_id(latin1, 1, 0, key, 513, len));
    REFUSED(CASTKEY_ERR_TEXT, castkey_naf_id(latin1, 2, 0, key, 64, len));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_naf_id(latin1, 1, 3, key, 64, len));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, castkey_naf_id(latin1, 1, 0, key, 5, len));
    IS_NULL(castkey_muk_from_ks(NULL, gba_u_ks, 0, key, len));
    IS_NULL(castkey_muk_from_ks(&env, NULL, 0, key, len));
    IS_NULL(castkey_muk_from_ks(&env, gba_u_ks, 0, NULL, len));
    IS_NULL(castkey_muk_from_ks(&env, gba_u_ks, 0, key, NULL));
    OVERLAPS(castkey_muk_from_ks(&env, key + 1, 0, key, len));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_muk_from_ks(&env, gba_u_ks, 3, key, len));
    IS_NULL(castkey_mrk(NULL, gba_u_ks, 1, NULL, 0, key));
    IS_NULL(castkey_mrk(&env, NULL, 1, NULL, 0, key));
    IS_NULL(castkey_mrk(&env, gba_u_ks, 1, NULL, 3, key));
    IS_NULL(castkey_mrk(&env, gba_u_ks, 1, NULL, 0, NULL));
    OVERLAPS(castkey_mrk(&env, gba_u_ks, 1, key + 31, 3, key));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_mrk(&env, gba_u_ks, 256, NULL, 0, key));
    IS_NULL(castkey_digest_password(NULL, 0, key, 64, len));
    IS_NULL(castkey_digest_password(gba_u_ks, 0, NULL, 64, len));
    IS_NULL(castkey_digest_password(gba_u_ks, 0, key, 64, NULL));
    OVERLAPS(castkey_digest_password(key + 63, 0, key, 64, len));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_digest_password(gba_u_ks, 3, key, 64, len));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, castkey_digest_password(gba_u_ks, 0, key, 43, len));
    IS_NULL(castkey_srtp_session_keys(NULL, gba_u_ks, NULL, RESULT(castkey_srtp_keys)));
    IS_NULL(castkey_srtp_session_keys(&env, NULL, NULL, RESULT(castkey_srtp_keys)));
    IS_NULL(castkey_srtp_session_keys(&env, gba_u_ks, NULL, NULL));
    OVERLAPS(castkey_srtp_session_keys(&env, key, NULL, RESULT(castkey_srtp_keys)));
    IS_NULL(castkey_download_session_keys(NULL, gba_u_ks, gba_u_ks, 16, RESULT(castkey_download_keys)));
    IS_NULL(castkey_download_session_keys(&env, NULL, gba_u_ks, 16, RESULT(castkey_download_keys)));
    IS_NULL(castkey_download_session_keys(&env, gba_u_ks, NULL, 16, RESULT(castkey_download_keys)));
    IS_NULL(castkey_download_session_keys(&env, gba_u_ks, gba_u_ks, 16, NULL));
    OVERLAPS(castkey_download_session_keys(&env, gba_u_ks, key, 16, RESULT(castkey_download_keys)));
}

static castkey_status handle(castkey_ue *at, const castkey_ue_event *event)
{
    return castkey_ue_handle(at, &env, event, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, RESULT(size_t));
}

static void ue_objects(void)
{
    static union {
        castkey_ue ue;
        uint8_t octets[sizeof(castkey_ue) + 8];
    } odd;
    castkey_ue_event event;
    castkey_ue_config bad;
    castkey_mtk *mtk = RESULT(castkey_mtk);
    castkey_ue *copied = &ue_copy;

    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_TIMEOUT;
    /* Never initialised, wiped, copied, moved, of the other kind. */
    memset(copied, 0, sizeof *copied);
    REFUSED(CASTKEY_ERR_STATE, handle(copied, &event));
    memset(copied, 0xa5, sizeof *copied);
    REFUSED(CASTKEY_ERR_STATE, handle(copied, &event));
    castkey_ue_wipe(copied);
    CHECK(all_zero(copied, castkey_ue_size()));
    *copied = ue;
    REFUSED(CASTKEY_ERR_STATE, handle(copied, &event));
    REFUSED(CASTKEY_ERR_STATE, castkey_ue_mtk(copied, &some, mtk));
    REFUSED(CASTKEY_ERR_STATE, castkey_ue_mtk_names(copied, RESULT(castkey_name), 16, RESULT2(size_t)));
    REFUSED(CASTKEY_ERR_STATE, castkey_ue_deadline(copied, RESULT(uint64_t)));
    REFUSED(CASTKEY_ERR_STATE, castkey_ue_switchover(copied, &some, RESULT(castkey_switchover)));
    castkey_ue_wipe(copied);
    CHECK(all_zero(copied, sizeof *copied));
    REFUSED(CASTKEY_ERR_STATE, handle(copied, &event));
    /* Whatever was in the memory, up to its last octet. */
    memset(copied, 0xa5, sizeof *copied);
    OK(castkey_ue_init(copied, sizeof *copied, &ue_config));
    castkey_ue_wipe(copied);
    CHECK(all_zero(copied, sizeof *copied));
    REFUSED(CASTKEY_ERR_STATE, handle(copied, &event));
    REFUSED(CASTKEY_ERR_STATE, handle((castkey_ue *)(void *)&bm_sc, &event));
    castkey_ue_wipe(NULL);
    /* Copied to elsewhere and back again it is itself. */
    *copied = ue;
    ue = *copied;
    OK(handle(&ue, &event));
    fresh();

    IS_NULL(handle(NULL, &event));
    IS_MISALIGNED(handle(ODD(castkey_ue, &odd), &event));
    IS_MISALIGNED(castkey_ue_init(ODD(castkey_ue, &odd), sizeof odd.ue, &ue_config));
    IS_NULL(castkey_ue_init(NULL, sizeof ue, &ue_config));
    IS_NULL(castkey_ue_init(&ue, sizeof ue, NULL));
    IS_MISALIGNED(castkey_ue_init(&ue, sizeof ue, ODD(const castkey_ue_config, &ue_config)));
    REFUSED(CASTKEY_ERR_SHORT, castkey_ue_init(&ue, castkey_ue_size() - 1, &ue_config));
    REFUSED(CASTKEY_ERR_SHORT, castkey_ue_init(&ue, 0, &ue_config));
    OVERLAPS(castkey_ue_init((castkey_ue *)(void *)&ue_config, sizeof ue, &ue_config));
    bad = ue_config;
    bad.settings.profile = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &bad));
    bad = ue_config;
    bad.settings.rand_optional = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &bad));
    bad = ue_config;
    bad.attempts = 256;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &bad));
    bad = ue_config;
    bad.timing.implicit = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &bad));
    /* Each of the settings that are kinds, flags or octets. */
    for (size_t i = 0; i < sizeof(castkey_settings) / sizeof(uint32_t); i++) {
        uint32_t none = 0xffffffffu;
        bad = ue_config;
        memcpy((uint8_t *)&bad.settings + i * sizeof none, &none, sizeof none);
        if (bad.settings.initial_counter != none) {
            REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &bad));
        }
    }
    IS_NULL(castkey_ue_config_default(NULL));
    IS_MISALIGNED(castkey_ue_config_default(ODD(castkey_ue_config, &results)));

    /* Restored from something else: no terminal comes of it, and none is left where one was. */
    memset(copied, 0xa5, sizeof *copied);
    REFUSED(CASTKEY_ERR_DAMAGED_STATE, castkey_ue_restore(copied, sizeof *copied, &ue_config, &env, gba_u_ks, 32, 0));
    CHECK(all_zero(copied, sizeof *copied));
    OK(castkey_ue_init(copied, sizeof *copied, &ue_config));
    REFUSED(CASTKEY_ERR_DAMAGED_STATE, castkey_ue_restore(copied, sizeof *copied, &ue_config, &env, NULL, 0, 0));
    CHECK(all_zero(copied, sizeof *copied));
    REFUSED(CASTKEY_ERR_STATE, castkey_ue_deadline(copied, RESULT(uint64_t)));
    IS_NULL(castkey_ue_restore(NULL, sizeof ue, &ue_config, &env, gba_u_ks, 32, 0));
    IS_NULL(castkey_ue_restore(&ue, sizeof ue, NULL, &env, gba_u_ks, 32, 0));
    IS_NULL(castkey_ue_restore(&ue, sizeof ue, &ue_config, NULL, gba_u_ks, 32, 0));
    IS_NULL(castkey_ue_restore(&ue, sizeof ue, &ue_config, &env, NULL, 32, 0));
    REFUSED(CASTKEY_ERR_SHORT, castkey_ue_restore(&ue, castkey_ue_size() - 1, &ue_config, &env, gba_u_ks, 32, 0));
    OVERLAPS(castkey_ue_restore(&ue, sizeof ue, &ue_config, &env, (const uint8_t *)&ue + 100, 32, 0));

    IS_NULL(castkey_ue_mtk(NULL, &some, mtk));
    IS_NULL(castkey_ue_mtk(&ue, NULL, mtk));
    IS_NULL(castkey_ue_mtk(&ue, &some, NULL));
    OVERLAPS(castkey_ue_mtk(&ue, &some, (castkey_mtk *)(void *)&ue));
    REFUSED(CASTKEY_ERR_UNKNOWN, castkey_ue_mtk(&ue, &some, mtk));
    IS_NULL(castkey_ue_mtk_names(NULL, RESULT(castkey_name), 16, RESULT2(size_t)));
    IS_NULL(castkey_ue_mtk_names(&ue, NULL, 16, RESULT2(size_t)));
    IS_NULL(castkey_ue_mtk_names(&ue, RESULT(castkey_name), 16, NULL));
    OVERLAPS(castkey_ue_mtk_names(&ue, RESULT(castkey_name), 16, RESULT(size_t)));
    IS_NULL(castkey_ue_deadline(NULL, RESULT(uint64_t)));
    IS_NULL(castkey_ue_deadline(&ue, NULL));
    IS_MISALIGNED(castkey_ue_deadline(&ue, ODD(uint64_t, &results)));
    OVERLAPS(castkey_ue_deadline(&ue, (uint64_t *)(void *)&ue));
    IS_NULL(castkey_ue_switchover(NULL, &some, RESULT(castkey_switchover)));
    IS_NULL(castkey_ue_switchover(&ue, NULL, RESULT(castkey_switchover)));
    IS_NULL(castkey_ue_switchover(&ue, &some, NULL));
    OVERLAPS(castkey_ue_switchover(&ue, &some, (castkey_switchover *)(void *)&ue));
    REFUSED(CASTKEY_ERR_UNKNOWN, castkey_ue_switchover(&ue, &some, RESULT(castkey_switchover)));
}

static void ue_events(void)
{
    static const uint8_t key[40] = {0};
    castkey_ue_event event;
    size_t *n = RESULT(size_t);

    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_MIKEY;
    event.octets = OCTETS(msk_message_out_message);
    IS_NULL(castkey_ue_handle(&ue, NULL, &event, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_ue_handle(&ue, &env, NULL, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_ue_handle(&ue, &env, &event, 0, NULL, sizeof out, actions, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_ue_handle(&ue, &env, &event, 0, out, sizeof out, NULL, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_ue_handle(&ue, &env, &event, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, NULL));
    IS_MISALIGNED(castkey_ue_handle(&ue, &env, ODD(castkey_ue_event, &results), 0, out, sizeof out, actions,
                                    CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    IS_MISALIGNED(castkey_ue_handle(&ue, &env, &event, 0, out, sizeof out, ODD(castkey_ue_action, &results),
                                    CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    REFUSED(CASTKEY_ERR_SHORT,
            castkey_ue_handle(&ue, &env, &event, 0, out, sizeof out, actions, CASTKEY_MAX_ACTIONS - 1, n));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_ue_handle(&ue, &env, &event, 0, out, 100, actions, CASTKEY_MAX_ACTIONS, n));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_ue_handle(&ue, &env, &event, 0, NULL, 0, actions, CASTKEY_MAX_ACTIONS, n));
    OVERLAPS(castkey_ue_handle(&ue, &env, &event, 0, (uint8_t *)&ue, 100, actions, CASTKEY_MAX_ACTIONS, n));
    OVERLAPS(castkey_ue_handle(&ue, &env, &event, 0, (uint8_t *)actions, 100, actions, CASTKEY_MAX_ACTIONS, n));
    OVERLAPS(castkey_ue_handle(&ue, &env, &event, 0, (uint8_t *)&event, 100, actions, CASTKEY_MAX_ACTIONS, n));
    OVERLAPS(castkey_ue_handle(&ue, &env, &event, 0, (uint8_t *)&env, 8, actions, CASTKEY_MAX_ACTIONS, n));
    event.octets = octets(out + 10, 100);
    OVERLAPS(handle(&ue, &event));
    event.octets = octets(&ue, 100);
    OVERLAPS(handle(&ue, &event));
    event.octets = octets(NULL, 100);
    IS_NULL(handle(&ue, &event));
    event.octets = octets(NULL, 0);
    REFUSED(CASTKEY_ERR_TRUNCATED, handle(&ue, &event));
    event.octets = octets(key, SIZE_MAX / 2 + 1);
    REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
    event.octets = OCTETS(msk_verification_out_message);
    REFUSED(CASTKEY_ERR_WRONG_STATE, handle(&ue, &event));

    memset(&event, 0, sizeof event);
    REFUSED(CASTKEY_ERR_BAD_ENUM, handle(&ue, &event));
    event.kind = CASTKEY_UE_TIMEOUT + 1;
    REFUSED(CASTKEY_ERR_BAD_ENUM, handle(&ue, &event));
    event.kind = CASTKEY_UE_FORGET;
    REFUSED(CASTKEY_ERR_UNKNOWN, handle(&ue, &event));
    event.kind = CASTKEY_UE_MKI;
    REFUSED(CASTKEY_ERR_UNKNOWN, handle(&ue, &event));
    event.kind = CASTKEY_UE_ANNOUNCED;
    REFUSED(CASTKEY_ERR_UNKNOWN, handle(&ue, &event));
    event.kind = CASTKEY_UE_FORGET_MUK;
    REFUSED(CASTKEY_ERR_UNKNOWN, handle(&ue, &event));
    event.muk_id.idi = octets(NULL, 3);
    IS_NULL(handle(&ue, &event));
    event.muk_id.idi = octets(out, 3);
    OVERLAPS(handle(&ue, &event));

    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_BOOTSTRAPPED;
    for (size_t len = 0; len <= 40; len++) {
        event.muk.octets = octets(key, len);
        event.muk.kind = CASTKEY_MUK_OCTETS;
        if (len < 16 || len > 32) {
            REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
        }
        event.muk.kind = CASTKEY_MUK_HANDLE;
        if (len < 1 || len > CASTKEY_HANDLE_MAX) {
            REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
        }
    }
    event.muk.kind = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, handle(&ue, &event));
    event.muk.kind = CASTKEY_MUK_OCTETS;
    event.muk.octets = octets(NULL, 32);
    IS_NULL(handle(&ue, &event));
    event.muk.octets = octets(key, 32);
    event.muk_id.idi = octets(out, 193);
    OVERLAPS(handle(&ue, &event));

    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_INSTALL;
    event.name = some;
    event.octets = octets(key, 15);
    REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
    event.octets = octets(key, 16);
    event.rand = octets(key, 15);
    REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
    event.rand = octets(key, 33);
    REFUSED(CASTKEY_ERR_LENGTH, handle(&ue, &event));
    event.rand = octets(NULL, 0);
    event.seq_low = 2;
    event.seq_high = 1;
    REFUSED(CASTKEY_ERR_INCONSISTENT, handle(&ue, &event));
}

static castkey_status order(castkey_bm_sc *at, const castkey_bm_sc_event *event)
{
    return castkey_bm_sc_handle(at, &env, event, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, RESULT(size_t));
}

static void bm_sc_objects_and_events(void)
{
    static castkey_bm_sc copied;
    castkey_bm_sc_config bad;
    castkey_bm_sc_event event;
    castkey_policy policies[3];
    castkey_session sessions[17];
    castkey_name group = some;
    castkey_mtk *mtk = RESULT(castkey_mtk);
    size_t *n = RESULT(size_t);

    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_BM_SC_TIMEOUT;
    copied = bm_sc;
    REFUSED(CASTKEY_ERR_STATE, order(&copied, &event));
    REFUSED(CASTKEY_ERR_STATE, castkey_bm_sc_traffic(&copied, &group, RESULT2(castkey_name), mtk));
    REFUSED(CASTKEY_ERR_STATE, castkey_bm_sc_deadline(&copied, RESULT(uint64_t)));
    REFUSED(CASTKEY_ERR_STATE, castkey_bm_sc_switchover(&copied, &group, RESULT(castkey_switchover), RESULT2(uint32_t)));
    castkey_bm_sc_wipe(&copied);
    CHECK(all_zero(&copied, sizeof copied));
    castkey_bm_sc_wipe(NULL);
    REFUSED(CASTKEY_ERR_STATE, order(&copied, &event));
    /* A terminal in place of a BM-SC, with as much memory behind it as a BM-SC has. */
    OK(castkey_ue_init((castkey_ue *)(void *)&copied, sizeof copied, &ue_config));
    REFUSED(CASTKEY_ERR_STATE, order(&copied, &event));

    IS_NULL(castkey_bm_sc_config_default(NULL));
    IS_NULL(castkey_bm_sc_init(NULL, sizeof bm_sc, &bm_sc_config));
    IS_NULL(castkey_bm_sc_init(&bm_sc, sizeof bm_sc, NULL));
    IS_MISALIGNED(castkey_bm_sc_init(ODD(castkey_bm_sc, &bm_sc), sizeof bm_sc - 8, &bm_sc_config));
    REFUSED(CASTKEY_ERR_SHORT, castkey_bm_sc_init(&bm_sc, castkey_bm_sc_size() - 1, &bm_sc_config));
    OVERLAPS(castkey_bm_sc_init((castkey_bm_sc *)(void *)&bm_sc_config, sizeof bm_sc, &bm_sc_config));
#define BAD(field, value) \
    bad = bm_sc_config; \
    bad.field = (value); \
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &bad))
    BAD(suite, 3);
    BAD(seq_low, 0x10000);
    BAD(seq_high, 0x10000);
    BAD(salt, 2);
    BAD(acknowledge, 2);
    BAD(attempts, 256);
    BAD(resend, 2);
    BAD(has_roll, 2);
    BAD(reserve, 0x10000);
    BAD(settings.profile, 2);

    IS_NULL(order(NULL, &event));
    IS_NULL(castkey_bm_sc_handle(&bm_sc, NULL, &event, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_bm_sc_handle(&bm_sc, &env, NULL, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_bm_sc_handle(&bm_sc, &env, &event, 0, NULL, sizeof out, orders, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_bm_sc_handle(&bm_sc, &env, &event, 0, out, sizeof out, NULL, CASTKEY_MAX_ACTIONS, n));
    IS_NULL(castkey_bm_sc_handle(&bm_sc, &env, &event, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, NULL));
    REFUSED(CASTKEY_ERR_SHORT,
            castkey_bm_sc_handle(&bm_sc, &env, &event, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS - 1, n));
    OVERLAPS(castkey_bm_sc_handle(&bm_sc, &env, &event, 0, (uint8_t *)&bm_sc, 10, orders, CASTKEY_MAX_ACTIONS, n));
    OVERLAPS(castkey_bm_sc_handle(&bm_sc, &env, &event, 0, (uint8_t *)orders, 10, orders, CASTKEY_MAX_ACTIONS, n));
    event.kind = CASTKEY_BM_SC_ROLL;
    event.name.group = 7;
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_bm_sc_handle(&bm_sc, &env, &event, 0, out, 10, orders, CASTKEY_MAX_ACTIONS, n));

    IS_NULL(castkey_bm_sc_traffic(NULL, &group, RESULT2(castkey_name), mtk));
    IS_NULL(castkey_bm_sc_traffic(&bm_sc, NULL, RESULT2(castkey_name), mtk));
    IS_NULL(castkey_bm_sc_traffic(&bm_sc, &group, NULL, mtk));
    IS_NULL(castkey_bm_sc_traffic(&bm_sc, &group, RESULT2(castkey_name), NULL));
    OVERLAPS(castkey_bm_sc_traffic(&bm_sc, &group, RESULT(castkey_name), mtk));
    REFUSED(CASTKEY_ERR_UNKNOWN, castkey_bm_sc_traffic(&bm_sc, &group, RESULT2(castkey_name), mtk));
    IS_NULL(castkey_bm_sc_deadline(NULL, RESULT(uint64_t)));
    IS_NULL(castkey_bm_sc_deadline(&bm_sc, NULL));
    OVERLAPS(castkey_bm_sc_deadline(&bm_sc, (uint64_t *)(void *)&bm_sc));
    IS_NULL(castkey_bm_sc_switchover(NULL, &group, RESULT(castkey_switchover), RESULT2(uint32_t)));
    IS_NULL(castkey_bm_sc_switchover(&bm_sc, NULL, RESULT(castkey_switchover), RESULT2(uint32_t)));
    IS_NULL(castkey_bm_sc_switchover(&bm_sc, &group, NULL, RESULT2(uint32_t)));
    IS_NULL(castkey_bm_sc_switchover(&bm_sc, &group, RESULT(castkey_switchover), NULL));
    OVERLAPS(castkey_bm_sc_switchover(&bm_sc, &group, RESULT(castkey_switchover), RESULT(uint32_t)));
    REFUSED(CASTKEY_ERR_UNKNOWN, castkey_bm_sc_switchover(&bm_sc, &group, RESULT(castkey_switchover), RESULT2(uint32_t)));

    /* Out of order, or of something that is not there. */
    memset(&event, 0, sizeof event);
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.kind = CASTKEY_BM_SC_TIMEOUT + 1;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    for (uint32_t kind = CASTKEY_BM_SC_REKEY; kind <= CASTKEY_BM_SC_CLOSE; kind++) {
        event.kind = kind;
        if (kind == CASTKEY_BM_SC_REKEY || kind == CASTKEY_BM_SC_DISTRIBUTED || kind == CASTKEY_BM_SC_SWITCH ||
            kind == CASTKEY_BM_SC_ROLL || kind == CASTKEY_BM_SC_CLOSE) {
            REFUSED(CASTKEY_ERR_UNKNOWN, order(&bm_sc, &event));
        }
    }
    event.name.group = 7;
    event.kind = CASTKEY_BM_SC_OPEN;
    REFUSED(CASTKEY_ERR_WRONG_STATE, order(&bm_sc, &event));
    event.kind = CASTKEY_BM_SC_SWITCH;
    REFUSED(CASTKEY_ERR_WRONG_STATE, order(&bm_sc, &event));
    event.kind = CASTKEY_BM_SC_PUSH;
    event.name.number = 1;
    REFUSED(CASTKEY_ERR_LENGTH, order(&bm_sc, &event));
    event.user.muk.octets = OCTETS(msk_message_psk);
    event.user.has_counter = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.user.has_counter = 0;
    event.user.muk.kind = CASTKEY_MUK_HANDLE + 1;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.user.muk.kind = CASTKEY_MUK_OCTETS;
    event.delivery.kind = 4;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.delivery.kind = CASTKEY_DELIVERY_WAITING;
    event.delivery.attempt = 256;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    memset(&event.delivery, 0, sizeof event.delivery);
    memset(policies, 0, sizeof policies);
    memset(sessions, 0, sizeof sessions);
    event.security.n_policies = 1;
    IS_NULL(order(&bm_sc, &event));
    event.security.policies = policies;
    event.security.n_policies = 3;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.security.n_policies = 1;
    policies[0].policy_no = 256;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    policies[0].policy_no = 0;
    policies[0].params = octets(gba_u_ks, 1);
    REFUSED(CASTKEY_ERR_TRUNCATED, order(&bm_sc, &event));
    policies[0].params = octets(NULL, 1);
    IS_NULL(order(&bm_sc, &event));
    policies[0].params = octets(NULL, 0);
    event.security.n_sessions = 1;
    IS_NULL(order(&bm_sc, &event));
    event.security.sessions = sessions;
    event.security.n_sessions = 17;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    event.security.n_sessions = 1;
    sessions[0].policy_no = 256;
    REFUSED(CASTKEY_ERR_BAD_ENUM, order(&bm_sc, &event));
    sessions[0].policy_no = 0;
    event.security.policies = (const castkey_policy *)(const void *)orders;
    OVERLAPS(order(&bm_sc, &event));
    memset(&event.security, 0, sizeof event.security);
    event.kind = CASTKEY_BM_SC_ACKNOWLEDGED;
    event.octets = OCTETS(msk_verification_out_message);
    REFUSED(CASTKEY_ERR_WRONG_STATE, order(&bm_sc, &event));
    event.octets = octets(out, 80);
    OVERLAPS(order(&bm_sc, &event));
}

static void messages(void)
{
    castkey_msk_address address;
    castkey_mtk_address of_mtk;
    castkey_settings bad = settings;
    castkey_muk muk;
    castkey_msk msk;
    castkey_mtk mtk;
    size_t *len = RESULT(size_t);
    const uint8_t *m = msk_message_out_message, *t = mtk_message_streaming_out_message;
    size_t m_len = sizeof msk_message_out_message, t_len = sizeof mtk_message_streaming_out_message;

    memset(&address, 0, sizeof address);
    address.name = some;
    address.rand = OCTETS(msk_message_rand);
    muk.kind = CASTKEY_MUK_OCTETS;
    muk.octets = OCTETS(msk_message_psk);
    memset(&of_mtk, 0, sizeof of_mtk);
    memset(&mtk, 0, sizeof mtk);
    memset(&msk, 0, sizeof msk);
    msk.octets = OCTETS(msk_message_msk);
    msk.rand = OCTETS(msk_message_rand);
    msk.seq_high = 9;
    bad.profile = 9;

    IS_NULL(castkey_msk_seal(NULL, &settings, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    IS_NULL(castkey_msk_seal(&env, NULL, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    IS_NULL(castkey_msk_seal(&env, &settings, NULL, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    IS_NULL(castkey_msk_seal(&env, &settings, &address, NULL, gba_u_ks, 0, 1, out, sizeof out, len));
    IS_NULL(castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, NULL, sizeof out, len));
    IS_NULL(castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, NULL));
    OVERLAPS(castkey_msk_seal(&env, &settings, &address, &muk, out, 0, 1, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_msk_seal(&env, &bad, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, out, 50, len));
    REFUSED(CASTKEY_ERR_INCONSISTENT,
            castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 2, 1, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_INCONSISTENT,
            castkey_msk_seal(&env, &settings, &address, &muk, NULL, 0, 1, out, sizeof out, len));
    address.suite = 3;
    REFUSED(CASTKEY_ERR_BAD_ENUM,
            castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    address.suite = 0;
    address.v = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM,
            castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));
    address.v = 0;
    address.rand = octets(gba_u_ks, 15);
    REFUSED(CASTKEY_ERR_LENGTH,
            castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 0, 1, out, sizeof out, len));

    IS_NULL(castkey_msk_peek(NULL, m, m_len, RESULT(castkey_message_head)));
    IS_NULL(castkey_msk_peek(&settings, NULL, m_len, RESULT(castkey_message_head)));
    IS_NULL(castkey_msk_peek(&settings, m, m_len, NULL));
    OVERLAPS(castkey_msk_peek(&settings, results.octets, m_len, RESULT(castkey_message_head)));
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_msk_peek(&bad, m, m_len, RESULT(castkey_message_head)));
    REFUSED(CASTKEY_ERR_TRUNCATED, castkey_msk_peek(&settings, m, m_len - 1, RESULT(castkey_message_head)));

    IS_NULL(castkey_msk_open(NULL, &settings, m, m_len, &muk, NULL, RESULT(castkey_msk_opened)));
    IS_NULL(castkey_msk_open(&env, NULL, m, m_len, &muk, NULL, RESULT(castkey_msk_opened)));
    IS_NULL(castkey_msk_open(&env, &settings, NULL, m_len, &muk, NULL, RESULT(castkey_msk_opened)));
    IS_NULL(castkey_msk_open(&env, &settings, m, m_len, NULL, NULL, RESULT(castkey_msk_opened)));
    IS_NULL(castkey_msk_open(&env, &settings, m, m_len, &muk, NULL, NULL));
    IS_MISALIGNED(castkey_msk_open(&env, &settings, m, m_len, &muk, ODD(const uint32_t, &env), RESULT(castkey_msk_opened)));
    OVERLAPS(castkey_msk_open(&env, &settings, results.octets, m_len, &muk, NULL, RESULT(castkey_msk_opened)));

    IS_NULL(castkey_msk_security(NULL, m_len, NULL, 0, RESULT(size_t), NULL, 0, RESULT2(size_t)));
    IS_NULL(castkey_msk_security(m, m_len, NULL, 0, NULL, NULL, 0, RESULT2(size_t)));
    IS_NULL(castkey_msk_security(m, m_len, NULL, 0, RESULT(size_t), NULL, 0, NULL));
    IS_NULL(castkey_msk_security(m, m_len, NULL, 1, RESULT(size_t), NULL, 0, RESULT2(size_t)));
    OVERLAPS(castkey_msk_security(m, m_len, NULL, 0, RESULT(size_t), NULL, 0, RESULT(size_t)));
    REFUSED(CASTKEY_ERR_SHORT, castkey_msk_security(msk_message_sp_out_message, sizeof msk_message_sp_out_message, NULL, 0,
                                                    RESULT(size_t), NULL, 0, RESULT2(size_t)));
    REFUSED(CASTKEY_ERR_TRUNCATED, castkey_msk_security(NULL, 0, NULL, 0, RESULT(size_t), NULL, 0, RESULT2(size_t)));

    IS_NULL(castkey_verification_seal(NULL, &settings, m, m_len, &muk, out, sizeof out, len));
    IS_NULL(castkey_verification_seal(&env, NULL, m, m_len, &muk, out, sizeof out, len));
    IS_NULL(castkey_verification_seal(&env, &settings, NULL, m_len, &muk, out, sizeof out, len));
    IS_NULL(castkey_verification_seal(&env, &settings, m, m_len, NULL, out, sizeof out, len));
    IS_NULL(castkey_verification_seal(&env, &settings, m, m_len, &muk, NULL, sizeof out, len));
    IS_NULL(castkey_verification_seal(&env, &settings, m, m_len, &muk, out, sizeof out, NULL));
    OVERLAPS(castkey_verification_seal(&env, &settings, out, m_len, &muk, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, castkey_verification_seal(&env, &settings, m, m_len, &muk, out, 79, len));

    IS_NULL(castkey_verification_open(NULL, &settings, m, m_len, &muk, t, t_len));
    IS_NULL(castkey_verification_open(&env, NULL, m, m_len, &muk, t, t_len));
    IS_NULL(castkey_verification_open(&env, &settings, NULL, m_len, &muk, t, t_len));
    IS_NULL(castkey_verification_open(&env, &settings, m, m_len, NULL, t, t_len));
    IS_NULL(castkey_verification_open(&env, &settings, m, m_len, &muk, NULL, t_len));
    REFUSED(CASTKEY_ERR_WRONG_DATA_TYPE, castkey_verification_open(&env, &settings, m, m_len, &muk, t, t_len));

    IS_NULL(castkey_mtk_seal(NULL, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, NULL, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, NULL, &mtk, gba_u_ks, gba_u_ks, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, &of_mtk, NULL, gba_u_ks, gba_u_ks, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, NULL, gba_u_ks, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, NULL, 16, out, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, NULL, sizeof out, len));
    IS_NULL(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, out, sizeof out, NULL));
    OVERLAPS(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, out, gba_u_ks, 16, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_LENGTH,
            castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 15, out, sizeof out, len));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, out, 79, len));
    mtk.has_salt = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM,
            castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, gba_u_ks, gba_u_ks, 16, out, sizeof out, len));

    IS_NULL(castkey_mtk_peek(NULL, t, t_len, NULL, RESULT(castkey_message_head)));
    IS_NULL(castkey_mtk_peek(&settings, NULL, t_len, NULL, RESULT(castkey_message_head)));
    IS_NULL(castkey_mtk_peek(&settings, t, t_len, NULL, NULL));
    OVERLAPS(castkey_mtk_peek(&settings, t, t_len, results.octets, RESULT(castkey_message_head)));
    REFUSED(CASTKEY_ERR_BAD_KEY_ID, castkey_mtk_peek(&settings, m, m_len, NULL, RESULT(castkey_message_head)));
    IS_NULL(castkey_mtk_open(NULL, &settings, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
    IS_NULL(castkey_mtk_open(&env, NULL, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
    IS_NULL(castkey_mtk_open(&env, &settings, NULL, t_len, NULL, &msk, RESULT(castkey_mtk)));
    IS_NULL(castkey_mtk_open(&env, &settings, t, t_len, NULL, NULL, RESULT(castkey_mtk)));
    IS_NULL(castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, NULL));
    OVERLAPS(castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, (castkey_mtk *)(void *)&msk));
    msk.has_counter = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
    msk.has_counter = 0;
    msk.rand.len = 15;
    REFUSED(CASTKEY_ERR_LENGTH, castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
    msk.rand.len = 16;
    msk.octets.len = 15;
    REFUSED(CASTKEY_ERR_LENGTH, castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
    msk.octets.len = 16;
    msk.octets.octets = gba_u_ks;
    REFUSED(CASTKEY_ERR_MAC_INVALID, castkey_mtk_open(&env, &settings, t, t_len, NULL, &msk, RESULT(castkey_mtk)));
}

static void steps(void)
{
    castkey_switchover before;
    castkey_switch_event event;
    castkey_switch_timing timing = ue_config.timing;
    castkey_switchover *after = RESULT(castkey_switchover);
    castkey_switch_action *action = RESULT2(castkey_switch_action);

    memset(&before, 0, sizeof before);
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_SWITCH_STORED;
    event.msk = 0x00070001;
    IS_NULL(castkey_switchover_step(NULL, &event, &timing, 0, after, action));
    IS_NULL(castkey_switchover_step(&before, NULL, &timing, 0, after, action));
    IS_NULL(castkey_switchover_step(&before, &event, NULL, 0, after, action));
    IS_NULL(castkey_switchover_step(&before, &event, &timing, 0, NULL, action));
    IS_NULL(castkey_switchover_step(&before, &event, &timing, 0, after, NULL));
    OVERLAPS(castkey_switchover_step(after, &event, &timing, 0, after, action));
    OVERLAPS(castkey_switchover_step(&before, &event, &timing, 0, after, RESULT(castkey_switch_action)));
    before.kind = 6;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_switchover_step(&before, &event, &timing, 0, after, action));
    before.kind = CASTKEY_SWITCHOVER_OVERLAP;
    before.has_next = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_switchover_step(&before, &event, &timing, 0, after, action));
    memset(&before, 0, sizeof before);
    event.kind = 0;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_switchover_step(&before, &event, &timing, 0, after, action));
    event.kind = CASTKEY_SWITCH_STORED;
    timing.implicit = 2;
    REFUSED(CASTKEY_ERR_BAD_ENUM, castkey_switchover_step(&before, &event, &timing, 0, after, action));
    /* The whole way once, through every state. */
    timing = ue_config.timing;
    static const struct {
        uint32_t event, msk, from, now, state, action;
    } way[] = {
        {CASTKEY_SWITCH_STORED, 1, 0, 0, CASTKEY_SWITCHOVER_STEADY, CASTKEY_SWITCH_ACTION_ACTIVATE},
        {CASTKEY_SWITCH_STORED, 2, 0, 0, CASTKEY_SWITCHOVER_PENDING, CASTKEY_SWITCH_ACTION_NONE},
        {CASTKEY_SWITCH_ANNOUNCED, 2, 1, 0, CASTKEY_SWITCHOVER_SWITCHING, CASTKEY_SWITCH_ACTION_ACTIVATE},
        {CASTKEY_SWITCH_MTK_VERIFIED, 2, 0, 100, CASTKEY_SWITCHOVER_OVERLAP, CASTKEY_SWITCH_ACTION_NONE},
        {CASTKEY_SWITCH_TIMEOUT, 0, 0, 5099, CASTKEY_SWITCHOVER_OVERLAP, CASTKEY_SWITCH_ACTION_NONE},
        {CASTKEY_SWITCH_TIMEOUT, 0, 0, 5100, CASTKEY_SWITCHOVER_STEADY, CASTKEY_SWITCH_ACTION_RETIRE},
        {CASTKEY_SWITCH_ANNOUNCED, 3, 2, 6000, CASTKEY_SWITCHOVER_EXPECTING, CASTKEY_SWITCH_ACTION_NONE},
        {CASTKEY_SWITCH_TIMEOUT, 0, 0, 16000, CASTKEY_SWITCHOVER_STEADY, CASTKEY_SWITCH_ACTION_MISSING},
        {CASTKEY_SWITCH_ANNOUNCED, 4, 3, 16000, CASTKEY_SWITCHOVER_STEADY, CASTKEY_SWITCH_ACTION_MISMATCH},
        {CASTKEY_SWITCH_FORGOTTEN, 2, 0, 16000, CASTKEY_SWITCHOVER_IDLE, CASTKEY_SWITCH_ACTION_RETIRE},
    };
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        castkey_switchover now;
        castkey_switch_action todo;
        event.kind = way[i].event;
        event.msk = way[i].msk;
        event.from = way[i].from;
        OK(castkey_switchover_step(&before, &event, &timing, way[i].now, &now, &todo));
        CHECK(now.kind == way[i].state && todo.kind == way[i].action);
        before = now;
    }
}

/* What comes behind a switch that is on is kept. */
static void a_step_with_a_next(void)
{
    castkey_switchover before, after;
    castkey_switch_event event;
    castkey_switch_action action;
    memset(&before, 0, sizeof before);
    memset(&event, 0, sizeof event);
    before.kind = CASTKEY_SWITCHOVER_OVERLAP;
    before.active = 2;
    before.retiring = 1;
    before.next = 3;
    before.has_next = 1;
    before.until = 10;
    event.kind = CASTKEY_SWITCH_TIMEOUT;
    OK(castkey_switchover_step(&before, &event, &ue_config.timing, 10, &after, &action));
    CHECK(after.kind == CASTKEY_SWITCHOVER_PENDING && after.active == 2 && after.next == 3 && after.has_next == 1);
    CHECK(after.until == CASTKEY_NEVER && action.kind == CASTKEY_SWITCH_ACTION_RETIRE && action.msk == 1);
}

/* Callbacks that call back. */
static castkey_status nested[5];

static int32_t fill_and_call(void *user, uint8_t *to, size_t len)
{
    castkey_bm_sc_event event;
    castkey_name name = some;
    castkey_switchover switchover;
    castkey_mtk mtk;
    uint64_t at;
    uint32_t outstanding;
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_BM_SC_TIMEOUT;
    nested[0] = order(&bm_sc, &event);
    nested[1] = castkey_bm_sc_deadline(&bm_sc, &at);
    nested[2] = castkey_bm_sc_traffic(&bm_sc, &some, &name, &mtk);
    nested[3] = castkey_bm_sc_switchover(&bm_sc, &some, &switchover, &outstanding);
    /* Another object is free. */
    nested[4] = castkey_ue_deadline(&ue, &at);
    memset(to, 7, len);
    return user == NULL ? 0 : 1;
}

static void callbacks(void)
{
    castkey_bm_sc_event event;
    castkey_env calling = env;
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_BM_SC_ROLL;
    event.name.group = 7;
    calling.rng.fill = fill_and_call;
    calling.rng.user = &calling;
    REFUSED(CASTKEY_ERR_RNG, castkey_bm_sc_handle(&bm_sc, &calling, &event, 0, out, sizeof out, orders,
                                                  CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    for (size_t i = 0; i < 4; i++) {
        REFUSED(CASTKEY_ERR_BUSY, nested[i]);
    }
    OK(nested[4]);
    calling.rng.user = NULL;
    OK(castkey_bm_sc_handle(&bm_sc, &calling, &event, 0, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    fresh();
}

static void gaps_in_the_primitives(void)
{
    castkey_primitives table = soft;
    castkey_env with = env;
    uint8_t key[32];
    OK(castkey_mrk(&env, gba_me_out_ks_naf, 1, NULL, 0, key));
    SAME(key, 32, gba_me_out_mrk);
    with.primitives = &table;
    for (unsigned gap = 0; gap < 4; gap++) {
        table = soft;
        table.sha1 = gap == 0 ? NULL : table.sha1;
        table.sha256 = gap == 1 ? NULL : table.sha256;
        table.aes128_ctr = gap == 2 ? NULL : table.aes128_ctr;
        table.aes256_ctr = gap == 3 ? NULL : table.aes256_ctr;
#ifdef CALLER_PRIMITIVES
        REFUSED(CASTKEY_ERR_PRIMITIVES, castkey_mrk(&with, gba_me_out_ks_naf, 1, NULL, 0, key));
#else
        OK(castkey_mrk(&with, gba_me_out_ks_naf, 1, NULL, 0, key));
        SAME(key, 32, gba_me_out_mrk);
#endif
    }
#ifdef CALLER_PRIMITIVES
    with.primitives = NULL;
    REFUSED(CASTKEY_ERR_PRIMITIVES, castkey_mrk(&with, gba_me_out_ks_naf, 1, NULL, 0, key));
#endif
    with.primitives = ODD(const castkey_primitives, &table);
    IS_MISALIGNED(castkey_mrk(&with, gba_me_out_ks_naf, 1, NULL, 0, RESULT(uint8_t)));
}

int main(void)
{
    memset(&env, 0, sizeof env);
    env.rng.fill = count_up;
    env.rng.user = &next_random;
#ifdef CALLER_PRIMITIVES
    env.primitives = &soft;
#endif
    OK(castkey_settings_default(&settings));
    OK(castkey_ue_config_default(&ue_config));
    OK(castkey_bm_sc_config_default(&bm_sc_config));
    fresh();
    names_and_settings();
    bootstrap_keys();
    ue_objects();
    ue_events();
    bm_sc_objects_and_events();
    messages();
    steps();
    a_step_with_a_next();
    callbacks();
    gaps_in_the_primitives();
    castkey_ue_wipe(&ue);
    CHECK(all_zero(&ue, sizeof ue));

    for (uint32_t i = 0; i <= CASTKEY_ERR_PRIMITIVES - CASTKEY_ERR_NULL; i++) {
#ifndef CALLER_PRIMITIVES
        if (CASTKEY_ERR_NULL + i == CASTKEY_ERR_PRIMITIVES) {
            continue;
        }
#endif
        if (reached[i] == 0) {
            printf("%s was never reached\n", castkey_status_name(CASTKEY_ERR_NULL + i));
            failures++;
        }
    }
    return report("misuse");
}
