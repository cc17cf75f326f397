/* Mission-critical keys on a board: the published CSK message is opened, then a client uploads a CSK of its own, gets another one, and
 * both ends speak by it. Small tables, all memory static. A client has no server in it, of course: here it is the other end. */
#include "common.h"
#include "mcx_vectors.h"

#define TEXT(string) octets((string), sizeof(string) - 1)

/* Both ends hold the certificate of the KMS, and each its own keys. */
static castkey_mcx_kms kms;
static castkey_mcx_keys of_alice, of_server;

static castkey_mcx_client client;
static castkey_mcx_server server;
static castkey_mcx_user user;
static castkey_mcx_srtcp client_end, server_end;
static castkey_mcx_srtcp_keys sending, receiving;

static uint8_t out[CASTKEY_MCX_OUT_SIZE], message[CASTKEY_MCX_OUT_SIZE];
static castkey_mcx_action action;

static castkey_mcx_time later(unsigned seconds)
{
    castkey_mcx_time time = {0, 0, 0};
    time.seconds = (uint64_t)csk_ntp_seconds + seconds;
    return time;
}

/* A table with one row. */
static castkey_mcx_user *row_of(void *table, const uint8_t *id, size_t len)
{
    (void)id, (void)len;
    return (castkey_mcx_user *)table;
}

static const castkey_mcx_user *owner_of(void *table, uint32_t csk_id)
{
    const castkey_mcx_user *row = (const castkey_mcx_user *)table;
    uint32_t has = 0;
    return castkey_mcx_user_has_csk(row, csk_id, &has) == CASTKEY_OK && has ? row : NULL;
}

static const castkey_mcx_table table = {row_of, owner_of, NULL, &user};

/* What the KMS gave out is checked before it is used. */
static void prepare(void)
{
    castkey_mcx_certificate certificate;
    castkey_mcx_key_set set;
    memset(&certificate, 0, sizeof certificate);
    certificate.kms_uri = TEXT(kms_KmsUri);
    certificate.period_s = kms_UserKeyPeriod;
    certificate.offset_s = kms_UserKeyOffset;
    certificate.user_id_format = 2;
    certificate.parameter_set = 1;
    certificate.pub_enc_key = kms_PubEncKey;
    certificate.pub_auth_key = kms_PubAuthKey;
    OK(castkey_mcx_kms_prepare(&kms, sizeof kms, &certificate, later(0)));
    memset(&set, 0, sizeof set);
    set.kms_uri = TEXT(kms_KmsUri);
    set.user_uri = TEXT(alice_UserUri);
    set.period = alice_KeyPeriodNo;
    set.user_id = alice_UserID;
    set.decrypt_key = alice_UserDecryptKey;
    set.signing_key = alice_UserSigningKeySSK;
    set.pub_token = alice_UserPubTokenPVT;
    OK(castkey_mcx_keys_prepare(&of_alice, sizeof of_alice, &kms, &set));
    set.user_uri = TEXT(gms_UserUri);
    set.period = gms_KeyPeriodNo;
    set.user_id = gms_UserID;
    set.decrypt_key = gms_UserDecryptKey;
    set.signing_key = gms_UserSigningKeySSK;
    set.pub_token = gms_UserPubTokenPVT;
    OK(castkey_mcx_keys_prepare(&of_server, sizeof of_server, &kms, &set));
}

static void fresh(void)
{
    castkey_mcx_client_config of_client;
    castkey_mcx_server_config config;
    OK(castkey_mcx_client_config_default(&of_client));
    OK(castkey_mcx_client_init(&client, sizeof client, &of_client));
    OK(castkey_mcx_server_config_default(&config));
    OK(castkey_mcx_server_init(&server, sizeof server, &config));
    OK(castkey_mcx_user_init(&user, sizeof user));
    OK(castkey_mcx_srtcp_init(&client_end, sizeof client_end, 1, 0));
    OK(castkey_mcx_srtcp_init(&server_end, sizeof server_end, 2, 0));
}

static castkey_mcx_entity entity(castkey_octets uri, const castkey_mcx_keys *const *keys)
{
    static const castkey_mcx_kms *const all_kms[] = {&kms};
    castkey_mcx_entity own;
    memset(&own, 0, sizeof own);
    own.uri = uri;
    own.kms_uri = TEXT(kms_KmsUri);
    own.kms = all_kms;
    own.n_kms = 1;
    own.keys = keys;
    own.n_keys = 1;
    return own;
}

static castkey_mcx_client_event of_client(uint32_t kind)
{
    castkey_mcx_client_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    return event;
}

static castkey_mcx_server_event of_server_event(uint32_t kind)
{
    castkey_mcx_server_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.user = TEXT(alice_UserUri);
    event.impu = TEXT("sip:alice-impu@example.org");
    event.kms = TEXT(kms_KmsUri);
    return event;
}

static void to_client(castkey_mcx_client_event event, unsigned seconds, uint32_t want)
{
    static const castkey_mcx_keys *const keys[] = {&of_alice};
    castkey_mcx_entity own = entity(TEXT(alice_UserUri), keys);
    OK(castkey_mcx_client_handle(&client, &env, &own, &event, later(seconds), out, sizeof out, &action));
    CHECK(action.kind == want);
}

static void to_server(castkey_mcx_server_event event, unsigned seconds, uint32_t want)
{
    static const castkey_mcx_keys *const keys[] = {&of_server};
    castkey_mcx_entity own = entity(TEXT(gms_UserUri), keys);
    OK(castkey_mcx_server_handle(&server, &env, &own, &table, &event, later(seconds), out, sizeof out, &action));
    CHECK(action.kind == want);
}

static castkey_octets sent(void)
{
    memcpy(message, out + action.offset, action.len);
    return octets(message, action.len);
}

/* The published message, and the packet and the keys of XML that belong to it. A changed signature is refused. */
static void published(void)
{
    castkey_mcx_server_event upload = of_server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_xml_keys xml;
    uint8_t plain[sizeof packet_plain];
    size_t len = 0;
    upload.octets = OCTETS(forged_i_message_hex);
    to_server(upload, 0, CASTKEY_MCX_REFUSED);
    CHECK(action.detail == CASTKEY_ERR_MCX_UNAUTHENTIC);
    upload.octets = OCTETS(csk_i_message_hex);
    to_server(upload, 0, CASTKEY_MCX_CSK_BOUND);
    CHECK(action.key_id == 0x2ddd5bf0u && action.algorithm == CASTKEY_MCX_ALGORITHM_AES_128);
    OK(castkey_mcx_server_received_xml(&server, &user, action.key_id, (const uint8_t *)alice_UserUri, sizeof alice_UserUri - 1, later(1),
                                       &xml));
    SAME(xml.confidentiality, sizeof xml.confidentiality, xpk_confidentiality_fc51);
    SAME(xml.integrity, sizeof xml.integrity, xpk_integrity_fc52);
    OK(castkey_mcx_server_received_srtcp(&server, &user, packet_protected, sizeof packet_protected, CASTKEY_MCX_MCPTT, later(1), &receiving,
                                         sizeof receiving));
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &receiving, packet_protected, sizeof packet_protected, plain, sizeof plain, &len));
    SAME(plain, len, packet_plain);
    to_server(upload, 2, CASTKEY_MCX_REFUSED);
    CHECK(action.detail == CASTKEY_ERR_MCX_REPLAY);
    board_print("the published CSK message: opened, its packet too\n");
}

/* One packet up. */
static void speak(unsigned seconds)
{
    static const uint8_t rtcp[] = {0x80, 204, 0, 2, 0, 0, 0, 1, 'M', 'C', 'P', 'T'};
    uint8_t packet[64], plain[64];
    size_t len = 0, back = 0;
    OK(castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCPTT, later(seconds), &sending, sizeof sending));
    OK(castkey_mcx_srtcp_protect(&client_end, &env, &sending, rtcp, sizeof rtcp, packet, sizeof packet, &len));
    OK(castkey_mcx_server_received_srtcp(&server, &user, packet, len, CASTKEY_MCX_MCPTT, later(seconds), &receiving, sizeof receiving));
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &receiving, packet, len, plain, sizeof plain, &back));
    SAME(plain, back, rtcp);
}

static void client_speaks(void)
{
    castkey_mcx_client_event mine = of_client(CASTKEY_MCX_CLIENT_REGISTER);
    castkey_mcx_server_event came = of_server_event(CASTKEY_MCX_SERVER_UPLOAD);
    uint32_t first;
    mine.uri = TEXT(gms_UserUri);
    mine.kms = TEXT(kms_KmsUri);
    to_client(mine, 0, CASTKEY_MCX_REGISTERED);
    mine = of_client(CASTKEY_MCX_CLIENT_UPLOAD);
    mine.form.services = CASTKEY_MCX_MCPTT;
    to_client(mine, 0, CASTKEY_MCX_SEND);
    came.octets = sent();
    to_server(came, 1, CASTKEY_MCX_CSK_BOUND);
    first = action.key_id;
    to_client(of_client(CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED), 1, CASTKEY_MCX_CSK_IN_USE);
    speak(2);
    board_print("a CSK of the client's: uploaded, in use\n");

    to_server(of_server_event(CASTKEY_MCX_SERVER_SEND_CSK), 3, CASTKEY_MCX_SEND);
    mine = of_client(CASTKEY_MCX_CLIENT_DOWNLOAD);
    mine.octets = sent();
    to_client(mine, 4, CASTKEY_MCX_CSK_STORED);
    CHECK(action.key_id != first);
    to_server(of_server_event(CASTKEY_MCX_SERVER_CSK_TAKEN), 5, CASTKEY_MCX_CSK_BOUND);
    speak(6);
    board_print("a CSK of the server's: downloaded, in use\n");
}

int main(void)
{
    prepare();
    fresh();
    published();
    fresh();
    client_speaks();
    castkey_mcx_client_wipe(&client);
    castkey_mcx_keys_wipe(&of_alice);
    return 0;
}
