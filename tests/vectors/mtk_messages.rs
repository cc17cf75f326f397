//! MTK messages, and the keys that are made of an MTK.

use castkey::error::OpenError;
use castkey::id::{Counter, CsbId, KeyDomainId, Mki, MskId, MskName, MtkId};
use castkey::keys::{
    Algorithms, DownloadKeys, Msk, Mtk, MtkSalt, MtkWindow, PreSharedKey, Protection, SeqLower, SrtpKeys,
};
use castkey::message::{MtkAddress, MtkMessage, seal_mtk};
use castkey::secret::Secret;
use castkey::settings::Settings;

use crate::common::{Example, every_bit_flip, every_truncation, example};
use crate::messages::intermediates;

/// The MTK message that `e` describes, built, opened and damaged.
fn check_mtk(e: &Example, salt: Option<[u8; 14]>) -> (Mtk, Option<MtkSalt>) {
    let named = example("mtk-message-streaming");
    let domain = KeyDomainId::new(named.array("inputs/key_domain_id"));
    let name = MskName::new(domain, MskId::from_octets(named.array("inputs/msk_id")));
    let (id, counter) = (MtkId(e.number("inputs/mtk_id")), Counter(e.number("inputs/counter")));
    let (message, rand) = (e.hex("outputs/message"), e.hex("inputs/rand"));
    assert_eq!(message.len(), e.number::<usize>("outputs/length"));
    let settings = Settings::DEFAULT;
    let msk = Msk::new(Secret::new(e.array("inputs/psk")));
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand };
    let keys = msk.keys(&protection).unwrap();

    let address = MtkAddress { msk: name, mtk: id, counter, csb: CsbId(0), algorithms: Algorithms::SHA1 };
    let mtk = Mtk::new(Secret::new(e.array("inputs/mtk")));
    let salt = salt.map(|salt| MtkSalt::new(Secret::new(salt)));
    let mut out = [0; 128];
    let sealed = seal_mtk(&address, &mtk, salt.as_ref(), &keys, &settings, &mut out).unwrap();
    assert_eq!(hex::encode(sealed), hex::encode(&message));

    let decoded = MtkMessage::decode(&message, None, &settings).unwrap();
    assert_eq!((decoded.msk(), decoded.mtk(), decoded.counter()), (name, id, counter));
    let window = MtkWindow::new(MtkId(0), MtkId(1000), SeqLower::Exclusive);
    let opened = decoded.open(&keys, None, window, &settings).unwrap();
    assert_eq!(opened.mtk.secret().expose(), mtk.secret().expose());
    assert_eq!(
        opened.salt.as_ref().map(|salt| salt.secret().expose()),
        salt.as_ref().map(|salt| salt.secret().expose())
    );
    let again = decoded.open(&keys, Some(counter), window, &settings).err();
    assert_eq!(again, Some(OpenError::Replay));
    let used = decoded.open(&keys, None, window.after(id), &settings).err();
    assert_eq!(used, Some(OpenError::KeyNotFresh));
    intermediates(&msk, &protection, counter.0, &e.part("intermediates"), &message);

    every_truncation(&message, |cut| {
        assert!(MtkMessage::decode(cut, None, &settings).is_err(), "{} octets", cut.len());
    });
    // Without a window, so that flips of the MTK ID reach the MAC too; 0 to 65,535 admits every ID.
    let any = MtkWindow::new(MtkId(0), MtkId(u16::MAX), SeqLower::Inclusive);
    every_bit_flip(&message, |at, flipped| {
        if let Ok(decoded) = MtkMessage::decode(flipped, None, &settings) {
            let keys = msk
                .keys(&Protection {
                    csb: decoded.psk().hdr().csb_id,
                    algorithms: decoded.algorithms(),
                    ..protection
                })
                .unwrap();
            let error = decoded.open(&keys, None, any, &settings).err();
            assert_eq!(error, Some(OpenError::MacInvalid), "octet {at}");
        }
    });
    (opened.mtk, opened.salt)
}

#[test]
pub(crate) fn the_streaming_mtk_message_is_built_and_opened() {
    let e = example("mtk-message-streaming");
    let (mtk, salt) = check_mtk(&e, Some(e.array("inputs/mtk_salt")));
    let keys = SrtpKeys::derive(&mtk, salt.as_ref());
    let expected = e.part("outputs/srtp_session_keys");
    let rows: [(&[u8], &str); 6] = [
        (keys.rtp_encr.expose(), "rtp_encr"),
        (keys.rtp_auth.expose(), "rtp_auth"),
        (keys.rtp_salt.expose(), "rtp_salt"),
        (keys.rtcp_encr.expose(), "rtcp_encr"),
        (keys.rtcp_auth.expose(), "rtcp_auth"),
        (keys.rtcp_salt.expose(), "rtcp_salt"),
    ];
    for (key, name) in rows {
        assert_eq!(hex::encode(key), expected.text(name), "{name}");
    }
    let mki = Mki::new(MskId::from_octets(e.array("inputs/msk_id")), MtkId(e.number("inputs/mtk_id")));
    assert_eq!(mki.to_octets(), e.array("outputs/srtp_mki"));
    assert_eq!(Mki::from_octets(e.array("outputs/srtp_mki")), mki);
}

#[test]
pub(crate) fn the_download_mtk_message_is_built_and_opened() {
    let e = example("mtk-message-download");
    let (mtk, salt) = check_mtk(&e, None);
    assert!(salt.is_none());
    let keys = DownloadKeys::derive(&mtk, &e.hex("inputs/rand"));
    assert_eq!(hex::encode(keys.content.expose()), e.text("outputs/mtk_c_choice"));
    assert_eq!(hex::encode(keys.integrity.expose()), e.text("outputs/mtk_i_choice"));
}
