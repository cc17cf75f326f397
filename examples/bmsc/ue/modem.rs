//! The terminals' UDP socket. All terminals of the run sit behind one address, as behind one port of a test bench: an MSK
//! message finds its terminal by its IDr, the B-TID; an MTK message goes to all, as multicast does.

use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use castkey::ims::BTid;
use castkey::message::Incoming;
use castkey::settings::Settings;

use super::{Shared, lock};
use crate::Outcome;
use crate::clock::Clock;

struct Inner {
    by_btid: RwLock<HashMap<BTid, Shared>>,
    all: RwLock<Vec<Shared>>,
    /// Who is told that a terminal has something to do.
    busy: Mutex<Option<Sender<Shared>>>,
    stop: AtomicBool,
}

pub(crate) struct Modem {
    inner: Arc<Inner>,
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Modem {
    pub(crate) fn start(clock: Arc<Clock>) -> Outcome<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        // So that it looks at `stop` now and then.
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let inner = Arc::new(Inner {
            by_btid: RwLock::default(),
            all: RwLock::default(),
            busy: Mutex::new(None),
            stop: AtomicBool::new(false),
        });
        let listening = Arc::clone(&inner);
        let run = move || listening.listen(&socket, &clock);
        let thread = thread::Builder::new().name("modem".to_owned()).spawn(run)?;
        Ok(Self { inner, address, thread: Some(thread) })
    }

    /// From now on MTK messages reach this terminal.
    pub(crate) fn plug(&self, terminal: &Shared) {
        self.inner.all.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(terminal));
    }

    /// MSK messages to this B-TID are for this terminal.
    pub(crate) fn listen_for(&self, btid: &BTid, terminal: &Shared) {
        let mut map = self.inner.by_btid.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(btid.clone(), Arc::clone(terminal));
    }

    pub(crate) fn forget(&self, btid: &BTid) {
        self.inner.by_btid.write().unwrap_or_else(PoisonError::into_inner).remove(btid);
    }

    /// Terminals that get something to do are handed out here.
    pub(crate) fn tell(&self, busy: Option<Sender<Shared>>) {
        *self.inner.busy.lock().unwrap_or_else(PoisonError::into_inner) = busy;
    }
}

impl Inner {
    fn listen(&self, socket: &UdpSocket, clock: &Clock) {
        let mut buffer = [0; 2048];
        while !self.stop.load(Ordering::Relaxed) {
            let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
            let octets = buffer.get(..len).unwrap_or_default();
            for terminal in self.addressed(octets) {
                let mut held = lock(&terminal);
                for answer in held.hear(octets, clock.now()) {
                    // One that cannot be sent is one that was lost.
                    let _ = socket.send_to(&answer, from);
                }
                if held.todo.is_empty() {
                    continue;
                }
                drop(held);
                let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(busy) = &*busy {
                    let _ = busy.send(terminal);
                }
            }
        }
    }

    fn addressed(&self, octets: &[u8]) -> Vec<Shared> {
        match Incoming::decode(octets, None, &Settings::DEFAULT) {
            Ok(Incoming::Msk(message)) => {
                let btid =
                    core::str::from_utf8(message.muk_id().idr).ok().and_then(|idr| BTid::new(idr).ok());
                let map = self.by_btid.read().unwrap_or_else(PoisonError::into_inner);
                btid.and_then(|btid| map.get(&btid).cloned()).into_iter().collect()
            }
            Ok(Incoming::Mtk(_)) => self.all.read().unwrap_or_else(PoisonError::into_inner).clone(),
            _ => Vec::new(),
        }
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        self.inner.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
