/* The MSK update of OMA PoC in C: a server, a distribution and three clients at one table, messages handed over at once. */
#include "check.h"
#ifdef CALLER_PRIMITIVES
#include "primitives.h"
#endif

#define MEMBERS 3
#define NAF "pf.home1.net"

typedef struct member {
    castkey_poc_client client;
    castkey_poc_leg leg;
    uint8_t muk[CASTKEY_KS_LEN];
    char idr[40];
    uint32_t counter, has_counter;
} member;

static castkey_poc_server server;
static castkey_poc_distribution distribution;
static member members[MEMBERS];
static castkey_env env;
static uint64_t now, noise = 1;
static unsigned done, aborted, indications, removed, unkeyed, ended;

/* Good for tests only. */
static int32_t scramble(void *user, uint8_t *out, size_t len)
{
    uint64_t *state = (uint64_t *)user;
    for (size_t i = 0; i < len; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(*state >> 56);
    }
    return 0;
}

static castkey_user row(const member *m)
{
    castkey_user u;
    memset(&u, 0, sizeof u);
    u.muk_id.idi = octets(NAF, sizeof NAF - 1);
    u.muk_id.idr = octets(m->idr, strlen(m->idr));
    u.muk.kind = CASTKEY_MUK_OCTETS;
    u.muk.octets = OCTETS(m->muk);
    u.counter = m->counter;
    u.has_counter = m->has_counter;
    return u;
}

static castkey_poc_leg_event leg_event(uint32_t kind)
{
    castkey_poc_leg_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    return e;
}

static castkey_poc_session_event session_event(uint32_t kind)
{
    castkey_poc_session_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    return e;
}

static castkey_poc_client_event client_event(uint32_t kind)
{
    castkey_poc_client_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    return e;
}

static castkey_poc_distribution_event distribution_event(uint32_t kind)
{
    castkey_poc_distribution_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    return e;
}

static castkey_status to_client(member *m, const castkey_poc_client_event *event, uint8_t *out, size_t out_cap,
                                castkey_poc_client_action *actions, size_t *n)
{
    return castkey_poc_client_handle(&m->client, &env, event, now, out, out_cap, actions, CASTKEY_POC_MAX_CLIENT_ACTIONS, n);
}

static void carry_out(size_t i, const castkey_poc_server_action *action);

static void to_session(const castkey_poc_session_event *event)
{
    castkey_poc_server_action list[CASTKEY_MAX_ACTIONS];
    size_t n = 0;
    OK(castkey_poc_server_handle(&server, &env, event, now, list, CASTKEY_MAX_ACTIONS, &n));
    for (size_t k = 0; k < n; k++) {
        carry_out(MEMBERS, &list[k]);
    }
}

static void to_leg(size_t i, const castkey_poc_leg_event *event)
{
    castkey_poc_server_action list[CASTKEY_MAX_ACTIONS];
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    uint8_t out[CASTKEY_POC_OUT_SIZE], reply[CASTKEY_POC_OUT_SIZE];
    size_t n = 0, m = 0;
    uint32_t answered = 0, confirmed = 0;
    castkey_user user = row(&members[i]);
    OK(castkey_poc_server_handle_leg(&server, &members[i].leg, &env, &user, event, now, out, sizeof out, list, CASTKEY_MAX_ACTIONS, &n));
    for (size_t k = 0; k < n; k++) {
        if (list[k].kind == CASTKEY_POC_SAVE_COUNTER) {
            members[i].counter = list[k].counter;
            members[i].has_counter = 1;
        } else if (list[k].kind == CASTKEY_POC_DELIVER_MSK) {
            castkey_poc_client_event offer = client_event(CASTKEY_POC_CLIENT_OFFER);
            if (list[k].len > 0) {
                offer.current = octets(out + list[k].offset, list[k].len);
            }
            if (list[k].updated_len > 0) {
                offer.updated = octets(out + list[k].updated_offset, list[k].updated_len);
            }
            offer.protocols = octets("mikey", 5);
            OK(to_client(&members[i], &offer, reply, sizeof reply, wanted, &m));
            for (size_t a = 0; a < m; a++) {
                CHECK(wanted[a].kind != CASTKEY_POC_REJECT);
                if (wanted[a].kind == CASTKEY_POC_ANSWER) {
                    user = row(&members[i]);
                    answered = 1;
                    OK(castkey_poc_server_confirms(&server, &members[i].leg, &env, &user, wanted[a].len ? reply + wanted[a].offset : NULL,
                                                   wanted[a].len, wanted[a].updated_len ? reply + wanted[a].updated_offset : NULL,
                                                   wanted[a].updated_len, &confirmed));
                    CHECK(confirmed == 1);
                }
            }
        }
    }
    for (size_t k = 0; k < n; k++) {
        carry_out(i, &list[k]);
    }
    if (answered) {
        castkey_poc_leg_event ok = leg_event(CASTKEY_POC_LEG_OK);
        ok.confirmed = confirmed;
        to_leg(i, &ok);
    }
}

static void to_distribution(const castkey_poc_distribution_event *event)
{
    castkey_poc_distribution_action list[CASTKEY_MAX_ACTIONS];
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    uint8_t out[CASTKEY_POC_DISTRIBUTION_OUT_SIZE], reply[CASTKEY_POC_OUT_SIZE];
    size_t n = 0, m = 0;
    OK(castkey_poc_distribution_handle(&distribution, &env, event, now, out, sizeof out, list, CASTKEY_MAX_ACTIONS, &n));
    for (size_t k = 0; k < n; k++) {
        castkey_poc_client_event heard;
        if (list[k].kind == CASTKEY_POC_MULTICAST_MIKEY) {
            heard = client_event(CASTKEY_POC_CLIENT_MIKEY);
        } else if (list[k].kind == CASTKEY_POC_MULTICAST_MBCP) {
            heard = client_event(CASTKEY_POC_CLIENT_MBCP);
            indications++;
        } else {
            continue;
        }
        heard.octets = octets(out + list[k].offset, list[k].len);
        for (size_t i = 0; i < MEMBERS; i++) {
            /* Whoever is out still hears the bearer, and refuses what he cannot open. */
            (void)to_client(&members[i], &heard, reply, sizeof reply, wanted, &m);
        }
    }
    for (size_t k = 0; k < n; k++) {
        if (list[k].kind == CASTKEY_POC_UPDATE_STORED || list[k].kind == CASTKEY_POC_SWITCHED) {
            int stored = list[k].kind == CASTKEY_POC_UPDATE_STORED;
            castkey_poc_session_event e =
                session_event(stored ? CASTKEY_POC_SESSION_BCAST_STORED : CASTKEY_POC_SESSION_BCAST_SWITCHED);
            e.name = list[k].name;
            to_session(&e);
        }
    }
}

static void carry_out(size_t i, const castkey_poc_server_action *action)
{
    castkey_poc_leg_event deliver = leg_event(CASTKEY_POC_LEG_DELIVER);
    castkey_poc_distribution_event e;
    castkey_poc_msk msk;
    castkey_poc_member facts;
    switch (action->kind) {
    case CASTKEY_POC_DELIVER:
        to_leg(i, &deliver);
        break;
    case CASTKEY_POC_DISTRIBUTE:
        for (size_t each = 0; each < MEMBERS; each++) {
            OK(castkey_poc_leg_member(&members[each].leg, &facts));
            if (facts.is_member) {
                to_leg(each, &deliver);
            }
        }
        break;
    case CASTKEY_POC_REQUEST_UPDATE:
        OK(castkey_poc_server_msk(&server, &action->name, &msk));
        e = distribution_event(CASTKEY_POC_DISTRIBUTION_UPDATE);
        e.msk = &msk;
        to_distribution(&e);
        break;
    case CASTKEY_POC_SEND_INDICATION:
        e = distribution_event(CASTKEY_POC_DISTRIBUTION_INDICATION);
        e.indication = action->indication;
        to_distribution(&e);
        break;
    case CASTKEY_POC_UPDATE_DONE:
        done++;
        break;
    case CASTKEY_POC_UPDATE_ABORTED:
        aborted++;
        break;
    case CASTKEY_POC_REMOVE_MEMBER:
        removed++;
        break;
    case CASTKEY_POC_UNKEYED:
        unkeyed++;
        break;
    case CASTKEY_POC_END_SESSION:
        ended++;
        break;
    default:
        break;
    }
}

/* Lets time pass, timer by timer. */
static void run(uint64_t ms)
{
    uint64_t end = now + ms;
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    uint8_t reply[CASTKEY_POC_OUT_SIZE];
    size_t n = 0;
    for (;;) {
        castkey_poc_session session;
        uint64_t bearer = CASTKEY_NEVER, client = CASTKEY_NEVER, next, at = 0;
        OK(castkey_poc_server_session(&server, &session));
        OK(castkey_poc_distribution_deadline(&distribution, &bearer));
        for (size_t i = 0; i < MEMBERS; i++) {
            OK(castkey_poc_client_deadline(&members[i].client, &at));
            client = at < client ? at : client;
        }
        next = session.deadline < bearer ? session.deadline : bearer;
        next = client < next ? client : next;
        if (next > end) {
            break;
        }
        now = next > now ? next : now;
        if (session.deadline == next) {
            castkey_poc_session_event e = session_event(CASTKEY_POC_SESSION_TIMEOUT);
            to_session(&e);
        } else if (bearer == next) {
            castkey_poc_distribution_event e = distribution_event(CASTKEY_POC_DISTRIBUTION_TIMEOUT);
            to_distribution(&e);
        } else {
            castkey_poc_client_event e = client_event(CASTKEY_POC_CLIENT_TIMEOUT);
            for (size_t i = 0; i < MEMBERS; i++) {
                OK(to_client(&members[i], &e, reply, sizeof reply, wanted, &n));
            }
        }
    }
    now = end;
}

static castkey_name traffic(void)
{
    castkey_name name;
    castkey_mtk mtk;
    memset(&name, 0, sizeof name);
    OK(castkey_poc_distribution_traffic(&distribution, &name, &mtk));
    return name;
}

/* Whether this member can read what is sent now: it has the very MTK. */
static int reads(size_t i)
{
    castkey_name name;
    castkey_mtk sent, held;
    memset(&name, 0, sizeof name);
    OK(castkey_poc_distribution_traffic(&distribution, &name, &sent));
    return castkey_poc_client_mtk(&members[i].client, &name, &held) == CASTKEY_OK && memcmp(&sent, &held, sizeof sent) == 0;
}

static castkey_poc_channel channel(void)
{
    castkey_poc_channel c;
    memset(&c, 0, sizeof c);
    c.domain[0] = 0x68;
    c.domain[1] = 0xCA;
    c.domain[2] = 0x0C;
    c.groups[0] = 1;
    c.groups[1] = 9;
    return c;
}

static void sit_down(void)
{
    castkey_poc_server_config of_server;
    castkey_poc_distribution_config of_distribution;
    castkey_poc_client_config of_client;
    castkey_poc_session_event reset = session_event(CASTKEY_POC_SESSION_BEARER_RESET);
    castkey_poc_leg_event join = leg_event(CASTKEY_POC_LEG_JOIN);
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    castkey_poc_client_event negotiate = client_event(CASTKEY_POC_CLIENT_NEGOTIATE);
    uint8_t reply[CASTKEY_POC_OUT_SIZE];
    castkey_name name;
    castkey_mtk mtk;
    size_t n = 0;
    now = 0;
    done = aborted = indications = removed = unkeyed = ended = 0;
    env.rng.fill = scramble;
    env.rng.user = &noise;
#ifdef CALLER_PRIMITIVES
    env.primitives = &soft;
#endif
    OK(castkey_poc_server_config_default(&of_server));
    OK(castkey_poc_distribution_config_default(&of_distribution));
    OK(castkey_poc_client_config_default(&of_client));
    of_server.channel = of_distribution.channel = of_client.channel = channel();
    of_distribution.ssrc = 0x12345678;
    of_client.require_sdp_ids = 1;
    OK(castkey_poc_server_init(&server, sizeof server, &env, &of_server));
    OK(castkey_poc_distribution_init(&distribution, sizeof distribution, &of_distribution));
    STATUS(CASTKEY_ERR_POC_NO_MTK, castkey_poc_distribution_traffic(&distribution, &name, &mtk));
    for (size_t i = 0; i < MEMBERS; i++) {
        castkey_user user;
        memset(&members[i], 0, sizeof members[i]);
        memset(members[i].muk, (int)(i + 1), sizeof members[i].muk);
        sprintf(members[i].idr, "user%u@bsf.home1.net", (unsigned)(i + 1));
        OK(castkey_poc_client_init(&members[i].client, sizeof members[i].client, &of_client));
        OK(castkey_poc_leg_init(&members[i].leg, sizeof members[i].leg));
        OK(to_client(&members[i], &negotiate, reply, sizeof reply, wanted, &n));
        CHECK(n == 1 && wanted[0].kind == CASTKEY_POC_NEED_BOOTSTRAP);
        user = row(&members[i]);
        OK(castkey_poc_client_bootstrapped(&members[i].client, &env, &user.muk_id, &user.muk));
        OK(to_client(&members[i], &negotiate, reply, sizeof reply, wanted, &n));
        CHECK(n == 1 && wanted[0].kind == CASTKEY_POC_OFFER_SUPPORT);
    }
    to_session(&reset);
    for (size_t i = 0; i < MEMBERS; i++) {
        to_leg(i, &join);
    }
    run(2000);
}

static void expulsion(void)
{
    static const uint8_t burst[] = {0x80, 204, 0, 2, 0, 0, 0, 7, 'P', 'o', 'C', '1'};
    castkey_poc_leg_event expelled = leg_event(CASTKEY_POC_LEG_EXPELLED);
    castkey_poc_client_event packet = client_event(CASTKEY_POC_CLIENT_PACKET), control = client_event(CASTKEY_POC_CLIENT_MBCP);
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    castkey_poc_session session;
    castkey_switchover switchover;
    castkey_name before, active;
    uint8_t protected_burst[64], out[CASTKEY_POC_OUT_SIZE];
    size_t n = 0, len = 0;
    uint32_t refused = 0;
    unsigned done_before;
    sit_down();
    done_before = done;
    CHECK(reads(0) && reads(1) && reads(2));
    before = traffic();
    OK(castkey_poc_server_session(&server, &session));
    CHECK(session.members == 3 && session.progress == CASTKEY_POC_STEADY && !session.exclusion_pending);
    CHECK(session.active.group == before.group && session.active.number == before.number);

    to_leg(2, &expelled);
    CHECK(removed == 1);
    OK(castkey_poc_server_session(&server, &session));
    CHECK(session.members == 2 && session.exclusion_pending == 1);
    for (unsigned step = 0; step < 40; step++) {
        run(50);
        CHECK(reads(0) && reads(1));
    }
    CHECK(traffic().number != before.number || traffic().group != before.group);
    CHECK(reads(0) && reads(1) && !reads(2));
    run(10000);
    CHECK(reads(0) && reads(1) && !reads(2));
    CHECK(done == done_before + 1 && aborted == 0 && indications == 3);
    OK(castkey_poc_server_session(&server, &session));
    CHECK(!session.exclusion_pending && session.progress == CASTKEY_POC_STEADY && session.seq == 1);
    CHECK(session.active.number == traffic().number && session.active.group == traffic().group);
    OK(castkey_poc_distribution_active(&distribution, &active));
    CHECK(memcmp(&active, &session.active, sizeof active) == 0);
    OK(castkey_poc_client_switchover(&members[0].client, &switchover));
    CHECK(switchover.kind == CASTKEY_SWITCHOVER_STEADY);

    packet.name = traffic();
    OK(to_client(&members[0], &packet, out, sizeof out, wanted, &n));
    CHECK(n >= 1 && wanted[0].kind == CASTKEY_POC_PACKET && wanted[0].detail == CASTKEY_POC_PACKET_ACCEPT);
    OK(to_client(&members[2], &packet, out, sizeof out, wanted, &n));
    CHECK(n >= 1 && wanted[0].kind == CASTKEY_POC_PACKET && wanted[0].detail == CASTKEY_POC_PACKET_MISSED);
    packet.is_plain = 1;
    STATUS(CASTKEY_ERR_POC_UNPROTECTED, to_client(&members[0], &packet, out, sizeof out, wanted, &n));
    OK(castkey_poc_client_refused(&members[0].client, &refused));
    CHECK(refused == 1);

    OK(castkey_poc_distribution_protect_mbcp(&distribution, &env, burst, sizeof burst, protected_burst, sizeof protected_burst, &len));
    CHECK(len == sizeof burst + CASTKEY_POC_SRTCP_OVERHEAD);
    control.octets = octets(protected_burst, len);
    OK(to_client(&members[1], &control, out, sizeof out, wanted, &n));
    CHECK(n == 1 && wanted[0].kind == CASTKEY_POC_MBCP);
    checked_octets(out + wanted[0].offset, wanted[0].len, burst, sizeof burst, "Media Burst Control", __LINE__);
    STATUS(CASTKEY_ERR_POC_REPLAY, to_client(&members[1], &control, out, sizeof out, wanted, &n));
    CHECK(to_client(&members[2], &control, out, sizeof out, wanted, &n) != CASTKEY_OK || n == 0 || wanted[0].kind != CASTKEY_POC_MBCP);

    control = client_event(CASTKEY_POC_CLIENT_BYE);
    OK(to_client(&members[0], &control, out, sizeof out, wanted, &n));
    CHECK(n >= 1 && wanted[0].kind == CASTKEY_POC_LEAVE_BEARER && !reads(0));
}

/* An update that the operator wants, an early end of the session, and what a member's refusal means. */
static void other_events(void)
{
    castkey_poc_session_event trigger = session_event(CASTKEY_POC_SESSION_TRIGGER), end = session_event(CASTKEY_POC_SESSION_ENDED);
    castkey_poc_session_event media = session_event(CASTKEY_POC_SESSION_MEDIA);
    castkey_poc_server_action list[CASTKEY_MAX_ACTIONS];
    castkey_poc_leg_event fail = leg_event(CASTKEY_POC_LEG_FAIL), requested = leg_event(CASTKEY_POC_LEG_REQUESTED);
    castkey_poc_distribution_event empty = distribution_event(CASTKEY_POC_DISTRIBUTION_UPDATE);
    castkey_poc_distribution_action actions[CASTKEY_MAX_ACTIONS];
    castkey_user user;
    castkey_poc_leg stranger;
    uint8_t out[CASTKEY_POC_OUT_SIZE];
    size_t n = 0;
    unsigned done_before;
    sit_down();
    done_before = done;
    trigger.reason = CASTKEY_POC_REASON_ADMIN;
    to_session(&trigger);
    run(10000);
    CHECK(done == done_before + 1 && reads(0) && reads(1) && reads(2));
    trigger.reason = CASTKEY_POC_REASON_EXPELLED;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_poc_server_handle(&server, &env, &trigger, now, list, CASTKEY_MAX_ACTIONS, &n));
    trigger.kind = CASTKEY_POC_SESSION_ASKED_BY_OTHER;
    STATUS(CASTKEY_ERR_POC_NOT_CONTROLLER, castkey_poc_server_handle(&server, &env, &trigger, now, list, CASTKEY_MAX_ACTIONS, &n));
    OK(castkey_poc_server_handle(&server, &env, &media, now, list, CASTKEY_MAX_ACTIONS, &n));
    CHECK(n >= 1 && list[0].kind == CASTKEY_POC_DROP_MEDIA);

    OK(castkey_poc_distribution_handle(&distribution, &env, &empty, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n));
    CHECK(n == 1 && actions[0].kind == CASTKEY_POC_UPDATE_REFUSED && actions[0].detail == CASTKEY_POC_REFUSED_NO_MSK);

    /* Somebody who is no member asks for the MSK. */
    OK(castkey_poc_leg_init(&stranger, sizeof stranger));
    user = row(&members[0]);
    OK(castkey_poc_server_handle_leg(&server, &stranger, &env, &user, &requested, now, out, sizeof out, list, CASTKEY_MAX_ACTIONS, &n));
    CHECK(n >= 1 && list[0].kind == CASTKEY_POC_REFUSE && list[0].detail == 403);

    /* A member is asked to join and refuses the keys. */
    {
        castkey_poc_leg_event join = leg_event(CASTKEY_POC_LEG_JOIN);
        OK(castkey_poc_server_handle_leg(&server, &stranger, &env, &user, &join, now, out, sizeof out, list, CASTKEY_MAX_ACTIONS, &n));
        fail.failure = CASTKEY_POC_FAILURE_STATUS;
        fail.status = 488;
        OK(castkey_poc_server_handle_leg(&server, &stranger, &env, &user, &fail, now, out, sizeof out, list, CASTKEY_MAX_ACTIONS, &n));
        for (size_t k = 0; k < n; k++) {
            carry_out(0, &list[k]);
        }
        CHECK(unkeyed + removed + ended > 0);
    }
    to_session(&end);
    STATUS(CASTKEY_ERR_POC_UNEXPECTED_STATE, castkey_poc_server_handle(&server, &env, &media, now, list, CASTKEY_MAX_ACTIONS, &n));
}

static void misuse(void)
{
    static castkey_poc_server copy, before;
    castkey_poc_client_action wanted[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    castkey_poc_server_action list[CASTKEY_MAX_ACTIONS];
    castkey_poc_client_config config;
    castkey_poc_server_config of_server;
    castkey_poc_client_event e = client_event(CASTKEY_POC_CLIENT_BYE);
    castkey_poc_leg_event join = leg_event(CASTKEY_POC_LEG_JOIN);
    castkey_poc_session session;
    castkey_poc_member facts;
    castkey_poc_leg moved, blank;
    castkey_poc_msk msk;
    castkey_user user;
    uint8_t out[CASTKEY_POC_OUT_SIZE];
    size_t n = 0;
    uint32_t confirmed = 7;
    sit_down();
    user = row(&members[0]);

    /* A generator that another test uses is as good as ours where nothing is drawn. */
    env.rng.fill = count_up;
    OK(castkey_poc_client_config_default(&config));
    OK(castkey_poc_server_config_default(&of_server));
    STATUS(CASTKEY_ERR_NULL, castkey_poc_client_init(NULL, sizeof members[0].client, &config));
    STATUS(CASTKEY_ERR_SHORT, castkey_poc_client_init(&members[0].client, castkey_poc_client_size() - 1, &config));
    config.coding.subtype = 1;
    STATUS(CASTKEY_ERR_POC_CLASH, castkey_poc_client_init(&members[0].client, sizeof members[0].client, &config));
    config.coding.subtype = 256;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_poc_client_init(&members[0].client, sizeof members[0].client, &config));
    of_server.timing.mtk_copies = 256;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_poc_server_init(&copy, sizeof copy, &env, &of_server));
    env.rng.fill = NULL;
    of_server.timing.mtk_copies = 2;
    STATUS(CASTKEY_ERR_RNG, castkey_poc_server_init(&copy, sizeof copy, &env, &of_server));
    CHECK(all_zero(&copy, sizeof copy));
    env.rng.fill = scramble;

    memcpy(&before, &server, sizeof server);
    STATUS(CASTKEY_ERR_SHORT, castkey_poc_client_handle(&members[0].client, &env, &e, now, out, sizeof out, wanted,
                                                        CASTKEY_POC_MAX_CLIENT_ACTIONS - 1, &n));
    e.kind = 0;
    STATUS(CASTKEY_ERR_BAD_ENUM, to_client(&members[0], &e, out, sizeof out, wanted, &n));
    memset(&blank, 0, sizeof blank);
    STATUS(CASTKEY_ERR_STATE, castkey_poc_server_handle_leg(&server, &blank, &env, &user, &join, now, out, sizeof out, list,
                                                            CASTKEY_MAX_ACTIONS, &n));
    memcpy(&moved, &members[0].leg, sizeof moved);
    STATUS(CASTKEY_ERR_STATE, castkey_poc_leg_member(&moved, &facts));
    user.muk.kind = 9;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_poc_server_handle_leg(&server, &members[0].leg, &env, &user, &join, now, out, sizeof out,
                                                               list, CASTKEY_MAX_ACTIONS, &n));
    user = row(&members[0]);
    user.has_counter = 2;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_poc_server_handle_leg(&server, &members[0].leg, &env, &user, &join, now, out, sizeof out,
                                                               list, CASTKEY_MAX_ACTIONS, &n));
    user = row(&members[0]);
    STATUS(CASTKEY_ERR_OVERLAP, castkey_poc_server_confirms(&server, &members[0].leg, &env, &user, (const uint8_t *)&confirmed, 4,
                                                            NULL, 0, &confirmed));
    CHECK(confirmed == 7);
    memset(&session, 0, sizeof session);
    STATUS(CASTKEY_ERR_UNKNOWN, castkey_poc_server_msk(&server, &session.active, &msk));
    memcpy(&copy, &server, sizeof server);
    STATUS(CASTKEY_ERR_STATE, castkey_poc_server_session(&copy, &session));
    CHECK(unchanged(&before, &server, castkey_poc_server_size()));

    castkey_poc_server_wipe(&copy);
    castkey_poc_server_wipe(&server);
    castkey_poc_distribution_wipe(&distribution);
    castkey_poc_client_wipe(&members[0].client);
    castkey_poc_leg_wipe(&members[0].leg);
    CHECK(all_zero(&copy, castkey_poc_server_size()) && all_zero(&server, sizeof server));
    CHECK(all_zero(&distribution, sizeof distribution) && all_zero(&members[0].client, sizeof members[0].client));
    CHECK(all_zero(&members[0].leg, sizeof members[0].leg));
    STATUS(CASTKEY_ERR_STATE, castkey_poc_server_session(&server, &session));
}

static void sizes(void)
{
    CHECK(castkey_poc_client_size() <= sizeof members[0].client && castkey_poc_client_align() <= CASTKEY_POC_CLIENT_ALIGN);
    CHECK(castkey_poc_server_size() <= sizeof server && castkey_poc_server_align() <= CASTKEY_POC_SERVER_ALIGN);
    CHECK(castkey_poc_distribution_size() <= sizeof distribution);
    CHECK(castkey_poc_distribution_align() <= CASTKEY_POC_DISTRIBUTION_ALIGN);
    CHECK(castkey_poc_leg_size() <= sizeof members[0].leg && castkey_poc_leg_align() <= CASTKEY_POC_LEG_ALIGN);
    printf("octets used: client %u, server %u, distribution %u, leg %u\n", (unsigned)castkey_poc_client_size(),
           (unsigned)castkey_poc_server_size(), (unsigned)castkey_poc_distribution_size(), (unsigned)castkey_poc_leg_size());
}

int main(void)
{
    sizes();
    expulsion();
    other_events();
    misuse();
    return report("poc_flow");
}
