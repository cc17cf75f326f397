//! Messages that must be refused, each for its own reason.

use castkey::error::{DecodeErrorKind, OpenError};
use castkey::id::{CsbId, MtkId};
use castkey::keys::{Algorithms, MessageKeys, Msk, MtkWindow, Muk, PreSharedKey, Protection, SeqLower};
use castkey::message::Incoming;
use castkey::secret::Secret;
use castkey::settings::Settings;

use crate::common::example;
use crate::messages::muk;

/// The message opened as a receiver with these keys would.
fn refusal(message: &[u8], muk: &Muk, rand: &[u8]) -> Option<OpenError> {
    let settings = Settings::DEFAULT;
    match Incoming::decode(message, None, &settings) {
        Err(e) => Some(OpenError::Undecodable(e)),
        Ok(Incoming::Msk(message)) => message.open(muk, None, None, &settings).err(),
        Ok(Incoming::Mtk(message)) => {
            let msk = Msk::new(Secret::new(example("mtk-message-streaming").array("inputs/psk")));
            let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand };
            let window = MtkWindow::new(MtkId(0), MtkId(1000), SeqLower::Exclusive);
            message.open(&msk.keys(&protection).unwrap(), None, window, &settings).err()
        }
        Ok(other) => panic!("{other:?}"),
    }
}

#[test]
pub(crate) fn each_bad_message_is_refused_for_its_own_reason() {
    use DecodeErrorKind::{BadCsIdMap, BadKeyId, BadVersion, TrailingOctets, Truncated, UnknownPayload};
    let good = example("msk-message");
    let rand = good.hex("inputs/rand");
    let right = muk(&good);
    let keys = right.keys(&Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand }).unwrap();
    assert_eq!(refusal(&good.hex("outputs/message"), &right, &rand), None);
    assert_eq!(refusal(&example("mtk-message-streaming").hex("outputs/message"), &right, &rand), None);

    for case in example("negative").list("outputs/cases") {
        let (name, message) = (case.text("name"), case.hex("message"));
        let (mut psk, mut its_rand) = (good.hex("inputs/psk"), rand.clone());
        let expected = match name {
            "last octet of MAC flipped" | "counter changed (last octet of T)" => None,
            "wrong key" => {
                psk[0] ^= 1;
                None
            }
            "MTK message with another RAND" => {
                its_rand[0] ^= 1;
                None
            }
            "truncated" | "SRTP-ID map cut" => Some(Truncated),
            "trailing octet" => Some(TrailingOctets),
            "version 2" => Some(BadVersion),
            "unknown payload 99" => Some(UnknownPayload),
            "good MAC, Key ID lengths in two octets"
            | "good MAC, no MSK ID"
            | "good MAC, MSK ID twice"
            | "good MAC, unknown Key ID type 3" => Some(BadKeyId),
            "good MAC, SP payload with the empty map"
            | "good MAC, crypto session with a policy number that no SP payload has"
            | "good MAC, two SP payloads with one policy number"
            | "CS ID map type 3" => Some(BadCsIdMap),
            other => panic!("case {other} is not tested"),
        };
        let refused = refusal(&message, &Muk::from_octets(&psk).unwrap(), &its_rand);
        match (refused, expected) {
            (Some(OpenError::MacInvalid), None) => {}
            (Some(OpenError::Undecodable(e)), Some(kind)) => assert_eq!(e.kind, kind, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        // The MAC is not what is wrong with these.
        if name.starts_with("good MAC") {
            let (authenticated, mac) = message.split_at(message.len() - 20);
            assert_eq!(keys.tag(&[authenticated]).unwrap().as_octets(), mac, "{name}");
        }
    }
}
