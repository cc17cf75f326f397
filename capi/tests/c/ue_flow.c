/* The worked examples and whole deliveries through the C interface: with the built-in primitives, with a table of the caller's,
 * with a MUK by its octets and in a secure element. With -DCALLER_PRIMITIVES for a library that was built without primitives. */
#include "check.h"
#include "mikey_prf.h"
#include "vectors.h"

/* Everything is static: so a program for a board has it. */
static castkey_ue ue;
static castkey_bm_sc bm_sc;
static uint8_t out[CASTKEY_UE_OUT_SIZE], saved[CASTKEY_UE_OUT_SIZE], datagram[CASTKEY_MESSAGE_MAX];
static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
static castkey_bm_sc_action orders[CASTKEY_MAX_ACTIONS];
static size_t n_actions, n_orders, saved_len, datagram_len;
static castkey_settings standard;

static const castkey_name group = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 0, 0};
static const castkey_name msk_1 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 0};
static const castkey_name mtk_1 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 1};
static const castkey_name mtk_2 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 2};

/* The secure element: knows one MUK by the handle "card 1". */
struct card {
    unsigned derived, tagged, crypted;
    int refuses;
};
static struct card card;
static const uint8_t handle[] = {'c', 'a', 'r', 'd', ' ', '1'};

static int asked(struct card *of, const castkey_held_key *key, unsigned *counter)
{
    CHECK(key->handle.len == sizeof handle && memcmp(key->handle.octets, handle, sizeof handle) == 0);
    CHECK(key->suite == CASTKEY_SUITE_SHA1);
    ++*counter;
    return of->refuses;
}

static int32_t card_derive(void *user, const castkey_held_key *key, uint32_t label, uint8_t *to, size_t len)
{
    struct card *of = (struct card *)user;
    mikey_prf(msk_message_psk, sizeof msk_message_psk, key, label, to, len);
    return asked(of, key, &of->derived);
}

static int32_t card_mac(void *user, const castkey_held_key *key, const castkey_octets *parts, size_t n, uint8_t *mac,
                        size_t len)
{
    struct card *of = (struct card *)user;
    uint8_t auth[20];
    CHECK(len == 20 && n <= CASTKEY_MAC_PARTS);
    mikey_prf(msk_message_psk, sizeof msk_message_psk, key, CASTKEY_LABEL_AUTH, auth, sizeof auth);
    hmac_sha1(auth, sizeof auth, parts, n, mac);
    return asked(of, key, &of->tagged);
}

static int32_t card_crypt(void *user, const castkey_held_key *key, uint64_t timestamp, uint8_t *at, size_t len)
{
    struct card *of = (struct card *)user;
    uint8_t encr[16], iv[16] = {0};
    mikey_prf(msk_message_psk, sizeof msk_message_psk, key, CASTKEY_LABEL_ENCR, encr, sizeof encr);
    mikey_prf(msk_message_psk, sizeof msk_message_psk, key, CASTKEY_LABEL_SALT, iv, 14);
    for (unsigned i = 0; i < 8; i++) {
        iv[6 + i] ^= (uint8_t)(timestamp >> (56 - 8 * i));
        iv[2 + i % 4] ^= (uint8_t)(i < 4 ? key->csb >> (24 - 8 * i) : 0);
    }
    aes_ctr(encr, sizeof encr, iv, at, len);
    return asked(of, key, &of->crypted);
}

static const castkey_key_holder deriving = {card_derive, NULL, NULL, &card};
static const castkey_key_holder inside = {NULL, card_mac, card_crypt, &card};

static castkey_muk muk_of(const castkey_env *env)
{
    castkey_muk muk;
    muk.kind = env->holder != NULL ? CASTKEY_MUK_HANDLE : CASTKEY_MUK_OCTETS;
    muk.octets = env->holder != NULL ? OCTETS(handle) : OCTETS(msk_message_psk);
    return muk;
}

static castkey_muk_id muk_id(void)
{
    castkey_muk_id id;
    id.idi = OCTETS(msk_message_idi);
    id.idr = OCTETS(msk_message_idr);
    return id;
}

static castkey_status tell(const castkey_env *env, const castkey_ue_event *event, uint64_t now)
{
    castkey_status status =
        castkey_ue_handle(&ue, env, event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n_actions);
    for (size_t i = 0; status == CASTKEY_OK && i < n_actions; i++) {
        if (actions[i].kind == CASTKEY_UE_PERSIST) {
            memcpy(saved, out + actions[i].offset, saved_len = actions[i].len);
        } else if (actions[i].kind == CASTKEY_UE_SEND) {
            memcpy(datagram, out + actions[i].offset, datagram_len = actions[i].len);
        }
    }
    return status;
}

static castkey_ue_event event_of(uint32_t kind)
{
    castkey_ue_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = group;
    return event;
}

static castkey_status mikey(const castkey_env *env, const uint8_t *at, size_t len, uint64_t now)
{
    castkey_ue_event event = event_of(CASTKEY_UE_MIKEY);
    event.octets = octets(at, len);
    return tell(env, &event, now);
}

static int did(uint32_t kind)
{
    for (size_t i = 0; i < n_actions; i++) {
        if (actions[i].kind == kind) {
            return 1;
        }
    }
    return 0;
}

static void start(const castkey_env *env, void (*set)(castkey_ue_config *))
{
    castkey_ue_config config;
    castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    OK(castkey_ue_config_default(&config));
    config.jitter = 1;
    if (set != NULL) {
        set(&config);
    }
    OK(castkey_ue_init(&ue, sizeof ue, &config));
    event.muk = muk_of(env);
    event.muk_id = muk_id();
    OK(tell(env, &event, 0));
    CHECK(n_actions == 1 && did(CASTKEY_UE_PERSIST));
}

static void bootstrapping(const castkey_env *env)
{
    uint8_t ks[32], key[32], text[64], naf[64];
    size_t len;
    OK(castkey_naf_id(gba_me_naf_fqdn_text, sizeof gba_me_naf_fqdn_text, CASTKEY_UA_MBMS, naf, sizeof naf, &len));
    SAME(naf, len, gba_me_naf_id);
    memcpy(ks, gba_me_ck, 16);
    memcpy(ks + 16, gba_me_ik, 16);
    OK(castkey_ks_naf(env, ks, gba_me_gba_rand, gba_me_impi_text, sizeof gba_me_impi_text, naf, len, key));
    SAME(key, 32, gba_me_out_ks_naf);
    OK(castkey_mrk(env, gba_me_out_ks_naf, 1, NULL, 0, key));
    SAME(key, 32, gba_me_out_mrk);
    OK(castkey_digest_password(gba_me_out_mrk, CASTKEY_PASSWORD_BASE64, text, sizeof text, &len));
    SAME(text, len, gba_me_out_http_digest_password_text);
    OK(castkey_digest_password(gba_me_out_mrk, CASTKEY_PASSWORD_RAW, text, sizeof text, &len));
    SAME(text, len, gba_me_out_mrk);
    OK(castkey_digest_password(gba_me_out_mrk, CASTKEY_PASSWORD_HEX, text, sizeof text, &len));
    CHECK(len == 64 && memcmp(text, "7878d145", 8) == 0);
    OK(castkey_muk_from_ks(env, gba_me_out_ks_naf, CASTKEY_MUK_ALL, key, &len));
    SAME(key, len, gba_me_out_muk);
    OK(castkey_muk_from_ks(env, gba_me_out_ks_naf, CASTKEY_MUK_LAST16, key, &len));
    CHECK(len == 16 && memcmp(key, gba_me_out_ks_naf + 16, 16) == 0);
    OK(castkey_ks_int_naf(env, gba_u_ks, gba_u_gba_rand, gba_u_impi_text, sizeof gba_u_impi_text, gba_u_naf_id,
                          sizeof gba_u_naf_id, key));
    SAME(key, 32, gba_u_out_ks_int_naf);
    OK(castkey_ks_ext_naf(env, gba_u_ks, gba_u_gba_rand, gba_u_impi_text, sizeof gba_u_impi_text, gba_u_naf_id,
                          sizeof gba_u_naf_id, key));
    SAME(key, 32, gba_u_out_ks_ext_naf);
}

static void examples_at_the_terminal(const castkey_env *env)
{
    castkey_mtk mtk;
    castkey_srtp_keys keys;
    castkey_download_keys files;
    castkey_name name, names[16];
    castkey_switchover switchover;
    castkey_ue_event event;
    uint8_t mki[6];
    uint64_t at;
    size_t n;

    start(env, NULL);
    OK(mikey(env, msk_message_out_message, sizeof msk_message_out_message, 0));
    CHECK(n_actions == 4 && actions[0].kind == CASTKEY_UE_PERSIST && actions[1].kind == CASTKEY_UE_SEND);
    CHECK(actions[2].kind == CASTKEY_UE_MSK_STORED && memcmp(&actions[2].name, &msk_1, sizeof msk_1) == 0);
    CHECK(actions[2].detail == 1 && actions[2].other == 0);
    CHECK(actions[3].kind == CASTKEY_UE_ACTIVATED && actions[3].name.number == 1);
    SAME(datagram, datagram_len, msk_verification_out_message);
    OK(castkey_ue_switchover(&ue, &group, &switchover));
    CHECK(switchover.kind == CASTKEY_SWITCHOVER_STEADY && switchover.active == 0x68ca0001u);

    STATUS(CASTKEY_ERR_UNKNOWN, castkey_ue_mtk(&ue, &mtk_1, &mtk));
    event = event_of(CASTKEY_UE_MKI);
    event.name = mtk_1;
    OK(tell(env, &event, 0));
    CHECK(n_actions == 1 && actions[0].kind == CASTKEY_UE_AWAIT_MTK && actions[0].name.mtk == 1);
    OK(mikey(env, mtk_message_streaming_out_message, sizeof mtk_message_streaming_out_message, 0));
    CHECK(did(CASTKEY_UE_PERSIST) && did(CASTKEY_UE_MTK_READY));
    OK(castkey_name_from_mki(group.domain, mtk_message_streaming_out_srtp_mki, &name));
    CHECK(memcmp(&name, &mtk_1, sizeof name) == 0);
    OK(castkey_name_to_mki(&mtk_1, mki));
    SAME(mki, 6, mtk_message_streaming_out_srtp_mki);
    OK(castkey_ue_mtk(&ue, &name, &mtk));
    SAME(mtk.key, 16, mtk_message_streaming_mtk);
    SAME(mtk.salt, 14, mtk_message_streaming_mtk_salt);
    CHECK(mtk.has_salt == 1);
    OK(castkey_srtp_session_keys(env, mtk.key, mtk.salt, &keys));
    SAME(keys.rtp_encr, 16, mtk_message_streaming_out_srtp_session_keys_rtp_encr);
    SAME(keys.rtp_auth, 20, mtk_message_streaming_out_srtp_session_keys_rtp_auth);
    SAME(keys.rtp_salt, 14, mtk_message_streaming_out_srtp_session_keys_rtp_salt);
    SAME(keys.rtcp_encr, 16, mtk_message_streaming_out_srtp_session_keys_rtcp_encr);
    SAME(keys.rtcp_auth, 20, mtk_message_streaming_out_srtp_session_keys_rtcp_auth);
    SAME(keys.rtcp_salt, 14, mtk_message_streaming_out_srtp_session_keys_rtcp_salt);

    OK(mikey(env, mtk_message_download_out_message, sizeof mtk_message_download_out_message, 0));
    OK(castkey_ue_mtk(&ue, &mtk_2, &mtk));
    SAME(mtk.key, 16, mtk_message_download_mtk);
    CHECK(mtk.has_salt == 0 && all_zero(mtk.salt, sizeof mtk.salt));
    OK(castkey_download_session_keys(env, mtk.key, mtk_message_download_rand, sizeof mtk_message_download_rand, &files));
    SAME(files.content, 16, mtk_message_download_out_mtk_c_choice);
    SAME(files.integrity, 20, mtk_message_download_out_mtk_i_choice);
    OK(castkey_ue_mtk_names(&ue, names, 16, &n));
    CHECK(n == 2);

    OK(mikey(env, solicited_pull_out_message, sizeof solicited_pull_out_message, 0));
    CHECK(did(CASTKEY_UE_PERSIST) && did(CASTKEY_UE_MISSED_KEY) && did(CASTKEY_UE_ARM_TIMER));
    CHECK(actions[1].kind == CASTKEY_UE_MISSED_KEY && actions[1].detail == CASTKEY_CAUSE_PULL);
    OK(castkey_ue_deadline(&ue, &at));
    CHECK(at <= 1000 && actions[n_actions - 1].at == at);
    event = event_of(CASTKEY_UE_TIMEOUT);
    OK(tell(env, &event, at));
    CHECK(actions[0].kind == CASTKEY_UE_REQUEST_MSK && actions[0].other == 1);
    STATUS(CASTKEY_ERR_REPLAY, mikey(env, msk_message_out_message, sizeof msk_message_out_message, at));
}

/* A refused message changes not one octet of the terminal, and no output but the working space. */
static void refusals(const castkey_env *env)
{
    static castkey_ue before;
    static castkey_ue_action untouched[CASTKEY_MAX_ACTIONS];
    for (size_t i = 0; i < sizeof negative / sizeof *negative; i++) {
        castkey_status want = CASTKEY_OK;
        start(env, NULL);
        if (strcmp(negative[i].name, "wrong key") == 0) {
            uint8_t wrong[sizeof msk_message_psk];
            castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
            memcpy(wrong, msk_message_psk, sizeof wrong);
            wrong[0] ^= 1;
            event.muk_id = muk_id();
            event.muk.octets = OCTETS(wrong);
            OK(tell(env, &event, 0));
            want = CASTKEY_ERR_MAC_INVALID;
        } else if (strcmp(negative[i].name, "MTK message with another RAND") == 0) {
            uint8_t wrong[sizeof msk_message_rand];
            castkey_ue_event event = event_of(CASTKEY_UE_INSTALL);
            memcpy(wrong, msk_message_rand, sizeof wrong);
            wrong[0] ^= 1;
            event.name = msk_1;
            event.octets = OCTETS(msk_message_msk);
            event.seq_high = 1000;
            event.rand = OCTETS(wrong);
            OK(tell(env, &event, 0));
            want = CASTKEY_ERR_MAC_INVALID;
        }
        memcpy(&before, &ue, sizeof ue);
        memset(actions, 0xee, sizeof actions);
        memcpy(untouched, actions, sizeof actions);
        n_actions = 77;
        castkey_status is = mikey(env, negative[i].octets, negative[i].len, 0);
        CHECK(is != CASTKEY_OK && (want == CASTKEY_OK || is == want));
        CHECK(n_actions == 77 && memcmp(untouched, actions, sizeof actions) == 0);
        CHECK(unchanged(&before, &ue, sizeof ue));
    }
}

static void examples_as_functions(const castkey_env *env)
{
    static const uint8_t sp[] = {0, 1, 1, 1, 1, 0x10, 2, 1, 1, 3, 1, 0x14, 4, 1, 0x0e, 5, 1,
                                 0, 6, 1, 0, 7, 1, 1, 8, 1, 1, 10, 1, 1, 11, 1, 0x0a};
    static const castkey_session streams[] = {{0, 287454020u, 0}, {0, 1432778632u, 2}};
    castkey_settings settings = standard;
    castkey_msk_address address;
    castkey_mtk_address of_mtk;
    castkey_message_head head;
    castkey_msk_opened opened;
    castkey_muk muk = muk_of(env);
    castkey_msk msk;
    castkey_mtk mtk;
    castkey_policy policy, policies[2];
    castkey_session sessions[2];
    uint32_t last = 1;
    size_t len, n_policies, n_sessions;

    memset(&address, 0, sizeof address);
    address.name = msk_1;
    address.counter = 1;
    address.rand = OCTETS(msk_message_rand);
    address.muk_id = muk_id();
    address.v = 1;
    OK(castkey_msk_seal(env, &settings, &address, &muk, msk_message_msk, 0, 1000, out, sizeof out, &len));
    SAME(out, len, msk_message_out_message);
    OK(castkey_msk_peek(&settings, msk_message_out_message, sizeof msk_message_out_message, &head));
    CHECK(memcmp(&head.name, &msk_1, sizeof msk_1) == 0 && head.counter == 1 && head.v == 1);
    SAME(msk_message_out_message + head.idi_offset, head.idi_len, msk_message_idi);
    SAME(msk_message_out_message + head.idr_offset, head.idr_len, msk_message_idr);
    OK(castkey_msk_open(env, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, NULL, &opened));
    CHECK(opened.kind == CASTKEY_MSK_KEY && opened.seq_low == 0 && opened.seq_high == 1000);
    SAME(opened.msk, 16, msk_message_msk);
    SAME(opened.rand, opened.rand_len, msk_message_rand);
    STATUS(CASTKEY_ERR_REPLAY, castkey_msk_open(env, &settings, msk_message_out_message,
                                                sizeof msk_message_out_message, &muk, &last, &opened));
    OK(castkey_verification_seal(env, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, out,
                                 sizeof out, &len));
    SAME(out, len, msk_verification_out_message);
    OK(castkey_verification_open(env, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, out, len));
    out[len - 1] ^= 1;
    STATUS(CASTKEY_ERR_MAC_INVALID,
           castkey_verification_open(env, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, out, len));

    address.name.number = 0;
    address.counter = 2;
    OK(castkey_msk_seal(env, &settings, &address, &muk, NULL, 0, 0, out, sizeof out, &len));
    SAME(out, len, solicited_pull_out_message);
    OK(castkey_msk_open(env, &settings, out, len, &muk, &last, &opened));
    CHECK(opened.kind == CASTKEY_MSK_PULL && all_zero(opened.msk, sizeof opened.msk));

    address.name.number = 1;
    address.counter = 5;
    policy.policy_no = 0;
    policy.prot_type = 0;
    policy.params = OCTETS(sp);
    address.security.policies = &policy;
    address.security.n_policies = 1;
    OK(castkey_msk_seal(env, &settings, &address, &muk, msk_message_sp_msk, 0, 1000, out, sizeof out, &len));
    SAME(out, len, msk_message_sp_out_message);
    OK(castkey_verification_seal(env, &settings, msk_message_sp_out_message, sizeof msk_message_sp_out_message, &muk,
                                 out, sizeof out, &len));
    SAME(out, len, msk_message_sp_out_v_message);
    address.security.sessions = streams;
    address.security.n_sessions = 2;
    OK(castkey_msk_seal(env, &settings, &address, &muk, msk_message_sp_msk, 0, 1000, out, sizeof out, &len));
    SAME(out, len, msk_message_sp_out_message_two_streams);
    OK(castkey_msk_security(out, len, policies, 2, &n_policies, sessions, 2, &n_sessions));
    CHECK(n_policies == 1 && n_sessions == 2 && memcmp(sessions, streams, sizeof streams) == 0);
    CHECK(policies[0].policy_no == 0 && policies[0].prot_type == 0);
    SAME(policies[0].params.octets, policies[0].params.len, sp);
    OK(castkey_verification_seal(env, &settings, msk_message_sp_out_message_two_streams,
                                 sizeof msk_message_sp_out_message_two_streams, &muk, out, sizeof out, &len));
    SAME(out, len, msk_message_sp_out_v_message_two_streams);
    memset(&address.security, 0, sizeof address.security);

    address.csb = 0xdeadbeefu;
    address.counter = 0xffffffffu;
    address.v = 0;
    OK(castkey_msk_seal(env, &settings, &address, &muk, msk_message_msk, 1, 2, out, sizeof out, &len));
    SAME(out, len, csb_and_null_out_aes_cm_message);
    STATUS(CASTKEY_ERR_UNSUPPORTED_ENCRYPTION,
           castkey_msk_open(env, &settings, csb_and_null_out_null_message, sizeof csb_and_null_out_null_message, &muk,
                            NULL, &opened));

    if (muk.kind == CASTKEY_MUK_OCTETS) {
        settings.allow_null_encryption = 1;
        OK(castkey_msk_open(env, &settings, csb_and_null_out_null_message, sizeof csb_and_null_out_null_message, &muk,
                            NULL, &opened));
        SAME(opened.msk, 16, msk_message_msk);
        settings = standard;
        settings.sha256_suite = CASTKEY_SHA256_SUITE_FULL;
        address.csb = 0;
        address.counter = 3;
        address.v = 1;
        address.suite = CASTKEY_SUITE_SHA256;
        address.name.number = 2;
        OK(castkey_msk_seal(env, &settings, &address, &muk, msk_message_sha256_msk, 5, 9, out, sizeof out, &len));
        SAME(out, len, msk_message_sha256_out_message);
        OK(castkey_verification_seal(env, &settings, msk_message_sha256_out_message,
                                     sizeof msk_message_sha256_out_message, &muk, out, sizeof out, &len));
        SAME(out, len, msk_message_sha256_out_v_message);
    }

    settings = standard;
    settings.profile = CASTKEY_PROFILE_DRAFT;
    address.csb = 0;
    address.counter = 1;
    address.v = 1;
    address.suite = CASTKEY_SUITE_SHA1;
    address.name.number = 1;
    address.muk_id.idi = octets(NULL, 0);
    OK(castkey_msk_seal(env, &settings, &address, &muk, draft_msk_message_msk, 0, 1000, out, sizeof out, &len));
    SAME(out, len, draft_msk_message_out_message);
    OK(castkey_verification_seal(env, &settings, draft_msk_message_out_message, sizeof draft_msk_message_out_message,
                                 &muk, out, sizeof out, &len));
    SAME(out, len, draft_msk_message_out_v_message);
    address.counter = 2;
    address.name.number = 0;
    OK(castkey_msk_seal(env, &settings, &address, &muk, NULL, 0, 0, out, sizeof out, &len));
    SAME(out, len, draft_msk_message_out_pull_message);

    memset(&of_mtk, 0, sizeof of_mtk);
    of_mtk.name = mtk_1;
    of_mtk.counter = 7;
    memset(&mtk, 0, sizeof mtk);
    memcpy(mtk.key, mtk_message_streaming_mtk, 16);
    memcpy(mtk.salt, mtk_message_streaming_mtk_salt, 14);
    mtk.has_salt = 1;
    OK(castkey_mtk_seal(env, &standard, &of_mtk, &mtk, msk_message_msk, msk_message_rand, sizeof msk_message_rand, out,
                        sizeof out, &len));
    SAME(out, len, mtk_message_streaming_out_message);
    of_mtk.name = mtk_2;
    of_mtk.counter = 8;
    mtk.has_salt = 0;
    OK(castkey_mtk_seal(env, &standard, &of_mtk, &mtk, msk_message_msk, msk_message_rand, sizeof msk_message_rand, out,
                        sizeof out, &len));
    SAME(out, len, mtk_message_download_out_message);
    OK(castkey_mtk_peek(&standard, out, len, NULL, &head));
    CHECK(memcmp(&head.name, &mtk_2, sizeof mtk_2) == 0 && head.counter == 8);
    memset(&msk, 0, sizeof msk);
    msk.octets = OCTETS(msk_message_msk);
    msk.rand = OCTETS(msk_message_rand);
    msk.seq_high = 1000;
    OK(castkey_mtk_open(env, &standard, out, len, NULL, &msk, &mtk));
    SAME(mtk.key, 16, mtk_message_download_mtk);
    msk.seq_low = 2;
    STATUS(CASTKEY_ERR_KEY_NOT_FRESH, castkey_mtk_open(env, &standard, out, len, NULL, &msk, &mtk));
    msk.has_counter = 1;
    msk.counter = 8;
    STATUS(CASTKEY_ERR_REPLAY, castkey_mtk_open(env, &standard, out, len, NULL, &msk, &mtk));
}

static int32_t no_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    (void)out;
    (void)len;
    return -1;
}

static castkey_user user;
static castkey_delivery delivery;

static castkey_bm_sc_event order_of(uint32_t kind)
{
    castkey_bm_sc_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = group;
    event.user = user;
    event.delivery = delivery;
    return event;
}

/* What the BM-SC does, it does to this one terminal. */
static castkey_status centre(const castkey_env *env, const castkey_bm_sc_event *event, uint64_t now)
{
    static uint8_t room[CASTKEY_MESSAGE_MAX];
    castkey_status status =
        castkey_bm_sc_handle(&bm_sc, env, event, now, room, sizeof room, orders, CASTKEY_MAX_ACTIONS, &n_orders);
    for (size_t i = 0; status == CASTKEY_OK && i < n_orders; i++) {
        const castkey_bm_sc_action *order = &orders[i];
        switch (order->kind) {
        case CASTKEY_BM_SC_SAVE_COUNTER:
            user.counter = order->counter;
            user.has_counter = 1;
            break;
        case CASTKEY_BM_SC_SAVE_DELIVERY:
            delivery = order->delivery;
            break;
        case CASTKEY_BM_SC_SEND:
        case CASTKEY_BM_SC_MULTICAST:
            memcpy(datagram, room + order->offset, datagram_len = order->len);
            break;
        default:
            break;
        }
    }
    return status;
}

static int ordered(uint32_t kind)
{
    for (size_t i = 0; i < n_orders; i++) {
        if (orders[i].kind == kind) {
            return 1;
        }
    }
    return 0;
}

static castkey_status deliver(const castkey_env *env, uint64_t now)
{
    uint8_t copy[CASTKEY_MESSAGE_MAX];
    memcpy(copy, datagram, datagram_len);
    return mikey(env, copy, datagram_len, now);
}

static void same_traffic(void)
{
    castkey_name name;
    castkey_mtk sends, receives;
    OK(castkey_bm_sc_traffic(&bm_sc, &group, &name, &sends));
    OK(castkey_ue_mtk(&ue, &name, &receives));
    CHECK(memcmp(&sends, &receives, sizeof sends) == 0);
}

/* Pushes the MSK with this Key Number and takes the acknowledgement. */
static void push(const castkey_env *env, uint16_t number, uint64_t now)
{
    castkey_bm_sc_event event = order_of(CASTKEY_BM_SC_PUSH);
    event.name.number = number;
    OK(centre(env, &event, now));
    CHECK(n_orders >= 3 && orders[0].kind == CASTKEY_BM_SC_SAVE_COUNTER && orders[2].kind == CASTKEY_BM_SC_SEND);
    CHECK(delivery.kind == CASTKEY_DELIVERY_WAITING && delivery.attempt == 1 && delivery.due == now + 1000);
    OK(deliver(env, now));
    CHECK(did(CASTKEY_UE_MSK_STORED) && did(CASTKEY_UE_SEND));
    event = order_of(CASTKEY_BM_SC_ACKNOWLEDGED);
    event.octets = octets(datagram, datagram_len);
    OK(centre(env, &event, now));
    CHECK(ordered(CASTKEY_BM_SC_DELIVERED) && delivery.kind == CASTKEY_DELIVERY_DELIVERED);
}

static void restart(const castkey_env *env, uint64_t now)
{
    castkey_ue_config config;
    OK(castkey_ue_config_default(&config));
    castkey_ue_wipe(&ue);
    CHECK(all_zero(&ue, sizeof ue));
    OK(castkey_ue_restore(&ue, sizeof ue, &config, env, saved, saved_len, now));
}

static void a_rekey_with_a_switch(const castkey_env *env)
{
    castkey_bm_sc_config config;
    castkey_bm_sc_event event;
    castkey_ue_event told;
    castkey_switchover switchover;
    uint32_t outstanding;
    uint64_t now = 0;

    OK(castkey_bm_sc_config_default(&config));
    OK(castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &config));
    memset(&user, 0, sizeof user);
    memset(&delivery, 0, sizeof delivery);
    user.muk_id = muk_id();
    user.muk = muk_of(env);
    start(env, NULL);
    told = event_of(CASTKEY_UE_WANTED);
    OK(tell(env, &told, now));
    CHECK(did(CASTKEY_UE_MISSED_KEY) && did(CASTKEY_UE_ARM_TIMER));

    event = order_of(CASTKEY_BM_SC_OPEN);
    OK(centre(env, &event, now));
    CHECK(orders[0].kind == CASTKEY_BM_SC_DISTRIBUTE && orders[0].name.number == 1);
    CHECK(ordered(CASTKEY_BM_SC_MULTICAST) && ordered(CASTKEY_BM_SC_USE_MTK) && ordered(CASTKEY_BM_SC_ARM_TIMER));
    push(env, 1, now);
    CHECK(did(CASTKEY_UE_ACTIVATED));
    now = 1000;
    event = order_of(CASTKEY_BM_SC_TIMEOUT);
    OK(centre(env, &event, now));
    CHECK(ordered(CASTKEY_BM_SC_MULTICAST));
    OK(deliver(env, now));
    CHECK(did(CASTKEY_UE_MTK_READY));
    same_traffic();

    now = 2000;
    event = order_of(CASTKEY_BM_SC_REKEY);
    OK(centre(env, &event, now));
    CHECK(orders[0].kind == CASTKEY_BM_SC_DISTRIBUTE && orders[0].name.number == 2);
    push(env, 2, now);
    CHECK(!did(CASTKEY_UE_ACTIVATED));
    OK(castkey_bm_sc_switchover(&bm_sc, &group, &switchover, &outstanding));
    CHECK(switchover.kind == CASTKEY_SWITCHOVER_PENDING && switchover.next == 0x68ca0002u && outstanding == 0);
    restart(env, now);
    OK(castkey_ue_switchover(&ue, &group, &switchover));
    CHECK(switchover.kind == CASTKEY_SWITCHOVER_PENDING && switchover.active == 0x68ca0001u);
    event = order_of(CASTKEY_BM_SC_DISTRIBUTED);
    OK(centre(env, &event, now));
    CHECK(orders[0].kind == CASTKEY_BM_SC_ACTIVATED && ordered(CASTKEY_BM_SC_MULTICAST));
    same_traffic();
    OK(deliver(env, now));
    CHECK(did(CASTKEY_UE_ACTIVATED) && did(CASTKEY_UE_MTK_READY));
    restart(env, now);
    now = 2500;
    event = order_of(CASTKEY_BM_SC_TIMEOUT);
    while (OK(castkey_bm_sc_deadline(&bm_sc, &now)), now <= 2500) {
        OK(centre(env, &event, now));
    }
    same_traffic();
    told = event_of(CASTKEY_UE_TIMEOUT);
    OK(tell(env, &told, 60000));
    CHECK(did(CASTKEY_UE_MTK_DROPPED));
    CHECK(deliver(env, 60000) != CASTKEY_OK || n_actions == 0);

    /* The generator is not there: nothing is made, nothing changes. */
    static castkey_bm_sc before;
    castkey_env without = *env;
    without.rng.fill = no_random;
    memcpy(&before, &bm_sc, sizeof bm_sc);
    event = order_of(CASTKEY_BM_SC_ROLL);
    STATUS(CASTKEY_ERR_RNG, centre(&without, &event, 60000));
    without.rng.fill = NULL;
    STATUS(CASTKEY_ERR_RNG, centre(&without, &event, 60000));
    CHECK(unchanged(&before, &bm_sc, sizeof bm_sc));
    castkey_bm_sc_wipe(&bm_sc);
    CHECK(all_zero(&bm_sc, sizeof bm_sc));
}

static void a_card_that_refuses(const castkey_env *env)
{
    static castkey_ue before;
    start(env, NULL);
    memcpy(&before, &ue, sizeof ue);
    card.refuses = 1;
    STATUS(CASTKEY_ERR_KEY_UNAVAILABLE, mikey(env, msk_message_out_message, sizeof msk_message_out_message, 0));
    card.refuses = 0;
    CHECK(unchanged(&before, &ue, sizeof ue));
    castkey_env without = *env;
    without.holder = NULL;
    STATUS(CASTKEY_ERR_KEY_UNAVAILABLE, mikey(&without, msk_message_out_message, sizeof msk_message_out_message, 0));
    OK(mikey(env, msk_message_out_message, sizeof msk_message_out_message, 0));
    /* The same handle again keeps its counter, another one starts afresh. */
    castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    event.muk_id = muk_id();
    event.muk = muk_of(env);
    OK(tell(env, &event, 0));
    STATUS(CASTKEY_ERR_REPLAY, mikey(&without, msk_message_out_message, sizeof msk_message_out_message, 0));
    event.muk.octets.len--;
    OK(tell(env, &event, 0));
    STATUS(CASTKEY_ERR_KEY_UNAVAILABLE, mikey(&without, msk_message_out_message, sizeof msk_message_out_message, 0));
    for (size_t i = 0; i + sizeof msk_message_psk <= saved_len; i++) {
        CHECK(memcmp(saved + i, msk_message_psk, sizeof msk_message_psk) != 0);
    }
}

static void everything(const castkey_env *env)
{
    bootstrapping(env);
    examples_at_the_terminal(env);
    refusals(env);
    examples_as_functions(env);
    a_rekey_with_a_switch(env);
    if (env->holder != NULL) {
        a_card_that_refuses(env);
    }
}

static void sizes(void)
{
    castkey_ue_config of_ue;
    castkey_bm_sc_config of_centre;
    OK(castkey_ue_config_default(&of_ue));
    CHECK(of_ue.attempts == 4 && of_ue.random_ms == 1000 && of_ue.retry_ms == 4000 && of_ue.timing.overlap_ms == 5000);
    CHECK(of_ue.settings.rand_max_len == 32 && of_ue.settings.key_data_mtk_with_salt == 3 && of_ue.settings.idi_type == 1);
    OK(castkey_bm_sc_config_default(&of_centre));
    CHECK(of_centre.seq_high == 65535 && of_centre.salt == 1 && of_centre.acknowledge == 1 && of_centre.reserve == 64);
    CHECK(of_centre.resend == CASTKEY_RESEND_NEW_COUNTER && of_centre.suite == CASTKEY_SUITE_SHA1 && of_centre.has_roll == 0);
    CHECK(castkey_abi_version() == CASTKEY_ABI_VERSION);
    CHECK(sizeof(castkey_ue) == CASTKEY_UE_SIZE && castkey_ue_size() <= CASTKEY_UE_SIZE);
    CHECK(sizeof(castkey_bm_sc) == CASTKEY_BM_SC_SIZE && castkey_bm_sc_size() <= CASTKEY_BM_SC_SIZE);
    CHECK(castkey_ue_align() <= CASTKEY_UE_ALIGN && castkey_bm_sc_align() <= CASTKEY_BM_SC_ALIGN);
    CHECK(castkey_ue_out_size() <= CASTKEY_UE_OUT_SIZE);
    printf("castkey_ue: %u of %u octets, out %u of %u; castkey_bm_sc: %u of %u\n", (unsigned)castkey_ue_size(),
           (unsigned)CASTKEY_UE_SIZE, (unsigned)castkey_ue_out_size(), (unsigned)CASTKEY_UE_OUT_SIZE,
           (unsigned)castkey_bm_sc_size(), (unsigned)CASTKEY_BM_SC_SIZE);
}

int main(void)
{
    uint8_t next = 0;
    castkey_env env;
    memset(&env, 0, sizeof env);
    env.rng.fill = count_up;
    env.rng.user = &next;
    OK(castkey_settings_default(&standard));
    sizes();
#ifndef CALLER_PRIMITIVES
    everything(&env);
#endif
    env.primitives = &soft;
    everything(&env);
    env.holder = &deriving;
    everything(&env);
    CHECK(card.derived > 0 && card.tagged == 0 && card.crypted == 0);
    card.derived = 0;
    env.holder = &inside;
    everything(&env);
    CHECK(card.derived == 0 && card.tagged > 0 && card.crypted > 0);
    return report("ue_flow");
}
