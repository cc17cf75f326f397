#include "measure.h"
#include <string.h>

castkey_status is;
static uint32_t empty_ticks;

uint32_t ticks_of_primitives;

#ifdef CALLER_PRIMITIVES
#include "primitives.h"

#define TIMED(run)                                   \
    do {                                             \
        uint32_t before = TIMER_VALUE;               \
        run;                                         \
        ticks_of_primitives += before - TIMER_VALUE; \
    } while (0)

static void timed_sha1(void *user, uint32_t *state, const uint8_t *blocks, size_t n)
{
    TIMED(soft_sha1(user, state, blocks, n));
}

static void timed_sha256(void *user, uint32_t *state, const uint8_t *blocks, size_t n)
{
    TIMED(soft_sha256(user, state, blocks, n));
}

static void timed_aes128(void *user, const uint8_t *key, const uint8_t *iv, uint8_t *octets, size_t len)
{
    TIMED(soft_aes128(user, key, iv, octets, len));
}

static void timed_aes256(void *user, const uint8_t *key, const uint8_t *iv, uint8_t *octets, size_t len)
{
    TIMED(soft_aes256(user, key, iv, octets, len));
}

const castkey_primitives timed = {timed_sha1, timed_sha256, timed_aes128, timed_aes256, NULL};
#endif

static void print(const char *what, uint32_t first, uint32_t second)
{
    board_print(what);
    board_print("\t");
    board_print_number(first);
    board_print("\t");
    board_print_number(second);
    board_print("\n");
}

static _Noreturn void wrong(const char *what, const char *why)
{
    board_print(what);
    board_print(": ");
    board_print(why);
    board_print("\n");
    board_exit(1);
}

/* What the measure itself takes is taken off. */
static struct cost net(const char *what, struct cost cost)
{
    if (cost.stack == PAINTED) {
        wrong(what, "more stack than is painted");
    }
    cost.ticks -= empty_ticks + ticks_of_primitives;
    return cost;
}

static __attribute__((noinline)) struct cost cost_of(void (*run)(void))
{
    struct measure m = measure_begin();
    run();
    return measure_end(m);
}

void measured(const char *what, void (*run)(void), castkey_status want)
{
    is = CASTKEY_OK;
    struct cost cost = net(what, cost_of(run));
    print(what, cost.ticks, cost.stack);
    if (is != want) {
        wrong(what, castkey_status_name(is));
    }
}

static struct kept {
    const char *what;
    struct cost most;
} kept[128];
static size_t n_kept;

void keep(const char *what, struct cost cost)
{
    size_t i = 0;
    cost = net(what, cost);
    while (i < n_kept && strcmp(kept[i].what, what) != 0) {
        i++;
    }
    if (i == sizeof kept / sizeof kept[0]) {
        wrong(what, "no room");
    }
    n_kept = i == n_kept ? i + 1 : n_kept;
    kept[i].what = what;
    kept[i].most.ticks = cost.ticks > kept[i].most.ticks ? cost.ticks : kept[i].most.ticks;
    kept[i].most.stack = cost.stack > kept[i].most.stack ? cost.stack : kept[i].most.stack;
}

void print_kept(void)
{
    for (size_t i = 0; i < n_kept; i++) {
        print(kept[i].what, kept[i].most.ticks, kept[i].most.stack);
    }
}

void object(const char *what, size_t used, size_t room) { print(what, used, room); }

static void nothing(void) {}

/* 100,000 times round: 200,000 instructions. */
static void loop(void)
{
    uint32_t left = 100000;
    __asm__ volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(left)::"cc");
}

static void kilobyte(void)
{
    volatile uint8_t room[1024];
    room[0] = 1;
    (void)room[0];
}

void calibration(void)
{
    TIMER_RELOAD = 0xFFFFFFFFu;
    TIMER_VALUE = 0xFFFFFFFFu;
    TIMER_CTRL = 1;
    struct cost cost = net("nothing", cost_of(nothing));
    print("calibration: nothing", cost.ticks, cost.stack);
    empty_ticks = cost.ticks;
    measured("calibration: 200,000 instructions", loop, CASTKEY_OK);
    measured("calibration: 1,024 octets", kilobyte, CASTKEY_OK);
}
