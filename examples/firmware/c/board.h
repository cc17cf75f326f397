/* The board as an emulator makes it: output and exit by semihosting. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_print(const char *text);
void board_print_number(uint32_t number);
_Noreturn void board_exit(uint32_t status);

#endif
