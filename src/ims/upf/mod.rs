//! The user plane function of the BM-SC (TS 26.237 §10.4): who may have which MSKs, and under which MUK he gets them.
//!
//! It keeps no table. What it knows of a public identity is a [`Context`], the caller's row; a request names the row by
//! the identity in its header, asserted (H1, H5 to H7) or intended (H2 to H4).
//!
//! HTTP variant (H2 to H4 are authenticated by HTTP Digest before they come here):
//!
//! | event | condition, in this order | actions, in order |
//! |---|---|---|
//! | `Authorize` (H1) | peer not trusted | 403 |
//! | | no asserted identity; no service, or over 64 | 400 |
//! | | a service in use by the SIP variant | error `VariantConflict` |
//! | | no room for its services | error `StoreFull` |
//! | | else: services authorised for 24 h | 200 |
//! | `Register` (H2) | no credentials, refused ones, B-TID unknown or expired | 401 |
//! | | the B-TID's key is not at hand | `QueryBsf`; the event comes again with the answer |
//! | | BSF down | 503 |
//! | | no intended identity, or not the subscriber's | 403 |
//! | | no service, or over 64 | 400 |
//! | | a service in use by the SIP variant | error `VariantConflict` |
//! | | else, each service: authorised | `NewMuk` if it is one, 200 with item 200, `PushMsk` |
//! | | not authorised | item 403 |
//! | `Deregister` (H3) | as H2 up to the list | as H2 |
//! | | else, each service: registered | `CancelPushes`, 200 with item 200; it stays authorised |
//! | | not registered | item 404 |
//! | `MskRequest` (H4) | as H2 up to the list | as H2 |
//! | | else, each MSK: its service registered | `NewMuk` if it is one, 200 with item 200, `PushRequested` |
//! | | Key Group unknown; service not registered | item 404; item 403 |
//! | `AuthorizedDeregister` (H7) | as below | as below |
//!
//! SIP variant:
//!
//! | event | condition, in this order | actions, in order |
//! |---|---|---|
//! | `AuthorizedRegister` (H5) | peer not trusted | 403 |
//! | | no asserted identity; no service, or over 64 | 400 |
//! | | an element missing, MUK not of 32 octets, lifetime passed | 400 |
//! | | a service in use by the HTTP variant | error `VariantConflict` |
//! | | no room for its services | error `StoreFull` |
//! | | first MUK, or another one | `NewMuk`, 200, `PushMsk` of all services |
//! | | the same MUK | 200, `PushMsk` of the added services |
//! | `AuthorizedMskRequest` (H6) | peer not trusted | 403 |
//! | | no asserted identity; no MSK, or over 64 | 400 |
//! | | no service by H5 | 404 |
//! | | an MSK of another service | 403 |
//! | | lifetime of the MUK passed | 403, `MukExpired` |
//! | | else | 200, `PushRequested` |
//! | `AuthorizedDeregister` (H7) | peer not trusted | 403 |
//! | | no asserted identity; no service, or over 64 | 400 |
//! | | else: the services are gone, of either variant | `CancelPushes` of those served, 200 |
//!
//! Both:
//!
//! | event | condition | actions |
//! |---|---|---|
//! | `MskChanged` | registered, or provisioned; MUK valid | `PushMsk` |
//! | | the same, lifetime of the MUK passed | `MukExpired` |
//! | | neither | none |
//! | `Timeout` | an authorisation has run out | `CancelPushes` of those served |
//! | | the MUK before has had its 10 s | none |
//! | | spurious | none |
//!
//! Every row may end with `ArmTimer`. A MUK that no service needs any more is wiped.

mod context;
mod http;
mod key;
mod services;
mod sip;

pub use context::Context;
pub use key::NafKey;
pub use services::{ServiceSet, Standing};

use super::facts::{HttpRefusal, Items, MAX_ITEMS, RequestedMsk, StatusCode, Variant};
use super::{Impu, ServiceId};
use crate::ims::request::{Peer, same_identity};
use crate::time::Tick;

/// The UPF's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpfConfig {
    /// How long an Authorization Notification counts, milliseconds. Default 86,400,000, one day.
    pub authorisation_ms: u32,
    /// How long acknowledgements under a replaced MUK count, milliseconds. Default 10,000.
    pub previous_muk_ms: u32,
}

impl Default for UpfConfig {
    fn default() -> Self {
        Self { authorisation_ms: 86_400_000, previous_muk_ms: 10_000 }
    }
}

/// Who sends H1, H5, H6 or H7, and about whom.
#[derive(Clone, Copy, Debug)]
pub struct Asserted<'a> {
    /// The other end of the connection.
    pub peer: Peer,
    /// X-3GPP-Asserted-Identity; where it lists several, each has its row.
    pub impu: Option<&'a Impu>,
}

/// Who sends H2, H3 or H4, as HTTP Digest has it, and who he claims to be.
#[derive(Debug)]
pub struct Claimed<'a> {
    /// What his Authorization is worth.
    pub credentials: Credentials<'a>,
    /// X-3GPP-Intended-Identity.
    pub intended: Option<&'a Impu>,
}

/// What the Authorization of a request is worth.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is no allocation to hide the larger one behind")]
pub enum Credentials<'a> {
    /// There is none.
    Absent,
    /// HTTP Digest refuses it.
    Refused {
        /// Whether only its nonce is too old.
        stale: bool,
    },
    /// Its B-TID is not known here; the BSF has not been asked.
    Unfetched,
    /// The BSF does not know its B-TID, or a new bootstrapping is wanted (R-MSK-33).
    UnknownBTid,
    /// The BSF does not answer.
    BsfDown,
    /// It is good.
    Valid {
        /// The public identities of the subscriber, from his user security settings.
        impus: &'a [Impu],
        /// His MUK.
        key: NafKey,
    },
}

/// What happens to one identity at the UPF.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is no allocation to hide the larger ones behind")]
pub enum UpfEvent<'a> {
    /// H1: Authorization Notification.
    Authorize {
        /// Who says so.
        asserted: Asserted<'a>,
        /// The services authorised.
        services: &'a [ServiceId],
    },
    /// H2: MSK registration.
    Register {
        /// Who wants it.
        claimed: Claimed<'a>,
        /// The services to register for.
        services: &'a [ServiceId],
    },
    /// H3: MSK deregistration.
    Deregister {
        /// Who wants it.
        claimed: Claimed<'a>,
        /// The services to leave.
        services: &'a [ServiceId],
    },
    /// H4: MSK request.
    MskRequest {
        /// Who wants it.
        claimed: Claimed<'a>,
        /// The MSKs wanted.
        msks: &'a [RequestedMsk<'a>],
    },
    /// H5: the SCF provides the MUK.
    AuthorizedRegister {
        /// Who says so.
        asserted: Asserted<'a>,
        /// The services authorised.
        services: &'a [ServiceId],
        /// The key; `None` when an element of it is missing.
        key: Option<NafKey>,
    },
    /// H6: MSK request by way of the SCF.
    AuthorizedMskRequest {
        /// Who says so.
        asserted: Asserted<'a>,
        /// The MSKs wanted.
        msks: &'a [RequestedMsk<'a>],
    },
    /// H7: no more keys of these services.
    AuthorizedDeregister {
        /// Who says so.
        asserted: Asserted<'a>,
        /// The services.
        services: &'a [ServiceId],
    },
    /// The service has a new MSK.
    MskChanged(&'a ServiceId),
    /// The deadline may have passed.
    Timeout,
}

/// What the UPF wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpfAction {
    /// Fetch `Ks_NAF` and the user security settings of the request's B-TID, then bring the event again.
    QueryBsf,
    /// Answer 401 with WWW-Authenticate.
    Challenge {
        /// Whether the challenge says `stale=true`: the same credentials will do under the new nonce.
        stale: bool,
    },
    /// Answer with the refusal of the message as a whole.
    Refuse(HttpRefusal),
    /// Answer 200; what became of each item stands in the body. With Authentication-Info if the request had Authorization.
    Answer(Items),
    /// The MUK of this variant is another one: no message was sent under it, and deliveries under the one before only wait
    /// for acknowledgements, with [`Context::previous_user`].
    NewMuk(Variant),
    /// Send the current MSKs of these services to the user.
    PushMsk(ServiceSet),
    /// Send the current MSK of each Key Group that the request names and these items grant.
    PushRequested(Items),
    /// Take what waits to be sent to the user of these services out of the queue, and end its repetitions.
    CancelPushes(ServiceSet),
    /// The lifetime of the user's MUK has passed: nothing can be sent under it until he bootstraps again.
    MukExpired(Variant),
    /// Call with [`UpfEvent::Timeout`] at this time.
    ArmTimer(Tick),
}

/// The refusal of a list that is empty or too long.
const fn refuse_list(len: usize) -> Option<StatusCode> {
    if len == 0 || len > MAX_ITEMS { Some(StatusCode::BAD_REQUEST) } else { None }
}

impl Asserted<'_> {
    /// Why a request with `len` items is refused before anything is looked at.
    fn refuse(&self, len: usize) -> Option<UpfAction> {
        let status = match (self.peer, self.impu) {
            (Peer::Untrusted, _) => StatusCode::FORBIDDEN,
            (Peer::Trusted, None) => StatusCode::BAD_REQUEST,
            (Peer::Trusted, Some(_)) => refuse_list(len)?,
        };
        Some(UpfAction::Refuse(HttpRefusal::new(status)))
    }
}

impl Claimed<'_> {
    /// The key of who is who he claims to be, or the answer to everybody else.
    fn admit(self, len: usize, now: Tick) -> Result<NafKey, UpfAction> {
        let refuse = |status| UpfAction::Refuse(HttpRefusal::new(status));
        let (impus, key) = match self.credentials {
            Credentials::Absent | Credentials::UnknownBTid => {
                return Err(UpfAction::Challenge { stale: false });
            }
            Credentials::Refused { stale } => return Err(UpfAction::Challenge { stale }),
            Credentials::Unfetched => return Err(UpfAction::QueryBsf),
            Credentials::BsfDown => return Err(UpfAction::Refuse(HttpRefusal::UNAVAILABLE)),
            Credentials::Valid { key, .. } if now >= key.expires => {
                return Err(UpfAction::Challenge { stale: false });
            }
            Credentials::Valid { impus, key } => (impus, key),
        };
        if !self.intended.is_some_and(|intended| impus.iter().any(|impu| same_identity(impu, intended))) {
            return Err(refuse(StatusCode::FORBIDDEN));
        }
        refuse_list(len).map_or(Ok(key), |status| Err(refuse(status)))
    }
}
