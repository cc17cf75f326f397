/* The published KMS, and what it gave to Alice and to a server. For whoever has octets() and OK(). */
#ifndef MCX_KMS_H
#define MCX_KMS_H

#include "mcx_vectors.h"

#define TEXT(string) octets((string), sizeof(string) - 1)

static castkey_mcx_kms kms;
static castkey_mcx_keys alice, gms;

/* The time of the published message, and later. */
static castkey_mcx_time now(unsigned later)
{
    castkey_mcx_time time = {0, 0, 0};
    time.seconds = (uint64_t)csk_ntp_seconds + later;
    return time;
}

static castkey_mcx_certificate certificate(void)
{
    castkey_mcx_certificate c;
    memset(&c, 0, sizeof c);
    c.kms_uri = TEXT(kms_KmsUri);
    c.period_s = kms_UserKeyPeriod;
    c.offset_s = kms_UserKeyOffset;
    c.user_id_format = 2;
    c.parameter_set = 1;
    c.pub_enc_key = kms_PubEncKey;
    c.pub_auth_key = kms_PubAuthKey;
    return c;
}

static castkey_mcx_key_set key_set(int of_gms)
{
    castkey_mcx_key_set s;
    memset(&s, 0, sizeof s);
    s.kms_uri = TEXT(kms_KmsUri);
    s.user_uri = of_gms ? TEXT(gms_UserUri) : TEXT(alice_UserUri);
    s.period = of_gms ? gms_KeyPeriodNo : alice_KeyPeriodNo;
    s.user_id = of_gms ? gms_UserID : alice_UserID;
    s.decrypt_key = of_gms ? gms_UserDecryptKey : alice_UserDecryptKey;
    s.signing_key = of_gms ? gms_UserSigningKeySSK : alice_UserSigningKeySSK;
    s.pub_token = of_gms ? gms_UserPubTokenPVT : alice_UserPubTokenPVT;
    return s;
}

/* What the KMS gave out is checked before it is used. */
static void prepare_keys(void)
{
    castkey_mcx_certificate c = certificate();
    castkey_mcx_key_set a = key_set(0), g = key_set(1);
    OK(castkey_mcx_kms_prepare(&kms, sizeof kms, &c, now(0)));
    OK(castkey_mcx_keys_prepare(&alice, sizeof alice, &kms, &a));
    OK(castkey_mcx_keys_prepare(&gms, sizeof gms, &kms, &g));
}

#endif
