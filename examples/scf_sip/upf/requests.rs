//! H5, H6 and H7: the head is screened, the body read, the user's context asked, and what it says done.

use bytes::Bytes;
use castkey::id::MskName;
use castkey::ims::facts::{HttpRefusal, ItemStatus, RequestedMsk, StatusCode, Variant};
use castkey::ims::request::{Catalogue, Peer, RequestHead, RequestKind, Screening, UntrustedAssertion};
use castkey::ims::upf::{Asserted, NafKey, ServiceSet, UpfAction, UpfEvent};
use castkey::ims::xml::{self, MskRequest, NafKeyInfo, XmlSettings};
use castkey::ims::{Impu, NafFqdn, ServiceId};
use castkey::keys::{Muk, MukOctets};
use http_body_util::Full;
use hyper::Response;

use super::Upf;
use super::keys::Push;
use crate::Outcome;
use crate::http::Exchange;
use crate::plan::{self, BM_SC};
use crate::script::Diary;

/// A request that was read.
struct Read {
    kind: RequestKind,
    user: Impu,
    services: Vec<ServiceId>,
    msks: Vec<MskName>,
    key: Option<NafKey>,
}

impl Upf {
    pub(super) fn request(&mut self, mut exchange: Exchange, diary: &mut Diary) -> Outcome<()> {
        let known = self.trusted.contains(&exchange.peer);
        let peer = if known { Peer::Trusted } else { Peer::Untrusted };
        let read = self.read(&mut exchange, peer);
        let (status, kind) = match read {
            Ok(read) => {
                let kind = read.kind;
                (self.decide(read, peer, diary)?, Some(kind))
            }
            Err(status) => (status, None),
        };
        if status == StatusCode::OK {
            self.counts.granted += 1;
            match kind {
                Some(RequestKind::KeyProvisioning) => self.counts.h5 += 1,
                Some(RequestKind::AuthorizedMskRequest) => self.counts.h6 += 1,
                _ => self.counts.h7 += 1,
            }
        } else {
            self.counts.refused += 1;
        }
        let target = exchange.head.uri().query().unwrap_or_default().to_owned();
        diary.note(format!("UPF: POST {target}: {status}"));
        let mut response = Response::builder().status(status.code());
        if let Some(seconds) = HttpRefusal::new(status).retry_after_s {
            response = response.header("Retry-After", seconds);
        }
        exchange.answer(response.body(Full::new(Bytes::new()))?);
        Ok(())
    }

    /// Reads head and body, or says with what status they are refused.
    fn read(&self, exchange: &mut Exchange, peer: Peer) -> Result<Read, StatusCode> {
        let screening = Screening {
            catalogue: Catalogue::DEFAULT,
            fqdn: NafFqdn::new(BM_SC).ok(),
            untrusted_assertion: UntrustedAssertion::Refuse,
        };
        let head = &exchange.head;
        let line = format!("{} {} {:?}", head.method(), head.uri(), head.version());
        let headers = head.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let head = RequestHead::collect(headers).map_err(|refusal| refusal.status())?;
        let screened = screening.screen(line.as_bytes(), &head, peer).map_err(|refusal| refusal.status())?;
        let user = screened.asserted.as_slice().first().ok_or(StatusCode::BAD_REQUEST)?.clone();
        let body = exchange.body.as_mut().ok_or(StatusCode::CONTENT_TOO_LARGE)?;
        let settings = XmlSettings::default();
        let mut read = Read { kind: screened.kind, user, services: Vec::new(), msks: Vec::new(), key: None };
        let malformed = |_| StatusCode::BAD_REQUEST;
        match screened.kind {
            RequestKind::KeyProvisioning => {
                let info = NafKeyInfo::decode(body, settings);
                let info = info.map(|info| {
                    read.services = info.services.iter().collect();
                    NafKey {
                        btid: info.btid,
                        naf: info.naf_fqdn,
                        muk: Muk::from_gba_me(&info.muk, MukOctets::All),
                        address: info.ue_address,
                        expires: self.clock.tick(info.muk_life_time),
                    }
                });
                // It held the key.
                body.fill(0);
                read.key = Some(info.map_err(malformed)?);
            }
            RequestKind::AuthorizedMskRequest => {
                read.msks = MskRequest::decode(body, settings).map_err(malformed)?.names().to_vec();
            }
            RequestKind::Deauthorization => {
                read.services = xml::deregister::decode(body, settings).map_err(malformed)?.iter().collect();
            }
            // The HTTP variant is another example's.
            _ => return Err(StatusCode::NOT_FOUND),
        }
        Ok(read)
    }

    fn decide(&mut self, read: Read, peer: Peer, diary: &mut Diary) -> Outcome<StatusCode> {
        let Read { kind, user, services, msks, key } = read;
        let known = self.services.clone();
        let asserted = Asserted { peer, impu: Some(&user) };
        let requested: Vec<RequestedMsk<'_>> = msks
            .iter()
            .map(|name| RequestedMsk {
                name: *name,
                service: known.of_group(name.group()).map(|service| &service.id),
            })
            .collect();
        let event = match kind {
            RequestKind::KeyProvisioning => {
                UpfEvent::AuthorizedRegister { asserted, services: &services, key }
            }
            RequestKind::AuthorizedMskRequest => {
                UpfEvent::AuthorizedMskRequest { asserted, msks: &requested }
            }
            _ => UpfEvent::AuthorizedDeregister { asserted, services: &services },
        };
        self.act(&user, event, &requested, None, diary)
    }

    /// Lets the user's context handle an event and does what it wants done; the status is that of a request. `changed`
    /// is the MSK that the event is about.
    pub(super) fn act(
        &mut self, user: &Impu, event: UpfEvent<'_>, requested: &[RequestedMsk<'_>],
        changed: Option<MskName>, diary: &mut Diary,
    ) -> Outcome<StatusCode> {
        let now = self.clock.now();
        let row = self.rows.entry(user.clone()).or_default();
        let actions = match row.context.handle(event, &plan::upf_config(), now) {
            Ok(actions) => actions,
            Err(e) => return Ok(HttpRefusal::from(e).status),
        };
        let mut status = StatusCode::OK;
        for action in actions {
            match action {
                UpfAction::Refuse(refusal) => status = refusal.status,
                UpfAction::Answer(_) | UpfAction::ArmTimer(_) => {}
                UpfAction::NewMuk(Variant::Sip) => {
                    if let Some(row) = self.rows.get_mut(user) {
                        row.aside = core::mem::take(&mut row.deliveries);
                    }
                    diary.note(format!("UPF: a new MUK for {user}"));
                }
                UpfAction::PushMsk(set) => {
                    for service in self.named(user, set) {
                        self.enqueue(user, &service, changed);
                    }
                }
                UpfAction::PushRequested(items) => {
                    for (msk, item) in requested.iter().zip(items.iter()) {
                        if let Some(service) = msk.service.filter(|_| item == ItemStatus::Granted) {
                            self.enqueue(user, service, None);
                        }
                    }
                }
                UpfAction::CancelPushes(set) => self.cancel(user, &self.named(user, set), diary)?,
                UpfAction::MukExpired(_) => diary.note(format!("UPF: the MUK of {user} has run out")),
                other => return Err(format!("the UPF cannot do {other:?}").into()),
            }
        }
        if self.rows.get(user).is_some_and(|row| row.context.is_empty()) {
            self.rows.remove(user);
        }
        Ok(status)
    }

    fn named(&self, user: &Impu, set: ServiceSet) -> Vec<ServiceId> {
        self.rows.get(user).map(|row| row.context.named(set).cloned().collect()).unwrap_or_default()
    }

    /// Puts an MSK of a service into the queue: this one, or the current one.
    pub(super) fn enqueue(&mut self, user: &Impu, service: &ServiceId, changed: Option<MskName>) {
        if let Some(group) = self.services.of_id(service).map(|service| service.group) {
            self.queue.push_back(Push { user: user.clone(), service: service.clone(), group, changed });
        }
    }
}
