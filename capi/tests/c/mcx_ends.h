/* Alice's client and the server of the published KMS: who they are, and the events that they are told. */
#ifndef MCX_ENDS_H
#define MCX_ENDS_H

#include "mcx_kms.h"

static castkey_mcx_entity entity(int of_gms)
{
    static const castkey_mcx_kms *const list[] = {&kms};
    static const castkey_mcx_keys *const of_alice[] = {&alice}, *const of_server[] = {&gms};
    castkey_mcx_entity e;
    memset(&e, 0, sizeof e);
    e.uri = of_gms ? TEXT(gms_UserUri) : TEXT(alice_UserUri);
    e.kms_uri = TEXT(kms_KmsUri);
    e.kms = list;
    e.n_kms = 1;
    e.keys = of_gms ? of_server : of_alice;
    e.n_keys = 1;
    return e;
}

static castkey_mcx_client_event client_event(uint32_t kind)
{
    castkey_mcx_client_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    return e;
}

static castkey_mcx_server_event server_event(uint32_t kind)
{
    castkey_mcx_server_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    e.user = TEXT(alice_UserUri);
    e.impu = TEXT("sip:alice-impu@example.org");
    e.kms = TEXT(kms_KmsUri);
    return e;
}

#endif
