//! UIDs, MIKEY and SRTP keys, application keys, GUK-IDs, packets.

use castkey::crypto::{Prf, TgkLabel};
use castkey::id::CsbId;
use castkey::keys::{
    Gmk, KeyId, MasterKey, MasterKeyLen, McKey, PurposeTag, SignallingKeys, SrtpMaster, Tgk, XpkIdForm,
};
use castkey::mcx::{
    KeyParametersInit, KeyPeriods, Ntp64, SaltPlace, SignallingSrtcp, SrtcpEndpoint, Uid,
    open_key_parameters, seal_key_parameters, srtcp_key_id,
};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::secret::Secret;

use super::common::{Example, unhex};
use super::file;

/// A generator of one IV.
struct Iv(Vec<u8>);
impl TryRng for Iv {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }
    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        octets.copy_from_slice(&self.0);
        Ok(())
    }
}
impl TryCryptoRng for Iv {}

fn id(text: &str) -> KeyId {
    KeyId::from_u32(u32::from_str_radix(text, 16).unwrap()).unwrap()
}

fn csk() -> (McKey, KeyId, Vec<u8>) {
    let message = file().part("csk_message");
    let key = McKey::new(PurposeTag::Csk, Secret::new(message.array("key")));
    (key, id(message.text("key_id")), message.hex("rand"))
}

/// Covers: MCX-T-1, R-MCX-19
#[test]
fn the_published_uids_come_out() {
    for test in file().list("uid_tests") {
        let periods = KeyPeriods::new(test.number("key_period"), test.number("key_period_offset")).unwrap();
        let (uri, kms) = (test.text("uri").as_bytes(), test.text("kms_uri").as_bytes());
        let uid = Uid::derive(uri, kms, periods, test.number("key_period_no")).unwrap();
        assert_eq!(uid.octets(), &test.array("uid"));
    }
    let file = file();
    let kms = file.part("kms_init");
    let periods = KeyPeriods::new(kms.number("UserKeyPeriod"), kms.number("UserKeyOffset")).unwrap();
    let time = Ntp64::from_seconds(file.number("csk_message/ntp_seconds"));
    assert_eq!(periods.number(time), Ok(file.number("csk_message/key_period_no")));
    for set in ["initiator_alice", "responder_gms"] {
        let set = file.part(&format!("key_sets/{set}"));
        let (uri, kms) = (set.text("UserUri").as_bytes(), kms.text("KmsUri").as_bytes());
        let uid = Uid::derive(uri, kms, periods, set.number("KeyPeriodNo")).unwrap();
        assert_eq!(uid.octets(), &set.array("UserID"));
    }
}

fn master(example: &Example, cs_id: u8) -> SrtpMaster {
    let (key, id, rand) = csk();
    let master = SrtpMaster::derive(&key, cs_id, id.csb(), &rand, MasterKeyLen::Aes128).unwrap();
    let MasterKey::Aes128(key) = &master.key else { panic!("another length") };
    assert_eq!(key.expose(), &example.array("master_key"));
    assert_eq!(master.salt.expose(), &example.array("master_salt"));
    master
}

/// Covers: MCX-T-34, R-MCX-17
#[test]
fn the_csk_gives_the_srtcp_keys_and_the_packet() {
    let derived = file().part("derived");
    master(&derived.part("srtcp_mcvideo_cs_id_8"), 8);
    let expected = derived.part("srtcp_mcptt_cs_id_6");
    let master = master(&expected, 6);
    let key_id = id(expected.text("mki"));
    let packet = derived.part("srtcp_packet");
    let (plain, protected) = (packet.hex("plain"), packet.hex("protected"));
    let ssrc = u32::from_be_bytes(plain[4..8].try_into().unwrap());
    let session = SignallingSrtcp::from_session_keys(
        &Secret::new(expected.array("session_key")),
        Secret::new(expected.array("session_salt")),
        key_id,
    );
    for keys in [SignallingSrtcp::new(&master, key_id, SaltPlace::BeforeZeros), session] {
        let mut out = [0; 64];
        let mut sender = SrtcpEndpoint::<1>::new(ssrc, packet.number("index"));
        assert_eq!(sender.protect(&keys, &plain, &mut out).unwrap(), protected);
        assert_eq!(srtcp_key_id(&protected), Ok(key_id));
        let mut receiver = SrtcpEndpoint::<1>::new(!ssrc, 0);
        assert_eq!(receiver.unprotect(&keys, &protected, &mut out).unwrap(), plain);
    }
    let other = SignallingSrtcp::new(&master, key_id, SaltPlace::BehindZeros);
    let mut out = [0; 64];
    assert!(SrtcpEndpoint::<1>::new(!ssrc, 0).unprotect(&other, &protected, &mut out).is_err());
}

/// Covers: R-MCX-16, R-MCX-30
#[test]
fn the_csk_gives_the_keys_of_application_signalling() {
    let derived = file().part("derived/xpk_keys");
    let (key, key_id, _) = csk();
    let uri = derived.text("p0").as_bytes();
    let keys = SignallingKeys::derive(&key, key_id, uri, XpkIdForm::Octets).unwrap();
    assert_eq!(keys.confidentiality.expose(), &derived.array("confidentiality_fc51"));
    assert_eq!(keys.integrity.expose(), &derived.array("integrity_fc52"));
    let text = SignallingKeys::derive(&key, key_id, uri, XpkIdForm::Base64).unwrap();
    assert_ne!(text.integrity.expose(), keys.integrity.expose());
}

/// Covers: MCX-T-33, R-MCX-15
#[test]
fn the_published_key_parameters_decrypt_to_the_published_plaintext() {
    let message = file().part("csk_message");
    let parameters = message.part("key_parameters");
    let payload = message.list("payloads").into_iter().find(|part| part.text("payload") == "GENEXT").unwrap();
    let (key, key_id, _) = csk();
    let mut room = [0; 64];
    let data = payload.hex("fields/data");
    let opened = open_key_parameters(&data, &key, key_id.csb(), &mut room).unwrap();
    assert_eq!(opened.signalling_algorithm, None);
    let read = opened.parameters;
    assert_eq!((read.key_type, read.revoked, read.text), (PurposeTag::Csk, false, ""));
    assert_eq!((read.activation, read.expiry, read.groups().count()), (None, None, 0));
    let plaintext = parameters.hex("plaintext");
    assert_eq!(room[..plaintext.len()], plaintext);
    assert_eq!(data[..32], parameters.hex("aad"));

    // What we write with the same IV is what was published.
    let init = KeyParametersInit::of(PurposeTag::Csk, Ntp64::from_unix(1));
    let mut out = [0; 128];
    let mut iv = Iv(parameters.hex("iv"));
    let sealed = seal_key_parameters(&init, &key, key_id.csb(), &mut iv, &mut out).unwrap();
    assert_eq!(sealed, data);
}

/// Covers: MCX-T-35
#[test]
fn the_published_prf_values_come_out() {
    for test in file().list("published_derivation_vectors/mikey_prf_hmac_sha256") {
        let (tgk, rand) = (test.hex("tgk"), test.hex("rand"));
        let csb = CsbId(u32::from_str_radix(test.text("csb_id"), 16).unwrap());
        let cs_id = test.number("cs_id");
        for (name, label, len) in
            [("TEK16", TgkLabel::Tek, 16), ("ENCR16", TgkLabel::Encr, 16), ("SALT12", TgkLabel::Salt, 12)]
        {
            if test.0.get(name).is_none() {
                continue;
            }
            let mut out = vec![0; len];
            Tgk::new(&tgk).derive(Prf::HmacSha256, label, cs_id, csb, &rand, &mut out).unwrap();
            assert_eq!(out, test.hex(name), "{name} of {}", test.text("source"));
        }
    }
}

/// Covers: MCX-T-35, R-MCX-14
#[test]
fn the_published_guk_ids_come_out_and_lead_back() {
    for test in file().list("published_derivation_vectors/guk_id") {
        let gmk = Gmk::new(Secret::new(test.array("gmk")));
        let (gmk_id, guk_id) = (id(test.text("gmk_id")), id(test.text("guk_id")));
        assert_eq!(gmk.guk_id(gmk_id, test.text("uri").as_bytes()), Some(guk_id));
        assert_eq!(gmk.guk_id(guk_id, test.text("uri").as_bytes()), Some(gmk_id));
    }
}

/// Covers: MCX-T-35
#[test]
fn the_packet_of_rfc_7714_comes_out() {
    let test = &file().list("published_derivation_vectors/srtcp_aead_aes_128_gcm")[0];
    let key_id = id("00000000");
    let keys = SignallingSrtcp::from_session_keys(
        &Secret::new(test.array("session_key")),
        Secret::new(test.array("session_salt")),
        key_id,
    );
    let plain = test.hex("plain");
    let ssrc = u32::from_be_bytes(plain[4..8].try_into().unwrap());
    let mut out = [0; 128];
    let sent = SrtcpEndpoint::<1>::new(ssrc, test.number("index")).protect(&keys, &plain, &mut out).unwrap();
    // The RFC sends no MKI.
    assert_eq!(sent, [test.hex("protected"), unhex("00000000")].concat());
}
