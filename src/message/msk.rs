//! MSK messages and solicited pulls (TS 33.246 §6.4.2, §6.4.5.1).
//!
//! ```text
//! MSK message = HDR(V), EXT(Key Domain ID, MSK ID), T(COUNTER), RAND, IDi, IDr, [SP..], KEMAC(MSK, SEQl, SEQu)
//! pull        = the same with Key Number 0, V = 0 and no Key data in the KEMAC
//! ```
//!
//! Both are protected by the MUK of the terminal they go to.

use core::fmt;

use super::psk::{self, PskInit, PskMessage};
use super::{algorithms, profile};
use crate::crypto::{Primitives, key_octets};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, OpenError, SealError};
use crate::id::{Counter, CsbId, KeyNumber, MskName, MtkId};
use crate::keys::{Algorithms, MessageKeys, Msk, MskRand, MukId, PreSharedKey, Protection, check_counter};
use crate::secret::Secret;
use crate::settings::{InvalidInterval, Profile, Settings};
use crate::wire::{
    CryptoSession, CsIdMap, CsIdMapType, ExtType, Extension, Identity, KeyData, KeyDataChain, KeyValidity,
    Policy, SrtpIdMap, Timestamp,
};

/// Most SP payloads of an MSK message.
pub const MAX_POLICIES: usize = 2;

/// Longest Key data that a key of MBMS can take, octets.
const MAX_KEY_DATA_LEN: usize = 64;

/// Everything in an MSK message or pull but the key.
#[derive(Clone, Copy, Debug)]
pub struct MskAddress<'a> {
    /// The MSK that is delivered; for a pull its Key Number is 0.
    pub name: MskName,
    /// The counter: newer than that of every message under this MUK before.
    pub counter: Counter,
    /// CSB ID; MBMS sends 0. The draft profile puts the Key Group there and ignores this.
    pub csb: CsbId,
    /// RAND: the same in every message that delivers this MSK, to whomever (RFC 3830 §6.11).
    pub rand: MskRand,
    /// The identities: they name the MUK. In the draft profile `idi` is ignored, the Network ID stands there.
    pub muk_id: MukId<'a>,
    /// Whether the terminal is to acknowledge; ignored in a pull.
    pub v: bool,
    /// The suite.
    pub algorithms: Algorithms,
    /// Security policies for the traffic under this MSK, at most [`MAX_POLICIES`].
    pub policies: &'a [Policy<'a>],
    /// Crypto sessions; `None` makes one for each policy, with SSRC 0 and ROC 0 (point U30).
    pub sessions: Option<&'a [CryptoSession]>,
    /// The key management protocols that the SDP around this message names, separated by `;`: under the MAC they cannot be
    /// bid down (RFC 4567 §4.1.4). `None` where no SDP carries the message.
    pub sdp_ids: Option<&'a [u8]>,
}

/// Builds an MSK message that delivers `msk` with the MTK IDs from `seq_low` to `seq_high`.
///
/// `muk` must never before have protected another message with this counter: the key stream would repeat.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small, when the Key Number is 0, when `seq_low` is above `seq_high`, when there are
/// too many policies, or when a crypto session names one that is not there; [`SealError::KeyUnavailable`] when the holder of the MUK does not answer.
#[allow(clippy::too_many_arguments, reason = "address, key, interval, MUK, settings, out")]
pub fn seal_msk<'o, P: Primitives, K: PreSharedKey + ?Sized>(
    address: &MskAddress<'_>, msk: &Msk<P>, seq_low: MtkId, seq_high: MtkId, muk: &K, settings: &Settings,
    out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    if address.name.id.number == KeyNumber::CURRENT || seq_low > seq_high {
        return Err(EncodeError::Inconsistent.into());
    }
    let (from, to) = (seq_low.0.to_be_bytes(), seq_high.0.to_be_bytes());
    let key = KeyData {
        key_type: settings.key_data.msk,
        key: key_octets::export(msk.secret()),
        salt: None,
        validity: KeyValidity::Interval { from: &from, to: &to },
    };
    seal(address, &[key], address.v, muk, settings, out)
}

/// Builds a solicited pull: asks the terminal to request the MSK of the Key Group that `address` names.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small or the Key Number is not 0; [`SealError::KeyUnavailable`] when the
/// holder of the MUK does not answer.
pub fn seal_pull<'o, K: PreSharedKey + ?Sized>(
    address: &MskAddress<'_>, muk: &K, settings: &Settings, out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    if address.name.id.number != KeyNumber::CURRENT {
        return Err(EncodeError::Inconsistent.into());
    }
    seal(address, &[], false, muk, settings, out)
}

fn seal<'o, K: PreSharedKey + ?Sized>(
    address: &MskAddress<'_>, key_data: &[KeyData<'_>], v: bool, muk: &K, settings: &Settings,
    out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    let named = profile::Named { msk: address.name, mtk: None };
    let (ids, csb) = profile::write(named, address.csb, settings);
    let network = address.name.domain.to_octets();
    let idi = profile::carried_idi(&network, address.muk_id.idi, settings);
    let idi_type = match settings.profile {
        Profile::Rel6 => settings.idi_type,
        Profile::Draft => settings.draft_idi_type,
    };
    if address.policies.len() > MAX_POLICIES {
        return Err(EncodeError::FieldTooLong.into());
    }
    let mut sessions = [CryptoSession { policy_no: 0, ssrc: 0, roc: 0 }; MAX_POLICIES];
    for (session, policy) in sessions.iter_mut().zip(address.policies) {
        session.policy_no = policy.policy_no;
    }
    let sessions =
        address.sessions.or_else(|| sessions.get(..address.policies.len()).filter(|s| !s.is_empty()));
    let map = match sessions {
        Some(sessions) => CsIdMap::SrtpId(SrtpIdMap::new(sessions)?),
        None => CsIdMap::Empty { cs_count: 0 },
    };
    let key_ids = Extension { ext_type: ExtType::KEY_ID, octets: ids.as_slice() };
    let sdp_ids = |octets| Extension { ext_type: ExtType::SDP_IDS, octets };
    let (alone, both);
    let extensions = match address.sdp_ids {
        None => {
            alone = [key_ids];
            alone.as_slice()
        }
        Some(octets) => {
            both = [key_ids, sdp_ids(octets)];
            both.as_slice()
        }
    };
    let init = PskInit {
        v,
        csb,
        map,
        timestamp: Timestamp::Counter(address.counter),
        rand: Some(address.rand.octets()),
        extensions,
        ext_place: settings.ext_place,
        idi: Some(Identity { id_type: idi_type, octets: idi }),
        idr: Some(Identity { id_type: settings.idr_type, octets: address.muk_id.idr }),
        policies: address.policies,
        algorithms: address.algorithms,
    };
    let keys = muk.keys(&Protection { algorithms: address.algorithms, csb, rand: address.rand.octets() })?;
    psk::seal(&init, key_data, &keys, out)
}

/// A decoded MSK message or solicited pull. Nothing in it is authentic yet; [`muk_id`](Self::muk_id) and
/// [`name`](Self::name) serve to look up keys.
#[derive(Clone, Copy)]
pub struct MskMessage<'a> {
    psk: PskMessage<'a>,
    name: MskName,
    counter: Counter,
    algorithms: Algorithms,
    muk_id: MukId<'a>,
}

impl<'a> MskMessage<'a> {
    /// Decodes an MSK message of the profile that `settings` name.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong: structure, Key ID information, algorithms, RAND length.
    /// A message with an MTK ID is no MSK message.
    pub fn decode(octets: &'a [u8], settings: &Settings) -> Result<Self, DecodeError> {
        let psk = PskMessage::decode(octets)?;
        let named = profile::read(&psk, None, settings)?;
        Self::of(&psk, named, settings)
    }

    // As of `PskMessage::decode`.
    #[inline(never)]
    pub(crate) fn of(
        psk: &PskMessage<'a>, named: profile::Named, settings: &Settings,
    ) -> Result<Self, DecodeError> {
        if named.mtk.is_some() {
            return Err(DecodeError::new(DecodeErrorKind::BadKeyId, psk.key_ids_at()));
        }
        let end = psk.octets().len();
        let missing = DecodeError::new(DecodeErrorKind::MissingPayload, end);
        let (idi, idr) = psk.idi().zip(psk.idr()).ok_or(missing)?;
        match psk.rand() {
            Some(rand)
                if !(MskRand::MIN_LEN..=MskRand::MAX_LEN.min(settings.rand_max_len.into()))
                    .contains(&rand.len()) =>
            {
                return Err(DecodeError::new(DecodeErrorKind::BadRand, psk.rand_at()));
            }
            None if !settings.rand_optional => return Err(missing),
            _ => {}
        }
        if usize::from(psk.policy_count()) > MAX_POLICIES {
            return Err(DecodeError::new(DecodeErrorKind::DuplicatePayload, psk.kemac_at()));
        }
        let (counter, algorithms) = admit(psk, !psk.kemac().encr_data.is_empty(), settings)?;
        let idi = match settings.profile {
            Profile::Rel6 => idi.octets,
            Profile::Draft => &[],
        };
        Ok(Self { psk: *psk, name: named.msk, counter, algorithms, muk_id: MukId { idi, idr: idr.octets } })
    }

    /// The (IDi, IDr) under which the MUK is held.
    #[must_use]
    pub const fn muk_id(&self) -> MukId<'a> {
        self.muk_id
    }

    /// The MSK that the message claims to deliver; Key Number 0 marks a pull.
    #[must_use]
    pub const fn name(&self) -> MskName {
        self.name
    }

    /// The counter.
    #[must_use]
    pub const fn counter(&self) -> Counter {
        self.counter
    }

    /// The suite.
    #[must_use]
    pub const fn algorithms(&self) -> Algorithms {
        self.algorithms
    }

    /// RAND; absent only under the setting `rand_optional`.
    #[must_use]
    pub fn rand(&self) -> Option<&'a [u8]> {
        self.psk.rand()
    }

    /// The message as the general exchange sees it: header with CS ID map, policies, extensions.
    #[must_use]
    pub const fn psk(&self) -> &PskMessage<'a> {
        &self.psk
    }

    /// Whether an acknowledgement is asked for.
    #[must_use]
    pub fn v(&self) -> bool {
        self.psk.v()
    }

    /// Checks the counter against `last`, then the MAC, then opens the content. Changes nothing: the caller stores
    /// counter and key. `stored_rand` serves only a message without RAND.
    ///
    /// # Errors
    ///
    /// [`OpenError::Replay`], [`OpenError::MacInvalid`], [`OpenError::BadContent`], [`OpenError::InvalidInterval`]
    /// (setting of point U18), [`OpenError::KeyUnavailable`].
    pub fn open<K: PreSharedKey + ?Sized>(
        &self, muk: &K, last: Option<Counter>, stored_rand: Option<&MskRand>, settings: &Settings,
    ) -> Result<OpenedMsk<K::Keys>, OpenError> {
        check_counter(self.counter, last.or(settings.initial_counter))?;
        let keys = self.psk.keys(muk, stored_rand.map(MskRand::octets))?;
        Ok(OpenedMsk { content: self.content(&keys, stored_rand, settings)?, keys })
    }

    /// The part of [`open`](Self::open) that needs the keys of the message: MAC and content.
    pub(crate) fn content<M: MessageKeys + ?Sized>(
        &self, keys: &M, stored_rand: Option<&MskRand>, settings: &Settings,
    ) -> Result<MskContent, OpenError> {
        let mut plain = KeyDataBuffer::new();
        Ok(match self.psk.open(keys, plain.as_mut())? {
            None if self.name.id.number == KeyNumber::CURRENT => MskContent::Pull,
            None => return Err(OpenError::BadContent(DecodeErrorKind::BadKeyId)),
            Some(_) if self.name.id.number == KeyNumber::CURRENT => {
                return Err(OpenError::BadContent(DecodeErrorKind::BadKeyId));
            }
            Some(chain) => {
                let (msk, seq_low, seq_high) =
                    msk_of(&chain).ok_or(OpenError::BadContent(DecodeErrorKind::BadKeyData))?;
                let rand = self.rand().map_or(stored_rand.copied(), MskRand::new);
                match settings.invalid_interval {
                    InvalidInterval::Reject if seq_low > seq_high => return Err(OpenError::InvalidInterval),
                    InvalidInterval::Delete if seq_low > seq_high => MskContent::Invalidated,
                    _ => MskContent::Key { msk, rand, seq_low, seq_high },
                }
            }
        })
    }
}

impl fmt::Debug for MskMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MskMessage")
            .field("name", &self.name)
            .field("counter", &self.counter)
            .field("muk_id", &self.muk_id)
            .finish_non_exhaustive()
    }
}

/// What MBMS asks of every message: no GENERIC-ID map, Key data that one key can take, a COUNTER, a suite.
pub(super) fn admit(
    psk: &PskMessage<'_>, carries_key: bool, settings: &Settings,
) -> Result<(Counter, Algorithms), DecodeError> {
    if psk.map_type() == CsIdMapType::GENERIC_ID {
        return Err(DecodeError::new(DecodeErrorKind::BadCsIdMap, 9));
    }
    if psk.kemac().encr_data.len() > MAX_KEY_DATA_LEN {
        return Err(DecodeError::new(DecodeErrorKind::BadKeyData, psk.kemac_at()));
    }
    let counter = counter(psk, settings)?;
    let algorithms = psk.algorithms()?;
    algorithms::check_suite(algorithms, carries_key, settings).map_err(|kind| psk.refuse(kind))?;
    Ok((counter, algorithms))
}

/// The T of an MBMS message as a counter.
fn counter(psk: &PskMessage<'_>, settings: &Settings) -> Result<Counter, DecodeError> {
    match psk.timestamp() {
        Timestamp::Counter(counter) => Ok(counter),
        #[allow(clippy::cast_possible_truncation, reason = "the documented low 32 bits")]
        other if settings.any_timestamp => Ok(Counter(other.iv_bits() as u32)),
        _ => Err(DecodeError::new(DecodeErrorKind::UnsupportedTimestamp, psk.timestamp_at())),
    }
}

fn msk_of(chain: &KeyDataChain<'_>) -> Option<(Secret<16>, MtkId, MtkId)> {
    let data = chain.single()?;
    let KeyValidity::Interval { from, to } = data.validity else { return None };
    let id = |octets: &[u8]| octets.try_into().ok().map(|octets| MtkId(u16::from_be_bytes(octets)));
    Some((key_octets::import(data.key)?, id(from)?, id(to)?))
}

/// Room for decrypted Key data, wiped on drop.
pub(super) struct KeyDataBuffer([u8; MAX_KEY_DATA_LEN]);

impl KeyDataBuffer {
    pub(super) const fn new() -> Self {
        Self([0; MAX_KEY_DATA_LEN])
    }

    pub(super) const fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for KeyDataBuffer {
    fn drop(&mut self) {
        crate::secret::wipe_slice(&mut self.0);
    }
}

/// The security policies and crypto sessions of an authentic MSK message: how SRTP uses the MTKs under that MSK.
#[derive(Clone, Copy)]
pub struct MskSecurity<'a>(&'a [u8]);

impl<'a> MskSecurity<'a> {
    pub(crate) fn of(message: &MskMessage<'a>) -> Self {
        Self(message.psk.octets())
    }

    /// The policies; none means SRTP's defaults, or what the service announcement says.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'a>> + use<'a> {
        PskMessage::decode(self.0).ok().into_iter().flat_map(|psk| psk.policies())
    }

    /// The crypto sessions: which stream uses which policy. SSRC 0 fits every stream.
    pub fn sessions(&self) -> impl Iterator<Item = CryptoSession> + use<'a> {
        let map = PskMessage::decode(self.0).ok().and_then(|psk| match psk.hdr().map {
            CsIdMap::SrtpId(map) => Some(map),
            _ => None,
        });
        map.into_iter().flat_map(|map| map.iter())
    }
}

impl fmt::Debug for MskSecurity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MskSecurity(")?;
        f.debug_list().entries(self.policies()).finish()?;
        f.debug_list().entries(self.sessions()).finish()?;
        f.write_str(")")
    }
}

/// What an authentic MSK message says.
#[derive(Debug)]
#[non_exhaustive]
pub enum MskContent {
    /// Here is a key.
    Key {
        /// The MSK.
        msk: Secret<16>,
        /// The RAND that its MTK messages are keyed with.
        rand: Option<MskRand>,
        /// SEQl.
        seq_low: MtkId,
        /// SEQu.
        seq_high: MtkId,
    },
    /// SEQl > SEQu: forget the MSK of this name.
    Invalidated,
    /// Request the MSK of this Key Group.
    Pull,
}

/// An authentic MSK message: its content, and the keys that the acknowledgement needs.
pub struct OpenedMsk<M> {
    /// The content.
    pub content: MskContent,
    /// The keys of the message, for [`seal_verification`](super::seal_verification).
    pub keys: M,
}

impl<M> fmt::Debug for OpenedMsk<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedMsk").field("content", &self.content).finish_non_exhaustive()
    }
}
