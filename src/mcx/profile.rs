//! Which crypto sessions a message sets up, and under which policy (TS 33.180 §E.1.3, §E.4.2).
//!
//! ```text
//! empty map    all sessions of the key, default policy, no SP
//! GENERIC-ID   the sessions listed; each policy number names an SP, none means the default policy
//!
//! default policy   AES-GCM, key 16, salt 12, PRF AES-CM, key derivation rate 0, tag 16
//! ```

use super::error::McxError;
use super::negotiation::{
    AlgorithmList, AlgorithmOffer, AlgorithmSelection, NegotiationEncoding, OFFER_TAG_LEN,
};
use crate::error::DecodeErrorKind;
use crate::keys::{MasterKeyLen, PurposeTag};
use crate::message::{IMessage, Quirk, Quirks};
use crate::wire::{CsIdMap, GenericIdMap, Policy, ProtType, SpParamType, SrtpEncr, SrtpPolicy, SrtpSession};

/// Most crypto sessions of a key.
pub const MAX_SESSIONS: usize = 8;

/// Policy parameters of the default profile (TS 33.180 §E.4.2), for the `params` of a [`Policy`].
pub const DEFAULT_SRTCP_PARAMS: [u8; 18] = [0, 1, 6, 1, 1, 16, 4, 1, 12, 5, 1, 0, 6, 1, 0, 20, 1, 16];

/// A crypto session that a message sets up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct McSession {
    /// The crypto session.
    pub cs_id: u8,
    /// Length of its SRTP master key.
    pub key_len: MasterKeyLen,
    /// The stream that it must use, when given.
    pub srtp: Option<SrtpSession>,
}

/// The crypto sessions of a message, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct McSessions(heapless::Vec<McSession, MAX_SESSIONS>);

impl McSessions {
    /// The sessions.
    pub fn iter(&self) -> impl Iterator<Item = &McSession> {
        self.0.iter()
    }

    /// Session `cs_id`, when it is among them.
    #[must_use]
    pub fn session(&self, cs_id: u8) -> Option<&McSession> {
        self.0.iter().find(|session| session.cs_id == cs_id)
    }

    /// Those of them that are `wanted`.
    pub(super) fn only(mut self, wanted: impl Fn(u8) -> bool) -> Self {
        self.0.retain(|session| wanted(session.cs_id));
        self
    }

    fn push(&mut self, session: McSession) -> Result<(), McxError> {
        if self.session(session.cs_id).is_some() {
            return Err(McxError::BadCsIdMap);
        }
        self.0.push(session).map_err(|_| McxError::BadCsIdMap)
    }

    /// All sessions that a key of kind `tag` serves.
    pub(super) fn all(tag: PurposeTag, key_len: MasterKeyLen) -> Self {
        let mut all = Self::default();
        for cs_id in tag.cs_ids().unwrap_or_default() {
            let _ = all.push(McSession { cs_id: *cs_id, key_len, srtp: None });
        }
        all
    }
}

/// Checks map and policies of `message`, which carries a key of kind `tag`; with the deviations that were needed.
pub(super) fn sessions(
    message: &IMessage<'_>, tag: PurposeTag, encoding: NegotiationEncoding, accepted: Quirks,
) -> Result<(McSessions, Quirks), McxError> {
    let mut policies = heapless::Vec::<(u8, MasterKeyLen), MAX_SESSIONS>::new();
    for policy in message.policies() {
        if policies.iter().any(|(number, _)| *number == policy.policy_no) {
            return Err(McxError::PolicyBelowFloor);
        }
        let len = floor(&policy, encoding).ok_or(McxError::PolicyBelowFloor)?;
        policies.push((policy.policy_no, len)).map_err(|_| McxError::PolicyBelowFloor)?;
    }
    let number = |wanted: u8| {
        policies.iter().find(|(number, _)| *number == wanted).map(|(_, len)| *len).ok_or(McxError::BadCsIdMap)
    };
    match message.map() {
        CsIdMap::Empty { cs_count: 0 } => {
            let Some((_, len)) = policies.first() else {
                return Ok((McSessions::all(tag, MasterKeyLen::Aes128), Quirks::NONE));
            };
            if !accepted.has(Quirk::SpWithEmptyMap) || policies.len() != 1 {
                return Err(McxError::PolicyBelowFloor);
            }
            Ok((McSessions::all(tag, *len), Quirks::NONE.with(Quirk::SpWithEmptyMap)))
        }
        CsIdMap::GenericId(map) if map.iter().next().is_some() => {
            listed(&map, message.csb_id().0, tag, number).map(|sessions| (sessions, Quirks::NONE))
        }
        CsIdMap::SrtpId(map) if accepted.has(Quirk::SrtpIdMap) => {
            let mut len = None;
            for entry in map.iter() {
                let named = number(entry.policy_no)?;
                if len.is_some_and(|len| len != named) {
                    return Err(McxError::BadCsIdMap);
                }
                len = Some(named);
            }
            let len = len.ok_or(McxError::BadCsIdMap)?;
            Ok((McSessions::all(tag, len), Quirks::NONE.with(Quirk::SrtpIdMap)))
        }
        _ => Err(McxError::BadCsIdMap),
    }
}

fn listed(
    map: &GenericIdMap<'_>, csb: u32, tag: PurposeTag, number: impl Fn(u8) -> Result<MasterKeyLen, McxError>,
) -> Result<McSessions, McxError> {
    let mut sessions = McSessions::default();
    for entry in map.iter() {
        let served = tag.cs_ids().is_none_or(|served| served.contains(&entry.cs_id));
        // SPEC: the SPI of a GMK names the GMK, its CSB ID is the GUK-ID (TS 33.180 §E.1.2).
        let named = tag == PurposeTag::Gmk || entry.spi.is_empty() || entry.spi == csb.to_be_bytes();
        if !served || !named {
            return Err(McxError::BadCsIdMap);
        }
        let srtp = entry.srtp_session().map_err(|_: DecodeErrorKind| McxError::BadCsIdMap)?;
        let mut key_len = None;
        for policy in entry.policies {
            let named = number(*policy)?;
            if key_len.is_some_and(|len| len != named) {
                return Err(McxError::BadCsIdMap);
            }
            key_len = Some(named);
        }
        let key_len = key_len.unwrap_or(MasterKeyLen::Aes128);
        sessions.push(McSession { cs_id: entry.cs_id, key_len, srtp })?;
    }
    Ok(sessions)
}

/// The master key length under `policy`; `None` when it is below the floor.
fn floor(policy: &Policy<'_>, encoding: NegotiationEncoding) -> Option<MasterKeyLen> {
    let is_private = |param| {
        encoding == NegotiationEncoding::SpParameters
            && matches!(param, SpParamType::KEY_ALGORITHMS | SpParamType::SELECTED_ALGORITHM)
    };
    let is_known = |param| {
        matches!(
            param,
            SpParamType::ENCR_ALG
                | SpParamType::ENCR_KEY_LEN
                | SpParamType::AUTH_ALG
                | SpParamType::SALT_LEN
                | SpParamType::PRF
                | SpParamType::KEY_DERIVATION_RATE
                | SpParamType::ROC_RATE
                | SpParamType::SRTP_TAG_LEN
                | SpParamType::SRTCP_TAG_LEN
                | SpParamType::AEAD_TAG_LEN
        )
    };
    if policy.params().any(|param| !is_known(param.param) && !is_private(param.param)) {
        return None;
    }
    let srtp = SrtpPolicy::decode_where(policy, |param| !is_private(param)).ok()?;
    // A missing cipher would be AES-CM, the default of SRTP.
    match (srtp.encryption, srtp.key_derivation_rate, srtp.encr_key_len) {
        (SrtpEncr::AesGcm, 0, 16) => Some(MasterKeyLen::Aes128),
        (SrtpEncr::AesGcm, 0, 32) => Some(MasterKeyLen::Aes256),
        _ => None,
    }
}

/// Values of the parameters 241 and 242 in the policies of `message`, each at most once in all of them.
pub(super) type SpAlgorithms<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

pub(super) fn sp_algorithms<'a>(message: &IMessage<'a>) -> Result<SpAlgorithms<'a>, McxError> {
    let (mut list, mut selected) = (None, None);
    for policy in message.policies().filter(|policy| policy.prot_type == ProtType::SRTP) {
        for param in policy.params() {
            let slot = match param.param {
                SpParamType::KEY_ALGORITHMS => &mut list,
                SpParamType::SELECTED_ALGORITHM => &mut selected,
                _ => continue,
            };
            if slot.is_some() {
                return Err(McxError::BadAlgorithms);
            }
            *slot = Some(param.value);
        }
    }
    Ok((list, selected))
}

/// An offer in form C.
pub(super) fn sp_offer((list, selected): SpAlgorithms<'_>) -> Result<Option<AlgorithmOffer>, McxError> {
    match (list, selected) {
        (None, None) => Ok(None),
        (Some(list), Some(&[selected])) => AlgorithmOffer::new(AlgorithmList::new(list)?, selected).map(Some),
        _ => Err(McxError::BadAlgorithms),
    }
}

/// A selection in form C.
pub(super) fn sp_selection(
    (list, selected): SpAlgorithms<'_>,
) -> Result<Option<AlgorithmSelection>, McxError> {
    match (list, selected) {
        (None, None) => Ok(None),
        (None, Some(value)) => {
            let (&selected, tag) = value.split_first().ok_or(McxError::BadAlgorithms)?;
            let tag: [u8; OFFER_TAG_LEN] = tag.try_into().map_err(|_| McxError::BadAlgorithms)?;
            if selected == 0 {
                return Err(McxError::BadAlgorithms);
            }
            Ok(Some(AlgorithmSelection { selected, tag: Some(tag) }))
        }
        _ => Err(McxError::BadAlgorithms),
    }
}
