/* Every function of MBMS; those of the BM-SC are in measure_bm_sc.c. What a call gives is checked, so that nothing is measured that does not work. */
#include "measure.h"
#ifdef CALLER_PRIMITIVES
#define PRIMITIVES &timed
#endif
#include "common.h"

void bm_sc_measured(void);

static castkey_ue ue;
static castkey_ue_config of_ue;
static castkey_settings settings;
static uint8_t out[CASTKEY_UE_OUT_SIZE], saved[CASTKEY_UE_OUT_SIZE], message[CASTKEY_MESSAGE_MAX], key[64];
static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
static castkey_ue_event event;
static castkey_msk_address address;
static castkey_mtk_address of_mtk;
static castkey_msk_opened opened;
static castkey_message_head head;
static castkey_muk held;
static castkey_msk msk;
static castkey_mtk mtk;
static castkey_name name, names[16];
static castkey_switchover switchover, after;
static castkey_switch_event switch_event;
static castkey_switch_action switch_action;
static castkey_srtp_keys srtp;
static castkey_download_keys files;
static castkey_policy policies[CASTKEY_MAX_POLICIES];
static castkey_session sessions[CASTKEY_MAX_SESSIONS];
static size_t n, n_sessions, saved_len, message_len;
static uint64_t now, at;

/* --- Derivations. */

CALL(naf_id, castkey_naf_id(gba_me_naf_fqdn_text, sizeof gba_me_naf_fqdn_text, CASTKEY_UA_MBMS, out, sizeof out, &n))
#define GBA_U gba_u_ks, gba_u_gba_rand, gba_u_impi_text, sizeof gba_u_impi_text, gba_u_naf_id, sizeof gba_u_naf_id, key
CALL(ks_naf, castkey_ks_naf(&env, GBA_U))
CALL(ks_int_naf, castkey_ks_int_naf(&env, GBA_U))
CALL(ks_ext_naf, castkey_ks_ext_naf(&env, GBA_U))
CALL(muk_from_ks, castkey_muk_from_ks(&env, gba_me_out_ks_naf, CASTKEY_MUK_ALL, key, &n))
CALL(mrk, castkey_mrk(&env, gba_me_out_ks_naf, 1, NULL, 0, key))
CALL(password, castkey_digest_password(gba_me_out_mrk, CASTKEY_PASSWORD_BASE64, key, sizeof key, &n))
CALL(srtp, castkey_srtp_session_keys(&env, mtk_message_streaming_mtk, mtk_message_streaming_mtk_salt, &srtp))
CALL(files, castkey_download_session_keys(&env, mtk_message_download_mtk, mtk_message_download_rand,
                                          sizeof mtk_message_download_rand, &files))
CALL(key_url, castkey_key_url(&mtk_1, key))
CALL(from_mki, castkey_name_from_mki(group.domain, mtk_message_streaming_out_srtp_mki, &name))
CALL(to_mki, castkey_name_to_mki(&mtk_1, key))
CALL(settings, castkey_settings_default(&settings))
CALL(status_name, castkey_status_name(CASTKEY_ERR_PRIMITIVES) != NULL ? CASTKEY_OK : CASTKEY_ERR_NULL)
CALL(version, castkey_abi_version() == CASTKEY_ABI_VERSION ? CASTKEY_OK : CASTKEY_ERR_STATE)
CALL(step, castkey_switchover_step(&switchover, &switch_event, &of_ue.timing, 0, &after, &switch_action))

static void derivations(void)
{
    measured("castkey_abi_version", call_version, CASTKEY_OK);
    measured("castkey_status_name", call_status_name, CASTKEY_OK);
    measured("castkey_settings_default", call_settings, CASTKEY_OK);
    measured("castkey_naf_id", call_naf_id, CASTKEY_OK);
    measured("castkey_ks_naf", call_ks_naf, CASTKEY_OK);
    measured("castkey_ks_int_naf", call_ks_int_naf, CASTKEY_OK);
    SAME(key, 32, gba_u_out_ks_int_naf);
    measured("castkey_ks_ext_naf", call_ks_ext_naf, CASTKEY_OK);
    measured("castkey_muk_from_ks", call_muk_from_ks, CASTKEY_OK);
    measured("castkey_mrk", call_mrk, CASTKEY_OK);
    SAME(key, 32, gba_me_out_mrk);
    measured("castkey_digest_password", call_password, CASTKEY_OK);
    measured("castkey_srtp_session_keys", call_srtp, CASTKEY_OK);
    SAME(srtp.rtp_encr, 16, mtk_message_streaming_out_srtp_session_keys_rtp_encr);
    measured("castkey_download_session_keys", call_files, CASTKEY_OK);
    SAME(files.content, 16, mtk_message_download_out_mtk_c_choice);
    measured("castkey_key_url", call_key_url, CASTKEY_OK);
    measured("castkey_name_from_mki", call_from_mki, CASTKEY_OK);
    measured("castkey_name_to_mki", call_to_mki, CASTKEY_OK);
    switch_event.kind = CASTKEY_SWITCH_STORED;
    switch_event.msk = 0x68ca0001u;
    measured("castkey_switchover_step", call_step, CASTKEY_OK);
    CHECK(after.kind == CASTKEY_SWITCHOVER_STEADY);
}

/* --- Messages as plain functions. */

#define MSK_MESSAGE msk_message_out_message, sizeof msk_message_out_message
#define MTK_MESSAGE mtk_message_streaming_out_message, sizeof mtk_message_streaming_out_message
#define NEXT_MTK_MESSAGE mtk_message_download_out_message, sizeof mtk_message_download_out_message
#define OUT out, sizeof out, &n
CALL(msk_seal, castkey_msk_seal(&env, &settings, &address, &held, msk_message_msk, 0, 1000, OUT))
CALL(msk_peek, castkey_msk_peek(&settings, MSK_MESSAGE, &head))
CALL(msk_open, castkey_msk_open(&env, &settings, MSK_MESSAGE, &held, NULL, &opened))
CALL(msk_open_256, castkey_msk_open(&env, &settings, msk_message_sha256_out_message,
                                    sizeof msk_message_sha256_out_message, &held, NULL, &opened))
CALL(v_seal, castkey_verification_seal(&env, &settings, MSK_MESSAGE, &held, OUT))
CALL(v_open, castkey_verification_open(&env, &settings, MSK_MESSAGE, &held, msk_verification_out_message,
                                       sizeof msk_verification_out_message))
CALL(security, castkey_msk_security(msk_message_sp_out_message_two_streams, sizeof msk_message_sp_out_message_two_streams,
                                    policies, CASTKEY_MAX_POLICIES, &n, sessions, CASTKEY_MAX_SESSIONS, &n_sessions))
CALL(mtk_seal, castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, msk_message_msk, msk_message_rand, sizeof msk_message_rand,
                                OUT))
CALL(mtk_peek, castkey_mtk_peek(&settings, MTK_MESSAGE, NULL, &head))
CALL(mtk_open, castkey_mtk_open(&env, &settings, MTK_MESSAGE, NULL, &msk, &mtk))

static void messages(void)
{
    OK(castkey_settings_default(&settings));
    held = muk();
    memset(&address, 0, sizeof address);
    address.name = msk_1;
    address.counter = 1;
    address.rand = OCTETS(msk_message_rand);
    address.muk_id = muk_id();
    address.v = 1;
    measured("castkey_msk_seal", call_msk_seal, CASTKEY_OK);
    SAME(out, n, msk_message_out_message);
    measured("castkey_msk_peek", call_msk_peek, CASTKEY_OK);
    measured("castkey_msk_open", call_msk_open, CASTKEY_OK);
    SAME(opened.msk, 16, msk_message_msk);
    settings.sha256_suite = CASTKEY_SHA256_SUITE_FULL;
    measured("castkey_msk_open: SHA-256 suite", call_msk_open_256, CASTKEY_OK);
    SAME(opened.msk, 16, msk_message_sha256_msk);
    settings.sha256_suite = CASTKEY_SHA256_SUITE_OFF;
    measured("castkey_verification_seal", call_v_seal, CASTKEY_OK);
    SAME(out, n, msk_verification_out_message);
    measured("castkey_verification_open", call_v_open, CASTKEY_OK);
    measured("castkey_msk_security", call_security, CASTKEY_OK);
    CHECK(n_sessions == 2);
    of_mtk.name = mtk_1;
    of_mtk.counter = 7;
    memcpy(mtk.key, mtk_message_streaming_mtk, 16);
    memcpy(mtk.salt, mtk_message_streaming_mtk_salt, 14);
    mtk.has_salt = 1;
    measured("castkey_mtk_seal", call_mtk_seal, CASTKEY_OK);
    SAME(out, n, mtk_message_streaming_out_message);
    measured("castkey_mtk_peek", call_mtk_peek, CASTKEY_OK);
    msk.octets = OCTETS(msk_message_msk);
    msk.rand = OCTETS(msk_message_rand);
    msk.seq_high = 1000;
    measured("castkey_mtk_open", call_mtk_open, CASTKEY_OK);
    SAME(mtk.key, 16, mtk_message_streaming_mtk);
}

/* --- The terminal. */

CALL(ue_size, castkey_ue_size() <= sizeof ue ? CASTKEY_OK : CASTKEY_ERR_SHORT)
CALL(ue_align, castkey_ue_align() <= CASTKEY_UE_ALIGN ? CASTKEY_OK : CASTKEY_ERR_ALIGN)
CALL(ue_out_size, castkey_ue_out_size() <= sizeof out ? CASTKEY_OK : CASTKEY_ERR_SHORT)
CALL(ue_config, castkey_ue_config_default(&of_ue))
CALL(ue_init, castkey_ue_init(&ue, sizeof ue, &of_ue))
CALL(ue_restore, castkey_ue_restore(&ue, sizeof ue, &of_ue, &env, saved, saved_len, now))
CALL(ue_handle, castkey_ue_handle(&ue, &env, &event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n))
CALL(ue_mtk, castkey_ue_mtk(&ue, &name, &mtk))
CALL(ue_names, castkey_ue_mtk_names(&ue, names, 16, &n))
CALL(ue_deadline, castkey_ue_deadline(&ue, &at))
CALL(ue_switchover, castkey_ue_switchover(&ue, &group, &switchover))
CALL(ue_wipe, (castkey_ue_wipe(&ue), CASTKEY_OK))

static int did(uint32_t kind)
{
    for (size_t i = 0; i < n; i++) {
        if (actions[i].kind == kind) {
            return 1;
        }
    }
    return 0;
}

static void ue_event(const char *what, castkey_status want)
{
    measured(what, call_ue_handle, want);
    for (size_t i = 0; want == CASTKEY_OK && i < n; i++) {
        if (actions[i].kind == CASTKEY_UE_PERSIST) {
            memcpy(saved, out + actions[i].offset, saved_len = actions[i].len);
        }
    }
}

static void ue_message(const char *what, const uint8_t *octets_at, size_t len, castkey_status want)
{
    event = event_of(CASTKEY_UE_MIKEY);
    event.octets = octets(octets_at, len);
    ue_event(what, want);
}

/* Seals an MSK for the terminal under the group and Key Number, with the next counter. */
static void seal_msk(uint16_t of_group, uint16_t number)
{
    address.name.group = of_group;
    address.name.number = number;
    address.counter++;
    OK(castkey_msk_seal(&env, &settings, &address, &held, msk_message_msk, 0, 1000, message, sizeof message, &message_len));
}

static void seal_mtk(uint16_t of_group, uint16_t number, uint16_t id)
{
    of_mtk.name.group = of_group;
    of_mtk.name.number = number;
    of_mtk.name.mtk = id;
    of_mtk.counter++;
    OK(castkey_mtk_seal(&env, &settings, &of_mtk, &mtk, msk_message_msk, msk_message_rand, sizeof msk_message_rand, message,
                        sizeof message, &message_len));
}

static void quietly(const char *octets_of)
{
    (void)octets_of;
    event = event_of(CASTKEY_UE_MIKEY);
    event.octets = octets(message, message_len);
    call_ue_handle();
    checked(is == CASTKEY_OK, octets_of, 0);
    for (size_t i = 0; i < n; i++) {
        if (actions[i].kind == CASTKEY_UE_PERSIST) {
            memcpy(saved, out + actions[i].offset, saved_len = actions[i].len);
        }
    }
}

static void bootstrapped(castkey_muk_id id, const char *what)
{
    event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    event.muk_id = id;
    event.muk = muk();
    ue_event(what, CASTKEY_OK);
}

static void terminal(void)
{
    static uint8_t long_name[96], wrong[sizeof msk_message_out_message];
    castkey_muk_id other;

    measured("castkey_ue_size", call_ue_size, CASTKEY_OK);
    measured("castkey_ue_align", call_ue_align, CASTKEY_OK);
    measured("castkey_ue_out_size", call_ue_out_size, CASTKEY_OK);
    measured("castkey_ue_config_default", call_ue_config, CASTKEY_OK);
    of_ue.jitter = 1;
    measured("castkey_ue_init", call_ue_init, CASTKEY_OK);
    bootstrapped(muk_id(), "castkey_ue_handle: bootstrapped");
    event = event_of(CASTKEY_UE_WANTED);
    ue_event("castkey_ue_handle: wanted", CASTKEY_OK);
    OK(castkey_ue_deadline(&ue, &now));
    event = event_of(CASTKEY_UE_TIMEOUT);
    ue_event("castkey_ue_handle: timeout, a request", CASTKEY_OK);
    CHECK(did(CASTKEY_UE_REQUEST_MSK));
    memcpy(wrong, msk_message_out_message, sizeof wrong);
    wrong[sizeof wrong - 1] ^= 1;
    ue_message("castkey_ue_handle: MSK message, wrong MAC", wrong, sizeof wrong, CASTKEY_ERR_MAC_INVALID);
    ue_message("castkey_ue_handle: MSK message", MSK_MESSAGE, CASTKEY_OK);
    CHECK(did(CASTKEY_UE_MSK_STORED) && did(CASTKEY_UE_SEND));
    ue_message("castkey_ue_handle: MSK message, replay", MSK_MESSAGE, CASTKEY_ERR_REPLAY);
    event = event_of(CASTKEY_UE_MKI);
    event.name = mtk_1;
    ue_event("castkey_ue_handle: packet without MTK", CASTKEY_OK);
    ue_message("castkey_ue_handle: MTK message", MTK_MESSAGE, CASTKEY_OK);
    CHECK(did(CASTKEY_UE_MTK_READY));
    ue_message("castkey_ue_handle: MTK message, repeated", MTK_MESSAGE, CASTKEY_ERR_REPLAY);
    ue_message("castkey_ue_handle: MTK message, next", NEXT_MTK_MESSAGE, CASTKEY_OK);
    CHECK(did(CASTKEY_UE_MTK_READY));
    measured("castkey_ue_restore", call_ue_restore, CASTKEY_OK);
    name = mtk_1;
    measured("castkey_ue_mtk", call_ue_mtk, CASTKEY_OK);
    SAME(mtk.key, 16, mtk_message_streaming_mtk);
    measured("castkey_ue_mtk_names", call_ue_names, CASTKEY_OK);
    measured("castkey_ue_deadline", call_ue_deadline, CASTKEY_OK);
    measured("castkey_ue_switchover", call_ue_switchover, CASTKEY_OK);

    /* The switch to the next MSK. */
    address.counter = 10;
    of_mtk.counter = 100;
    seal_msk(group.group, 2);
    quietly("MSK 2");
    event = event_of(CASTKEY_UE_ANNOUNCED);
    event.name = msk_1;
    event.to = msk_1;
    event.to.number = 2;
    ue_event("castkey_ue_handle: announced", CASTKEY_OK);
    CHECK(did(CASTKEY_UE_ACTIVATED));
    seal_mtk(group.group, 2, 1);
    ue_message("castkey_ue_handle: MTK message, first under the next MSK", message, message_len, CASTKEY_OK);
    OK(castkey_ue_deadline(&ue, &now));
    event = event_of(CASTKEY_UE_TIMEOUT);
    ue_event("castkey_ue_handle: timeout, end of the overlap", CASTKEY_OK);
    CHECK(did(CASTKEY_UE_MTK_DROPPED));
    address.name.number = 0;
    address.counter++;
    OK(castkey_msk_seal(&env, &settings, &address, &held, NULL, 0, 0, message, sizeof message, &message_len));
    ue_message("castkey_ue_handle: solicited pull", message, message_len, CASTKEY_OK);
    CHECK(did(CASTKEY_UE_MISSED_KEY));

    /* A terminal that is full: two MUKs with long identities, four groups with two MSKs and four MTKs each. */
    memset(long_name, 'a', sizeof long_name);
    other.idi = OCTETS(long_name);
    other.idr = OCTETS(long_name);
    bootstrapped(other, "castkey_ue_handle: bootstrapped, full");
    for (uint16_t g = 0; g < CASTKEY_UE_GROUPS; g++) {
        uint16_t of_group = (uint16_t)(group.group + g);
        for (uint16_t number = g == 0 ? 3 : 1; number <= (g == 0 ? 4 : 2); number++) {
            seal_msk(of_group, number);
            quietly("an MSK");
            for (uint16_t id = 1; id <= 4; id++) {
                seal_mtk(of_group, number, id);
                quietly("an MTK");
            }
        }
    }
    measured("castkey_ue_restore: full", call_ue_restore, CASTKEY_OK);
    measured("castkey_ue_mtk_names: full", call_ue_names, CASTKEY_OK);
    name = names[n - 1];
    measured("castkey_ue_mtk: full", call_ue_mtk, CASTKEY_OK);
    seal_msk((uint16_t)(group.group + CASTKEY_UE_GROUPS - 1), 3);
    ue_message("castkey_ue_handle: MSK message, full", message, message_len, CASTKEY_OK);
    seal_mtk((uint16_t)(group.group + CASTKEY_UE_GROUPS - 1), 3, 1);
    ue_message("castkey_ue_handle: MTK message, full", message, message_len, CASTKEY_OK);
    event = event_of(CASTKEY_UE_INSTALL);
    event.name = msk_1;
    event.name.number = 7;
    event.octets = OCTETS(msk_message_msk);
    event.rand = OCTETS(msk_message_rand);
    event.seq_high = 1000;
    ue_event("castkey_ue_handle: install, full", CASTKEY_OK);
    event = event_of(CASTKEY_UE_FORGET);
    ue_event("castkey_ue_handle: forget, full", CASTKEY_OK);
    event = event_of(CASTKEY_UE_FORGET_MUK);
    event.muk_id = other;
    ue_event("castkey_ue_handle: forget MUK", CASTKEY_OK);
    measured("castkey_ue_wipe", call_ue_wipe, CASTKEY_OK);
}

int main(void)
{
    calibration();
    derivations();
    messages();
    terminal();
    bm_sc_measured();
    OBJECT(ue);
    return 0;
}
