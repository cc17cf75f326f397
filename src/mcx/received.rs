//! An authentic message, opened, on its way to the store (TS 33.180 §5.2.6).
//!
//! ```text
//! Received --bind(URI)--> key        a hidden initiator is compared by its UID, and nothing is given up before
//! ```

use core::fmt;

use super::error::McxError;
use super::key_parameters::{KeyParameters, OpenedParameters};
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmList, AlgorithmOffer, AlgorithmSelection, Negotiated};
use super::ntp::{Clock, Ntp64};
use super::profile::McSessions;
use super::uid::Uid;
use crate::id::CsbId;
use crate::keys::{KeyId, McKey};
use crate::message::{IMessage, Party, Quirks};

/// RAND of a message, 16 to 32 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsbRand {
    octets: [u8; 32],
    len: usize,
}

impl CsbRand {
    /// The RAND with these octets; `None` unless there are 16 to 32.
    #[must_use]
    pub fn new(octets: &[u8]) -> Option<Self> {
        let mut rand = Self { octets: [0; 32], len: octets.len() };
        for (to, from) in rand.octets.iter_mut().zip(octets) {
            *to = *from;
        }
        (16..=32).contains(&octets.len()).then_some(rand)
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// An authentic message, opened. Its initiator may still be hidden.
pub struct Received<'a, 'o> {
    pub(super) message: IMessage<'a>,
    pub(super) key: McKey,
    pub(super) time: Ntp64,
    pub(super) period: u64,
    pub(super) rand: CsbRand,
    pub(super) sessions: McSessions,
    pub(super) negotiated: Negotiated,
    pub(super) opened: Option<OpenedParameters<'o>>,
    pub(super) initiator_uid: Uid,
    pub(super) used: Quirks,
}

impl<'o> Received<'_, 'o> {
    /// The CSB ID.
    #[must_use]
    pub const fn csb_id(&self) -> CsbId {
        self.message.csb_id()
    }

    /// The CSB ID as a key ID; of a GMK it is the GUK-ID.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        KeyId::new(self.key.tag(), self.message.csb_id().0)
    }

    /// T.
    #[must_use]
    pub const fn time(&self) -> Ntp64 {
        self.time
    }

    /// The key period that opened the message.
    #[must_use]
    pub const fn period(&self) -> u64 {
        self.period
    }

    /// The crypto sessions that the message sets up.
    #[must_use]
    pub const fn sessions(&self) -> &McSessions {
        &self.sessions
    }

    /// The key parameters, if there were any.
    #[must_use]
    pub fn parameters(&self) -> Option<KeyParameters<'o>> {
        self.opened.map(|opened| opened.parameters)
    }

    /// Deviations that were needed.
    #[must_use]
    pub const fn used(&self) -> Quirks {
        self.used
    }

    /// The UID that signed.
    #[must_use]
    pub const fn initiator_uid(&self) -> Uid {
        self.initiator_uid
    }

    /// The offer of an upload, for [`AlgorithmPolicy::accept_offer`](super::AlgorithmPolicy::accept_offer); a signalling
    /// algorithm octet alone counts as a list of one.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for an octet that says something else than the offer beside it, or is 0.
    pub fn offer(&self) -> Result<Option<AlgorithmOffer>, McxError> {
        match (self.negotiated, self.signalling_algorithm()) {
            (Negotiated::Offer(offer), Some(octet)) if offer.selected() != octet => {
                Err(McxError::BadAlgorithms)
            }
            (Negotiated::Offer(offer), _) => Ok(Some(offer)),
            (_, Some(octet)) => AlgorithmOffer::new(AlgorithmList::only(octet)?, octet).map(Some),
            _ => Ok(None),
        }
    }

    /// The selection of a download, for [`AlgorithmPolicy::accept_selection`](super::AlgorithmPolicy::accept_selection).
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for a signalling algorithm octet that says something else than the selection beside it;
    /// [`McxError::WrongOfferTag`] for a selection, other than by the octet alone, that does not say which offer it answers.
    pub fn selection(&self) -> Result<Option<AlgorithmSelection>, McxError> {
        match (self.negotiated, self.signalling_algorithm()) {
            (Negotiated::Selection(selection), Some(octet)) if selection.selected != octet => {
                Err(McxError::BadAlgorithms)
            }
            // SPEC: a selection in an extension or SP answers an offer, and says which; the octet alone cannot.
            (Negotiated::Selection(AlgorithmSelection { tag: None, .. }), _) => Err(McxError::WrongOfferTag),
            (Negotiated::Selection(selection), _) => Ok(Some(selection)),
            (_, Some(octet)) => Ok(Some(AlgorithmSelection { selected: octet, tag: None })),
            _ => Ok(None),
        }
    }

    /// The signalling algorithm octet of the key parameters, if there was one.
    #[must_use]
    pub fn signalling_algorithm(&self) -> Option<u8> {
        self.opened.and_then(|opened| opened.signalling_algorithm)
    }

    /// When the key becomes active: at the activation time, or else at T; within the skew that is now.
    pub(super) fn active_from(&self, clock: Clock) -> Ntp64 {
        clock.begin(self.opened.and_then(|opened| opened.parameters.activation).unwrap_or(self.time))
    }

    /// When the key expires; `None`: never.
    pub(super) fn expiry(&self) -> Option<Ntp64> {
        self.opened.and_then(|opened| opened.parameters.expiry)
    }

    /// Whether the initiator is still hidden: the key may not be used before [`bind`](Self::bind).
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self.message.initiator(), Party::Hidden(_))
    }

    /// Gives up the key of an initiator that is known to be `uri`; a hidden one is compared by its UID (TS 33.180
    /// §5.2.6).
    ///
    /// # Errors
    ///
    /// [`McxError::IdentityMismatch`] when the initiator is somebody else.
    pub fn bind<M: McCrypto>(self, uri: &[u8], own: &Entity<'_, M>) -> Result<McKey, McxError> {
        self.check_initiator(uri, own)?;
        Ok(self.key)
    }

    /// Whether the initiator is `uri`.
    pub(super) fn check_initiator<M: McCrypto>(
        &self, uri: &[u8], own: &Entity<'_, M>,
    ) -> Result<(), McxError> {
        let same = match self.message.initiator() {
            Party::Uri(given) => given == uri,
            Party::Hidden(_) => {
                let kms = own.accepted(self.message.initiator_kms(), self.time);
                let kms = kms.ok_or(McxError::IdentityMismatch)?;
                let period = kms.periods.number(self.time)?;
                Uid::derive(uri, kms.uri, kms.periods, period)? == self.initiator_uid
            }
        };
        if same { Ok(()) } else { Err(McxError::IdentityMismatch) }
    }
}

impl fmt::Debug for Received<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("key_id", &self.key_id())
            .field("time", &self.time)
            .field("initiator_uid", &self.initiator_uid)
            .finish_non_exhaustive()
    }
}
