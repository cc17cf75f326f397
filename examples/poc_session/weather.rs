//! What becomes of SIP datagrams: some are lost, and a client that is out of reach neither gets nor sends any.

use core::net::SocketAddr;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sip::{Endpoint, Fate};

#[derive(Debug)]
struct Sky {
    rng: StdRng,
    loss: f64,
    out_of_reach: HashSet<SocketAddr>,
}

#[derive(Clone, Debug)]
pub(crate) struct Weather(Arc<Mutex<Sky>>);

impl Weather {
    pub(crate) fn new(loss: f64, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self(Arc::new(Mutex::new(Sky { rng, loss, out_of_reach: HashSet::new() })))
    }

    /// Everything that `endpoint` sends is exposed from now on.
    pub(crate) fn over(&self, endpoint: &mut Endpoint) {
        let (sky, own) = (Arc::clone(&self.0), endpoint.address());
        endpoint.set_filter(move |datagram| {
            let mut sky = sky.lock().unwrap_or_else(PoisonError::into_inner);
            let cut_off = sky.out_of_reach.contains(&own) || sky.out_of_reach.contains(&datagram.to);
            let loss = sky.loss;
            if cut_off || sky.rng.random_bool(loss) { Fate::Lose } else { Fate::Deliver }
        });
    }

    pub(crate) fn cut_off(&self, address: SocketAddr, cut_off: bool) {
        let mut sky = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cut_off {
            sky.out_of_reach.insert(address);
        } else {
            sky.out_of_reach.remove(&address);
        }
    }
}
