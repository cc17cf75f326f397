//! The BCAST Service distribution behind its sockets: Session Updates from the server on one, the bearer on the other.
//!
//! The bearer is a copy of each datagram to each receiver, through a link that loses, duplicates and delays: receivers of
//! one multicast group on one machine would need sockets that share a port, which `std` does not open. It knows no member
//! list, as no bearer does. Who once listened goes on listening.

use core::net::SocketAddr;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::crypto::RustCrypto;
use castkey::id::{Mki, MskId};
use castkey::message::MtkMessage;
use castkey::poc::{
    Announced, BearerAction, BearerEvent, Distribution, DistributionAction, DistributionEvent,
    IndicationCoding, PocError, apps,
};
use rand::rngs::SysRng;

use crate::Outcome;
use crate::clock::Now;
use crate::control::{self, Frame};
use crate::link::{self, Kind, open_socket};
use crate::setting::{self, DOMAIN, GROUP_ADDRESS};
use crate::srtp::Source;
use crate::stage::Stage;

pub(crate) struct Bcast {
    distribution: Distribution,
    control: Rc<UdpSocket>,
    server: Option<SocketAddr>,
    bearer: Rc<UdpSocket>,
    pub(crate) receivers: Vec<SocketAddr>,
    source: Source,
    /// The key that `source` has.
    using: Option<Mki>,
    /// The MSK of the last MTK message.
    mtk_under: Option<MskId>,
    /// The transaction that is being answered.
    transaction: u32,
    /// While set, no copy of an indication reaches anybody.
    pub(crate) indications_lost: bool,
    pub(crate) indications_sent: u64,
}

impl Bcast {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self {
            distribution: Distribution::new(setting::distribution(), DOMAIN),
            control: open_socket()?,
            server: None,
            bearer: open_socket()?,
            receivers: Vec::new(),
            source: Source::new(),
            using: None,
            mtk_under: None,
            transaction: 0,
            indications_lost: false,
            indications_sent: 0,
        })
    }

    pub(crate) fn address(&self) -> Outcome<SocketAddr> {
        Ok(self.control.local_addr()?)
    }

    /// The MKI of what is sent now.
    pub(crate) fn mki(&self) -> Option<Mki> {
        self.distribution.traffic().ok().map(|(mki, _, _)| mki)
    }

    pub(crate) fn turn(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        for (from, octets) in link::receive(&self.control, 256) {
            self.server = Some(from);
            if let Some((transaction, frame)) = control::decode(&octets) {
                self.transaction = transaction;
                self.take(frame, now, stage)?;
            }
        }
        if self.distribution.bearer().deadline().is_some_and(|at| at <= now.tick) {
            self.handle(DistributionEvent::Bearer(BearerEvent::Timeout), now, stage)?;
        }
        Ok(())
    }

    fn take(&mut self, frame: Frame, now: Now, stage: &mut Stage) -> Outcome<()> {
        match frame {
            Frame::Update { msk, .. } => self.handle(DistributionEvent::SessionUpdate(msk), now, stage),
            Frame::Roll => self.handle(DistributionEvent::Bearer(BearerEvent::Roll), now, stage),
            Frame::Mbcp(octets) => match indication(&octets) {
                Some(indication) => {
                    let event = DistributionEvent::Bearer(BearerEvent::Indication(indication));
                    self.handle(event, now, stage)
                }
                None => self.mbcp(&octets, now, stage),
            },
            Frame::Media(packet) => self.media(packet, now, stage),
            _ => Ok(()),
        }
    }

    fn handle(&mut self, event: DistributionEvent, now: Now, stage: &mut Stage) -> Outcome<()> {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let actions = self.distribution.handle(event, now.tick, &mut SysRng, &mut out)?;
        for action in actions {
            match action {
                DistributionAction::MulticastMikey(octets) => {
                    self.note_mtk(octets, now, stage);
                    self.multicast(Kind::Mikey, octets, now, stage);
                }
                DistributionAction::MulticastMbcp(octets) => {
                    self.indications_sent += 1;
                    if !self.indications_lost {
                        self.multicast(Kind::Request, octets, now, stage);
                    }
                }
                DistributionAction::MtkRangeExhausted => self.answer(&Frame::Exhausted)?,
                DistributionAction::Bearer(action) => self.carry_out(action, now, stage)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The first message of an MTK under a new MSK is worth a line.
    fn note_mtk(&mut self, octets: &[u8], now: Now, stage: &mut Stage) {
        let message = MtkMessage::decode(octets, Some(DOMAIN), &castkey::Settings::DEFAULT);
        let Some(msk) = message.ok().map(|message| message.msk().id) else { return };
        if self.mtk_under.replace(msk) != Some(msk) {
            let letter = stage.letter(msk);
            stage.note(now, format!("BCAST sends the first MTK under MSK {letter}"));
        }
    }

    fn carry_out(&mut self, action: BearerAction, now: Now, stage: &mut Stage) -> Outcome<()> {
        match action {
            BearerAction::Stored(msk) => {
                stage.step(4, now, "BCAST has stored the MSK: Session Update Response");
                let media = format!("{GROUP_ADDRESS} RTP/SAVP 97");
                self.answer(&Frame::Stored { msk, media })
            }
            BearerAction::Refused(refusal) => {
                stage.note(now, format!("BCAST refuses a Session Update: {refusal:?}"));
                self.answer(&Frame::Rejected(PocError::MissingMsk.code()))
            }
            BearerAction::RejectIndication(seq, refusal) => {
                stage.note(now, format!("BCAST refuses an indication: {refusal:?}"));
                self.answer(&Frame::IndicationRejected(seq))
            }
            BearerAction::Acknowledge(_) => self.answer(&Frame::Acknowledged),
            BearerAction::UseMtk => {
                let (mki, mtk, salt) = self.distribution.traffic()?;
                self.source.use_key(mki, mtk, salt)?;
                if self.using.replace(mki).is_none() {
                    self.answer(&Frame::BearerUp)?;
                }
                Ok(())
            }
            BearerAction::Switched(msk) => {
                stage.note(
                    now,
                    format!("BCAST protects media by an MTK under MSK {} from now on", stage.letter(msk.id)),
                );
                stage.switched();
                self.answer(&Frame::Switched(msk))
            }
            _ => Ok(()),
        }
    }

    fn media(&mut self, packet: Vec<u8>, now: Now, stage: &mut Stage) -> Outcome<()> {
        let index =
            packet.get(12..).and_then(|speech| speech.first_chunk()).map(|index| u64::from_be_bytes(*index));
        let (Some((mki, packet)), Some(index)) = (self.source.protect(packet)?, index) else { return Ok(()) };
        stage.judge.sent(index, mki, now.tick);
        self.multicast(Kind::Media, &packet, now, stage);
        Ok(())
    }

    fn mbcp(&mut self, octets: &[u8], now: Now, stage: &mut Stage) -> Outcome<()> {
        let mut out = [0; 512];
        match self.distribution.protect_mbcp(octets, &mut out) {
            Ok(octets) => {
                let octets = octets.to_vec();
                self.multicast(Kind::Media, &octets, now, stage);
                Ok(())
            }
            Err(PocError::NoMtk) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn multicast(&self, kind: Kind, octets: &[u8], now: Now, stage: &mut Stage) {
        for receiver in &self.receivers {
            stage.link.send(kind, &self.bearer, *receiver, octets, now.tick);
        }
    }

    fn answer(&self, frame: &Frame) -> Outcome<()> {
        if let Some(server) = self.server {
            self.control.send_to(&control::encode(self.transaction, frame), server)?;
        }
        Ok(())
    }
}

/// The indication in a datagram from the server.
fn indication(octets: &[u8]) -> Option<castkey::poc::Indication> {
    let app = apps(octets).next()?.ok()?;
    match IndicationCoding::DEFAULT.decode(&app).ok()?? {
        Announced::Explicit(indication) => Some(indication),
        Announced::Pending => None,
    }
}
