/* The BM-SC's part of measure_mbms.c. */
#include "measure.h"
#ifdef CALLER_PRIMITIVES
#define PRIMITIVES &timed
#endif
#include "common.h"

void bm_sc_measured(void);

static castkey_bm_sc bm_sc;
static castkey_bm_sc_config of_bm_sc;
static castkey_bm_sc_action orders[CASTKEY_MAX_ACTIONS];
static castkey_bm_sc_event order;
static castkey_switchover switchover;
static castkey_settings settings;
static castkey_muk held;
static castkey_name name;
static castkey_mtk mtk;
static uint8_t out[CASTKEY_UE_OUT_SIZE], message[CASTKEY_MESSAGE_MAX];
static size_t n, message_len;
static uint32_t outstanding;
static uint64_t now, at;

CALL(bm_sc_size, castkey_bm_sc_size() <= sizeof bm_sc ? CASTKEY_OK : CASTKEY_ERR_SHORT)
CALL(bm_sc_align, castkey_bm_sc_align() <= CASTKEY_BM_SC_ALIGN ? CASTKEY_OK : CASTKEY_ERR_ALIGN)
CALL(bm_sc_config, castkey_bm_sc_config_default(&of_bm_sc))
CALL(bm_sc_init, castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &of_bm_sc))
CALL(bm_sc_handle, castkey_bm_sc_handle(&bm_sc, &env, &order, now, out, sizeof out, orders, CASTKEY_MAX_ACTIONS, &n))
CALL(bm_sc_traffic, castkey_bm_sc_traffic(&bm_sc, &group, &name, &mtk))
CALL(bm_sc_deadline, castkey_bm_sc_deadline(&bm_sc, &at))
CALL(bm_sc_switchover, castkey_bm_sc_switchover(&bm_sc, &group, &switchover, &outstanding))
CALL(bm_sc_wipe, (castkey_bm_sc_wipe(&bm_sc), CASTKEY_OK))

static castkey_user user;
static castkey_delivery delivery;

static void bm_sc_event(const char *what, uint32_t kind, uint16_t number)
{
    memset(&order, 0, sizeof order);
    order.kind = kind;
    order.name = group;
    order.name.number = number;
    order.user = user;
    order.delivery = delivery;
    order.octets = octets(message, message_len);
    measured(what, call_bm_sc_handle, CASTKEY_OK);
    for (size_t i = 0; i < n; i++) {
        switch (orders[i].kind) {
        case CASTKEY_BM_SC_SAVE_COUNTER:
            user.counter = orders[i].counter;
            user.has_counter = 1;
            break;
        case CASTKEY_BM_SC_SAVE_DELIVERY:
            delivery = orders[i].delivery;
            break;
        case CASTKEY_BM_SC_SEND:
            memcpy(message, out + orders[i].offset, message_len = orders[i].len);
            break;
        default:
            break;
        }
    }
}

/* The terminal's answer to what the BM-SC sent last. */
static void acknowledge(void)
{
    uint8_t sent[CASTKEY_MESSAGE_MAX];
    memcpy(sent, message, message_len);
    OK(castkey_verification_seal(&env, &settings, sent, message_len, &held, message, sizeof message, &message_len));
}

void bm_sc_measured(void)
{
    OK(castkey_settings_default(&settings));
    held = muk();
    measured("castkey_bm_sc_size", call_bm_sc_size, CASTKEY_OK);
    measured("castkey_bm_sc_align", call_bm_sc_align, CASTKEY_OK);
    measured("castkey_bm_sc_config_default", call_bm_sc_config, CASTKEY_OK);
    measured("castkey_bm_sc_init", call_bm_sc_init, CASTKEY_OK);
    user.muk_id = muk_id();
    user.muk = muk();
    bm_sc_event("castkey_bm_sc_handle: open", CASTKEY_BM_SC_OPEN, 0);
    bm_sc_event("castkey_bm_sc_handle: push", CASTKEY_BM_SC_PUSH, 1);
    now = delivery.due;
    bm_sc_event("castkey_bm_sc_handle: retry", CASTKEY_BM_SC_RETRY, 0);
    acknowledge();
    bm_sc_event("castkey_bm_sc_handle: acknowledged", CASTKEY_BM_SC_ACKNOWLEDGED, 0);
    CHECK(delivery.kind == CASTKEY_DELIVERY_DELIVERED);
    OK(castkey_bm_sc_deadline(&bm_sc, &now));
    bm_sc_event("castkey_bm_sc_handle: timeout, the carousel", CASTKEY_BM_SC_TIMEOUT, 0);
    bm_sc_event("castkey_bm_sc_handle: roll", CASTKEY_BM_SC_ROLL, 0);
    bm_sc_event("castkey_bm_sc_handle: pull", CASTKEY_BM_SC_PULL, 0);
    bm_sc_event("castkey_bm_sc_handle: requested", CASTKEY_BM_SC_REQUESTED, 0);
    acknowledge();
    bm_sc_event("castkey_bm_sc_handle: acknowledged, requested", CASTKEY_BM_SC_ACKNOWLEDGED, 0);
    bm_sc_event("castkey_bm_sc_handle: rekey", CASTKEY_BM_SC_REKEY, 0);
    bm_sc_event("castkey_bm_sc_handle: push, the next MSK", CASTKEY_BM_SC_PUSH, 2);
    bm_sc_event("castkey_bm_sc_handle: gone", CASTKEY_BM_SC_GONE, 0);
    bm_sc_event("castkey_bm_sc_handle: distributed, the switch", CASTKEY_BM_SC_DISTRIBUTED, 0);
    measured("castkey_bm_sc_traffic", call_bm_sc_traffic, CASTKEY_OK);
    measured("castkey_bm_sc_deadline", call_bm_sc_deadline, CASTKEY_OK);
    measured("castkey_bm_sc_switchover", call_bm_sc_switchover, CASTKEY_OK);
    bm_sc_event("castkey_bm_sc_handle: close", CASTKEY_BM_SC_CLOSE, 0);
    measured("castkey_bm_sc_wipe", call_bm_sc_wipe, CASTKEY_OK);
    OBJECT(bm_sc);
}
