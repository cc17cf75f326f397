/* Every function of mission-critical keys but those for hosts, in the course of mcx_flow.c: the most that a call took, by function and
 * kind of event. */
#include "measure.h"
#include <stdio.h>

#define EVENT_NAME(names, event) ((event)->kind < sizeof(names) / sizeof(names)[0] ? (names)[(event)->kind] : (names)[0])

static const char *const client_events[] = {
    "castkey_mcx_client_handle",
    "castkey_mcx_client_handle: register",
    "castkey_mcx_client_handle: upload",
    "castkey_mcx_client_handle: upload accepted",
    "castkey_mcx_client_handle: upload failed",
    "castkey_mcx_client_handle: redirected",
    "castkey_mcx_client_handle: download",
    "castkey_mcx_client_handle: log off",
};

static const char *const server_events[] = {
    "castkey_mcx_server_handle",
    "castkey_mcx_server_handle: upload",
    "castkey_mcx_server_handle: send CSK",
    "castkey_mcx_server_handle: CSK taken",
    "castkey_mcx_server_handle: CSK refused",
    "castkey_mcx_server_handle: send MuSiK",
    "castkey_mcx_server_handle: log off",
};

#define castkey_mcx_client_handle(client, env, own, event, ...) \
    MEASURED(EVENT_NAME(client_events, event), castkey_mcx_client_handle(client, env, own, event, __VA_ARGS__))
#define castkey_mcx_server_handle(server, env, own, table, event, ...) \
    MEASURED(EVENT_NAME(server_events, event), castkey_mcx_server_handle(server, env, own, table, event, __VA_ARGS__))

#define M(function, ...) MEASURED(#function, function(__VA_ARGS__))
#define V(function, ...) MEASURED_VOID(#function, function(__VA_ARGS__))
#define castkey_mcx_certificate_check(...) M(castkey_mcx_certificate_check, __VA_ARGS__)
#define castkey_mcx_client_align() M(castkey_mcx_client_align)
#define castkey_mcx_client_config_default(...) M(castkey_mcx_client_config_default, __VA_ARGS__)
#define castkey_mcx_client_csk(...) M(castkey_mcx_client_csk, __VA_ARGS__)
#define castkey_mcx_client_forget_musik(...) M(castkey_mcx_client_forget_musik, __VA_ARGS__)
#define castkey_mcx_client_init(...) M(castkey_mcx_client_init, __VA_ARGS__)
#define castkey_mcx_client_received_srtcp(...) M(castkey_mcx_client_received_srtcp, __VA_ARGS__)
#define castkey_mcx_client_received_xml(...) M(castkey_mcx_client_received_xml, __VA_ARGS__)
#define castkey_mcx_client_size() M(castkey_mcx_client_size)
#define castkey_mcx_client_uplink_srtcp(...) M(castkey_mcx_client_uplink_srtcp, __VA_ARGS__)
#define castkey_mcx_client_uplink_xml(...) M(castkey_mcx_client_uplink_xml, __VA_ARGS__)
#define castkey_mcx_client_wipe(...) V(castkey_mcx_client_wipe, __VA_ARGS__)
#define castkey_mcx_eccsi_sign(...) M(castkey_mcx_eccsi_sign, __VA_ARGS__)
#define castkey_mcx_eccsi_verify(...) M(castkey_mcx_eccsi_verify, __VA_ARGS__)
#define castkey_mcx_issuer_align() M(castkey_mcx_issuer_align)
#define castkey_mcx_issuer_export(...) M(castkey_mcx_issuer_export, __VA_ARGS__)
#define castkey_mcx_issuer_init(...) M(castkey_mcx_issuer_init, __VA_ARGS__)
#define castkey_mcx_issuer_issue(...) M(castkey_mcx_issuer_issue, __VA_ARGS__)
#define castkey_mcx_issuer_public(...) M(castkey_mcx_issuer_public, __VA_ARGS__)
#define castkey_mcx_issuer_restore(...) M(castkey_mcx_issuer_restore, __VA_ARGS__)
#define castkey_mcx_issuer_size() M(castkey_mcx_issuer_size)
#define castkey_mcx_issuer_wipe(...) V(castkey_mcx_issuer_wipe, __VA_ARGS__)
#define castkey_mcx_key_period(...) M(castkey_mcx_key_period, __VA_ARGS__)
#define castkey_mcx_key_period_start(...) M(castkey_mcx_key_period_start, __VA_ARGS__)
#define castkey_mcx_key_set_check(...) M(castkey_mcx_key_set_check, __VA_ARGS__)
#define castkey_mcx_keys_align() M(castkey_mcx_keys_align)
#define castkey_mcx_keys_prepare(...) M(castkey_mcx_keys_prepare, __VA_ARGS__)
#define castkey_mcx_keys_size() M(castkey_mcx_keys_size)
#define castkey_mcx_keys_wipe(...) V(castkey_mcx_keys_wipe, __VA_ARGS__)
#define castkey_mcx_kms_align() M(castkey_mcx_kms_align)
#define castkey_mcx_kms_prepare(...) M(castkey_mcx_kms_prepare, __VA_ARGS__)
#define castkey_mcx_kms_size() M(castkey_mcx_kms_size)
#define castkey_mcx_kms_wipe(...) V(castkey_mcx_kms_wipe, __VA_ARGS__)
#define castkey_mcx_musik_align() M(castkey_mcx_musik_align)
#define castkey_mcx_musik_key(...) M(castkey_mcx_musik_key, __VA_ARGS__)
#define castkey_mcx_musik_size() M(castkey_mcx_musik_size)
#define castkey_mcx_musik_wipe(...) V(castkey_mcx_musik_wipe, __VA_ARGS__)
#define castkey_mcx_sakke_decapsulate(...) M(castkey_mcx_sakke_decapsulate, __VA_ARGS__)
#define castkey_mcx_sakke_encapsulate(...) M(castkey_mcx_sakke_encapsulate, __VA_ARGS__)
#define castkey_mcx_server_align() M(castkey_mcx_server_align)
#define castkey_mcx_server_config_default(...) M(castkey_mcx_server_config_default, __VA_ARGS__)
#define castkey_mcx_server_csk(...) M(castkey_mcx_server_csk, __VA_ARGS__)
#define castkey_mcx_server_downlink_srtcp(...) M(castkey_mcx_server_downlink_srtcp, __VA_ARGS__)
#define castkey_mcx_server_downlink_xml(...) M(castkey_mcx_server_downlink_xml, __VA_ARGS__)
#define castkey_mcx_server_init(...) M(castkey_mcx_server_init, __VA_ARGS__)
#define castkey_mcx_server_install_spk(...) M(castkey_mcx_server_install_spk, __VA_ARGS__)
#define castkey_mcx_server_musik_srtcp(...) M(castkey_mcx_server_musik_srtcp, __VA_ARGS__)
#define castkey_mcx_server_new_musik(...) M(castkey_mcx_server_new_musik, __VA_ARGS__)
#define castkey_mcx_server_received_srtcp(...) M(castkey_mcx_server_received_srtcp, __VA_ARGS__)
#define castkey_mcx_server_received_xml(...) M(castkey_mcx_server_received_xml, __VA_ARGS__)
#define castkey_mcx_server_remove_spk(...) M(castkey_mcx_server_remove_spk, __VA_ARGS__)
#define castkey_mcx_server_size() M(castkey_mcx_server_size)
#define castkey_mcx_server_spk_xml(...) M(castkey_mcx_server_spk_xml, __VA_ARGS__)
#define castkey_mcx_server_wipe(...) V(castkey_mcx_server_wipe, __VA_ARGS__)
#define castkey_mcx_srtcp_align() M(castkey_mcx_srtcp_align)
#define castkey_mcx_srtcp_forget(...) M(castkey_mcx_srtcp_forget, __VA_ARGS__)
#define castkey_mcx_srtcp_init(...) M(castkey_mcx_srtcp_init, __VA_ARGS__)
#define castkey_mcx_srtcp_key_id(...) M(castkey_mcx_srtcp_key_id, __VA_ARGS__)
#define castkey_mcx_srtcp_keys_align() M(castkey_mcx_srtcp_keys_align)
#define castkey_mcx_srtcp_keys_init(...) M(castkey_mcx_srtcp_keys_init, __VA_ARGS__)
#define castkey_mcx_srtcp_keys_size() M(castkey_mcx_srtcp_keys_size)
#define castkey_mcx_srtcp_keys_wipe(...) V(castkey_mcx_srtcp_keys_wipe, __VA_ARGS__)
#define castkey_mcx_srtcp_next_index(...) M(castkey_mcx_srtcp_next_index, __VA_ARGS__)
#define castkey_mcx_srtcp_protect(...) M(castkey_mcx_srtcp_protect, __VA_ARGS__)
#define castkey_mcx_srtcp_size() M(castkey_mcx_srtcp_size)
#define castkey_mcx_srtcp_unprotect(...) M(castkey_mcx_srtcp_unprotect, __VA_ARGS__)
#define castkey_mcx_srtcp_wipe(...) V(castkey_mcx_srtcp_wipe, __VA_ARGS__)
#define castkey_mcx_uid(...) M(castkey_mcx_uid, __VA_ARGS__)
#define castkey_mcx_user_align() M(castkey_mcx_user_align)
#define castkey_mcx_user_has_csk(...) M(castkey_mcx_user_has_csk, __VA_ARGS__)
#define castkey_mcx_user_init(...) M(castkey_mcx_user_init, __VA_ARGS__)
#define castkey_mcx_user_names(...) M(castkey_mcx_user_names, __VA_ARGS__)
#define castkey_mcx_user_size() M(castkey_mcx_user_size)
#define castkey_mcx_user_wipe(...) V(castkey_mcx_user_wipe, __VA_ARGS__)

/* What fails there, the image mcx_flow prints. */
static int quiet(const char *format, ...)
{
    (void)format;
    return 0;
}
#define printf quiet
#define WITHOUT_FAST
#define main flow
#include "mcx_flow.c"
#undef main

int main(void)
{
    calibration();
    int failed = flow();
    print_kept();
    OBJECT(mcx_kms);
    OBJECT(mcx_keys);
    OBJECT(mcx_client);
    OBJECT(mcx_srtcp_keys);
    OBJECT(mcx_srtcp);
    OBJECT(mcx_server);
    OBJECT(mcx_user);
    OBJECT(mcx_musik);
    OBJECT(mcx_issuer);
    return failed;
}
