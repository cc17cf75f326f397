//! H1 to H7: the body becomes an event of the identity's context, and the context's actions become the answer.

use core::net::IpAddr;

use castkey::ims::facts::{HttpRefusal, RequestedMsk, StatusCode};
use castkey::ims::request::{Peer, RequestKind, Screened, Sender};
use castkey::ims::upf::{Asserted, Claimed, Credentials, NafKey, UpfAction, UpfEvent};
use castkey::ims::xml::{MskRequest, NafKeyInfo, ServiceList, XmlError, XmlSettings};
use castkey::ims::xml::{authorize, deregister, register};
use castkey::ims::{Impu, ImsError, ServiceId};
use castkey::keys::{Muk, MukOctets};
use castkey::role::Actions;

use castkey::id::MskName;

use super::answer::{Answer, Named};
use super::naf::{Standing, info};
use super::rows::RowId;
use super::upf::{Upf, Work};

/// The content of a body.
struct Content {
    services: Vec<ServiceId>,
    msks: Vec<MskName>,
    key: Option<NafKey>,
}

impl Content {
    fn of_services(list: Result<ServiceList<'_>, XmlError>) -> Result<Self, ImsError> {
        Ok(Self { services: list?.iter().collect(), msks: Vec::new(), key: None })
    }

    fn named(&self) -> Named<'_> {
        if self.msks.is_empty() { Named::Services(&self.services) } else { Named::Msks(&self.msks) }
    }
}

impl Upf {
    /// Answers a request whose head is good.
    pub(super) fn request(
        &mut self, screened: &Screened<'_>, from: IpAddr, authorization: Option<&[u8]>, body: &[u8],
    ) -> Answer {
        self.counts.requests += 1;
        let answered = match screened.kind.sender() {
            Sender::Ue => self.of_terminal(screened, from, authorization, body),
            _ => self.of_scf(screened, body),
        };
        answered.unwrap_or_else(Answer::refusal)
    }

    /// H1, H5, H6, H7: each of the asserted identities has its row. The first refusal is the answer.
    fn of_scf(&mut self, screened: &Screened<'_>, body: &[u8]) -> Result<Answer, HttpRefusal> {
        let content = self.read(screened.kind, body)?;
        let mut answer = Answer::empty(StatusCode::OK);
        for impu in screened.asserted.as_slice() {
            // The key is of one user; it is read anew for the row, because there are no two copies of it.
            let key = match screened.kind {
                RequestKind::KeyProvisioning => self.read(screened.kind, body)?.key,
                _ => None,
            };
            let asserted = Asserted { peer: Peer::Trusted, impu: Some(impu) };
            let services = content.services.as_slice();
            let handled = match screened.kind {
                RequestKind::AuthorizationNotification => {
                    self.handle(impu, UpfEvent::Authorize { asserted, services })
                }
                RequestKind::KeyProvisioning => {
                    self.handle(impu, UpfEvent::AuthorizedRegister { asserted, services, key })
                }
                RequestKind::AuthorizedMskRequest => self.with_msks(&content.msks, |this, msks| {
                    this.handle(impu, UpfEvent::AuthorizedMskRequest { asserted, msks })
                }),
                _ => self.handle(impu, UpfEvent::AuthorizedDeregister { asserted, services }),
            };
            let (row, actions) = handled?;
            let one = self.carry_out(row, actions, content.named(), screened.kind.sender());
            if one.status != StatusCode::OK {
                return Ok(one);
            }
            answer = one;
        }
        Ok(answer)
    }

    /// H2, H3, H4.
    fn of_terminal(
        &mut self, screened: &Screened<'_>, from: IpAddr, authorization: Option<&[u8]>, body: &[u8],
    ) -> Result<Answer, HttpRefusal> {
        let Some(impu) = &screened.intended else { return Err(HttpRefusal::new(StatusCode::FORBIDDEN)) };
        let mut standing = self.standing(authorization, screened.target, body);
        if matches!(standing, Standing::Bad(Credentials::Unfetched)) {
            let (row, actions) = self.claim(screened.kind, Credentials::Unfetched, impu, &[], &[])?;
            // The context says that the BSF is to be asked; then the event comes again.
            if !actions.iter().any(|action| matches!(action, UpfAction::QueryBsf)) {
                return Ok(self.carry_out(row, actions, Named::Services(&[]), Sender::Ue));
            }
            standing = match self.fetch(authorization) {
                None => self.standing(authorization, screened.target, body),
                Some(credentials) => Standing::Bad(credentials),
            };
        }
        let (accepted, btid) = match standing {
            Standing::Good(accepted, btid) => (accepted, btid),
            Standing::Bad(credentials) => {
                // Who he is comes before what he wants: the body of a stranger is not read.
                let (row, actions) = self.claim(screened.kind, credentials, impu, &[], &[])?;
                return Ok(self.carry_out(row, actions, Named::Services(&[]), Sender::Ue));
            }
            Standing::Refused(refusal) => return Err(refusal),
        };
        let content = self.read(screened.kind, body)?;
        let key = self.naf_key(&btid, from).ok_or(HttpRefusal::UNAVAILABLE)?;
        let impus = self.naf.get(&btid).map(|entry| entry.impus.clone()).unwrap_or_default();
        let credentials = Credentials::Valid { impus: &impus, key };
        let (row, actions) =
            self.claim(screened.kind, credentials, impu, &content.services, &content.msks)?;
        let mut answer = self.carry_out(row, actions, content.named(), Sender::Ue);
        if answer.status == StatusCode::OK {
            answer.media_type = self.screening.catalogue.spelling(screened.kind).answer;
            answer.info = Some(info(&accepted, &answer.body)?);
        }
        Ok(answer)
    }

    fn claim(
        &mut self, kind: RequestKind, credentials: Credentials<'_>, impu: &Impu, services: &[ServiceId],
        msks: &[MskName],
    ) -> Result<(Option<RowId>, Actions<UpfAction>), HttpRefusal> {
        let claimed = Claimed { credentials, intended: Some(impu) };
        match kind {
            RequestKind::Registration => self.handle(impu, UpfEvent::Register { claimed, services }),
            RequestKind::Deregistration => self.handle(impu, UpfEvent::Deregister { claimed, services }),
            _ => self.with_msks(msks, |this, msks| this.handle(impu, UpfEvent::MskRequest { claimed, msks })),
        }
    }

    /// The MSKs of a request with the services that they belong to.
    fn with_msks<T>(
        &mut self, names: &[MskName], act: impl FnOnce(&mut Self, &[RequestedMsk<'_>]) -> T,
    ) -> T {
        let services = self.services.clone();
        let service = |name: &MskName| services.iter().find(|service| service.group == name.group());
        let msks: Vec<RequestedMsk<'_>> = names
            .iter()
            .map(|name| RequestedMsk { name: *name, service: service(name).map(|service| &service.id) })
            .collect();
        act(self, &msks)
    }

    /// Reads the body of a request.
    fn read(&self, kind: RequestKind, body: &[u8]) -> Result<Content, ImsError> {
        let settings = XmlSettings::default();
        match kind {
            RequestKind::AuthorizationNotification => Content::of_services(authorize::decode(body, settings)),
            RequestKind::Registration => Content::of_services(register::decode(body, settings)),
            RequestKind::Deregistration | RequestKind::Deauthorization => {
                Content::of_services(deregister::decode(body, settings))
            }
            RequestKind::MskRequest | RequestKind::AuthorizedMskRequest => {
                let msks = MskRequest::decode(body, settings)?.names().to_vec();
                Ok(Content { services: Vec::new(), msks, key: None })
            }
            _ => {
                let NafKeyInfo { ue_address, muk, muk_life_time, btid, naf_fqdn, services } =
                    NafKeyInfo::decode(body, settings)?;
                let left_s = muk_life_time.unix_seconds().saturating_sub(self.clock.unix_seconds());
                let key = NafKey {
                    btid,
                    naf: naf_fqdn,
                    muk: Muk::from_gba_me(&muk, MukOctets::All),
                    address: ue_address,
                    expires: self.now().after_millis(left_s.saturating_mul(1_000)),
                };
                Ok(Content { services: services.iter().collect(), msks: Vec::new(), key: Some(key) })
            }
        }
    }

    /// Does what the context wants done, in its order.
    fn carry_out(
        &mut self, row: Option<RowId>, actions: Actions<UpfAction>, named: Named<'_>, sender: Sender,
    ) -> Answer {
        let mut answer = Answer::empty(StatusCode::OK);
        for action in actions {
            match action {
                UpfAction::Challenge { stale } => answer = self.challenge(stale),
                UpfAction::Refuse(refusal) => answer = Answer::refusal(refusal),
                UpfAction::Answer(items) if sender == Sender::Ue => match named.body(items) {
                    Ok(body) => answer.body = body,
                    Err(e) => answer = Answer::refusal(e.into()),
                },
                UpfAction::NewMuk(variant) => self.new_muk(row, variant),
                UpfAction::PushMsk(set) => {
                    for service in self.numbers(row, set) {
                        self.grant(row, service);
                    }
                }
                UpfAction::PushRequested(items) => {
                    let Named::Msks(names) = named else { continue };
                    for (name, _) in
                        names.iter().zip(items.iter()).filter(|(_, item)| item.code() == StatusCode::OK)
                    {
                        if let (Some(row), Some(service)) = (row, self.service_of_group(name.group())) {
                            self.queue.push_back(Work::Granted(row, service, *name));
                        }
                    }
                }
                UpfAction::CancelPushes(set) => {
                    for service in self.numbers(row, set) {
                        self.cancel(row, service);
                    }
                }
                _ => {}
            }
        }
        row.into_iter().for_each(|row| self.tidy(row));
        answer
    }
}
