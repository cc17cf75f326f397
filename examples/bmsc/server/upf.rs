//! The BM-SC's state: castkey's machines, the rows, what waits to be sent. No I/O.

use core::net::SocketAddr;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use core::cmp::Reverse;

use castkey::crypto::RustCrypto;
use castkey::id::{GroupName, MskName};
use castkey::ims::bm_sc_request::MskDelivery;
use castkey::ims::digest::{DigestServer, OfferedAlgorithms, ServerConfig};
use castkey::ims::facts::HttpRefusal;
use castkey::ims::request::{Catalogue, Screening, UntrustedAssertion};
use castkey::ims::upf::{UpfAction, UpfConfig, UpfEvent};
use castkey::ims::{BTid, Impu, ServiceId};
use castkey::keys::MskEntry;
use castkey::role::{Actions, BmSc, BmScConfig, Delivery};
use castkey::time::Tick;
use rand::rngs::SysRng;

use super::rows::{NafEntry, Row, RowId, Rows};
use crate::Outcome;
use crate::bsf::Bsf;
use crate::clock::Clock;
use crate::names::{self, Service};

/// What happened, for the figures and for the plays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Requests whose head was refused.
    pub(crate) refused: u64,
    /// Requests that came to the UPF.
    pub(crate) requests: u64,
    pub(crate) challenged: u64,
    /// MSK messages and pulls, the repetitions among them.
    pub(crate) datagrams: u64,
    pub(crate) repeated: u64,
    pub(crate) delivered: u64,
    pub(crate) undelivered: u64,
    /// Pushes that were queued and then not sent, because the user may not have the key any more.
    pub(crate) cancelled: u64,
    /// Datagrams that are no acknowledgement of anything.
    pub(crate) bad_datagrams: u64,
}

/// Something to be sent by and by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// The MSK that a granted request asked for.
    Granted(RowId, usize, MskName),
    /// The new MSK of the service.
    Changed(RowId, usize, MskName),
    /// A solicited pull.
    Pull(RowId, usize),
    /// Everybody was sent the new MSK.
    Distributed(GroupName),
}

pub(crate) struct Upf {
    pub(super) clock: Arc<Clock>,
    pub(super) bsf: Arc<Bsf>,
    pub(crate) screening: Screening<'static>,
    pub(super) digest: DigestServer,
    pub(super) config: UpfConfig,
    pub(super) role: BmSc<2>,
    pub(super) services: [Service; 2],
    pub(super) rows: Rows,
    pub(super) naf: HashMap<BTid, NafEntry>,
    pub(super) queue: VecDeque<Work>,
    /// When which delivery wants its timeout. An entry whose delivery has moved on is skipped.
    pub(super) due: BinaryHeap<Reverse<(u64, RowId, usize)>>,
    pub(super) mikey_port: u16,
    pub(super) out: Vec<(SocketAddr, Vec<u8>)>,
    /// While set, nothing leaves the queue.
    pub(crate) hold: bool,
    /// Requests are answered with 401 until the terminal has bootstrapped anew, as after a pull that forces it.
    pub(crate) force_bootstrap: Option<BTid>,
    /// Where multicast goes.
    pub(crate) multicast_to: Option<SocketAddr>,
    pub(crate) counts: Counts,
}

impl Upf {
    pub(super) fn new(clock: Arc<Clock>, bsf: Arc<Bsf>, mikey_port: u16, most_rows: usize) -> Outcome<Self> {
        let config = ServerConfig {
            algorithms: OfferedAlgorithms::Sha256ThenMd5,
            ..ServerConfig::new(names::naf(names::BM_SC)?)
        };
        let screening = Screening {
            catalogue: Catalogue::DEFAULT,
            fqdn: Some(config.fqdn.clone()),
            untrusted_assertion: UntrustedAssertion::default(),
        };
        // The carousel of MTK messages belongs to the user plane; here an MTK message goes out when something changes.
        let role = BmScConfig { carousel_ms: 3_600_000, switch_wait_ms: 20_000, ..MskDelivery::config() };
        let mut this = Self {
            digest: DigestServer::new(config, &mut SysRng)?,
            clock,
            bsf,
            screening,
            config: UpfConfig::default(),
            role: BmSc::with(role, RustCrypto),
            services: names::services()?,
            rows: Rows::new(most_rows),
            naf: HashMap::new(),
            queue: VecDeque::new(),
            due: BinaryHeap::new(),
            mikey_port,
            out: Vec::new(),
            hold: false,
            force_bootstrap: None,
            multicast_to: None,
            counts: Counts::default(),
        };
        for group in this.services.clone().map(|service| service.group) {
            this.open(group)?;
        }
        Ok(this)
    }

    pub(super) fn now(&self) -> Tick {
        self.clock.now()
    }

    /// Number of the service with this name.
    pub(super) fn service_of(&self, id: &ServiceId) -> Option<usize> {
        self.services.iter().position(|service| service.id == *id)
    }

    /// Number of the service to which a Key Group belongs.
    pub(super) fn service_of_group(&self, group: GroupName) -> Option<usize> {
        self.services.iter().position(|service| service.group == group)
    }

    /// Lets the context of this identity handle an event, and stores the row if it is new and has something to keep.
    pub(super) fn handle(
        &mut self, impu: &Impu, event: UpfEvent<'_>,
    ) -> Result<(Option<RowId>, Actions<UpfAction>), HttpRefusal> {
        let now = self.now();
        if let Some(id) = self.rows.of_impu(impu)
            && let Some(row) = self.rows.get_mut(id)
        {
            let actions = row.context.handle(event, &self.config, now)?;
            return Ok((Some(id), actions));
        }
        let mut row = Row::new(impu.clone());
        let actions = row.context.handle(event, &self.config, now)?;
        if row.context.is_empty() {
            return Ok((None, actions));
        }
        if self.rows.is_full() {
            return Err(HttpRefusal::UNAVAILABLE);
        }
        Ok((Some(self.rows.insert(row)), actions))
    }

    /// Forgets a row in which nothing is kept any more, with what the BSF said of its B-TIDs.
    pub(super) fn tidy(&mut self, id: RowId) {
        for btid in self.rows.remove_if_empty(id) {
            self.naf.remove(&btid);
        }
    }

    // What a play, or the load, may look at.

    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn naf_entries(&self) -> usize {
        self.naf.len()
    }

    pub(crate) fn row(&self, impu: &Impu) -> Option<&Row> {
        self.rows.get(self.rows.of_impu(impu)?)
    }

    /// How far the delivery of the MSK of a service to this identity is.
    pub(crate) fn delivery(&self, impu: &Impu, service: usize) -> Delivery {
        self.row(impu)
            .and_then(|row| row.deliveries.get(service))
            .map_or(Delivery::Idle, MskDelivery::delivery)
    }

    /// Rows whose delivery of this service is as far as this.
    pub(crate) fn delivered(&self, service: usize, far: Delivery) -> usize {
        let holds = |row: &&Row| row.deliveries.get(service).is_some_and(|d| d.delivery() == far);
        self.rows.iter().filter(holds).count()
    }

    /// The MSK of a service that is in use.
    pub(crate) fn current(&self, service: usize) -> Option<MskName> {
        let group = self.services.get(service)?.group;
        Some(self.role.current(group)?.name())
    }

    /// The MSK of a service that is being distributed, or else the one in use.
    pub(crate) fn newest(&self, service: usize) -> Option<MskName> {
        let group = self.services.get(service)?.group;
        self.role.next(group).map(MskEntry::name).or_else(|| self.current(service))
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }
}
