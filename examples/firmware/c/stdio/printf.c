#include "../board.h"
#include "stdio.h"
#include <stdarg.h>
#include <string.h>

/* %d of a number that is not negative, %u, %s and %%. To the board, or behind `out`, which then moves on. */
static void format_to(char **out, const char *format, va_list arguments)
{
    for (const char *at = format; *at != 0; at++) {
        char digits[11] = {*at, 0}, *text = digits;
        if (*at == '%') {
            at++;
            if (*at == 's') {
                text = va_arg(arguments, char *);
            } else if (*at == 'u' || *at == 'd') {
                unsigned number = va_arg(arguments, unsigned);
                text = digits + sizeof digits - 1;
                *text = 0;
                do {
                    *--text = (char)('0' + number % 10);
                    number /= 10;
                } while (number != 0);
            }
        }
        if (out == NULL) {
            board_print(text);
        } else {
            size_t len = strlen(text);
            memcpy(*out, text, len + 1);
            *out += len;
        }
    }
}

int printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(NULL, format, arguments);
    va_end(arguments);
    return 0;
}

int sprintf(char *out, const char *format, ...)
{
    char *at = out;
    va_list arguments;
    va_start(arguments, format);
    *at = 0;
    format_to(&at, format, arguments);
    va_end(arguments);
    return (int)(at - out);
}

#ifndef CALLER_PRIMITIVES
__attribute__((weak)) void castkey_on_panic(void) { board_exit(98); }
#endif
