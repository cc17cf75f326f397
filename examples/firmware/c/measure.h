/* Stack and ticks of calls of the C interface. An image that measures prints a line for each call: name, ticks, octets of stack, with
 * tabs between; and one for each object: "object:" and its name, octets that it uses, octets that the header gives it. */
#ifndef MEASURE_H
#define MEASURE_H

#include "board.h"
#include <castkey.h>

/* What a run has cost. Ticks are those of the board's timer, 25 MHz. */
struct cost {
    uint32_t ticks, stack;
};

/* The first timer of the board: counts down, 32 bits. */
#define TIMER_CTRL (*(volatile uint32_t *)0x40000000u)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004u)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008u)

#define PAINT 0xA5A5A5A5u
/* Octets below the stack pointer that are painted. */
#define PAINTED 65536u

/* Between measure_begin() and measure_end() lies the call. Both are part of the function that makes it, so that what is painted begins
 * where the call begins; arguments on the stack are that function's. */
struct measure {
    uint32_t *top, before;
};

/* Ticks inside the caller's primitives since measure_begin(). */
extern uint32_t ticks_of_primitives;

static inline __attribute__((always_inline)) struct measure measure_begin(void)
{
    struct measure m;
    __asm__ volatile("mov %0, sp" : "=r"(m.top));
    /* Nothing below the stack pointer is in use. */
    for (volatile uint32_t *at = m.top - PAINTED / sizeof *at; at < m.top; at++) {
        *at = PAINT;
    }
    ticks_of_primitives = 0;
    m.before = TIMER_VALUE;
    return m;
}

static inline __attribute__((always_inline)) struct cost measure_end(struct measure m)
{
    struct cost cost = {m.before - TIMER_VALUE, 0};
    const volatile uint32_t *used = m.top - PAINTED / sizeof *used;
    while (used < m.top && *used == PAINT) {
        used++;
    }
    cost.stack = (uint32_t)((uintptr_t)m.top - (uintptr_t)used);
    return cost;
}

/* Starts the timer, and measures nothing, a loop, and an array: the first lines of every image. */
void calibration(void);

/* Measures one call and prints its line. The call leaves its status in `is`; any other than `want` ends the run. */
extern castkey_status is;
void measured(const char *what, void (*run)(void), castkey_status want);

#define CALL(id, call) \
    static void call_##id(void) { is = (call); }

/* Measures a call wherever it is made; of all calls of the same name the most is printed at the end. */
void keep(const char *what, struct cost cost);
void print_kept(void);

#define MEASURED(what, call)                       \
    ({                                             \
        const char *measured_what = (what);        \
        struct measure measured_from = measure_begin(); \
        __auto_type measured_result = (call);      \
        keep(measured_what, measure_end(measured_from)); \
        measured_result;                           \
    })
#define MEASURED_VOID(what, call)                  \
    ({                                             \
        struct measure measured_from = measure_begin(); \
        (call);                                    \
        keep((what), measure_end(measured_from));       \
    })

void object(const char *what, size_t used, size_t room);
#define OBJECT(name) object("object: castkey_" #name, castkey_##name##_size(), sizeof(castkey_##name))

#ifdef CALLER_PRIMITIVES
/* The primitives of primitives.h. They stand for an engine, so their ticks are taken off. Their stack stays in. */
extern const castkey_primitives timed;
#endif

#endif
