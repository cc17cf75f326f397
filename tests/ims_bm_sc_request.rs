//! The table of the BM-SC's deliveries, row by row, and proof that a refused event leaves no trace.
#![cfg(feature = "ims")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

#[path = "ims_bm_sc_request/roles.rs"]
mod roles;
#[path = "ims_bm_sc_request/table.rs"]
mod table;
mod world;

use castkey::error::{EncodeError, Error, OpenError, SealError};
use castkey::id::{Counter, GroupName, KeyNumber, MskName};
use castkey::ims::ImsError;
use castkey::ims::bm_sc_request::{
    MIKEY_UDP_PORT, MUK_RENEWAL_MS, MskDelivery, MskDeliveryError, MskDeliveryEvent, Reauthentication,
    ReauthenticationWish, Recipient, SessionSecurity, reauthentication,
};
use castkey::keys::{Ks, KsNaf, Muk, MukOctets, NafId};
use castkey::role::{BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Resend, UeConfig, UeEvent, User};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;
use castkey::wire::{Message, Payload, Policy, ProtType};
use world::*;

use MskDeliveryEvent as E;

const NONE: SessionSecurity<'static> = SessionSecurity { policies: &[], sessions: None };
const TIMEOUT: E<'static> = E::Timeout(NONE);
const MUK_EXPIRES_MS: u64 = 1_000_000;

fn granted(number: u16) -> E<'static> {
    E::RequestGranted { name: msk_name(number), security: NONE }
}

fn changed(number: u16) -> E<'static> {
    E::MskChanged { name: msk_name(number), security: NONE }
}

/// Which user the BM-SC sees: he who is entitled, or nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Served,
    Nobody,
}

/// A BM-SC with the row of one user.
struct Desk {
    bm_sc: BmSc<2>,
    rng: SplitMix,
    row: MskDelivery,
    counter: Option<Counter>,
    muk: Muk,
    who: Who,
    now: u64,
    sent: Vec<u8>,
}

impl Desk {
    fn with(config: BmScConfig) -> Self {
        let (mut bm_sc, mut rng) = (BmSc::new(config), SplitMix(1));
        let mut out = [0; 512];
        let opened: BmScEvent<'_, Muk> = BmScEvent::Open(GROUP);
        assert!(!bm_sc.handle(opened, at(0), &mut rng, &mut out).unwrap().is_empty());
        let row = MskDelivery::new();
        Self { bm_sc, rng, row, counter: None, muk: muk(), who: Who::Served, now: 0, sent: Vec::new() }
    }

    fn new() -> Self {
        Self::with(MskDelivery::config())
    }

    /// MSK 2 is being distributed beside MSK 1.
    fn distributing() -> Self {
        let mut this = Self::new();
        this.bm_sc_does(BmScEvent::Rekey(GROUP));
        this
    }

    /// MSK 1 went out at 0 ms.
    fn waiting() -> Self {
        let mut this = Self::new();
        assert_eq!(this.does(granted(1)), "SaveCounter(1) SaveDelivery Send");
        this
    }

    fn delivered() -> Self {
        let mut this = Self::waiting();
        let octets = this.acknowledgement();
        this.does(E::Verification(&octets));
        assert_eq!(this.row.delivery(), Delivery::Delivered(msk_name(1)));
        this
    }

    fn failed() -> Self {
        let mut this = Self::waiting();
        for now in [1_000, 3_000, 7_000, 15_000] {
            this.now = now;
            this.does(TIMEOUT);
        }
        assert_eq!(this.row.delivery(), Delivery::Failed(msk_name(1)));
        this
    }

    fn bm_sc_does(&mut self, event: BmScEvent<'_, Muk>) -> String {
        let mut out = [0; 512];
        let actions = self.bm_sc.handle(event, at(self.now), &mut self.rng, &mut out).unwrap();
        let words: Vec<_> = actions.iter().map(bm_sc_action).collect();
        words.join(" ")
    }

    fn act(&mut self, event: E<'_>) -> Result<String, MskDeliveryError> {
        let user = User { id: MUK_ID, muk: &self.muk, counter: self.counter };
        let recipient =
            (self.who == Who::Served).then_some(Recipient { user, muk_expires: at(MUK_EXPIRES_MS) });
        let mut out = [0; 1024];
        let (bm_sc, now) = (&mut self.bm_sc, at(self.now));
        let actions = self.row.handle(event, recipient, bm_sc, now, &mut self.rng, &mut out)?;
        let (mut words, mut counter) = (Vec::new(), None);
        for action in &actions {
            match action {
                BmScAction::SaveCounter(saved) => counter = Some(*saved),
                BmScAction::Send(octets) => self.sent = octets.to_vec(),
                _ => {}
            }
            words.push(bm_sc_action(action));
        }
        self.counter = counter.or(self.counter);
        Ok(words.join(" "))
    }

    fn does(&mut self, event: E<'_>) -> String {
        self.act(event).unwrap()
    }

    fn refuses(&mut self, event: E<'_>) -> MskDeliveryError {
        let before = self.seen();
        let error = self.act(event).expect_err("the event must be refused");
        assert_eq!(self.seen(), before, "a refused event has changed something");
        error
    }

    fn seen(&self) -> String {
        let outstanding = self.bm_sc.outstanding(GROUP);
        format!("{:?} {:?} {:?} {outstanding:?} {:?}", self.row, self.counter, self.bm_sc, self.sent)
    }

    /// What a terminal that holds the MUK answers to the message sent last.
    fn acknowledgement(&self) -> Vec<u8> {
        let mut terminal = Terminal::<2>::new(punctual());
        assert!(terminal.hears(&self.sent).starts_with("Persist Send"));
        terminal.sent
    }

    fn awaits(&self, number: u16, counter: u32, attempt: u8, due: u64) {
        let expected = Delivery::Waiting {
            name: msk_name(number),
            counter: Counter(counter),
            attempt,
            due: Tick::from_millis(due),
        };
        assert_eq!((self.row.delivery(), self.row.deadline()), (expected, Some(at(due))));
    }
}

fn procedure(error: ImsError) -> MskDeliveryError {
    MskDeliveryError::Procedure(error)
}
