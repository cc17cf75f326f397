#include "board.h"

#define SYS_WRITE0 0x04u
#define SYS_EXIT_EXTENDED 0x20u

static void semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *text) { semihosting(SYS_WRITE0, text); }

void board_print_number(uint32_t number)
{
    char digits[11];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    board_print(at);
}

_Noreturn void board_exit(uint32_t status)
{
    const uint32_t block[2] = {0x20026u, status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)

#define PAINT 0xA5A5A5A5u
/* Octets below the stack pointer that are painted. */
#define PAINTED 65536u

__attribute__((noinline)) struct cost board_measure(void (*run)(void))
{
    struct cost cost;
    uint32_t *top;
    __asm__ volatile("mov %0, sp" : "=r"(top));
    uint32_t *low = top - PAINTED / sizeof *low;
    /* Nothing below the stack pointer is in use, and nothing in this function puts anything there. */
    for (volatile uint32_t *at = low; at < top; at++) {
        *at = PAINT;
    }
    SYST_RVR = 0xFFFFFFu;
    BOARD_TICKS = 0;
    SYST_CSR = 5;
    uint32_t before = BOARD_TICKS;
    run();
    uint32_t after = BOARD_TICKS;
    cost.ticks = (before - after) & 0xFFFFFFu;
    const volatile uint32_t *used = low;
    while (used < top && *used == PAINT) {
        used++;
    }
    cost.stack = (uint32_t)((uintptr_t)top - (uintptr_t)used);
    return cost;
}
