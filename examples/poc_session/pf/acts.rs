//! What the server's machine wants done.

use castkey::crypto::RustCrypto;
use castkey::id::{MskName, MtkId};
use castkey::poc::{
    BearerMode, Indication, IndicationCoding, LegEvent, MAX_INDICATION_LEN, PocError, Refused, Server,
    ServerAction, SessionAction, SessionEvent, SessionUpdateElements, Unkeyed, UpdatedMsk,
};
use rand::rngs::SysRng;

use super::Pf;
use crate::Outcome;
use crate::clock::Now;
use crate::control::Frame;
use crate::sdp::Keys;
use crate::setting::{ACCESS, AREAS, QOE};
use crate::stage::Stage;

/// SSRC of the server as a sender of Media Burst Control.
const SSRC: u32 = 0x7066_0001;

impl Pf {
    pub(crate) fn session(&mut self, event: SessionEvent, now: Now, stage: &mut Stage) -> Outcome<()> {
        let actions = match self.server.handle(event, now.tick, &mut SysRng) {
            Ok(actions) => actions,
            // The session is over.
            Err(Refused::Poc(PocError::UnexpectedState)) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        stage.judge.in_use(self.server.session().active().id);
        for action in actions {
            self.wanted(action, now, stage)?;
        }
        Ok(())
    }

    pub(super) fn leg(&mut self, at: usize, event: LegEvent, now: Now, stage: &mut Stage) -> Outcome<()> {
        let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        let (mut leg, before) = (row.leg, row.leg.is_member());
        let handled = self.server.handle_leg(&mut leg, &row.user(), event, now.tick, &mut SysRng, &mut out);
        let actions = match handled {
            Ok(actions) => actions,
            // Something of somebody who is out meanwhile, or of a session that is over.
            Err(Refused::Poc(PocError::NotMember | PocError::UnexpectedState)) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        row.leg = leg;
        match (before, leg.is_member()) {
            (false, true) => {
                stage.judge.joined(at);
                (row.changed, row.standing) = (Some(now.tick), "joined");
            }
            (true, false) => {
                // What is offered from now on is not for him.
                stage.judge.went(at);
                row.changed = Some(now.tick);
            }
            _ => {}
        }
        let mut wanted = Vec::new();
        for action in actions {
            match action {
                ServerAction::SaveCounter(counter) => row.counter = Some(counter),
                ServerAction::DeliverMsk { current, updated } => {
                    row.offer = Some(Keys::own(current, updated))
                }
                ServerAction::Session(action) => wanted.push(action),
                _ => {}
            }
        }
        stage.judge.in_use(self.server.session().active().id);
        for action in wanted {
            self.wanted_of(at, action, now, stage)?;
        }
        Ok(())
    }

    /// What is wanted because of one member.
    fn wanted_of(&mut self, at: usize, action: SessionAction, now: Now, stage: &mut Stage) -> Outcome<()> {
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        let name = row.label();
        match action {
            SessionAction::Deliver => return self.leg(at, LegEvent::Deliver, now, stage),
            SessionAction::DeliverAt(then) => row.deliver_at = Some(then),
            SessionAction::Keyed(msk) => {
                (row.changed, row.standing) = (Some(now.tick), "keyed");
                if let Some(seen) = stage.judge.seen.get_mut(at) {
                    seen.keyed += 1;
                }
                // An offer may repeat the MSK in use.
                if self.server.session().coming() == Some(msk) || row.keyed != Some(msk) {
                    stage.note(now, format!("{name} is keyed with MSK {}", stage.letter(msk.id)));
                }
                row.keyed = Some(msk);
            }
            SessionAction::Unkeyed(reason) => {
                row.standing = "unkeyed";
                if let Some(seen) = stage.judge.seen.get_mut(at) {
                    seen.unkeyed += 1;
                    seen.timed_out += u64::from(reason == Unkeyed::Timeout);
                }
                stage.note(now, format!("{name} is reported Unkeyed({reason:?})"));
            }
            SessionAction::RemoveMember | SessionAction::EndSession => {
                row.standing = "out";
                let text = if action == SessionAction::EndSession {
                    "refused the keys: BYE"
                } else {
                    "is out of the session"
                };
                stage.note(now, format!("{name} {text}"));
                if let Some(dialog) = row.dialog {
                    let _ = self.endpoint.bye(dialog, now.instant);
                }
                self.forget_dialog(at);
            }
            SessionAction::Refuse(_) => self.turned_away += 1,
            action => return self.wanted(action, now, stage),
        }
        Ok(())
    }

    pub(super) fn forget_dialog(&mut self, at: usize) {
        if let Some(row) = self.rows.get_mut(at) {
            (row.dialog, row.offer, row.deliver_at) = (None, None, None);
        }
    }

    fn wanted(&mut self, action: SessionAction, now: Now, stage: &mut Stage) -> Outcome<()> {
        match action {
            SessionAction::Distribute(_) => self.everybody(LegEvent::Deliver, now, stage),
            SessionAction::Sweep => self.everybody(LegEvent::Timeout, now, stage),
            SessionAction::SessionUpdate(msk) => {
                stage.step(3, now, "Session Update Request to BCAST, with the MSK");
                stage.judge.made(msk.id);
                let frame = self.session_update(msk)?;
                self.tell(&frame)
            }
            SessionAction::SendIndication(indication) => self.indicate(&indication, now, stage),
            SessionAction::RollMtk => self.tell(&Frame::Roll),
            SessionAction::UpdateDone(msk) => {
                self.done += 1;
                stage.note(now, format!("the update to MSK {} is over", stage.letter(msk.id)));
                Ok(())
            }
            SessionAction::UpdateAborted(_) => {
                self.aborted += 1;
                stage.note(now, "an update is given up");
                Ok(())
            }
            SessionAction::ToBcast => self.forward(now, stage),
            SessionAction::ReleaseHeld => {
                while !self.held.is_empty() {
                    self.forward(now, stage)?;
                }
                Ok(())
            }
            SessionAction::DropMedia | SessionAction::NoBearer => {
                self.held.pop_back();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn everybody(&mut self, event: LegEvent, now: Now, stage: &mut Stage) -> Outcome<()> {
        for at in 0..self.rows.len() {
            if self.rows.get(at).is_some_and(|row| row.leg.is_member()) {
                self.leg(at, event, now, stage)?;
                self.flush(at, now, stage)?;
            }
        }
        Ok(())
    }

    fn forward(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        let Some(packet) = self.held.pop_front() else { return Ok(()) };
        stage.step(16, now, "the PF forwards it to BCAST, unchanged");
        let frame = match packet.as_slice() {
            [_, 192..=223, ..] => Frame::Mbcp(packet),
            _ => Frame::Media(packet),
        };
        self.tell(&frame)
    }

    fn indicate(&mut self, indication: &Indication, now: Now, stage: &mut Stage) -> Outcome<()> {
        stage.step(
            11,
            now,
            "everybody has answered or had his time, BCAST has stored: MSK Update indication to BCAST",
        );
        let mut octets = [0; MAX_INDICATION_LEN];
        let octets = IndicationCoding::DEFAULT.encode(SSRC, indication, &mut octets)?;
        self.tell(&Frame::Mbcp(octets.to_vec()))
    }

    fn session_update(&self, msk: MskName) -> Outcome<Frame> {
        let entry = self.server.msk(msk).ok_or("an MSK that is not held")?;
        let request = SessionUpdateElements {
            access_technology: Some(ACCESS),
            bearer: Some(BearerMode::Multicast),
            msk: Some(entry),
            areas: Some(&AREAS),
            qoe_profile: Some(QOE),
        }
        .build()?;
        let updated = UpdatedMsk {
            name: msk,
            msk: request.msk.msk().secret().duplicate(),
            rand: *request.msk.rand().ok_or("an MSK without RAND")?,
            seq_low: MtkId(0),
            seq_high: MtkId(0xFFFF),
            mtk: None,
        };
        Ok(Frame::Update {
            access: request.access_technology.to_owned(),
            broadcast: request.bearer == BearerMode::BroadcastWithCounting,
            msk: Some(updated),
            areas: request.areas.join(","),
            qoe: request.qoe_profile.to_owned(),
        })
    }
}
