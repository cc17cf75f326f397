//! The SCF: castkey's machine for each dialog, the subscription data, and POSTs to the BM-SC's protected side.

use std::collections::HashMap;

use castkey::ims::facts::{SipAnswer, StatusCode};
use castkey::ims::request::{Catalogue, IdentityHeader, RequestKind, write_asserted};
use castkey::ims::scf::{ScfAction, ScfConfig, ScfHttp, ScfHttpEvent};
use castkey::ims::xml::{ServiceList, authorize, deregister};
use castkey::ims::{Impu, ServiceId};
use castkey::role::Actions;
use ureq::Agent;

use crate::Outcome;
use crate::names::BM_SC;
use crate::ue::agent;
use crate::world::World;

pub(crate) struct Scf<'w> {
    world: &'w World,
    agent: Agent,
    /// The dialogs, with the services of their INVITE.
    dialogs: HashMap<Impu, (ScfHttp, Vec<ServiceId>)>,
    /// Whether the dialogs are kept. Those of the load end with the run.
    pub(crate) keeps: bool,
    /// How long each H1 took, microseconds.
    pub(crate) latency_us: Vec<u64>,
}

impl<'w> Scf<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, agent: agent(), dialogs: HashMap::new(), keeps: true, latency_us: Vec::new() }
    }

    /// An INVITE without B-TID for this service: the HTTP variant.
    pub(crate) fn invite(&mut self, impu: &Impu, service: &ServiceId) -> Outcome<SipAnswer> {
        let services = vec![service.clone()];
        let event = ScfHttpEvent::Invite { services: &services, asserted: Some(impu), intended: None };
        let answer = self.run(impu, &services, event)?;
        Ok(answer.ok_or("an INVITE without an answer")?)
    }

    /// The terminal ends its dialog; one that is no more is ended already.
    pub(crate) fn bye(&mut self, impu: &Impu) -> Outcome<()> {
        if let Some((_, services)) = self.dialogs.get(impu) {
            let services = services.clone();
            self.run(impu, &services, ScfHttpEvent::Bye)?;
        }
        Ok(())
    }

    /// The user's subscription ends. The terminal's BYE is the caller's to deliver.
    pub(crate) fn end_subscription(&mut self, impu: &Impu) -> Outcome<()> {
        let services = self.dialogs.get(impu).map(|(_, services)| services.clone()).ok_or("no dialog")?;
        self.run(impu, &services, ScfHttpEvent::SubscriptionEnded)?;
        Ok(())
    }

    fn run(
        &mut self, impu: &Impu, services: &[ServiceId], event: ScfHttpEvent<'_>,
    ) -> Outcome<Option<SipAnswer>> {
        let mut machine = self.dialogs.remove(impu).map(|(machine, _)| machine).unwrap_or_default();
        let mut answer = None;
        let config = ScfConfig::default();
        let mut queue: Vec<ScfAction> = list(machine.handle(event, &config, self.world.clock.now())?);
        while !queue.is_empty() {
            let now = self.world.clock.now();
            match queue.remove(0) {
                ScfAction::CheckAuthorisation(_) => {
                    let all = services.iter().all(|service| self.world.is_subscribed(impu, service));
                    let event = if all { ScfHttpEvent::Authorised } else { ScfHttpEvent::NotAuthorised };
                    queue.extend(list(machine.handle(event, &config, now)?));
                }
                ScfAction::Post(kind) => {
                    let started = std::time::Instant::now();
                    let status = self.post(kind, impu, services)?;
                    if kind == RequestKind::AuthorizationNotification {
                        self.latency_us.push(u64::try_from(started.elapsed().as_micros())?);
                        let event = ScfHttpEvent::Answer(StatusCode::new(status).ok_or("no status code")?);
                        queue.extend(list(machine.handle(event, &config, now)?));
                    }
                }
                ScfAction::AnswerInvite(sip) => answer = Some(sip),
                _ => {}
            }
        }
        if self.keeps && machine != ScfHttp::new() {
            self.dialogs.insert(impu.clone(), (machine, services.to_vec()));
        }
        Ok(answer)
    }

    fn post(&self, kind: RequestKind, impu: &Impu, services: &[ServiceId]) -> Outcome<u16> {
        let list = ServiceList::new(services)?;
        let mut out = [0; 2_048];
        let body = match kind {
            RequestKind::AuthorizationNotification => authorize::encode(&list, &mut out)?,
            _ => deregister::encode(&list, &mut out)?,
        };
        self.send(kind, impu, body)
    }

    /// A POST of the SCF with this body. Returns the status.
    pub(crate) fn send(&self, kind: RequestKind, impu: &Impu, body: &[u8]) -> Outcome<u16> {
        let catalogue = Catalogue::DEFAULT;
        let (mut target, mut asserted) = ([0; 128], [0; 256]);
        let to = self.world.server.protected;
        let target = catalogue.write_target(kind, &mut target)?;
        let asserted = write_asserted(core::slice::from_ref(impu), &mut asserted)?;
        let mut response = self
            .agent
            .post(format!("http://{to}{target}"))
            .header("Host", format!("{BM_SC}:{}", to.port()))
            .header(IdentityHeader::Asserted.name(), asserted)
            .header("Content-Type", catalogue.spelling(kind).media_type)
            .send(body)?;
        // Read to its end, so that the connection serves again.
        response.body_mut().read_to_vec()?;
        Ok(response.status().as_u16())
    }
}

fn list(actions: Actions<ScfAction>) -> Vec<ScfAction> {
    actions.into_iter().collect()
}
