//! The SCF's dialogs and the UPF's contexts.

use castkey::id::{Counter, KeyNumber, MskName};
use castkey::ims::facts::{RequestedMsk, Variant};
use castkey::ims::request::Peer;
use castkey::ims::scf::{
    BsfAnswer, ReInvite, ScfAction, ScfConfig, ScfHttp, ScfHttpEvent, ScfSip, ScfSipEvent, ScfSipState,
};
use castkey::ims::upf::{Asserted, Claimed, Context, Credentials, NafKey, UpfAction, UpfConfig, UpfEvent};
use castkey::ims::{ImsError, NafFqdn, ServiceId, UeAddress};
use castkey::keys::{KsNaf, Muk};
use castkey::secret::Secret;
use castkey::time::Tick;

use super::{Machine, SERVICES, armed, btid, group, impu, service, status_code};
use crate::choice::Choices;

fn services(choices: &mut Choices<'_>) -> Option<Vec<ServiceId>> {
    let (first, count) = (choices.below(3)?, choices.below(4)?);
    Some((0..count).map(|at| service(first + at)).collect())
}

fn msks(choices: &mut Choices<'_>) -> Option<Vec<MskName>> {
    let (first, count) = (choices.below(3)?, choices.below(3)?);
    Some((0..count).map(|at| group(first + at).msk(KeyNumber::CURRENT)).collect())
}

fn scf_armed(action: &ScfAction) -> Option<Tick> {
    if let ScfAction::ArmTimer(at) = action { Some(*at) } else { None }
}

impl Machine for ScfHttp {
    fn seen(&self) -> String {
        format!("{self:?}")
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let (listed, user) = (services(choices)?, impu(0));
        let event = match choices.below(8)? {
            0 => {
                let (asserted, intended) = (choices.below(2)?, choices.below(2)?);
                let user = |is: u8| Some(&user).filter(|_| is == 1);
                ScfHttpEvent::Invite { services: &listed, asserted: user(asserted), intended: user(intended) }
            }
            1 => ScfHttpEvent::Authorised,
            2 => ScfHttpEvent::NotAuthorised,
            3 => ScfHttpEvent::Answer(status_code(choices)?),
            4 => ScfHttpEvent::Cancel,
            5 => ScfHttpEvent::Bye,
            6 => ScfHttpEvent::SubscriptionEnded,
            _ => ScfHttpEvent::Timeout,
        };
        let handled = self.handle(event, &ScfConfig::default(), now);
        Some(handled.map(|actions| armed(actions.iter(), scf_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        let handled = self.handle(ScfHttpEvent::Timeout, &ScfConfig::default(), now);
        armed(handled.expect("a timeout is harmless").iter(), scf_armed)
    }

    fn arms_changes(&self) -> bool {
        false
    }
}

impl Machine for ScfSip {
    fn seen(&self) -> String {
        format!("{self:?} {:?}", self.muk().map(|muk| muk.export().to_vec()))
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let (listed, wanted, user, run) =
            (services(choices)?, msks(choices)?, impu(0), btid(choices.below(3)?));
        let impus = [impu(choices.below(2)?)];
        let event = match choices.below(10)? {
            0 => {
                let (asserted, bootstrapped) = (choices.below(4)? > 0, choices.below(4)? > 0);
                ScfSipEvent::Invite {
                    services: &listed,
                    asserted: Some(&user).filter(|_| asserted),
                    btid: Some(&run).filter(|_| bootstrapped),
                }
            }
            1 => {
                let (renews, authorised) = (choices.below(2)? == 1, choices.below(4)? > 0);
                let wants = if renews { ReInvite::BTid(&run) } else { ReInvite::Msks(&wanted) };
                ScfSipEvent::ReInvite { wants, authorised }
            }
            2 => ScfSipEvent::Authorised,
            3 => ScfSipEvent::NotAuthorised,
            4 => ScfSipEvent::Bsf(match choices.below(4)? {
                0 => BsfAnswer::UnknownBTid,
                1 => BsfAnswer::Refused,
                key => BsfAnswer::Keys { impus: &impus, ks_naf: KsNaf::new(Secret::new([key; 32])) },
            }),
            5 => ScfSipEvent::Answer(status_code(choices)?),
            6 => ScfSipEvent::Cancel,
            7 => ScfSipEvent::Bye,
            8 => ScfSipEvent::SubscriptionEnded,
            _ => ScfSipEvent::Timeout,
        };
        let handled = self.handle(event, &ScfConfig::default(), now);
        Some(handled.map(|actions| armed(actions.iter(), scf_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        let handled = self.handle(ScfSipEvent::Timeout, &ScfConfig::default(), now);
        armed(handled.expect("a timeout is harmless").iter(), scf_armed)
    }

    fn arms_changes(&self) -> bool {
        false
    }

    fn check(&self) {
        assert_eq!(self.muk().is_some(), self.state() == ScfSipState::Provisioning, "a key outlives its use");
        assert_eq!(self.impu().is_none(), self.state() == ScfSipState::Idle);
    }
}

fn key(choices: &mut Choices<'_>, now: Tick) -> Option<NafKey> {
    let which = choices.below(3)?;
    Some(NafKey {
        btid: btid(which),
        naf: NafFqdn::new("bmsc.home1.net").unwrap(),
        muk: Muk::from_octets(&[which; 32]).unwrap(),
        address: UeAddress::new("192.0.2.7").unwrap(),
        expires: now.after_millis(u64::from(choices.octet()?) * 1_024),
    })
}

fn upf_armed(action: &UpfAction) -> Option<Tick> {
    if let UpfAction::ArmTimer(at) = action { Some(*at) } else { None }
}

impl Machine for Context<2> {
    fn seen(&self) -> String {
        let key = |variant| self.user(variant).map(|user| (user.muk.export().to_vec(), user.counter));
        format!("{self:?} {:?} {:?}", key(Variant::Http), key(Variant::Sip))
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let (listed, wanted, user) = (services(choices)?, msks(choices)?, impu(0));
        let impus = [impu(0)];
        let peer = if choices.below(8)? == 0 { Peer::Untrusted } else { Peer::Trusted };
        let asserted = Asserted { peer, impu: Some(&user).filter(|_| listed.len() + wanted.len() != 5) };
        let credentials = match choices.below(8)? {
            0 => Credentials::Absent,
            1 => Credentials::Refused { stale: true },
            2 => Credentials::Unfetched,
            _ => Credentials::Valid { impus: &impus, key: key(choices, now)? },
        };
        let claimed = Claimed { credentials, intended: Some(&user) };
        let named: Vec<RequestedMsk<'_>> =
            wanted.iter().map(|name| RequestedMsk { name: *name, service: listed.first() }).collect();
        let event = match choices.below(10)? {
            0 => UpfEvent::Authorize { asserted, services: &listed },
            1 => UpfEvent::Register { claimed, services: &listed },
            2 => UpfEvent::Deregister { claimed, services: &listed },
            3 => UpfEvent::MskRequest { claimed, msks: &named },
            4 => UpfEvent::AuthorizedRegister { asserted, services: &listed, key: Some(key(choices, now)?) },
            5 => UpfEvent::AuthorizedMskRequest { asserted, msks: &named },
            6 => UpfEvent::AuthorizedDeregister { asserted, services: &listed },
            7 => {
                let changed = service(choices.below(3)?);
                let handled = self.handle(UpfEvent::MskChanged(&changed), &UpfConfig::default(), now);
                return Some(handled.map(|actions| armed(actions.iter(), upf_armed)));
            }
            8 => {
                let variant = if choices.below(2)? == 0 { Variant::Http } else { Variant::Sip };
                let saved = self.save_counter(variant, Counter(choices.octet()?.into()));
                return Some(saved.map(|()| None));
            }
            _ => UpfEvent::Timeout,
        };
        let handled = self.handle(event, &UpfConfig::default(), now);
        Some(handled.map(|actions| armed(actions.iter(), upf_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        let handled = self.handle(UpfEvent::Timeout, &UpfConfig::default(), now);
        armed(handled.expect("a timeout is harmless").iter(), upf_armed)
    }

    fn check(&self) {
        let now = Tick::from_millis(0);
        for number in 0..SERVICES.len() {
            let service = service(u8::try_from(number).unwrap());
            let served = self.standing(&service, now).is_some_and(|standing| standing.is_served());
            assert_eq!(self.recipient(&service, now).is_some(), served, "{self:?}");
        }
    }
}
