/* Every status of the PoC functions, each by a call that returns it; what is refused changes nothing. */
#include "statuses_poc.h"

static void set_up(void)
{
    castkey_poc_client_config of_client;
    castkey_poc_distribution_config of_distribution;
    castkey_poc_server_config of_server;
    castkey_muk_id too_long = muk_id;
    OK(castkey_poc_client_config_default(&of_client));
    OK(castkey_poc_distribution_config_default(&of_distribution));
    OK(castkey_poc_server_config_default(&of_server));
    of_server.channel = of_distribution.channel = of_client.channel = channel();
    OK(castkey_poc_client_init(&client, sizeof client, &of_client));
    OK(castkey_poc_distribution_init(&distribution, sizeof distribution, &of_distribution));
    OK(castkey_poc_server_init(&server, sizeof server, &env, &of_server));
    OK(castkey_poc_leg_init(&leg, sizeof leg));
    OK(castkey_poc_client_bootstrapped(&client, &env, &muk_id, &muk));
    settle();
    too_long.idi = octets(out, 193);
    REFUSED(CASTKEY_ERR_MUK_STORE_FULL, castkey_poc_client_bootstrapped(&client, &env, &too_long, &muk));
    /* A subtype that asks for an acknowledgement, one of a known message, one of 6 bits. */
    static const uint32_t taken[] = {30, 1, 32};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        of_client.coding.subtype = of_distribution.coding.subtype = taken[i];
        REFUSED(CASTKEY_ERR_POC_CLASH, castkey_poc_client_init(&client, sizeof client, &of_client));
        REFUSED(CASTKEY_ERR_POC_CLASH,
                castkey_poc_distribution_init(&distribution, sizeof distribution, &of_distribution));
    }
    env.rng.fill = NULL;
    NOT_MADE(CASTKEY_ERR_RNG, server, castkey_poc_server_init(&server, sizeof server, &env, &of_server));
    env.rng.fill = count_up;
    DONE(castkey_poc_server_init(&server, sizeof server, &env, &of_server));
}

static void at_the_distribution(void)
{
    castkey_poc_msk one = msk_of(&msk_1), two = msk_of(&msk_2);
    castkey_poc_distribution_event event = update(&one);
    size_t len = app(1, "PoC1", key, 4);
#define PROTECT(want, at, size, cap) \
    REFUSED(want, castkey_poc_distribution_protect_mbcp(&distribution, &env, at, size, out, cap, RESULT2(size_t)))
    REFUSED(CASTKEY_ERR_POC_NO_MTK,
            castkey_poc_distribution_traffic(&distribution, RESULT(castkey_name), RESULT2(castkey_mtk)));
    PROTECT(CASTKEY_ERR_POC_NO_MTK, packet, len, sizeof out);
    one.seq_low = 1000;
    REFUSED(CASTKEY_ERR_INCONSISTENT, distribute(&event, sizeof out));
    one.seq_low = 0;
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, distribute(&event, 20));
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_RNG, distribute(&event, sizeof out));
    env.rng.fill = count_up;

    /* The next MSK is stored and indicated before the first MTK is in use. */
    one.has_mtk = 1;
    one.mtk.key[0] = 5;
    heard(&event);
    two.has_mtk = 1;
    two.mtk.key[0] = 5;
    event = update(&two);
    REFUSED(CASTKEY_ERR_POC_MTK_REUSE, distribute(&event, sizeof out));
    two.has_mtk = 0;
    DONE(distribute(&event, sizeof out));
    event.kind = CASTKEY_POC_DISTRIBUTION_INDICATION;
    event.indication.old = msk_1;
    event.indication.next = msk_2;
    event.indication.seq = 1;
    REFUSED(CASTKEY_ERR_POC_NO_MTK, distribute(&event, sizeof out));
    while (castkey_poc_distribution_traffic(&distribution, RESULT(castkey_name), RESULT2(castkey_mtk)) != CASTKEY_OK) {
        timeout_of_distribution();
    }
    SAME(RESULT2(castkey_mtk)->key, 16, one.mtk.key);
    settle();
    event.indication.has_overlap = 1;
    event.indication.overlap_s = 61;
    REFUSED(CASTKEY_ERR_POC_MALFORMED, distribute(&event, sizeof out));
    event.indication.has_overlap = 0;
    REFUSED(CASTKEY_ERR_POC_BUFFER_TOO_SMALL, distribute(&event, 20));
    PROTECT(CASTKEY_ERR_POC_BUFFER_TOO_SMALL, packet, len, len + CASTKEY_POC_SRTCP_OVERHEAD - 1);
    PROTECT(CASTKEY_ERR_POC_MALFORMED, packet, 7, sizeof out);
    packet[0] = 0x40;
    PROTECT(CASTKEY_ERR_POC_MALFORMED, packet, len, sizeof out);
#undef PROTECT
}

/* The client holds MSK 1 and 2 and an MTK under MSK 1, in use. */
static void datagrams(void)
{
    static const uint8_t cut[] = {200, 3, 1}, wrong[] = {200, 3, 1, 2, 3,          201, 4, 0, 7, 0, 2,
                                                         202, 4, 0, 7, 0, 1, 203, 4, 0, 0, 0, 9};
    castkey_poc_client_event event = event_of(CASTKEY_POC_CLIENT_PACKET, NULL, 0);
    castkey_mtk_address address;
    castkey_mtk mtk;
    size_t len;
    event.is_plain = 1;
    CLIENT_REFUSED(CASTKEY_ERR_POC_UNPROTECTED, &event);
    event.is_plain = 0;
    event.name = msk_1;
    event.name.group = 8;
    CLIENT_REFUSED(CASTKEY_ERR_POC_UNKNOWN_MSK, &event);
    event.name = msk_1;
    event.name.number = 0xffff;
    CLIENT_REFUSED(CASTKEY_ERR_POC_EXPIRED_KEY, &event);

    len = app(1, "PoC1", cut, sizeof cut);
    event = event_of(CASTKEY_POC_CLIENT_MBCP, packet, len);
    CLIENT_REFUSED(CASTKEY_ERR_POC_UNPROTECTED, &event);
    packet[0] = 0;
    CLIENT_REFUSED(CASTKEY_ERR_POC_MALFORMED, &event);
    protected_and_refused(CASTKEY_ERR_POC_NOT_MBCP, app(14, "ABCD", cut, sizeof cut));
    protected_and_refused(CASTKEY_ERR_POC_MALFORMED, app(14, "PoC1", cut, sizeof cut));
    protected_and_refused(CASTKEY_ERR_POC_INDICATION_MISMATCH, app(14, "PoC1", wrong, sizeof wrong));

    /* MTK messages: of another channel, with an older counter, altered. */
    memset(&address, 0, sizeof address);
    memset(&mtk, 0, sizeof mtk);
    address.name = msk_1;
    address.name.domain[0] = 9;
    address.name.mtk = 900;
    address.counter = 100;
    OK(castkey_mtk_seal(&env, &settings, &address, &mtk, msk_octets[0], rand_octets, 16, message, sizeof message, &len));
    event = event_of(CASTKEY_POC_CLIENT_MIKEY, message, len);
    CLIENT_REFUSED(CASTKEY_ERR_POC_UNKNOWN_MSK, &event);
    address.name = msk_1;
    address.name.mtk = 900;
    OK(castkey_mtk_seal(&env, &settings, &address, &mtk, msk_octets[0], rand_octets, 16, message, sizeof message, &len));
    message[len - 1] ^= 1;
    CLIENT_REFUSED(CASTKEY_ERR_MAC_INVALID, &event);
    message[len - 1] ^= 1;
    address.name.mtk = 1001;
    OK(castkey_mtk_seal(&env, &settings, &address, &mtk, msk_octets[0], rand_octets, 16, message, sizeof message, &len));
    CLIENT_REFUSED(CASTKEY_ERR_KEY_NOT_FRESH, &event);
    address.name.mtk = 900;
    address.counter = 0;
    OK(castkey_mtk_seal(&env, &settings, &address, &mtk, msk_octets[0], rand_octets, 16, message, sizeof message, &len));
    CLIENT_REFUSED(CASTKEY_ERR_REPLAY, &event);
    event.octets.len--;
    CLIENT_REFUSED(CASTKEY_ERR_TRUNCATED, &event);
}

/* The index of SRTCP is used up: here the distribution goes on where 2^31 packets have been sent. */
static void the_last_packet(void)
{
    static castkey_poc_distribution before;
    size_t len = app(1, "PoC1", key, 4);
#define PROTECT() castkey_poc_distribution_protect_mbcp(&distribution, &env, packet, len, out, sizeof out, RESULT2(size_t))
    memcpy(&before, &distribution, sizeof distribution);
    DONE(PROTECT());
    CHECK(counted_up(&distribution, &before, sizeof distribution, 0x7fffffffu) == 1);
    DONE(PROTECT());
    REFUSED(CASTKEY_ERR_POC_KEY_EXHAUSTED, PROTECT());
#undef PROTECT
}

/* Offers are refused in the answer, which leaves the client as it was but for what it counts. */
static void offers(void)
{
    castkey_name pull = msk_1, other = msk_1;
    castkey_muk wrong = muk, elsewhere = muk;
    castkey_name next = msk_2;
    size_t len;
    pull.number = 0;
    other.group = 8;
    OK(offered(msk_message(&msk_1, msk_octets[0])));
    OK(offered(msk_message(&msk_2, msk_octets[1])));
#define REJECTED(want, name, msk) refused(offered(msk_message((name), (msk))), want, "an offer", __LINE__)
    REJECTED(CASTKEY_ERR_POC_MISSING_MSK, &pull, NULL);
    REJECTED(CASTKEY_ERR_POC_UNKNOWN_MSK, &other, msk_octets[0]);
    counter -= 4;
    REJECTED(CASTKEY_ERR_REPLAY, &msk_1, msk_octets[0]);
    counter += 4;
    wrong.octets = octets(rand_octets, 16);
    muk = wrong;
    REJECTED(CASTKEY_ERR_MAC_INVALID, &next, msk_octets[1]);
    muk.octets = OCTETS(key);
    /* A client whose MUK is in an element that is not there. */
    elsewhere.kind = CASTKEY_MUK_HANDLE;
    elsewhere.octets = octets(key, CASTKEY_HANDLE_MAX);
    muk_id.idr = octets("another@bsf.home1.net", 21);
    OK(castkey_poc_client_bootstrapped(&client, &env, &muk_id, &elsewhere));
    REJECTED(CASTKEY_ERR_KEY_UNAVAILABLE, &msk_1, msk_octets[0]);
    muk_id.idr = octets("user@bsf.home1.net", 18);
    len = msk_message(&msk_1, msk_octets[0]);
    refused(offered(len - 1), CASTKEY_ERR_TRUNCATED, "an offer", __LINE__);
#undef REJECTED
}

static void at_the_server(void)
{
    castkey_poc_session_event session;
    castkey_poc_leg_event of_leg;
    castkey_poc_server_config of_server;
    castkey_poc_session now_there;
    static castkey_poc_leg others[3];
    static castkey_poc_server before;
    static const uint8_t too_long[256] = {0};
    castkey_user user;
    castkey_poc_server_action *did = RESULT(castkey_poc_server_action);
    memset(&session, 0, sizeof session);
    memset(&of_leg, 0, sizeof of_leg);
    memset(&user, 0, sizeof user);
    user.muk_id = muk_id;
    user.muk = muk;
#define SESSION() castkey_poc_server_handle(&server, &env, &session, now, did, CASTKEY_MAX_ACTIONS, RESULT2(size_t))
#define LEG(cap) \
    castkey_poc_server_handle_leg(&server, &leg, &env, &user, &of_leg, now, out, cap, did, CASTKEY_MAX_ACTIONS, RESULT2(size_t))
    session.kind = CASTKEY_POC_SESSION_ASKED_BY_OTHER;
    REFUSED(CASTKEY_ERR_POC_NOT_CONTROLLER, SESSION());
    for (of_leg.kind = CASTKEY_POC_LEG_EXPELLED; of_leg.kind <= CASTKEY_POC_LEG_LEFT; of_leg.kind++) {
        REFUSED(CASTKEY_ERR_POC_NOT_MEMBER, LEG(sizeof out));
    }
    of_leg.kind = CASTKEY_POC_LEG_JOIN;
    user.muk_id.idr = octets(too_long, sizeof too_long);
    REFUSED(CASTKEY_ERR_FIELD_TOO_LONG, LEG(sizeof out));
    user.muk_id = muk_id;
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, LEG(20));
    user.muk.kind = CASTKEY_MUK_HANDLE;
    user.muk.octets.len = CASTKEY_HANDLE_MAX;
    REFUSED(CASTKEY_ERR_KEY_UNAVAILABLE, LEG(sizeof out));
    user.muk = muk;
    DONE(LEG(sizeof out));
    REFUSED(CASTKEY_ERR_POC_UNEXPECTED_STATE, LEG(sizeof out));
    session.kind = CASTKEY_POC_SESSION_TRIGGER;
    session.reason = CASTKEY_POC_REASON_ADMIN;
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_RNG, SESSION());
    env.rng.fill = count_up;
    /* The members are counted with 32 bits: here as many are there as can be counted. */
    for (size_t i = 0; i < 3; i++) {
        OK(castkey_poc_leg_init(&others[i], sizeof others[i]));
        memcpy(&before, &server, sizeof server);
        OK(castkey_poc_server_handle_leg(&server, &others[i], &env, &user, &of_leg, now, out, sizeof out, did,
                                         CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    }
    CHECK(counted_up(&server, &before, sizeof server, 0xffffffffu) == 1);
    OK(castkey_poc_server_session(&server, &now_there));
    CHECK(now_there.members == 0xffffffffu);
    OK(castkey_poc_leg_init(&others[0], sizeof others[0]));
    settle();
    REFUSED(CASTKEY_ERR_POC_CAPACITY_EXCEEDED,
            castkey_poc_server_handle_leg(&server, &others[0], &env, &user, &of_leg, now, out, sizeof out, did,
                                          CASTKEY_MAX_ACTIONS, RESULT2(size_t)));
    session.kind = CASTKEY_POC_SESSION_ENDED;
    DONE(SESSION());
    REFUSED(CASTKEY_ERR_POC_UNEXPECTED_STATE, SESSION());
    REFUSED(CASTKEY_ERR_POC_UNEXPECTED_STATE, LEG(sizeof out));

    /* A server whose MSKs would have no MTK IDs. */
    OK(castkey_poc_server_config_default(&of_server));
    of_server.seq_low = 9;
    of_server.seq_high = 8;
    NOT_MADE(CASTKEY_ERR_INCONSISTENT, server, castkey_poc_server_init(&server, sizeof server, &env, &of_server));
}

int main(void)
{
    static const struct never never[] = {
        {CASTKEY_ERR_POC_MISSING_ELEMENT, "of the bodies of SIP requests, which C has no functions for"},
        {CASTKEY_ERR_POC_NOT_READY, "nothing in the library returns it: an indication waits for its gate unasked"},
        {CASTKEY_ERR_POC_UNKNOWN_PROTOCOL, "of the key management lines of SDP, which C has no functions for"},
    };
    env.rng.fill = count_up;
    env.rng.user = &next_random;
#ifdef CALLER_PRIMITIVES
    env.primitives = &soft;
#endif
    OK(castkey_settings_default(&settings));
    muk.kind = CASTKEY_MUK_OCTETS;
    muk.octets = OCTETS(key);
    muk_id.idi = octets("pf.home1.net", 12);
    muk_id.idr = octets("user@bsf.home1.net", 18);
    watch(&server, sizeof server);
    watch(&distribution, sizeof distribution);
    watch(&leg, sizeof leg);
    set_up();
    offers();
    at_the_distribution();
    datagrams();
    the_last_packet();
    at_the_server();
    castkey_poc_client_wipe(&client);
    castkey_poc_server_wipe(&server);
    castkey_poc_distribution_wipe(&distribution);
    castkey_poc_leg_wipe(&leg);
    CHECK(all_zero(&client, sizeof client) && all_zero(&server, sizeof server));
    CHECK(all_zero(&distribution, sizeof distribution) && all_zero(&leg, sizeof leg));
    all_reached(CASTKEY_ERR_POC_MALFORMED, CASTKEY_ERR_POC_MISSING_MSK, never, sizeof never / sizeof *never);
    return report("statuses_poc");
}
