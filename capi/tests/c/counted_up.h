/* For what comes after so many calls that no test has the time. */
#ifndef COUNTED_UP_H
#define COUNTED_UP_H

#include "check.h"

/* Sets to `to` the words of an object that a call has raised by one since `before`: the object is as after so many calls. Answers
 * how many there are. */
static unsigned counted_up(void *object, void *before, size_t size, uint32_t to)
{
    unsigned found = 0;
#ifdef MEMCHECK
    VALGRIND_MAKE_MEM_DEFINED(before, size);
    VALGRIND_MAKE_MEM_DEFINED(object, size);
#endif
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint32_t was, is;
        memcpy(&was, (uint8_t *)before + at, 4);
        memcpy(&is, (uint8_t *)object + at, 4);
        if (is == was + 1) {
            memcpy((uint8_t *)object + at, &to, 4);
            found++;
        }
    }
    return found;
}

#endif
