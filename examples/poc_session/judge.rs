//! The judge. It sees what is sent over the bearer and what each client makes of it, and decides at the end.
//!
//! *Closed*: a packet is closed to somebody who is out, unless its MSK had been in use when he went: until the switch he
//! reads on, and no key management can prevent that.
//!
//! *Sent the key*: the MSK of a packet reached the client in an offer that he accepted, and then an MTK message under it.
//! A member who gets a packet after that, or while it waits in his queue, must read it. A packet whose keys had not
//! reached him is counted apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use castkey::id::{Mki, MskId};
use castkey::time::Tick;

/// What became of a packet at a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Waiting,
    Read {
        waited: bool,
        closed: bool,
    },
    Lost {
        had_key: bool,
    },
    /// Not opened by somebody who is out.
    KeptOut,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Tick,
    pub(crate) mki: Mki,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    member: bool,
    /// MSKs that had been in use when he went.
    open: HashSet<MskId>,
    reached: HashSet<Mki>,
    pub(crate) fates: BTreeMap<u64, Fate>,
    pub(crate) control_read: u64,
    pub(crate) control_closed_read: u64,
    pub(crate) keyed: u64,
    pub(crate) timed_out: u64,
    pub(crate) unkeyed: u64,
    pub(crate) removed: u64,
    pub(crate) joined: u64,
}

#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) sent: BTreeMap<u64, Sent>,
    by_sequence: HashMap<u16, u64>,
    /// MSKs in the order in which they came into use.
    msks: Vec<MskId>,
    /// MSKs in the order in which they were made.
    made: Vec<MskId>,
    pub(crate) seen: Vec<Seen>,
}

impl Judge {
    pub(crate) fn new(clients: usize) -> Self {
        let seen = (0..clients).map(|_| Seen::default()).collect();
        Self { sent: BTreeMap::new(), by_sequence: HashMap::new(), msks: Vec::new(), made: Vec::new(), seen }
    }

    /// The session has this MSK in use.
    pub(crate) fn in_use(&mut self, msk: MskId) {
        if !self.msks.contains(&msk) {
            self.msks.push(msk);
        }
    }

    /// The server has made this MSK.
    pub(crate) fn made(&mut self, msk: MskId) {
        if !self.made.contains(&msk) {
            self.made.push(msk);
        }
    }

    /// The MSKs that were in use.
    pub(crate) fn msks(&self) -> &[MskId] {
        &self.msks
    }

    /// The letter of an MSK; `?` for one that the server has not made.
    pub(crate) fn letter(&self, msk: MskId) -> char {
        let at = self.made.iter().position(|other| *other == msk);
        at.and_then(|at| u8::try_from(at).ok()).map_or('?', |at| char::from(b'A'.saturating_add(at.min(25))))
    }

    pub(crate) fn sent(&mut self, index: u64, mki: Mki, at: Tick) {
        let [.., high, low] = index.to_be_bytes();
        self.by_sequence.insert(u16::from_be_bytes([high, low]), index);
        self.sent.insert(index, Sent { at, mki });
    }

    /// The packet with this RTP sequence number.
    pub(crate) fn index_of(&self, sequence: u16) -> Option<u64> {
        self.by_sequence.get(&sequence).copied()
    }

    pub(crate) fn is_member(&self, client: usize) -> bool {
        self.seen.get(client).is_some_and(|seen| seen.member)
    }

    pub(crate) fn joined(&mut self, client: usize) {
        if let Some(seen) = self.seen.get_mut(client) {
            (seen.member, seen.joined) = (true, seen.joined + 1);
        }
    }

    pub(crate) fn went(&mut self, client: usize) {
        let open = self.msks.iter().copied().collect();
        if let Some(seen) = self.seen.get_mut(client) {
            (seen.member, seen.open, seen.removed) = (false, open, seen.removed + 1);
        }
    }

    /// An MTK message reached a client who holds its MSK.
    pub(crate) fn reached(&mut self, client: usize, mki: Mki) {
        if let Some(seen) = self.seen.get_mut(client) {
            seen.reached.insert(mki);
        }
    }

    pub(crate) fn waits(&mut self, client: usize, index: u64) {
        self.settle(client, index, |seen, _| {
            matches!(seen, None | Some(Fate::Waiting)).then_some(Fate::Waiting)
        });
    }

    /// A client does without a packet. A copy of one that was read does not count.
    pub(crate) fn lost(&mut self, client: usize, index: u64) {
        self.settle(client, index, |before, who| match before {
            Some(Fate::Read { .. }) => None,
            _ if who.closed || !who.member => Some(Fate::KeptOut),
            _ => Some(Fate::Lost { had_key: who.had_key }),
        });
    }

    pub(crate) fn read(&mut self, client: usize, index: u64) {
        self.settle(client, index, |before, who| {
            let waited = before == Some(Fate::Waiting);
            Some(Fate::Read { waited, closed: who.closed })
        });
    }

    /// A Media Burst Control datagram was read.
    pub(crate) fn control_read(&mut self, client: usize, mki: Mki) {
        if let Some(seen) = self.seen.get_mut(client) {
            seen.control_read += 1;
            seen.control_closed_read += u64::from(!seen.member && !seen.open.contains(&mki.msk));
        }
    }

    fn settle(
        &mut self, client: usize, index: u64, fate: impl FnOnce(Option<Fate>, Standing) -> Option<Fate>,
    ) {
        let Some(Sent { mki, .. }) = self.sent.get(&index) else { return };
        let Some(seen) = self.seen.get_mut(client) else { return };
        let who = Standing {
            member: seen.member,
            closed: !seen.member && !seen.open.contains(&mki.msk),
            had_key: seen.reached.contains(mki),
        };
        if let Some(fate) = fate(seen.fates.get(&index).copied(), who) {
            seen.fates.insert(index, fate);
        }
    }

    /// Whether the client read a packet under this MSK.
    pub(crate) fn reads_under(&self, client: usize, msk: MskId) -> bool {
        let Some(seen) = self.seen.get(client) else { return false };
        let under = |index: &u64| self.sent.get(index).is_some_and(|sent| sent.mki.msk == msk);
        seen.fates.iter().any(|(index, fate)| matches!(fate, Fate::Read { .. }) && under(index))
    }
}

/// How a client stands to a packet.
#[derive(Clone, Copy)]
struct Standing {
    member: bool,
    closed: bool,
    had_key: bool,
}
