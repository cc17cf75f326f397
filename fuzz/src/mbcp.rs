//! Datagrams of Media Burst Control, plain and protected.

use castkey::crypto::RustCrypto;
use castkey::id::{KeyGroup, KeyNumber, Mki, MskId, MtkId};
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::{
    Announced, App, IndicationCoding, MAX_DATAGRAM_LEN, MbcpMessage, PocError, SRTCP_TRAILER_LEN, SrtcpKeys,
    SrtcpReplay, SrtcpSender, apps, srtcp_mki,
};
use castkey::secret::Secret;

const MKI: Mki = Mki::new(MskId::new(KeyGroup(1), KeyNumber(7)), MtkId(42));

/// What decodes encodes and decodes to the same again. What is protected opens once, and changed not at all.
pub fn mbcp(octets: &[u8]) {
    let mut room = apps(octets);
    for app in room.by_ref() {
        match app {
            Ok(app) => packet(&app),
            Err(error) => assert_eq!(error, PocError::Malformed),
        }
    }
    assert!(room.next().is_none(), "something behind the end");
    let keys = keys();
    let opened = SrtcpReplay::new().unprotect(&keys, octets, &mut [0; MAX_DATAGRAM_LEN]).map(<[u8]>::len);
    assert!(opened.is_err(), "nobody else has the key");
    protected(octets, &keys);
}

fn keys() -> SrtcpKeys {
    let (mtk, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
    SrtcpKeys::derive(RustCrypto, &mtk, Some(&salt))
}

/// The one packet of the datagram.
fn only(datagram: &[u8]) -> App<'_> {
    let mut apps = apps(datagram);
    let app = apps.next().expect("a packet").expect("one that was just written");
    assert!(apps.next().is_none());
    app
}

fn packet(app: &App<'_>) {
    let mut out = [0; MAX_DATAGRAM_LEN];
    assert_eq!(only(app.encode(&mut out).expect("it was read")), *app);
    if let Ok(message) = MbcpMessage::decode(app) {
        match (message, message.encode(app.ssrc, &mut out)) {
            (MbcpMessage::Unknown(_), encoded) => assert_eq!(encoded, Err(PocError::Malformed)),
            (_, encoded) => {
                assert_eq!(MbcpMessage::decode(&only(encoded.expect("it was read"))), Ok(message));
            }
        }
    }
    let other = IndicationCoding::new(*b"PoC2", 10).expect("a free subtype");
    for coding in [IndicationCoding::DEFAULT, IndicationCoding::DEFAULT.with_empty_body(true), other] {
        if let Ok(Some(Announced::Explicit(indication))) = coding.decode(app) {
            let coding = coding.with_empty_body(false);
            let again = coding.encode(app.ssrc, &indication, &mut out).expect("it was read");
            assert_eq!(coding.decode(&only(again)), Ok(Some(Announced::Explicit(indication))));
        }
    }
}

fn protected(octets: &[u8], keys: &SrtcpKeys) {
    let mut sender = SrtcpSender::new();
    let mut out = [0; MAX_DATAGRAM_LEN];
    let packet = match sender.protect(keys, MKI, octets, &mut out) {
        Ok(packet) => packet.to_vec(),
        Err(error) => {
            let too_long = octets.len() + SRTCP_TRAILER_LEN > MAX_DATAGRAM_LEN;
            assert!(too_long || octets.len() < 8 || octets[0] >> 6 != 2, "{error}");
            assert_eq!((error, sender.next_index()), (PocError::Malformed, 0));
            return;
        }
    };
    assert_eq!((srtcp_mki(&packet), sender.next_index()), (Ok(MKI), 1));
    let mut replay = SrtcpReplay::new();
    // The octets choose where they are changed. The MKI is not authenticated: it only says which key to try.
    let place =
        octets.iter().fold(0usize, |sum, octet| sum.wrapping_mul(31) + usize::from(*octet)) % packet.len();
    let mki = packet.len() - 16..packet.len() - 10;
    if !mki.contains(&place) {
        let mut changed = packet.clone();
        changed[place] ^= 1 << (octets.len() % 8);
        let before = replay;
        assert!(replay.unprotect(keys, &changed, &mut out).is_err(), "octet {place} was changed");
        assert_eq!(replay, before, "a refused packet moved the window");
    }
    assert_eq!(replay.unprotect(keys, &packet, &mut out), Ok(octets));
    assert!(replay.unprotect(keys, &packet, &mut out).is_err(), "the same packet was accepted twice");
}
