//! The BM-SC on its sockets: one thread, a listener for everybody, one for the SCF, and a UDP socket for MIKEY.

mod answer;
mod http;
mod mikey;
mod naf;
mod requests;
mod rows;
mod upf;

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use castkey::ims::request::Peer;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::Outcome;
use crate::bsf::Bsf;
use crate::clock::Clock;

pub(crate) use rows::{INDEX_LEN, NafEntry, Row};
pub(crate) use upf::{Counts, Upf};

/// What the tasks of the server share.
pub(crate) struct Shared {
    upf: Mutex<Upf>,
    /// Something is to be sent.
    wake: Notify,
    stop: Notify,
}

impl Shared {
    pub(crate) fn upf(&self) -> MutexGuard<'_, Upf> {
        self.upf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running BM-SC; it stops when this is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    /// Where terminals come.
    pub(crate) public: SocketAddr,
    /// Where the SCF comes: stands for the side that NDS/IP protects (TS 33.210). What comes here is trusted, and keys are
    /// taken here only.
    pub(crate) protected: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a BM-SC. `mikey_port` is the UDP port of all terminals; `most_rows` bounds its memory.
    pub(crate) fn start(
        clock: Arc<Clock>, bsf: Arc<Bsf>, mikey_port: u16, most_rows: usize,
    ) -> Outcome<Self> {
        let upf = Upf::new(clock, bsf, mikey_port, most_rows)?;
        let shared = Arc::new(Shared { upf: Mutex::new(upf), wake: Notify::new(), stop: Notify::new() });
        let (public, protected) = (listen()?, listen()?);
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        udp.set_nonblocking(true)?;
        let (public_address, protected_address) = (public.local_addr()?, protected.local_addr()?);
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let tasks = Arc::clone(&shared);
        let thread = thread::Builder::new().name("bm-sc".to_owned()).spawn(move || {
            runtime.block_on(async {
                let run = || -> io::Result<()> {
                    http::accept(tokio::net::TcpListener::from_std(public)?, Peer::Untrusted, &tasks);
                    http::accept(tokio::net::TcpListener::from_std(protected)?, Peer::Trusted, &tasks);
                    mikey::start(tokio::net::UdpSocket::from_std(udp)?, &tasks);
                    Ok(())
                };
                match run() {
                    Ok(()) => tasks.stop.notified().await,
                    Err(e) => eprintln!("bmsc: {e}"),
                }
            });
            runtime.shutdown_timeout(Duration::from_millis(100));
        })?;
        Ok(Self { shared, public: public_address, protected: protected_address, thread: Some(thread) })
    }

    /// Looks at the BM-SC, or gives it an order of the operator.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Upf) -> T) -> T {
        let result = act(&mut self.shared.upf());
        self.shared.wake.notify_one();
        result
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
