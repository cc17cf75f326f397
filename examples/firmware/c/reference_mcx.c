/* The smallest mission-critical client: keys from the KMS checked and made ready, a CSK uploaded, CSKs and MuSiKs downloaded, packets
 * of SRTCP in and out, small tables. It is linked for its sizes and does not run. */
#include "reference.h"

#define NETWORK_KIND DEVICE(0x00)
#define NETWORK_LENGTH DEVICE(0x04)
#define NETWORK_DATA DEVICE(0x08)
#define FLASH_DATA DEVICE(0x20)
#define CLOCK_S DEVICE(0x30)
#define RANDOM DEVICE(0x40)
#define MEDIA_LENGTH DEVICE(0x50)
#define MEDIA_DATA DEVICE(0x54)
#define ERROR DEVICE(0x60)

enum { ACCEPTED = 1, DOWNLOAD, PACKET };

static castkey_mcx_kms kms;
static castkey_mcx_keys keys;
static castkey_mcx_client client;
static castkey_mcx_srtcp end;
static castkey_mcx_srtcp_keys srtcp_keys;
static uint8_t out[CASTKEY_MCX_OUT_SIZE], received[CASTKEY_MCX_OUT_SIZE];
static uint8_t own_uri[64], server_uri[64], kms_uri[64];

void castkey_on_panic(void)
{
    for (;;) {
    }
}

static int32_t random_octets(void *user, uint8_t *octets, size_t len)
{
    (void)user;
    read_from(&RANDOM, octets, len);
    return 0;
}

static const castkey_env env = {NULL, NULL, {random_octets, NULL}};

static castkey_mcx_time now(void)
{
    castkey_mcx_time time = {0, 0, 0};
    time.seconds = CASTKEY_MCX_UNIX_EPOCH_S + CLOCK_S;
    return time;
}

static castkey_octets octets(const uint8_t *at, size_t len)
{
    castkey_octets o = {at, len};
    return o;
}

/* Certificate and keys, as the KMS has sent them and flash keeps them. */
static castkey_status provision(void)
{
    static uint8_t z[CASTKEY_MCX_SAKKE_POINT_LEN], kpak[CASTKEY_MCX_ECCSI_POINT_LEN];
    static uint8_t uid[CASTKEY_MCX_UID_LEN], rsk[CASTKEY_MCX_SAKKE_POINT_LEN], ssk[CASTKEY_MCX_SSK_LEN], pvt[CASTKEY_MCX_ECCSI_POINT_LEN];
    castkey_mcx_certificate certificate = {0};
    castkey_mcx_key_set set = {0};
    read_from(&FLASH_DATA, own_uri, sizeof own_uri);
    read_from(&FLASH_DATA, server_uri, sizeof server_uri);
    read_from(&FLASH_DATA, kms_uri, sizeof kms_uri);
    read_from(&FLASH_DATA, z, sizeof z);
    read_from(&FLASH_DATA, kpak, sizeof kpak);
    read_from(&FLASH_DATA, uid, sizeof uid);
    read_from(&FLASH_DATA, rsk, sizeof rsk);
    read_from(&FLASH_DATA, ssk, sizeof ssk);
    read_from(&FLASH_DATA, pvt, sizeof pvt);
    certificate.kms_uri = octets(kms_uri, sizeof kms_uri);
    certificate.period_s = FLASH_DATA;
    certificate.user_id_format = 2;
    certificate.parameter_set = 1;
    certificate.pub_enc_key = z;
    certificate.pub_auth_key = kpak;
    set.kms_uri = certificate.kms_uri;
    set.user_uri = octets(own_uri, sizeof own_uri);
    set.period = FLASH_DATA;
    set.user_id = uid;
    set.decrypt_key = rsk;
    set.signing_key = ssk;
    set.pub_token = pvt;
    castkey_status status = castkey_mcx_kms_prepare(&kms, sizeof kms, &certificate, now());
    return status != CASTKEY_OK ? status : castkey_mcx_keys_prepare(&keys, sizeof keys, &kms, &set);
}

static castkey_mcx_client_event event;

static void tell(uint32_t kind)
{
    static const castkey_mcx_kms *const all_kms[] = {&kms};
    static const castkey_mcx_keys *const all_keys[] = {&keys};
    castkey_mcx_entity own = {0};
    castkey_mcx_action action;
    own.uri = octets(own_uri, sizeof own_uri);
    own.kms_uri = octets(kms_uri, sizeof kms_uri);
    own.kms = all_kms;
    own.n_kms = 1;
    own.keys = all_keys;
    own.n_keys = 1;
    event.kind = kind;
    castkey_status status = castkey_mcx_client_handle(&client, &env, &own, &event, now(), out, sizeof out, &action);
    if (status != CASTKEY_OK) {
        ERROR = status;
    } else if (action.kind == CASTKEY_MCX_SEND) {
        NETWORK_LENGTH = action.len;
        write_to(&NETWORK_DATA, out + action.offset, action.len);
    } else if (action.kind == CASTKEY_MCX_REFUSED) {
        ERROR = action.detail;
    }
}

static void packet_in(size_t len)
{
    size_t plain;
    if (castkey_mcx_client_received_srtcp(&client, received, len, CASTKEY_MCX_UNICAST_DOWNLINK, CASTKEY_MCX_MCPTT, now(), &srtcp_keys,
                                          sizeof srtcp_keys) == CASTKEY_OK &&
        castkey_mcx_srtcp_unprotect(&end, &env, &srtcp_keys, received, len, out, sizeof out, &plain) == CASTKEY_OK) {
        MEDIA_LENGTH = plain;
        write_to(&MEDIA_DATA, out, plain);
    }
}

static void packet_out(size_t len)
{
    size_t protected_len;
    read_from(&MEDIA_DATA, received, len);
    if (castkey_mcx_client_uplink_srtcp(&client, CASTKEY_MCX_MCPTT, now(), &srtcp_keys, sizeof srtcp_keys) == CASTKEY_OK &&
        castkey_mcx_srtcp_protect(&end, &env, &srtcp_keys, received, len, out, sizeof out, &protected_len) == CASTKEY_OK) {
        NETWORK_LENGTH = protected_len;
        write_to(&NETWORK_DATA, out, protected_len);
    }
}

int main(void)
{
    castkey_mcx_client_config config;
    castkey_mcx_client_config_default(&config);
    if (provision() != CASTKEY_OK || castkey_mcx_client_init(&client, sizeof client, &config) != CASTKEY_OK ||
        castkey_mcx_srtcp_init(&end, sizeof end, RANDOM, 0) != CASTKEY_OK) {
        return 1;
    }
    event.uri = octets(server_uri, sizeof server_uri);
    event.kms = octets(kms_uri, sizeof kms_uri);
    tell(CASTKEY_MCX_CLIENT_REGISTER);
    event.form.services = CASTKEY_MCX_MCPTT;
    tell(CASTKEY_MCX_CLIENT_UPLOAD);
    for (;;) {
        uint32_t kind = NETWORK_KIND, len = NETWORK_LENGTH;
        if (len <= sizeof received) {
            read_from(&NETWORK_DATA, received, len);
            event.octets = octets(received, len);
            switch (kind) {
            case ACCEPTED:
                tell(CASTKEY_MCX_CLIENT_UPLOAD_ACCEPTED);
                break;
            case DOWNLOAD:
                tell(CASTKEY_MCX_CLIENT_DOWNLOAD);
                break;
            case PACKET:
                packet_in(len);
                break;
            default:
                break;
            }
        }
        len = MEDIA_LENGTH;
        if (len > 0 && len <= sizeof received) {
            packet_out(len);
        }
    }
}
