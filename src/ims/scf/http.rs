//! The SCF in the HTTP variant (TS 26.237 §10.4.1), one value for each INVITE dialog.
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | Idle | `Invite` | service and identity | `CheckAuthorisation` | Checking |
//! | | | no service, or over 64 | SIP 400 | Idle |
//! | | | no identity | SIP 403 | Idle |
//! | Checking | `NotAuthorised`, `SubscriptionEnded` | | SIP 403 | Idle |
//! | | `Authorised` | | POST H1, `ArmTimer` | Notifying |
//! | | `Cancel` | | SIP 487 | Idle |
//! | Notifying | `Answer` | 200 | SIP 200 | Active |
//! | | | 403 | SIP 403 | Idle |
//! | | | 5xx | SIP 503 | Idle |
//! | | | 1xx | none | Notifying |
//! | | | any other | SIP 500 | Idle |
//! | | `Timeout` | due, POSTs left | POST H1, `ArmTimer` | Notifying |
//! | | | due, none left | SIP 504 | Idle |
//! | | | not due | none | Notifying |
//! | | `Cancel` | | SIP 487, POST H7 | Idle |
//! | | `SubscriptionEnded` | | SIP 403, POST H7 | Idle |
//! | Active | `SubscriptionEnded` | | POST H7, BYE | Idle |
//! | | `Bye` | | POST H7, 200 to BYE | Idle |
//! | any | `Timeout` | nothing is due | none | same |
//! | | any other | | error `UnexpectedState` | same |

use super::{InviteIdentity, ScfAction, ScfConfig, ScfHttpEvent};
use crate::ims::facts::{MAX_ITEMS, SipAnswer};
use crate::ims::request::RequestKind;
use crate::ims::{Impu, ImsError};
use crate::role::Actions;
use crate::time::Tick;

/// Where a dialog of the HTTP variant stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScfHttpState {
    /// There is no dialog.
    #[default]
    Idle,
    /// The subscription is being looked at.
    Checking,
    /// H1 is on its way.
    Notifying {
        /// POSTs sent, 1 for the first.
        posts: u8,
        /// When the UPF is late.
        due: Tick,
    },
    /// The UPF knows, and the terminal has its 200.
    Active,
}

/// One INVITE dialog of the HTTP variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScfHttp {
    state: ScfHttpState,
}

impl ScfHttp {
    /// Before the INVITE.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: ScfHttpState::Idle }
    }

    /// Where the dialog stands.
    #[must_use]
    pub const fn state(&self) -> ScfHttpState {
        self.state
    }

    /// When a [`ScfHttpEvent::Timeout`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Tick> {
        match self.state {
            ScfHttpState::Notifying { due, .. } => Some(due),
            _ => None,
        }
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`ImsError::UnexpectedState`] when the event does not fit. Nothing has changed then.
    pub fn handle(
        &mut self, event: ScfHttpEvent<'_>, config: &ScfConfig, now: Tick,
    ) -> Result<Actions<ScfAction>, ImsError> {
        use ScfHttpEvent as E;
        use ScfHttpState as S;
        let mut actions = Actions::new();
        let mut refuse = |answer| {
            actions.push(ScfAction::AnswerInvite(answer));
            S::Idle
        };
        self.state = match (self.state, event) {
            (S::Idle, E::Invite { services, .. }) if services.is_empty() || services.len() > MAX_ITEMS => {
                refuse(SipAnswer::BadRequest)
            }
            (S::Idle, E::Invite { asserted, intended, .. }) => match identity(asserted, intended, config) {
                Some(identity) => {
                    actions.push(ScfAction::CheckAuthorisation(identity));
                    S::Checking
                }
                None => refuse(SipAnswer::Forbidden),
            },
            (S::Checking, E::NotAuthorised | E::SubscriptionEnded) => refuse(SipAnswer::Forbidden),
            (S::Checking, E::Authorised) => notify(1, config, now, &mut actions),
            (S::Checking, E::Cancel) => refuse(SipAnswer::RequestTerminated),
            (state @ S::Notifying { .. }, E::Answer(status)) => match status.code() {
                200 => {
                    actions.push(ScfAction::AnswerInvite(SipAnswer::Ok));
                    S::Active
                }
                403 => refuse(SipAnswer::Forbidden),
                500..=599 => refuse(SipAnswer::Unavailable),
                100..=199 => state,
                _ => refuse(SipAnswer::ServerError),
            },
            (S::Notifying { posts, due }, E::Timeout) if now >= due => {
                if posts < config.upf_posts {
                    notify(posts.saturating_add(1), config, now, &mut actions)
                } else {
                    refuse(SipAnswer::Timeout)
                }
            }
            // H1 may have arrived: what it did must be undone.
            (S::Notifying { .. }, E::Cancel | E::SubscriptionEnded) => {
                let gone = matches!(event, E::Cancel);
                let answer = if gone { SipAnswer::RequestTerminated } else { SipAnswer::Forbidden };
                let next = refuse(answer);
                actions.push(ScfAction::Post(RequestKind::Deauthorization));
                next
            }
            (S::Active, E::SubscriptionEnded | E::Bye) => {
                actions.push(ScfAction::Post(RequestKind::Deauthorization));
                let theirs = matches!(event, E::Bye);
                actions.push(if theirs { ScfAction::AnswerBye } else { ScfAction::SendBye });
                S::Idle
            }
            (state, E::Timeout) => state,
            _ => return Err(ImsError::UnexpectedState),
        };
        Ok(actions)
    }
}

/// The identity that counts; `None` when there is none to count on.
const fn identity(
    asserted: Option<&Impu>, intended: Option<&Impu>, config: &ScfConfig,
) -> Option<InviteIdentity> {
    match (asserted, intended) {
        (Some(_), _) => Some(InviteIdentity::Asserted),
        (None, Some(_)) if !config.require_asserted => Some(InviteIdentity::Intended),
        _ => None,
    }
}

fn notify(posts: u8, config: &ScfConfig, now: Tick, actions: &mut Actions<ScfAction>) -> ScfHttpState {
    let due = now.after_millis(config.upf_timeout_ms.into());
    actions.push(ScfAction::Post(RequestKind::AuthorizationNotification));
    actions.push(ScfAction::ArmTimer(due));
    ScfHttpState::Notifying { posts, due }
}
