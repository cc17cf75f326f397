//! The distribution with real keys: what it sends, under which key, and what it refuses without changing anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use castkey::Settings;
use castkey::crypto::RustCrypto;
use castkey::error::{EncodeError, Error, OpenError, SealError};
use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::keys::{Msk, MskEntry, MskRand, Mtk, MtkSalt, MtkWindow, SeqLower};
use castkey::message::{MtkMessage, OpenedMtk};
use castkey::poc::*;
use castkey::secret::Secret;
use castkey::time::Tick;
use rand::SeedableRng;
use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use subtle::ConstantTimeEq;

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const RAND: [u8; 16] = [3; 16];
const SSRC: u32 = 0x1234_5678;

/// A generator that has failed.
struct Broken;

impl TryRng for Broken {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(core::fmt::Error)
    }
}

impl TryCryptoRng for Broken {}

fn name(number: u16) -> MskName {
    MskName::new(DOMAIN, MskId::new(KeyGroup(1), KeyNumber(number)))
}

fn msk(number: u16) -> Secret<16> {
    Secret::new([number.to_be_bytes()[1]; 16])
}

fn updated(number: u16) -> UpdatedMsk {
    let rand = MskRand::new(&RAND).unwrap();
    UpdatedMsk {
        name: name(number),
        msk: msk(number),
        rand,
        seq_low: MtkId(0),
        seq_high: MtkId(9),
        mtk: None,
    }
}

/// Opens an MTK message as a member would who holds this MSK.
fn open(octets: &[u8], number: u16) -> Result<(MtkId, OpenedMtk), OpenError> {
    let settings = Settings::DEFAULT;
    let message = MtkMessage::decode(octets, Some(DOMAIN), &settings).unwrap();
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    let entry = MskEntry::new(name(number), Msk::new(msk(number)), MskRand::new(&RAND), window);
    let protection = castkey::keys::Protection {
        algorithms: message.algorithms(),
        csb: message.psk().hdr().csb_id,
        rand: &RAND,
    };
    let keys = castkey::keys::PreSharedKey::keys(entry.msk(), &protection).unwrap();
    message.open(&keys, None, window, &settings).map(|opened| (message.mtk(), opened))
}

struct Run {
    distribution: Distribution,
    rng: StdRng,
    now: u64,
}

/// What one event caused.
#[derive(Default)]
struct Sent {
    mikey: Vec<u8>,
    mbcp: Vec<u8>,
    wanted: Vec<BearerAction>,
    exhausted: bool,
}

fn gather(actions: castkey::role::Actions<DistributionAction<'_>>) -> Sent {
    let mut sent = Sent::default();
    for action in actions {
        match action {
            DistributionAction::MulticastMikey(octets) => sent.mikey = octets.to_vec(),
            DistributionAction::MulticastMbcp(octets) => sent.mbcp = octets.to_vec(),
            DistributionAction::MtkRangeExhausted => sent.exhausted = true,
            DistributionAction::Bearer(action) => sent.wanted.push(action),
            _ => {}
        }
    }
    sent
}

impl Run {
    fn empty() -> Self {
        let config = DistributionConfig { ssrc: SSRC, ..DistributionConfig::default() };
        Self { distribution: Distribution::new(config, DOMAIN), rng: StdRng::seed_from_u64(1), now: 0 }
    }

    /// With MSK 1 and its first MTK in use.
    fn active() -> Self {
        let mut run = Self::empty();
        let sent = run.update(updated(1));
        assert!(open(&sent.mikey, 1).is_ok());
        run.until(|sent| sent.wanted.contains(&BearerAction::UseMtk));
        run
    }

    fn stored() -> Self {
        let mut run = Self::active();
        let sent = run.update(updated(2));
        assert!(sent.wanted.contains(&BearerAction::Stored(name(2))));
        run
    }

    fn try_handle(&mut self, event: DistributionEvent) -> Result<Sent, Refused> {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let now = Tick::from_millis(self.now);
        self.distribution.handle(event, now, &mut self.rng, &mut out).map(gather)
    }

    fn update(&mut self, updated: UpdatedMsk) -> Sent {
        self.try_handle(DistributionEvent::SessionUpdate(Some(updated))).unwrap()
    }

    fn bearer(&mut self, event: BearerEvent) -> Sent {
        self.try_handle(DistributionEvent::Bearer(event)).unwrap()
    }

    fn announce(&mut self, old: u16, new: u16) -> Sent {
        self.bearer(BearerEvent::Indication(Indication {
            domain: DOMAIN,
            old: name(old).id,
            new: name(new).id,
            seq: UpdateSeq(1),
            first_mtk: Some(MtkId(1)),
            overlap_s: Some(2),
            channel: None,
        }))
    }

    /// Lets timers run out until one causes this.
    fn until(&mut self, wanted: impl Fn(&Sent) -> bool) -> Sent {
        for _ in 0..50 {
            self.now = self.now.max(self.distribution.bearer().deadline().unwrap().as_millis());
            let sent = self.bearer(BearerEvent::Timeout);
            if wanted(&sent) {
                return sent;
            }
        }
        panic!("it never came");
    }

    fn mki(&self) -> Mki {
        self.distribution.traffic().unwrap().0
    }

    fn srtcp(&self) -> SrtcpKeys {
        let (_, mtk, salt) = self.distribution.traffic().unwrap();
        SrtcpKeys::derive(RustCrypto, mtk, salt)
    }
}

/// Covers: R-KM-1
#[test]
fn without_an_mtk_in_use_nothing_is_sent() {
    let mut run = Run::empty();
    assert_eq!(run.distribution.traffic().err(), Some(PocError::NoMtk));
    let mut out = [0; 64];
    assert_eq!(
        run.distribution.protect_mbcp(&[0x85, 204, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0], &mut out),
        Err(PocError::NoMtk)
    );
    let sent = run.update(updated(1));
    assert!(open(&sent.mikey, 1).is_ok(), "the MTK is announced");
    assert_eq!(run.distribution.traffic().err(), Some(PocError::NoMtk), "and not used before that");
}

/// Covers: T-034, R-POC-8
#[test]
fn a_request_without_an_msk_is_refused_and_changes_nothing() {
    let mut run = Run::active();
    let before = *run.distribution.bearer();
    let sent = run.try_handle(DistributionEvent::SessionUpdate(None)).unwrap();
    assert_eq!(sent.wanted, [BearerAction::Refused(BearerRefusal::NoMsk)]);
    assert_eq!(*run.distribution.bearer(), before);
}

/// Covers: T-028, R-POC-10
#[test]
fn while_the_new_msk_is_only_stored_everything_is_under_the_old_mtk() {
    let mut run = Run::stored();
    assert_eq!(run.mki(), Mki::new(name(1).id, MtkId(1)));
    let sent = run.until(|sent| !sent.mikey.is_empty());
    assert!(open(&sent.mikey, 1).is_ok(), "MTK messages go on under the old MSK");
    assert_eq!(run.mki(), Mki::new(name(1).id, MtkId(1)));
}

/// Covers: T-029, R-POC-17, R-KM-2
#[test]
fn every_copy_of_the_indication_is_protected_by_an_mtk_of_the_old_msk() {
    let mut run = Run::stored();
    let (old, keys) = (run.mki(), run.srtcp());
    let mut copies = vec![run.announce(1, 2).mbcp];
    copies.push(run.until(|sent| !sent.mbcp.is_empty()).mbcp);
    copies.push(run.until(|sent| !sent.mbcp.is_empty()).mbcp);
    let (mut replay, mut contents) = (SrtcpReplay::new(), Vec::new());
    for copy in &copies {
        assert_eq!(srtcp_mki(copy), Ok(old));
        let mut out = [0; 128];
        contents.push(replay.unprotect(&keys, copy, &mut out).unwrap().to_vec());
    }
    assert!(contents.windows(2).all(|pair| pair[0] == pair[1]), "the same content each time");
    let app = apps(&contents[0]).next().unwrap().unwrap();
    let Ok(Some(Announced::Explicit(read))) = IndicationCoding::DEFAULT.decode(&app) else { panic!() };
    assert_eq!((read.old, read.new, app.ssrc), (name(1).id, name(2).id, SSRC));
}

/// Covers: T-030, T-031, R-POC-18, R-KM-13, D-16
#[test]
fn the_mtk_after_the_switch_is_new_announced_under_the_new_msk_and_numbered_from_the_start() {
    let mut run = Run::stored();
    let (old_mtk, old_salt) = {
        let (_, mtk, salt) = run.distribution.traffic().unwrap();
        (mtk.duplicate(), salt.unwrap().duplicate())
    };
    run.announce(1, 2);
    let sent = run.until(|sent| !sent.mikey.is_empty() && open(&sent.mikey, 2).is_ok());
    assert_eq!(run.mki().msk, name(1).id, "media waits for the announcement");
    assert_eq!(open(&sent.mikey, 1).err(), Some(OpenError::MacInvalid), "the old MSK does not open it");
    let (id, opened) = open(&sent.mikey, 2).unwrap();
    assert_eq!(id, MtkId(1));
    assert!(!bool::from(opened.mtk.ct_eq(&old_mtk)));
    assert!(!bool::from(opened.salt.as_ref().unwrap().ct_eq(&old_salt)));
    let sent = run.until(|sent| sent.wanted.contains(&BearerAction::UseMtk));
    assert!(sent.wanted.contains(&BearerAction::Switched(name(2))));
    let (mki, mtk, salt) = run.distribution.traffic().unwrap();
    assert_eq!(mki, Mki::new(name(2).id, MtkId(1)));
    assert!(
        bool::from(mtk.ct_eq(&opened.mtk)) && bool::from(salt.unwrap().ct_eq(opened.salt.as_ref().unwrap()))
    );
}

/// Covers: T-106
#[test]
fn the_srtcp_index_goes_on_over_the_switch() {
    let mut run = Run::stored();
    let index = |run: &mut Run| {
        let mut out = [0; 64];
        let plain = [0x85, 204, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0];
        let packet = run.distribution.protect_mbcp(&plain, &mut out).unwrap();
        u32::from_be_bytes(packet[12..16].try_into().unwrap()) & 0x7FFF_FFFF
    };
    assert_eq!((index(&mut run), index(&mut run)), (0, 1));
    run.announce(1, 2);
    run.until(|sent| sent.wanted.contains(&BearerAction::Switched(name(2))));
    // Three copies of the indication lie between.
    assert_eq!(index(&mut run), 5);
}

/// Covers: T-032, R-KM-13, D-16
#[test]
fn an_mtk_in_use_is_not_taken_again_under_the_next_msk() {
    let mut run = Run::active();
    let before = *run.distribution.bearer();
    let (_, mtk, salt) = run.distribution.traffic().unwrap();
    let again = Some((mtk.duplicate(), salt.unwrap().duplicate()));
    let event = DistributionEvent::SessionUpdate(Some(UpdatedMsk { mtk: again, ..updated(2) }));
    assert_eq!(run.try_handle(event).err(), Some(Refused::Poc(PocError::MtkReuse)));
    assert_eq!(*run.distribution.bearer(), before);
}

#[test]
fn an_mtk_that_the_server_gives_is_the_first_under_its_msk() {
    let mut run = Run::active();
    let given = || (Mtk::new(Secret::new([0x77; 16])), MtkSalt::new(Secret::new([0x78; 14])));
    run.update(UpdatedMsk { mtk: Some(given()), ..updated(2) });
    run.announce(1, 2);
    run.until(|sent| sent.wanted.contains(&BearerAction::Switched(name(2))));
    let (mki, mtk, salt) = run.distribution.traffic().unwrap();
    assert_eq!(mki, Mki::new(name(2).id, MtkId(1)));
    assert!(bool::from(mtk.ct_eq(&given().0)) && bool::from(salt.unwrap().ct_eq(&given().1)));
    let sent = run.bearer(BearerEvent::Roll);
    let (id, rolled) = open(&sent.mikey, 2).unwrap();
    assert_eq!(id, MtkId(2));
    assert!(!bool::from(rolled.mtk.ct_eq(&given().0)), "and only the first");
}

#[test]
fn the_last_mtk_id_asks_for_the_next_msk() {
    let mut run = Run::empty();
    run.update(UpdatedMsk { seq_high: MtkId(2), ..updated(1) });
    run.until(|sent| sent.wanted.contains(&BearerAction::UseMtk));
    let sent = run.bearer(BearerEvent::Roll);
    assert!(sent.exhausted && open(&sent.mikey, 1).is_ok());
    run.until(|sent| sent.wanted.contains(&BearerAction::UseMtk));
    let before = *run.distribution.bearer();
    let sent = run.bearer(BearerEvent::Roll);
    assert!(sent.exhausted && sent.mikey.is_empty());
    assert_eq!((*run.distribution.bearer(), run.mki().mtk), (before, MtkId(2)));
}

#[test]
fn an_msk_without_room_for_an_mtk_is_refused() {
    let mut run = Run::active();
    let before = *run.distribution.bearer();
    let empty = UpdatedMsk { seq_low: MtkId(9), ..updated(2) };
    let refused = run.try_handle(DistributionEvent::SessionUpdate(Some(empty))).err();
    assert_eq!(refused, Some(Refused::Key(Error::Seal(SealError::Encode(EncodeError::Inconsistent)))));
    assert_eq!(*run.distribution.bearer(), before);
}

#[test]
fn a_generator_that_fails_and_a_buffer_that_is_too_small_change_nothing() {
    let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
    let mut run = Run::stored();
    run.announce(1, 2);
    run.until(|sent| !sent.mbcp.is_empty());
    run.until(|sent| !sent.mbcp.is_empty());
    run.now = run
        .distribution
        .bearer()
        .timers()
        .find(|(timer, _)| *timer == BearerTimer::Copy)
        .unwrap()
        .1
        .as_millis();
    let event = || DistributionEvent::Bearer(BearerEvent::Fired(BearerTimer::Copy));
    let (before, now) = (*run.distribution.bearer(), Tick::from_millis(run.now));
    let refused = run.distribution.handle(event(), now, &mut Broken, &mut out).err();
    assert_eq!(refused, Some(Refused::Key(Error::Seal(SealError::Rng))));
    let refused = run.distribution.handle(event(), now, &mut run.rng, &mut []).err();
    assert!(matches!(
        refused,
        Some(Refused::Key(Error::Seal(SealError::Encode(EncodeError::BufferTooSmall { .. }))))
    ));
    assert_eq!((*run.distribution.bearer(), run.mki().msk), (before, name(1).id));
    let sent = run.try_handle(event()).unwrap();
    assert_eq!(open(&sent.mikey, 2).unwrap().0, MtkId(1), "no MTK ID was spent");
}

#[test]
fn a_bare_update_has_no_key() {
    let mut run = Run::active();
    let event = DistributionEvent::Bearer(BearerEvent::Update(name(2), Known::No));
    assert_eq!(run.try_handle(event).err(), Some(Refused::Poc(PocError::MissingMsk)));
}
