#include "../board.h"
#include "stdio.h"
#include <stdarg.h>

/* %d of a number that is not negative, %u, %s and %%. */
int printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at != 0; at++) {
        char one[2] = {*at, 0};
        if (*at != '%') {
            board_print(one);
        } else if (*++at == 's') {
            board_print(va_arg(arguments, const char *));
        } else if (*at == 'u' || *at == 'd') {
            board_print_number(va_arg(arguments, unsigned));
        } else {
            board_print("%");
        }
    }
    va_end(arguments);
    return 0;
}

#ifndef CALLER_PRIMITIVES
void castkey_on_panic(void);
void castkey_on_panic(void) { board_exit(98); }
#endif
