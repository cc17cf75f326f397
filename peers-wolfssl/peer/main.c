/* Reads requests, one a line, and answers them; ends with its input. See peer.h. */
#include <stdio.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/random.h>

#include "peer.h"

static WC_RNG rng;

struct WC_RNG *generator(void)
{
    return &rng;
}

void answer(struct exchange *e, const void *octets, unsigned len)
{
    struct octets *out = &e->out[e->outs++];
    memcpy(out->at, octets, len);
    out->len = len;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0 when the text is hexadecimal of a length that fits. */
static int read_octets(const char *text, struct octets *out)
{
    out->len = 0;
    if (strcmp(text, "-") == 0)
        return 0;
    for (; text[0] != '\0'; text += 2) {
        int upper = digit(text[0]), lower = upper < 0 ? -1 : digit(text[1]);
        if (lower < 0 || out->len == MOST_OCTETS)
            return -1;
        out->at[out->len++] = (unsigned char)(upper << 4 | lower);
    }
    return 0;
}

static const struct entry *find(const struct entry *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static void respond(char *line, struct exchange *e)
{
    char *field = strtok(line, " \n");
    const struct entry *entry = NULL;
    int code;

    if (field != NULL && strcmp(field, "version") == 0) {
        printf("ok ");
        for (const char *c = LIBWOLFSSL_VERSION_STRING; *c != '\0'; c++)
            printf("%02x", (unsigned char)*c);
        putchar('\n');
        return;
    }
    if (field != NULL && (entry = find(eccsi_entries, field)) == NULL)
        entry = find(sakke_entries, field);
    e->ins = e->outs = 0;
    while (entry != NULL && (field = strtok(NULL, " \n")) != NULL)
        if (e->ins == MOST_FIELDS || read_octets(field, &e->in[e->ins++]) != 0)
            entry = NULL;
    if (entry == NULL || e->ins != entry->ins) {
        puts("bad");
        return;
    }
    code = entry->run(e);
    if (code != 0) {
        printf("no %d\n", code == INVALID ? 0 : code);
        return;
    }
    printf("ok");
    for (int i = 0; i < e->outs; i++) {
        putchar(' ');
        for (unsigned at = 0; at < e->out[i].len; at++)
            printf("%02x", e->out[i].at[at]);
    }
    putchar('\n');
}

int main(void)
{
    static char line[MOST_FIELDS * (2 * MOST_OCTETS + 1) + 64];
    static struct exchange e;

    if (wc_InitRng(&rng) != 0)
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        respond(line, &e);
        if (fflush(stdout) != 0)
            return 1;
    }
    return wc_FreeRng(&rng) == 0 ? 0 : 1;
}
