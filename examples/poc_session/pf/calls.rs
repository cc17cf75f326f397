//! What comes over SIP.

use core::net::SocketAddr;

use castkey::keys::{KsNaf, Muk, MukOctets};
use castkey::poc::{Confirm, Confirmation, Failure, LegEvent, PolicyEvent, SessionEvent};
use castkey::secret::Secret;
use rand::TryRng;
use rand::rngs::SysRng;

use super::{Pf, Row};
use crate::Outcome;
use crate::clock::Now;
use crate::sdp::{self, Author, Keys};
use crate::sip::{Cause, DialogId, Event, Payload, RequestId, SipError};
use crate::stage::Stage;

/// Users of a session that is open to anybody.
const MOST_USERS: usize = 1_000;

impl Pf {
    pub(super) fn take(&mut self, event: Event, now: Now, stage: &mut Stage) -> Outcome<()> {
        match event {
            Event::Invited { dialog, request, payload, .. } => {
                self.invited(dialog, request, &payload, now, stage)
            }
            Event::Reinvited { dialog, request, .. } => {
                let Some(at) = self.row_of(dialog) else { return Ok(()) };
                let answer = self.describe(at, &Keys::NONE)?;
                self.acknowledged.insert(request, (dialog, LegEvent::Requested));
                Ok(self.endpoint.answer(request, 200, &answer, now.instant)?)
            }
            Event::Acknowledged { dialog, request } => {
                let (Some((_, event)), Some(at)) = (self.acknowledged.remove(&request), self.row_of(dialog))
                else {
                    return Ok(());
                };
                // Who calls again while he is thought to be here has lost his keys.
                let here = self.rows.get(at).is_some_and(|row| row.leg.is_member());
                let event = if here && event == LegEvent::Join { LegEvent::Requested } else { event };
                self.leg(at, event, now, stage)
            }
            Event::Accepted { dialog, payload } => self.accepted(dialog, &payload, now, stage),
            Event::Refused { dialog, code, cause, payload } => {
                self.failed(dialog, code, cause, &payload, now, stage)
            }
            Event::Ended { dialog } | Event::Unacknowledged { dialog, .. } => {
                let Some(at) = self.row_of(dialog) else { return Ok(()) };
                self.forget_dialog(at);
                if self.rows.get(at).is_some_and(|row| row.leg.is_member()) {
                    self.leg(at, LegEvent::Left, now, stage)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn row_of(&self, dialog: DialogId) -> Option<usize> {
        self.rows.iter().position(|row| row.dialog == Some(dialog))
    }

    /// A user calls. Where keys are confirmed, they come by a re-INVITE, because an ACK cannot confirm.
    fn invited(
        &mut self, dialog: DialogId, request: RequestId, payload: &Payload, now: Now, stage: &mut Stage,
    ) -> Outcome<()> {
        let name = payload.header("From").and_then(user_of).unwrap_or_default();
        let known = self.rows.iter().position(|row| row.name == name);
        let known = match known {
            None if self.open_house && self.rows.len() < MOST_USERS && !name.is_empty() => {
                self.admit(&name, outsider_muk()?);
                Some(self.rows.len() - 1)
            }
            known => known,
        };
        let admitted = known.filter(|at| self.rows.get(*at).is_some_and(|row| !row.expelled));
        let Some((at, row)) = admitted.and_then(|at| Some((at, self.rows.get_mut(at)?))) else {
            self.turned_away += 1;
            stage.note(now, format!("the PF answers {} 403", name.to_uppercase()));
            return Ok(self.endpoint.answer(request, 403, &Payload::EMPTY, now.instant)?);
        };
        stage.note(now, format!("{} calls the PF", row.label()));
        let before = row.dialog.replace(dialog);
        if let Some(before) = before {
            // He has forgotten it.
            let _ = self.endpoint.bye(before, now.instant);
        }
        if self.confirm == Confirm::OkIsEnough {
            self.leg(at, LegEvent::Join, now, stage)?;
            let keys = self.rows.get_mut(at).and_then(|row| row.offer.take()).unwrap_or_default();
            let answer = self.describe(at, &keys)?;
            self.acknowledged.insert(request, (dialog, LegEvent::Ok { confirmed: true }));
            return Ok(self.endpoint.answer(request, 200, &answer, now.instant)?);
        }
        let answer = self.describe(at, &Keys::NONE)?;
        self.acknowledged.insert(request, (dialog, LegEvent::Join));
        Ok(self.endpoint.answer(request, 200, &answer, now.instant)?)
    }

    /// The server calls a user at this address.
    pub(crate) fn call(
        &mut self, name: &str, address: SocketAddr, now: Now, stage: &mut Stage,
    ) -> Outcome<()> {
        self.admit(name, outsider_muk()?);
        let at = self.rows.len() - 1;
        stage.note(now, format!("the PF calls {name} at {address}"));
        self.leg(at, LegEvent::Join, now, stage)?;
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        let keys = row.offer.take().unwrap_or_default();
        let uri = row.uri();
        row.offered = (keys.current.is_some(), keys.updated.is_some());
        let offer = self.describe(at, &keys)?;
        let dialog = self.endpoint.invite(&uri, address, &offer, now.instant)?;
        if let Some(row) = self.rows.get_mut(at) {
            row.dialog = Some(dialog);
        }
        self.offers += 1;
        Ok(())
    }

    fn accepted(&mut self, dialog: DialogId, payload: &Payload, now: Now, stage: &mut Stage) -> Outcome<()> {
        let Some(at) = self.row_of(dialog) else { return Ok(()) };
        let Some(row) = self.rows.get(at) else { return Ok(()) };
        let step = if at == 0 { 10 } else { 8 };
        stage.step(step, now, &format!("the 200 of {} reaches the PF", row.label()));
        let answer = match sdp::lines(payload) {
            Ok(Some(lines)) => row.confirmations(&lines),
            Ok(None) | Err(_) => Keys::NONE,
        };
        let confirmation =
            Confirmation { current: answer.current.as_deref(), updated: answer.updated.as_deref() };
        let confirmed = self.server.confirms(&row.leg, &row.user(), &confirmation);
        self.leg(at, LegEvent::Ok { confirmed }, now, stage)
    }

    fn failed(
        &mut self, dialog: DialogId, code: u16, cause: Cause, payload: &Payload, now: Now, stage: &mut Stage,
    ) -> Outcome<()> {
        let Some(at) = self.row_of(dialog) else { return Ok(()) };
        let name = self.rows.get(at).map_or_else(String::new, Row::label);
        let retry_after = payload.retry_after().and_then(|wait| u32::try_from(wait.as_millis()).ok());
        let failure = match (code, cause, retry_after) {
            (_, Cause::TimedOut, _) => Failure::TransactionTimeout,
            (491, ..) => Failure::Glare {
                owns_call_id: self.endpoint.dialog(dialog).is_some_and(|view| view.owns_call_id),
                random: SysRng.try_next_u32()?,
            },
            (500, _, Some(retry_after_ms)) => Failure::Busy { retry_after_ms },
            _ => Failure::Status(code),
        };
        let warning = payload.warning_code().map_or_else(String::new, |code| format!(", Warning {code}"));
        stage.note(
            now,
            match cause {
                Cause::TimedOut => format!("the re-INVITE to {name} is given up: no answer for 64 T1"),
                Cause::Answer => format!("{name} answers the offer {code}{warning}"),
            },
        );
        self.refused += 1;
        self.leg(at, LegEvent::Fail(failure), now, stage)
    }

    /// Sends the offer that waits, if the dialog is free.
    pub(super) fn flush(&mut self, at: usize, now: Now, stage: &mut Stage) -> Outcome<()> {
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        let Some((dialog, keys)) = row.dialog.zip(row.offer.take()) else { return Ok(()) };
        let (name, version) = (row.label(), row.version);
        let offer = self.describe(at, &keys)?;
        let sent = self.endpoint.reinvite(dialog, &offer, now.instant);
        let Some(row) = self.rows.get_mut(at) else { return Ok(()) };
        match sent {
            Ok(()) => {
                row.offered = (keys.current.is_some(), keys.updated.is_some());
                self.offers += 1;
                let step = if at == 0 { 1 } else { 2 };
                stage.step(
                    step,
                    now,
                    &format!("re-INVITE to {name} with the updated MSK under his MUK, through the Core"),
                );
                Ok(())
            }
            Err(SipError::InviteInProgress | SipError::WrongState) => {
                (row.offer, row.version) = (Some(keys), version);
                Ok(())
            }
            Err(SipError::NoDialog) => self.leg(at, LegEvent::Fail(Failure::Status(481)), now, stage),
            Err(e) => Err(e.into()),
        }
    }

    /// The session as the server describes it to this user, one version further.
    fn describe(&mut self, at: usize, keys: &Keys) -> Outcome<Payload> {
        let (port, roc) = (self.media.local_addr()?.port(), self.rollover.roc);
        let row = self.rows.get_mut(at).ok_or("no such user")?;
        row.version += 1;
        let author = Author { name: "pf", version: row.version, port, channel_port: 30_002 };
        sdp::of_server(author, &row.name, &row.uri(), keys, roc)
    }

    /// Throws a user out of the session.
    pub(crate) fn expel(&mut self, at: usize, now: Now, stage: &mut Stage) -> Outcome<()> {
        if let Some(row) = self.rows.get_mut(at) {
            row.expelled = true;
        }
        self.leg(at, LegEvent::Expelled, now, stage)
    }

    pub(crate) fn update(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        self.session(SessionEvent::Trigger(PolicyEvent::AdminRequest), now, stage)
    }

    /// Ends the session with everybody.
    pub(crate) fn end(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get_mut(at) else { continue };
            if let Some(dialog) = row.dialog.take() {
                stage.note(now, format!("the PF ends the session with {}", row.label()));
                let _ = self.endpoint.bye(dialog, now.instant);
            }
        }
        self.session(SessionEvent::Ended, now, stage)
    }
}

/// The user part of a From field.
fn user_of(from: &str) -> Option<String> {
    let (_, uri) = from.split_once("sip:")?;
    Some(uri.split_once('@')?.0.to_owned())
}

/// A user from outside has not bootstrapped with anybody here: a MUK that nobody knows.
fn outsider_muk() -> Outcome<Muk> {
    let mut ks = [0; 32];
    SysRng.try_fill_bytes(&mut ks)?;
    Ok(Muk::from_gba_me(&KsNaf::new(Secret::new(ks)), MukOctets::All))
}
