//! A member of the simulated session: his row at the server, his client, and what has reached him.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use castkey::id::{Counter, Mki, MskId};
use castkey::keys::{KsNaf, Muk, MukId, MukOctets};
use castkey::poc::{Client, ClientAction, ClientConfig, ClientEvent, FollowerAction, Leg, Packet, srtcp_mki};
use castkey::role::User;
use castkey::secret::Secret;
use castkey::time::Tick;

/// What became of the packets that reached members.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) decrypted: u64,
    pub(crate) decrypted_after_hold: u64,
    /// Refused although MSK and MTK message had reached the member.
    pub(crate) lost_with_key: u64,
    /// Of an MSK that had not reached the member, or whose MTK message had not.
    pub(crate) without_key: u64,
    /// Heard by somebody who is out, and not opened.
    pub(crate) kept_out: u64,
    /// Opened by somebody who is out, under an MSK that had been in use when he went.
    pub(crate) read_before_switch: u64,
    /// Opened by somebody who is out, under any other MSK.
    pub(crate) leaked: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: &Self) {
        self.decrypted += other.decrypted;
        self.decrypted_after_hold += other.decrypted_after_hold;
        self.lost_with_key += other.lost_with_key;
        self.without_key += other.without_key;
        self.kept_out += other.kept_out;
        self.read_before_switch += other.read_before_switch;
        self.leaked += other.leaked;
    }
}

pub(crate) struct Member {
    idr: String,
    muk: Muk,
    pub(crate) leg: Leg,
    pub(crate) counter: Option<Counter>,
    pub(crate) client: Client,
    /// In the session, as far as he knows.
    pub(crate) inside: bool,
    /// Has left of his own accord, and hangs up. Who is expelled tries to read on.
    pub(crate) deaf: bool,
    /// The MSKs that had been in use when he was thrown out or left.
    pub(crate) entitled: HashSet<MskId>,
    reached: HashSet<Mki>,
    held: VecDeque<(Mki, Rc<[u8]>)>,
    pub(crate) invite: u64,
    pub(crate) count: Count,
}

impl Member {
    pub(crate) fn new(number: u32, run: u32, config: ClientConfig) -> Self {
        let mut ks = [run.to_le_bytes()[0]; 32];
        ks[..4].copy_from_slice(&number.to_be_bytes());
        let muk = || Muk::from_gba_me(&KsNaf::new(Secret::new(ks)), MukOctets::All);
        let idr = format!("user{number}.{run}@bsf.home1.net");
        let mut client = Client::new(config);
        client.bootstrapped(MukId { idi: b"pf.home1.net", idr: idr.as_bytes() }, muk()).unwrap();
        Self {
            idr,
            muk: muk(),
            leg: Leg::OUTSIDE,
            counter: None,
            client,
            inside: true,
            deaf: false,
            entitled: HashSet::new(),
            reached: HashSet::new(),
            held: VecDeque::new(),
            invite: 0,
            count: Count::default(),
        }
    }

    /// The row of this member beside its leg.
    pub(crate) fn user(&self) -> User<'_, Muk> {
        let id = MukId { idi: b"pf.home1.net", idr: self.idr.as_bytes() };
        User { id, muk: &self.muk, counter: self.counter }
    }

    /// An MTK message from the bearer. True when the client misses its MSK and asks.
    pub(crate) fn mikey(&mut self, octets: &[u8], mki: Mki, now: Tick) -> bool {
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        if self.client.msks().any(|name| name.id == mki.msk) {
            self.reached.insert(mki);
        }
        let Ok(actions) = self.client.handle(ClientEvent::Mikey(octets), now, &mut out) else { return false };
        let (mut ready, mut missed) = (false, false);
        for action in actions {
            ready |= matches!(action, ClientAction::Channel(FollowerAction::MtkReady(_)));
            missed |= matches!(action, ClientAction::Channel(FollowerAction::MissedKey(_)));
        }
        if ready {
            self.retry(now);
        }
        missed
    }

    /// What was held is tried again.
    pub(crate) fn retry(&mut self, now: Tick) {
        for (mki, octets) in core::mem::take(&mut self.held) {
            if self.client.mtk(mki).is_some() {
                self.count.decrypted_after_hold += 1;
                self.packet(&octets, now);
            } else {
                self.held.push_back((mki, octets));
            }
        }
    }

    /// A protected packet from the bearer, or an indication. True when the client misses its MSK and asks.
    pub(crate) fn packet(&mut self, octets: &Rc<[u8]>, now: Tick) -> bool {
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        let mki = srtcp_mki(octets).unwrap();
        let outcome = self.client.handle(ClientEvent::Mbcp(octets), now, &mut out);
        let mut missed = false;
        let mut opened = false;
        match outcome {
            Ok(actions) => {
                let mut verdict = None;
                for action in actions {
                    match action {
                        ClientAction::Mbcp(_) => opened = true,
                        ClientAction::Packet(packet) => verdict = Some(packet),
                        ClientAction::Channel(FollowerAction::MissedKey(_)) => missed = true,
                        _ => {}
                    }
                }
                match verdict {
                    None => {}
                    Some(Packet::Hold) => self.held.push_back((mki, Rc::clone(octets))),
                    Some(Packet::HoldInsteadOfOldest) => {
                        if let Some((oldest, _)) = self.held.pop_front() {
                            self.lose(oldest);
                        }
                        self.held.push_back((mki, Rc::clone(octets)));
                    }
                    Some(_) => self.lose(mki),
                }
            }
            Err(_) if !is_indication(octets) => self.lose(mki),
            Err(_) => {}
        }
        if opened {
            match (self.inside, self.entitled.contains(&mki.msk)) {
                (true, _) => self.count.decrypted += 1,
                (false, true) => self.count.read_before_switch += 1,
                (false, false) => self.count.leaked += 1,
            }
        }
        missed
    }

    fn lose(&mut self, mki: Mki) {
        if !self.inside {
            self.count.kept_out += 1;
        } else if self.reached.contains(&mki) {
            self.count.lost_with_key += 1;
        } else {
            self.count.without_key += 1;
        }
    }

    /// What is still held at the end was lost.
    pub(crate) fn finish(&mut self) {
        for (mki, _) in core::mem::take(&mut self.held) {
            self.lose(mki);
        }
    }
}

/// Indications bear the subtype 14 in the clear part of their header.
fn is_indication(octets: &[u8]) -> bool {
    octets[0] & 0x1F == 14
}
