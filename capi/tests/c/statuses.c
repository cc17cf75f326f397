/* Every status of the MBMS functions, each by a call that returns it; what is refused changes nothing. Those of the C layer
 * itself are in misuse.c. */
#include "statuses_mbms.h"

static void malformed_messages(void)
{
    static const struct {
        castkey_status want;
        const char *hex;
    } wire[] = {
        {CASTKEY_ERR_TRUNCATED, ""},
        {CASTKEY_ERR_TRAILING_OCTETS, "0100000000000000000100"},
        {CASTKEY_ERR_WRONG_DATA_TYPE, "01020500000000000001000200000001"},
        {CASTKEY_ERR_UNKNOWN_PAYLOAD, "0100630000000000000100"},
        {CASTKEY_ERR_UNSUPPORTED_PAYLOAD, "0100030000000000000100"},
        {CASTKEY_ERR_DUPLICATE_PAYLOAD, "01000500000000000001050200000001000200000001"},
        {CASTKEY_ERR_MISSING_PAYLOAD, "01000500000000000001000200000001"},
        {CASTKEY_ERR_WRONG_ORDER, "0100010000000000000105000000000002000000ff"},
        {CASTKEY_ERR_RESERVED_NOT_ZERO, "01000c0000000000000100010001"},
    };
    static const struct {
        castkey_status want;
        size_t at;
        uint8_t octet;
    } altered[] = {
        {CASTKEY_ERR_BAD_VERSION, 0, 0},
        {CASTKEY_ERR_UNSUPPORTED_PRF, 3, 0x81},
        {CASTKEY_ERR_BAD_CS_ID_MAP, 9, 3},
        {CASTKEY_ERR_BAD_KEY_ID, EXT + 4, 9},
        {CASTKEY_ERR_UNSUPPORTED_TIMESTAMP, T + 1, 3},
        {CASTKEY_ERR_UNSUPPORTED_ENCRYPTION, KEMAC + 1, 7},
        {CASTKEY_ERR_UNSUPPORTED_ENCRYPTION, KEMAC + 1, 0},
        {CASTKEY_ERR_UNSUPPORTED_MAC, MAC - 1, 3},
    };
    fresh();
    for (size_t i = 0; i < sizeof wire / sizeof *wire; i++) {
        no_message(wire[i].want, from_hex(wire[i].hex));
    }
    for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
        worked();
        text[altered[i].at] = altered[i].octet;
        no_message(altered[i].want, END);
    }
    worked();
    text[END] = 0;
    no_message(CASTKEY_ERR_TRAILING_OCTETS, END + 1);
    no_message(CASTKEY_ERR_TRUNCATED, END - 1);
    /* A RAND of 15 octets. */
    text[RAND + 1] = 15;
    memmove(text + RAND + 2, text + RAND + 3, END - RAND - 3);
    no_message(CASTKEY_ERR_BAD_RAND, END - 1);
    /* Key data of 65 octets. */
    worked();
    memset(text + DATA, 0, 65 + 21);
    text[KEMAC + 3] = text[DATA + 65 + 20] = 65;
    text[DATA + 65] = 1;
    no_message(CASTKEY_ERR_BAD_KEY_DATA, DATA + 65 + 21);
    /* 33 payloads, and 4,097 octets. */
    memset(text, 0, sizeof text);
    text[0] = text[9] = 1;
    text[2] = 21;
    for (size_t at = 10; at < 10 + 33 * 4; at += 4) {
        text[at] = at < 10 + 32 * 4 ? 21 : 0;
    }
    no_message(CASTKEY_ERR_TOO_MANY_PAYLOADS, 10 + 33 * 4);
    no_message(CASTKEY_ERR_TOO_LONG, 4097);
}

static void refused_contents(void)
{
    uint32_t last = 1;
    castkey_ue_event event = event_of(CASTKEY_UE_FORGET_MUK);
    castkey_msk_address address = address_of(1);
    size_t len = 0;
    /* With its MAC made here the worked message is the worked message. */
    worked();
    memset(text + MAC, 0, END - MAC);
    authentic(msk_message_psk, sizeof msk_message_psk, MAC);
    SAME(text, END, msk_message_out_message);
    REFUSED(CASTKEY_ERR_REPLAY, opened(&last));
    text[MAC] ^= 1;
    REFUSED(CASTKEY_ERR_MAC_INVALID, opened(NULL));
    REFUSED(CASTKEY_ERR_MAC_INVALID, mikey(text, END));
    /* Key validity 3 instead of 2, and SEQl 0xff00 above SEQu 1,000: what is encrypted changes where its octets do. */
    worked();
    text[DATA + 1] ^= 1;
    authentic(msk_message_psk, sizeof msk_message_psk, MAC);
    REFUSED(CASTKEY_ERR_BAD_CONTENT, opened(NULL));
    REFUSED(CASTKEY_ERR_BAD_CONTENT, mikey(text, END));
    worked();
    text[DATA + 21] ^= 0xff;
    authentic(msk_message_psk, sizeof msk_message_psk, MAC);
    settings.invalid_interval = ue_config.settings.invalid_interval = CASTKEY_INVALID_INTERVAL_REJECT;
    REFUSED(CASTKEY_ERR_INVALID_INTERVAL, opened(NULL));
    fresh();
    REFUSED(CASTKEY_ERR_INVALID_INTERVAL, mikey(text, END));
    settings.invalid_interval = ue_config.settings.invalid_interval = CASTKEY_INVALID_INTERVAL_DELETE;
    /* Whether the name is held is looked at when all else is good. */
    ue_config.settings.same_msk_id = CASTKEY_SAME_MSK_ID_REFUSE;
    fresh();
    worked();
    DONE(mikey(text, END));
    REFUSED(CASTKEY_ERR_REPLAY, mikey(text, END));
    REFUSED(CASTKEY_ERR_SAME_MSK_ID, install(0x68ca, 1, 5, OCTETS(msk_message_rand)));
    address.counter = 2;
    OK(castkey_msk_seal(&env, &settings, &address, &muk, gba_u_ks, 1, 2, text, CASTKEY_MESSAGE_MAX, &len));
    REFUSED(CASTKEY_ERR_SAME_MSK_ID, mikey(text, len));
    REFUSED(CASTKEY_ERR_REPLAY, castkey_verification_open(&env, &settings, text, len, &muk, msk_verification_out_message,
                                                          sizeof msk_verification_out_message));
    ue_config.settings.same_msk_id = CASTKEY_SAME_MSK_ID_MERGE;
    DONE(tell(&event, 0));
    REFUSED(CASTKEY_ERR_UNKNOWN, tell(&event, 0));
    REFUSED(CASTKEY_ERR_MUK_UNKNOWN, mikey(text, len));
}

static void mtk_messages(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_ANNOUNCED);
    castkey_msk msk;
    castkey_message_head *head = RESULT(castkey_message_head);
    size_t len;
    memset(&msk, 0, sizeof msk);
    msk.octets = OCTETS(msk_message_msk);
    msk.rand = OCTETS(msk_message_rand);
    msk.seq_high = 5;
    fresh();
    len = mtk_message(0x68ca, 1, 6, 7);
    REFUSED(CASTKEY_ERR_MSK_UNKNOWN, mikey(text, len));
    REFUSED(CASTKEY_ERR_UNKNOWN, castkey_ue_mtk(&ue, &msk_1, RESULT(castkey_mtk)));
    DONE(install(0x68ca, 1, 5, octets(NULL, 0)));
    REFUSED(CASTKEY_ERR_KEY_NOT_FRESH, mikey(text, len));
    REFUSED(CASTKEY_ERR_KEY_NOT_FRESH, castkey_mtk_open(&env, &settings, text, len, NULL, &msk, RESULT(castkey_mtk)));
    len = mtk_message(0x68ca, 1, 1, 7);
    REFUSED(CASTKEY_ERR_NO_RAND, mikey(text, len));
    text[len - 1] ^= 1;
    REFUSED(CASTKEY_ERR_MAC_INVALID, castkey_mtk_open(&env, &settings, text, len, NULL, &msk, RESULT(castkey_mtk)));
    text[len - 1] ^= 1;
    msk.has_counter = 1;
    msk.counter = 7;
    REFUSED(CASTKEY_ERR_REPLAY, castkey_mtk_open(&env, &settings, text, len, NULL, &msk, RESULT(castkey_mtk)));
    /* Another type of key in the encrypted data; then a RAND between T and KEMAC. */
    CHECK(text[29] == 1 && text[30] == 2 && text[35] == 0);
    msk.has_counter = 0;
    text[40] ^= 0x10;
    authentic(msk_message_msk, sizeof msk_message_msk, len - 20);
    REFUSED(CASTKEY_ERR_BAD_CONTENT, castkey_mtk_open(&env, &settings, text, len, NULL, &msk, RESULT(castkey_mtk)));
    memmove(text + 35 + 18, text + 35, len - 35);
    memcpy(text + 35, msk_message_out_message + RAND, 18);
    text[29] = 11;
    text[35] = 1;
    REFUSED(CASTKEY_ERR_UNSUPPORTED_PAYLOAD, castkey_mtk_peek(&settings, text, len + 18, NULL, head));

    /* A switch from one MSK to the next, the overlap over. */
    fresh();
    DONE(install(0x68ca, 1, 5, OCTETS(msk_message_rand)));
    DONE(install(0x68ca, 2, 5, OCTETS(msk_message_rand)));
    event.to = msk_1;
    event.to.number = 2;
    DONE(tell(&event, 0));
    len = mtk_message(0x68ca, 2, 1, 1);
    DONE(mikey(text, len));
    REFUSED(CASTKEY_ERR_REPLAY, mikey(text, len));
    event.kind = CASTKEY_UE_TIMEOUT;
    DONE(tell(&event, CASTKEY_NEVER - 1));
    len = mtk_message(0x68ca, 1, 1, 1);
    REFUSED(CASTKEY_ERR_MSK_RETIRED, mikey(text, len));
    event.kind = CASTKEY_UE_MKI;
    event.name.mtk = 1;
    REFUSED(CASTKEY_ERR_MSK_RETIRED, tell(&event, 0));
}

/* The holder of a MUK that refuses. */
static int32_t refuses(void *user, const castkey_held_key *key, uint32_t label, uint8_t *to, size_t len)
{
    (void)user, (void)key, (void)label;
    memset(to, 0, len);
    return 1;
}

static void keys_elsewhere(void)
{
    static const castkey_key_holder silent = {refuses, NULL, NULL, NULL};
    castkey_msk_address address = address_of(1);
    castkey_muk held = muk;
    held.kind = CASTKEY_MUK_HANDLE;
    held.octets = octets(msk_message_rand, CASTKEY_HANDLE_MAX);
    for (unsigned there = 0; there < 2; there++) {
        env.holder = there ? &silent : NULL;
        worked();
        REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE, castkey_msk_open(&env, &settings, text, END, &held, NULL, RESULT(castkey_msk_opened)));
        REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE,
                castkey_verification_seal(&env, &settings, text, END, &held, out, sizeof out, RESULT(size_t)));
        REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE,
                castkey_verification_open(&env, &settings, text, END, &held, msk_verification_out_message,
                                          sizeof msk_verification_out_message));
        REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE, castkey_msk_seal(&env, &settings, &address, &held, gba_u_ks, 0, 1, out,
                                                              sizeof out, RESULT(size_t)));
    }
    env.holder = NULL;
}

/* A policy, and a session of another one. */
static const castkey_session stranger = {1, 0, 0};
static castkey_policy policy;

static void values_that_do_not_fit(void)
{
    static const uint8_t cut[] = {0, 2, 1};
    castkey_msk_address address = address_of(1);
    memset(long_field, 'a', sizeof long_field);
    REFUSED(CASTKEY_ERR_FIELD_TOO_LONG, castkey_mrk(&env, gba_u_ks, 1, long_field, sizeof long_field, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_FIELD_TOO_LONG, castkey_ks_naf(&env, gba_u_ks, gba_u_gba_rand, long_field, sizeof long_field,
                                                       NULL, 0, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, castkey_naf_id(long_field, 9, CASTKEY_UA_MBMS, RESULT(uint8_t), 13, RESULT2(size_t)));
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_digest_password(gba_u_ks, CASTKEY_PASSWORD_HEX, RESULT(uint8_t), 63, RESULT2(size_t)));
#define SEAL(want, msk, low, high, cap) \
    REFUSED(want, castkey_msk_seal(&env, &settings, &address, &muk, msk, low, high, out, cap, RESULT(size_t)))
    SEAL(CASTKEY_ERR_BUFFER_TOO_SMALL, gba_u_ks, 0, 1, END - 1);
    SEAL(CASTKEY_ERR_INCONSISTENT, gba_u_ks, 2, 1, sizeof out);
    SEAL(CASTKEY_ERR_INCONSISTENT, NULL, 0, 0, sizeof out);
    address.name.number = 0;
    SEAL(CASTKEY_ERR_INCONSISTENT, gba_u_ks, 0, 1, sizeof out);
    address.name.number = 1;
    address.muk_id.idr = octets(long_field, 256);
    SEAL(CASTKEY_ERR_FIELD_TOO_LONG, gba_u_ks, 0, 1, sizeof out);
    address.muk_id = muk_id;
    address.security.policies = &policy;
    address.security.n_policies = 1;
    address.security.sessions = &stranger;
    address.security.n_sessions = 1;
    SEAL(CASTKEY_ERR_INCONSISTENT, gba_u_ks, 0, 1, sizeof out);
    policy.params = OCTETS(cut);
    SEAL(CASTKEY_ERR_TRUNCATED, gba_u_ks, 0, 1, sizeof out);
    policy.params.len = 0;
#undef SEAL
}

static void stores_that_are_full(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    fresh();
    for (uint16_t group = 1; group <= CASTKEY_UE_GROUPS; group++) {
        DONE(install(group, 1, 5, octets(NULL, 0)));
    }
    REFUSED(CASTKEY_ERR_GROUP_STORE_FULL, install(CASTKEY_UE_GROUPS + 1, 1, 5, octets(NULL, 0)));
    worked();
    REFUSED(CASTKEY_ERR_GROUP_STORE_FULL, mikey(text, END));
    event.kind = CASTKEY_UE_WANTED;
    REFUSED(CASTKEY_ERR_GROUP_STORE_FULL, tell(&event, 0));
    event.kind = CASTKEY_UE_BOOTSTRAPPED;
    for (uint8_t other = 1; other < CASTKEY_UE_MUKS; other++) {
        event.muk_id.idi = octets(&gba_u_ks[other], 1);
        DONE(tell(&event, 0));
    }
    event.muk_id.idi = octets(&gba_u_ks[0], 1);
    REFUSED(CASTKEY_ERR_MUK_STORE_FULL, tell(&event, 0));
    NOT_MADE(CASTKEY_ERR_DAMAGED_STATE, ue, restored(msk_message_psk, sizeof msk_message_psk));
    NOT_MADE(CASTKEY_ERR_DAMAGED_STATE, ue, restored(NULL, 0));
}

static void at_the_bm_sc(void)
{
    castkey_bm_sc_event event;
    castkey_bm_sc_action *did = RESULT(castkey_bm_sc_action);
    size_t len, message_len = 0;
    memset(&event, 0, sizeof event);
    bm_sc_config.seq_high = 2;
    OK(castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &bm_sc_config));
    settle();
    event.kind = CASTKEY_BM_SC_OPEN;
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_RNG, order(&event));
    env.rng.fill = fails;
    REFUSED(CASTKEY_ERR_RNG, order(&event));
    env.rng.fill = count_up;
    for (event.name.group = 1; event.name.group <= CASTKEY_BM_SC_GROUPS; event.name.group++) {
        DONE(order(&event));
    }
    REFUSED(CASTKEY_ERR_GROUP_STORE_FULL, order(&event));
    event.kind = CASTKEY_BM_SC_CLOSE;
    REFUSED(CASTKEY_ERR_UNKNOWN, order(&event));
    event.name.group = 1, event.kind = CASTKEY_BM_SC_OPEN;
    REFUSED(CASTKEY_ERR_WRONG_STATE, order(&event));

    /* The second MTK is the last of its MSK. The next MSK goes out, and is acknowledged wrongly. */
    event.kind = CASTKEY_BM_SC_ROLL;
    DONE(order(&event));
    REFUSED(CASTKEY_ERR_INTERVAL_EXHAUSTED, order(&event));
    event.kind = CASTKEY_BM_SC_PUSH;
    event.name.number = 2;
    event.user.muk_id = muk_id;
    event.user.muk = muk;
    event.user.muk.kind = CASTKEY_MUK_HANDLE;
    event.user.muk.octets.len = CASTKEY_HANDLE_MAX;
    REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE, order(&event));
    event.user.muk = muk;
    event.user.muk_id.idr = octets(long_field, 256);
    REFUSED(CASTKEY_ERR_FIELD_TOO_LONG, order(&event));
    event.user.muk_id = muk_id;
    event.security.sessions = &stranger;
    event.security.n_sessions = 1;
    event.security.policies = &policy;
    event.security.n_policies = 1;
    REFUSED(CASTKEY_ERR_INCONSISTENT, order(&event));
    memset(&event.security, 0, sizeof event.security);
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL,
            castkey_bm_sc_handle(&bm_sc, &env, &event, 0, out, 20, did, CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    OK(order(&event));
    for (size_t i = 0; i < *RESULT2(size_t); i++) {
        if (did[i].kind == CASTKEY_BM_SC_SEND) {
            memcpy(text, out + did[i].offset, message_len = did[i].len);
        } else if (did[i].kind == CASTKEY_BM_SC_SAVE_DELIVERY) {
            event.delivery = did[i].delivery;
        }
    }
    settle();
    OK(castkey_verification_seal(&env, &settings, text, message_len, &muk, text + 2000, CASTKEY_MESSAGE_MAX, &len));
    event.kind = CASTKEY_BM_SC_ACKNOWLEDGED;
    event.octets = octets(text, message_len);
    REFUSED(CASTKEY_ERR_WRONG_DATA_TYPE, order(&event));
    event.octets = octets(text + 2000, len);
    event.delivery.counter++;
    REFUSED(CASTKEY_ERR_REPLAY, order(&event));
    event.delivery.counter--;
    text[2000 + len - 1] ^= 1;
    REFUSED(CASTKEY_ERR_MAC_INVALID, order(&event));
    text[2000 + len - 1] ^= 1;
    DONE(order(&event));
}

/* Each status has the name of its macro, and nothing else has a name. */
static void names(void)
{
    size_t named = 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK(strcmp(castkey_status_name(known[i].status), known[i].name) == 0);
    }
    CHECK(strcmp(castkey_status_name(CASTKEY_OK), "CASTKEY_OK") == 0);
    for (castkey_status status = 1; status < 5000; status++) {
        named += strcmp(castkey_status_name(status), "unknown status") != 0;
    }
    CHECK(named == 1 + sizeof known / sizeof *known);
}

int main(void)
{
    static const struct never never[] = {
        {CASTKEY_ERR_BAD_LENGTH, "of payloads that no message of a shared key has; statuses_mcx.c reaches it"},
        {CASTKEY_ERR_MSK_STORE_FULL, "a terminal holds MSKs with their Key Group: GROUP_STORE_FULL says the same"},
        {CASTKEY_ERR_UNSUPPORTED_POLICY, "no function reads the parameters of a policy; MCX says POLICY_BELOW_FLOOR"},
    };
    env.rng.fill = count_up;
    env.rng.user = &next_random;
#ifdef CALLER_PRIMITIVES
    env.primitives = &soft;
#endif
    OK(castkey_settings_default(&settings));
    OK(castkey_ue_config_default(&ue_config));
    OK(castkey_bm_sc_config_default(&bm_sc_config));
    muk.kind = CASTKEY_MUK_OCTETS;
    muk.octets = OCTETS(msk_message_psk);
    muk_id.idi = OCTETS(msk_message_idi);
    muk_id.idr = OCTETS(msk_message_idr);
    watch(&ue, sizeof ue);
    watch(&bm_sc, sizeof bm_sc);
    settle();
    names();
    malformed_messages();
    refused_contents();
    mtk_messages();
    keys_elsewhere();
    values_that_do_not_fit();
    stores_that_are_full();
    at_the_bm_sc();
    castkey_ue_wipe(&ue);
    castkey_bm_sc_wipe(&bm_sc);
    CHECK(all_zero(&ue, sizeof ue) && all_zero(&bm_sc, sizeof bm_sc));
    all_reached(CASTKEY_ERR_TRUNCATED, CASTKEY_ERR_DAMAGED_STATE, never, sizeof never / sizeof *never);
    all_reached(CASTKEY_ERR_MUK_UNKNOWN, CASTKEY_ERR_INTERVAL_EXHAUSTED, never, sizeof never / sizeof *never);
    return report("statuses");
}
