/* A terminal from its bootstrapping run to SRTP keys, with a switch to the next MSK and a restart in between. All memory is
 * static; a BM-SC in the same program stands at the other end.
 *
 *     cc -I capi/include examples/c/ue.c -L target/c-interface -lcastkey
 */
#include "common.h"

static castkey_ue ue;
static uint8_t ue_out[CASTKEY_UE_OUT_SIZE];
static castkey_ue_action ue_actions[CASTKEY_MAX_ACTIONS];

/* What a board writes to flash. */
static uint8_t stored[CASTKEY_UE_OUT_SIZE];
static size_t stored_len;

/* What is on its way from the one to the other. */
static uint8_t to_ue[CASTKEY_MESSAGE_MAX], to_centre[CASTKEY_MESSAGE_MAX];
static size_t to_ue_len, to_centre_len;

static castkey_bm_sc centre;
static castkey_user user;
static castkey_delivery delivery;

static castkey_muk_id identities;
static castkey_muk muk;
static uint64_t now;

/* Tells the terminal and carries out what it wants, in order. */
static void tell_ue(castkey_ue_event event)
{
    size_t n;
    castkey_status status =
        castkey_ue_handle(&ue, &env, &event, now, ue_out, sizeof ue_out, ue_actions, CASTKEY_MAX_ACTIONS, &n);
    if (status != CASTKEY_OK) {
        printf("UE      refuses: %s\n", castkey_status_name(status));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const castkey_ue_action *action = &ue_actions[i];
        switch (action->kind) {
        case CASTKEY_UE_PERSIST:
            memcpy(stored, ue_out + action->offset, stored_len = action->len);
            break;
        case CASTKEY_UE_SEND:
            memcpy(to_centre, ue_out + action->offset, to_centre_len = action->len);
            break;
        case CASTKEY_UE_MSK_STORED:
            printf("UE      holds MSK %u\n", action->name.number);
            break;
        case CASTKEY_UE_ACTIVATED:
            printf("UE      uses MSK %u\n", action->name.number);
            break;
        case CASTKEY_UE_MTK_READY:
            printf("UE      has MTK %u under MSK %u\n", action->name.mtk, action->name.number);
            break;
        case CASTKEY_UE_MTK_DROPPED:
            printf("UE      drops the MTKs under MSK %u\n", action->name.number);
            break;
        case CASTKEY_UE_REQUEST_MSK:
            printf("UE      asks for MSK %u (over HTTP, not shown)\n", action->name.number);
            break;
        default:
            /* CASTKEY_UE_ARM_TIMER: castkey_ue_deadline() says the same. */
            break;
        }
    }
}

static castkey_ue_event ue_event(uint32_t kind)
{
    castkey_ue_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = service;
    return event;
}

static void datagram_to_ue(void)
{
    castkey_ue_event event = ue_event(CASTKEY_UE_MIKEY);
    event.octets = octets(to_ue, to_ue_len);
    tell_ue(event);
}

/* Tells the BM-SC; what it sends goes to the terminal, and the terminal's answer back. */
static void tell_centre(uint32_t kind, uint16_t number)
{
    static uint8_t out[CASTKEY_MESSAGE_MAX];
    static castkey_bm_sc_action actions[CASTKEY_MAX_ACTIONS];
    castkey_bm_sc_event event;
    size_t n;
    int sent = 0;

    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = service;
    event.name.number = number;
    event.user = user;
    event.delivery = delivery;
    event.octets = octets(to_centre, to_centre_len);
    MUST(castkey_bm_sc_handle(&centre, &env, &event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n));
    for (size_t i = 0; i < n; i++) {
        switch (actions[i].kind) {
        case CASTKEY_BM_SC_SAVE_COUNTER:
            user.counter = actions[i].counter;
            user.has_counter = 1;
            break;
        case CASTKEY_BM_SC_SAVE_DELIVERY:
            delivery = actions[i].delivery;
            break;
        case CASTKEY_BM_SC_SEND:
        case CASTKEY_BM_SC_MULTICAST:
            memcpy(to_ue, out + actions[i].offset, to_ue_len = actions[i].len);
            sent = 1;
            break;
        case CASTKEY_BM_SC_DELIVERED:
            printf("BM-SC   knows that MSK %u is held\n", actions[i].name.number);
            break;
        case CASTKEY_BM_SC_USE_MTK:
            printf("BM-SC   sends media under MTK %u of MSK %u\n", actions[i].name.mtk, actions[i].name.number);
            break;
        default:
            break;
        }
    }
    if (sent) {
        datagram_to_ue();
    }
}

static void push(uint16_t number)
{
    to_centre_len = 0;
    tell_centre(CASTKEY_BM_SC_PUSH, number);
    if (to_centre_len > 0) {
        tell_centre(CASTKEY_BM_SC_ACKNOWLEDGED, 0);
    }
}

static void run_until(uint64_t end)
{
    uint64_t of_centre, of_ue;
    for (;;) {
        MUST(castkey_bm_sc_deadline(&centre, &of_centre));
        MUST(castkey_ue_deadline(&ue, &of_ue));
        if (of_centre > end && of_ue > end) {
            now = end;
            return;
        }
        now = of_centre < of_ue ? of_centre : of_ue;
        if (of_centre <= of_ue) {
            tell_centre(CASTKEY_BM_SC_TIMEOUT, 0);
        } else {
            tell_ue(ue_event(CASTKEY_UE_TIMEOUT));
        }
    }
}

static void print_key(const char *name, const uint8_t *key, size_t len)
{
    printf("%-28s ", name);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", key[i]);
    }
    printf("\n");
}

/* The SRTP keys for the media that the BM-SC sends now. */
static void media(void)
{
    castkey_name name;
    castkey_mtk sends, receives;
    castkey_srtp_keys keys;
    MUST(castkey_bm_sc_traffic(&centre, &service, &name, &sends));
    MUST(castkey_ue_mtk(&ue, &name, &receives));
    MUST(castkey_srtp_session_keys(&env, receives.key, receives.salt, &keys));
    print_key("        SRTP encryption key", keys.rtp_encr, sizeof keys.rtp_encr);
    if (memcmp(&sends, &receives, sizeof sends) != 0) {
        printf("the two ends do not agree\n");
        exit(1);
    }
    memset(&keys, 0, sizeof keys);
    memset(&sends, 0, sizeof sends);
    memset(&receives, 0, sizeof receives);
}

int main(void)
{
    /* What the AKA run with the card left, and what the BSF said. */
    static const uint8_t aka_rand[16] = {0xa0, 0xa1, 0xa2, 0xa3};
    static const char impi[] = "234150999999999@ims.mnc015.mcc234.3gppnetwork.org";
    static const char b_tid[] = "oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net";
    static const char fqdn[] = "bmsc.home1.net";
    static uint8_t ks[32], ks_naf[32], muk_octets[32], naf_id[64];
    castkey_ue_config config;
    castkey_bm_sc_config centre_config;
    castkey_ue_event event;
    size_t len;

    MUST(system_random(NULL, ks, sizeof ks) == 0 ? CASTKEY_OK : CASTKEY_ERR_RNG);
    MUST(castkey_naf_id((const uint8_t *)fqdn, strlen(fqdn), CASTKEY_UA_MBMS, naf_id, sizeof naf_id, &len));
    identities.idi = octets(naf_id, len);
    identities.idr = octets(b_tid, strlen(b_tid));
    MUST(castkey_ks_naf(&env, ks, aka_rand, (const uint8_t *)impi, strlen(impi), naf_id, len, ks_naf));
    MUST(castkey_muk_from_ks(&env, ks_naf, CASTKEY_MUK_ALL, muk_octets, &len));
    muk.kind = CASTKEY_MUK_OCTETS;
    muk.octets = octets(muk_octets, len);

    /* The BM-SC has the same MUK from the BSF. */
    MUST(castkey_bm_sc_config_default(&centre_config));
    MUST(castkey_bm_sc_init(&centre, sizeof centre, &centre_config));
    user.muk_id = identities;
    user.muk = muk;

    MUST(castkey_ue_config_default(&config));
    config.jitter = 4711; /* Another one in each terminal. */
    MUST(castkey_ue_init(&ue, sizeof ue, &config));
    event = ue_event(CASTKEY_UE_BOOTSTRAPPED);
    event.muk_id = identities;
    event.muk = muk;
    tell_ue(event);
    tell_ue(ue_event(CASTKEY_UE_WANTED));

    tell_centre(CASTKEY_BM_SC_OPEN, 0);
    push(1);
    run_until(1000);
    media();

    printf("        --- a new MSK\n");
    tell_centre(CASTKEY_BM_SC_REKEY, 0);
    push(2);

    printf("        --- power fails; the terminal starts again from what it stored\n");
    castkey_ue_wipe(&ue);
    MUST(castkey_ue_restore(&ue, sizeof ue, &config, &env, stored, stored_len, now));

    tell_centre(CASTKEY_BM_SC_DISTRIBUTED, 0);
    run_until(3000);
    media();
    run_until(20000);
    media();

    castkey_ue_wipe(&ue);
    castkey_bm_sc_wipe(&centre);
    memset(ks, 0, sizeof ks);
    memset(ks_naf, 0, sizeof ks_naf);
    memset(muk_octets, 0, sizeof muk_octets);
    memset(stored, 0, sizeof stored);
    return 0;
}
