//! Key management lines of an SDP.

use castkey::poc::{
    KeyMgmt, MAX_KEY_MGMT_LINES, MAX_SDP_IDS_LEN, MIKEY, PocError, SdpKeyMgmt, SdpLevel, encode_key_mgmt,
    key_mgmt_line_len,
};
use castkey::wire::MAX_MESSAGE_LEN;

/// As an SDP: its lines keep their level and order, and messages in them encode to lines that read the same. As a
/// message: its line reads the same.
pub fn sdp_key_mgmt(octets: &[u8]) {
    if let Ok(sdp) = SdpKeyMgmt::parse(octets) {
        walk(&sdp);
    }
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if let Ok(Some(attribute)) = KeyMgmt::parse(line) {
            message(attribute);
        }
    }
    let mut line = vec![0; key_mgmt_line_len(octets.len())];
    match encode_key_mgmt(octets, &mut line) {
        Ok(text) => reads(text, octets),
        Err(error) => {
            assert_eq!(error, PocError::Malformed);
            assert!(octets.is_empty() || octets.len() > MAX_MESSAGE_LEN);
        }
    }
}

fn reads(line: &str, octets: &[u8]) {
    let mut out = vec![0; octets.len()];
    for end in ["", "\n", "\r\n"] {
        let line = format!("{line}{end}");
        let attribute = KeyMgmt::parse(line.as_bytes()).expect("a line").expect("of key management");
        assert_eq!((attribute.protocol(), attribute.decode(&mut out)), (MIKEY, Ok(octets)));
        let short = attribute.decode(&mut out[..octets.len() - 1]).map(<[u8]>::len);
        assert_eq!(short, Err(PocError::BufferTooSmall));
    }
}

fn message(attribute: KeyMgmt<'_>) {
    let mut out = vec![0; MAX_MESSAGE_LEN];
    match attribute.decode(&mut out) {
        Ok(octets) => {
            assert_eq!(attribute.protocol(), MIKEY);
            let mut line = vec![0; key_mgmt_line_len(octets.len())];
            reads(encode_key_mgmt(octets, &mut line).expect("a message"), octets);
        }
        Err(PocError::UnknownProtocol) => assert_ne!(attribute.protocol(), MIKEY),
        Err(error) => assert_eq!(error, PocError::Malformed),
    }
}

fn walk(sdp: &SdpKeyMgmt<'_>) {
    let mut count = 0;
    let mut last = None;
    for (level, attribute) in sdp.iter() {
        count += 1;
        let rank = match level {
            SdpLevel::Session => 0,
            SdpLevel::Media(media) => {
                assert!(media < sdp.media_count());
                media + 1
            }
        };
        assert!(last <= Some(rank), "levels stand in order");
        last = Some(rank);
        assert!(sdp.at(level).any(|other| other == attribute));
        assert!(sdp.protocols().any(|protocol| protocol == attribute.protocol()));
    }
    assert!(count <= MAX_KEY_MGMT_LINES);
    for media in 0..sdp.media_count().min(32) {
        let own = sdp.at(SdpLevel::Media(media)).count();
        let expected = if own == 0 { sdp.at(SdpLevel::Session).count() } else { own };
        assert_eq!(sdp.for_media(media).count(), expected);
    }
    assert_eq!(sdp.for_media(sdp.media_count()).count(), 0);
    let mut out = [0; MAX_SDP_IDS_LEN];
    match sdp.encode_sdp_ids(&mut out) {
        // Without a protocol there is nothing that a message could list.
        Ok([]) => assert_eq!(count, 0),
        Ok(list) => {
            assert_eq!(sdp.verify_sdp_ids(Some(list), true), Ok(()));
            // With a blank: no protocol of an SDP can have that name, whatever strings the fuzzer picks up from here.
            let more = [list, b";no token"].concat();
            assert_eq!(sdp.verify_sdp_ids(Some(&more), false), Err(PocError::BadMac));
        }
        Err(error) => assert_eq!(error, PocError::CapacityExceeded),
    }
    assert_eq!(sdp.verify_sdp_ids(None, true), Err(PocError::BadMac));
}
