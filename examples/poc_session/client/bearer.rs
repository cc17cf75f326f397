//! What a client makes of the bearer: MTK messages, Media Burst Control, media.

use castkey::id::Mki;
use castkey::keys::Muk;
use castkey::message::MtkMessage;
use castkey::poc::{Client, ClientAction, ClientEvent, FollowerAction, Packet, srtcp_mki};

use super::Terminal;
use crate::clock::Now;
use crate::setting::DOMAIN;
use crate::srtp::{self, speech};
use crate::stage::Stage;

impl Terminal {
    /// A datagram from the bearer: MIKEY begins with its version 1, RTP and RTCP with version 2 in two bits.
    pub(super) fn hear(&mut self, octets: &[u8], now: Now, stage: &mut Stage) {
        match octets {
            [1, ..] => self.hear_mikey(octets, now, stage),
            [0x80..=0xBF, 192..=223, ..] => self.hear_mbcp(octets, now, stage),
            [0x80..=0xBF, ..] => self.hear_media(octets, now, stage),
            _ => {}
        }
    }

    fn hear_mikey(&mut self, octets: &[u8], now: Now, stage: &mut Stage) {
        if let Ok(message) = MtkMessage::decode(octets, Some(DOMAIN), &castkey::Settings::DEFAULT)
            && self.client.msks().any(|held| held == message.msk())
        {
            stage.judge.reached(self.id, Mki::new(message.msk().id, message.mtk()));
        }
        self.bearer_event(ClientEvent::Mikey(octets), now, stage);
        self.retry(now, stage);
    }

    fn hear_mbcp(&mut self, octets: &[u8], now: Now, stage: &mut Stage) {
        if self.bearer_event(ClientEvent::Mbcp(octets), now, stage)
            && let Ok(mki) = srtcp_mki(octets)
        {
            stage.judge.control_read(self.id, mki);
        }
    }

    fn hear_media(&mut self, packet: &[u8], now: Now, stage: &mut Stage) {
        let Some(index) = index_of(packet, stage) else { return };
        let Some(mki) = srtp::mki_of(packet) else { return };
        if let Some(intruder) = &mut self.intruder
            && intruder.is_out()
            && intruder.tries(packet, &mut self.receiver)
        {
            stage.judge.read(self.id, index);
        }
        let mut out = [0; 1];
        let verdict = match self.client.handle(ClientEvent::Packet(Some(mki)), now.tick, &mut out) {
            Ok(actions) => {
                let mut verdict = None;
                for action in actions {
                    match action {
                        ClientAction::Packet(packet) => verdict = Some(packet),
                        ClientAction::Channel(action) => self.follow(action, "a packet", now, stage),
                        _ => {}
                    }
                }
                verdict
            }
            Err(_) => None,
        };
        match verdict {
            Some(Packet::Accept) => self.open(packet, mki, index, now, stage),
            Some(Packet::Hold) => self.hold(mki, packet, index, stage),
            Some(Packet::HoldInsteadOfOldest) => {
                if let Some((_, oldest)) = self.waiting.pop_front()
                    && let Some(index) = index_of(&oldest, stage)
                {
                    stage.judge.lost(self.id, index);
                }
                self.hold(mki, packet, index, stage);
            }
            _ => stage.judge.lost(self.id, index),
        }
    }

    fn hold(&mut self, mki: Mki, packet: &[u8], index: u64, stage: &mut Stage) {
        stage.judge.waits(self.id, index);
        self.waiting.push_back((mki, packet.to_vec()));
    }

    fn open(&mut self, packet: &[u8], mki: Mki, index: u64, now: Now, stage: &mut Stage) {
        let Some((mtk, salt)) = self.client.mtk(mki) else { return stage.judge.lost(self.id, index) };
        let opened = match self.receiver.add_key(mki, mtk, salt) {
            Ok(()) => self.receiver.unprotect(packet).ok(),
            Err(_) => None,
        };
        if opened.is_some_and(|said| said == speech(index)) {
            stage.judge.read(self.id, index);
            stage.step(17, now, &format!("{} reads media under MSK {}", self.label, stage.letter(mki.msk)));
        } else {
            // A copy that comes again is refused; the judge knows that it was read.
            stage.judge.lost(self.id, index);
        }
    }

    /// What waits is tried again.
    pub(super) fn retry(&mut self, now: Now, stage: &mut Stage) {
        for (mki, packet) in core::mem::take(&mut self.waiting) {
            if self.client.mtk(mki).is_none() {
                self.waiting.push_back((mki, packet));
            } else if let Some(index) = index_of(&packet, stage) {
                self.open(&packet, mki, index, now, stage);
            }
        }
    }

    /// What still waits at the end is lost.
    pub(crate) fn finish(&mut self, stage: &mut Stage) {
        for (_, packet) in core::mem::take(&mut self.waiting) {
            if let Some(index) = index_of(&packet, stage) {
                stage.judge.lost(self.id, index);
            }
        }
    }

    /// Whether Media Burst Control for the user came of it.
    pub(super) fn bearer_event(&mut self, event: ClientEvent<'_>, now: Now, stage: &mut Stage) -> bool {
        let cause = match event {
            ClientEvent::Mbcp(_) => "the indication",
            ClientEvent::Mikey(_) => "an MTK message",
            _ => "a timer",
        };
        let mut out = vec![0; Client::<Muk>::MAX_OUT_LEN];
        let mut heard = false;
        // What cannot be opened is counted by the client and otherwise ignored.
        if let Ok(actions) = self.client.handle(event, now.tick, &mut out) {
            for action in actions {
                match action {
                    ClientAction::Mbcp(_) => heard = true,
                    ClientAction::Channel(action) => self.follow(action, cause, now, stage),
                    _ => {}
                }
            }
        }
        heard
    }

    pub(super) fn follow(&mut self, action: FollowerAction, cause: &str, now: Now, stage: &mut Stage) {
        match action {
            FollowerAction::Activated(msk) => {
                let letter = stage.letter(msk.id);
                let step = if self.id == 0 { 12 } else { 13 };
                if cause == "the indication" {
                    stage.step(
                        step,
                        now,
                        &format!("the indication reaches {} under the old MSK", self.label),
                    );
                }
                stage.note(now, format!("{} switches to MSK {letter} by {cause}", self.label));
            }
            FollowerAction::MissedKey(_) if !self.is_out() => {
                stage.note(
                    now,
                    format!("{} misses an MSK that the bearer names, and asks for it", self.label),
                );
                self.asks = true;
            }
            FollowerAction::MtkReady(mki) => {
                if let Some(((mtk, salt), intruder)) = self.client.mtk(mki).zip(self.intruder.as_mut()) {
                    intruder.learn(mki);
                    let _ = self.receiver.add_key(mki, mtk, salt);
                }
            }
            _ => {}
        }
    }
}

fn index_of(packet: &[u8], stage: &Stage) -> Option<u64> {
    match packet {
        [_, _, high, low, ..] => stage.judge.index_of(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}
