/* A library without the SHA-256 suite: the mandatory suite as ever, the other one refused wherever it is asked for, and a table of
 * primitives of the caller that has SHA-1 and AES-128 alone. */
#include "check.h"
#include "primitives.h"
#include "vectors.h"

static const castkey_primitives two = {soft_sha1, NULL, soft_aes128, NULL, NULL};
static castkey_ue ue, ue_before;
static castkey_bm_sc bm_sc;

int main(void)
{
    static uint8_t next;
    const castkey_env env = {&two, NULL, {NULL, NULL}}, full = {&soft, NULL, {count_up, &next}};
    castkey_ue_config config;
    castkey_bm_sc_config of_bm_sc;
    castkey_settings settings;
    castkey_msk_opened opened;
    castkey_muk muk;
    uint8_t key[32];

    memset(&muk, 0, sizeof muk);
    muk.octets = OCTETS(msk_message_psk);
    OK(castkey_settings_default(&settings));
    CHECK(settings.sha256_suite == CASTKEY_SHA256_SUITE_OFF);
    OK(castkey_msk_open(&env, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, NULL, &opened));
    SAME(opened.msk, 16, msk_message_msk);
    OK(castkey_msk_open(&full, &settings, msk_message_out_message, sizeof msk_message_out_message, &muk, NULL, &opened));
    OK(castkey_ue_config_default(&config));
    OK(castkey_ue_init(&ue, sizeof ue, &config));
    memcpy(&ue_before, &ue, sizeof ue);

    for (uint32_t suite = CASTKEY_SHA256_SUITE_FULL; suite <= CASTKEY_SHA256_SUITE_WITH_AES128; suite++) {
        settings.sha256_suite = suite;
        STATUS(CASTKEY_ERR_BAD_ENUM, castkey_msk_open(&env, &settings, msk_message_out_message, sizeof msk_message_out_message,
                                                      &muk, NULL, &opened));
        OK(castkey_ue_config_default(&config));
        config.settings.sha256_suite = suite;
        STATUS(CASTKEY_ERR_BAD_ENUM, castkey_ue_init(&ue, sizeof ue, &config));
        CHECK(unchanged(&ue_before, &ue, sizeof ue));
    }
    for (uint32_t suite = CASTKEY_SUITE_SHA256; suite <= CASTKEY_SUITE_SHA256_AES128; suite++) {
        OK(castkey_bm_sc_config_default(&of_bm_sc));
        of_bm_sc.suite = suite;
        STATUS(CASTKEY_ERR_BAD_ENUM, castkey_bm_sc_init(&bm_sc, sizeof bm_sc, &of_bm_sc));
        CHECK(all_zero(&bm_sc, sizeof bm_sc));
    }

    /* Bootstrapping keys want SHA-256 all the same. */
#ifdef CALLER_PRIMITIVES
    STATUS(CASTKEY_ERR_PRIMITIVES, castkey_mrk(&env, gba_me_out_ks_naf, 1, NULL, 0, key));
    OK(castkey_mrk(&full, gba_me_out_ks_naf, 1, NULL, 0, key));
#else
    OK(castkey_mrk(&env, gba_me_out_ks_naf, 1, NULL, 0, key));
#endif
    SAME(key, 32, gba_me_out_mrk);
    return report("sha1_only");
}
