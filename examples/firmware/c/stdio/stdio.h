/* As much of printf() as the tests of the C interface use, for a board. */
#ifndef STDIO_H
#define STDIO_H

int printf(const char *format, ...);
int sprintf(char *out, const char *format, ...);

#endif
