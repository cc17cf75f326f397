//! A terminal that anything may happen to.

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey, Protection};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk, seal_pull};
use castkey::role::{SwitchEvent, Switchover, Ue, UeAction, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;

use crate::choice::Choices;

const GROUPS: usize = 2;
const SETTINGS: Settings = Settings::DEFAULT;
const DOMAIN: KeyDomainId = KeyDomainId::new([0x32, 0xF4, 0x51]);
const IDS: [MukId<'static>; 3] = [
    MukId { idi: b"bmsc", idr: b"one" },
    MukId { idi: b"bmsc", idr: b"two" },
    MukId { idi: b"other", idr: b"one" },
];

fn muk(which: u8) -> Muk {
    Muk::from_octets(&[which; 32]).unwrap()
}

/// The key of a name is always the same, so that messages from different choices fit together.
fn msk(group: KeyGroup, number: KeyNumber) -> Msk {
    let (g, n) = (group.0.to_be_bytes()[1], number.0.to_be_bytes()[1]);
    Msk::new(Secret::new(core::array::from_fn(|i| if i % 2 == 0 { g } else { n })))
}

fn rand() -> MskRand {
    MskRand::new(&[7; 16]).unwrap()
}

fn group(choices: &mut Choices<'_>) -> Option<GroupName> {
    Some(GroupName::new(DOMAIN, KeyGroup(u16::from(choices.below(3)?))))
}

fn number(choices: &mut Choices<'_>) -> Option<KeyNumber> {
    Some(KeyNumber(u16::from(choices.below(4)?)))
}

fn msk_message(choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let (group, number, which) = (group(choices)?, number(choices)?, choices.below(3)?);
    let address = MskAddress {
        sdp_ids: None,
        name: group.msk(number),
        counter: Counter(u32::from(choices.octet()?) << 24 | u32::from(choices.octet()?)),
        csb: CsbId(0),
        rand: rand(),
        muk_id: IDS[usize::from(which)],
        v: choices.below(2)? == 1,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
    };
    let (low, high) = (MtkId(choices.below(8)?.into()), MtkId(choices.octet()?.into()));
    let mut out = [0; 512];
    let sealed = if number == KeyNumber::CURRENT {
        seal_pull(&address, &muk(which), &SETTINGS, &mut out)
    } else {
        let msk = msk(group.group, number);
        seal_msk(&address, &msk, low.min(high), high, &muk(which), &SETTINGS, &mut out)
    };
    sealed.ok().map(<[u8]>::to_vec)
}

fn mtk_message(choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let (group, number) = (group(choices)?, number(choices)?);
    let address = MtkAddress {
        msk: group.msk(number),
        mtk: MtkId(u16::from(choices.octet()?)),
        counter: Counter(u32::from(choices.octet()?) << 24 | u32::from(choices.octet()?)),
        csb: CsbId(0),
        algorithms: Algorithms::SHA1,
    };
    let rand = rand();
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: rand.octets() };
    let keys = msk(group.group, number).keys(&protection).ok()?;
    let (mtk, salt) = (Mtk::new(Secret::new([3; 16])), MtkSalt::new(Secret::new([4; 14])));
    let salt = (choices.below(2)? == 1).then_some(&salt);
    let mut out = [0; 128];
    seal_mtk(&address, &mtk, salt, &keys, &SETTINGS, &mut out).ok().map(<[u8]>::to_vec)
}

/// Everything of a terminal that its API shows.
#[derive(Debug, PartialEq)]
struct Shown {
    msks: Vec<String>,
    muks: Vec<String>,
    mkis: Vec<(KeyDomainId, Mki)>,
    switches: Vec<Option<Switchover>>,
}

/// A deadline that has passed is as good as one that passes now: a restart knows only what was left of it.
fn overdue_is_due(mut switch: Switchover, now: Tick) -> Switchover {
    if let Switchover::Expecting { until, .. } | Switchover::Overlap { until, .. } = &mut switch {
        *until = now.max(*until);
    }
    switch
}

fn shown(ue: &Ue<GROUPS>, now: Tick) -> Shown {
    let switches = (0..3).map(|group| GroupName::new(DOMAIN, KeyGroup(group)));
    Shown {
        msks: ue.msks().iter().map(|entry| format!("{entry:?}")).collect(),
        muks: ue.muks().iter().map(|slot| format!("{slot:?}")).collect(),
        mkis: ue.mkis().collect(),
        switches: switches.map(|group| Some(overdue_is_due(ue.switchover(group)?, now))).collect(),
    }
}

/// Events for a terminal of two Key Groups. A refused event changes nothing; an accepted message is not accepted
/// again; an MTK is ready only under a held MSK; the persisted state restores to the same terminal.
pub fn ue_events(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut ue = Ue::<GROUPS>::new(UeConfig::default());
    let mut now = Tick::from_millis(0);
    while event(&mut choices, &mut ue, &mut now).is_some() {}
}

fn event(choices: &mut Choices<'_>, ue: &mut Ue<GROUPS>, now: &mut Tick) -> Option<()> {
    let (kind, wait) = (choices.below(12)?, choices.octet()?);
    *now = now.after_millis(u64::from(wait) * 64);
    let mut datagram = Vec::new();
    let event = match kind {
        0 | 1 => {
            let which = choices.below(3)?;
            UeEvent::Bootstrapped { id: IDS[usize::from(which)], muk: muk(which) }
        }
        2 => UeEvent::Wanted(group(choices)?),
        3 | 4 => {
            datagram = msk_message(choices)?;
            UeEvent::Mikey(&datagram)
        }
        5 | 6 => {
            datagram = mtk_message(choices)?;
            UeEvent::Mikey(&datagram)
        }
        7 => {
            datagram = if choices.below(2)? == 0 { msk_message(choices)? } else { mtk_message(choices)? };
            let (at, octet) = (choices.octet()?, choices.octet()?);
            let at = usize::from(at) % datagram.len();
            datagram[at] ^= octet;
            UeEvent::Mikey(&datagram)
        }
        8 => {
            let (group, number, mtk) = (group(choices)?, number(choices)?, MtkId(choices.octet()?.into()));
            UeEvent::Mki(DOMAIN, Mki::new(MskId::new(group.group, number), mtk))
        }
        9 => {
            let group = group(choices)?.group;
            let (from, to) = (MskId::new(group, number(choices)?), MskId::new(group, number(choices)?));
            UeEvent::Announced(DOMAIN, SwitchEvent::Announced { from, to })
        }
        10 => match choices.below(4)? {
            0 => UeEvent::Forget(group(choices)?),
            1 => UeEvent::ForgetMuk(IDS[usize::from(choices.below(3)?)]),
            2 => {
                datagram = choices.slice()?.to_vec();
                UeEvent::Mikey(&datagram)
            }
            _ => {
                let (group, number) = (group(choices)?, number(choices)?);
                let rand = (choices.below(2)? == 1).then(rand);
                let msk = msk(group.group, number).secret().duplicate();
                let (seq_low, seq_high) = (MtkId(choices.octet()?.into()), MtkId(choices.octet()?.into()));
                UeEvent::Install { name: group.msk(number), msk, rand, seq_low, seq_high }
            }
        },
        _ => UeEvent::Timeout,
    };
    step(ue, event, *now);
    if !datagram.is_empty() {
        again(ue, &datagram, *now);
    }
    Some(())
}

fn step(ue: &mut Ue<GROUPS>, event: UeEvent<'_>, now: Tick) {
    let before = (shown(ue, now), ue.deadline());
    let mut out = [0; Ue::<GROUPS>::MAX_OUT_LEN];
    let Ok(actions) = ue.handle(event, now, &mut out) else {
        assert_eq!((shown(ue, now), ue.deadline()), before, "a refused event changed something");
        return;
    };
    let mut persisted = None;
    for action in actions {
        match action {
            UeAction::Persist(state) => persisted = Some(state.as_octets().to_vec()),
            UeAction::MtkReady(domain, mki) => {
                assert!(ue.mtk(domain, mki).is_some(), "an MTK that is ready is there");
                assert!(ue.msks().get(castkey::id::MskName::new(domain, mki.msk)).is_some());
            }
            UeAction::MskStored { name, .. } => assert!(ue.msks().get(name).is_some()),
            UeAction::MskInvalidated(name) => assert!(ue.msks().get(name).is_none()),
            UeAction::ArmTimer(at) => assert_eq!(Some(at), ue.deadline()),
            _ => {}
        }
    }
    let after = shown(ue, now);
    match persisted {
        Some(state) => {
            let restored =
                Ue::<GROUPS>::restore(UeConfig::default(), RustCrypto, &state, now, Muk::from_octets);
            assert_eq!(shown(&restored.expect("a state that was just written"), now), after);
        }
        None => {
            // What moves without being stored would be lost at a restart: only new channels that hold nothing may.
            let same = (&after.msks, &after.muks, &after.mkis);
            assert_eq!(same, (&before.0.msks, &before.0.muks, &before.0.mkis), "a change was not persisted");
        }
    }
}

/// The same datagram at once again brings no key and no MTK.
fn again(ue: &mut Ue<GROUPS>, datagram: &[u8], now: Tick) {
    let before = shown(ue, now);
    let mut out = [0; Ue::<GROUPS>::MAX_OUT_LEN];
    if let Ok(actions) = ue.handle(UeEvent::Mikey(datagram), now, &mut out) {
        let news = actions.iter().any(|action| {
            matches!(
                action,
                UeAction::MskStored { .. } | UeAction::MtkReady(..) | UeAction::MskInvalidated(_)
            )
        });
        assert!(!news, "the same datagram was accepted twice");
    }
    assert_eq!(shown(ue, now), before, "the same datagram moved something");
}
