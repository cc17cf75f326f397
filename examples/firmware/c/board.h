/* The board as an emulator makes it: output and exit by semihosting, a count of time, and a look at the stack. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_print(const char *text);
void board_print_number(uint32_t number);
_Noreturn void board_exit(uint32_t status);

/* What a run has cost. Ticks are those of SysTick with the clock of the processor. */
struct cost {
    uint32_t ticks, stack;
};

struct cost board_measure(void (*run)(void));

/* While board_measure() runs: counts down, 24 bits. */
#define BOARD_TICKS (*(volatile uint32_t *)0xE000E018u)

#endif
