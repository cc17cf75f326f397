/* valgrind's client requests as functions. Outside valgrind they do nothing and answer 0. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <valgrind/memcheck.h>

void ct_poison(void *at, size_t len) { VALGRIND_MAKE_MEM_UNDEFINED(at, len); }

void ct_unpoison(void *at, size_t len) { VALGRIND_MAKE_MEM_DEFINED(at, len); }

unsigned ct_errors(void) { return VALGRIND_COUNT_ERRORS; }

int ct_running(void) { return RUNNING_ON_VALGRIND; }

/* How many of the octets have at least one undefined bit. */
size_t ct_tainted(const void *at, size_t len) {
    size_t tainted = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t bits = 0;
        if (VALGRIND_GET_VBITS((const uint8_t *)at + i, &bits, 1) == 1) {
            VALGRIND_MAKE_MEM_DEFINED(&bits, 1);
            tainted += bits != 0;
        }
    }
    return tainted;
}
