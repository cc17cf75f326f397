/* The smallest terminal: state, timer, datagrams in and out, keys out, a restart, with a library without the SHA-256 suite. It is
 * linked for its sizes and does not run: the radio, the flash and the engine are registers that no emulator has. */
#include "reference.h"

#define RADIO_LENGTH DEVICE(0x00)
#define RADIO_DATA DEVICE(0x04)
#define FLASH_LENGTH DEVICE(0x10)
#define FLASH_DATA DEVICE(0x14)
#define CARD_DATA DEVICE(0x20)
#define CLOCK_MS DEVICE(0x30)
#define SRTP_DATA DEVICE(0x40)
#define ENGINE DEVICE(0x50)

static castkey_ue ue;
static uint8_t out[CASTKEY_UE_OUT_SIZE], received[CASTKEY_MESSAGE_MAX];
static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];

#ifdef CALLER_PRIMITIVES
/* Drivers of an engine for SHA-1 and AES-128: all that a library without the SHA-256 suite asks a terminal for. */
static void sha1(void *user, uint32_t *state, const uint8_t *blocks, size_t n)
{
    (void)user;
    write_to(&ENGINE, (const uint8_t *)state, 20);
    write_to(&ENGINE, blocks, 64 * n);
    read_from(&ENGINE, (uint8_t *)state, 20);
}

static void aes128(void *user, const uint8_t *key, const uint8_t *iv, uint8_t *octets, size_t len)
{
    (void)user;
    write_to(&ENGINE, key, 16);
    write_to(&ENGINE, iv, 16);
    write_to(&ENGINE, octets, len);
    read_from(&ENGINE, octets, len);
}

static const castkey_primitives engine = {sha1, NULL, aes128, NULL, NULL};
static const castkey_env env = {&engine, NULL, {NULL, NULL}};
#else
static const castkey_env env = {NULL, NULL, {NULL, NULL}};

void castkey_on_panic(void)
{
    for (;;) {
    }
}
#endif

static void carry_out(const castkey_ue_action *action)
{
    castkey_mtk mtk;
    switch (action->kind) {
    case CASTKEY_UE_PERSIST:
        FLASH_LENGTH = action->len;
        write_to(&FLASH_DATA, out + action->offset, action->len);
        break;
    case CASTKEY_UE_SEND:
        RADIO_LENGTH = action->len;
        write_to(&RADIO_DATA, out + action->offset, action->len);
        break;
    case CASTKEY_UE_MTK_READY:
        if (castkey_ue_mtk(&ue, &action->name, &mtk) == CASTKEY_OK) {
            write_to(&SRTP_DATA, mtk.key, sizeof mtk.key);
            write_to(&SRTP_DATA, mtk.salt, sizeof mtk.salt);
        }
        break;
    default:
        break;
    }
}

static void tell(const castkey_ue_event *event)
{
    size_t n = 0;
    if (castkey_ue_handle(&ue, &env, event, CLOCK_MS, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n) == CASTKEY_OK) {
        for (size_t i = 0; i < n; i++) {
            carry_out(&actions[i]);
        }
    }
}

int main(void)
{
    static const uint8_t naf_id[] = "bmsc.home1.net\1\0\0\0\1";
    static uint8_t muk[32], b_tid[48];
    castkey_ue_config config;
    castkey_ue_event event = {0};
    uint64_t at;

    castkey_ue_config_default(&config);
    config.jitter = CARD_DATA;
    size_t stored = FLASH_LENGTH;
    read_from(&FLASH_DATA, out, stored <= sizeof out ? stored : 0);
    if (castkey_ue_restore(&ue, sizeof ue, &config, &env, out, stored, CLOCK_MS) != CASTKEY_OK) {
        castkey_ue_init(&ue, sizeof ue, &config);
        read_from(&CARD_DATA, muk, sizeof muk);
        read_from(&CARD_DATA, b_tid, sizeof b_tid);
        event.kind = CASTKEY_UE_BOOTSTRAPPED;
        event.muk_id.idi.octets = naf_id;
        event.muk_id.idi.len = sizeof naf_id - 1;
        event.muk_id.idr.octets = b_tid;
        event.muk_id.idr.len = sizeof b_tid;
        event.muk.kind = CASTKEY_MUK_OCTETS;
        event.muk.octets.octets = muk;
        event.muk.octets.len = sizeof muk;
        tell(&event);
    }
    for (;;) {
        uint32_t len = RADIO_LENGTH;
        if (len > 0 && len <= sizeof received) {
            read_from(&RADIO_DATA, received, len);
            event.kind = CASTKEY_UE_MIKEY;
            event.octets.octets = received;
            event.octets.len = len;
            tell(&event);
        }
        if (castkey_ue_deadline(&ue, &at) == CASTKEY_OK && at <= CLOCK_MS) {
            event.kind = CASTKEY_UE_TIMEOUT;
            tell(&event);
        }
    }
}
