//! The distribution, and what others put on its bearer.

use std::rc::Rc;

use castkey::crypto::RustCrypto;
use castkey::id::{Mki, MtkId};
use castkey::poc::{
    BearerAction, BearerEvent, ClientEvent, Distribution, DistributionAction, DistributionEvent, Indication,
    IndicationCoding, MbcpMessage, SessionEvent, SrtcpKeys, SrtcpSender, UpdateSeq,
};

use super::air::Parcel;
use super::{Channel, DOMAIN, MEMBERS, armed_is_deadline};
use crate::choice::Choices;

impl Channel {
    pub(super) fn bearer_event(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        match choices.below(6)? {
            0 => self.bearer(DistributionEvent::Bearer(BearerEvent::Abort)),
            1 => self.bearer(DistributionEvent::Bearer(BearerEvent::Roll)),
            2 => self.bearer(DistributionEvent::SessionUpdate(None)),
            3 => {
                let indication = self.some_indication(choices)?;
                // The distribution believes the server, who would not announce what it has not come to use.
                if self.used.contains(&indication.new) {
                    self.bearer(DistributionEvent::Bearer(BearerEvent::Indication(indication)));
                }
            }
            _ => {
                let (mut plain, mut out) = ([0; 64], [0; 128]);
                let plain = MbcpMessage::Idle.encode(7, &mut plain).unwrap();
                if let Ok(octets) = self.distribution.protect_mbcp(plain, &mut out) {
                    let octets = Rc::from(octets);
                    self.multicast(|to| Parcel::Mbcp { to, octets: Rc::clone(&octets) });
                }
            }
        }
        Some(())
    }

    pub(super) fn client_event(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let (kind, at) = (choices.below(6)?, usize::from(choices.below(MEMBERS)?));
        match kind {
            0 => self.client(at, ClientEvent::Negotiate),
            1 => self.client(at, ClientEvent::Bye),
            2 => self.client(at, ClientEvent::Packet(None)),
            3 => {
                let (octets, mbcp) = (choices.slice()?, choices.below(2)? == 1);
                let event = if mbcp { ClientEvent::Mbcp(octets) } else { ClientEvent::Mikey(octets) };
                self.client(at, event);
            }
            _ => {
                let (msk, mtk) = (self.some_msk(choices)?, MtkId(choices.below(4)?.into()));
                self.client(at, ClientEvent::Packet(Some(Mki::new(msk, mtk))));
            }
        }
        Some(())
    }

    fn some_indication(&self, choices: &mut Choices<'_>) -> Option<Indication> {
        let (old, new, ahead) = (self.some_msk(choices)?, self.some_msk(choices)?, choices.below(4)?);
        Some(Indication {
            domain: DOMAIN,
            old,
            new,
            seq: UpdateSeq(self.server.session().seq().0.wrapping_add(ahead.into())),
            first_mtk: None,
            overlap_s: choices.octet().map(u16::from).filter(|overlap_s| *overlap_s <= 60),
            channel: None,
        })
    }

    /// Whoever was in the session knows the MTK of the traffic, and can say whatever he likes under it.
    pub(super) fn forge(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let (indication, index) = (self.some_indication(choices)?, choices.u16()?);
        let Ok((mki, mtk, salt)) = self.distribution.traffic() else { return Some(()) };
        let keys = SrtcpKeys::derive(RustCrypto, mtk, salt);
        let (mut plain, mut out) = ([0; 64], [0; 128]);
        let Ok(plain) = IndicationCoding::DEFAULT.encode(0, &indication, &mut plain) else { return Some(()) };
        let mut sender = SrtcpSender::resume(index.into(), Some(mki));
        let octets: Rc<[u8]> = sender.protect(&keys, mki, plain, &mut out).unwrap().into();
        self.multicast(|to| Parcel::Mbcp { to, octets: Rc::clone(&octets) });
        Some(())
    }

    pub(super) fn bearer(&mut self, event: DistributionEvent) {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let (before, armed) = (*self.distribution.bearer(), self.distribution.bearer().deadline());
        let traffic = |distribution: &Distribution| distribution.traffic().ok().map(|(mki, ..)| mki);
        let mki = traffic(&self.distribution);
        let Ok(actions) = self.distribution.handle(event, self.now, &mut self.rng, &mut out) else {
            assert_eq!(*self.distribution.bearer(), before, "a refused event changed the distribution");
            assert_eq!(traffic(&self.distribution), mki, "a refused event changed the traffic");
            return;
        };
        let mut arm = None;
        for action in actions {
            match action {
                DistributionAction::MulticastMikey(octets) => {
                    let octets = Rc::from(octets);
                    self.multicast(|to| Parcel::Mikey { to, octets: Rc::clone(&octets) });
                }
                DistributionAction::MulticastMbcp(octets) => {
                    let octets = Rc::from(octets);
                    self.multicast(|to| Parcel::Mbcp { to, octets: Rc::clone(&octets) });
                }
                DistributionAction::Bearer(action) => match action {
                    BearerAction::ArmTimer(at) => arm = Some(at),
                    BearerAction::Stored(name) => {
                        self.air.push(Parcel::ToSession(SessionEvent::BcastStored(name)));
                    }
                    BearerAction::Refused(_) => {
                        self.air.push(Parcel::ToSession(SessionEvent::BcastRejected));
                    }
                    BearerAction::RejectIndication(seq, _) => {
                        self.air.push(Parcel::ToSession(SessionEvent::IndicationRejected(seq)));
                    }
                    BearerAction::Switched(name) => {
                        self.air.push(Parcel::ToSession(SessionEvent::BcastSwitched(name)));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        armed_is_deadline(arm, armed, self.distribution.bearer().deadline());
        let after = traffic(&self.distribution).map(|mki| mki.msk);
        if self.traffic.is_some() && after != self.traffic {
            assert!(before.is_announcing(), "the traffic left {:?} without an indication", self.traffic);
        }
        self.traffic = after;
    }
}
