//! The UPF of the BM-SC: H5 to H7 over HTTP, a row for each user, MSKs by MIKEY over UDP.

mod keys;
mod requests;

use core::net::{IpAddr, SocketAddr};
use std::collections::{HashMap, VecDeque};
use std::io;

use castkey::id::{GroupName, Mki, MskName};
use castkey::ims::bm_sc_request::MskDelivery;
use castkey::ims::facts::Variant;
use castkey::ims::upf::{Context, UpfEvent};
use castkey::ims::{Impu, ServiceId};
use castkey::keys::{MskEntry, Mtk, Muk};
use castkey::message::Incoming;
use castkey::role::{BmSc, BmScEvent, User};
use castkey::settings::Settings;
use castkey::time::Tick;

use crate::Outcome;
use crate::clock::Clock;
use crate::http::Server;
use crate::mikey::Link;
use crate::plan::{self, Services};
use crate::script::Diary;
use keys::{Push, Under};

/// A user: his context, and how far the MSKs of each Key Group are on their way to him.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) context: Context,
    deliveries: HashMap<GroupName, MskDelivery>,
    /// Deliveries under the MUK before, which only wait for acknowledgements.
    aside: HashMap<GroupName, MskDelivery>,
}

/// What happened, for the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UpfCounts {
    /// Requests by their answer.
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    /// H5, H6, H7 granted.
    pub(crate) h5: u64,
    pub(crate) h6: u64,
    pub(crate) h7: u64,
    /// Acknowledgements under the MUK in use, and under the one before.
    pub(crate) acknowledged: u64,
    pub(crate) acknowledged_late: u64,
    /// Acknowledgements that verify nothing.
    pub(crate) unverified: u64,
    /// Pushes taken out of the queue.
    pub(crate) cancelled: u64,
}

pub(crate) struct Upf {
    clock: Clock,
    server: Server,
    pub(crate) link: Link,
    services: Services,
    role: BmSc<4>,
    rows: HashMap<Impu, Row>,
    queue: VecDeque<Push>,
    /// Groups whose new MSK is on its way to everybody.
    distributing: Vec<GroupName>,
    /// While set, pushes stay in the queue.
    pub(crate) busy: bool,
    /// The connections of the SCF, by their other end.
    trusted: Vec<SocketAddr>,
    /// Who listens to the multicast bearer.
    pub(crate) listeners: Vec<SocketAddr>,
    /// Announced UDP port at which terminals take MIKEY.
    mikey_port: u16,
    pub(crate) counts: UpfCounts,
}

impl Upf {
    pub(crate) fn new(clock: Clock, services: Services, mikey_port: u16) -> Outcome<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self {
            clock,
            server: Server::bind(any)?,
            link: Link::bind(any)?,
            services,
            role: BmSc::new(plan::bm_sc_config()),
            rows: HashMap::new(),
            queue: VecDeque::new(),
            distributing: Vec::new(),
            busy: false,
            trusted: Vec::new(),
            listeners: Vec::new(),
            mikey_port,
            counts: UpfCounts::default(),
        })
    }

    /// Makes the first MSK and MTK of every service.
    pub(crate) fn open(&mut self, diary: &mut Diary) -> Outcome<()> {
        let groups = self.services.all().map(|service| service.group);
        groups.into_iter().try_for_each(|group| self.bm_sc(BmScEvent::Open(group), diary))
    }

    pub(crate) fn http_address(&self) -> io::Result<SocketAddr> {
        self.server.address()
    }

    /// Requests from this end of a connection are the SCF's. (TLS with a certificate says so in a network.)
    pub(crate) fn trust(&mut self, peer: SocketAddr) {
        self.trusted.push(peer);
    }

    /// A new MSK for everybody who is served with this group.
    pub(crate) fn rekey(&mut self, group: GroupName, diary: &mut Diary) -> Outcome<()> {
        self.bm_sc(BmScEvent::Rekey(group), diary)
    }

    /// The operator has the MSK of a service sent to a user once more.
    pub(crate) fn send_again(&mut self, user: &Impu, service: &ServiceId) {
        self.enqueue(user, service, None);
    }

    pub(crate) fn row(&self, user: &Impu) -> Option<&Row> {
        self.rows.get(user)
    }

    pub(crate) fn queued(&self, user: &Impu) -> usize {
        self.queue.iter().filter(|push| push.user == *user).count()
    }

    /// The MSK in use.
    pub(crate) fn current(&self, group: GroupName) -> Option<MskName> {
        self.role.current(group).map(MskEntry::name)
    }

    /// The MTK in use: what a terminal must hold to read the traffic.
    pub(crate) fn traffic(&self, group: GroupName) -> Option<(Mki, &Mtk)> {
        self.role.traffic(group).map(|(mki, mtk, _)| (mki, mtk))
    }

    /// How far the MSKs of this group are on their way to the user.
    pub(crate) fn delivery(&self, user: &Impu, group: GroupName) -> Option<MskDelivery> {
        self.rows.get(user)?.deliveries.get(&group).copied()
    }

    /// One turn of the loop.
    pub(crate) fn turn(&mut self, diary: &mut Diary) -> Outcome<()> {
        while let Some(exchange) = self.server.poll() {
            self.request(exchange, diary)?;
        }
        while let Some((_, octets)) = self.link.receive() {
            self.acknowledgement(&octets, diary)?;
        }
        if !self.busy {
            self.push_all(diary)?;
        }
        self.timers(diary)
    }

    fn timers(&mut self, diary: &mut Diary) -> Outcome<()> {
        let now = self.clock.now();
        for _ in 0..8 {
            if self.role.deadline().is_none_or(|at| at > now) {
                break;
            }
            self.bm_sc(BmScEvent::Timeout, diary)?;
        }
        let due = |at: Option<Tick>| at.is_some_and(|at| at <= now);
        let users: Vec<Impu> = self.rows.keys().cloned().collect();
        for user in users {
            let Some(row) = self.rows.get(&user) else { continue };
            let late: Vec<GroupName> =
                row.deliveries.iter().filter(|(_, d)| due(d.deadline())).map(|(group, _)| *group).collect();
            let context_due = due(row.context.deadline());
            for group in late {
                self.retry(&user, group, diary)?;
            }
            if context_due {
                self.act(&user, UpfEvent::Timeout, &[], None, diary)?;
                self.drop_aside(&user, diary)?;
            }
        }
        Ok(())
    }

    /// Whose acknowledgement it is, its IDr says: the B-TID.
    fn acknowledgement(&mut self, octets: &[u8], diary: &mut Diary) -> Outcome<()> {
        let now = self.clock.now();
        let Ok(Incoming::Verification(message)) = Incoming::decode(octets, None, &Settings::DEFAULT) else {
            self.counts.unverified += 1;
            return Ok(());
        };
        let idr = message.idr().map(|idr| idr.octets).unwrap_or_default();
        let under = |row: &Row| {
            let is = |held: Option<User<'_, Muk>>| held.is_some_and(|held| held.id.idr == idr);
            if is(row.context.user(Variant::Sip)) {
                Some(Under::Current)
            } else {
                is(row.context.previous_user(Variant::Sip, now)).then_some(Under::Previous)
            }
        };
        let found = self.rows.iter().find_map(|(user, row)| Some((user.clone(), under(row)?)));
        let verified = match &found {
            Some((user, under)) => self.verify(user, *under, octets, diary)?,
            None => false,
        };
        match found {
            Some((_, Under::Current)) if verified => self.counts.acknowledged += 1,
            Some((_, Under::Previous)) if verified => self.counts.acknowledged_late += 1,
            _ => self.counts.unverified += 1,
        }
        Ok(())
    }

    fn address_of(&self, row: &Row) -> Option<SocketAddr> {
        let ip: IpAddr = row.context.address(Variant::Sip)?.as_str().parse().ok()?;
        Some(SocketAddr::new(ip, self.mikey_port))
    }
}
