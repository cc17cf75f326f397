//! Octets from anywhere.

use castkey::crypto::RustCrypto;
use castkey::id::KeyDomainId;
use castkey::keys::Muk;
use castkey::message::{ErrorMessage, Incoming, MskMessage, MtkMessage, VerificationMessage};
use castkey::role::{Ue, UeConfig};
use castkey::settings::{Profile, Settings, Sha256Suite};
use castkey::time::Tick;
use castkey::wire::{CsIdMap, KeyDataChain, MAX_MESSAGE_LEN, Message, Payload, SrtpPolicy, key_id_subs};

const DRAFT: Settings = Settings { profile: Profile::Draft, ..Settings::DEFAULT };

const LENIENT: Settings = Settings {
    rand_optional: true,
    any_timestamp: true,
    allow_null_encryption: true,
    sha256_suite: Sha256Suite::Full,
    ..Settings::DEFAULT
};

/// Every decoder over the same octets; what comes out is walked to its end.
pub fn decode(octets: &[u8]) {
    if let Ok(message) = Message::decode(octets) {
        let _ = format!("{message:?}");
        match message.hdr().map {
            CsIdMap::SrtpId(map) => assert!(map.iter().count() <= 255),
            CsIdMap::GenericId(map) => map.iter().for_each(drop),
            _ => {}
        }
        for (at, payload) in message.located() {
            assert!(at < octets.len(), "a payload behind the end");
            match payload {
                Payload::Sp(policy) => drop(format!("{:?}", SrtpPolicy::decode(&policy))),
                Payload::Ext(ext) => key_id_subs(ext.octets).for_each(drop),
                Payload::Kemac(kemac) => drop(KeyDataChain::decode(kemac.encr_data)),
                _ => {}
            }
        }
    }
    if let Ok(chain) = KeyDataChain::decode(octets) {
        chain.iter().for_each(drop);
        let _ = chain.single();
    }
    for settings in [Settings::DEFAULT, DRAFT, LENIENT] {
        let domain = Some(KeyDomainId::new([0x32, 0xF4, 0x51]));
        if let Ok(message) = MskMessage::decode(octets, &settings) {
            let _ = format!("{message:?} {:?}", message.rand());
            message.psk().policies().for_each(drop);
        }
        let _ = format!("{:?}", MtkMessage::decode(octets, domain, &settings));
        let _ = format!("{:?}", Incoming::decode(octets, domain, &settings));
    }
    let _ = VerificationMessage::decode(octets);
    let _ = ErrorMessage::decode(octets);
    let _ = Ue::<2>::restore(UeConfig::default(), RustCrypto, octets, Tick::from_millis(9), Muk::from_octets);
}

/// What decodes encodes to the same octets, and a buffer one octet too small is told the size that is needed.
pub fn roundtrip(octets: &[u8]) {
    let Ok(message) = Message::decode(octets) else { return };
    let mut out = [0; MAX_MESSAGE_LEN];
    let encoded = message.encode(&mut out).expect("a buffer for the longest message");
    assert_eq!(encoded, octets, "encoded otherwise than it was decoded");
    let short = message.encode(&mut out[..octets.len() - 1]).expect_err("a buffer that is too small");
    let needed = u32::try_from(octets.len()).expect("a message is short");
    assert_eq!(short, castkey::error::EncodeError::BufferTooSmall { needed });
}
