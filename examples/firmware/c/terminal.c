/* A terminal on a board: the worked examples of MBMS octet for octet, a rekey with a switch between a BM-SC and this terminal,
 * and the power failing at each moment of a delivery. All memory is static. Ends with status 0 when everything is right. */
#include "common.h"

static castkey_ue ue;
static castkey_ue_config config;
static uint8_t out[CASTKEY_UE_OUT_SIZE];
static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
static size_t n_actions;

/* The last datagram that left the terminal, and the last that the BM-SC sent. */
static uint8_t answer[CASTKEY_MESSAGE_MAX], datagram[CASTKEY_MESSAGE_MAX];
static size_t answer_len, datagram_len;

/* --- Flash: two slots, written in turn, so that a write that is cut leaves the other one whole. */

struct slot {
    uint32_t number, len;
    uint8_t octets[CASTKEY_UE_OUT_SIZE];
};

static struct slot flash[2];

/* When the power fails next. */
static enum { NEVER, BEFORE_THE_WRITE, DURING_THE_WRITE, BEFORE_THE_ANSWER, BEHIND_THE_ANSWER } failing;

static struct slot *newer_slot(void) { return &flash[flash[1].number > flash[0].number]; }

static void write_flash(const uint8_t *state, uint32_t len)
{
    struct slot *newer = newer_slot(), *older = &flash[newer == &flash[0]];
    uint32_t number = newer->number + 1;
    memset(older, 0, sizeof *older);
    memcpy(older->octets, state, failing == DURING_THE_WRITE ? len / 2 : len);
    older->len = len;
    older->number = number;
}

/* The newest state that is whole. */
static castkey_status restart(uint64_t now)
{
    struct slot *newer = newer_slot(), *older = &flash[newer == &flash[0]];
    castkey_status status;
    castkey_ue_wipe(&ue);
    status = castkey_ue_restore(&ue, sizeof ue, &config, &env, newer->octets, newer->len, now);
    if (status == CASTKEY_ERR_DAMAGED_STATE) {
        newer->number = 0;
        status = castkey_ue_restore(&ue, sizeof ue, &config, &env, older->octets, older->len, now);
    }
    return status;
}

/* --- The terminal. */

/* Tells the terminal and carries out what it wants, in order. Where the power fails, the rest stays undone. */
static castkey_status tell(const castkey_ue_event *event, uint64_t now)
{
    castkey_status status =
        castkey_ue_handle(&ue, &env, event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n_actions);
    for (size_t i = 0; status == CASTKEY_OK && i < n_actions; i++) {
        switch (actions[i].kind) {
        case CASTKEY_UE_PERSIST:
            if (failing == BEFORE_THE_WRITE) {
                return status;
            }
            write_flash(out + actions[i].offset, actions[i].len);
            if (failing == DURING_THE_WRITE || failing == BEFORE_THE_ANSWER) {
                return status;
            }
            break;
        case CASTKEY_UE_SEND:
            memcpy(answer, out + actions[i].offset, answer_len = actions[i].len);
            if (failing == BEHIND_THE_ANSWER) {
                return status;
            }
            break;
        default:
            /* Lamps, the SRTP receiver, a timer: a board does here what it has. */
            break;
        }
    }
    return status;
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

static castkey_status receive(const uint8_t *at, size_t len, uint64_t now)
{
    castkey_ue_event event = event_of(CASTKEY_UE_MIKEY);
    event.octets = octets(at, len);
    answer_len = 0;
    return tell(&event, now);
}

static void start(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    memset(flash, 0, sizeof flash);
    OK(castkey_ue_init(&ue, sizeof ue, &config));
    event.muk_id = muk_id();
    event.muk = muk();
    OK(tell(&event, 0));
    CHECK(n_actions == 1 && did(CASTKEY_UE_PERSIST));
}

/* --- The worked examples. */

static void worked_examples(void)
{
    castkey_settings settings;
    castkey_msk_opened opened;
    castkey_muk held = muk();
    castkey_mtk mtk;
    castkey_srtp_keys srtp;
    castkey_download_keys files;
    castkey_name name = mtk_1;
    uint8_t key[32];
    size_t len;

    OK(castkey_ks_naf(&env, gba_u_ks, gba_u_gba_rand, gba_u_impi_text, sizeof gba_u_impi_text, gba_u_naf_id,
                      sizeof gba_u_naf_id, key));
    SAME(key, sizeof key, gba_u_out_ks_ext_naf);
    OK(castkey_muk_from_ks(&env, gba_me_out_ks_naf, CASTKEY_MUK_ALL, key, &len));
    SAME(key, len, msk_message_psk);

    start();
    OK(receive(msk_message_out_message, sizeof msk_message_out_message, 0));
    CHECK(did(CASTKEY_UE_MSK_STORED) && did(CASTKEY_UE_ACTIVATED));
#ifdef BROKEN
    answer[answer_len - 1] ^= 1;
#endif
    SAME(answer, answer_len, msk_verification_out_message);
    OK(receive(mtk_message_streaming_out_message, sizeof mtk_message_streaming_out_message, 0));
    CHECK(did(CASTKEY_UE_MTK_READY));
    OK(castkey_ue_mtk(&ue, &name, &mtk));
    SAME(mtk.key, sizeof mtk.key, mtk_message_streaming_mtk);
    SAME(mtk.salt, sizeof mtk.salt, mtk_message_streaming_mtk_salt);
    OK(castkey_srtp_session_keys(&env, mtk.key, mtk.salt, &srtp));
    SAME(srtp.rtp_encr, sizeof srtp.rtp_encr, mtk_message_streaming_out_srtp_session_keys_rtp_encr);
    SAME(srtp.rtp_auth, sizeof srtp.rtp_auth, mtk_message_streaming_out_srtp_session_keys_rtp_auth);
    SAME(srtp.rtp_salt, sizeof srtp.rtp_salt, mtk_message_streaming_out_srtp_session_keys_rtp_salt);
    SAME(srtp.rtcp_auth, sizeof srtp.rtcp_auth, mtk_message_streaming_out_srtp_session_keys_rtcp_auth);
    OK(receive(mtk_message_download_out_message, sizeof mtk_message_download_out_message, 0));
    name.mtk = 2;
    OK(castkey_ue_mtk(&ue, &name, &mtk));
    SAME(mtk.key, sizeof mtk.key, mtk_message_download_mtk);
    OK(castkey_download_session_keys(&env, mtk.key, mtk_message_download_rand, sizeof mtk_message_download_rand, &files));
    SAME(files.content, sizeof files.content, mtk_message_download_out_mtk_c_choice);
    SAME(files.integrity, sizeof files.integrity, mtk_message_download_out_mtk_i_choice);
    OK(receive(solicited_pull_out_message, sizeof solicited_pull_out_message, 0));
    CHECK(did(CASTKEY_UE_MISSED_KEY));

    /* The same without a terminal, and the SHA-256 suite. */
    OK(castkey_settings_default(&settings));
    settings.sha256_suite = CASTKEY_SHA256_SUITE_FULL;
    OK(castkey_msk_open(&env, &settings, msk_message_sha256_out_message, sizeof msk_message_sha256_out_message, &held,
                        NULL, &opened));
    SAME(opened.msk, sizeof opened.msk, msk_message_sha256_msk);
    OK(castkey_verification_seal(&env, &settings, msk_message_sha256_out_message, sizeof msk_message_sha256_out_message,
                                 &held, out, sizeof out, &len));
    SAME(out, len, msk_message_sha256_out_v_message);

    /* Whatever is wrong with a message, the terminal stays as it was. */
    for (size_t i = 0; i < sizeof negative / sizeof *negative; i++) {
        static castkey_ue before;
        if (strcmp(negative[i].name, "wrong key") == 0 || strcmp(negative[i].name, "MTK message with another RAND") == 0) {
            continue; /* Good messages, wrong for a terminal with other keys than this one. */
        }
        start();
        memcpy(&before, &ue, sizeof ue);
        CHECK(receive(negative[i].octets, negative[i].len, 0) != CASTKEY_OK);
        CHECK(memcmp(&before, &ue, sizeof ue) == 0);
    }
}

/* --- A rekey with a switch. */

static castkey_bm_sc centre;
static castkey_user user;
static castkey_delivery delivery;

/* Tells the BM-SC. What it sends stays in `datagram`. */
static void tell_centre(uint32_t kind, uint16_t number, uint64_t now)
{
    static castkey_bm_sc_action orders[CASTKEY_MAX_ACTIONS];
    static uint8_t room[CASTKEY_MESSAGE_MAX];
    castkey_bm_sc_event event;
    size_t n;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = group;
    event.name.number = number;
    event.user = user;
    event.delivery = delivery;
    event.octets = octets(answer, answer_len);
    OK(castkey_bm_sc_handle(&centre, &env, &event, now, room, sizeof room, orders, CASTKEY_MAX_ACTIONS, &n));
    for (size_t i = 0; i < n; i++) {
        switch (orders[i].kind) {
        case CASTKEY_BM_SC_SAVE_COUNTER:
            user.counter = orders[i].counter;
            user.has_counter = 1;
            break;
        case CASTKEY_BM_SC_SAVE_DELIVERY:
            delivery = orders[i].delivery;
            break;
        case CASTKEY_BM_SC_SEND:
        case CASTKEY_BM_SC_MULTICAST:
            memcpy(datagram, room + orders[i].offset, datagram_len = orders[i].len);
            break;
        default:
            break;
        }
    }
}

static void start_centre(void)
{
    castkey_bm_sc_config of_centre;
    OK(castkey_bm_sc_config_default(&of_centre));
    OK(castkey_bm_sc_init(&centre, sizeof centre, &of_centre));
    memset(&user, 0, sizeof user);
    memset(&delivery, 0, sizeof delivery);
    user.muk_id = muk_id();
    user.muk = muk();
    tell_centre(CASTKEY_BM_SC_OPEN, 0, 0);
}

static void push(uint16_t number, uint64_t now)
{
    tell_centre(CASTKEY_BM_SC_PUSH, number, now);
    OK(receive(datagram, datagram_len, now));
    CHECK(did(CASTKEY_UE_MSK_STORED) && answer_len > 0);
    tell_centre(CASTKEY_BM_SC_ACKNOWLEDGED, 0, now);
    CHECK(delivery.kind == CASTKEY_DELIVERY_DELIVERED);
}

static void same_traffic(uint16_t number)
{
    castkey_name name;
    castkey_mtk sends, receives;
    OK(castkey_bm_sc_traffic(&centre, &group, &name, &sends));
    CHECK(name.number == number);
    OK(castkey_ue_mtk(&ue, &name, &receives));
    CHECK(memcmp(&sends, &receives, sizeof sends) == 0);
}

static void rekey_with_a_switch(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_TIMEOUT);
    castkey_switchover switchover;
    uint64_t now = 0;

    start();
    start_centre();
    push(1, now);
    now = 1000;
    tell_centre(CASTKEY_BM_SC_TIMEOUT, 0, now);
    OK(receive(datagram, datagram_len, now));
    CHECK(did(CASTKEY_UE_MTK_READY));
    same_traffic(1);

    now = 2000;
    tell_centre(CASTKEY_BM_SC_REKEY, 0, now);
    push(2, now);
    CHECK(!did(CASTKEY_UE_ACTIVATED));
    OK(restart(now));
    OK(castkey_ue_switchover(&ue, &group, &switchover));
    CHECK(switchover.kind == CASTKEY_SWITCHOVER_PENDING);
    tell_centre(CASTKEY_BM_SC_DISTRIBUTED, 0, now);
    OK(receive(datagram, datagram_len, now));
    CHECK(did(CASTKEY_UE_ACTIVATED) && did(CASTKEY_UE_MTK_READY));

    /* The power fails between the two keys, and both still serve. */
    OK(restart(now));
    same_traffic(1);
    while (OK(castkey_bm_sc_deadline(&centre, &now)), now <= 2500) {
        tell_centre(CASTKEY_BM_SC_TIMEOUT, 0, now);
    }
    same_traffic(2);
    OK(castkey_ue_deadline(&ue, &now));
    CHECK(now == 7000);
    OK(tell(&event, now));
    CHECK(did(CASTKEY_UE_MTK_DROPPED));
}

/* --- The power fails while the first MSK is being delivered. */

/* The terminal gets the MSK message in `datagram`, the power fails at this moment, and comes again. */
static void deliver_and_fail(int moment)
{
    failing = NEVER;
    start();
    start_centre();
    tell_centre(CASTKEY_BM_SC_PUSH, 1, 0);
    failing = moment;
    OK(receive(datagram, datagram_len, 0));
    CHECK((answer_len > 0) == (moment == BEHIND_THE_ANSWER));
    failing = NEVER;
    OK(restart(0));
}

static void power_failing(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_WANTED);
    uint64_t at;

    for (int moment = BEFORE_THE_WRITE; moment <= BEHIND_THE_ANSWER; moment++) {
        int stored = moment == BEFORE_THE_ANSWER || moment == BEHIND_THE_ANSWER;
        deliver_and_fail(moment);
        /* The same octets again: a replay if the first were stored, as new if not. */
        STATUS(stored ? CASTKEY_ERR_REPLAY : CASTKEY_OK, receive(datagram, datagram_len, 500));
        /* A BM-SC that heard no answer sends the MSK again under the next counter, which is acknowledged in any case. */
        tell_centre(CASTKEY_BM_SC_RETRY, 0, 1000);
        OK(receive(datagram, datagram_len, 1000));
        CHECK(did(CASTKEY_UE_MSK_STORED) && answer_len > 0);
        tell_centre(CASTKEY_BM_SC_ACKNOWLEDGED, 0, 1000);
        CHECK(delivery.kind == CASTKEY_DELIVERY_DELIVERED);
        tell_centre(CASTKEY_BM_SC_TIMEOUT, 0, 1000);
        OK(receive(datagram, datagram_len, 1000));
        same_traffic(1);
    }

    /* Where the BM-SC repeats the same octets, a setting has them acknowledged again. */
    config.settings.reack_duplicate = 1;
    deliver_and_fail(BEFORE_THE_ANSWER);
    OK(receive(datagram, datagram_len, 500));
    CHECK(n_actions == 1 && did(CASTKEY_UE_SEND));
    config.settings.reack_duplicate = 0;

    /* A request that is waited with is not stored: what the user wants is said again. */
    start();
    OK(tell(&event, 0));
    OK(restart(0));
    OK(castkey_ue_deadline(&ue, &at));
    CHECK(at == CASTKEY_NEVER);
    OK(tell(&event, 0));
    OK(castkey_ue_deadline(&ue, &at));
    CHECK(at <= 1000);

    /* Both slots spoiled: the terminal says so. */
    flash[0].octets[9] ^= 1;
    flash[1].octets[9] ^= 1;
    STATUS(CASTKEY_ERR_DAMAGED_STATE, restart(0));
}

int main(void)
{
    CHECK(castkey_abi_version() == CASTKEY_ABI_VERSION);
    CHECK(castkey_ue_size() <= sizeof ue && castkey_ue_out_size() <= sizeof out);
    OK(castkey_ue_config_default(&config));
    config.jitter = 4711;
    worked_examples();
    board_print("worked examples: octet for octet\n");
    rekey_with_a_switch();
    board_print("rekey: switched, restarted on the way\n");
    power_failing();
    board_print("power: failed at four moments, nothing lost, no replay\n");
    castkey_ue_wipe(&ue);
    castkey_bm_sc_wipe(&centre);
    return 0;
}
