/* Every function of OMA PoC, in the course of poc_flow.c: the most that a call took, by function and kind of event. */
#include "measure.h"
#include <stdio.h>
#ifdef CALLER_PRIMITIVES
#include "primitives.h"
#define soft timed
#endif

#define EVENT_NAME(names, event) ((event)->kind < sizeof(names) / sizeof(names)[0] ? (names)[(event)->kind] : (names)[0])

static const char *const client_events[] = {
    "castkey_poc_client_handle",
    "castkey_poc_client_handle: negotiate",
    "castkey_poc_client_handle: offer",
    "castkey_poc_client_handle: MIKEY",
    "castkey_poc_client_handle: MBCP",
    "castkey_poc_client_handle: packet",
    "castkey_poc_client_handle: bye",
    "castkey_poc_client_handle: timeout",
};

static const char *const distribution_events[] = {
    "castkey_poc_distribution_handle",
    "castkey_poc_distribution_handle: update",
    "castkey_poc_distribution_handle: indication",
    "castkey_poc_distribution_handle: abort",
    "castkey_poc_distribution_handle: roll",
    "castkey_poc_distribution_handle: timeout",
};

static const char *const leg_events[] = {
    "castkey_poc_server_handle_leg",
    "castkey_poc_server_handle_leg: join",
    "castkey_poc_server_handle_leg: deliver",
    "castkey_poc_server_handle_leg: ok",
    "castkey_poc_server_handle_leg: fail",
    "castkey_poc_server_handle_leg: timeout",
    "castkey_poc_server_handle_leg: expelled",
    "castkey_poc_server_handle_leg: deauthorised",
    "castkey_poc_server_handle_leg: left",
    "castkey_poc_server_handle_leg: requested",
};

#define castkey_poc_client_handle(client, env, event, ...) \
    MEASURED(EVENT_NAME(client_events, event), castkey_poc_client_handle(client, env, event, __VA_ARGS__))
#define castkey_poc_distribution_handle(distribution, env, event, ...) \
    MEASURED(EVENT_NAME(distribution_events, event), castkey_poc_distribution_handle(distribution, env, event, __VA_ARGS__))
#define castkey_poc_server_handle_leg(server, leg, env, member, event, ...) \
    MEASURED(EVENT_NAME(leg_events, event), castkey_poc_server_handle_leg(server, leg, env, member, event, __VA_ARGS__))

#define M(function, ...) MEASURED(#function, function(__VA_ARGS__))
#define V(function, ...) MEASURED_VOID(#function, function(__VA_ARGS__))
#define castkey_poc_client_size() M(castkey_poc_client_size)
#define castkey_poc_client_align() M(castkey_poc_client_align)
#define castkey_poc_client_config_default(...) M(castkey_poc_client_config_default, __VA_ARGS__)
#define castkey_poc_client_init(...) M(castkey_poc_client_init, __VA_ARGS__)
#define castkey_poc_client_bootstrapped(...) M(castkey_poc_client_bootstrapped, __VA_ARGS__)
#define castkey_poc_client_mtk(...) M(castkey_poc_client_mtk, __VA_ARGS__)
#define castkey_poc_client_switchover(...) M(castkey_poc_client_switchover, __VA_ARGS__)
#define castkey_poc_client_deadline(...) M(castkey_poc_client_deadline, __VA_ARGS__)
#define castkey_poc_client_refused(...) M(castkey_poc_client_refused, __VA_ARGS__)
#define castkey_poc_client_wipe(...) V(castkey_poc_client_wipe, __VA_ARGS__)
#define castkey_poc_distribution_size() M(castkey_poc_distribution_size)
#define castkey_poc_distribution_align() M(castkey_poc_distribution_align)
#define castkey_poc_distribution_config_default(...) M(castkey_poc_distribution_config_default, __VA_ARGS__)
#define castkey_poc_distribution_init(...) M(castkey_poc_distribution_init, __VA_ARGS__)
#define castkey_poc_distribution_traffic(...) M(castkey_poc_distribution_traffic, __VA_ARGS__)
#define castkey_poc_distribution_protect_mbcp(...) M(castkey_poc_distribution_protect_mbcp, __VA_ARGS__)
#define castkey_poc_distribution_active(...) M(castkey_poc_distribution_active, __VA_ARGS__)
#define castkey_poc_distribution_deadline(...) M(castkey_poc_distribution_deadline, __VA_ARGS__)
#define castkey_poc_distribution_wipe(...) V(castkey_poc_distribution_wipe, __VA_ARGS__)
#define castkey_poc_leg_size() M(castkey_poc_leg_size)
#define castkey_poc_leg_align() M(castkey_poc_leg_align)
#define castkey_poc_leg_init(...) M(castkey_poc_leg_init, __VA_ARGS__)
#define castkey_poc_leg_member(...) M(castkey_poc_leg_member, __VA_ARGS__)
#define castkey_poc_leg_wipe(...) V(castkey_poc_leg_wipe, __VA_ARGS__)
#define castkey_poc_server_size() M(castkey_poc_server_size)
#define castkey_poc_server_align() M(castkey_poc_server_align)
#define castkey_poc_server_config_default(...) M(castkey_poc_server_config_default, __VA_ARGS__)
#define castkey_poc_server_init(...) M(castkey_poc_server_init, __VA_ARGS__)
#define castkey_poc_server_handle(...) M(castkey_poc_server_handle, __VA_ARGS__)
#define castkey_poc_server_confirms(...) M(castkey_poc_server_confirms, __VA_ARGS__)
#define castkey_poc_server_msk(...) M(castkey_poc_server_msk, __VA_ARGS__)
#define castkey_poc_server_session(...) M(castkey_poc_server_session, __VA_ARGS__)
#define castkey_poc_server_wipe(...) V(castkey_poc_server_wipe, __VA_ARGS__)

/* What fails there, the image poc_flow prints. */
static int quiet(const char *format, ...)
{
    (void)format;
    return 0;
}
#define printf quiet
#define main flow
#include "poc_flow.c"
#undef main

int main(void)
{
    calibration();
    int failed = flow();
    print_kept();
    OBJECT(poc_client);
    OBJECT(poc_server);
    OBJECT(poc_leg);
    OBJECT(poc_distribution);
    return failed;
}
