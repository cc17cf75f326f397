//! Each deviation: refused by default, taken and counted when switched on.

use castkey::mcx::{CskUpload, McxError, McxServer, McxServerConfig, McxServerEvent, McxSettings, UserRow};
use castkey::message::{Quirk, Quirks};
use castkey::wire::{CryptoSession, CsIdMap, ExtType, Extension, Payload, Policy, ProtType, SrtpIdMap};

use super::forms::{EMPTY, hdr, payloads, sed, signed};
use super::mcx_world::{ALICE, MDSI, NOW, Rng, Someone};
use super::pair::IMPU;

/// Uploads to a fresh server with these quirks; how often each was counted.
fn upload(octets: &[u8], quirks: Quirks) -> Result<Vec<u32>, McxError> {
    let settings = McxSettings { quirks, ..McxSettings::DEFAULT };
    let mut server = McxServer::<2, 1>::new(McxServerConfig { settings, ..McxServerConfig::default() });
    let mut rows = [UserRow::default()];
    Someone::now(MDSI).with(|own| {
        let upload = CskUpload { octets, impu: IMPU, user: ALICE, sdp_ids: None };
        let event = McxServerEvent::Upload(upload);
        let mut out = [0; 1024];
        let result = server.handle(event, own, rows.as_mut_slice(), NOW, &mut Rng::seeded(1), &mut out);
        result.map(|_| ()).map_err(|e| e.error())
    })?;
    assert_eq!(server.csk(&rows[0], NOW).unwrap().key().secret().expose(), &[7; 16]);
    Ok(Quirk::ALL.map(|quirk| server.quirk_counts().of(quirk)).to_vec())
}

/// `octets` needs exactly `quirk`, and is refused with `refusal` under all others.
fn needs(octets: &[u8], quirk: Quirk, refusal: McxError) {
    let others = Quirk::ALL.into_iter().filter(|other| *other != quirk).fold(Quirks::NONE, Quirks::with);
    for quirks in [Quirks::NONE, others] {
        assert_eq!(upload(octets, quirks), Err(refusal), "{}", quirk.name());
    }
    let counts: Vec<u32> = Quirk::ALL.map(|other| u32::from(other == quirk)).to_vec();
    for quirks in [Quirks::NONE.with(quirk), others.with(quirk)] {
        assert_eq!(upload(octets, quirks).as_ref(), Ok(&counts), "{}", quirk.name());
    }
}

/// Covers: R-MCX-30
#[test]
fn a_regular_message_counts_no_quirk() {
    let sed = sed();
    let all = Quirk::ALL.into_iter().fold(Quirks::NONE, Quirks::with);
    assert_eq!(upload(&signed(&hdr(EMPTY), &payloads(&sed)), all), Ok(vec![0; 4]));
}

#[test]
fn a_signature_that_leaves_out_its_own_header() {
    let sed = sed();
    let mut message = signed(&hdr(EMPTY), &payloads(&sed));
    let end = message.len() - 129;
    let signature = Someone::now(ALICE).keys().sign_octets(&message[..end - 2], 1);
    message[end..].copy_from_slice(&signature);
    needs(&message, Quirk::SignWithoutHeader, McxError::Unauthentic);
    // Nothing else may be left out.
    let signature = Someone::now(ALICE).keys().sign_octets(&message[..end - 3], 1);
    message[end..].copy_from_slice(&signature);
    let quirks = Quirks::NONE.with(Quirk::SignWithoutHeader);
    assert_eq!(upload(&message, quirks), Err(McxError::Unauthentic));
}

/// Covers: MCX-T-85
#[test]
fn a_policy_beside_the_empty_map() {
    let sed = sed();
    let mut all = payloads(&sed);
    let sp = |params| Payload::Sp(Policy::new(0, ProtType::SRTP, params).unwrap());
    all.insert(6, sp(&castkey::mcx::DEFAULT_SRTCP_PARAMS));
    needs(&signed(&hdr(EMPTY), &all), Quirk::SpWithEmptyMap, McxError::PolicyBelowFloor);
    // It counts: a bad one is refused.
    all[6] = sp(&[0, 1, 0]);
    let quirks = Quirks::NONE.with(Quirk::SpWithEmptyMap);
    assert_eq!(upload(&signed(&hdr(EMPTY), &all), quirks), Err(McxError::PolicyBelowFloor));
}

#[test]
fn the_older_srtp_id_map() {
    let sed = sed();
    let mut all = payloads(&sed);
    all.insert(6, Payload::Sp(Policy::new(3, ProtType::SRTP, &castkey::mcx::DEFAULT_SRTCP_PARAMS).unwrap()));
    let session = |policy_no| CryptoSession { policy_no, ssrc: 0, roc: 0 };
    let sessions = [session(3), session(3)];
    let map = CsIdMap::SrtpId(SrtpIdMap::new(&sessions).unwrap());
    needs(&signed(&hdr(map), &all), Quirk::SrtpIdMap, McxError::BadCsIdMap);
    let quirks = Quirks::NONE.with(Quirk::SrtpIdMap);
    for sessions in [[session(3), session(4)].as_slice(), &[]] {
        let map = CsIdMap::SrtpId(SrtpIdMap::new(sessions).unwrap());
        assert_eq!(upload(&signed(&hdr(map), &all), quirks), Err(McxError::BadCsIdMap));
    }
}

#[test]
fn key_parameters_in_the_clear() {
    let sed = sed();
    let message = |octets: &[u8]| {
        let mut all = payloads(&sed);
        all.push(Payload::Ext(Extension { ext_type: ExtType::MC_KEY_PARAMETERS, octets }));
        signed(&hdr(EMPTY), &all)
    };
    let raw = [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    needs(&message(&raw), Quirk::RawKeyParameters, McxError::Unauthentic);
    let quirks = Quirks::NONE.with(Quirk::RawKeyParameters);
    let revoked = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let other = [6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for bad in [revoked.as_slice(), &other, &raw[..16], &[]] {
        assert_eq!(upload(&message(bad), quirks), Err(McxError::Unauthentic));
    }
}
