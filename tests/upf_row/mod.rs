//! What the tests of both variants of the UPF share: names, keys, requests, and a row with its actions as text.
#![allow(dead_code, reason = "both test files use their own part of this module")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use castkey::id::{Counter, GroupName, KeyDomainId, KeyGroup, KeyNumber, MskName};
use castkey::ims::facts::{RequestedMsk, Variant};
use castkey::ims::request::Peer;
use castkey::ims::upf::{Asserted, Claimed, Context, Credentials, NafKey, UpfAction, UpfConfig, UpfEvent};
use castkey::ims::{BTid, Impu, ImsError, NafFqdn, ServiceId, UeAddress};
use castkey::keys::Muk;
use castkey::time::Tick;

pub(crate) const DAY_MS: u64 = 86_400_000;
/// When the MUKs of the tests expire: later than every authorisation.
pub(crate) const LIFETIME_MS: u64 = 10 * DAY_MS;

pub(crate) fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

pub(crate) fn service(number: usize) -> ServiceId {
    ServiceId::new(&format!("s{number}")).unwrap()
}

pub(crate) fn services(numbers: impl IntoIterator<Item = usize>) -> Vec<ServiceId> {
    numbers.into_iter().map(service).collect()
}

pub(crate) fn alice() -> Impu {
    Impu::new("sip:alice@home1.net").unwrap()
}

pub(crate) fn btid(name: &str) -> BTid {
    BTid::new(&format!("{name}@bsf.home1.net")).unwrap()
}

pub(crate) fn key(name: &str, octet: u8) -> NafKey {
    NafKey {
        btid: btid(name),
        naf: NafFqdn::new("Naf.home1.net").unwrap(),
        muk: Muk::from_octets(&[octet; 32]).unwrap(),
        address: UeAddress::new("192.0.2.7").unwrap(),
        expires: at(LIFETIME_MS),
    }
}

/// The MSK `number` of the Key Group of service `group`.
pub(crate) fn msk(group: u16, number: u16) -> MskName {
    GroupName::new(KeyDomainId::new([0x68, 0xCA, 0x0C]), KeyGroup(group)).msk(KeyNumber(number))
}

/// One context with the clock it lives by.
pub(crate) struct Row {
    pub(crate) context: Context,
    pub(crate) now: u64,
}

impl Row {
    pub(crate) fn new() -> Self {
        Self { context: Context::new(), now: 0 }
    }

    /// Handles an event; the actions as text.
    pub(crate) fn act(&mut self, event: UpfEvent<'_>) -> Result<String, ImsError> {
        let actions = self.context.handle(event, &UpfConfig::default(), at(self.now))?;
        let words: Vec<_> = actions.iter().map(|action| self.word(action)).collect();
        Ok(words.join(" "))
    }

    /// Handles an event that must succeed.
    pub(crate) fn does(&mut self, event: UpfEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    /// Handles an event that must leave the row as it was, whatever the answer.
    pub(crate) fn turns_away(&mut self, event: UpfEvent<'_>) -> Result<String, ImsError> {
        let before = self.seen();
        let result = self.act(event);
        assert_eq!(self.seen(), before, "an event that is turned away has changed something");
        result
    }

    /// Everything that can be seen of the row, its keys included.
    pub(crate) fn seen(&self) -> String {
        let key = |variant| {
            let octets =
                |user: Option<castkey::role::User<'_, Muk>>| user.map(|user| user.muk.export().to_vec());
            let context = &self.context;
            (octets(context.user(variant)), octets(context.previous_user(variant, at(self.now))))
        };
        format!(
            "{:?} {:?} {:?} {:?}",
            self.context,
            key(Variant::Http),
            key(Variant::Sip),
            self.context.deadline()
        )
    }

    fn word(&self, action: &UpfAction) -> String {
        let named = |set| self.context.named(set).map(ServiceId::as_str).collect::<Vec<_>>().join(",");
        let codes = |items: &castkey::ims::facts::Items| {
            items.iter().map(|item| item.code().code().to_string()).collect::<Vec<_>>().join(",")
        };
        match action {
            UpfAction::QueryBsf => "QueryBsf".into(),
            UpfAction::Challenge { stale: true } => "Challenge(stale)".into(),
            UpfAction::Challenge { stale: false } => "Challenge".into(),
            UpfAction::Refuse(refusal) => match refusal.retry_after_s {
                Some(seconds) => format!("Refuse({},{seconds}s)", refusal.status.code()),
                None => format!("Refuse({})", refusal.status.code()),
            },
            UpfAction::Answer(items) => format!("Answer({})", codes(items)),
            UpfAction::NewMuk(variant) => format!("NewMuk({variant:?})"),
            UpfAction::PushMsk(set) => format!("PushMsk({})", named(*set)),
            UpfAction::PushRequested(items) => format!("PushRequested({})", codes(items)),
            UpfAction::CancelPushes(set) => format!("CancelPushes({})", named(*set)),
            UpfAction::MukExpired(variant) => format!("MukExpired({variant:?})"),
            UpfAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
            other => panic!("an action without a word here: {other:?}"),
        }
    }

    pub(crate) fn count(&mut self, variant: Variant, counter: u32) {
        self.context.save_counter(variant, Counter(counter)).unwrap();
    }

    pub(crate) fn counter(&self, variant: Variant) -> Option<u32> {
        self.context.user(variant).and_then(|user| user.counter).map(|counter| counter.0)
    }

    // Requests of the SCF, from a trusted peer with the right header.

    pub(crate) fn h1(&mut self, numbers: &[usize]) -> Result<String, ImsError> {
        let (alice, services) = (alice(), services(numbers.iter().copied()));
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        self.act(UpfEvent::Authorize { asserted, services: &services })
    }

    pub(crate) fn h5(&mut self, numbers: &[usize], key: NafKey) -> Result<String, ImsError> {
        let (alice, services) = (alice(), services(numbers.iter().copied()));
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        self.act(UpfEvent::AuthorizedRegister { asserted, services: &services, key: Some(key) })
    }

    /// H6 for the current MSKs of these services.
    pub(crate) fn h6(&mut self, numbers: &[u16]) -> String {
        let (alice, names) = (alice(), services(numbers.iter().copied().map(usize::from)));
        let msks: Vec<_> = numbers
            .iter()
            .zip(&names)
            .map(|(n, service)| RequestedMsk { name: msk(*n, 0), service: Some(service) })
            .collect();
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        self.does(UpfEvent::AuthorizedMskRequest { asserted, msks: &msks })
    }

    pub(crate) fn h7(&mut self, numbers: &[usize]) -> String {
        let (alice, services) = (alice(), services(numbers.iter().copied()));
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        self.does(UpfEvent::AuthorizedDeregister { asserted, services: &services })
    }

    // Requests of the terminal, with good credentials and its own identity.

    pub(crate) fn h2(&mut self, numbers: &[usize], key: NafKey) -> Result<String, ImsError> {
        let (impus, services) = ([alice()], services(numbers.iter().copied()));
        let claimed =
            Claimed { credentials: Credentials::Valid { impus: &impus, key }, intended: Some(&impus[0]) };
        self.act(UpfEvent::Register { claimed, services: &services })
    }

    pub(crate) fn h3(&mut self, numbers: &[usize], key: NafKey) -> String {
        let (impus, services) = ([alice()], services(numbers.iter().copied()));
        let claimed =
            Claimed { credentials: Credentials::Valid { impus: &impus, key }, intended: Some(&impus[0]) };
        self.does(UpfEvent::Deregister { claimed, services: &services })
    }

    /// H4 for MSKs, each with the service it belongs to; 0 stands for none.
    pub(crate) fn h4(&mut self, wanted: &[(MskName, usize)], key: NafKey) -> String {
        let (impus, names) = ([alice()], services(wanted.iter().map(|(_, number)| *number)));
        let msks: Vec<_> = wanted
            .iter()
            .zip(&names)
            .map(|((name, number), service)| RequestedMsk {
                name: *name,
                service: (*number != 0).then_some(service),
            })
            .collect();
        let claimed =
            Claimed { credentials: Credentials::Valid { impus: &impus, key }, intended: Some(&impus[0]) };
        self.does(UpfEvent::MskRequest { claimed, msks: &msks })
    }

    pub(crate) fn changed(&mut self, number: usize) -> String {
        self.does(UpfEvent::MskChanged(&service(number)))
    }

    pub(crate) fn timeout(&mut self, now: u64) -> String {
        self.now = now;
        self.does(UpfEvent::Timeout)
    }
}
