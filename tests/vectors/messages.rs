//! Whole messages: built octet for octet, opened, taken apart to their intermediates, damaged in every bit.

use castkey::crypto::Cipher;
use castkey::error::{DecodeErrorKind, OpenError};
use castkey::id::{Counter, CsbId, KeyDomainId, KeyNumber, MskId, MskName, MtkId};
use castkey::keys::{
    Algorithms, MessageKeys, Msk, MskRand, Muk, MukId, PreSharedKey, Protection, ProtectionKeys,
};
use castkey::message::{
    MskAddress, MskContent, MskMessage, Sent, VerificationMessage, seal_msk, seal_pull, seal_verification,
};
use castkey::secret::Secret;
use castkey::settings::{Profile, Settings, Sha256Suite};
use castkey::wire::{CryptoSession, Policy, ProtType};

use crate::common::{Example, every_bit_flip, every_truncation, example};

/// A message of this suite cut before its MAC.
fn cut_mac(message: &[u8], algorithms: Algorithms) -> (&[u8], &[u8]) {
    message.split_at(message.len().checked_sub(algorithms.mac.len()).unwrap())
}

/// The intermediates that `part` gives for a message under `psk`.
pub(crate) fn intermediates<K: PreSharedKey<Keys = ProtectionKeys<castkey::crypto::RustCrypto>>>(
    psk: &K, protection: &Protection<'_>, counter: u32, part: &Example, message: &[u8],
) {
    let keys = psk.keys(protection).unwrap();
    let (authenticated, mac) = cut_mac(message, protection.algorithms);
    assert_eq!(hex::encode(mac), part.text("mac"));
    assert_eq!(hex::encode(authenticated), part.text("mac_input"));
    assert_eq!(hex::encode(keys.tag(&[authenticated]).unwrap().as_octets()), part.text("mac"));

    let mut key_data = part.hex("key_data_plain");
    keys.crypt(u64::from(counter), &mut key_data).unwrap();
    assert_eq!(hex::encode(&key_data), part.text("key_data_encrypted"));
    // Behind the Key data stands the MAC algorithm only.
    assert!(authenticated.split_last().unwrap().1.ends_with(&key_data));

    // The tag above was made with the library's auth_key; the same one from the file gives it too.
    assert_eq!(other_hmac(protection.algorithms, &part.hex("auth_key"), authenticated), mac);
    #[cfg(feature = "hazmat")]
    {
        // NULL encryption derives no encr_key; the file gives the one AES-CM-128 would have had.
        let cipher = match protection.algorithms.cipher {
            Cipher::Null => Cipher::AesCm128,
            cipher => cipher,
        };
        let algorithms = Algorithms { cipher, ..protection.algorithms };
        let keys = psk.keys(&Protection { algorithms, ..*protection }).unwrap();
        let (encr, salt) = keys.raw();
        assert_eq!(hex::encode(encr), part.text("encr_key"));
        assert_eq!(hex::encode(salt), part.text("salt_key"));
        assert_eq!(hex::encode(keys.iv(u64::from(counter))), part.text("iv"));
    }
}

/// HMAC by the crate `hmac`.
fn other_hmac(algorithms: Algorithms, key: &[u8], octets: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    match algorithms.mac.len() {
        20 => {
            let mac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap().chain_update(octets);
            mac.finalize().into_bytes().to_vec()
        }
        _ => {
            let mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(octets);
            mac.finalize().into_bytes().to_vec()
        }
    }
}

/// What an example says of an MSK message or pull.
pub(crate) struct Delivery {
    pub(crate) name: MskName,
    pub(crate) counter: Counter,
    pub(crate) csb: CsbId,
    pub(crate) v: bool,
    pub(crate) interval: (MtkId, MtkId),
    pub(crate) algorithms: Algorithms,
    pub(crate) policy: Option<Vec<u8>>,
    pub(crate) sessions: Option<Vec<CryptoSession>>,
    pub(crate) settings: Settings,
}

impl Delivery {
    /// The plain one of example `msk-message`.
    pub(crate) fn plain() -> Self {
        let e = example("msk-message");
        let domain = KeyDomainId::new(e.array("inputs/key_domain_id"));
        Self {
            name: MskName::new(domain, MskId::from_octets(e.array("inputs/msk_id"))),
            counter: Counter(e.number("inputs/counter")),
            csb: CsbId(e.number("inputs/csb_id")),
            v: true,
            interval: (MtkId(e.number("inputs/seq_low")), MtkId(e.number("inputs/seq_high"))),
            algorithms: Algorithms::SHA1,
            policy: None,
            sessions: None,
            settings: Settings::DEFAULT,
        }
    }

    /// The CSB ID of the message: in the draft the Key Group stands there.
    fn carried_csb(&self) -> CsbId {
        match self.settings.profile {
            Profile::Draft => CsbId(u32::from(self.name.id.group.0)),
            _ => self.csb,
        }
    }

    /// IDi as it stands in the message: in the draft the Network ID.
    fn carried_idi(&self) -> Vec<u8> {
        match self.settings.profile {
            Profile::Draft => self.name.domain.to_octets().to_vec(),
            _ => example("msk-message").hex("inputs/idi"),
        }
    }

    /// Builds the message, opens it, and damages it. `part` holds its intermediates.
    pub(crate) fn check(&self, muk: &Muk, part: &Example, message: &[u8]) {
        let e = example("msk-message");
        let settings = &self.settings;
        let (idi, idr) = (e.hex("inputs/idi"), e.hex("inputs/idr"));
        let rand = e.hex("inputs/rand");
        let msk: [u8; 16] = e.array("inputs/msk");
        let policies: Vec<Policy<'_>> =
            self.policy.iter().map(|p| Policy::new(0, ProtType::SRTP, p).unwrap()).collect();
        let muk_id = match settings.profile {
            Profile::Draft => MukId { idi: &[], idr: &idr },
            _ => MukId { idi: &idi, idr: &idr },
        };
        let address = MskAddress {
            sdp_ids: None,
            name: self.name,
            counter: self.counter,
            csb: self.csb,
            rand: MskRand::new(&rand).unwrap(),
            muk_id,
            v: self.v,
            algorithms: self.algorithms,
            policies: &policies,
            sessions: self.sessions.as_deref(),
        };
        let pull = self.name.id.number == KeyNumber::CURRENT;
        let (low, high) = self.interval;
        let mut out = [0; 512];
        let sealed = if pull {
            seal_pull(&address, muk, settings, &mut out).unwrap()
        } else {
            seal_msk(&address, &Msk::new(Secret::new(msk)), low, high, muk, settings, &mut out).unwrap()
        };
        assert_eq!(hex::encode(sealed), hex::encode(message));

        let decoded = MskMessage::decode(message, settings).unwrap();
        assert_eq!((decoded.name(), decoded.counter()), (self.name, self.counter));
        assert_eq!((decoded.muk_id(), decoded.v()), (muk_id, self.v));
        assert_eq!((decoded.rand(), decoded.algorithms()), (Some(rand.as_slice()), self.algorithms));
        assert_eq!(decoded.psk().policies().collect::<Vec<_>>(), policies);
        let opened = decoded.open(muk, None, None, settings).unwrap();
        match opened.content {
            MskContent::Pull => assert!(pull),
            MskContent::Key { msk: got, rand: its_rand, seq_low, seq_high } => {
                assert!(!pull);
                assert_eq!((got.expose(), seq_low, seq_high), (&msk, low, high));
                assert_eq!(its_rand, Some(address.rand));
            }
            other => panic!("{other:?}"),
        }
        let replayed = decoded.open(muk, Some(self.counter), None, settings);
        assert_eq!(replayed.err(), Some(OpenError::Replay));

        let protection = Protection { algorithms: self.algorithms, csb: self.carried_csb(), rand: &rand };
        intermediates(muk, &protection, self.counter.0, part, message);

        every_truncation(message, |cut| {
            assert!(MskMessage::decode(cut, settings).is_err(), "{} octets", cut.len());
        });
        every_bit_flip(message, |at, flipped| {
            if let Ok(decoded) = MskMessage::decode(flipped, settings) {
                let error = decoded.open(muk, None, None, settings).err();
                assert_eq!(error, Some(OpenError::MacInvalid), "octet {at}");
            }
        });
    }

    /// Builds the verification message for `message`, checks it, and damages it. `part` holds its intermediates.
    pub(crate) fn check_verification(&self, muk: &Muk, part: &Example, message: &[u8], v_message: &[u8]) {
        let decoded = MskMessage::decode(message, &self.settings).unwrap();
        let keys = decoded.open(muk, None, None, &self.settings).unwrap().keys;
        let mut out = [0; 512];
        let sealed = seal_verification(decoded.psk(), &keys, &self.settings, &mut out).unwrap();
        assert_eq!(hex::encode(sealed), hex::encode(v_message));

        let sent = Sent::of(decoded.psk());
        let v = VerificationMessage::decode(v_message).unwrap();
        assert_eq!(v.verify(&sent, &keys), Ok(()));
        assert_eq!(v.idr().unwrap().octets, sent.idr);

        let e = example("msk-message");
        let (without_mac, mac) = cut_mac(v_message, self.algorithms);
        let counter = self.counter.0.to_be_bytes();
        let idi = self.carried_idi();
        let mac_input = [without_mac, &idi, &e.hex("inputs/idr"), &counter].concat();
        assert_eq!(hex::encode(&mac_input), part.text("mac_input"));
        assert_eq!(hex::encode(mac), part.text("mac"));
        assert_eq!(other_hmac(self.algorithms, &part.hex("auth_key"), &mac_input), mac);

        every_truncation(v_message, |cut| {
            assert!(VerificationMessage::decode(cut).is_err(), "{} octets", cut.len());
        });
        every_bit_flip(v_message, |at, flipped| {
            if let Ok(v) = VerificationMessage::decode(flipped) {
                assert!(v.verify(&sent, &keys).is_err(), "octet {at}");
            }
        });
    }
}

pub(crate) fn muk(e: &Example) -> Muk {
    Muk::from_octets(&e.hex("inputs/psk")).unwrap()
}

#[test]
pub(crate) fn the_msk_message_is_built_and_opened() {
    let e = example("msk-message");
    let message = e.hex("outputs/message");
    assert_eq!(message.len(), e.number::<usize>("outputs/length"));
    let types =
        (Settings::DEFAULT.idi_type.0, Settings::DEFAULT.idr_type.0, Settings::DEFAULT.key_data.msk.0);
    let named = (e.number("inputs/idi_type"), e.number("inputs/idr_type"), e.number("inputs/key_data_type"));
    assert_eq!(types, named);
    Delivery::plain().check(&muk(&e), &e.part("intermediates"), &message);
}

#[test]
pub(crate) fn the_verification_message_is_built_and_checked() {
    let (asked, e) = (example("msk-message"), example("msk-verification"));
    let v_message = e.hex("outputs/message");
    assert_eq!(v_message.len(), e.number::<usize>("outputs/length"));
    for name in ["psk", "rand", "counter", "idi", "idr"] {
        assert_eq!(e.at(&format!("inputs/{name}")), asked.at(&format!("inputs/{name}")));
    }
    let (part, message) = (e.part("intermediates"), asked.hex("outputs/message"));
    Delivery::plain().check_verification(&muk(&e), &part, &message, &v_message);
}

#[test]
pub(crate) fn the_pull_is_built_and_opened() {
    let e = example("solicited-pull");
    let message = e.hex("outputs/message");
    assert_eq!(message.len(), e.number::<usize>("outputs/length"));
    let mut pull = Delivery { v: false, counter: Counter(e.number("inputs/counter")), ..Delivery::plain() };
    pull.name.id = MskId::from_octets(e.array("inputs/msk_id"));
    pull.check(&muk(&e), &e.part("intermediates"), &message);
}

#[test]
pub(crate) fn the_three_draft_messages_are_built_and_opened() {
    let e = example("draft-msk-message");
    let settings = Settings { profile: Profile::Draft, ..Settings::DEFAULT };
    assert_eq!(settings.draft_idi_type.0, e.number::<u8>("inputs/idi_type"));
    assert_eq!(settings.idr_type.0, e.number::<u8>("inputs/idr_type"));
    let plain = Delivery::plain();
    let named = (KeyDomainId::new(e.array("inputs/network_id")), e.number("inputs/key_group_id"));
    assert_eq!((plain.name.domain, plain.name.id.group.0), named);
    assert_eq!(plain.name.id.number, KeyNumber(e.number("inputs/msk_id16")));
    let delivery = Delivery { settings, counter: Counter(e.number("inputs/counter")), ..plain };
    assert_eq!(delivery.carried_csb(), CsbId(e.number("inputs/csb_id")));
    let (muk, message) = (muk(&e), e.hex("outputs/message"));
    delivery.check(&muk, &e.part("intermediates/msk"), &message);
    let v_message = e.hex("outputs/v_message");
    delivery.check_verification(&muk, &e.part("intermediates/v"), &message, &v_message);

    let mut pull = Delivery { v: false, counter: Counter(2), ..delivery };
    pull.name.id.number = KeyNumber::CURRENT;
    pull.check(&muk, &e.part("intermediates/pull"), &e.hex("outputs/pull_message"));
}

#[test]
pub(crate) fn the_sha256_msk_message_is_built_and_opened() {
    let e = example("msk-message-sha256");
    let settings = Settings { sha256_suite: Sha256Suite::Full, ..Settings::DEFAULT };
    let mut delivery = Delivery {
        algorithms: Algorithms::SHA256,
        settings,
        counter: Counter(e.number("inputs/counter")),
        interval: (MtkId(e.number("inputs/seq_low")), MtkId(e.number("inputs/seq_high"))),
        v: true,
        ..Delivery::plain()
    };
    delivery.name.id = MskId::from_octets(e.array("inputs/msk_id"));
    let (muk, message) = (muk(&e), e.hex("outputs/message"));
    assert_eq!(message.len(), e.number::<usize>("outputs/length"));
    delivery.check(&muk, &e.part("intermediates/msk"), &message);
    let v_message = e.hex("outputs/v_message");
    delivery.check_verification(&muk, &e.part("intermediates/v"), &message, &v_message);

    let refused = MskMessage::decode(&message, &Settings::DEFAULT).unwrap_err();
    assert_eq!((refused.kind, refused.at), (DecodeErrorKind::UnsupportedPrf, 3));
}

#[test]
pub(crate) fn the_msk_message_with_policies_is_built_and_opened() {
    let e = example("msk-message-sp");
    let params: Vec<u8> = e
        .list("inputs/sp_params")
        .iter()
        .flat_map(|row| {
            let value = row.hex("1");
            [vec![row.number("0"), u8::try_from(value.len()).unwrap()], value].concat()
        })
        .collect();
    let sessions = |path: &str| -> Vec<CryptoSession> {
        let session = |row: &Example| CryptoSession {
            policy_no: row.number("0"),
            ssrc: row.number("1"),
            roc: row.number("2"),
        };
        e.list(path).iter().map(session).collect()
    };
    let muk = muk(&e);
    let (one, two) =
        (sessions("inputs/cs_map_policy_ssrc_roc"), sessions("inputs/cs_map_two_streams_choice"));
    // The map with one session of SSRC 0 is what the library makes when none is given.
    for (given, suffix) in [(None, ""), (Some(one), ""), (Some(two), "_two_streams")] {
        let delivery = Delivery {
            counter: Counter(e.number("inputs/counter")),
            policy: Some(params.clone()),
            sessions: given,
            ..Delivery::plain()
        };
        let message = e.hex(&format!("outputs/message{suffix}"));
        let v_message = e.hex(&format!("outputs/v_message{suffix}"));
        delivery.check(&muk, &e.part(&format!("intermediates/msk{suffix}")), &message);
        let part = e.part(&format!("intermediates/v{suffix}"));
        delivery.check_verification(&muk, &part, &message, &v_message);
    }
    assert_eq!(e.hex("outputs/message").len(), e.number::<usize>("outputs/length"));
}

#[test]
pub(crate) fn null_encryption_is_accepted_only_where_allowed() {
    let e = example("csb-and-null");
    let muk = muk(&e);
    let plain = || Delivery {
        csb: CsbId(e.number("inputs/csb_id")),
        v: false,
        interval: (MtkId(1), MtkId(2)),
        ..Delivery::plain()
    };
    let largest = Delivery { counter: Counter(u32::MAX), ..plain() };
    largest.check(&muk, &e.part("intermediates/aes_cm"), &e.hex("outputs/aes_cm_message"));

    let message = e.hex("outputs/null_message");
    let null = Delivery {
        counter: Counter(4),
        algorithms: Algorithms { cipher: Cipher::Null, ..Algorithms::SHA1 },
        settings: Settings { allow_null_encryption: true, ..Settings::DEFAULT },
        ..plain()
    };
    null.check(&muk, &e.part("intermediates/null"), &message);
    let refused = MskMessage::decode(&message, &Settings::DEFAULT).unwrap_err();
    assert_eq!(refused.kind, DecodeErrorKind::UnsupportedEncryption);
}
