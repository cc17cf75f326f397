//! The events of the terminal's role, and its actions carried out.

use castkey::error::Error;
use castkey::id::KeyNumber;
use castkey::role::{Cause, UeAction, UeEvent};
use castkey::time::Tick;
use castkey::wire::SrtpPolicy;

use super::{Role, Terminal};
use crate::air::Air;
use crate::link::Kind;
use crate::request;
use crate::srtp::speaks;

impl Terminal {
    /// Lets the role handle one event and does what it wants done. True when it changed its lasting state.
    pub(super) fn handle(&mut self, event: UeEvent<'_>, now: Tick, air: &mut Air) -> Result<bool, Error> {
        let mut out = [0; Role::MAX_OUT_LEN];
        let actions = self.role.handle(event, now, &mut out)?;
        let mut changed = false;
        for action in actions {
            changed |= matches!(action, UeAction::Persist(_));
            self.carry_out(action, now, air);
        }
        Ok(changed)
    }

    fn carry_out(&mut self, action: UeAction<'_>, now: Tick, air: &mut Air) {
        let user = self.id + 1;
        match action {
            UeAction::Persist(state) => self.flash.role = state.as_octets().to_vec(),
            UeAction::Send(octets) => {
                air.send(Kind::Mikey, true, &self.socket, &[self.server], octets, now);
            }
            UeAction::MskStored { name, evicted, security } => {
                self.flash.retired.extend(evicted);
                let policy = security.and_then(|security| security.policies().next());
                if let Some(policy) = policy
                    && !SrtpPolicy::decode(&policy).is_ok_and(|policy| speaks(&policy))
                {
                    air.note(now, format!("UE {user}: cannot speak the SRTP policy of MSK {:?}", name.id));
                }
                if let Some(session) = security.and_then(|security| security.sessions().next()) {
                    self.srtp.set_roc(session.roc);
                }
                if self.missed == Some(name.id) {
                    self.missed = None;
                    air.note(now, format!("UE {user}: has MSK {:?} after all", name.id));
                }
            }
            UeAction::MtkReady(_, mki) => {
                self.add_key(mki, air);
                self.release(mki, air);
            }
            UeAction::Activated(name) if air.detail => {
                air.note(now, format!("UE {user}: MSK {:?} is in use", name.id));
            }
            UeAction::MissedKey { name, cause: Cause::MissedUpdate } if air.detail => {
                self.missed = Some(name.id);
                air.note(now, format!("UE {user}: misses MSK {:?}, which traffic names", name.id));
            }

            UeAction::RequestMsk { name, attempt, .. } => {
                if air.detail {
                    let what = if name.id.number == KeyNumber::CURRENT {
                        "the current MSK".to_owned()
                    } else {
                        format!("MSK {:?}", name.id)
                    };
                    air.note(now, format!("UE {user}: asks for {what}, attempt {attempt}"));
                }
                self.flash.asked += 1;
                let Ok(password) = self.subscriber.password() else { return };
                let btid = self.subscriber.btid();
                let Some(request) = request::write(&password, self.flash.asked, name, btid) else { return };
                // A terminal that asks has coverage again, as the script has it.
                air.link.deaf = air.link.deaf.filter(|deaf| *deaf != self.address);
                air.send(Kind::Request, true, &self.socket, &[self.server], &request, now);
            }
            UeAction::RequestAbandoned(name) if air.detail => {
                air.note(now, format!("UE {user}: gives up asking for MSK {:?}", name.id));
            }
            // `libsrtp` cannot forget a key; `media` asks the role whether a key serves. The loop asks for the deadline.
            _ => {}
        }
    }
}
