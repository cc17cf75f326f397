//! What the tests of the roles share: fixed names and keys, hand-made messages, and drivers that carry actions out
//! and write them down as one line of text.
#![allow(dead_code, reason = "every test file uses its own part of this module")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use core::convert::Infallible;
use core::fmt::Write as _;

use castkey::error::Error;
use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, Mki, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey as _, Protection};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk, seal_pull};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::role::{
    BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Ue, UeAction, UeConfig, UeEvent, User,
};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x32, 0xF4, 0x51]);
pub(crate) const GROUP: GroupName = GroupName::new(DOMAIN, KeyGroup(0x68CA));
pub(crate) const OTHER_GROUP: GroupName = GroupName::new(DOMAIN, KeyGroup(0x68CB));
pub(crate) const THIRD_GROUP: GroupName = GroupName::new(DOMAIN, KeyGroup(0x68CC));
pub(crate) const MUK_ID: MukId<'static> =
    MukId { idi: b"bmsc.home1.net\x01\0\0\0\x01", idr: b"btid@bsf.home1.net" };

pub(crate) fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

pub(crate) fn msk_name(number: u16) -> MskName {
    GROUP.msk(KeyNumber(number))
}

pub(crate) fn mki(msk: u16, mtk: u16) -> Mki {
    Mki::new(msk_name(msk).id, MtkId(mtk))
}

pub(crate) fn muk() -> Muk {
    Muk::from_octets(&[0xA5; 32]).unwrap()
}

pub(crate) fn other_muk() -> Muk {
    Muk::from_octets(&[0x5A; 32]).unwrap()
}

/// A MUK that differs from user to user.
pub(crate) fn muk_of(user: usize) -> Muk {
    let mut octets = [0x11; 32];
    octets[..8].copy_from_slice(&u64::try_from(user).unwrap().to_be_bytes());
    Muk::from_octets(&octets).unwrap()
}

/// SplitMix64: small, seeded, good enough to lose packets with. It also serves as the key generator of tests, where
/// keys need to differ and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound` - 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl TryRng for SplitMix {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::try_from(self.draw() >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let octets = self.draw().to_be_bytes();
            chunk.copy_from_slice(&octets[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for SplitMix {}

/// A generator that works for some calls and then fails for ever.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) good: u32,
    pub(crate) rng: SplitMix,
}

impl TryRng for Failing {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_be_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_be_bytes(octets))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.good = self.good.checked_sub(1).ok_or(core::fmt::Error)?;
        let Ok(()) = self.rng.try_fill_bytes(out);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}

/// An MSK message made by hand. The key of MSK number n consists of the octet n, unless `key` says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MskText {
    pub(crate) group: GroupName,
    pub(crate) number: u16,
    pub(crate) counter: u32,
    pub(crate) v: bool,
    pub(crate) low: u16,
    pub(crate) high: u16,
    pub(crate) key: Option<u8>,
}

impl MskText {
    pub(crate) const fn new(number: u16, counter: u32) -> Self {
        Self { group: GROUP, number, counter, v: false, low: 0, high: 1000, key: None }
    }

    pub(crate) fn octets(self) -> Vec<u8> {
        self.under(&muk(), MUK_ID)
    }

    /// The message under a MUK of the caller's. An interval that ends before it begins is put together by swapping the
    /// ends in plain text, because the library refuses to build it.
    pub(crate) fn under(self, muk: &Muk, muk_id: MukId<'_>) -> Vec<u8> {
        let mut out = [0; 1024];
        let address = self.address(muk_id);
        let octet = self.key.unwrap_or(self.number.to_be_bytes()[1]);
        let msk = Msk::new(Secret::new([octet; 16]));
        let (low, high) = (MtkId(self.low), MtkId(self.high));
        if self.low <= self.high {
            let sealed = seal_msk(&address, &msk, low, high, muk, &Settings::DEFAULT, &mut out);
            return sealed.unwrap().to_vec();
        }
        inverted(&address, &msk, low, high, muk)
    }

    fn address(self, muk_id: MukId<'_>) -> MskAddress<'_> {
        MskAddress {
            sdp_ids: None,
            name: self.group.msk(KeyNumber(self.number)),
            counter: Counter(self.counter),
            csb: CsbId(0),
            rand: MskRand::new(&[0xE0 ^ self.number.to_be_bytes()[1]; 16]).unwrap(),
            muk_id,
            v: self.v,
            algorithms: Algorithms::SHA1,
            policies: &[],
            sessions: None,
        }
    }

    pub(crate) fn pull(self) -> Vec<u8> {
        let mut out = [0; 1024];
        let address = Self { number: 0, ..self }.address(MUK_ID);
        seal_pull(&address, &muk(), &Settings::DEFAULT, &mut out).unwrap().to_vec()
    }
}

/// Re-encrypts and re-authenticates an MSK message so that its interval ends before it begins.
fn inverted(address: &MskAddress<'_>, msk: &Msk, low: MtkId, high: MtkId, muk: &Muk) -> Vec<u8> {
    use castkey::keys::MessageKeys as _;
    let mut out = [0; 1024];
    let mut text = seal_msk(address, msk, high, low, muk, &Settings::DEFAULT, &mut out).unwrap().to_vec();
    let protection =
        Protection { algorithms: address.algorithms, csb: address.csb, rand: address.rand.octets() };
    let keys = muk.keys(&protection).unwrap();
    // Key data: next, type|KV, length (2), key (16), SPI-less interval: 1 + 2 + 1 + 2. Then MAC alg and 20 of MAC.
    let end = text.len() - 21;
    let start = end - 26;
    keys.crypt(u64::from(address.counter.0), &mut text[start..end]).unwrap();
    let (from, to) = (end - 5, end - 2);
    assert_eq!(text[from..from + 2], high.0.to_be_bytes(), "the interval stands elsewhere");
    assert_eq!(text[to..to + 2], low.0.to_be_bytes(), "the interval stands elsewhere");
    text[from..from + 2].copy_from_slice(&low.0.to_be_bytes());
    text[to..to + 2].copy_from_slice(&high.0.to_be_bytes());
    keys.crypt(u64::from(address.counter.0), &mut text[start..end]).unwrap();
    let mac_at = text.len() - 20;
    let tag = keys.tag(&[&text[..mac_at]]).unwrap();
    text[mac_at..].copy_from_slice(tag.as_octets());
    text
}

/// An MTK message made by hand under MSK number `number` as [`MskText`] makes it.
pub(crate) fn mtk_text(number: u16, mtk: u16, counter: u32) -> Vec<u8> {
    mtk_text_of(GROUP.msk(KeyNumber(number)), mtk, counter, number.to_be_bytes()[1])
}

pub(crate) fn mtk_text_of(msk: MskName, mtk: u16, counter: u32, key: u8) -> Vec<u8> {
    let mut out = [0; 128];
    let octet = msk.id.number.0.to_be_bytes()[1];
    let rand = [0xE0 ^ octet; 16];
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand };
    let keys = Msk::new(Secret::new([key; 16])).keys(&protection).unwrap();
    let address = MtkAddress {
        msk,
        mtk: MtkId(mtk),
        counter: Counter(counter),
        csb: CsbId(0),
        algorithms: Algorithms::SHA1,
    };
    let salt = MtkSalt::new(Secret::new([0x77; 14]));
    let traffic = Mtk::new(Secret::new(mtk_octets(octet, mtk)));
    seal_mtk(&address, &traffic, Some(&salt), &keys, &Settings::DEFAULT, &mut out).unwrap().to_vec()
}

/// The traffic key that [`mtk_text`] delivers.
pub(crate) fn mtk_octets(msk: u8, mtk: u16) -> [u8; 16] {
    let [a, b] = mtk.to_be_bytes();
    let mut octets = [msk; 16];
    octets[14..].copy_from_slice(&[a, b]);
    octets
}

/// A terminal with its clock, and what it last sent and stored.
pub(crate) struct Terminal<const GROUPS: usize = 2> {
    pub(crate) ue: Ue<GROUPS>,
    pub(crate) now: u64,
    pub(crate) sent: Vec<u8>,
    pub(crate) state: Vec<u8>,
}

/// Everything that can be seen of a terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: Vec<u8>,
    pub(crate) debug: String,
    pub(crate) deadline: Option<Tick>,
    pub(crate) mkis: Vec<(KeyDomainId, Mki)>,
    pub(crate) switches: Vec<Option<castkey::role::Switchover>>,
}

/// A configuration without random waits, so that a test can name its times.
pub(crate) fn punctual() -> UeConfig {
    let mut config = UeConfig::default();
    config.back_off.random_ms = 0;
    config.back_off.offset_ms = 100;
    config
}

impl<const GROUPS: usize> Terminal<GROUPS> {
    /// A terminal that holds its MUK.
    pub(crate) fn new(config: UeConfig) -> Self {
        let mut this = Self { ue: Ue::new(config), now: 0, sent: Vec::new(), state: Vec::new() };
        this.act(UeEvent::Bootstrapped { id: MUK_ID, muk: muk() }).unwrap();
        this
    }

    /// Handles an event; the actions as a line of text.
    pub(crate) fn act(&mut self, event: UeEvent<'_>) -> Result<String, Error> {
        let mut out = vec![0; Ue::<GROUPS>::MAX_OUT_LEN];
        let mut line = String::new();
        for action in self.ue.handle(event, at(self.now), &mut out)? {
            match action {
                UeAction::Send(octets) => self.sent = octets.to_vec(),
                UeAction::Persist(state) => self.state = state.as_octets().to_vec(),
                _ => {}
            }
            note(&mut line, &ue_action(&action));
        }
        Ok(line)
    }

    /// Handles an event that must succeed.
    pub(crate) fn does(&mut self, event: UeEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    pub(crate) fn hears(&mut self, octets: &[u8]) -> String {
        self.does(UeEvent::Mikey(octets))
    }

    /// Handles an event that must be refused, and proves that nothing has changed.
    pub(crate) fn refuses(&mut self, event: UeEvent<'_>) -> Error {
        let before = self.seen();
        let error = self.act(event).expect_err("the event must be refused");
        assert_eq!(self.seen(), before, "a refused event has changed something");
        error
    }

    /// Everything that can be seen. The state comes from installing the MUK that is held already, which does nothing.
    pub(crate) fn seen(&mut self) -> Seen {
        let (sent, old) = (core::mem::take(&mut self.sent), core::mem::take(&mut self.state));
        assert_eq!(self.does(UeEvent::Bootstrapped { id: MUK_ID, muk: muk() }), "Persist");
        let state = core::mem::replace(&mut self.state, old);
        self.sent = sent;
        let switches = [GROUP, OTHER_GROUP, THIRD_GROUP].map(|group| self.ue.switchover(group)).to_vec();
        Seen {
            state,
            debug: format!("{:?}", self.ue),
            deadline: self.ue.deadline(),
            mkis: self.ue.mkis().collect(),
            switches,
        }
    }
}

pub(crate) fn note(line: &mut String, word: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(word);
}

/// An action with the Key Number or time that it names.
pub(crate) fn ue_action(action: &UeAction<'_>) -> String {
    let mut text = String::new();
    match action {
        UeAction::Persist(_) => text.push_str("Persist"),
        UeAction::Send(_) => text.push_str("Send"),
        UeAction::MskStored { name, evicted, .. } => {
            write!(text, "MskStored({}", name.id.number.0).unwrap();
            if let Some(evicted) = evicted {
                write!(text, ",-{}", evicted.number.0).unwrap();
            }
            text.push(')');
        }
        UeAction::MskInvalidated(name) => write!(text, "MskInvalidated({})", name.id.number.0).unwrap(),
        UeAction::Activated(name) => write!(text, "Activated({})", name.id.number.0).unwrap(),
        UeAction::MtkReady(_, mki) => write!(text, "MtkReady({},{})", mki.msk.number.0, mki.mtk.0).unwrap(),
        UeAction::MtkDropped(name) => write!(text, "MtkDropped({})", name.id.number.0).unwrap(),
        UeAction::AwaitMtk(_, mki) => write!(text, "AwaitMtk({},{})", mki.msk.number.0, mki.mtk.0).unwrap(),
        UeAction::MissedKey { name, cause } => {
            write!(text, "MissedKey({},{cause:?})", name.id.number.0).unwrap();
        }
        UeAction::RequestMsk { name, cause, attempt } => {
            write!(text, "RequestMsk({},{cause:?},{attempt})", name.id.number.0).unwrap();
        }
        UeAction::RequestAbandoned(name) => write!(text, "RequestAbandoned({})", name.id.number.0).unwrap(),
        UeAction::AnnouncementMismatch(_) => text.push_str("AnnouncementMismatch"),
        UeAction::Refused(error) => write!(text, "Refused({error:?})").unwrap(),
        UeAction::ArmTimer(tick) => write!(text, "ArmTimer({})", tick.as_millis()).unwrap(),
        other => panic!("an action without a name here: {other:?}"),
    }
    text
}

/// A BM-SC with its clock, its generator, one user's row, and what it last sent.
pub(crate) struct Centre {
    pub(crate) bm_sc: BmSc<2>,
    pub(crate) now: u64,
    pub(crate) rng: Failing,
    pub(crate) counter: Option<Counter>,
    pub(crate) delivery: Delivery,
    pub(crate) muk: Muk,
    pub(crate) sent: Vec<u8>,
    pub(crate) multicast: Vec<u8>,
}

impl Centre {
    pub(crate) fn new(config: BmScConfig) -> Self {
        Self {
            bm_sc: BmSc::new(config),
            now: 0,
            rng: Failing { good: u32::MAX, rng: SplitMix(1) },
            counter: None,
            delivery: Delivery::Idle,
            muk: muk(),
            sent: Vec::new(),
            multicast: Vec::new(),
        }
    }

    /// Handles the event that `make` builds from the user's row; the actions as a line of text.
    pub(crate) fn act(
        &mut self, make: impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> BmScEvent<'a, Muk>,
    ) -> Result<String, Error> {
        let mut out = [0; 1024];
        self.act_into(make, &mut out)
    }

    pub(crate) fn act_into(
        &mut self, make: impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> BmScEvent<'a, Muk>, out: &mut [u8],
    ) -> Result<String, Error> {
        let user = User { id: MUK_ID, muk: &self.muk, counter: self.counter };
        let event = make(user, self.delivery);
        let mut line = String::new();
        for action in self.bm_sc.handle(event, at(self.now), &mut self.rng, out)? {
            match action {
                BmScAction::SaveCounter(counter) => self.counter = Some(counter),
                BmScAction::SaveDelivery(delivery) => self.delivery = delivery,
                BmScAction::Send(octets) => self.sent = octets.to_vec(),
                BmScAction::Multicast(octets) => self.multicast = octets.to_vec(),
                _ => {}
            }
            note(&mut line, &bm_sc_action(&action));
        }
        Ok(line)
    }

    pub(crate) fn does(
        &mut self, make: impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> BmScEvent<'a, Muk>,
    ) -> String {
        self.act(make).unwrap()
    }

    pub(crate) fn refuses(
        &mut self, make: impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> BmScEvent<'a, Muk>,
    ) -> Error {
        let before = self.seen();
        let error = self.act(make).expect_err("the event must be refused");
        assert_eq!(self.seen(), before, "a refused event has changed something");
        error
    }

    /// Everything that can be seen of it.
    pub(crate) fn seen(&self) -> String {
        let mut text = format!("{:?} {:?}", self.bm_sc, self.bm_sc.deadline());
        for group in [GROUP, OTHER_GROUP, THIRD_GROUP] {
            let key = |entry: &castkey::keys::MskEntry| *entry.msk().secret().expose();
            let (current, next) = (self.bm_sc.current(group), self.bm_sc.next(group));
            let traffic = self.bm_sc.traffic(group).map(|(mki, mtk, _)| (mki, *mtk.secret().expose()));
            write!(
                text,
                " | {current:?} {:?} {next:?} {:?} {traffic:?} {:?}",
                current.map(key),
                next.map(key),
                self.bm_sc.outstanding(group),
            )
            .unwrap();
        }
        text
    }
}

/// An action with the Key Number or time that it names.
pub(crate) fn bm_sc_action(action: &BmScAction<'_>) -> String {
    match action {
        BmScAction::Distribute(name) => format!("Distribute({})", name.id.number.0),
        BmScAction::PushAlso(name) => format!("PushAlso({})", name.id.number.0),
        BmScAction::RekeyQueued(_) => "RekeyQueued".into(),
        BmScAction::SaveCounter(counter) => format!("SaveCounter({})", counter.0),
        BmScAction::SaveDelivery(_) => "SaveDelivery".into(),
        BmScAction::Send(_) => "Send".into(),
        BmScAction::Multicast(_) => "Multicast".into(),
        BmScAction::Delivered(name) => format!("Delivered({})", name.id.number.0),
        BmScAction::Undelivered(name) => format!("Undelivered({})", name.id.number.0),
        BmScAction::Activated(name) => format!("Activated({})", name.id.number.0),
        BmScAction::UseMtk(mki) => format!("UseMtk({},{})", mki.msk.number.0, mki.mtk.0),
        BmScAction::Retired(name) => format!("Retired({})", name.id.number.0),
        BmScAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => panic!("an action without a name here: {other:?}"),
    }
}
