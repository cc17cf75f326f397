/* A terminal and a BM-SC to be refused by, and the worked MSK message to be altered. */
#ifndef STATUSES_MBMS_H
#define STATUSES_MBMS_H

#include "mikey_prf.h"
#include "statuses.h"
#include "vectors.h"

static castkey_ue ue;
static castkey_bm_sc bm_sc;
static castkey_env env;
static castkey_settings settings;
static castkey_ue_config ue_config;
static castkey_bm_sc_config bm_sc_config;
static castkey_muk muk;
static castkey_muk_id muk_id;
static uint8_t next_random, out[CASTKEY_UE_OUT_SIZE], text[5000];
static uint8_t long_field[65536];

static const castkey_name msk_1 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 0};

/* Where the parts of the worked MSK message begin. */
enum { EXT = 10, T = 25, RAND = 31, KEMAC = 114, DATA = 118, MAC = 145, END = 165 };

static castkey_ue_event event_of(uint32_t kind)
{
    castkey_ue_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = msk_1;
    event.muk_id = muk_id;
    event.muk = muk;
    return event;
}

static castkey_status tell(const castkey_ue_event *event, uint64_t now)
{
    return castkey_ue_handle(&ue, &env, event, now, out, sizeof out, RESULT(castkey_ue_action), CASTKEY_MAX_ACTIONS,
                             RESULT2(size_t));
}

static castkey_status mikey(const uint8_t *at, size_t len)
{
    castkey_ue_event event = event_of(CASTKEY_UE_MIKEY);
    event.octets = octets(at, len);
    return tell(&event, 0);
}

static castkey_status install(uint16_t group, uint16_t number, uint16_t seq_high, castkey_octets rand)
{
    castkey_ue_event event = event_of(CASTKEY_UE_INSTALL);
    event.name.group = group;
    event.name.number = number;
    event.octets = OCTETS(msk_message_msk);
    event.rand = rand;
    event.seq_high = seq_high;
    return tell(&event, 0);
}

/* A terminal with the MUK of the worked examples. */
static void fresh(void)
{
    castkey_ue_event event = event_of(CASTKEY_UE_BOOTSTRAPPED);
    OK(castkey_ue_init(&ue, sizeof ue, &ue_config));
    DONE(tell(&event, 0));
}

/* An MTK message under the MSK of the examples, to `text`. */
static size_t mtk_message(uint16_t group, uint16_t number, uint16_t mtk_id, uint32_t counter)
{
    castkey_mtk_address address;
    castkey_mtk mtk;
    size_t len = 0;
    memset(&address, 0, sizeof address);
    memset(&mtk, 0, sizeof mtk);
    address.name = msk_1;
    address.name.group = group;
    address.name.number = number;
    address.name.mtk = mtk_id;
    address.counter = counter;
    OK(castkey_mtk_seal(&env, &settings, &address, &mtk, msk_message_msk, msk_message_rand, sizeof msk_message_rand, text,
                        CASTKEY_MESSAGE_MAX, &len));
    return len;
}

static castkey_msk_address address_of(uint16_t number)
{
    castkey_msk_address address;
    memset(&address, 0, sizeof address);
    address.name = msk_1;
    address.name.number = number;
    address.counter = 1;
    address.rand = OCTETS(msk_message_rand);
    address.muk_id = muk_id;
    return address;
}

/* The worked MSK message, to `text`. */
static void worked(void) { memcpy(text, msk_message_out_message, sizeof msk_message_out_message); }

/* Puts the right MAC behind the first `len` octets of the altered message in `text`. */
static void authentic(const uint8_t *psk, size_t psk_len, size_t len)
{
    castkey_held_key key;
    castkey_octets part = octets(text, len);
    uint8_t auth[20];
    memset(&key, 0, sizeof key);
    key.rand = OCTETS(msk_message_rand);
    mikey_prf(psk, psk_len, &key, CASTKEY_LABEL_AUTH, auth, sizeof auth);
    hmac_sha1(auth, sizeof auth, &part, 1, text + len);
}

static castkey_status opened(const uint32_t *last)
{
    return castkey_msk_open(&env, &settings, text, END, &muk, last, RESULT(castkey_msk_opened));
}

/* The `len` octets in `text` are no MSK message, whoever reads them. */
static void no_message(castkey_status want, size_t len)
{
    REFUSED(want, castkey_msk_peek(&settings, text, len, RESULT(castkey_message_head)));
    REFUSED(want, castkey_msk_open(&env, &settings, text, len, &muk, NULL, RESULT(castkey_msk_opened)));
    REFUSED(want, castkey_verification_seal(&env, &settings, text, len, &muk, out, sizeof out, RESULT(size_t)));
    REFUSED(want, castkey_verification_open(&env, &settings, text, len, &muk, msk_verification_out_message,
                                            sizeof msk_verification_out_message));
    REFUSED(want, mikey(text, len));
}

static size_t from_hex(const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        const char *high = strchr(digits, hex[2 * i]), *low = strchr(digits, hex[2 * i + 1]);
        CHECK(high != NULL && low != NULL);
        text[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return len;
}

static castkey_status order(const castkey_bm_sc_event *event)
{
    return castkey_bm_sc_handle(&bm_sc, &env, event, 0, out, sizeof out, RESULT(castkey_bm_sc_action),
                                CASTKEY_MAX_ACTIONS, RESULT2(size_t));
}

static castkey_status restored(const uint8_t *state, size_t len)
{
    return castkey_ue_restore(&ue, sizeof ue, &ue_config, &env, state, len, 0);
}

/* A generator that does. */
static int32_t fails(void *user, uint8_t *to, size_t len)
{
    (void)user;
    memset(to, 0, len);
    return -1;
}

#endif
