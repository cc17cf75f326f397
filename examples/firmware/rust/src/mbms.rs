//! MBMS: a terminal, and a BM-SC at the other end.

use castkey::crypto::RustCrypto;
use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, Mki, MskName};
use castkey::keys::{Muk, MukId};
use castkey::rand_core::{Infallible, TryCryptoRng, TryRng};
use castkey::role::{
    Actions, BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Switchover, Ue, UeAction, UeConfig, UeEvent,
    User,
};
use castkey::time::Tick;
use castkey::wire::MAX_MSK_MESSAGE_LEN;

use crate::board::check;
use crate::vectors::{
    IDI, IDR, MKI, MSK_MESSAGE, MTK, MTK_MESSAGE, MTK_MESSAGE_DOWNLOAD, MTK_SALT, MUK, PULL, VERIFICATION,
};

const DOMAIN: KeyDomainId = KeyDomainId::new([0x32, 0xF4, 0x51]);
const GROUP: GroupName = GroupName::new(DOMAIN, KeyGroup(0x68CA));
const ID: MukId<'static> = MukId { idi: &IDI, idr: &IDR };

fn msk(number: u16) -> MskName {
    GROUP.msk(KeyNumber(number))
}

fn muk() -> Muk {
    let muk = Muk::from_octets(&MUK);
    check(muk.is_some(), "the MUK has a length that is none");
    muk.unwrap_or_else(|| crate::board::exit(1))
}

/// Octets of which a part is in use.
struct Octets<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Octets<N> {
    const fn new() -> Self {
        Self { octets: [0; N], len: 0 }
    }

    fn set(&mut self, to: &[u8]) {
        self.len = to.len();
        let room = self.octets.get_mut(..to.len());
        check(room.is_some(), "no room");
        if let Some(room) = room {
            room.copy_from_slice(to);
        }
    }

    fn get(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

type Datagram = Octets<MAX_MSK_MESSAGE_LEN>;

/// What an event came to, without the octets.
#[derive(Default)]
struct Done {
    stored: bool,
    activated: bool,
    mtk_ready: bool,
    mtk_dropped: bool,
    missed: bool,
}

/// A terminal with its flash.
struct Terminal {
    ue: Ue<4>,
    flash: Octets<{ Ue::<4>::MAX_OUT_LEN }>,
    answer: Datagram,
}

impl Terminal {
    fn new() -> Self {
        let mut this =
            Self { ue: Ue::new(UeConfig::default()), flash: Octets::new(), answer: Datagram::new() };
        check(this.tell(UeEvent::Bootstrapped { id: ID, muk: muk() }, 0).is_ok(), "bootstrapped");
        this
    }

    /// Carries out the actions, in order.
    fn tell(&mut self, event: UeEvent<'_>, now: u64) -> Result<Done, Error> {
        let mut out = [0; Ue::<4>::MAX_OUT_LEN];
        let mut done = Done::default();
        self.answer.len = 0;
        let actions: Actions<UeAction<'_>> = self.ue.handle(event, Tick::from_millis(now), &mut out)?;
        for action in &actions {
            match action {
                UeAction::Persist(state) => self.flash.set(state.as_octets()),
                UeAction::Send(octets) => self.answer.set(octets),
                UeAction::MskStored { .. } => done.stored = true,
                UeAction::Activated(_) => done.activated = true,
                UeAction::MtkReady(..) => done.mtk_ready = true,
                UeAction::MtkDropped(_) => done.mtk_dropped = true,
                UeAction::MissedKey { .. } => done.missed = true,
                _ => {}
            }
        }
        Ok(done)
    }

    /// Hears a message that must be good.
    fn hears(&mut self, octets: &[u8], now: u64) -> Done {
        let done = self.tell(UeEvent::Mikey(octets), now);
        check(done.is_ok(), "a good message is refused");
        done.unwrap_or_default()
    }

    /// The power fails, and comes again.
    fn restart(&mut self, now: u64) {
        let restored = Ue::restore(
            UeConfig::default(),
            RustCrypto,
            self.flash.get(),
            Tick::from_millis(now),
            Muk::from_octets,
        );
        check(restored.is_ok(), "what was stored is refused");
        if let Ok(restored) = restored {
            self.ue = restored;
        }
    }
}

/// Every message of the worked examples, as a terminal gets them.
pub fn worked_examples() {
    let mut terminal = Terminal::new();
    let done = terminal.hears(&MSK_MESSAGE, 0);
    check(done.stored && done.activated, "MSK message");
    check(terminal.answer.get() == VERIFICATION, "verification message");
    check(terminal.hears(&MTK_MESSAGE, 0).mtk_ready, "MTK message");
    let found = terminal.ue.mtk(DOMAIN, Mki::from_octets(MKI));
    let same = found.is_some_and(|(mtk, salt)| {
        mtk.secret().expose() == &MTK && salt.is_some_and(|salt| salt.secret().expose() == &MTK_SALT)
    });
    check(same, "MTK and salt");
    check(terminal.hears(&MTK_MESSAGE_DOWNLOAD, 0).mtk_ready, "MTK message of a download");
    check(terminal.hears(&PULL, 0).missed, "pull");

    // Replays stay replays, whatever the power did.
    for _ in 0..2 {
        let refused = terminal.tell(UeEvent::Mikey(&MSK_MESSAGE), 0).err();
        check(refused == Some(Error::Open(OpenError::Replay)), "replay");
        terminal.restart(0);
    }
    let mut wrong = MSK_MESSAGE;
    let [.., last] = &mut wrong;
    *last ^= 1;
    let mut terminal = Terminal::new();
    let refused = terminal.tell(UeEvent::Mikey(&wrong), 0).err();
    check(refused == Some(Error::Open(OpenError::MacInvalid)), "wrong MAC");
}

/// In place of the board's generator: it repeats, so it is good for nothing but an emulator.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        for octet in octets {
            *octet = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// A BM-SC with the row of one user.
struct Centre<'m> {
    bm_sc: BmSc<1>,
    user: User<'m, Muk>,
    delivery: Delivery,
    rng: Counting,
    datagram: Datagram,
}

impl<'m> Centre<'m> {
    fn new(muk: &'m Muk) -> Self {
        Self {
            bm_sc: BmSc::new(BmScConfig::default()),
            user: User { id: ID, muk, counter: None },
            delivery: Delivery::Idle,
            rng: Counting(0),
            datagram: Datagram::new(),
        }
    }

    /// Carries out the actions, in order. What it sends stays in `datagram`.
    fn tell(&mut self, event: BmScEvent<'_, Muk>, now: u64) {
        let mut out = [0; MAX_MSK_MESSAGE_LEN];
        let done = self.bm_sc.handle(event, Tick::from_millis(now), &mut self.rng, &mut out);
        check(done.is_ok(), "the BM-SC refuses");
        for action in done.iter().flatten() {
            match action {
                BmScAction::SaveCounter(counter) => self.user.counter = Some(*counter),
                BmScAction::SaveDelivery(delivery) => self.delivery = *delivery,
                BmScAction::Send(octets) | BmScAction::Multicast(octets) => self.datagram.set(octets),
                _ => {}
            }
        }
    }

    /// Pushes the MSK and takes the acknowledgement.
    fn push(&mut self, number: u16, to: &mut Terminal, now: u64) -> Done {
        let (name, user, delivery) = (msk(number), self.user, self.delivery);
        self.tell(BmScEvent::Push { name, user, delivery, policies: &[], sessions: None }, now);
        let done = to.hears(self.datagram.get(), now);
        check(done.stored && to.answer.len > 0, "MSK pushed");
        let (user, delivery) = (self.user, self.delivery);
        self.tell(BmScEvent::Acknowledged { user, delivery, octets: to.answer.get() }, now);
        check(self.delivery == Delivery::Delivered(name), "MSK acknowledged");
        done
    }

    /// Whether media is under this MSK, and the terminal has the same MTK for it.
    fn same_traffic(&self, number: u16, terminal: &Terminal) -> bool {
        self.bm_sc.traffic(GROUP).is_some_and(|(mki, mtk, salt)| {
            terminal.ue.mtk(DOMAIN, mki).is_some_and(|(held, held_salt)| {
                mki.msk.number == KeyNumber(number)
                    && mtk.secret().expose() == held.secret().expose()
                    && salt.map(|salt| salt.secret().expose()) == held_salt.map(|salt| salt.secret().expose())
            })
        })
    }
}

/// Two MSKs, the switch between them, and the power failing on the way.
pub fn rekey_with_a_switch() {
    let muk = muk();
    let (mut terminal, mut centre) = (Terminal::new(), Centre::new(&muk));
    centre.tell(BmScEvent::Open(GROUP), 0);
    check(centre.push(1, &mut terminal, 0).activated, "the first MSK is in use");
    centre.tell(BmScEvent::Timeout, 1000);
    check(terminal.hears(centre.datagram.get(), 1000).mtk_ready, "the first MTK");
    check(centre.same_traffic(1, &terminal), "traffic under MSK 1");

    centre.tell(BmScEvent::Rekey(GROUP), 2000);
    check(!centre.push(2, &mut terminal, 2000).activated, "the second MSK is not in use yet");
    terminal.restart(2000);
    let pending = Switchover::Pending { active: msk(1).id, next: msk(2).id };
    check(terminal.ue.switchover(GROUP) == Some(pending), "the second MSK is pending");
    centre.tell(BmScEvent::Distributed(GROUP), 2000);
    let done = terminal.hears(centre.datagram.get(), 2000);
    check(done.activated && done.mtk_ready, "the switch");

    // Both MTKs serve until the overlap is over.
    terminal.restart(2000);
    check(centre.same_traffic(1, &terminal), "traffic still under MSK 1");
    while let Some(at) = centre.bm_sc.deadline().filter(|at| at.as_millis() <= 2500) {
        centre.tell(BmScEvent::Timeout, at.as_millis());
    }
    check(centre.same_traffic(2, &terminal), "traffic under MSK 2");
    check(terminal.ue.deadline() == Some(Tick::from_millis(7000)), "the end of the overlap");
    check(terminal.tell(UeEvent::Timeout, 7000).is_ok_and(|done| done.mtk_dropped), "the old MTK is gone");
}
