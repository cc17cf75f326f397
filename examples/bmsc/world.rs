//! What a part of the run happens in: BM-SC, BSF, the terminals' modem, the subscriptions, the clock.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use castkey::ims::{Impu, ServiceId};

use crate::Outcome;
use crate::bsf::Bsf;
use crate::cli::Args;
use crate::clock::Clock;
use crate::server::Server;
use crate::ue::Modem;

pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) bsf: Arc<Bsf>,
    pub(crate) modem: Modem,
    pub(crate) server: Server,
    /// Who may have what, as the SCF's subscription data say.
    subscriptions: Mutex<HashSet<(Impu, ServiceId)>>,
}

impl World {
    pub(crate) fn start(args: &Args) -> Outcome<Self> {
        let (clock, bsf) = (Arc::new(Clock::start()), Arc::new(Bsf::default()));
        let modem = Modem::start(Arc::clone(&clock))?;
        let most_rows = usize::try_from(args.ues)?;
        let server =
            Server::start(Arc::clone(&clock), Arc::clone(&bsf), modem.address.port(), most_rows.max(16))?;
        server.with(|upf| upf.multicast_to = Some(modem.address));
        Ok(Self { clock, bsf, modem, server, subscriptions: Mutex::default() })
    }

    pub(crate) fn subscribe(&self, impu: &Impu, service: &ServiceId) {
        let mut table = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert((impu.clone(), service.clone()));
    }

    pub(crate) fn is_subscribed(&self, impu: &Impu, service: &ServiceId) -> bool {
        let table = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        table.contains(&(impu.clone(), service.clone()))
    }

    /// Time passes without anybody waiting for it.
    pub(crate) fn skip(&self, millis: u64) {
        self.clock.skip(millis);
        // So that the BM-SC looks at its deadlines.
        self.server.with(|_| ());
    }
}
