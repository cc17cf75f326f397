/* A BM-SC that pushes MSKs to many users: one object for the Key Groups, one row for each user, which could lie in a database.
 * Everybody gets the first MSK; some lose datagrams, and get another one; one user is expelled, and the next MSK goes to the rest.
 * All memory is static; the terminals are in the same program.
 *
 *     cc -I capi/include examples/c/server.c -L target/c-interface -lcastkey
 */
#include "common.h"

enum { USERS = 24, EXPELLED = 5 };

/* A user as the server keeps him. */
static struct row {
    uint8_t muk[32];
    char b_tid[16];
    castkey_user user;
    castkey_delivery delivery;
    int member;
} rows[USERS];

/* The terminals at the other end. */
static castkey_ue terminals[USERS];

static castkey_bm_sc centre;
static const char naf_id[] = "bmsc.home1.net\1\0\0\0\1";
static uint64_t now;
static unsigned sent, lost, resent;

static unsigned chance(void)
{
    static uint32_t x = 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % 100;
}

/* Brings a datagram to a terminal, or loses it; what the terminal answers stands in `answer`. */
static size_t deliver(size_t to, const uint8_t *datagram, size_t len, uint8_t *answer)
{
    static uint8_t out[CASTKEY_UE_OUT_SIZE];
    static castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
    castkey_ue_event event;
    size_t n, answer_len = 0;

    sent++;
    if (chance() < 20) {
        lost++;
        return 0;
    }
    memset(&event, 0, sizeof event);
    event.kind = CASTKEY_UE_MIKEY;
    event.octets = octets(datagram, len);
    /* A terminal without the MSK cannot use an MTK message. */
    if (castkey_ue_handle(&terminals[to], &env, &event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n) !=
        CASTKEY_OK) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (actions[i].kind == CASTKEY_UE_SEND) {
            memcpy(answer, out + actions[i].offset, answer_len = actions[i].len);
        }
    }
    return answer_len;
}

static void tell(castkey_bm_sc_event event, size_t row);

static void about_user(uint32_t kind, castkey_name name, size_t row, const uint8_t *datagram, size_t len)
{
    castkey_bm_sc_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = name;
    event.user = rows[row].user;
    event.delivery = rows[row].delivery;
    event.octets = octets(datagram, len);
    tell(event, row);
}

static void about_group(uint32_t kind)
{
    castkey_bm_sc_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = service;
    tell(event, USERS);
}

/* Tells the BM-SC what happened to a user's row, or to the group, and carries out what it wants. */
static void tell(castkey_bm_sc_event event, size_t row)
{
    uint8_t out[CASTKEY_MESSAGE_MAX], answer[CASTKEY_MESSAGE_MAX];
    castkey_bm_sc_action actions[CASTKEY_MAX_ACTIONS];
    size_t n, len;

    MUST(castkey_bm_sc_handle(&centre, &env, &event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n));
    for (size_t i = 0; i < n; i++) {
        const castkey_bm_sc_action *action = &actions[i];
        switch (action->kind) {
        case CASTKEY_BM_SC_DISTRIBUTE:
            printf("%6u ms  MSK %u to everybody\n", (unsigned)now, action->name.number);
            for (size_t r = 0; r < USERS; r++) {
                if (rows[r].member) {
                    about_user(CASTKEY_BM_SC_PUSH, action->name, r, NULL, 0);
                }
            }
            about_group(CASTKEY_BM_SC_DISTRIBUTED);
            break;
        case CASTKEY_BM_SC_SAVE_COUNTER:
            rows[row].user.counter = action->counter;
            rows[row].user.has_counter = 1;
            break;
        case CASTKEY_BM_SC_SAVE_DELIVERY:
            rows[row].delivery = action->delivery;
            break;
        case CASTKEY_BM_SC_SEND:
            len = deliver(row, out + action->offset, action->len, answer);
            if (len > 0) {
                about_user(CASTKEY_BM_SC_ACKNOWLEDGED, service, row, answer, len);
            }
            break;
        case CASTKEY_BM_SC_MULTICAST:
            for (size_t r = 0; r < USERS; r++) {
                deliver(r, out + action->offset, action->len, answer);
            }
            break;
        case CASTKEY_BM_SC_ACTIVATED:
            printf("%6u ms  MSK %u is in use\n", (unsigned)now, action->name.number);
            break;
        default:
            break;
        }
    }
}

static void run_until(uint64_t end)
{
    for (;;) {
        uint64_t due;
        size_t row = USERS;
        MUST(castkey_bm_sc_deadline(&centre, &due));
        for (size_t r = 0; r < USERS; r++) {
            if (rows[r].delivery.kind == CASTKEY_DELIVERY_WAITING && rows[r].delivery.due < due) {
                due = rows[r].delivery.due;
                row = r;
            }
        }
        if (due > end) {
            now = end;
            return;
        }
        now = due > now ? due : now;
        if (row == USERS) {
            about_group(CASTKEY_BM_SC_TIMEOUT);
        } else {
            resent++;
            about_user(CASTKEY_BM_SC_RETRY, service, row, NULL, 0);
        }
    }
}

/* How many terminals can read what is sent now. */
static unsigned readers(void)
{
    castkey_name name;
    castkey_mtk sends, receives;
    unsigned n = 0;
    MUST(castkey_bm_sc_traffic(&centre, &service, &name, &sends));
    for (size_t r = 0; r < USERS; r++) {
        n += castkey_ue_mtk(&terminals[r], &name, &receives) == CASTKEY_OK && memcmp(&sends, &receives, sizeof sends) == 0;
    }
    printf("%6u ms  %u of %u terminals read the media\n", (unsigned)now, n, (unsigned)USERS);
    return n;
}

int main(void)
{
    castkey_bm_sc_config config;
    castkey_ue_config ue_config;
    unsigned before, after;

    MUST(castkey_bm_sc_config_default(&config));
    config.attempts = 8;
    config.switch_wait_ms = 60000;
    MUST(castkey_bm_sc_init(&centre, sizeof centre, &config));
    MUST(castkey_ue_config_default(&ue_config));
    for (size_t r = 0; r < USERS; r++) {
        static uint8_t out[CASTKEY_UE_OUT_SIZE];
        castkey_ue_action actions[CASTKEY_MAX_ACTIONS];
        castkey_ue_event event;
        size_t n;
        struct row *row = &rows[r];
        /* In earnest the MUK comes from the BSF. */
        MUST(system_random(NULL, row->muk, sizeof row->muk) == 0 ? CASTKEY_OK : CASTKEY_ERR_RNG);
        snprintf(row->b_tid, sizeof row->b_tid, "user%02u@bsf", (unsigned)r);
        row->user.muk_id.idi = octets(naf_id, sizeof naf_id - 1);
        row->user.muk_id.idr = octets(row->b_tid, strlen(row->b_tid));
        row->user.muk.octets = octets(row->muk, sizeof row->muk);
        row->member = 1;
        ue_config.jitter = (uint32_t)r + 1;
        MUST(castkey_ue_init(&terminals[r], sizeof terminals[r], &ue_config));
        memset(&event, 0, sizeof event);
        event.kind = CASTKEY_UE_BOOTSTRAPPED;
        event.muk_id = row->user.muk_id;
        event.muk = row->user.muk;
        MUST(castkey_ue_handle(&terminals[r], &env, &event, now, out, sizeof out, actions, CASTKEY_MAX_ACTIONS, &n));
    }

    about_group(CASTKEY_BM_SC_OPEN);
    run_until(60000);
    before = readers();

    printf("%6u ms  user %u is expelled\n", (unsigned)now, (unsigned)EXPELLED);
    rows[EXPELLED].member = 0;
    about_user(CASTKEY_BM_SC_GONE, service, EXPELLED, NULL, 0);
    about_group(CASTKEY_BM_SC_REKEY);
    run_until(180000);
    after = readers();
    printf("           %u datagrams, %u of them lost, %u messages sent again\n", sent, lost, resent);

    castkey_bm_sc_wipe(&centre);
    for (size_t r = 0; r < USERS; r++) {
        castkey_ue_wipe(&terminals[r]);
    }
    memset(rows, 0, sizeof rows);
    return before == USERS && after == USERS - 1 ? 0 : 1;
}
