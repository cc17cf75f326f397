/* One request is one line: a name, then octets in hexadecimal, "-" where there are none. One answer is one line:
 *
 *   ok [octets]...   what was asked for
 *   no CODE          refused; CODE is the library's, 0 when it called something invalid without an error
 *   bad              not a request
 */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>

#define MOST_FIELDS 5
#define MOST_OCTETS 4096

struct octets {
    unsigned char at[MOST_OCTETS];
    unsigned len;
};

/* What a request brings and what is answered. */
struct exchange {
    struct octets in[MOST_FIELDS];
    int ins;
    struct octets out[2];
    int outs;
};

/* Does what is asked: 0 when done, INVALID, or an error of the library. */
typedef int operation(struct exchange *e);

/* The library called something invalid without an error. */
#define INVALID 1

struct entry {
    const char *name;
    int ins;
    operation *run;
};

/* Each table ends with a name of NULL. */
extern const struct entry eccsi_entries[];
extern const struct entry sakke_entries[];

/* The library's random generator. */
struct WC_RNG;
struct WC_RNG *generator(void);

/* Takes over `len` octets as the next answer. */
void answer(struct exchange *e, const void *octets, unsigned len);

#endif
