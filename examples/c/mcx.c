/* Mission-critical signalling: a KMS, a server and its users. Every user uploads a CSK, sends a protected packet by it, and gets a
 * MuSiK. The server finds rows by two indices, as one with very many users does. All memory is static.
 *
 *     cc -I capi/include examples/c/mcx.c -L target/c-interface -lcastkey
 */
#include "common.h"
#include <time.h>

enum { USERS = 3, SLOTS = 64 };

#define TEXT(string) octets((string), strlen(string))

static const char kms_uri[] = "kms.example.org", server_uri[] = "sip:server@example.org";

/* What the KMS gives out: its certificate, and the keys of one identity. */
static castkey_mcx_issuer issuer;
static uint8_t z[CASTKEY_MCX_SAKKE_POINT_LEN], kpak[CASTKEY_MCX_ECCSI_POINT_LEN];
static castkey_mcx_certificate certificate;
static uint64_t period;

/* Both ends hold the certificate of the KMS, prepared once. */
static castkey_mcx_kms kms;

/* A user: at the other end of the network. */
static struct user {
    char uri[32];
    castkey_mcx_keys keys;
    castkey_mcx_client client;
    castkey_mcx_srtcp end;
} users[USERS];

/* The server: its keys, a pool of rows, an index by user and one by CSK-ID. */
static castkey_mcx_server server;
static castkey_mcx_keys server_keys;
static castkey_mcx_user pool[USERS];
static size_t taken;
static castkey_mcx_user *by_user[SLOTS], *by_csk[SLOTS];
static castkey_mcx_srtcp server_end;

static castkey_mcx_time now;
static uint8_t out[CASTKEY_MCX_OUT_SIZE];

static size_t slot_of(const void *at, size_t len)
{
    const uint8_t *octet = (const uint8_t *)at;
    uint32_t hash = 2166136261u;
    while (len-- > 0) {
        hash = (hash ^ *octet++) * 16777619u;
    }
    return hash % SLOTS;
}

/* A row of the pool for whoever comes first; a full pool is an answer, too. */
static castkey_mcx_user *row_of(void *unused, const uint8_t *id, size_t len)
{
    size_t slot = slot_of(id, len);
    castkey_octets name, impu, at;
    (void)unused;
    for (; by_user[slot] != NULL; slot = (slot + 1) % SLOTS) {
        MUST(castkey_mcx_user_names(by_user[slot], &name, &impu, &at));
        /* A row without a name is nobody's: its user logged off, or never got so far. */
        if (name.len == 0 || (name.len == len && memcmp(name.octets, id, len) == 0)) {
            return by_user[slot];
        }
    }
    if (taken == USERS) {
        return NULL;
    }
    MUST(castkey_mcx_user_init(&pool[taken], sizeof pool[taken]));
    return by_user[slot] = &pool[taken++];
}

/* The index follows the actions; an entry that the row denies is out of date. */
static const castkey_mcx_user *owner_of(void *unused, uint32_t csk_id)
{
    size_t slot = slot_of(&csk_id, sizeof csk_id);
    uint32_t has = 0;
    (void)unused;
    for (; by_csk[slot] != NULL; slot = (slot + 1) % SLOTS) {
        MUST(castkey_mcx_user_has_csk(by_csk[slot], csk_id, &has));
        if (has) {
            return by_csk[slot];
        }
    }
    return NULL;
}

static void index_csk(uint32_t csk_id, castkey_mcx_user *row)
{
    size_t slot = slot_of(&csk_id, sizeof csk_id);
    while (by_csk[slot] != NULL) {
        slot = (slot + 1) % SLOTS;
    }
    by_csk[slot] = row;
}

/* The keys of an identity: made by the KMS, checked and made ready by whom they are for. */
static void give_keys(const char *uri, castkey_mcx_keys *keys)
{
    castkey_mcx_issued made;
    castkey_mcx_key_set set;
    memset(&set, 0, sizeof set);
    MUST(castkey_mcx_issuer_issue(&issuer, &env, &certificate, (const uint8_t *)uri, strlen(uri), period, &made));
    set.kms_uri = TEXT(kms_uri);
    set.user_uri = TEXT(uri);
    set.period = period;
    set.user_id = made.user_id;
    set.decrypt_key = made.decrypt_key;
    set.signing_key = made.signing_key;
    set.pub_token = made.pub_token;
    MUST(castkey_mcx_keys_prepare(keys, sizeof *keys, &kms, &set));
    memset(&made, 0, sizeof made);
}

static castkey_mcx_action to_client(struct user *user, castkey_mcx_client_event event)
{
    const castkey_mcx_kms *all_kms[1] = {&kms};
    const castkey_mcx_keys *all_keys[1];
    castkey_mcx_entity own;
    castkey_mcx_action action;
    memset(&own, 0, sizeof own);
    all_keys[0] = &user->keys;
    own.uri = TEXT(user->uri);
    own.kms_uri = TEXT(kms_uri);
    own.kms = all_kms;
    own.keys = all_keys;
    own.n_kms = own.n_keys = 1;
    MUST(castkey_mcx_client_handle(&user->client, &env, &own, &event, now, out, sizeof out, &action));
    if (action.kind == CASTKEY_MCX_REFUSED) {
        must(action.detail, "message to a client");
    }
    return action;
}

static castkey_mcx_action to_server(castkey_mcx_server_event event)
{
    static const castkey_mcx_table table = {row_of, owner_of, NULL, NULL};
    const castkey_mcx_kms *all_kms[1] = {&kms};
    const castkey_mcx_keys *all_keys[1] = {&server_keys};
    castkey_mcx_entity own;
    castkey_mcx_action action;
    memset(&own, 0, sizeof own);
    own.uri = TEXT(server_uri);
    own.kms_uri = TEXT(kms_uri);
    own.kms = all_kms;
    own.keys = all_keys;
    own.n_kms = own.n_keys = 1;
    MUST(castkey_mcx_server_handle(&server, &env, &own, &table, &event, now, out, sizeof out, &action));
    if (action.kind == CASTKEY_MCX_REFUSED) {
        must(action.detail, "message to the server");
    }
    return action;
}

static void set_up(void)
{
    castkey_mcx_server_config config;
    now.seconds = (uint64_t)time(NULL) + CASTKEY_MCX_UNIX_EPOCH_S;
    MUST(castkey_mcx_issuer_init(&issuer, sizeof issuer, &env));
    MUST(castkey_mcx_issuer_public(&issuer, z, kpak));
    certificate.kms_uri = TEXT(kms_uri);
    certificate.period_s = 2592000;
    certificate.user_id_format = 2;
    certificate.parameter_set = 1;
    certificate.pub_enc_key = z;
    certificate.pub_auth_key = kpak;
    MUST(castkey_mcx_key_period(certificate.period_s, certificate.offset_s, now, &period));
    MUST(castkey_mcx_kms_prepare(&kms, sizeof kms, &certificate, now));
    give_keys(server_uri, &server_keys);
    MUST(castkey_mcx_server_config_default(&config));
    MUST(castkey_mcx_server_init(&server, sizeof server, &config));
    MUST(castkey_mcx_srtcp_init(&server_end, sizeof server_end, 1000, 0));
}

/* The CSK goes to the server, and a packet by it. */
static void upload(struct user *user, uint32_t ssrc)
{
    uint8_t rtcp[12] = {0x80, 204, 0, 2, 0, 0, 0, 0, 'M', 'C', 'P', 'T'}, packet[64], plain[64];
    static uint8_t message[CASTKEY_MCX_OUT_SIZE];
    castkey_mcx_client_config config;
    castkey_mcx_client_event event;
    castkey_mcx_server_event came;
    castkey_mcx_action action;
    castkey_mcx_srtcp_keys sending, receiving;
    const castkey_mcx_user *row;
    uint32_t key_id;
    size_t len, back;

    MUST(castkey_mcx_client_config_default(&config));
    MUST(castkey_mcx_client_init(&user->client, sizeof user->client, &config));
    MUST(castkey_mcx_srtcp_init(&user->end, sizeof user->end, ssrc, 0));
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_MCX_CLIENT_REGISTER;
    event.uri = TEXT(server_uri);
    event.kms = TEXT(kms_uri);
    to_client(user, event);
    event.kind = CASTKEY_MCX_CLIENT_UPLOAD;
    event.form.services = CASTKEY_MCX_MCPTT;
    action = to_client(user, event);
    memcpy(message, out + action.offset, action.len);

    memset(&came, 0, sizeof came);
    came.kind = CASTKEY_MCX_SERVER_UPLOAD;
    came.user = came.impu = TEXT(user->uri);
    came.octets = octets(message, action.len);
    action = to_server(came);
    index_csk(action.key_id, row_of(NULL, came.user.octets, came.user.len));
    printf("%s is bound to CSK %08x\n", user->uri, (unsigned)action.key_id);
    event.kind = CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED;
    to_client(user, event);

    rtcp[7] = (uint8_t)ssrc;
    MUST(castkey_mcx_client_uplink_srtcp(&user->client, CASTKEY_MCX_MCPTT, now, &sending, sizeof sending));
    MUST(castkey_mcx_srtcp_protect(&user->end, &env, &sending, rtcp, sizeof rtcp, packet, sizeof packet, &len));
    MUST(castkey_mcx_srtcp_key_id(packet, len, &key_id));
    row = owner_of(NULL, key_id);
    MUST(castkey_mcx_server_received_srtcp(&server, row, packet, len, CASTKEY_MCX_MCPTT, now, &receiving, sizeof receiving));
    MUST(castkey_mcx_srtcp_unprotect(&server_end, &env, &receiving, packet, len, plain, sizeof plain, &back));
    must(back == sizeof rtcp && memcmp(plain, rtcp, back) == 0 ? CASTKEY_OK : CASTKEY_ERR_MCX_UNAUTHENTIC, "packet");
    castkey_mcx_srtcp_keys_wipe(&sending);
    castkey_mcx_srtcp_keys_wipe(&receiving);
}

int main(void)
{
    static castkey_mcx_musik musik;
    static uint8_t message[CASTKEY_MCX_OUT_SIZE];
    castkey_mcx_server_event send;
    castkey_mcx_form form;
    set_up();
    for (unsigned i = 0; i < USERS; i++) {
        sprintf(users[i].uri, "sip:user%u@example.org", i);
        give_keys(users[i].uri, &users[i].keys);
        upload(&users[i], i + 1);
    }
    memset(&form, 0, sizeof form);
    MUST(castkey_mcx_server_new_musik(&server, &env, CASTKEY_MCX_ALGORITHM_AES_128, &form, NULL, 0, now, &musik, sizeof musik));
    for (unsigned i = 0; i < USERS; i++) {
        castkey_mcx_client_event came;
        castkey_mcx_action action;
        memset(&send, 0, sizeof send);
        send.kind = CASTKEY_MCX_SERVER_SEND_MUSIK;
        send.user = TEXT(users[i].uri);
        send.kms = TEXT(kms_uri);
        send.musik = &musik;
        action = to_server(send);
        memcpy(message, out + action.offset, action.len);
        memset(&came, 0, sizeof came);
        came.kind = CASTKEY_MCX_CLIENT_DOWNLOAD;
        came.octets = octets(message, action.len);
        action = to_client(&users[i], came);
        printf("%s holds MuSiK %08x\n", users[i].uri, (unsigned)action.key_id);
    }
    for (unsigned i = 0; i < USERS; i++) {
        castkey_mcx_client_wipe(&users[i].client);
        castkey_mcx_keys_wipe(&users[i].keys);
        castkey_mcx_user_wipe(&pool[i]);
    }
    castkey_mcx_musik_wipe(&musik);
    castkey_mcx_keys_wipe(&server_keys);
    castkey_mcx_server_wipe(&server);
    castkey_mcx_issuer_wipe(&issuer);
    return 0;
}
