//! A client that was expelled and does not accept it: it keeps every MTK that it ever had, and tries each of them on every
//! packet that it hears, whatever the packet's MKI says. (The MKI is not authenticated: RFC 3711 §3.1.)

use castkey::id::Mki;

use crate::srtp::{Receiver, mki_of, with_mki};

#[derive(Debug, Default)]
pub(crate) struct Intruder {
    keys: Vec<Mki>,
    out: bool,
    /// Tries on packets that name a key it does not have.
    pub(crate) tried: u64,
}

impl Intruder {
    pub(crate) const fn thrown_out(&mut self) {
        self.out = true;
    }

    pub(crate) const fn is_out(&self) -> bool {
        self.out
    }

    pub(crate) fn learn(&mut self, mki: Mki) {
        if !self.keys.contains(&mki) {
            self.keys.push(mki);
        }
    }

    /// Whether one of its keys opens a packet that names another.
    pub(crate) fn tries(&mut self, packet: &[u8], receiver: &mut Receiver) -> bool {
        if mki_of(packet).is_none_or(|mki| self.keys.contains(&mki)) {
            return false;
        }
        self.tried += self.keys.len() as u64;
        self.keys.iter().any(|mki| receiver.unprotect(&with_mki(packet, *mki)).is_ok())
    }
}
