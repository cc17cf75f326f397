//! Nothing in the library allocates: a counting allocator sees none from sealing to a whole delivery between roles.
//!
//! This test stands here because an allocator needs `unsafe`, which castkey's own workspace forbids.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;

use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{
    Algorithms, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt, MtkWindow, Muk, MukId, PreSharedKey,
    Protection, SameMskId, SeqLower,
};
use castkey::message::{
    MskAddress, MskContent, MskMessage, MtkAddress, MtkMessage, Sent, VerificationMessage, seal_msk,
    seal_mtk, seal_verification,
};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::role::{
    BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Ue, UeAction, UeConfig, UeEvent, User,
};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;

struct Counting;

thread_local! {
    // Of this thread only: the test harness allocates on others.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; the counter lies in memory that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(run: impl FnOnce() -> T) -> usize {
    let before = COUNT.get();
    let _ = std::hint::black_box(run());
    COUNT.get() - before
}

const SETTINGS: Settings = Settings::DEFAULT;
const ID: MukId<'static> = MukId { idi: b"bmsc.home1.net", idr: b"user@bsf.home1.net" };
const GROUP: GroupName = GroupName { domain: KeyDomainId::new([0x32, 0xF4, 0x51]), group: KeyGroup(0x68CA) };

fn muk() -> Muk {
    Muk::from_octets(&[0x4B; 32]).unwrap()
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| vec![0u8; 100]), 1);
    assert_eq!(allocations(|| [0u8; 100]), 0);
}

#[test]
fn an_msk_message_is_sealed_opened_stored_and_acknowledged_without_allocation() {
    for algorithms in [Algorithms::SHA1, Algorithms::SHA256] {
        let settings = Settings { sha256_suite: castkey::settings::Sha256Suite::Full, ..Settings::DEFAULT };
        let count = allocations(|| {
            let (muk, msk) = (muk(), Msk::new(Secret::new([0x17; 16])));
            let address = MskAddress {
        sdp_ids: None,
                name: GROUP.msk(KeyNumber(1)),
                counter: Counter(1),
                csb: CsbId(0),
                rand: MskRand::new(&[0xF0; 16]).unwrap(),
                muk_id: ID,
                v: true,
                algorithms,
                policies: &[],
                sessions: None,
            };
            let (mut out, mut answer) = ([0; 512], [0; 512]);
            let sealed = seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, &settings, &mut out).unwrap();
            let message = MskMessage::decode(sealed, &settings).unwrap();
            let opened = message.open(&muk, None, None, &settings).unwrap();
            let answer = seal_verification(message.psk(), &opened.keys, &settings, &mut answer).unwrap();
            let MskContent::Key { msk, rand, seq_low, seq_high } = opened.content else { panic!("a key") };
            let window = MtkWindow::new(seq_low, seq_high, SeqLower::Exclusive);
            let mut store = MskStore::<2>::new();
            let entry = MskEntry::new(message.name(), Msk::new(msk), rand, window);
            let _ = store.insert(entry, SameMskId::Merge).unwrap();
            let answer = VerificationMessage::decode(answer).unwrap();
            answer.verify(&Sent::of(message.psk()), &opened.keys).unwrap();
            store.get(message.name()).unwrap().window()
        });
        assert_eq!(count, 0, "{algorithms:?}");
    }
}

#[test]
fn an_mtk_message_is_sealed_and_opened_without_allocation() {
    let count = allocations(|| {
        let (msk, rand) = (Msk::new(Secret::new([0x17; 16])), MskRand::new(&[0xF0; 16]).unwrap());
        let algorithms = Algorithms::SHA1;
        let keys = msk.keys(&Protection { algorithms, csb: CsbId(0), rand: rand.octets() }).unwrap();
        let address = MtkAddress {
            msk: GROUP.msk(KeyNumber(1)),
            mtk: MtkId(5),
            counter: Counter(1),
            csb: CsbId(0),
            algorithms,
        };
        let (mtk, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
        let mut out = [0; 128];
        let sealed = seal_mtk(&address, &mtk, Some(&salt), &keys, &SETTINGS, &mut out).unwrap();
        let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
        MtkMessage::decode(sealed, None, &SETTINGS).unwrap().open(&keys, None, window, &SETTINGS).unwrap()
    });
    assert_eq!(count, 0);
}

/// Counts up; what the keys are does not matter here.
struct Counter8(u8);

impl TryRng for Counter8 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_be_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_be_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        for octet in octets {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter8 {}

/// The datagram among actions; the sizes are those of the library's longest messages.
struct Datagram([u8; 1024], usize);

impl Datagram {
    const fn new() -> Self {
        Self([0; 1024], 0)
    }

    fn keep(&mut self, octets: &[u8]) {
        self.0[..octets.len()].copy_from_slice(octets);
        self.1 = octets.len();
    }

    fn octets(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

#[test]
fn a_delivery_and_a_switch_between_the_roles_happen_without_allocation() {
    let count = allocations(|| {
        let (mut bm_sc, mut ue) = (BmSc::<1>::new(BmScConfig::default()), Ue::<1>::new(UeConfig::default()));
        let mut rng = Counter8(0);
        let (mut out, mut ue_out) = ([0; 1024], [0; Ue::<1>::MAX_OUT_LEN]);
        let now = Tick::from_millis(0);
        let muk = muk();
        let event = UeEvent::Bootstrapped { id: ID, muk: self::muk() };
        let _ = ue.handle(event, now, &mut ue_out).unwrap();
        let (mut msk_message, mut mtk_message, mut answer) =
            (Datagram::new(), Datagram::new(), Datagram::new());
        let (mut counter, mut delivery) = (None, Delivery::Idle);
        let mut name = GROUP.msk(KeyNumber(1));
        let mut ready = 0;
        for round in 0..2 {
            let event = if round == 0 { BmScEvent::Open(GROUP) } else { BmScEvent::<Muk>::Rekey(GROUP) };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::Distribute(msk) => name = msk,
                    BmScAction::Multicast(octets) => mtk_message.keep(octets),
                    _ => {}
                }
            }
            let user = User { id: ID, muk: &muk, counter };
            let event = BmScEvent::Push { name, user, delivery, policies: &[], sessions: None };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::SaveCounter(saved) => counter = Some(saved),
                    BmScAction::SaveDelivery(saved) => delivery = saved,
                    BmScAction::Send(octets) => msk_message.keep(octets),
                    _ => {}
                }
            }
            for action in ue.handle(UeEvent::Mikey(msk_message.octets()), now, &mut ue_out).unwrap() {
                if let UeAction::Send(octets) = action {
                    answer.keep(octets);
                }
            }
            let event = BmScEvent::<Muk>::Distributed(GROUP);
            if round == 1 {
                let _ = bm_sc.handle(event, now, &mut rng, &mut out).unwrap();
            }
            let user = User { id: ID, muk: &muk, counter };
            let event = BmScEvent::Acknowledged { user, delivery, octets: answer.octets() };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::SaveDelivery(saved) => delivery = saved,
                    BmScAction::Multicast(octets) => mtk_message.keep(octets),
                    _ => {}
                }
            }
            for action in ue.handle(UeEvent::Mikey(mtk_message.octets()), now, &mut ue_out).unwrap() {
                ready += usize::from(matches!(action, UeAction::MtkReady(..)));
            }
        }
        assert_eq!(ready, 2, "an MTK under each of the two MSKs");
        assert_eq!(ue.mkis().count(), 2);
    });
    assert_eq!(count, 0);
}
