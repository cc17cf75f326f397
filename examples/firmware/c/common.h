/* What the images share: checks that end the run, the terminal's memory, and the two ends' view of the same user. */
#ifndef COMMON_H
#define COMMON_H

#include "board.h"
#include "vectors.h"
#include <castkey.h>
#include <string.h>

#ifdef CALLER_PRIMITIVES
/* In place of a hardware engine: an archive without primitives has none to fall back to. */
#include "primitives.h"
#ifndef PRIMITIVES
#define PRIMITIVES &soft
#endif
#else
#define PRIMITIVES NULL

/* Called should the library find itself broken. An archive without primitives does not ask for it. */
__attribute__((weak)) void castkey_on_panic(void) { board_exit(98); }
#endif

/* Ends the run with status 1 and the line. */
static void checked(int good, const char *what, int line)
{
    if (!good) {
        board_print("line ");
        board_print_number((uint32_t)line);
        board_print(": ");
        board_print(what);
        board_print("\n");
        board_exit(1);
    }
}

#define CHECK(condition) checked((condition), #condition, __LINE__)
#define STATUS(want, call) checked((call) == (want), #call " is not " #want, __LINE__)
#define OK(call) STATUS(CASTKEY_OK, call)
#define SAME(is, is_len, want) checked((is_len) == sizeof(want) && memcmp((is), (want), sizeof(want)) == 0, #is, __LINE__)

/* In place of the board's generator: the emulator has none. It repeats, so it is good for nothing but an emulator. */
static int32_t count_up(void *user, uint8_t *out, size_t len)
{
    static uint8_t next;
    (void)user;
    while (len-- > 0) {
        *out++ = next++;
    }
    return 0;
}

static const castkey_env env = {PRIMITIVES, NULL, {count_up, NULL}};

/* The Key Group of the worked examples: network 234-15, group 0x68ca; its MSKs and MTKs. */
static const castkey_name group = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 0, 0};
static const castkey_name msk_1 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 0};
static const castkey_name mtk_1 = {{0x32, 0xf4, 0x51}, 0, 0x68ca, 1, 1};

static castkey_octets octets(const void *at, size_t len)
{
    castkey_octets o = {(const uint8_t *)at, len};
    return o;
}

#define OCTETS(array) octets((array), sizeof(array))

static castkey_muk_id muk_id(void)
{
    castkey_muk_id id = {OCTETS(msk_message_idi), OCTETS(msk_message_idr)};
    return id;
}

static castkey_muk muk(void)
{
    castkey_muk muk = {CASTKEY_MUK_OCTETS, OCTETS(msk_message_psk)};
    return muk;
}

static castkey_ue_event event_of(uint32_t kind)
{
    castkey_ue_event event;
    memset(&event, 0, sizeof event);
    event.kind = kind;
    event.name = group;
    return event;
}

#endif
