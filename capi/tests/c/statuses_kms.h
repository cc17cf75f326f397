/* The published KMS with the keys of Alice and of a server. */
#ifndef STATUSES_KMS_H
#define STATUSES_KMS_H

/* A castkey_mcx_server is the largest. */
#define WATCHED_SIZE CASTKEY_MCX_SERVER_SIZE
#include "statuses.h"
#include "mcx_kms.h"

static castkey_mcx_srtcp_keys srtcp_keys;
static castkey_env env;
static uint8_t next_random, out[CASTKEY_MCX_OUT_SIZE], long_uri[65536];

static void prepare(void)
{
    env.rng.fill = count_up;
    env.rng.user = &next_random;
    prepare_keys();
}

#endif
