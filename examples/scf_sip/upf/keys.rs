//! MSKs on their way to the users, and the BM-SC's role that makes them.

use castkey::id::{GroupName, KeyNumber, MskName};
use castkey::ims::bm_sc_request::{MskDeliveryError, MskDeliveryEvent, Recipient, SessionSecurity};
use castkey::ims::facts::Variant;
use castkey::ims::upf::UpfEvent;
use castkey::ims::{Impu, ServiceId};
use castkey::keys::Muk;
use castkey::role::{BmScAction, BmScEvent};
use castkey::wire::MAX_MSK_MESSAGE_LEN;
use rand::rngs::SysRng;

use super::{Row, Upf};
use crate::Outcome;
use crate::script::Diary;

/// An MSK that waits to be sent.
#[derive(Clone, Debug)]
pub(super) struct Push {
    pub(super) user: Impu,
    pub(super) service: ServiceId,
    pub(super) group: GroupName,
    /// The new MSK of a rekey; none when a request was granted, which gets the current one.
    pub(super) changed: Option<MskName>,
}

/// Under which MUK of the user a delivery runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Under {
    Current,
    Previous,
}

impl Upf {
    /// Lets the role handle an event that belongs to no user.
    pub(super) fn bm_sc(&mut self, event: BmScEvent<'_, Muk>, diary: &mut Diary) -> Outcome<()> {
        let mut out = [0; MAX_MSK_MESSAGE_LEN];
        let actions = self.role.handle(event, self.clock.now(), &mut SysRng, &mut out)?;
        actions.into_iter().try_for_each(|action| self.carry_out(&action, None, diary))
    }

    /// Sends what waits, and says so when a new MSK has gone to everybody.
    pub(super) fn push_all(&mut self, diary: &mut Diary) -> Outcome<()> {
        while let Some(Push { user, service, group, changed }) = self.queue.pop_front() {
            let security = SessionSecurity::default();
            let event = match changed {
                Some(name) => MskDeliveryEvent::MskChanged { name, security },
                None => MskDeliveryEvent::RequestGranted { name: group.msk(KeyNumber::CURRENT), security },
            };
            if let Err(e) = self.deliver(&user, &service, group, Under::Current, event, diary)? {
                diary.note(format!("UPF: no MSK for {user}: {e}"));
            }
        }
        let groups = core::mem::take(&mut self.distributing);
        groups.into_iter().try_for_each(|group| self.bm_sc(BmScEvent::Distributed(group), diary))
    }

    /// What waits for an acknowledgement and has waited long enough.
    pub(super) fn retry(&mut self, user: &Impu, group: GroupName, diary: &mut Diary) -> Outcome<()> {
        let service = self.services.of_group(group).ok_or("a group without a service")?.id.clone();
        let event = MskDeliveryEvent::Timeout(SessionSecurity::default());
        self.deliver(user, &service, group, Under::Current, event, diary)?.map_err(|e| e.to_string().into())
    }

    /// The user gets no more MSKs of these services.
    pub(super) fn cancel(&mut self, user: &Impu, services: &[ServiceId], diary: &mut Diary) -> Outcome<()> {
        let before = self.queue.len();
        self.queue.retain(|push| push.user != *user || !services.contains(&push.service));
        let cancelled = before - self.queue.len();
        self.counts.cancelled += u64::try_from(cancelled)?;
        diary.note(format!("UPF: {cancelled} queued MSKs for {user} are not sent"));
        for service in services {
            let Some(group) = self.services.of_id(service).map(|service| service.group) else { continue };
            for under in [Under::Current, Under::Previous] {
                let event = MskDeliveryEvent::Deauthorised;
                self.deliver(user, service, group, under, event, diary)?.map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// The MUK before is gone, and nobody can acknowledge under it any more.
    pub(super) fn drop_aside(&mut self, user: &Impu, diary: &mut Diary) -> Outcome<()> {
        let now = self.clock.now();
        let Some(row) = self.rows.get(user) else { return Ok(()) };
        if row.context.previous_user(Variant::Sip, now).is_some() {
            return Ok(());
        }
        let groups: Vec<GroupName> = row.aside.keys().copied().collect();
        for group in groups {
            let service = self.services.of_group(group).ok_or("a group without a service")?.id.clone();
            let event = MskDeliveryEvent::Deauthorised;
            self.deliver(user, &service, group, Under::Previous, event, diary)?.map_err(|e| e.to_string())?;
            if let Some(row) = self.rows.get_mut(user) {
                row.aside.remove(&group);
            }
        }
        Ok(())
    }

    /// An acknowledgement of this user; the deliveries that wait for one are few.
    pub(super) fn verify(
        &mut self, user: &Impu, under: Under, octets: &[u8], diary: &mut Diary,
    ) -> Outcome<bool> {
        let groups: Vec<GroupName> = self.services.all().map(|service| service.group).to_vec();
        for group in groups {
            let service = self.services.of_group(group).ok_or("a group without a service")?.id.clone();
            let event = MskDeliveryEvent::Verification(octets);
            if self.deliver(user, &service, group, under, event, diary)?.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets the delivery of one Key Group to one user handle an event, and does what it wants done.
    fn deliver(
        &mut self, user: &Impu, service: &ServiceId, group: GroupName, under: Under,
        event: MskDeliveryEvent<'_>, diary: &mut Diary,
    ) -> Outcome<Result<(), MskDeliveryError>> {
        let now = self.clock.now();
        let mut out = [0; MAX_MSK_MESSAGE_LEN];
        let Some(Row { context, deliveries, aside }) = self.rows.get_mut(user) else { return Ok(Ok(())) };
        let (delivery, recipient) = match under {
            Under::Current => (deliveries.entry(group).or_default(), context.recipient(service, now)),
            Under::Previous => {
                let muk_expires = context.muk_expires(Variant::Sip).unwrap_or(now);
                let previous = context.previous_user(Variant::Sip, now);
                (aside.entry(group).or_default(), previous.map(|user| Recipient { user, muk_expires }))
            }
        };
        match delivery.handle(event, recipient, &mut self.role, now, &mut SysRng, &mut out) {
            Ok(actions) => {
                actions.into_iter().try_for_each(|action| self.carry_out(&action, Some(user), diary))?;
                Ok(Ok(()))
            }
            Err(e) => Ok(Err(e)),
        }
    }

    /// Does what the BM-SC's role wants done, for this user where it is about one.
    fn carry_out(&mut self, action: &BmScAction<'_>, user: Option<&Impu>, diary: &mut Diary) -> Outcome<()> {
        match *action {
            BmScAction::Distribute(name) => return self.distribute(name, diary),
            BmScAction::PushAlso(name) => {
                let service = self.services.of_group(name.group()).map(|service| service.id.clone());
                if let Some((user, service)) = user.cloned().zip(service) {
                    self.queue.push_back(Push { user, service, group: name.group(), changed: Some(name) });
                }
            }
            BmScAction::SaveCounter(counter) => {
                if let Some(row) = user.and_then(|user| self.rows.get_mut(user)) {
                    row.context.save_counter(Variant::Sip, counter)?;
                }
            }
            BmScAction::Send(octets) => {
                if let Some(user) = user
                    && let Some(to) = self.rows.get(user).and_then(|row| self.address_of(row))
                {
                    self.link.send(to, octets);
                    diary.note(format!("UPF: MIKEY MSK message to {user}"));
                }
            }
            BmScAction::Multicast(octets) => {
                for listener in &self.listeners {
                    self.link.put(*listener, octets);
                }
            }
            BmScAction::Delivered(name) => {
                let user = user.map(Impu::as_str).unwrap_or_default();
                diary.note(format!("UPF: {user} acknowledges {:?}", name.id));
            }
            BmScAction::Undelivered(name) => {
                let user = user.map(Impu::as_str).unwrap_or_default();
                diary.note(format!("UPF: {user} never acknowledged {:?}", name.id));
            }
            BmScAction::Activated(name) => diary.note(format!("UPF: {:?} is in use", name.id)),
            // The delivery is its own row, and the loop asks for deadlines and for the traffic key itself.
            _ => {}
        }
        Ok(())
    }

    /// A new MSK goes to every user whom his context lets have it.
    fn distribute(&mut self, name: MskName, diary: &mut Diary) -> Outcome<()> {
        let service = self.services.of_group(name.group()).ok_or("a group without a service")?.id.clone();
        let users: Vec<Impu> = self.rows.keys().cloned().collect();
        for user in users {
            self.act(&user, UpfEvent::MskChanged(&service), &[], Some(name), diary)?;
        }
        if self.role.next(name.group()).is_some() {
            self.distributing.push(name.group());
        }
        Ok(())
    }
}
