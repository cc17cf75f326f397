//! The SCF in the SIP variant (TS 26.237 §10.4.2), one value for each INVITE dialog: here it is the NAF.
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | Idle | `Invite` | services, B-TID, asserted identity | `CheckAuthorisation` | Checking |
//! | | | no service, or over 64 | SIP 400 | Idle |
//! | | | no B-TID | SIP 403, run GBA | Idle |
//! | | | no asserted identity | SIP 403 | Idle |
//! | Checking | `NotAuthorised` | | SIP 403 | Idle |
//! | | `Authorised` | | `QueryBsf`, `ArmTimer` | Fetching |
//! | Fetching | `Bsf(Keys)` | an IMPU is the asserted one | POST H5, `ArmTimer` | Provisioning |
//! | | | none is | SIP 403, `WipeKey` | back |
//! | | `Bsf(UnknownBTid)` | | SIP 403, run GBA | back |
//! | | `Bsf(Refused)` | | SIP 403 | back |
//! | | `Timeout` | due | SIP 504 | back |
//! | Provisioning | `Answer` | 200 | SIP 200, `WipeKey` | Active |
//! | | | 400, 403 | SIP 403, `WipeKey` | back |
//! | | | 404, 5xx | SIP 503, `WipeKey` | back |
//! | | | any other but 1xx | SIP 500, `WipeKey` | back |
//! | | `Timeout` | due, POSTs left | POST H5, `ArmTimer` | Provisioning |
//! | | | due, none left | SIP 504, `WipeKey` | back |
//! | Active | `ReInvite` | not authorised for all that it names | SIP 403 | Active |
//! | | | MSKs | POST H6, `ArmTimer` | Refreshing |
//! | | | MSKs, but none or over 64 | SIP 400 | Active |
//! | | | B-TID | `QueryBsf`, `ArmTimer` | Fetching |
//! | Refreshing | `Answer` | 200 | SIP 200 | Active |
//! | | | 404, 5xx | SIP 503 | Active |
//! | | | any other but 1xx | SIP 500 | Active |
//! | | `Timeout` | due, POSTs left | POST H6, `ArmTimer` | Refreshing |
//! | | | due, none left | SIP 504 | Active |
//! | all but Idle | `SubscriptionEnded` | | see below; BYE | Idle |
//! | a dialog | `Bye` | | see below; 200 to BYE | Idle |
//! | Checking, Fetching, Refreshing | `Cancel` | | SIP 487 | back, Active |
//! | Provisioning | `Cancel` | no dialog yet | SIP 487, `WipeKey`, POST H7 | Idle |
//! | | | a re-INVITE | none | Provisioning |
//! | any | `Timeout` | nothing is due | none | same |
//! | | any other | | error `UnexpectedState` | same |
//!
//! *Back* is Idle when an INVITE was to open the dialog, and Active under the old B-TID when it was a re-INVITE. An end
//! answers the INVITE in progress first (403, or 487 to him who says BYE), wipes the key, tells the UPF by H7 whatever it
//! may know of, and ends the dialog where there is one.
//!
//! A re-INVITE that renews the MUK cannot be taken back once H5 is out, so its CANCEL comes too late. One with the B-TID in
//! use is served like one with a new one: it may name further services.

use core::mem;

use super::dialog::{Party, ScfSipState, State};
use super::{BsfAnswer, InviteIdentity, ReInvite, ScfAction, ScfConfig, ScfSipEvent};
use crate::ims::facts::{MAX_ITEMS, SipAnswer, StatusCode};
use crate::ims::request::RequestKind;
use crate::ims::{BTid, Impu, ImsError, ServiceId};
use crate::keys::{Muk, MukOctets};
use crate::role::Actions;
use crate::time::Tick;

/// What an event makes of the state.
#[allow(clippy::large_enum_variant, reason = "there is no allocation to hide the larger one behind")]
enum Next {
    Same,
    /// The POST goes out once more, and its answer is due then.
    Again(Tick),
    To(State),
}

/// One INVITE dialog of the SIP variant.
#[derive(Debug)]
pub struct ScfSip {
    state: State,
}

impl ScfSip {
    /// Before the INVITE.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Idle }
    }

    /// Where the dialog stands.
    #[must_use]
    pub const fn state(&self) -> ScfSipState {
        self.state.name()
    }

    /// The MUK for H5, all 32 octets of `Ks_NAF`; held only until the UPF has it.
    #[must_use]
    pub const fn muk(&self) -> Option<&Muk> {
        match &self.state {
            State::Provisioning { muk, .. } => Some(muk),
            _ => None,
        }
    }

    /// The B-TID in use, or of the key that is being fetched.
    #[must_use]
    pub fn btid(&self) -> Option<&BTid> {
        self.state.party().map(|party| &party.btid)
    }

    /// The user's public identity, as the network asserts it.
    #[must_use]
    pub fn impu(&self) -> Option<&Impu> {
        self.state.party().map(|party| &party.impu)
    }

    /// When a [`ScfSipEvent::Timeout`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Tick> {
        match self.state {
            State::Fetching { due, .. } | State::Provisioning { due, .. } | State::Refreshing { due, .. } => {
                Some(due)
            }
            _ => None,
        }
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`ImsError::UnexpectedState`] when the event does not fit. Nothing has changed then, and a key that came with the
    /// event is wiped.
    pub fn handle(
        &mut self, event: ScfSipEvent<'_>, config: &ScfConfig, now: Tick,
    ) -> Result<Actions<ScfAction>, ImsError> {
        let mut actions = Actions::new();
        match step(&self.state, event, config, now, &mut actions)? {
            Next::Same => {}
            Next::To(state) => drop(mem::replace(&mut self.state, state)),
            Next::Again(at) => {
                if let State::Provisioning { posts, due, .. } | State::Refreshing { posts, due, .. } =
                    &mut self.state
                {
                    (*posts, *due) = (posts.saturating_add(1), at);
                }
            }
        }
        if let Some(due) = self.deadline().filter(|_| actions.iter().any(waits)) {
            actions.push(ScfAction::ArmTimer(due));
        }
        Ok(actions)
    }
}

impl Default for ScfSip {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the action starts a wait.
const fn waits(action: &ScfAction) -> bool {
    matches!(action, ScfAction::QueryBsf | ScfAction::Post(_))
}

type Out = Actions<ScfAction>;

fn answer(actions: &mut Out, answer: SipAnswer) {
    actions.push(ScfAction::AnswerInvite(answer));
}

/// One row of the table. Works on `state` without changing it, so that a refused event leaves it as it was.
fn step(
    state: &State, event: ScfSipEvent<'_>, config: &ScfConfig, now: Tick, actions: &mut Out,
) -> Result<Next, ImsError> {
    use ScfSipEvent as E;
    use State as S;
    let upf_due = now.after_millis(config.upf_timeout_ms.into());
    Ok(match (state, event) {
        (S::Idle, E::Invite { services, asserted, btid }) => {
            return Ok(invite(services, asserted, btid, actions));
        }
        (S::Checking(_), E::NotAuthorised) => {
            answer(actions, SipAnswer::Forbidden);
            Next::To(S::Idle)
        }
        (S::Checking(party), E::Authorised) => fetch(party.clone(), None, config, now, actions),
        (S::Checking(_), E::Cancel) => {
            answer(actions, SipAnswer::RequestTerminated);
            Next::To(S::Idle)
        }
        (S::Fetching { party, established, .. }, E::Bsf(BsfAnswer::Keys { impus, ks_naf })) => {
            if impus.contains(&party.impu) {
                actions.push(ScfAction::Post(RequestKind::KeyProvisioning));
                let muk = Muk::from_gba_me(&ks_naf, MukOctets::All);
                let (party, established) = (party.clone(), established.clone());
                Next::To(S::Provisioning { party, established, muk, posts: 1, due: upf_due })
            } else {
                answer(actions, SipAnswer::Forbidden);
                actions.push(ScfAction::WipeKey);
                Next::To(S::back(party, established.as_ref()))
            }
        }
        (S::Fetching { party, established, .. }, E::Bsf(refused)) => {
            let unknown = matches!(refused, BsfAnswer::UnknownBTid);
            let why = if unknown { SipAnswer::BootstrappingRequired } else { SipAnswer::Forbidden };
            answer(actions, why);
            Next::To(S::back(party, established.as_ref()))
        }
        (S::Fetching { party, established, due }, E::Timeout) if now >= *due => {
            answer(actions, SipAnswer::Timeout);
            Next::To(S::back(party, established.as_ref()))
        }
        (S::Fetching { party, established, .. }, E::Cancel) => {
            answer(actions, SipAnswer::RequestTerminated);
            Next::To(S::back(party, established.as_ref()))
        }
        (S::Provisioning { party, established, .. }, E::Answer(status)) => {
            let Some(said) = said(status, true) else { return Ok(Next::Same) };
            answer(actions, said);
            actions.push(ScfAction::WipeKey);
            Next::To(match said {
                SipAnswer::Ok => S::Active(party.clone()),
                _ => S::back(party, established.as_ref()),
            })
        }
        (S::Provisioning { posts, due, .. }, E::Timeout) if now >= *due && *posts < config.upf_posts => {
            actions.push(ScfAction::Post(RequestKind::KeyProvisioning));
            Next::Again(upf_due)
        }
        (S::Provisioning { party, established, due, .. }, E::Timeout) if now >= *due => {
            answer(actions, SipAnswer::Timeout);
            actions.push(ScfAction::WipeKey);
            Next::To(S::back(party, established.as_ref()))
        }
        // H5 may have arrived: what it did must be undone.
        (S::Provisioning { established: None, .. }, E::Cancel) => {
            answer(actions, SipAnswer::RequestTerminated);
            actions.push(ScfAction::WipeKey);
            actions.push(ScfAction::Post(RequestKind::Deauthorization));
            Next::To(S::Idle)
        }
        (S::Provisioning { .. }, E::Cancel) => Next::Same,
        (S::Active(party), E::ReInvite { wants, authorised }) => {
            return Ok(re_invite(party, wants, authorised, config, now, actions));
        }
        (S::Refreshing { party, .. }, E::Answer(status)) => {
            let Some(said) = said(status, false) else { return Ok(Next::Same) };
            answer(actions, said);
            Next::To(S::Active(party.clone()))
        }
        (S::Refreshing { posts, due, .. }, E::Timeout) if now >= *due && *posts < config.upf_posts => {
            actions.push(ScfAction::Post(RequestKind::AuthorizedMskRequest));
            Next::Again(upf_due)
        }
        (S::Refreshing { party, due, .. }, E::Timeout) if now >= *due => {
            answer(actions, SipAnswer::Timeout);
            Next::To(S::Active(party.clone()))
        }
        (S::Refreshing { party, .. }, E::Cancel) => {
            answer(actions, SipAnswer::RequestTerminated);
            Next::To(S::Active(party.clone()))
        }
        (state, E::SubscriptionEnded) if !matches!(state, S::Idle) => {
            end(state, SipAnswer::Forbidden, state.in_dialog().then_some(ScfAction::SendBye), actions);
            Next::To(S::Idle)
        }
        (state, E::Bye) if state.in_dialog() => {
            end(state, SipAnswer::RequestTerminated, Some(ScfAction::AnswerBye), actions);
            Next::To(S::Idle)
        }
        (_, E::Timeout) => Next::Same,
        _ => return Err(ImsError::UnexpectedState),
    })
}

fn invite(services: &[ServiceId], asserted: Option<&Impu>, btid: Option<&BTid>, actions: &mut Out) -> Next {
    let refused = match (btid, asserted) {
        _ if services.is_empty() || services.len() > MAX_ITEMS => SipAnswer::BadRequest,
        (None, _) => SipAnswer::BootstrappingRequired,
        (_, None) => SipAnswer::Forbidden,
        (Some(btid), Some(impu)) => {
            actions.push(ScfAction::CheckAuthorisation(InviteIdentity::Asserted));
            return Next::To(State::Checking(Party { impu: impu.clone(), btid: btid.clone() }));
        }
    };
    answer(actions, refused);
    Next::Same
}

fn re_invite(
    party: &Party, wants: ReInvite<'_>, authorised: bool, config: &ScfConfig, now: Tick, actions: &mut Out,
) -> Next {
    match wants {
        _ if !authorised => answer(actions, SipAnswer::Forbidden),
        ReInvite::Msks(msks) if msks.is_empty() || msks.len() > MAX_ITEMS => {
            answer(actions, SipAnswer::BadRequest);
        }
        ReInvite::Msks(_) => {
            actions.push(ScfAction::Post(RequestKind::AuthorizedMskRequest));
            let due = now.after_millis(config.upf_timeout_ms.into());
            return Next::To(State::Refreshing { party: party.clone(), posts: 1, due });
        }
        ReInvite::BTid(btid) => {
            let renewed = Party { impu: party.impu.clone(), btid: btid.clone() };
            return fetch(renewed, Some(party.btid.clone()), config, now, actions);
        }
    }
    Next::Same
}

fn fetch(party: Party, established: Option<BTid>, config: &ScfConfig, now: Tick, actions: &mut Out) -> Next {
    actions.push(ScfAction::QueryBsf);
    let due = now.after_millis(config.bsf_timeout_ms.into());
    Next::To(State::Fetching { party, established, due })
}

/// What the UPF's answer makes the SCF say; nothing to an answer that is not final.
const fn said(status: StatusCode, provisioning: bool) -> Option<SipAnswer> {
    Some(match status.code() {
        100..=199 => return None,
        200 => SipAnswer::Ok,
        400 | 403 if provisioning => SipAnswer::Forbidden,
        404 | 500..=599 => SipAnswer::Unavailable,
        _ => SipAnswer::ServerError,
    })
}

/// Everything ends: the INVITE in progress, the key, the UPF's context, the dialog.
fn end(state: &State, said: SipAnswer, dialog: Option<ScfAction>, actions: &mut Out) {
    if !matches!(state, State::Active(_)) {
        answer(actions, said);
    }
    let holds_key = matches!(state, State::Provisioning { .. });
    if holds_key {
        actions.push(ScfAction::WipeKey);
    }
    if holds_key || state.in_dialog() {
        actions.push(ScfAction::Post(RequestKind::Deauthorization));
    }
    if let Some(dialog) = dialog {
        actions.push(dialog);
    }
}
