/* A PoC Client, a server and a distribution to be refused by. */
#ifndef STATUSES_POC_H
#define STATUSES_POC_H

#ifdef CALLER_PRIMITIVES
#include "primitives.h"
#endif
#include "counted_up.h"
#include "statuses.h"

static castkey_poc_client client;
static castkey_poc_server server;
static castkey_poc_distribution distribution;
static castkey_poc_leg leg;
static castkey_env env;
static castkey_settings settings;
static castkey_muk muk;
static castkey_muk_id muk_id;
static uint8_t next_random, out[CASTKEY_POC_OUT_SIZE], message[CASTKEY_MESSAGE_MAX], packet[256];
static uint64_t now;
static uint32_t counter;

static const uint8_t key[CASTKEY_KS_LEN] = {1}, msk_octets[2][16] = {{2}, {3}}, rand_octets[16] = {4};
static const castkey_name msk_1 = {{1, 2, 3}, 0, 7, 1, 0}, msk_2 = {{1, 2, 3}, 0, 7, 2, 0};

static castkey_poc_channel channel(void)
{
    castkey_poc_channel c;
    memset(&c, 0, sizeof c);
    memcpy(c.domain, msk_1.domain, 3);
    c.groups[0] = 7;
    c.groups[1] = 9;
    return c;
}

static castkey_status tell(const castkey_poc_client_event *event)
{
    return castkey_poc_client_handle(&client, &env, event, now, out, sizeof out, RESULT(castkey_poc_client_action),
                                     CASTKEY_POC_MAX_CLIENT_ACTIONS, RESULT2(size_t));
}

static castkey_poc_client_event event_of(uint32_t kind, const uint8_t *at, size_t len)
{
    castkey_poc_client_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.octets = octets(at, len);
    return event;
}

/* Of the client, a refused datagram changes the counter of refused ones, at most 4 octets, and with `heard` what it has heard. */
static void client_refused(castkey_status want, const castkey_poc_client_event *event, int heard, int line)
{
    static castkey_poc_client before;
    uint32_t refused_before = 0, refused_after = 0;
    uint8_t differ[sizeof client];
    size_t changed = 0;
    OK(castkey_poc_client_refused(&client, &refused_before));
    memcpy(&before, &client, sizeof client);
    refused(tell(event), want, "a datagram", line);
    for (size_t i = 0; i < sizeof client; i++) {
        differ[i] = (uint8_t)(((const uint8_t *)&before)[i] ^ ((const uint8_t *)&client)[i]);
    }
#ifdef MEMCHECK
    VALGRIND_MAKE_MEM_DEFINED(differ, sizeof differ);
#endif
    for (size_t i = 0; i < sizeof client; i++) {
        changed += differ[i] != 0;
    }
    OK(castkey_poc_client_refused(&client, &refused_after));
    checked(refused_after == refused_before + 1 && (changed == 1 || heard), "the client has changed", line);
}

#define CLIENT_REFUSED(want, event) client_refused((want), (event), 0, __LINE__)
#define CLIENT_HEARD(want, event) client_refused((want), (event), 1, __LINE__)

/* An MSK message for the client, to `message`; without `msk` a pull. */
static size_t msk_message(const castkey_name *name, const uint8_t *msk)
{
    castkey_msk_address address;
    size_t len = 0;
    memset(&address, 0, sizeof address);
    address.name = *name;
    address.counter = ++counter;
    address.rand = OCTETS(rand_octets);
    address.muk_id = muk_id;
    OK(castkey_msk_seal(&env, &settings, &address, &muk, msk, 0, 1000, message, sizeof message, &len));
    return len;
}

/* Offers what is in `message`, and answers the status with which it is rejected, or CASTKEY_OK. */
static castkey_status offered(size_t len)
{
    castkey_poc_client_action actions[CASTKEY_POC_MAX_CLIENT_ACTIONS];
    castkey_poc_client_event offer = event_of(CASTKEY_POC_CLIENT_OFFER, NULL, 0);
    size_t n = 0;
    offer.current = octets(message, len);
    OK(castkey_poc_client_handle(&client, &env, &offer, now, out, sizeof out, actions, CASTKEY_POC_MAX_CLIENT_ACTIONS, &n));
    CHECK(n > 0 && (actions[0].kind == CASTKEY_POC_ANSWER || actions[0].kind == CASTKEY_POC_REJECT));
    return n > 0 && actions[0].kind == CASTKEY_POC_REJECT ? actions[0].detail : CASTKEY_OK;
}

static castkey_status distribute(const castkey_poc_distribution_event *event, size_t out_cap)
{
    return castkey_poc_distribution_handle(&distribution, &env, event, now, out, out_cap,
                                           RESULT(castkey_poc_distribution_action), CASTKEY_MAX_ACTIONS, RESULT2(size_t));
}

/* Hands the client what the distribution sends over the bearer because of this event. */
static void heard(const castkey_poc_distribution_event *event)
{
    const castkey_poc_distribution_action *did = RESULT(castkey_poc_distribution_action);
    castkey_poc_client_event datagram;
    OK(distribute(event, sizeof out));
    for (size_t i = *RESULT2(size_t); i-- > 0;) {
        if (did[i].kind == CASTKEY_POC_MULTICAST_MIKEY || did[i].kind == CASTKEY_POC_MULTICAST_MBCP) {
            uint32_t kind = did[i].kind == CASTKEY_POC_MULTICAST_MIKEY ? CASTKEY_POC_CLIENT_MIKEY : CASTKEY_POC_CLIENT_MBCP;
            datagram = event_of(kind, message, did[i].len);
            memcpy(message, out + did[i].offset, did[i].len);
        }
    }
    settle();
    OK(tell(&datagram));
    settle();
}

static castkey_poc_distribution_event update(const castkey_poc_msk *msk)
{
    castkey_poc_distribution_event event;
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_POC_DISTRIBUTION_UPDATE;
    event.msk = msk;
    return event;
}

static castkey_poc_msk msk_of(const castkey_name *name)
{
    castkey_poc_msk msk;
    memset(&msk, 0, sizeof msk);
    msk.name = *name;
    memcpy(msk.msk, msk_octets[name->number - 1], 16);
    memcpy(msk.rand, rand_octets, sizeof rand_octets);
    msk.rand_len = sizeof rand_octets;
    msk.seq_high = 1000;
    return msk;
}

static void timeout_of_distribution(void)
{
    castkey_poc_distribution_event event = update(NULL);
    uint64_t at = 0;
    event.kind = CASTKEY_POC_DISTRIBUTION_TIMEOUT;
    OK(castkey_poc_distribution_deadline(&distribution, &at));
    CHECK(at != CASTKEY_NEVER);
    now = at > now ? at : now;
    OK(distribute(&event, sizeof out));
    settle();
}

/* Protects what is in `packet` as the distribution does, and has the client refuse it. */
static void protected_and_refused(castkey_status want, size_t len)
{
    uint8_t protected_packet[sizeof packet];
    castkey_poc_client_event event;
    size_t protected_len = 0;
    OK(castkey_poc_distribution_protect_mbcp(&distribution, &env, packet, len, protected_packet, sizeof protected_packet,
                                             &protected_len));
    settle();
    event = event_of(CASTKEY_POC_CLIENT_MBCP, protected_packet, protected_len);
    protected_packet[protected_len - 1] ^= 1;
    CLIENT_REFUSED(CASTKEY_ERR_POC_BAD_MAC, &event);
    protected_packet[protected_len - 1] ^= 1;
    CLIENT_HEARD(want, &event);
    CLIENT_REFUSED(CASTKEY_ERR_POC_REPLAY, &event);
}

static size_t app(uint8_t subtype, const char *name, const uint8_t *body, size_t len)
{
    static const uint8_t ssrc[] = {0, 0, 0, 7};
    size_t all = (12 + len + 3) / 4 * 4;
    memset(packet, 0, sizeof packet);
    packet[0] = (uint8_t)(0x80 | subtype);
    packet[1] = 204;
    packet[3] = (uint8_t)(all / 4 - 1);
    memcpy(packet + 4, ssrc, 4);
    memcpy(packet + 8, name, 4);
    memcpy(packet + 12, body, len);
    return all;
}

#endif
