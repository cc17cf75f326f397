/* Mission-critical keys on a board: the published CSK message is opened, then a client uploads a CSK of its own, gets another one, and
 * both ends speak by it. Small tables, all memory static. A client has no server in it, of course: here it is the other end. Both
 * hold the certificate of the KMS, and each its own keys. */
#include "common.h"
#include "mcx_ends.h"

static castkey_mcx_client client;
static castkey_mcx_server server;
static castkey_mcx_user user;
static castkey_mcx_srtcp client_end, server_end;
static castkey_mcx_srtcp_keys sending, receiving;

static uint8_t out[CASTKEY_MCX_OUT_SIZE], message[CASTKEY_MCX_OUT_SIZE];
static castkey_mcx_action action;

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

static void to_client(castkey_mcx_client_event event, unsigned seconds, uint32_t want)
{
    castkey_mcx_entity own = entity(0);
    OK(castkey_mcx_client_handle(&client, &env, &own, &event, now(seconds), out, sizeof out, &action));
    CHECK(action.kind == want);
}

static void to_server(castkey_mcx_server_event event, unsigned seconds, uint32_t want)
{
    castkey_mcx_entity own = entity(1);
    OK(castkey_mcx_server_handle(&server, &env, &own, &table, &event, now(seconds), out, sizeof out, &action));
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
    castkey_mcx_server_event upload = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_xml_keys xml;
    uint8_t plain[sizeof packet_plain];
    size_t len = 0;
    upload.octets = OCTETS(forged_i_message_hex);
    to_server(upload, 0, CASTKEY_MCX_REFUSED);
    CHECK(action.detail == CASTKEY_ERR_MCX_UNAUTHENTIC);
    upload.octets = OCTETS(csk_i_message_hex);
    to_server(upload, 0, CASTKEY_MCX_CSK_BOUND);
    CHECK(action.key_id == 0x2ddd5bf0u && action.algorithm == CASTKEY_MCX_ALGORITHM_AES_128);
    OK(castkey_mcx_server_received_xml(&server, &user, action.key_id, (const uint8_t *)alice_UserUri, sizeof alice_UserUri - 1, now(1),
                                       &xml));
    SAME(xml.confidentiality, sizeof xml.confidentiality, xpk_confidentiality_fc51);
    SAME(xml.integrity, sizeof xml.integrity, xpk_integrity_fc52);
    OK(castkey_mcx_server_received_srtcp(&server, &user, packet_protected, sizeof packet_protected, CASTKEY_MCX_MCPTT, now(1), &receiving,
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
    OK(castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCPTT, now(seconds), &sending, sizeof sending));
    OK(castkey_mcx_srtcp_protect(&client_end, &env, &sending, rtcp, sizeof rtcp, packet, sizeof packet, &len));
    OK(castkey_mcx_server_received_srtcp(&server, &user, packet, len, CASTKEY_MCX_MCPTT, now(seconds), &receiving, sizeof receiving));
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &receiving, packet, len, plain, sizeof plain, &back));
    SAME(plain, back, rtcp);
}

static void client_speaks(void)
{
    castkey_mcx_client_event mine = client_event(CASTKEY_MCX_CLIENT_REGISTER);
    castkey_mcx_server_event came = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    uint32_t first;
    mine.uri = TEXT(gms_UserUri);
    mine.kms = TEXT(kms_KmsUri);
    to_client(mine, 0, CASTKEY_MCX_REGISTERED);
    mine = client_event(CASTKEY_MCX_CLIENT_UPLOAD);
    mine.form.services = CASTKEY_MCX_MCPTT;
    to_client(mine, 0, CASTKEY_MCX_SEND);
    came.octets = sent();
    to_server(came, 1, CASTKEY_MCX_CSK_BOUND);
    first = action.key_id;
    to_client(client_event(CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED), 1, CASTKEY_MCX_CSK_IN_USE);
    speak(2);
    board_print("a CSK of the client's: uploaded, in use\n");

    to_server(server_event(CASTKEY_MCX_SERVER_SEND_CSK), 3, CASTKEY_MCX_SEND);
    mine = client_event(CASTKEY_MCX_CLIENT_DOWNLOAD);
    mine.octets = sent();
    to_client(mine, 4, CASTKEY_MCX_CSK_STORED);
    CHECK(action.key_id != first);
    to_server(server_event(CASTKEY_MCX_SERVER_CSK_TAKEN), 5, CASTKEY_MCX_CSK_BOUND);
    speak(6);
    board_print("a CSK of the server's: downloaded, in use\n");
}

int main(void)
{
    prepare_keys();
    fresh();
    published();
    fresh();
    client_speaks();
    castkey_mcx_client_wipe(&client);
    castkey_mcx_keys_wipe(&alice);
    return 0;
}
