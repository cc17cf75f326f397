//! Negotiation of the signalling algorithm: what a client offers, what a server selects (TS 33.180 §5.4, §5.8).
//!
//! ```text
//! A  extension 241, offer       | version 1 | 1 | selected | count N | ids, most wanted first N |
//!    extension 241, selection   | version 1 | 2 | selected | 0 |          or 8 | offer tag 8 |
//! B  octet in key parameters    | selected |
//! C  SP parameters              241: ids    242: selected, in a selection with the offer tag behind it
//!
//! offer tag = first 8 octets of SHA-256(offer in form A)
//! ```
//!
//! The standards give no coding for the list: A is the default, B and C are settings. All stand under the signature.

use super::error::McxError;
use crate::crypto::{RustCrypto, digest};

/// AES-128-GCM suite: the default.
pub const ALGORITHM_AES_128: u8 = 1;

/// AES-256-GCM suite.
pub const ALGORITHM_AES_256: u8 = 2;

/// Most algorithms of an offer.
pub const MAX_ALGORITHMS: usize = 16;

/// Longest offer or selection in form A, octets.
pub const MAX_OFFER_LEN: usize = 4 + MAX_ALGORITHMS;

/// Octets of an offer tag.
pub const OFFER_TAG_LEN: usize = 8;

const VERSION: u8 = 1;
const OFFER: u8 = 1;
const SELECTION: u8 = 2;

/// How offer and selection travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NegotiationEncoding {
    /// A: General Extension of type 241.
    #[default]
    Extension,
    /// B: the signalling algorithm octet of key parameters alone; it can express a selection only, so an offer is a list
    /// of one.
    SignallingAlgorithm,
    /// C: SP parameters 241 and 242.
    SpParameters,
}

/// Identifiers of algorithms in order of preference: at most 16, none 0, none twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlgorithmList {
    ids: [u8; MAX_ALGORITHMS],
    len: usize,
}

impl AlgorithmList {
    /// The list of `ids`.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for none, more than 16, a 0 or one twice.
    pub fn new(ids: &[u8]) -> Result<Self, McxError> {
        let mut list = Self { ids: [0; MAX_ALGORITHMS], len: ids.len() };
        let twice = ids.iter().enumerate().any(|(at, id)| ids.iter().take(at).any(|before| before == id));
        if ids.is_empty() || ids.len() > MAX_ALGORITHMS || ids.contains(&0) || twice {
            return Err(McxError::BadAlgorithms);
        }
        for (to, from) in list.ids.iter_mut().zip(ids) {
            *to = *from;
        }
        Ok(list)
    }

    /// The list of `id` alone.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for 0.
    pub fn only(id: u8) -> Result<Self, McxError> {
        Self::new(&[id])
    }

    /// The identifiers.
    #[must_use]
    pub fn ids(&self) -> &[u8] {
        self.ids.get(..self.len).unwrap_or_default()
    }

    /// Whether `id` is in the list.
    #[must_use]
    pub fn has(&self, id: u8) -> bool {
        self.ids().contains(&id)
    }

    /// How many are preferred to `id`; `None` when it is not in the list.
    #[must_use]
    pub fn rank(&self, id: u8) -> Option<usize> {
        self.ids().iter().position(|known| *known == id)
    }
}

/// What the KMS provisions for the negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmPolicy {
    /// What this side can do, most wanted first.
    pub supported: AlgorithmList,
    /// What applies where nothing is negotiated.
    pub default: u8,
    /// What may be used at all.
    pub floor: AlgorithmList,
    /// Whether a client refuses a selection that it ranks below the current algorithm.
    pub strict_preference: bool,
}

impl Default for AlgorithmPolicy {
    /// The AES-128-GCM suite alone: nothing is ever offered.
    fn default() -> Self {
        let list = AlgorithmList { ids: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], len: 1 };
        Self { supported: list, default: ALGORITHM_AES_128, floor: list, strict_preference: false }
    }
}

impl AlgorithmPolicy {
    /// Whether `id` is known and allowed.
    #[must_use]
    pub fn allows(&self, id: u8) -> bool {
        self.supported.has(id) && self.floor.has(id)
    }

    /// The offer of a client: all that is known and allowed, with `selected` selected.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] when `selected` is not in the list, or nothing is.
    pub fn offer(&self, selected: u8) -> Result<AlgorithmOffer, McxError> {
        let mut ids = heapless::Vec::<u8, MAX_ALGORITHMS>::new();
        for id in self.supported.ids().iter().filter(|id| self.floor.has(**id)) {
            ids.push(*id).map_err(|_| McxError::BadAlgorithms)?;
        }
        AlgorithmOffer::new(AlgorithmList::new(&ids)?, selected)
    }

    /// What a server takes of an upload (rules 1, 2 and 6): the algorithm of the CSK.
    ///
    /// # Errors
    ///
    /// [`McxError::NoCommonAlgorithm`].
    pub fn accept_offer(&self, offer: Option<&AlgorithmOffer>) -> Result<u8, McxError> {
        let id = offer.map_or(self.default, |offer| offer.selected);
        self.allows(id).then_some(id).ok_or(McxError::NoCommonAlgorithm)
    }

    /// Which selection a server may write into a download (rule 3): `id`, from the last accepted offer.
    ///
    /// # Errors
    ///
    /// [`McxError::SelectionNotOffered`] when the client did not offer it, or offered nothing;
    /// [`McxError::AlgorithmBelowFloor`] when this policy does not allow it.
    pub fn select(&self, id: u8, offer: Option<&AlgorithmOffer>) -> Result<AlgorithmSelection, McxError> {
        let offer = offer.filter(|offer| offer.list.has(id)).ok_or(McxError::SelectionNotOffered)?;
        if !self.allows(id) {
            return Err(McxError::AlgorithmBelowFloor);
        }
        Ok(AlgorithmSelection { selected: id, tag: Some(offer.tag()) })
    }

    /// The selection for a MuSiK (rule 7): every recipient must have offered `id`. The tag is that of the one recipient
    /// whom a download goes to, so it comes from [`select`](Self::select) for each.
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select), for the first recipient that fails.
    pub fn select_for_all<'a>(
        &self, id: u8, mut offers: impl Iterator<Item = Option<&'a AlgorithmOffer>>,
    ) -> Result<(), McxError> {
        offers.try_for_each(|offer| self.select(id, offer).map(|_| ()))
    }

    /// What a client takes of a download (rules 4 and 6): the algorithm of the key in it. `sent` is the client's last
    /// offer, `current` the algorithm in use.
    ///
    /// # Errors
    ///
    /// [`McxError::SelectionNotOffered`], [`McxError::WrongOfferTag`], [`McxError::AlgorithmBelowFloor`],
    /// [`McxError::Downgrade`].
    pub fn accept_selection(
        &self, selection: Option<&AlgorithmSelection>, sent: Option<&AlgorithmOffer>, current: u8,
    ) -> Result<u8, McxError> {
        let Some(AlgorithmSelection { selected, tag }) = selection else {
            return self.allows(current).then_some(current).ok_or(McxError::AlgorithmBelowFloor);
        };
        let sent = sent.filter(|sent| sent.list.has(*selected)).ok_or(McxError::SelectionNotOffered)?;
        if tag.is_some_and(|tag| tag != sent.tag()) {
            return Err(McxError::WrongOfferTag);
        }
        if !self.allows(*selected) {
            return Err(McxError::AlgorithmBelowFloor);
        }
        let worse = self.supported.rank(*selected) > self.supported.rank(current);
        if self.strict_preference && worse { Err(McxError::Downgrade) } else { Ok(*selected) }
    }
}

/// What a client offers with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlgorithmOffer {
    list: AlgorithmList,
    selected: u8,
}

impl AlgorithmOffer {
    /// The offer of `list` with `selected` selected.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] when it is not in the list.
    pub fn new(list: AlgorithmList, selected: u8) -> Result<Self, McxError> {
        if list.has(selected) { Ok(Self { list, selected }) } else { Err(McxError::BadAlgorithms) }
    }

    /// What is offered, most wanted first.
    #[must_use]
    pub const fn list(&self) -> &AlgorithmList {
        &self.list
    }

    /// What is selected.
    #[must_use]
    pub const fn selected(&self) -> u8 {
        self.selected
    }

    /// By which a selection says what it answers.
    #[must_use]
    pub fn tag(&self) -> [u8; OFFER_TAG_LEN] {
        let mut octets = [0; MAX_OFFER_LEN];
        let [a, b, c, d, e, f, g, h, ..] = digest(&RustCrypto, &[self.encode(&mut octets)]);
        [a, b, c, d, e, f, g, h]
    }

    /// Form A.
    pub fn encode<'o>(&self, out: &'o mut [u8; MAX_OFFER_LEN]) -> &'o [u8] {
        let count = u8::try_from(self.list.len).unwrap_or(0);
        let head = [VERSION, OFFER, self.selected, count];
        for (to, from) in out.iter_mut().zip(head.into_iter().chain(self.list.ids)) {
            *to = from;
        }
        out.get(..self.list.len.saturating_add(4)).unwrap_or_default()
    }

    /// Reads form A.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for everything that rule 1 does not allow, and for a selection.
    pub fn decode(octets: &[u8]) -> Result<Self, McxError> {
        let Some((&[VERSION, OFFER, selected, count], ids)) = octets.split_first_chunk() else {
            return Err(McxError::BadAlgorithms);
        };
        if usize::from(count) != ids.len() {
            return Err(McxError::BadAlgorithms);
        }
        Self::new(AlgorithmList::new(ids)?, selected)
    }
}

/// What a server selects with a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlgorithmSelection {
    /// The algorithm of the key in the message.
    pub selected: u8,
    /// The tag of the offer that is answered.
    pub tag: Option<[u8; OFFER_TAG_LEN]>,
}

impl AlgorithmSelection {
    /// Form A.
    pub fn encode<'o>(&self, out: &'o mut [u8; MAX_OFFER_LEN]) -> &'o [u8] {
        let head = [VERSION, SELECTION, self.selected, 0];
        for (to, from) in out.iter_mut().zip(head.into_iter().chain(self.tag.into_iter().flatten())) {
            *to = from;
        }
        out.get(..if self.tag.is_some() { 12 } else { 4 }).unwrap_or_default()
    }

    /// Reads form A.
    ///
    /// # Errors
    ///
    /// [`McxError::BadAlgorithms`] for another form, another version, a count that is not 0, or an identifier 0.
    pub fn decode(octets: &[u8]) -> Result<Self, McxError> {
        let Some((&[VERSION, SELECTION, selected, 0], tag)) = octets.split_first_chunk() else {
            return Err(McxError::BadAlgorithms);
        };
        let tag = match tag {
            [] => None,
            tag => Some(tag.try_into().map_err(|_| McxError::BadAlgorithms)?),
        };
        if selected == 0 { Err(McxError::BadAlgorithms) } else { Ok(Self { selected, tag }) }
    }
}

/// What a message says about algorithms, read off it before anything is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Negotiated {
    /// Nothing.
    Nothing,
    /// An offer, of an upload.
    Offer(AlgorithmOffer),
    /// A selection, of a download.
    Selection(AlgorithmSelection),
}
