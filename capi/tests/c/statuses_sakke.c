/* Every status of SAKKE, ECCSI, the keys of a KMS and SRTCP, each by a call that returns it; what is refused changes nothing. */
#include "counted_up.h"
#include "statuses_kms.h"

static castkey_mcx_srtcp_keys other_keys;
static castkey_mcx_srtcp end, peer;

/* q of parameter set 1 (RFC 6509, appendix A). */
static const uint8_t q[CASTKEY_MCX_MASTER_SECRET_LEN] = {
    0x26, 0x5e, 0xae, 0xc7, 0xc2, 0x95, 0x8f, 0xf6, 0x99, 0x71, 0x84, 0x66, 0x36, 0xb4, 0x19, 0x5e, 0x90, 0x5b, 0x03, 0x38,
    0x67, 0x2d, 0x20, 0x98, 0x6f, 0xa6, 0xb8, 0xd6, 0x2c, 0xf8, 0x06, 0x8b, 0xbd, 0x02, 0xaa, 0xc9, 0xf8, 0xbf, 0x03, 0xc6,
    0xc8, 0xa1, 0xcc, 0x35, 0x4c, 0x69, 0x67, 0x2c, 0x39, 0xe4, 0x6c, 0xe7, 0xfd, 0xf2, 0x22, 0x86, 0x4d, 0x5b, 0x49, 0xfd,
    0x29, 0x99, 0xa9, 0xb4, 0x38, 0x9b, 0x19, 0x21, 0xcc, 0x9a, 0xd3, 0x35, 0x14, 0x4a, 0xb1, 0x73, 0x59, 0x5a, 0x07, 0x38,
    0x6d, 0xab, 0xfd, 0x2a, 0x0c, 0x61, 0x4a, 0xa0, 0xa9, 0xf3, 0xcf, 0x14, 0x87, 0x0f, 0x02, 0x6a, 0xa7, 0xe5, 0x35, 0xab,
    0xd5, 0xa5, 0xc7, 0xc7, 0xff, 0x38, 0xfa, 0x08, 0xe2, 0x61, 0x5f, 0x6c, 0x20, 0x31, 0x77, 0xc4, 0x2b, 0x1e, 0xb3, 0xa1,
    0xd9, 0x9b, 0x60, 0x1e, 0xbf, 0xaa, 0x17, 0xfb,
};

static void certificates_and_key_sets(void)
{
    static const uint8_t no_point[CASTKEY_MCX_SAKKE_POINT_LEN] = {4, 1};
    castkey_mcx_certificate c = certificate();
    castkey_mcx_key_set g = key_set(1);
    static castkey_mcx_keys blank;
    static castkey_mcx_kms blank_kms;
    uint64_t *number = RESULT(uint64_t);
#define CERTIFICATE(want) REFUSED(want, castkey_mcx_certificate_check(&c, now(0)))
#define KEY_SET(want) REFUSED(want, castkey_mcx_key_set_check(&g, &c))
    c.pub_enc_key = no_point;
    CERTIFICATE(CASTKEY_ERR_MCX_BAD_CERTIFICATE);
    c = certificate();
    c.pub_auth_key = no_point;
    CERTIFICATE(CASTKEY_ERR_MCX_BAD_CERTIFICATE);
    c = certificate();
    c.validity.revoked = 1;
    CERTIFICATE(CASTKEY_ERR_MCX_NOT_AUTHORIZED);
    c = certificate();
    g.signing_key = alice_UserSigningKeySSK;
    KEY_SET(CASTKEY_ERR_MCX_BAD_KEY_SET);
    g.signing_key = no_point + 2;
    KEY_SET(CASTKEY_ERR_MCX_BAD_KEY_SET);
    g = key_set(1);
    g.pub_token = no_point;
    KEY_SET(CASTKEY_ERR_MCX_BAD_KEY_SET);
    g = key_set(1);
    g.decrypt_key = no_point;
    KEY_SET(CASTKEY_ERR_MCX_BAD_KEY_SET);
    g.validity.revoked = 1;
    KEY_SET(CASTKEY_ERR_MCX_NOT_AUTHORIZED);
    g = key_set(1);
    g.user_uri = octets(long_uri, sizeof long_uri);
    KEY_SET(CASTKEY_ERR_MCX_MALFORMED);
    g.user_uri = TEXT(gms_UserUri);
    c.period_s = 0;
    KEY_SET(CASTKEY_ERR_MCX_BAD_CERTIFICATE);
    REFUSED(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_kms_prepare(&blank_kms, sizeof blank_kms, &c, now(0)));
    g.validity.revoked = 1;
    REFUSED(CASTKEY_ERR_MCX_NOT_AUTHORIZED, castkey_mcx_keys_prepare(&blank, sizeof blank, &kms, &g));
    g = key_set(1);
    g.period++;
    REFUSED(CASTKEY_ERR_MCX_BAD_KEY_SET, castkey_mcx_keys_prepare(&blank, sizeof blank, &kms, &g));
    CHECK(all_zero(&blank, sizeof blank) && all_zero(&blank_kms, sizeof blank_kms));
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, castkey_mcx_uid(long_uri, sizeof long_uri, long_uri, 1, 1, 0, 0, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_uid(long_uri, 1, long_uri, 1, 0, 0, 0, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_key_period_start(0, 0, 0, RESULT(castkey_mcx_time)));
    REFUSED(CASTKEY_ERR_MCX_BAD_CERTIFICATE, castkey_mcx_key_period(0, 0, now(0), number));
    REFUSED(CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD, castkey_mcx_key_period(1, UINT64_MAX, now(0), number));
#undef CERTIFICATE
#undef KEY_SET
}

/* A generator that gives what the master secret takes, and no more. */
static int32_t runs_dry(void *user, uint8_t *to, size_t len)
{
    static size_t given;
    given += len;
    return given > 2 * CASTKEY_MCX_MASTER_SECRET_LEN ? -1 : count_up(user, to, len);
}

static void mathematics(void)
{
    static castkey_mcx_issuer issuer;
    static const uint8_t zero[128] = {0}, uri[] = {'a'};
    uint8_t uid[CASTKEY_MCX_UID_LEN];
    unsigned borrow = 0;
    castkey_mcx_certificate c = certificate();
    uint8_t high[CASTKEY_MCX_MASTER_SECRET_LEN], master[CASTKEY_MCX_MASTER_SECRET_LEN] = {1}, ksak[CASTKEY_MCX_KSAK_LEN] = {1};
    uint8_t sed[CASTKEY_MCX_SED_LEN], signature[CASTKEY_MCX_SIGNATURE_LEN];
    memset(high, 0xff, sizeof high);
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_SAKKE_RNG_FAILURE, castkey_mcx_issuer_init(&issuer, sizeof issuer, &env));
    env.rng.fill = runs_dry;
    REFUSED(CASTKEY_ERR_ECCSI_RNG_FAILED, castkey_mcx_issuer_init(&issuer, sizeof issuer, &env));
    env.rng.fill = NULL;
    REFUSED(CASTKEY_ERR_ECCSI_RNG_FAILED, castkey_mcx_eccsi_sign(&gms, &env, zero, 1, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET, castkey_mcx_issuer_restore(&issuer, sizeof issuer, high, ksak));
    REFUSED(CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET, castkey_mcx_issuer_restore(&issuer, sizeof issuer, zero, ksak));
    REFUSED(CASTKEY_ERR_ECCSI_KSAK_INVALID, castkey_mcx_issuer_restore(&issuer, sizeof issuer, master, zero));
    OK(castkey_mcx_issuer_restore(&issuer, sizeof issuer, master, ksak));
    REFUSED(CASTKEY_ERR_MCX_RNG_FAILED, castkey_mcx_issuer_issue(&issuer, &env, &c, zero, 1, 1, RESULT(castkey_mcx_issued)));
    env.rng.fill = count_up;
    c.period_s = 0;
    REFUSED(CASTKEY_ERR_MCX_BAD_CERTIFICATE,
            castkey_mcx_issuer_issue(&issuer, &env, &c, zero, 1, 1, RESULT(castkey_mcx_issued)));
    /* The master secret that is q - UID: the one identity that then has no key. */
    c = certificate();
    OK(castkey_mcx_uid(uri, sizeof uri, c.kms_uri.octets, c.kms_uri.len, c.period_s, c.offset_s, 1, uid));
    memcpy(master, q, sizeof master);
    for (size_t i = sizeof master; i-- > 0;) {
        unsigned less = i < sizeof master - sizeof uid ? 0 : uid[i + sizeof uid - sizeof master];
        unsigned left = master[i] + 256u - borrow - less;
        master[i] = (uint8_t)left;
        borrow = left < 256;
    }
    OK(castkey_mcx_issuer_restore(&issuer, sizeof issuer, master, ksak));
    REFUSED(CASTKEY_ERR_MCX_BAD_KEY_SET,
            castkey_mcx_issuer_issue(&issuer, &env, &c, uri, sizeof uri, 1, RESULT(castkey_mcx_issued)));
    castkey_mcx_issuer_wipe(&issuer);
    CHECK(all_zero(&issuer, sizeof issuer));

    OK(castkey_mcx_sakke_encapsulate(&kms, csk_key, gms_UserID, sizeof gms_UserID, sed));
    REFUSED(CASTKEY_ERR_SAKKE_BAD_IDENTITY, castkey_mcx_sakke_encapsulate(&kms, csk_key, zero, 0, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_SAKKE_BAD_IDENTITY, castkey_mcx_sakke_encapsulate(&kms, csk_key, zero, 127, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_SAKKE_BAD_IDENTITY, castkey_mcx_sakke_encapsulate(&kms, csk_key, zero, 128, RESULT(uint8_t)));
    REFUSED(CASTKEY_ERR_SAKKE_REFUSED,
            castkey_mcx_sakke_decapsulate(&gms, sed, alice_UserID, sizeof alice_UserID, RESULT(uint8_t)));
    sed[sizeof sed - 1] ^= 1;
    REFUSED(CASTKEY_ERR_SAKKE_REFUSED,
            castkey_mcx_sakke_decapsulate(&gms, sed, gms_UserID, sizeof gms_UserID, RESULT(uint8_t)));
    sed[1] ^= 1;
    REFUSED(CASTKEY_ERR_SAKKE_REFUSED,
            castkey_mcx_sakke_decapsulate(&gms, sed, gms_UserID, sizeof gms_UserID, RESULT(uint8_t)));
    OK(castkey_mcx_eccsi_sign(&gms, &env, zero, 1, signature));
    OK(castkey_mcx_eccsi_verify(&kms, gms_UserID, sizeof gms_UserID, zero, 1, signature));
    REFUSED(CASTKEY_ERR_ECCSI_SIGNATURE_INVALID,
            castkey_mcx_eccsi_verify(&kms, gms_UserID, sizeof gms_UserID, zero, 2, signature));
    signature[64] ^= 1;
    REFUSED(CASTKEY_ERR_ECCSI_SIGNATURE_INVALID,
            castkey_mcx_eccsi_verify(&kms, gms_UserID, sizeof gms_UserID, zero, 1, signature));
}

static void packets(void)
{
    static const uint8_t key[CASTKEY_MCX_SRTCP_KEY_LEN] = {1}, salt[CASTKEY_MCX_SRTCP_SALT_LEN] = {2};
    uint8_t rtcp[] = {0x80, 204, 0, 2, 0, 0, 0, 1, 'M', 'C', 'P', 'T'}, packet[64];
    static castkey_mcx_srtcp before;
    uint32_t index = 0;
    size_t len;
    n_watched = 0;
    watch(&end, sizeof end);
    watch(&peer, sizeof peer);
    OK(castkey_mcx_srtcp_keys_init(&srtcp_keys, sizeof srtcp_keys, 0x20000001u, key, salt));
    OK(castkey_mcx_srtcp_keys_init(&other_keys, sizeof other_keys, 0x20000002u, key, salt));
    OK(castkey_mcx_srtcp_init(&end, sizeof end, 1, 7));
    OK(castkey_mcx_srtcp_init(&peer, sizeof peer, 2, 0));
    settle();
#define PROTECT(at, size, cap) castkey_mcx_srtcp_protect(&end, &env, &srtcp_keys, at, size, out, cap, RESULT2(size_t))
#define OPEN(keys, cap) castkey_mcx_srtcp_unprotect(&peer, &env, keys, packet, len, out, cap, RESULT2(size_t))
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, PROTECT(rtcp, 7, sizeof out));
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, PROTECT(key, sizeof key, sizeof out));
    REFUSED(CASTKEY_ERR_MCX_BUFFER_TOO_SMALL, PROTECT(rtcp, sizeof rtcp, sizeof rtcp));
    OK(PROTECT(rtcp, sizeof rtcp, sizeof out));
    memcpy(packet, out, len = *RESULT2(size_t));
    settle();
    len -= 20;
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, OPEN(&srtcp_keys, sizeof out));
    REFUSED(CASTKEY_ERR_MCX_MALFORMED, castkey_mcx_srtcp_key_id(packet, 3, RESULT(uint32_t)));
    len += 20;
    packet[len - 8] ^= 0x80;
    REFUSED(CASTKEY_ERR_MCX_NOT_ENCRYPTED, OPEN(&srtcp_keys, sizeof out));
    packet[len - 8] ^= 0x80;
    REFUSED(CASTKEY_ERR_MCX_UNKNOWN_KEY, OPEN(&other_keys, sizeof out));
    REFUSED(CASTKEY_ERR_MCX_BUFFER_TOO_SMALL, OPEN(&srtcp_keys, sizeof rtcp - 1));
    packet[9] ^= 1;
    REFUSED(CASTKEY_ERR_MCX_UNAUTHENTIC, OPEN(&srtcp_keys, sizeof out));
    packet[9] ^= 1;
    OK(OPEN(&srtcp_keys, sizeof out));
    checked_octets(out, *RESULT2(size_t), rtcp, sizeof rtcp, "the packet", __LINE__);
    settle();
    REFUSED(CASTKEY_ERR_MCX_REPLAY, OPEN(&srtcp_keys, sizeof out));

    /* The index goes round, which takes 2^31 packets: here the object counts on from the last of them. */
    memcpy(&before, &end, sizeof end);
    DONE(PROTECT(rtcp, sizeof rtcp, sizeof out));
    CHECK(counted_up(&end, &before, sizeof end, 6) == 1);
    OK(castkey_mcx_srtcp_next_index(&end, &index));
    CHECK(index == 6);
    DONE(PROTECT(rtcp, sizeof rtcp, sizeof out));
    REFUSED(CASTKEY_ERR_MCX_KEY_EXHAUSTED, PROTECT(rtcp, sizeof rtcp, sizeof out));

    /* Of more peers than there is room for, the last one is this end itself. */
    for (uint32_t ssrc = 2; ssrc <= CASTKEY_MCX_SRTCP_PEERS + 1; ssrc++) {
        OK(castkey_mcx_srtcp_init(&end, sizeof end, ssrc + 1, 0));
        rtcp[7] = (uint8_t)(ssrc + 1);
        OK(PROTECT(rtcp, sizeof rtcp, sizeof out));
        memcpy(packet, out, len = *RESULT2(size_t));
        settle();
        if (ssrc <= CASTKEY_MCX_SRTCP_PEERS) {
            DONE(OPEN(&srtcp_keys, sizeof out));
        } else {
            REFUSED(CASTKEY_ERR_MCX_CAPACITY_EXCEEDED, OPEN(&srtcp_keys, sizeof out));
        }
    }
    OK(castkey_mcx_srtcp_init(&peer, sizeof peer, rtcp[7], 0));
    settle();
    n_watched = 0;
    REFUSED(CASTKEY_ERR_MCX_SSRC_COLLISION, OPEN(&srtcp_keys, sizeof out));
    watch(&peer, sizeof peer);
    settle();
    REFUSED(CASTKEY_ERR_MCX_SSRC_COLLISION, castkey_mcx_srtcp_protect(&peer, &env, &srtcp_keys, rtcp, sizeof rtcp, out,
                                                                      sizeof out, RESULT2(size_t)));
    n_watched = 0;
}

int main(void)
{
    static const struct never never[] = {
        {CASTKEY_ERR_SAKKE_BAD_POINT, "functions of C take points in certificates and key sets: BAD_CERTIFICATE, BAD_KEY_SET"},
        {CASTKEY_ERR_SAKKE_WRONG_ORDER, "the same: BAD_CERTIFICATE"},
        {CASTKEY_ERR_SAKKE_NO_SUCH_RSK, "castkey_mcx_issuer_issue() says BAD_KEY_SET"},
        {CASTKEY_ERR_SAKKE_RSK_REFUSED, "castkey_mcx_keys_prepare() says BAD_KEY_SET"},
        {CASTKEY_ERR_SAKKE_NOT_PREPARED, "an object that is not prepared has no tag: CASTKEY_ERR_STATE"},
        {CASTKEY_ERR_SAKKE_UNUSABLE_SSV, "an SSV whose hash with the identity is 0 modulo q: nobody can find one"},
        {CASTKEY_ERR_ECCSI_KPAK_INVALID, "castkey_mcx_kms_prepare() says BAD_CERTIFICATE"},
        {CASTKEY_ERR_ECCSI_PVT_INVALID, "castkey_mcx_keys_prepare() says BAD_KEY_SET"},
        {CASTKEY_ERR_ECCSI_SSK_INVALID, "castkey_mcx_keys_prepare() says BAD_KEY_SET"},
        {CASTKEY_ERR_ECCSI_KEY_UNAVAILABLE, "of signers in Rust that are elsewhere; C has none"},
        {CASTKEY_ERR_ECCSI_NOT_PREPARED, "an object that is not prepared has no tag: CASTKEY_ERR_STATE"},
    };
    prepare();
    watch(&kms, sizeof kms);
    watch(&gms, sizeof gms);
    settle();
    certificates_and_key_sets();
    mathematics();
    packets();
    all_reached(CASTKEY_ERR_SAKKE_BAD_POINT, CASTKEY_ERR_ECCSI_NOT_PREPARED, never, sizeof never / sizeof *never);
    all_reached(CASTKEY_ERR_MCX_NOT_AUTHORIZED, CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD, NULL, 0);
    all_reached(CASTKEY_ERR_MCX_SSRC_COLLISION, CASTKEY_ERR_MCX_BUFFER_TOO_SMALL, NULL, 0);
    return report("statuses_sakke");
}
