/* A client and a server of mission-critical services to be refused by, and messages to be altered. */
#ifndef STATUSES_MCX_H
#define STATUSES_MCX_H

#include "statuses_kms.h"
#include "mcx_ends.h"

static castkey_mcx_client client;
static castkey_mcx_server server;
static castkey_mcx_user rows[2];
static castkey_mcx_musik musik;
static castkey_mcx_action action;
static uint8_t text[CASTKEY_MCX_OUT_SIZE];
static size_t text_len;

/* A table for two. */
static castkey_mcx_user *row_of(void *user, const uint8_t *id, size_t len)
{
    castkey_octets name, impu, at_kms;
    (void)user;
    for (size_t i = 0; i < 2; i++) {
        if (castkey_mcx_user_names(&rows[i], &name, &impu, &at_kms) != CASTKEY_OK) {
            return NULL;
        }
        if (name.len == 0 || (name.len == len && memcmp(name.octets, id, len) == 0)) {
            return &rows[i];
        }
    }
    return NULL;
}

static const castkey_mcx_user *owner_of(void *user, uint32_t csk_id)
{
    uint32_t has = 0;
    (void)user;
    for (size_t i = 0; i < 2; i++) {
        if (castkey_mcx_user_has_csk(&rows[i], csk_id, &has) == CASTKEY_OK && has) {
            return &rows[i];
        }
    }
    return NULL;
}

static int32_t nobody(void *user, const uint8_t *uid, castkey_octets *id, castkey_octets *impu)
{
    (void)user, (void)uid, (void)id, (void)impu;
    return 1;
}

static castkey_mcx_table table = {row_of, owner_of, NULL, NULL};

/* Events with all that they may have. */
static castkey_mcx_client_event client_told(uint32_t kind)
{
    castkey_mcx_client_event e = client_event(kind);
    e.uri = TEXT(gms_UserUri);
    e.kms = TEXT(kms_KmsUri);
    e.octets = octets(text, text_len);
    return e;
}

static castkey_mcx_server_event server_told(uint32_t kind)
{
    castkey_mcx_server_event e = server_event(kind);
    e.octets = octets(text, text_len);
    e.musik = &musik;
    return e;
}

static castkey_status as_client(const castkey_mcx_entity *own, const castkey_mcx_client_event *event, castkey_mcx_time at,
                                size_t cap, castkey_mcx_action *to)
{
    return castkey_mcx_client_handle(&client, &env, own, event, at, out, cap, to);
}

static castkey_status as_server(const castkey_mcx_entity *own, const castkey_mcx_server_event *event, castkey_mcx_time at,
                                castkey_mcx_action *to)
{
    return castkey_mcx_server_handle(&server, &env, own, &table, event, at, out, sizeof out, to);
}

/* The client, as Alice. */
static castkey_status to_client(const castkey_mcx_client_event *event, unsigned later)
{
    castkey_mcx_entity own = entity(0);
    return as_client(&own, event, now(later), sizeof out, RESULT(castkey_mcx_action));
}

static castkey_status to_server(const castkey_mcx_server_event *event, unsigned later)
{
    castkey_mcx_entity own = entity(1);
    return as_server(&own, event, now(later), RESULT(castkey_mcx_action));
}

/* What a call that was done wants sent, to `text`. */
static void send(castkey_status done, int line)
{
    action = *RESULT(castkey_mcx_action);
    checked_status(done, CASTKEY_OK, "sends", line);
    checked(action.kind == CASTKEY_MCX_SEND, "sends", line);
    memcpy(text, out + action.offset, text_len = action.len);
    settle();
}

#define SEND(call) send((call), __LINE__)

/* A message that came and is refused in the action. Where it comes as far as its signature, the server counts it for its limit,
 * and where it is authentic, server and client remember it. */
static void said(castkey_status done, castkey_status want, int is_remembered, int line)
{
    action = *RESULT(castkey_mcx_action);
    checked(done == CASTKEY_OK && action.kind == CASTKEY_MCX_REFUSED, "no message is refused", line);
    memset(&results, 0xaa, sizeof results);
    if (is_remembered) {
        settle();
    }
    refused(action.detail, want, "a message", line);
}

#define SAID(want, call) said((call), (want), 0, __LINE__)
#define SAID_AND_REMEMBERED(want, call) said((call), (want), 1, __LINE__)

/* Where the first payload of this type begins in `text`, behind its GENERIC-ID map; its next payload octet is there. */
static size_t payload(uint8_t wanted)
{
    size_t at = 10;
    uint8_t type = text[2];
    for (unsigned n = text[9] == 2 ? text[8] : 0; n > 0; n--) {
        at += 3 + (text[at + 2] & 0x7fu);
        at += 2 + (size_t)text[at] * 256 + text[at + 1];
        at += 1 + text[at];
    }
    while (type != wanted && type != 4 && at + 5 < text_len) {
        size_t len = (size_t)text[at + 3] * 256 + text[at + 4] + 5;
        if (type == 5) {
            len = 10;
        } else if (type == 11) {
            len = 2 + (size_t)text[at + 1];
        } else if (type == 21) {
            len = (size_t)text[at + 2] * 256 + text[at + 3] + 4;
        }
        type = text[at];
        at += len;
    }
    CHECK(type == wanted);
    return at;
}

enum { IDR = 14, SP = 10, SAKKE = 26, EXT = 21, SIGN = 4 };

static void published(void) { memcpy(text, csk_i_message_hex, text_len = sizeof csk_i_message_hex); }

/* The server signs what has become of the message in `text`. */
static void sign_again(void)
{
    size_t at = payload(SIGN) + 2;
    OK(castkey_mcx_eccsi_sign(&gms, &env, text, at, text + at));
}

static void fresh(const castkey_mcx_algorithms *of_client, const castkey_mcx_algorithms *of_server)
{
    castkey_mcx_client_config c;
    castkey_mcx_server_config s;
    OK(castkey_mcx_client_config_default(&c));
    OK(castkey_mcx_server_config_default(&s));
    c.algorithms = of_client != NULL ? *of_client : c.algorithms;
    s.algorithms = of_server != NULL ? *of_server : s.algorithms;
    s.settings.require_sdp_ids = 1;
    OK(castkey_mcx_client_init(&client, sizeof client, &c));
    OK(castkey_mcx_server_init(&server, sizeof server, &s));
    OK(castkey_mcx_user_init(&rows[0], sizeof rows[0]));
    OK(castkey_mcx_user_init(&rows[1], sizeof rows[1]));
    settle();
}

#endif
