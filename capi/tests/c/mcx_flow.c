/* Mission-critical signalling keys in C: the published CSK message, then a client and a server that share nothing but octets.
 * WITHOUT_FAST: of a library without the tables for hosts. */
#include "check.h"
#include "mcx_ends.h"

static castkey_mcx_client client;
static castkey_mcx_server server;
static castkey_mcx_musik musik;
static castkey_mcx_srtcp_keys srtcp_keys;
static castkey_mcx_srtcp client_end, server_end;
#ifndef WITHOUT_FAST
static castkey_mcx_fast_kms fast_kms;
static castkey_mcx_fast_keys fast_gms;
#endif

#define ROWS 3
static castkey_mcx_user rows[ROWS];
static uint8_t out[CASTKEY_MCX_OUT_SIZE], sent[CASTKEY_MCX_OUT_SIZE];
static uint8_t counter;
static castkey_env env;
static castkey_mcx_action action;

static castkey_mcx_time at(uint64_t seconds)
{
    castkey_mcx_time time = {0, 0, 0};
    time.seconds = seconds;
    return time;
}

/* A table for three: a large one has an index by user and one by CSK-ID. */
static unsigned asked;

static castkey_mcx_user *row_of(void *user, const uint8_t *id, size_t len)
{
    castkey_octets name, impu, at_kms;
    castkey_mcx_user *first = (castkey_mcx_user *)user, *empty = NULL;
    asked++;
    for (size_t i = 0; i < ROWS; i++) {
        if (castkey_mcx_user_names(&first[i], &name, &impu, &at_kms) != CASTKEY_OK) {
            return NULL;
        }
        if (name.len == len && memcmp(name.octets, id, len) == 0) {
            return &first[i];
        }
        if (name.len == 0 && empty == NULL) {
            empty = &first[i];
        }
    }
    return empty;
}

static const castkey_mcx_user *owner_of(void *user, uint32_t csk_id)
{
    const castkey_mcx_user *first = (const castkey_mcx_user *)user;
    uint32_t has = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (castkey_mcx_user_has_csk(&first[i], csk_id, &has) == CASTKEY_OK && has) {
            return &first[i];
        }
    }
    return NULL;
}

static const castkey_mcx_table table = {row_of, owner_of, NULL, rows};

#ifndef WITHOUT_FAST
/* The same server with large tables. */
static castkey_mcx_entity as_fast_server(void)
{
    static const castkey_mcx_fast_kms *const list_of_kms[] = {&fast_kms};
    static const castkey_mcx_fast_keys *const list[] = {&fast_gms};
    castkey_mcx_entity e = entity(1);
    e.kms = NULL;
    e.n_kms = 0;
    e.keys = NULL;
    e.n_keys = 0;
    e.fast_kms = list_of_kms;
    e.n_fast_kms = 1;
    e.fast_keys = list;
    e.n_fast_keys = 1;
    return e;
}
#endif

static castkey_status to_client(const castkey_mcx_client_event *event, unsigned later)
{
    castkey_mcx_entity own = entity(0);
    memset(&action, 0xA5, sizeof action);
    return castkey_mcx_client_handle(&client, &env, &own, event, now(later), out, sizeof out, &action);
}

static castkey_status to_server_as(const castkey_mcx_entity *own, const castkey_mcx_server_event *event, unsigned later)
{
    memset(&action, 0xA5, sizeof action);
    return castkey_mcx_server_handle(&server, &env, own, &table, event, now(later), out, sizeof out, &action);
}

static castkey_status to_server(const castkey_mcx_server_event *event, unsigned later)
{
    castkey_mcx_entity own = entity(1);
    return to_server_as(&own, event, later);
}

/* What the action says is to be sent, kept aside. */
static castkey_octets message(void)
{
    memcpy(sent, out + action.offset, action.len);
    return octets(sent, action.len);
}

static void prepare(void)
{
    castkey_mcx_certificate c = certificate();
    castkey_mcx_key_set a = key_set(0);
#ifndef WITHOUT_FAST
    castkey_mcx_key_set g = key_set(1);
#endif
    env.rng.fill = count_up;
    env.rng.user = &counter;
    OK(castkey_mcx_certificate_check(&c, now(0)));
    OK(castkey_mcx_key_set_check(&a, &c));
    prepare_keys();
#ifndef WITHOUT_FAST
    OK(castkey_mcx_fast_kms_prepare(&fast_kms, sizeof fast_kms, &c, now(0)));
    OK(castkey_mcx_fast_keys_prepare(&fast_gms, sizeof fast_gms, &fast_kms, &g));
#endif
}

static void fresh(const castkey_mcx_algorithms *algorithms)
{
    castkey_mcx_client_config of_client;
    castkey_mcx_server_config of_server;
    OK(castkey_mcx_client_config_default(&of_client));
    OK(castkey_mcx_server_config_default(&of_server));
    if (algorithms != NULL) {
        of_client.algorithms = *algorithms;
        of_server.algorithms = *algorithms;
    }
    OK(castkey_mcx_client_init(&client, sizeof client, &of_client));
    OK(castkey_mcx_server_init(&server, sizeof server, &of_server));
    for (size_t i = 0; i < ROWS; i++) {
        OK(castkey_mcx_user_init(&rows[i], sizeof rows[i]));
    }
}

static void uids(void)
{
    uint8_t id[CASTKEY_MCX_UID_LEN];
    uint64_t number = 0;
    castkey_mcx_time start;
    OK(castkey_mcx_uid((const uint8_t *)uid_uri, sizeof uid_uri - 1, (const uint8_t *)uid_kms_uri, sizeof uid_kms_uri - 1,
                       uid_key_period, uid_key_period_offset, uid_key_period_no, id));
    SAME(id, sizeof id, uid_uid);
    OK(castkey_mcx_key_period(kms_UserKeyPeriod, kms_UserKeyOffset, now(0), &number));
    CHECK(number == csk_key_period_no);
    OK(castkey_mcx_key_period_start(kms_UserKeyPeriod, kms_UserKeyOffset, number, &start));
    CHECK(start.seconds == (uint64_t)kms_UserKeyPeriod * csk_key_period_no && start.fraction == 0);
    STATUS(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_key_period(0, 0, now(0), &number));
    STATUS(CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD, castkey_mcx_key_period(1, 10, at(9), &number));
}

/* ECCSI and SAKKE by themselves. */
static void mathematics(void)
{
    static const uint8_t ssv[CASTKEY_MCX_SSV_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t signature[CASTKEY_MCX_SIGNATURE_LEN], sed[CASTKEY_MCX_SED_LEN], opened[CASTKEY_MCX_SSV_LEN];
    const uint8_t *published = csk_i_message_hex + csk_signed_octets;
    OK(castkey_mcx_eccsi_verify(&kms, csk_initiator_uid, sizeof csk_initiator_uid, csk_i_message_hex, csk_signed_octets, published));
    STATUS(CASTKEY_ERR_ECCSI_SIGNATURE_INVALID, castkey_mcx_eccsi_verify(&kms, csk_responder_uid, sizeof csk_responder_uid,
                                                                         csk_i_message_hex, csk_signed_octets, published));
    OK(castkey_mcx_eccsi_sign(&alice, &env, ssv, sizeof ssv, signature));
    OK(castkey_mcx_eccsi_verify(&kms, alice_UserID, sizeof alice_UserID, ssv, sizeof ssv, signature));
    signature[40] ^= 1;
    STATUS(CASTKEY_ERR_ECCSI_SIGNATURE_INVALID,
           castkey_mcx_eccsi_verify(&kms, alice_UserID, sizeof alice_UserID, ssv, sizeof ssv, signature));
    OK(castkey_mcx_sakke_encapsulate(&kms, ssv, gms_UserID, sizeof gms_UserID, sed));
    OK(castkey_mcx_sakke_decapsulate(&gms, sed, gms_UserID, sizeof gms_UserID, opened));
    SAME(opened, sizeof opened, ssv);
    STATUS(CASTKEY_ERR_SAKKE_REFUSED, castkey_mcx_sakke_decapsulate(&alice, sed, alice_UserID, sizeof alice_UserID, opened));
    STATUS(CASTKEY_ERR_SAKKE_BAD_IDENTITY, castkey_mcx_sakke_encapsulate(&kms, ssv, NULL, 0, sed));
}

/* The published message, opened by either size of tables; what is under its key fits the computed values. */
static void published_message(const castkey_mcx_entity *own)
{
    castkey_mcx_server_event e = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_xml_keys xml;
    castkey_octets name, impu, at_kms;
    uint8_t plain[sizeof packet_plain];
    uint32_t key_id = 0;
    size_t len = 0;
    fresh(NULL);

    e.octets = OCTETS(forged_i_message_hex);
    OK(to_server_as(own, &e, 0));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_UNAUTHENTIC);
    CHECK(action.answer == CASTKEY_MCX_ANSWER_FORBIDDEN);

    e.octets = OCTETS(csk_i_message_hex);
    asked = 0;
    OK(to_server_as(own, &e, 0));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND && action.key_id == 0x2ddd5bf0u);
    CHECK(action.algorithm == CASTKEY_MCX_ALGORITHM_AES_128 && action.active_from.seconds == csk_ntp_seconds);
    CHECK(asked > 0);
    OK(castkey_mcx_user_names(&rows[0], &name, &impu, &at_kms));
    checked_octets(name.octets, name.len, alice_UserUri, sizeof alice_UserUri - 1, "user", __LINE__);
    checked_octets(impu.octets, impu.len, "sip:alice-impu@example.org", 26, "IMPU", __LINE__);
    checked_octets(at_kms.octets, at_kms.len, kms_KmsUri, sizeof kms_KmsUri - 1, "KMS", __LINE__);

    OK(castkey_mcx_server_received_xml(&server, &rows[0], action.key_id, (const uint8_t *)alice_UserUri,
                                       sizeof alice_UserUri - 1, now(1), &xml));
    SAME(xml.confidentiality, sizeof xml.confidentiality, xpk_confidentiality_fc51);
    SAME(xml.integrity, sizeof xml.integrity, xpk_integrity_fc52);
    OK(castkey_mcx_srtcp_key_id(packet_protected, sizeof packet_protected, &key_id));
    CHECK(key_id == action.key_id);
    OK(castkey_mcx_server_received_srtcp(&server, &rows[0], packet_protected, sizeof packet_protected, CASTKEY_MCX_MCPTT, now(1),
                                         &srtcp_keys, sizeof srtcp_keys));
    OK(castkey_mcx_srtcp_init(&server_end, sizeof server_end, 1, 0));
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &srtcp_keys, packet_protected, sizeof packet_protected, plain, sizeof plain, &len));
    checked_octets(plain, len, packet_plain, sizeof packet_plain, "SRTCP packet", __LINE__);
    STATUS(CASTKEY_ERR_MCX_REPLAY, castkey_mcx_srtcp_unprotect(&server_end, &env, &srtcp_keys, packet_protected,
                                                               sizeof packet_protected, plain, sizeof plain, &len));
    /* Its map lists MCPTT alone. */
    STATUS(CASTKEY_ERR_MCX_WRONG_USE, castkey_mcx_server_downlink_srtcp(&server, &rows[0], CASTKEY_MCX_MCVIDEO, now(1),
                                                                        &srtcp_keys, sizeof srtcp_keys));

    OK(to_server_as(own, &e, 2));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_REPLAY);
    OK(to_server_as(own, &e, 61));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_STALE_TIMESTAMP);
}

static int32_t who_is(void *user, const uint8_t *uid, castkey_octets *id, castkey_octets *impu)
{
    (void)user;
    if (memcmp(uid, alice_UserID, sizeof alice_UserID) != 0) {
        return 1;
    }
    *id = TEXT(alice_UserUri);
    *impu = TEXT("sip:alice-impu@example.org");
    return 0;
}

static int32_t nobody(void *user, const uint8_t *uid, castkey_octets *id, castkey_octets *impu)
{
    (void)user, (void)uid, (void)id, (void)impu;
    return 1;
}

/* The initiator of the published message is hidden: here SIP does not name it either. */
static void hidden_user(void)
{
    castkey_mcx_server_event e = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_entity own = entity(1);
    castkey_mcx_table t = table;
    castkey_octets name, impu, at_kms;
    e.user = e.impu = octets(NULL, 0);
    e.octets = OCTETS(csk_i_message_hex);
    fresh(NULL);
    OK(castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_MISSING_IDENTITY);
    t.who = nobody;
    OK(castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_NOT_BOUND);
    fresh(NULL);
    t.who = who_is;
    OK(castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND && action.key_id == 0x2ddd5bf0u);
    OK(castkey_mcx_user_names(&rows[0], &name, &impu, &at_kms));
    checked_octets(name.octets, name.len, alice_UserUri, sizeof alice_UserUri - 1, "user", __LINE__);
}

/* One packet from `from` to `to` under keys that the caller has made at either end. */
static void packet_passes(castkey_mcx_srtcp *from, castkey_mcx_srtcp *to, const uint8_t *rtcp, size_t rtcp_len,
                          const castkey_mcx_srtcp_keys *sending, const castkey_mcx_srtcp_keys *receiving)
{
    uint8_t plain[64], protected_packet[64];
    size_t len = 0, back = 0;
    OK(castkey_mcx_srtcp_protect(from, &env, sending, rtcp, rtcp_len, protected_packet, sizeof protected_packet, &len));
    CHECK(len == rtcp_len + CASTKEY_MCX_SRTCP_OVERHEAD);
    OK(castkey_mcx_srtcp_unprotect(to, &env, receiving, protected_packet, len, plain, sizeof plain, &back));
    checked_octets(plain, back, rtcp, rtcp_len, "packet", __LINE__);
}

/* The published packet under the published session key; an end that goes on after a restart. */
static void session_keys(void)
{
    uint8_t plain[sizeof packet_plain];
    uint32_t key_id = 0, index = 0;
    size_t len = 0;
    OK(castkey_mcx_srtcp_key_id(packet_protected, sizeof packet_protected, &key_id));
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_mcx_srtcp_keys_init(&srtcp_keys, sizeof srtcp_keys, 0xF0000001u, mcptt_session_key, mcptt_session_salt));
    OK(castkey_mcx_srtcp_keys_init(&srtcp_keys, sizeof srtcp_keys, key_id, mcptt_session_key, mcptt_session_salt));
    OK(castkey_mcx_srtcp_init(&server_end, sizeof server_end, 1, 7));
    OK(castkey_mcx_srtcp_next_index(&server_end, &index));
    CHECK(index == 7);
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &srtcp_keys, packet_protected, sizeof packet_protected, plain, sizeof plain, &len));
    checked_octets(plain, len, packet_plain, sizeof packet_plain, "SRTCP packet", __LINE__);
    STATUS(CASTKEY_ERR_MCX_REPLAY, castkey_mcx_srtcp_unprotect(&server_end, &env, &srtcp_keys, packet_protected,
                                                               sizeof packet_protected, plain, sizeof plain, &len));
    OK(castkey_mcx_srtcp_forget(&server_end, &env, key_id));
    OK(castkey_mcx_srtcp_unprotect(&server_end, &env, &srtcp_keys, packet_protected, sizeof packet_protected, plain, sizeof plain, &len));
}

static castkey_mcx_srtcp_keys other_keys;

/* Register, upload, packets and XML in both directions, a new CSK, a MuSiK, log off. */
static void whole_session(const castkey_mcx_entity *own)
{
    static const uint8_t up[] = {0x80, 204, 0, 2, 0, 0, 0, 1, 'M', 'C', 'P', 'T'};
    static const uint8_t down[] = {0x80, 204, 0, 2, 0, 0, 0, 2, 'M', 'C', 'P', 'T'};
    castkey_mcx_client_event c;
    castkey_mcx_server_event s;
    castkey_mcx_key held, of_server;
    castkey_mcx_xml_keys a, b;
    castkey_mcx_form multicast;
    uint32_t first, second, has = 0, live[1];
    fresh(NULL);
    OK(castkey_mcx_srtcp_init(&client_end, sizeof client_end, 1, 0));
    OK(castkey_mcx_srtcp_init(&server_end, sizeof server_end, 2, 0));

    c = client_event(CASTKEY_MCX_CLIENT_UPLOAD);
    STATUS(CASTKEY_ERR_MCX_MISSING_IDENTITY, to_client(&c, 0));
    c = client_event(CASTKEY_MCX_CLIENT_REGISTER);
    c.uri = TEXT(gms_UserUri);
    c.kms = TEXT(kms_KmsUri);
    OK(to_client(&c, 0));
    CHECK(action.kind == CASTKEY_MCX_REGISTERED);
    STATUS(CASTKEY_ERR_MCX_WRONG_STATE, to_client(&c, 0));

    c = client_event(CASTKEY_MCX_CLIENT_UPLOAD);
    c.form.services = CASTKEY_MCX_MCPTT | CASTKEY_MCX_MCVIDEO;
    c.form.hide_initiator = 1;
    c.form.has_parameters = 1;
    c.form.text = TEXT("first");
    OK(to_client(&c, 0));
    CHECK(action.kind == CASTKEY_MCX_SEND && action.len > 600);
    s = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    s.octets = message();
    OK(to_server_as(own, &s, 1));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND);
    first = action.key_id;
    c = client_event(CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED);
    OK(to_client(&c, 1));
    CHECK(action.kind == CASTKEY_MCX_CSK_IN_USE && action.key_id == first);
    OK(castkey_mcx_client_csk(&client, now(2), &held));
    OK(castkey_mcx_server_csk(&server, &rows[0], now(2), &of_server));
    CHECK(held.id == first && of_server.id == first && held.algorithm == 1 && held.expiry.seconds == 0);

    OK(castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCVIDEO, now(2), &srtcp_keys, sizeof srtcp_keys));
    OK(castkey_mcx_server_downlink_srtcp(&server, &rows[0], CASTKEY_MCX_MCVIDEO, now(2), &other_keys, sizeof other_keys));
    packet_passes(&client_end, &server_end, up, sizeof up, &srtcp_keys, &other_keys);
    packet_passes(&server_end, &client_end, down, sizeof down, &other_keys, &srtcp_keys);
    OK(castkey_mcx_client_uplink_xml(&client, (const uint8_t *)alice_UserUri, sizeof alice_UserUri - 1, now(2), &a));
    OK(castkey_mcx_server_downlink_xml(&server, &rows[0], (const uint8_t *)alice_UserUri, sizeof alice_UserUri - 1, now(2), &b));
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    OK(castkey_mcx_client_received_xml(&client, first, CASTKEY_MCX_UNICAST_DOWNLINK, (const uint8_t *)alice_UserUri,
                                       sizeof alice_UserUri - 1, now(2), &b));
    CHECK(memcmp(&a, &b, sizeof a) == 0);

    /* The server changes the CSK. */
    s = server_event(CASTKEY_MCX_SERVER_SEND_CSK);
    OK(to_server_as(own, &s, 3));
    CHECK(action.kind == CASTKEY_MCX_SEND && action.key_id != first);
    second = action.key_id;
    OK(castkey_mcx_user_has_csk(&rows[0], second, &has));
    CHECK(has == 1);
    STATUS(CASTKEY_ERR_MCX_WRONG_STATE, to_server_as(own, &s, 3));
    CHECK(action.kind == 0xA5A5A5A5u);
    OK(to_server_as(own, (s = server_event(CASTKEY_MCX_SERVER_CSK_REFUSED), &s), 3));
    CHECK(action.kind == CASTKEY_MCX_KEPT_OLD);
    s = server_event(CASTKEY_MCX_SERVER_SEND_CSK);
    OK(to_server_as(own, &s, 4));
    second = action.key_id;
    c = client_event(CASTKEY_MCX_CLIENT_DOWNLOAD);
    c.octets = message();
    OK(to_client(&c, 4));
    CHECK(action.kind == CASTKEY_MCX_CSK_STORED && action.key_id == second);
    OK(to_client(&c, 5));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_REPLAY);
    s = server_event(CASTKEY_MCX_SERVER_CSK_TAKEN);
    OK(to_server_as(own, &s, 5));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND && action.key_id == second);
    OK(castkey_mcx_client_csk(&client, now(6), &held));
    CHECK(held.id == second);

    /* A MuSiK. */
    memset(&multicast, 0, sizeof multicast);
    live[0] = first;
    OK(castkey_mcx_server_new_musik(&server, &env, CASTKEY_MCX_ALGORITHM_AES_128, &multicast, live, 1, now(6), &musik, sizeof musik));
    OK(castkey_mcx_musik_key(&musik, &held));
    CHECK(held.id >> 28 == 6);
    s = server_event(CASTKEY_MCX_SERVER_SEND_MUSIK);
    s.musik = &musik;
    OK(to_server_as(own, &s, 6));
    CHECK(action.kind == CASTKEY_MCX_SEND && action.key_id == held.id);
    c = client_event(CASTKEY_MCX_CLIENT_DOWNLOAD);
    c.octets = message();
    OK(to_client(&c, 6));
    CHECK(action.kind == CASTKEY_MCX_MUSIK_STORED && action.key_id == held.id);
    OK(castkey_mcx_server_musik_srtcp(&server, &musik, CASTKEY_MCX_MULTICAST_DOWNLINK, CASTKEY_MCX_MCPTT, now(7), &other_keys, sizeof other_keys));
    {
        uint8_t packet[64], plain[64];
        size_t len = 0, back = 0;
        OK(castkey_mcx_srtcp_protect(&server_end, &env, &other_keys, down, sizeof down, packet, sizeof packet, &len));
        OK(castkey_mcx_client_received_srtcp(&client, packet, len, CASTKEY_MCX_MULTICAST_DOWNLINK, CASTKEY_MCX_MCPTT, now(7),
                                             &srtcp_keys, sizeof srtcp_keys));
        OK(castkey_mcx_srtcp_unprotect(&client_end, &env, &srtcp_keys, packet, len, plain, sizeof plain, &back));
        checked_octets(plain, back, down, sizeof down, "multicast packet", __LINE__);
        STATUS(CASTKEY_ERR_MCX_WRONG_USE, castkey_mcx_client_received_srtcp(&client, packet, len, CASTKEY_MCX_UNICAST_UPLINK,
                                                                            CASTKEY_MCX_MCPTT, now(7), &srtcp_keys, sizeof srtcp_keys));
    }
    OK(castkey_mcx_client_forget_musik(&client, &env, held.id));
    STATUS(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_client_forget_musik(&client, &env, held.id));

    s = server_event(CASTKEY_MCX_SERVER_LOG_OFF);
    OK(to_server_as(own, &s, 8));
    CHECK(action.kind == CASTKEY_MCX_LOGGED_OFF);
    STATUS(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_server_csk(&server, &rows[0], now(8), &held));
    c = client_event(CASTKEY_MCX_CLIENT_LOG_OFF);
    OK(to_client(&c, 8));
    CHECK(action.kind == CASTKEY_MCX_LOGGED_OFF);
    STATUS(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_client_csk(&client, now(8), &held));
}

/* What is offered, selected, and refused. */
static void negotiation(void)
{
    castkey_mcx_algorithms both;
    castkey_mcx_client_event c;
    castkey_mcx_server_event s;
    memset(&both, 0, sizeof both);
    both.supported[0] = both.floor[0] = CASTKEY_MCX_ALGORITHM_AES_128;
    both.supported[1] = both.floor[1] = CASTKEY_MCX_ALGORITHM_AES_256;
    both.n_supported = both.n_floor = 2;
    both.otherwise = CASTKEY_MCX_ALGORITHM_AES_128;
    fresh(&both);
    c = client_event(CASTKEY_MCX_CLIENT_REGISTER);
    c.uri = TEXT(gms_UserUri);
    c.kms = TEXT(kms_KmsUri);
    OK(to_client(&c, 0));
    c = client_event(CASTKEY_MCX_CLIENT_UPLOAD);
    c.select = 3;
    STATUS(CASTKEY_ERR_MCX_BAD_ALGORITHMS, to_client(&c, 0));
    c.select = CASTKEY_MCX_ALGORITHM_AES_256;
    OK(to_client(&c, 0));
    s = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    s.octets = message();
    OK(to_server(&s, 0));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND && action.algorithm == CASTKEY_MCX_ALGORITHM_AES_256);
    c = client_event(CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED);
    OK(to_client(&c, 0));
    s = server_event(CASTKEY_MCX_SERVER_SEND_CSK);
    s.select = 7;
    STATUS(CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED, to_server(&s, 1));
    s.select = CASTKEY_MCX_ALGORITHM_AES_128;
    OK(to_server(&s, 1));
    c = client_event(CASTKEY_MCX_CLIENT_DOWNLOAD);
    c.octets = message();
    OK(to_client(&c, 1));
    CHECK(action.kind == CASTKEY_MCX_CSK_STORED && action.algorithm == CASTKEY_MCX_ALGORITHM_AES_128);
    both.supported[1] = CASTKEY_MCX_ALGORITHM_AES_128;
    {
        castkey_mcx_client_config config;
        OK(castkey_mcx_client_config_default(&config));
        config.algorithms = both;
        STATUS(CASTKEY_ERR_MCX_BAD_ALGORITHMS, castkey_mcx_client_init(&client, sizeof client, &config));
    }
}

/* What is told of a message that cannot be taken yet, or not by this entity. */
static void refusals_that_say_more(void)
{
    castkey_mcx_server_event e = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_entity own = entity(1);
    fresh(NULL);
    e.octets = OCTETS(csk_i_message_hex);
    own.n_keys = 0;
    OK(to_server_as(&own, &e, 0));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_NO_KEY_MATERIAL);
    CHECK(action.answer == CASTKEY_MCX_ANSWER_LATER && action.period == csk_key_period_no);
    own.n_kms = 0;
    OK(to_server_as(&own, &e, 0));
    CHECK(action.detail == CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED && action.answer == CASTKEY_MCX_ANSWER_REDIRECT);
    CHECK(action.kms_role == CASTKEY_MCX_KMS_OF_INITIATOR);
    checked_octets(action.kms.octets, action.kms.len, kms_KmsUri, sizeof kms_KmsUri - 1, "the KMS", __LINE__);
    CHECK(action.kms.octets > csk_i_message_hex && action.kms.octets < csk_i_message_hex + sizeof csk_i_message_hex);
    e.octets.len = 20;
    OK(to_server(&e, 0));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_TRUNCATED);
    CHECK(action.answer == CASTKEY_MCX_ANSWER_BAD_REQUEST);
}

/* Keys between servers. */
static void spks(void)
{
    static const uint8_t key[CASTKEY_MCX_KEY_LEN] = {9}, another[CASTKEY_MCX_KEY_LEN] = {8};
    castkey_mcx_xml_keys xml;
    fresh(NULL);
    OK(castkey_mcx_server_install_spk(&server, &env, 0x30000001u, key));
    OK(castkey_mcx_server_install_spk(&server, &env, 0x30000001u, key));
    STATUS(CASTKEY_ERR_MCX_KEY_ID_IN_USE, castkey_mcx_server_install_spk(&server, &env, 0x30000001u, another));
    STATUS(CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG, castkey_mcx_server_install_spk(&server, &env, 0x20000001u, key));
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_mcx_server_install_spk(&server, &env, 0xF0000001u, key));
    OK(castkey_mcx_server_spk_xml(&server, 0x30000001u, key, 1, &xml));
    STATUS(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_server_spk_xml(&server, 0x30000002u, key, 1, &xml));
    OK(castkey_mcx_server_remove_spk(&server, &env, 0x30000001u));
    STATUS(CASTKEY_ERR_MCX_UNKNOWN_KEY, castkey_mcx_server_remove_spk(&server, &env, 0x30000001u));
}

static castkey_mcx_user *no_room(void *user, const uint8_t *id, size_t len)
{
    (void)user, (void)id, (void)len;
    return NULL;
}

static castkey_mcx_user *untagged_row(void *user, const uint8_t *id, size_t len)
{
    static castkey_mcx_user blank;
    (void)user, (void)id, (void)len;
    return &blank;
}

static castkey_status calls_back_with;
static castkey_mcx_user *calls_back(void *user, const uint8_t *id, size_t len)
{
    castkey_mcx_time later = now(0);
    castkey_mcx_key key;
    calls_back_with = castkey_mcx_server_csk(&server, &rows[0], later, &key);
    return row_of(user, id, len);
}

/* Misuse of the new objects. */
static void misuse(void)
{
    static castkey_mcx_client copy, before;
    static castkey_mcx_keys moved;
    castkey_mcx_certificate c = certificate();
    castkey_mcx_key_set g = key_set(1);
    castkey_mcx_entity own = entity(1);
    castkey_mcx_client_event ce = client_event(CASTKEY_MCX_CLIENT_LOG_OFF);
    castkey_mcx_server_event e = server_event(CASTKEY_MCX_SERVER_UPLOAD);
    castkey_mcx_table t = table;
    castkey_mcx_key key;
    castkey_mcx_client_config config;
    const castkey_mcx_keys *list[CASTKEY_MCX_MAX_KMS + 1];
    uint8_t ssv[CASTKEY_MCX_SSV_LEN] = {0};
    fresh(NULL);

    /* NULL, short, misaligned, bad values. */
    STATUS(CASTKEY_ERR_NULL, castkey_mcx_kms_prepare(NULL, sizeof kms, &c, now(0)));
    STATUS(CASTKEY_ERR_NULL, castkey_mcx_kms_prepare(&kms, sizeof kms, NULL, now(0)));
    STATUS(CASTKEY_ERR_SHORT, castkey_mcx_kms_prepare(&kms, 64, &c, now(0)));
    STATUS(CASTKEY_ERR_ALIGN, castkey_mcx_kms_prepare((castkey_mcx_kms *)(void *)((uint8_t *)&kms + 4), 64, &c, now(0)));
    STATUS(CASTKEY_ERR_NULL, castkey_mcx_keys_prepare(&gms, sizeof gms, NULL, &g));
    STATUS(CASTKEY_ERR_SHORT, castkey_mcx_keys_prepare(&gms, castkey_mcx_keys_size() - 1, &kms, &g));
    STATUS(CASTKEY_ERR_ALIGN, castkey_mcx_user_init((castkey_mcx_user *)(void *)((uint8_t *)rows + 1), sizeof rows[0]));
    OK(castkey_mcx_client_config_default(&config));
    STATUS(CASTKEY_ERR_NULL, castkey_mcx_client_init(&client, sizeof client, NULL));
    STATUS(CASTKEY_ERR_SHORT, castkey_mcx_client_init(&client, castkey_mcx_client_size() - 1, &config));
    config.settings.quirks = 16;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_mcx_client_init(&client, sizeof client, &config));
    config.settings.quirks = 15;
    OK(castkey_mcx_client_init(&client, sizeof client, &config));
    c.user_id_format = 256;
    STATUS(CASTKEY_ERR_BAD_ENUM, castkey_mcx_certificate_check(&c, now(0)));
    c.user_id_format = 1;
    STATUS(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_certificate_check(&c, now(0)));
    c = certificate();
    c.validity.to = at(5);
    STATUS(CASTKEY_ERR_MCX_NOT_AUTHORIZED, castkey_mcx_certificate_check(&c, now(0)));
    c = certificate();
    g.user_id = alice_UserID;
    STATUS(CASTKEY_ERR_MCX_BAD_KEY_SET, castkey_mcx_key_set_check(&g, &c));
    STATUS(CASTKEY_ERR_MCX_BAD_KEY_SET, castkey_mcx_keys_prepare(&moved, sizeof moved, &kms, &g));
    CHECK(all_zero(&moved, sizeof moved));
    g = key_set(1);

    /* Untagged, copied, wiped, of another kind. */
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_sakke_decapsulate(&moved, csk_i_message_hex, gms_UserID, 32, ssv));
    memcpy(&moved, &gms, sizeof gms);
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_sakke_decapsulate(&moved, csk_i_message_hex, gms_UserID, 32, ssv));
    memcpy(&copy, &client, sizeof client);
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_client_csk(&copy, now(0), &key));
    castkey_mcx_client_wipe(&copy);
    CHECK(all_zero(&copy, castkey_mcx_client_size()));
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_client_csk((const castkey_mcx_client *)(const void *)&server, now(0), &key));

    /* A call that is refused changes nothing. */
    memcpy(&before, &client, sizeof client);
    ce.kind = 99;
    STATUS(CASTKEY_ERR_BAD_ENUM, to_client(&ce, 0));
    ce = client_event(CASTKEY_MCX_CLIENT_DOWNLOAD);
    ce.octets = OCTETS(csk_i_message_hex);
    STATUS(CASTKEY_ERR_BUFFER_TOO_SMALL, castkey_mcx_client_handle(&client, &env, &own, &ce, now(0), out, 100, &action));
    ce.octets = octets(out, 100);
    STATUS(CASTKEY_ERR_OVERLAP, to_client(&ce, 0));
    ce.octets = octets(NULL, 1);
    STATUS(CASTKEY_ERR_NULL, to_client(&ce, 0));
    ce = client_event(CASTKEY_MCX_CLIENT_UPLOAD);
    ce.form.services = 4;
    STATUS(CASTKEY_ERR_BAD_ENUM, to_client(&ce, 0));
    ce.form.services = 0;
    ce.form.text = octets("\xFF", 1);
    STATUS(CASTKEY_ERR_TEXT, to_client(&ce, 0));
    CHECK(unchanged(&before, &client, castkey_mcx_client_size()));

    /* Lists of an entity. */
    for (size_t i = 0; i <= CASTKEY_MCX_MAX_KMS; i++) {
        list[i] = &gms;
    }
    own.keys = list;
    own.n_keys = CASTKEY_MCX_MAX_KMS + 1;
    e.octets = OCTETS(csk_i_message_hex);
    STATUS(CASTKEY_ERR_BAD_ENUM, to_server_as(&own, &e, 0));
    own.n_keys = CASTKEY_MCX_MAX_KMS;
    list[1] = NULL;
    STATUS(CASTKEY_ERR_NULL, to_server_as(&own, &e, 0));
    list[1] = &moved;
    STATUS(CASTKEY_ERR_STATE, to_server_as(&own, &e, 0));

    /* Tables. */
    own = entity(1);
    t.owner = NULL;
    STATUS(CASTKEY_ERR_NULL, castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    t = table;
    t.row = untagged_row;
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    fresh(NULL);
    t.row = no_room;
    OK(castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    CHECK(action.kind == CASTKEY_MCX_REFUSED && action.detail == CASTKEY_ERR_MCX_CAPACITY_EXCEEDED);
    fresh(NULL);
    t.row = calls_back;
    OK(castkey_mcx_server_handle(&server, &env, &own, &t, &e, now(0), out, sizeof out, &action));
    CHECK(action.kind == CASTKEY_MCX_CSK_BOUND && calls_back_with == CASTKEY_ERR_BUSY);

    /* No generator. */
    env.rng.fill = NULL;
    STATUS(CASTKEY_ERR_ECCSI_RNG_FAILED, castkey_mcx_eccsi_sign(&alice, &env, ssv, sizeof ssv, sent));
    env.rng.fill = count_up;
}

/* A KMS of our own: its keys are good under its certificate, and under no other. */
static void issuing(void)
{
    static castkey_mcx_issuer issuer, again;
    static castkey_mcx_kms own_kms;
    static castkey_mcx_keys keys;
    uint8_t z[CASTKEY_MCX_SAKKE_POINT_LEN], kpak[CASTKEY_MCX_ECCSI_POINT_LEN], z2[sizeof z], kpak2[sizeof kpak];
    uint8_t master[CASTKEY_MCX_MASTER_SECRET_LEN], ksak[CASTKEY_MCX_KSAK_LEN];
    castkey_mcx_certificate c = certificate(), theirs = certificate();
    castkey_mcx_key_set set = key_set(0);
    castkey_mcx_issued made;
    env.rng.fill = NULL;
    STATUS(CASTKEY_ERR_SAKKE_RNG_FAILURE, castkey_mcx_issuer_init(&issuer, sizeof issuer, &env));
    env.rng.fill = count_up;
    STATUS(CASTKEY_ERR_SHORT, castkey_mcx_issuer_init(&issuer, 8, &env));
    STATUS(CASTKEY_ERR_STATE, castkey_mcx_issuer_public(&issuer, z, kpak));
    OK(castkey_mcx_issuer_init(&issuer, sizeof issuer, &env));
    OK(castkey_mcx_issuer_public(&issuer, z, kpak));
    OK(castkey_mcx_issuer_export(&issuer, master, ksak));
    OK(castkey_mcx_issuer_restore(&again, sizeof again, master, ksak));
    OK(castkey_mcx_issuer_public(&again, z2, kpak2));
    CHECK(memcmp(z, z2, sizeof z) == 0 && memcmp(kpak, kpak2, sizeof kpak) == 0);
    memset(master, 0xFF, sizeof master);
    STATUS(CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET, castkey_mcx_issuer_restore(&again, sizeof again, master, ksak));
    memset(ksak, 0, sizeof ksak);
    master[0] = 0;
    STATUS(CASTKEY_ERR_ECCSI_KSAK_INVALID, castkey_mcx_issuer_restore(&again, sizeof again, master, ksak));
    c.pub_enc_key = z;
    c.pub_auth_key = kpak;
    OK(castkey_mcx_issuer_issue(&issuer, &env, &c, (const uint8_t *)alice_UserUri, sizeof alice_UserUri - 1, alice_KeyPeriodNo, &made));
    SAME(made.user_id, sizeof made.user_id, alice_UserID);
    set.decrypt_key = made.decrypt_key;
    set.signing_key = made.signing_key;
    set.pub_token = made.pub_token;
    OK(castkey_mcx_key_set_check(&set, &c));
    STATUS(CASTKEY_ERR_MCX_BAD_KEY_SET, castkey_mcx_key_set_check(&set, &theirs));
    OK(castkey_mcx_kms_prepare(&own_kms, sizeof own_kms, &c, now(0)));
    OK(castkey_mcx_keys_prepare(&keys, sizeof keys, &own_kms, &set));
    CHECK(castkey_mcx_issuer_size() <= sizeof issuer && castkey_mcx_issuer_align() <= CASTKEY_MCX_ISSUER_ALIGN);
    castkey_mcx_issuer_wipe(&issuer);
    CHECK(all_zero(&issuer, sizeof issuer));
}

static void wiping(void)
{
    castkey_mcx_user_wipe(&rows[0]);
    castkey_mcx_server_wipe(&server);
    castkey_mcx_musik_wipe(&musik);
    castkey_mcx_srtcp_keys_wipe(&srtcp_keys);
    castkey_mcx_srtcp_wipe(&client_end);
    castkey_mcx_keys_wipe(&gms);
    castkey_mcx_kms_wipe(&kms);
    CHECK(all_zero(&rows[0], sizeof rows[0]) && all_zero(&server, sizeof server) && all_zero(&musik, sizeof musik));
    CHECK(all_zero(&srtcp_keys, sizeof srtcp_keys) && all_zero(&client_end, sizeof client_end));
    CHECK(all_zero(&gms, sizeof gms) && all_zero(&kms, sizeof kms));
#ifndef WITHOUT_FAST
    castkey_mcx_fast_keys_wipe(&fast_gms);
    castkey_mcx_fast_kms_wipe(&fast_kms);
    CHECK(all_zero(&fast_gms, sizeof fast_gms) && all_zero(&fast_kms, sizeof fast_kms));
#endif
    castkey_mcx_user_wipe(NULL);
}

static void sizes(void)
{
    CHECK(castkey_mcx_kms_size() <= sizeof kms && castkey_mcx_kms_align() <= CASTKEY_MCX_KMS_ALIGN);
    CHECK(castkey_mcx_keys_size() <= sizeof gms && castkey_mcx_keys_align() <= CASTKEY_MCX_KEYS_ALIGN);
#ifndef WITHOUT_FAST
    CHECK(castkey_mcx_fast_kms_size() <= sizeof fast_kms && castkey_mcx_fast_kms_align() <= CASTKEY_MCX_FAST_KMS_ALIGN);
    CHECK(castkey_mcx_fast_keys_size() <= sizeof fast_gms && castkey_mcx_fast_keys_align() <= CASTKEY_MCX_FAST_KEYS_ALIGN);
    printf("octets used: fast kms %u, fast keys %u\n", (unsigned)castkey_mcx_fast_kms_size(), (unsigned)castkey_mcx_fast_keys_size());
#endif
    CHECK(castkey_mcx_client_size() <= sizeof client && castkey_mcx_client_align() <= CASTKEY_MCX_CLIENT_ALIGN);
    CHECK(castkey_mcx_server_size() <= sizeof server && castkey_mcx_server_align() <= CASTKEY_MCX_SERVER_ALIGN);
    CHECK(castkey_mcx_user_size() <= sizeof rows[0] && castkey_mcx_user_align() <= CASTKEY_MCX_USER_ALIGN);
    CHECK(castkey_mcx_musik_size() <= sizeof musik && castkey_mcx_musik_align() <= CASTKEY_MCX_MUSIK_ALIGN);
    CHECK(castkey_mcx_srtcp_size() <= sizeof client_end && castkey_mcx_srtcp_align() <= CASTKEY_MCX_SRTCP_ALIGN);
    CHECK(castkey_mcx_srtcp_keys_size() <= sizeof srtcp_keys && castkey_mcx_srtcp_keys_align() <= CASTKEY_MCX_SRTCP_KEYS_ALIGN);
    printf("octets used: kms %u, keys %u, client %u, server %u, user %u, musik %u, SRTCP keys %u, end %u\n",
           (unsigned)castkey_mcx_kms_size(), (unsigned)castkey_mcx_keys_size(), (unsigned)castkey_mcx_client_size(),
           (unsigned)castkey_mcx_server_size(), (unsigned)castkey_mcx_user_size(), (unsigned)castkey_mcx_musik_size(),
           (unsigned)castkey_mcx_srtcp_keys_size(), (unsigned)castkey_mcx_srtcp_size());
}

int main(void)
{
    castkey_mcx_entity own;
    sizes();
    prepare();
    own = entity(1);
    uids();
    mathematics();
    published_message(&own);
    hidden_user();
    session_keys();
    whole_session(&own);
#ifndef WITHOUT_FAST
    own = as_fast_server();
    published_message(&own);
    whole_session(&own);
#endif
    negotiation();
    refusals_that_say_more();
    spks();
    misuse();
    issuing();
    wiping();
    return report("mcx_flow");
}
