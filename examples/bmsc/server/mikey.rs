//! MIKEY: what the UPF wants sent, the repetitions, and the acknowledgements (TS 33.246 §6.3.2.3).

use core::cmp::Reverse;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::sync::Arc;

use castkey::id::{GroupName, KeyNumber, MskName};
use castkey::ims::BTid;
use castkey::ims::bm_sc_request::{MskDeliveryEvent, Recipient, SessionSecurity};
use castkey::ims::facts::Variant;
use castkey::ims::upf::{ServiceSet, UpfAction, UpfEvent};
use castkey::keys::Muk;
use castkey::message::Incoming;
use castkey::role::{BmScAction, BmScEvent, Delivery};
use castkey::settings::Settings;
use castkey::wire::MAX_MSK_MESSAGE_LEN;
use rand::rngs::SysRng;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::Shared;
use super::rows::RowId;
use super::upf::{Upf, Work};
use crate::Outcome;

/// Messages that leave in one turn, so that socket buffers hold them.
const A_TURN: usize = 24;

/// Sends and receives on the socket for ever.
pub(super) fn start(socket: UdpSocket, shared: &Arc<Shared>) {
    let (socket, shared) = (Arc::new(socket), Arc::clone(shared));
    let (receiving, upf) = (Arc::clone(&socket), Arc::clone(&shared));
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        loop {
            let Ok((len, _)) = receiving.recv_from(&mut buffer).await else { continue };
            upf.upf().acknowledgement(buffer.get(..len).unwrap_or_default());
        }
    });
    tokio::spawn(async move {
        loop {
            let (out, wait) = shared.upf().turn();
            for (to, octets) in out {
                // A datagram that cannot be sent is one that was lost: it will be repeated.
                let _ = socket.send_to(&octets, to).await;
            }
            let _ = timeout(wait, shared.wake.notified()).await;
        }
    });
}

/// The MSK messages do not say how SRTP uses the keys: the services of this example have no media.
const SECURITY: SessionSecurity<'static> = SessionSecurity { policies: &[], sessions: None };

impl Upf {
    /// Does what is due: at most a turn of messages, then it says when it wants to be called again.
    fn turn(&mut self) -> (Vec<(SocketAddr, Vec<u8>)>, Duration) {
        let now = self.now();
        for _ in 0..A_TURN {
            if self.role.deadline().is_none_or(|at| at > now) {
                break;
            }
            self.role_step(BmScEvent::<Muk>::Timeout);
        }
        let mut left = A_TURN;
        while left > 0 {
            let Some(Reverse((at, row, service))) = self.due.peek().copied() else { break };
            if at > now.as_millis() {
                break;
            }
            self.due.pop();
            left -= usize::from(self.repeat(row, service));
        }
        while left > 0 && !self.hold {
            let Some(work) = self.queue.pop_front() else { break };
            self.work(work);
            left -= 1;
        }
        let busy = left == 0 || (!self.queue.is_empty() && !self.hold);
        let next =
            self.due.peek().map(|Reverse((at, ..))| at.saturating_sub(now.as_millis())).unwrap_or(1_000);
        let wait = if busy { 1 } else { next.clamp(1, 1_000) };
        (core::mem::take(&mut self.out), Duration::from_millis(wait))
    }

    fn work(&mut self, work: Work) {
        match work {
            Work::Granted(row, service, name) => {
                self.deliver(row, service, MskDeliveryEvent::RequestGranted { name, security: SECURITY });
            }
            Work::Changed(row, service, name) => {
                self.deliver(row, service, MskDeliveryEvent::MskChanged { name, security: SECURITY });
            }
            Work::Pull(row, service) => {
                let Some(group) = self.services.get(service).map(|service| service.group) else { return };
                self.deliver(row, service, MskDeliveryEvent::SolicitPull(group));
            }
            Work::Distributed(group) => self.role_step(BmScEvent::<Muk>::Distributed(group)),
        }
    }

    /// The time of a delivery may have come. True when something was sent.
    fn repeat(&mut self, row: RowId, service: usize) -> bool {
        let now = self.now();
        let Some(held) = self.rows.get(row) else { return false };
        let Some(delivery) =
            held.deliveries.get(service).filter(|d| d.deadline().is_some_and(|at| at <= now))
        else {
            return false;
        };
        let outdated = held.outdated.get(service).copied().unwrap_or(false);
        match delivery.delivery() {
            // Under the MUK before nothing is sent any more: the new one begins anew.
            Delivery::Waiting { name, .. } if outdated => self.work(Work::Changed(row, service, name)),
            _ => {
                self.counts.repeated += 1;
                self.deliver(row, service, MskDeliveryEvent::Timeout(SECURITY));
            }
        }
        true
    }

    /// Lets the delivery of a service to a user handle an event.
    fn deliver(&mut self, id: RowId, service: usize, event: MskDeliveryEvent<'_>) {
        let now = self.now();
        let Self { role, rows, services, due, out, counts, queue, mikey_port, .. } = self;
        let (Some(row), Some(of)) = (rows.get_mut(id), services.get(service)) else { return };
        let (Some(delivery), Some(outdated)) =
            (row.deliveries.get_mut(service), row.outdated.get_mut(service))
        else {
            return;
        };
        let variant = row.context.standing(&of.id, now).map_or(Variant::Http, |standing| standing.variant());
        let verifies = matches!(event, MskDeliveryEvent::Verification(_));
        let recipient = row.context.recipient(&of.id, now);
        let previous = row.context.previous_user(variant, now).filter(|_| verifies && *outdated);
        let recipient = match (previous, &recipient) {
            (Some(user), Some(Recipient { muk_expires, .. })) => {
                Some(Recipient { user, muk_expires: *muk_expires })
            }
            _ => recipient,
        };
        let mut octets = [0; MAX_MSK_MESSAGE_LEN];
        let handled = delivery.handle(event, recipient, role, now, &mut SysRng, &mut octets);
        let Ok(actions) = handled else {
            counts.bad_datagrams += u64::from(verifies);
            return;
        };
        if !verifies {
            *outdated = false;
        }
        if let Some(at) = delivery.deadline() {
            due.push(Reverse((at.as_millis(), id, service)));
        }
        let to = row.context.address(variant).and_then(|address| address.as_str().parse::<IpAddr>().ok());
        let (mut counter, mut multicast) = (None, Vec::new());
        for action in actions {
            match action {
                BmScAction::SaveCounter(next) => counter = Some(next),
                BmScAction::Send(octets) => {
                    counts.datagrams += 1;
                    out.extend(to.map(|ip| (SocketAddr::new(ip, *mikey_port), octets.to_vec())));
                }
                BmScAction::Delivered(_) => counts.delivered += 1,
                BmScAction::Undelivered(_) => counts.undelivered += 1,
                BmScAction::PushAlso(name) => queue.push_back(Work::Changed(id, service, name)),
                BmScAction::Multicast(octets) => multicast.push(octets.to_vec()),
                _ => {}
            }
        }
        if let Some(counter) = counter {
            // A message was made, so there is a MUK.
            let _ = row.context.save_counter(variant, counter);
        }
        let multicast_to = self.multicast_to;
        self.out.extend(multicast.into_iter().filter_map(|octets| Some((multicast_to?, octets))));
    }

    /// An event of the role that concerns no user.
    fn role_step(&mut self, event: BmScEvent<'_, Muk>) {
        let now = self.now();
        let mut octets = [0; MAX_MSK_MESSAGE_LEN];
        let Ok(actions) = self.role.handle(event, now, &mut SysRng, &mut octets) else { return };
        let mut distribute = None;
        for action in actions {
            match action {
                BmScAction::Distribute(name) => distribute = Some(name),
                BmScAction::Multicast(octets) => {
                    self.out.extend(self.multicast_to.map(|to| (to, octets.to_vec())));
                }
                _ => {}
            }
        }
        distribute.into_iter().for_each(|name| self.distribute(name));
    }

    /// Queues a new MSK for everybody who is registered and authorised.
    fn distribute(&mut self, name: MskName) {
        let now = self.now();
        let Some(service) = self.service_of_group(name.group()) else { return };
        for id in self.rows.ids() {
            let (Some(row), Some(of)) = (self.rows.get_mut(id), self.services.get(service)) else { continue };
            let Ok(actions) = row.context.handle(UpfEvent::MskChanged(&of.id), &self.config, now) else {
                continue;
            };
            if actions.iter().any(|action| matches!(action, UpfAction::PushMsk(_))) {
                self.queue.push_back(Work::Changed(id, service, name));
            }
        }
        self.queue.push_back(Work::Distributed(name.group()));
    }

    pub(super) fn open(&mut self, group: GroupName) -> Outcome<()> {
        let mut octets = [0; MAX_MSK_MESSAGE_LEN];
        let _nobody_yet =
            self.role.handle(BmScEvent::<Muk>::Open(group), self.now(), &mut SysRng, &mut octets)?;
        Ok(())
    }

    /// Takes a datagram of a terminal. Its IDr, the B-TID, says whose it is, not the address it came from.
    fn acknowledgement(&mut self, octets: &[u8]) {
        let whose = match Incoming::decode(octets, None, &Settings::DEFAULT) {
            Ok(Incoming::Verification(message)) => message
                .idr()
                .and_then(|idr| BTid::new(core::str::from_utf8(idr.octets).ok()?).ok())
                .and_then(|btid| self.rows.of_btid(&btid)),
            _ => None,
        };
        let Some(id) = whose else {
            self.counts.bad_datagrams += 1;
            return;
        };
        let waits = |service: &usize| {
            let row = self.rows.get(id);
            row.and_then(|row| row.deliveries.get(*service)).is_some_and(|d| d.deadline().is_some())
        };
        // A verification message does not name its MSK: the one delivery whose MAC it is takes it.
        for service in (0..self.services.len()).filter(waits).collect::<Vec<_>>() {
            let before = self.counts.delivered;
            self.deliver(id, service, MskDeliveryEvent::Verification(octets));
            if self.counts.delivered > before {
                return;
            }
        }
    }

    pub(super) fn numbers(&self, row: Option<RowId>, set: ServiceSet) -> Vec<usize> {
        let row = row.and_then(|row| self.rows.get(row));
        row.map(|row| row.context.named(set).filter_map(|id| self.service_of(id)).collect())
            .unwrap_or_default()
    }

    pub(super) fn grant(&mut self, row: Option<RowId>, service: usize) {
        if let (Some(row), Some(of)) = (row, self.services.get(service)) {
            self.queue.push_back(Work::Granted(row, service, of.group.msk(KeyNumber::CURRENT)));
        }
    }

    /// Takes what waits to be sent for a service out of the queue, and ends its repetitions.
    pub(super) fn cancel(&mut self, row: Option<RowId>, service: usize) {
        let Some(row) = row else { return };
        let before = self.queue.len();
        self.queue.retain(|work| match work {
            Work::Granted(id, of, _) | Work::Changed(id, of, _) | Work::Pull(id, of) => {
                (*id, *of) != (row, service)
            }
            Work::Distributed(_) => true,
        });
        self.counts.cancelled += u64::try_from(before - self.queue.len()).unwrap_or(0);
        self.deliver(row, service, MskDeliveryEvent::Deauthorised);
    }

    /// The MUK of a row is another one.
    pub(super) fn new_muk(&mut self, row: Option<RowId>, variant: Variant) {
        let Some(row) = row else { return };
        let Some(held) = self.rows.get_mut(row) else { return };
        held.outdated = [true; 2];
        let btid = held
            .context
            .user(variant)
            .and_then(|user| BTid::new(core::str::from_utf8(user.id.idr).ok()?).ok());
        let dropped = btid.and_then(|btid| self.rows.note_btid(row, &btid));
        dropped.into_iter().for_each(|btid| {
            self.naf.remove(&btid);
        });
    }

    // Orders of the operator.

    /// A new MSK for a service.
    pub(crate) fn rekey(&mut self, service: usize) {
        if let Some(group) = self.services.get(service).map(|service| service.group) {
            self.role_step(BmScEvent::<Muk>::Rekey(group));
        }
    }

    /// A new MTK for a service, announced by an MTK message.
    pub(crate) fn roll(&mut self, service: usize) {
        if let Some(group) = self.services.get(service).map(|service| service.group) {
            self.role_step(BmScEvent::<Muk>::Roll(group));
        }
    }

    /// Everybody is to request the MSK of a service, or this identity only.
    pub(crate) fn pull(&mut self, service: usize, only: Option<&castkey::ims::Impu>) {
        let ids = match only {
            Some(impu) => self.rows.of_impu(impu).into_iter().collect(),
            None => self.rows.ids(),
        };
        self.queue.extend(ids.into_iter().map(|id| Work::Pull(id, service)));
    }
}
