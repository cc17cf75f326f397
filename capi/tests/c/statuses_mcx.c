/* Every status of the mission-critical client and server, and those of decoding that no MBMS message reaches, each by a call that
 * returns it or an action that says it; what is refused changes nothing but what remembers authentic messages. */
#include "statuses_mcx.h"

static void alter(size_t at, uint8_t with)
{
    published();
    text[at] ^= with;
}

/* The published message altered, and for whom it is not. */
static void uploads(void)
{
    static const uint8_t dh_of_group_3[] = {1, 4, 3, 0, 0, 0, 0, 0, 0, 1, 0, 3};
    castkey_mcx_server_event e;
    castkey_mcx_entity own = entity(1);
    castkey_mcx_server_config limited;
    castkey_mcx_key *key = RESULT(castkey_mcx_key);
    castkey_mcx_time earlier = now(0);
    fresh(NULL, NULL);
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_server_csk(&server, &rows[0], now(0), key));
    published();
    e = server_told(CASTKEY_MCX_SERVER_UPLOAD);
    e.octets = OCTETS(dh_of_group_3);
    SAID(CASTKEY_ERR_BAD_LENGTH, to_server(&e, 0));
    e.octets = octets(text, text_len);
    alter(payload(SIGN), 0x10);
    SAID(CASTKEY_ERR_UNSUPPORTED_SIGNATURE, to_server(&e, 0));
    alter(payload(SAKKE) + 1, 3);
    SAID(CASTKEY_ERR_UNSUPPORTED_SAKKE, to_server(&e, 0));
    alter(payload(IDR) + 1, 0x40);
    SAID(CASTKEY_ERR_BAD_IDENTITY, to_server(&e, 0));
    alter(3, 1);
    SAID(CASTKEY_ERR_UNSUPPORTED_PRF, to_server(&e, 0));
    alter(4, 0xf0);
    SAID(CASTKEY_ERR_MCX_UNKNOWN_PURPOSE_TAG, to_server(&e, 0));
    alter(4, 0x40);
    SAID(CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG, to_server(&e, 0));
    alter(10, 0x40);
    SAID(CASTKEY_ERR_MCX_BAD_CS_ID_MAP, to_server(&e, 0));
    alter(payload(SP) + 7, 7);
    SAID(CASTKEY_ERR_MCX_POLICY_BELOW_FLOOR, to_server(&e, 0));
    alter(text_len - 1, 1);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_UNAUTHENTIC, to_server(&e, 0));
    SAID(CASTKEY_ERR_MCX_UNAUTHENTIC, to_server(&e, 0));
    published();
    SAID(CASTKEY_ERR_MCX_STALE_TIMESTAMP, to_server(&e, 61));
    earlier.seconds -= 61;
    SAID(CASTKEY_ERR_MCX_FUTURE_TIMESTAMP, as_server(&own, &e, earlier, RESULT(castkey_mcx_action)));
    e.sdp_ids = TEXT("mikey");
    SAID(CASTKEY_ERR_MCX_SDP_IDS_MISMATCH, to_server(&e, 0));
    e.sdp_ids = octets(NULL, 0);
    own.uri = TEXT(alice_UserUri);
    SAID(CASTKEY_ERR_MCX_NOT_RESPONDER, as_server(&own, &e, now(0), RESULT(castkey_mcx_action)));
    own = entity(1);
    own.n_keys = 0;
    SAID(CASTKEY_ERR_MCX_NO_KEY_MATERIAL, as_server(&own, &e, now(0), RESULT(castkey_mcx_action)));
    own.n_kms = 0;
    SAID(CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED, as_server(&own, &e, now(0), RESULT(castkey_mcx_action)));
    checked_octets(action.kms.octets, action.kms.len, kms_KmsUri, sizeof kms_KmsUri - 1, "the KMS", __LINE__);
    e.user = octets(NULL, 0);
    SAID(CASTKEY_ERR_MCX_MISSING_IDENTITY, to_server(&e, 0));
    table.who = nobody;
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_NOT_BOUND, to_server(&e, 0));
    table.who = NULL;
    e.user = TEXT(gms_UserUri);
    SAID(CASTKEY_ERR_MCX_REPLAY, to_server(&e, 0));
    fresh(NULL, NULL);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_IDENTITY_MISMATCH, to_server(&e, 0));
    e.user = TEXT(alice_UserUri);
    table.row = NULL;
    REFUSED(CASTKEY_ERR_NULL, to_server(&e, 0));
    table.row = row_of;

    OK(castkey_mcx_server_config_default(&limited));
    limited.algorithms.n_supported = 0;
    REFUSED(CASTKEY_ERR_MCX_BAD_ALGORITHMS, castkey_mcx_server_init(&server, sizeof server, &limited));
    OK(castkey_mcx_server_config_default(&limited));
    limited.limit.burst = CASTKEY_MCX_OPEN_COST - 1;
    limited.limit.per_s = 0;
    OK(castkey_mcx_server_init(&server, sizeof server, &limited));
    settle();
    e.user = TEXT(alice_UserUri);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_RATE_LIMITED, to_server(&e, 0));
}

#define UPLINK_XML(later) castkey_mcx_client_uplink_xml(&client, long_uri, 1, now(later), RESULT(castkey_mcx_xml_keys))
#define RECEIVED_XML(how, later) \
    castkey_mcx_client_received_xml(&client, action.key_id, how, long_uri, 1, now(later), RESULT(castkey_mcx_xml_keys))

static void the_client(void)
{
    castkey_mcx_algorithms none;
    castkey_mcx_client_config config;
    castkey_mcx_client_event e = client_told(CASTKEY_MCX_CLIENT_UPLOAD), redirect = client_told(CASTKEY_MCX_CLIENT_REDIRECTED);
    castkey_mcx_entity own = entity(0);
    castkey_mcx_action *did = RESULT(castkey_mcx_action);
    castkey_mcx_time late = now(0);
    fresh(NULL, NULL);
    late.seconds += 2 * (uint64_t)kms_UserKeyPeriod;
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_client_csk(&client, now(0), RESULT(castkey_mcx_key)));
    REFUSED(CASTKEY_ERR_MCX_MISSING_IDENTITY, to_client(&e, 0));
    e.kind = CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED;
    REFUSED(CASTKEY_ERR_MCX_WRONG_STATE, to_client(&e, 0));
    e.kind = CASTKEY_MCX_CLIENT_REGISTER;
    e.uri = octets(long_uri, 256);
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, to_client(&e, 0));
    e.uri = TEXT(gms_UserUri);
    DONE(to_client(&e, 0));
    REFUSED(CASTKEY_ERR_MCX_WRONG_STATE, to_client(&e, 0));

    e.kind = CASTKEY_MCX_CLIENT_UPLOAD;
    REFUSED(CASTKEY_ERR_MCX_NO_KEY_MATERIAL, as_client(&own, &e, late, sizeof out, did));
    own.n_kms = 0;
    REFUSED(CASTKEY_ERR_MCX_NOT_AUTHORIZED, as_client(&own, &e, now(0), sizeof out, did));
    own = entity(0);
    REFUSED(CASTKEY_ERR_BUFFER_TOO_SMALL, as_client(&own, &e, now(0), 100, did));
    e.select = 3;
    REFUSED(CASTKEY_ERR_MCX_BAD_ALGORITHMS, to_client(&e, 0));
    e.select = 0;
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_MCX_RNG_FAILED, to_client(&e, 0));
    env.rng.fill = count_up;
    REFUSED(CASTKEY_ERR_MCX_WRONG_STATE, to_client(&redirect, 0));
    SEND(to_client(&e, 0));
    redirect.kms = TEXT("kms.example.org");
    REFUSED(CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED, to_client(&redirect, 0));
    redirect.kms = TEXT(kms_KmsUri);
    for (unsigned followed = 0; followed < 3; followed++) {
        SEND(to_client(&redirect, 0));
    }
    REFUSED(CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS, to_client(&redirect, 0));

    /* A CSK for later. */
    e.kind = CASTKEY_MCX_CLIENT_UPLOAD_FAILED;
    DONE(to_client(&e, 0));
    e.kind = CASTKEY_MCX_CLIENT_UPLOAD;
    e.form.sdp_ids = octets(long_uri, sizeof long_uri);
    REFUSED(CASTKEY_ERR_FIELD_TOO_LONG, to_client(&e, 0));
    e.form.sdp_ids = octets(NULL, 0);
    e.form.has_parameters = 1;
    e.form.text = octets(long_uri, 2000);
    REFUSED(CASTKEY_ERR_MCX_INCONSISTENT, to_client(&e, 0));
    e.form.text = octets(NULL, 0);
    e.form.services = CASTKEY_MCX_MCPTT;
    e.form.has_parameters = 1;
    e.form.activation = now(1000);
    e.form.expiry = now(2000);
    SEND(to_client(&e, 0));
    e.kind = CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED;
    OK(to_client(&e, 0));
    action = *did;
    settle();
    REFUSED(CASTKEY_ERR_MCX_NOT_YET_ACTIVE, castkey_mcx_client_csk(&client, now(999), RESULT(castkey_mcx_key)));
    REFUSED(CASTKEY_ERR_MCX_KEY_EXPIRED, castkey_mcx_client_csk(&client, now(2000), RESULT(castkey_mcx_key)));
    REFUSED(CASTKEY_ERR_MCX_NOT_YET_ACTIVE, UPLINK_XML(999));
    REFUSED(CASTKEY_ERR_MCX_KEY_EXPIRED, UPLINK_XML(2000));
    REFUSED(CASTKEY_ERR_MCX_NOT_YET_ACTIVE, RECEIVED_XML(CASTKEY_MCX_UNICAST_DOWNLINK, 900));
    REFUSED(CASTKEY_ERR_MCX_KEY_EXPIRED, RECEIVED_XML(CASTKEY_MCX_UNICAST_DOWNLINK, 2000));
    REFUSED(CASTKEY_ERR_MCX_WRONG_USE, RECEIVED_XML(CASTKEY_MCX_MULTICAST_DOWNLINK, 1000));
    REFUSED(CASTKEY_ERR_MCX_NOT_YET_ACTIVE, castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCPTT, now(999), &srtcp_keys,
                                                                            sizeof srtcp_keys));
    REFUSED(CASTKEY_ERR_MCX_MALFORMED,
            castkey_mcx_client_received_srtcp(&client, text, 3, CASTKEY_MCX_UNICAST_DOWNLINK, CASTKEY_MCX_MCPTT, now(1000),
                                              &srtcp_keys, sizeof srtcp_keys));
    REFUSED(CASTKEY_ERR_MCX_WRONG_USE, castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCVIDEO, now(1000), &srtcp_keys,
                                                                       sizeof srtcp_keys));
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_client_forget_musik(&client, &env, 0x60000001u));

    OK(castkey_mcx_client_config_default(&config));
    none = config.algorithms;
    config.algorithms.supported[1] = config.algorithms.supported[0];
    config.algorithms.n_supported = 2;
    REFUSED(CASTKEY_ERR_MCX_BAD_ALGORITHMS, castkey_mcx_client_init(&client, sizeof client, &config));
    config.algorithms = none;
    config.algorithms.n_floor = 0;
    REFUSED(CASTKEY_ERR_MCX_BAD_ALGORITHMS, castkey_mcx_client_init(&client, sizeof client, &config));
}

static castkey_mcx_algorithms both(uint8_t first, uint8_t second)
{
    castkey_mcx_algorithms a;
    memset(&a, 0, sizeof a);
    a.supported[0] = a.floor[0] = first;
    a.supported[1] = a.floor[1] = second;
    a.n_supported = a.n_floor = 2;
    a.otherwise = first;
    a.strict_preference = 1;
    return a;
}

/* Registered, with a CSK of the algorithm `select` that the server has bound. */
static void keyed(const castkey_mcx_algorithms *of_client, const castkey_mcx_algorithms *of_server, uint32_t select)
{
    castkey_mcx_client_event c = client_told(CASTKEY_MCX_CLIENT_REGISTER);
    castkey_mcx_server_event s;
    fresh(of_client, of_server);
    DONE(to_client(&c, 0));
    c.kind = CASTKEY_MCX_CLIENT_UPLOAD;
    c.select = select;
    SEND(to_client(&c, 0));
    s = server_told(CASTKEY_MCX_SERVER_UPLOAD);
    DONE(to_server(&s, 0));
    c.kind = CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED;
    DONE(to_client(&c, 0));
}

/* A CSK from the server, to `text`, and forgotten there. */
static void csk_from_server(uint32_t select, unsigned later)
{
    castkey_mcx_server_event s = server_told(CASTKEY_MCX_SERVER_SEND_CSK);
    s.select = select;
    SEND(to_server(&s, later));
    s.kind = CASTKEY_MCX_SERVER_CSK_REFUSED;
    DONE(to_server(&s, later));
}

static void negotiation(void)
{
    castkey_mcx_algorithms two = both(1, 2), other = both(2, 3);
    castkey_mcx_entity own = entity(1);
    castkey_mcx_client_event c;
    castkey_mcx_server_event s;
    /* The default of the server is not in its floor: what offers nothing is not taken. */
    other.otherwise = 1;
    fresh(NULL, &other);
    published();
    s = server_told(CASTKEY_MCX_SERVER_UPLOAD);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_NO_COMMON_ALGORITHM, to_server(&s, 0));

    other = both(1, 2);
    other.n_floor = 1;
    keyed(&two, &other, 1);
    s = server_told(CASTKEY_MCX_SERVER_SEND_CSK);
    own.n_keys = 0;
    REFUSED(CASTKEY_ERR_MCX_NO_KEY_MATERIAL, as_server(&own, &s, now(1), RESULT(castkey_mcx_action)));
    own.n_kms = 0;
    REFUSED(CASTKEY_ERR_MCX_NOT_AUTHORIZED, as_server(&own, &s, now(1), RESULT(castkey_mcx_action)));
    own = entity(1);
    own.uri.len = 0;
    REFUSED(CASTKEY_ERR_MCX_MISSING_IDENTITY, as_server(&own, &s, now(1), RESULT(castkey_mcx_action)));
    s.kms = TEXT("kms.example.org");
    REFUSED(CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED, to_server(&s, 1));
    s.kms = TEXT(kms_KmsUri);
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_MCX_RNG_FAILED, to_server(&s, 1));
    env.rng.fill = count_up;
    s.select = 7;
    REFUSED(CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED, to_server(&s, 1));
    s.select = 2;
    REFUSED(CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR, to_server(&s, 1));

    keyed(&two, &two, 1);
    csk_from_server(2, 1);
    c = client_told(CASTKEY_MCX_CLIENT_DOWNLOAD);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_DOWNGRADE, to_client(&c, 1));
    /* Another tag of the offer, another algorithm, a form of another version. */
    csk_from_server(1, 2);
    text[payload(EXT) + 4 + 11] ^= 1;
    sign_again();
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_WRONG_OFFER_TAG, to_client(&c, 2));
    csk_from_server(1, 3);
    text[payload(EXT) + 4] ^= 0x40;
    SAID(CASTKEY_ERR_MCX_BAD_ALGORITHMS, to_client(&c, 3));
    text[payload(EXT) + 4] ^= 0x40;
    text[payload(EXT) + 4 + 2] = 7;
    sign_again();
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED, to_client(&c, 3));
}

static void downloads(void)
{
    static uint8_t first[CASTKEY_MCX_OUT_SIZE];
    castkey_mcx_client_event c, registers = client_told(CASTKEY_MCX_CLIENT_REGISTER);
    castkey_mcx_server_event s;
    size_t first_len;
    keyed(NULL, NULL, 0);
    csk_from_server(0, 1);
    memcpy(first, text, first_len = text_len);
    csk_from_server(0, 2);
    c = client_told(CASTKEY_MCX_CLIENT_DOWNLOAD);
    c.sdp_ids = octets(NULL, 0);
    DONE(to_client(&c, 2));
    SAID(CASTKEY_ERR_MCX_REPLAY, to_client(&c, 2));
    c.octets = octets(first, first_len);
    SAID(CASTKEY_ERR_MCX_NOT_NEWER, to_client(&c, 2));

    /* From the server again, for a client who is registered at another one. */
    c = client_told(CASTKEY_MCX_CLIENT_LOG_OFF);
    DONE(to_client(&c, 3));
    registers.uri = TEXT("sip:other@example.org");
    DONE(to_client(&registers, 3));
    csk_from_server(0, 3);
    c = client_told(CASTKEY_MCX_CLIENT_DOWNLOAD);
    SAID(CASTKEY_ERR_MCX_WRONG_SERVER, to_client(&c, 3));

    /* As many authentic ones as are remembered. */
    keyed(NULL, NULL, 0);
    for (unsigned i = 1; i <= CASTKEY_MCX_CLIENT_REPLAYS; i++) {
        csk_from_server(0, i);
        c = client_told(CASTKEY_MCX_CLIENT_DOWNLOAD);
        DONE(to_client(&c, i));
    }
    csk_from_server(0, 20);
    c = client_told(CASTKEY_MCX_CLIENT_DOWNLOAD);
    SAID(CASTKEY_ERR_MCX_REPLAY_CACHE_FULL, to_client(&c, 20));

    s = server_told(CASTKEY_MCX_SERVER_CSK_TAKEN);
    REFUSED(CASTKEY_ERR_MCX_WRONG_STATE, to_server(&s, 20));
}

/* The same CSK-ID from another user, who is the server itself. */
static void key_ids(void)
{
    static const uint8_t key[CASTKEY_MCX_KEY_LEN] = {9}, another[CASTKEY_MCX_KEY_LEN] = {8};
    castkey_mcx_entity own = entity(1);
    castkey_mcx_client_event c = client_told(CASTKEY_MCX_CLIENT_REGISTER);
    castkey_mcx_server_event s;
    castkey_mcx_form form;
    uint8_t csk_id[4];
    keyed(NULL, NULL, 0);
    memcpy(csk_id, text + 4, 4);
    c = client_told(CASTKEY_MCX_CLIENT_LOG_OFF);
    DONE(to_client(&c, 0));
    c.kind = CASTKEY_MCX_CLIENT_REGISTER;
    DONE(to_client(&c, 0));
    c.kind = CASTKEY_MCX_CLIENT_UPLOAD;
    SEND(as_client(&own, &c, now(0), sizeof out, RESULT(castkey_mcx_action)));
    memcpy(text + 4, csk_id, 4);
    sign_again();
    s = server_told(CASTKEY_MCX_SERVER_UPLOAD);
    s.user = TEXT(gms_UserUri);
    SAID_AND_REMEMBERED(CASTKEY_ERR_MCX_KEY_ID_OF_OTHER, to_server(&s, 0));

    s = server_told(CASTKEY_MCX_SERVER_SEND_MUSIK);
    memset(&form, 0, sizeof form);
    REFUSED(CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR,
            castkey_mcx_server_new_musik(&server, &env, 9, &form, NULL, 0, now(0), &musik, sizeof musik));
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_MCX_RNG_FAILED,
            castkey_mcx_server_new_musik(&server, &env, 1, &form, NULL, 0, now(0), &musik, sizeof musik));
    env.rng.fill = count_up;
    OK(castkey_mcx_server_new_musik(&server, &env, 1, &form, NULL, 0, now(0), &musik, sizeof musik));
    s.form.services = CASTKEY_MCX_MCPTT;
    REFUSED(CASTKEY_ERR_MCX_INCONSISTENT, to_server(&s, 0));
    s.form.services = 0;
    s.user = TEXT("sip:nobody@example.org");
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, to_server(&s, 0));

    REFUSED(CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG, castkey_mcx_server_install_spk(&server, &env, 0x20000001u, key));
    for (uint32_t i = 0; i < CASTKEY_MCX_SERVER_SPKS; i++) {
        DONE(castkey_mcx_server_install_spk(&server, &env, 0x30000000u + i, key));
    }
    REFUSED(CASTKEY_ERR_MCX_KEY_ID_IN_USE, castkey_mcx_server_install_spk(&server, &env, 0x30000000u, another));
    REFUSED(CASTKEY_ERR_MCX_CAPACITY_EXCEEDED, castkey_mcx_server_install_spk(&server, &env, 0x3fffffffu, key));
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_server_remove_spk(&server, &env, 0x3fffffffu));
    REFUSED(CASTKEY_ERR_MCX_WRONG_USE, castkey_mcx_server_spk_xml(&server, 0x30000000u, long_uri, sizeof long_uri,
                                                                  RESULT(castkey_mcx_xml_keys)));
}

int main(void)
{
    static const struct never never[] = {
        {CASTKEY_ERR_BAD_EXTENSION, "nothing in the library returns it: a malformed extension is UNAUTHENTIC or BAD_ALGORITHMS"},
    };
    prepare();
    watch(&client, sizeof client);
    watch(&server, sizeof server);
    watch(rows, sizeof rows);
    settle();
    uploads();
    the_client();
    negotiation();
    downloads();
    key_ids();
    castkey_mcx_client_wipe(&client);
    castkey_mcx_server_wipe(&server);
    CHECK(all_zero(&client, sizeof client) && all_zero(&server, sizeof server));
    all_reached(CASTKEY_ERR_BAD_LENGTH, CASTKEY_ERR_BAD_LENGTH, NULL, 0);
    all_reached(CASTKEY_ERR_UNSUPPORTED_SIGNATURE, CASTKEY_ERR_BAD_EXTENSION, never, sizeof never / sizeof *never);
    all_reached(CASTKEY_ERR_MCX_MALFORMED, CASTKEY_ERR_MCX_MISSING_IDENTITY, NULL, 0);
    all_reached(CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS, CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS, NULL, 0);
    all_reached(CASTKEY_ERR_MCX_RNG_FAILED, CASTKEY_ERR_MCX_RATE_LIMITED, NULL, 0);
    return report("statuses_mcx");
}
