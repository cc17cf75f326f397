//! The judge. It sees every datagram that is sent and every one that is accepted, and decides at the end.
//!
//! *Entitled*: a terminal is entitled to a packet when it was on the member list at the moment the MSK of the packet's
//! MKI was distributed. (That list is what expulsion changes; while the old MTK is still in use, the expelled terminal
//! goes on reading, and no key management can prevent that.)
//!
//! *Held the key*: the terminal had verified the MTK of the packet's MKI before the packet came, or while the packet
//! waited for it in the terminal's queue of 16.
//!
//! The run fails when
//! - a packet that a terminal received, was entitled to and held the key of was not decrypted;
//! - a terminal decrypted a packet it was not entitled to;
//! - anybody accepted the same octets twice, MIKEY or SRTP, or octets that nobody but the attacker had sent.
//!
//! A packet that a terminal received and was entitled to, but whose key it did not hold in time because the link lost
//! the key, is counted on its own and is no failure. When the link lost a packet, the attacker's copy of it is no replay to the
//! terminal; such packets are counted apart, and never make up for one that came and was not decrypted.

use std::collections::{HashMap, HashSet};

use castkey::id::{Mki, MskId};

/// A media packet of the BM-SC.
#[derive(Clone, Copy, Debug)]
struct Packet {
    index: u64,
    mki: Mki,
}

/// What became of a packet at a terminal.
#[derive(Clone, Copy, Debug)]
struct Fate {
    mki: Mki,
    held: bool,
    decrypted: bool,
    /// Decrypted from the attacker's copy, before any other came.
    from_attacker: bool,
    came: bool,
}

#[derive(Debug, Default)]
struct Seen {
    fates: HashMap<u64, Fate>,
    accepted: HashSet<Vec<u8>>,
    held: HashSet<Mki>,
    refused: u64,
    replays: u64,
    forged: u64,
    /// Packets decrypted from the attacker's copy although the original had come under a held key.
    late: u64,
}

/// The result of one terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Different media packets that came.
    pub(crate) received: u64,
    pub(crate) decrypted: u64,
    /// Packets read from the attacker's copy, because the link had lost the original.
    pub(crate) from_attacker: u64,
    /// Datagrams refused: copies, replays, forgeries, packets without a key.
    pub(crate) refused: u64,
    pub(crate) lost_with_key: u64,
    pub(crate) lost_without_key: u64,
    /// Packets that a terminal not entitled to them received, and read.
    pub(crate) not_entitled: u64,
    pub(crate) read_unentitled: u64,
    pub(crate) replays_accepted: u64,
    pub(crate) forgeries_accepted: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sent: HashSet<Vec<u8>>,
    packets: HashMap<Vec<u8>, Packet>,
    members: HashMap<MskId, HashSet<usize>>,
    expelled: HashSet<usize>,
    seen: HashMap<usize, Seen>,
    server: Seen,
}

/// Who accepted something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Party {
    Server,
    Ue(usize),
}

impl Ledger {
    /// The script threw this terminal out. Told apart from the BM-SC's list, so that the list is judged too.
    pub(crate) fn expelled(&mut self, ue: usize) {
        self.expelled.insert(ue);
    }

    pub(crate) fn distributed(&mut self, msk: MskId, mut members: HashSet<usize>) {
        members.retain(|ue| !self.expelled.contains(ue));
        self.members.insert(msk, members);
    }

    pub(crate) fn sent(&mut self, octets: &[u8]) {
        self.sent.insert(octets.to_vec());
    }

    pub(crate) fn sent_media(&mut self, octets: &[u8], index: u64, mki: Mki) {
        self.packets.insert(octets.to_vec(), Packet { index, mki });
    }

    pub(crate) fn media_sent(&self) -> usize {
        self.packets.len()
    }

    pub(crate) fn holds(&mut self, ue: usize, mki: Mki) {
        self.seen.entry(ue).or_default().held.insert(mki);
    }

    /// A datagram came from the link (not from the attacker).
    pub(crate) fn arrived(&mut self, ue: usize, octets: &[u8]) {
        let Some(Packet { index, mki }) = self.packets.get(octets).copied() else { return };
        let seen = self.seen.entry(ue).or_default();
        let held = seen.held.contains(&mki);
        let new = Fate { mki, held, decrypted: false, from_attacker: false, came: false };
        seen.fates.entry(index).or_insert(new).came = true;
    }

    /// The key of a waiting packet came.
    pub(crate) fn key_came(&mut self, ue: usize, octets: &[u8]) {
        let Some(Packet { index, .. }) = self.packets.get(octets) else { return };
        if let Some(fate) = self.seen.entry(ue).or_default().fates.get_mut(index) {
            fate.held = true;
        }
    }

    pub(crate) fn refused(&mut self, who: Party) {
        self.seen(who).refused += 1;
    }

    /// A MIKEY message, or an acknowledgement at the server, changed something.
    pub(crate) fn accepted(&mut self, who: Party, octets: &[u8]) {
        let genuine = self.sent.contains(octets);
        let seen = self.seen(who);
        if !genuine {
            seen.forged += 1;
        } else if !seen.accepted.insert(octets.to_vec()) {
            seen.replays += 1;
        }
    }

    /// `octets` were decrypted to the speech of the packet `says`.
    pub(crate) fn decrypted(&mut self, ue: usize, octets: &[u8], says: Option<u64>, hostile: bool) {
        let packet = self.packets.get(octets).copied();
        let seen = self.seen.entry(ue).or_default();
        match packet.filter(|packet| Some(packet.index) == says) {
            None => seen.forged += 1,
            Some(Packet { index, mki }) => {
                let new = Fate { mki, held: true, decrypted: false, from_attacker: false, came: false };
                let fate = seen.fates.entry(index).or_insert(new);
                seen.replays += u64::from(fate.decrypted || fate.from_attacker);
                // Whoever decrypts only the attacker's copy of a packet that came before has lost that packet.
                let missed = hostile && fate.came && fate.held && !fate.decrypted;
                seen.late += u64::from(missed);
                if hostile {
                    fate.from_attacker = true;
                } else {
                    fate.decrypted = true;
                }
            }
        }
    }

    fn seen(&mut self, who: Party) -> &mut Seen {
        match who {
            Party::Server => &mut self.server,
            Party::Ue(ue) => self.seen.entry(ue).or_default(),
        }
    }

    /// Replays and forgeries that the server accepted.
    pub(crate) const fn server_fooled(&self) -> u64 {
        self.server.replays + self.server.forged
    }

    pub(crate) fn tally(&self, ue: usize) -> Tally {
        let mut tally = Tally::default();
        let Some(seen) = self.seen.get(&ue) else { return tally };
        for fate in seen.fates.values() {
            let entitled = self.members.get(&fate.mki.msk).is_some_and(|members| members.contains(&ue));
            tally.received += u64::from(fate.came);
            tally.decrypted += u64::from(fate.decrypted);
            tally.from_attacker += u64::from(fate.from_attacker);
            tally.not_entitled += u64::from(!entitled && fate.came);
            let lost = entitled && fate.came && !fate.decrypted;
            tally.read_unentitled += u64::from(!entitled && (fate.decrypted || fate.from_attacker));
            tally.lost_without_key += u64::from(lost && !fate.held);
            // Read from the attacker's copy before it came, it is a replay when it comes.
            tally.lost_with_key += u64::from(lost && fate.held && !fate.from_attacker);
        }
        tally.lost_with_key += seen.late;
        tally.refused = seen.refused;
        tally.replays_accepted = seen.replays;
        tally.forgeries_accepted = seen.forged;
        tally
    }
}
