//! The messages of the worked examples, built anew under any settings, and a terminal that hears them.

use castkey::error::Error;
use castkey::id::{Counter, CsbId, KeyDomainId, MskId, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey, Protection};
use castkey::message::psk::{self, ExtPlace, PskInit};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk};
use castkey::role::{Ue, UeAction, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;
use castkey::wire::{
    CsIdMap, ExtType, Extension, IdType, Identity, KeyData, KeyDataType, KeyIds, KeyValidity, Timestamp,
};

use crate::common::example;

/// The name of the MSK in the worked examples.
pub(crate) fn name() -> MskName {
    let e = example("msk-message");
    let domain = KeyDomainId::new(e.array("inputs/key_domain_id"));
    MskName::new(domain, MskId::from_octets(e.array("inputs/msk_id")))
}

pub(crate) fn muk() -> Muk {
    Muk::from_octets(&example("msk-message").hex("inputs/psk")).unwrap()
}

/// IDi, IDr and RAND of the worked examples.
pub(crate) fn inputs() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let e = example("msk-message");
    (e.hex("inputs/idi"), e.hex("inputs/idr"), e.hex("inputs/rand"))
}

/// The MSK message of example `msk-message`, built under `settings` with these changes.
pub(crate) fn build(
    settings: &Settings, counter: u32, key: u8, rand: &[u8], algorithms: Algorithms,
) -> Vec<u8> {
    let (idi, idr, _) = inputs();
    let address = MskAddress {
        sdp_ids: None,
        name: name(),
        counter: Counter(counter),
        csb: CsbId(0),
        rand: MskRand::new(rand).unwrap(),
        muk_id: MukId { idi: &idi, idr: &idr },
        v: true,
        algorithms,
        policies: &[],
        sessions: None,
    };
    let mut msk: [u8; 16] = example("msk-message").array("inputs/msk");
    msk[15] ^= key;
    let msk = Msk::new(Secret::new(msk));
    let mut out = [0; 512];
    seal_msk(&address, &msk, MtkId(0), MtkId(1000), &muk(), settings, &mut out).unwrap().to_vec()
}

/// Example `msk-message` itself, built under `settings`.
pub(crate) fn built(settings: &Settings) -> Vec<u8> {
    build(settings, 1, 0, &inputs().2, Algorithms::SHA1)
}

/// An MSK message that [`seal_msk`] would not write: any timestamp, any RAND or none, any interval.
pub(crate) fn handmade(
    timestamp: Timestamp, rand: Option<&[u8]>, key_rand: &[u8], interval: (u16, u16),
) -> Vec<u8> {
    let (idi, idr, _) = inputs();
    let ids = KeyIds { domain: Some(name().domain), msk: Some(name().id), mtk: None }.encode();
    let init = PskInit {
        v: true,
        csb: CsbId(0),
        map: CsIdMap::Empty { cs_count: 0 },
        timestamp,
        rand,
        extensions: &[Extension { ext_type: ExtType::KEY_ID, octets: ids.as_slice() }],
        ext_place: ExtPlace::First,
        idi: Some(Identity { id_type: IdType::URI, octets: &idi }),
        idr: Some(Identity { id_type: IdType::NAI, octets: &idr }),
        policies: &[],
        algorithms: Algorithms::SHA1,
    };
    let (from, to) = (interval.0.to_be_bytes(), interval.1.to_be_bytes());
    let key = example("msk-message").hex("inputs/msk");
    let validity = KeyValidity::Interval { from: &from, to: &to };
    let data = KeyData { key_type: KeyDataType::TEK, key: &key, salt: None, validity };
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: key_rand };
    let mut out = [0; 512];
    psk::seal(&init, &[data], &muk().keys(&protection).unwrap(), &mut out).unwrap().to_vec()
}

/// An MTK message under the MSK of the worked examples.
pub(crate) fn mtk_message(settings: &Settings, id: u16, counter: u32, salt: bool) -> Vec<u8> {
    let e = example("mtk-message-streaming");
    let msk = Msk::new(Secret::new(e.array("inputs/psk")));
    let rand = e.hex("inputs/rand");
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand };
    let (mtk, id, counter) = (Mtk::new(Secret::new(e.array("inputs/mtk"))), MtkId(id), Counter(counter));
    let address = MtkAddress { msk: name(), mtk: id, counter, csb: CsbId(0), algorithms: Algorithms::SHA1 };
    let salt = salt.then(|| MtkSalt::new(Secret::new(e.array("inputs/mtk_salt"))));
    let mut out = [0; 128];
    let keys = msk.keys(&protection).unwrap();
    seal_mtk(&address, &mtk, salt.as_ref(), &keys, settings, &mut out).unwrap().to_vec()
}

/// A terminal with the MUK of the worked examples.
pub(crate) fn terminal(settings: Settings) -> Ue<1> {
    let mut ue = Ue::new(UeConfig { settings, ..UeConfig::default() });
    let (idi, idr, _) = inputs();
    let event = UeEvent::Bootstrapped { id: MukId { idi: &idi, idr: &idr }, muk: muk() };
    let _ = ue.handle(event, Tick::from_millis(0), &mut vec![0; Ue::<1>::MAX_OUT_LEN]).unwrap();
    ue
}

/// What the terminal did with a datagram: the names of its actions, and what it sent.
pub(crate) fn hear(ue: &mut Ue<1>, octets: &[u8]) -> Result<(Vec<&'static str>, Vec<u8>), Error> {
    let mut out = vec![0; Ue::<1>::MAX_OUT_LEN];
    let (mut names, mut sent) = (Vec::new(), Vec::new());
    for action in ue.handle(UeEvent::Mikey(octets), Tick::from_millis(0), &mut out)? {
        names.push(match action {
            UeAction::Persist(_) => "Persist",
            UeAction::Send(octets) => {
                sent = octets.to_vec();
                "Send"
            }
            UeAction::MskStored { .. } => "MskStored",
            UeAction::MskInvalidated(_) => "MskInvalidated",
            UeAction::Activated(_) => "Activated",
            UeAction::MtkReady(..) => "MtkReady",
            UeAction::MtkDropped(_) => "MtkDropped",
            UeAction::Refused(_) => "Refused",
            _ => "other",
        });
    }
    Ok((names, sent))
}
