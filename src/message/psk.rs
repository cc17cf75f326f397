//! The pre-shared-key exchange of RFC 3830 in general (§3.1, §4.5, §5.2).
//!
//! ```text
//! I_MESSAGE = HDR, T, RAND, [IDi], [IDr], {SP}, KEMAC        update: the same without RAND
//! R_MESSAGE = HDR, T, [IDr], V                               see VerificationMessage
//! ```
//!
//! Any timestamp, any CS ID map, TGKs and TEKs. What MBMS allows of it is decided by its profiles, not here.

use core::fmt;

use super::algorithms;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, OpenError, SealError};
use crate::id::{Counter, CsbId};
use crate::keys::{Algorithms, MessageKeys, PreSharedKey, Protection};
use crate::wire::{
    CsIdMap, DataType, EncrAlg, ExtType, Extension, Hdr, Identity, Kemac, KeyData, KeyDataChain, MacAlg,
    Message, MessageWriter, Payload, Policy, Timestamp, encode_key_data, key_data_len,
};

/// Where the one extension of a message that a writer was given stands among the payloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtPlace {
    /// Behind the header: EXT, T, RAND, IDi, IDr, SP, KEMAC.
    #[default]
    First,
    /// Behind T.
    AfterT,
    /// Before the KEMAC.
    BeforeKemac,
}

/// What an I_MESSAGE is to contain besides its keys.
#[derive(Clone, Copy, Debug)]
pub struct PskInit<'a> {
    /// Whether a verification message is asked for.
    pub v: bool,
    /// CSB ID.
    pub csb: CsbId,
    /// CS ID map.
    pub map: CsIdMap<'a>,
    /// T.
    pub timestamp: Timestamp,
    /// RAND; absent from an update.
    pub rand: Option<&'a [u8]>,
    /// Extensions, in order.
    pub extensions: &'a [Extension<'a>],
    /// Where they stand.
    pub ext_place: ExtPlace,
    /// The initiator's identity.
    pub idi: Option<Identity<'a>>,
    /// The responder's identity.
    pub idr: Option<Identity<'a>>,
    /// Security policies, in order.
    pub policies: &'a [Policy<'a>],
    /// The algorithms. MAC NULL does not exist here: a message without MAC proves nothing.
    pub algorithms: Algorithms,
}

/// Builds an I_MESSAGE that carries `key_data`, under `keys` that fit it. No key octet is left in `out` on failure.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small, a field too long, or the policies contradict the CS ID map or each other, so
/// that no receiver would take them; [`SealError::KeyUnavailable`] when the holder of the key does not answer.
pub fn seal<'o, M: MessageKeys + ?Sized>(
    init: &PskInit<'_>, key_data: &[KeyData<'_>], keys: &M, out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    if !agree(&init.map, init.policies) {
        return Err(EncodeError::Inconsistent.into());
    }
    let hdr = Hdr {
        data_type: DataType::PSK,
        v: init.v,
        prf: algorithms::prf_func(init.algorithms.prf),
        csb_id: init.csb,
        map: init.map,
    };
    let mut writer = MessageWriter::new(out, &hdr);
    let extensions = |writer: &mut MessageWriter<'o>, place| -> Result<(), EncodeError> {
        for extension in init.extensions.iter().filter(|_| init.ext_place == place) {
            writer.push(&Payload::Ext(*extension))?;
        }
        Ok(())
    };
    extensions(&mut writer, ExtPlace::First)?;
    writer.push(&Payload::T(init.timestamp))?;
    extensions(&mut writer, ExtPlace::AfterT)?;
    if let Some(rand) = init.rand {
        writer.push(&Payload::Rand(rand))?;
    }
    for identity in [init.idi, init.idr].into_iter().flatten() {
        writer.push(&Payload::Id(identity))?;
    }
    for policy in init.policies {
        writer.push(&Payload::Sp(*policy))?;
    }
    extensions(&mut writer, ExtPlace::BeforeKemac)?;
    let encr = algorithms::encr_alg(init.algorithms.cipher);
    let mac = algorithms::mac_alg(init.algorithms.mac);
    let mut unsealed = writer.finish_kemac(encr, key_data_len(key_data), mac)?;
    if !key_data.is_empty() {
        encode_key_data(key_data, unsealed.encr_data_mut())?;
        keys.crypt(init.timestamp.iv_bits(), unsealed.encr_data_mut())?;
    }
    let tag = keys.tag(&[unsealed.authenticated()])?;
    Ok(unsealed.finish(tag.as_octets())?)
}

/// Whether these policies may stand beside this map: what a receiver asks of them (RFC 3830 §6.1.1, §6.10; RFC 4563 §5).
fn agree(map: &CsIdMap<'_>, policies: &[Policy<'_>]) -> bool {
    let of = |number: u8| policies.iter().filter(move |policy| policy.policy_no == number).count();
    match map {
        _ if policies.is_empty() => true,
        CsIdMap::Empty { .. } => false,
        CsIdMap::SrtpId(map) => {
            let names_one = policies.len() == 1 || map.iter().next().is_some();
            names_one
                && policies.iter().all(|policy| of(policy.policy_no) == 1)
                && map.iter().all(|session| of(session.policy_no) == 1)
        }
        _ => true,
    }
}

/// A decoded I_MESSAGE of the pre-shared-key method. Nothing in it is authentic yet.
#[derive(Clone, Copy)]
pub struct PskMessage<'a> {
    message: Message<'a>,
    found: Found<'a>,
}

/// What the payloads are, each with where it stands; 0, where the header is, means that there is none.
#[derive(Clone, Copy)]
struct Found<'a> {
    timestamp: (usize, Timestamp),
    rand: (usize, &'a [u8]),
    idi: Option<Identity<'a>>,
    idr: Option<Identity<'a>>,
    key_ids: (usize, Extension<'a>),
    kemac: (usize, Kemac<'a>),
    policy_count: u8,
    /// The first policy whose number stood before.
    policy_again_at: usize,
    /// The first payload that only an MSK message may have.
    misplaced_at: usize,
}

/// A set of octets.
struct OctetSet([u32; 8]);

impl OctetSet {
    /// Whether `octet` is new in the set.
    fn insert(&mut self, octet: u8) -> bool {
        let [word, bit] = [octet >> 5, octet & 0x1F];
        let Some(word) = self.0.get_mut(usize::from(word)) else { return false };
        let before = *word;
        *word |= 1 << bit;
        before != *word
    }
}

impl<'a> Found<'a> {
    const NOTHING: Self = Self {
        timestamp: (0, Timestamp::Counter(Counter(0))),
        rand: (0, &[]),
        idi: None,
        idr: None,
        key_ids: (0, Extension { ext_type: ExtType::KEY_ID, octets: &[] }),
        kemac: (0, Kemac { encr_alg: EncrAlg::NULL, encr_data: &[], mac_alg: MacAlg::NULL, mac: &[] }),
        policy_count: 0,
        policy_again_at: 0,
        misplaced_at: 0,
    };

    fn see(
        &mut self, policies: &mut OctetSet, hdr: &Hdr<'a>, at: usize, payload: Payload<'a>,
    ) -> Result<(), DecodeError> {
        if hdr.data_type != DataType::PSK {
            return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
        }
        if self.misplaced_at == 0 && matches!(payload, Payload::Rand(_) | Payload::Id(_) | Payload::Sp(_)) {
            self.misplaced_at = at;
        }
        let before = match payload {
            Payload::T(t) => core::mem::replace(&mut self.timestamp, (at, t)).0,
            Payload::Rand(octets) => core::mem::replace(&mut self.rand, (at, octets)).0,
            Payload::Id(identity) if self.idi.is_none() => {
                self.idi = Some(identity);
                0
            }
            Payload::Id(identity) => usize::from(self.idr.replace(identity).is_some()),
            Payload::Sp(policy) => {
                self.policy_count = self.policy_count.saturating_add(1);
                if !policies.insert(policy.policy_no) && self.policy_again_at == 0 {
                    self.policy_again_at = at;
                }
                0
            }
            Payload::Ext(ext) if ext.ext_type == ExtType::KEY_ID => {
                core::mem::replace(&mut self.key_ids, (at, ext)).0
            }
            Payload::Ext(_) => 0,
            Payload::Kemac(payload) => core::mem::replace(&mut self.kemac, (at, payload)).0,
            _ => return Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, at)),
        };
        if before != 0 {
            return Err(DecodeError::new(DecodeErrorKind::DuplicatePayload, at));
        }
        Ok(())
    }

    /// RFC 3830 §6.1.1, §6.10 and RFC 4563 §5: which policies may stand beside which map.
    fn check_map(&self, policies: &mut OctetSet, hdr: &Hdr<'_>) -> Result<(), DecodeError> {
        if self.policy_count == 0 {
            return Ok(());
        }
        let CsIdMap::SrtpId(map) = hdr.map else {
            let empty = matches!(hdr.map, CsIdMap::Empty { .. });
            return if empty { Err(DecodeError::new(DecodeErrorKind::BadCsIdMap, 9)) } else { Ok(()) };
        };
        let at = if self.policy_again_at != 0 {
            self.policy_again_at
        } else if map.iter().next().is_none() && self.policy_count > 1 {
            8
        } else if map.iter().any(|session| policies.insert(session.policy_no)) {
            10
        } else {
            return Ok(());
        };
        Err(DecodeError::new(DecodeErrorKind::BadCsIdMap, at))
    }
}

impl<'a> PskMessage<'a> {
    /// Decodes and checks the structure: one T, at most one RAND and two IDs, any SP and extensions (Key ID
    /// information at most once), one KEMAC at the end; SP payloads that agree with the CS ID map.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    // Its frame is not to lie below those of whoever opens the message.
    #[inline(never)]
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut found = Found::NOTHING;
        let mut policies = OctetSet([0; 8]);
        let message = Message::decode_psk(octets, |hdr: &Hdr<'a>, at, payload| {
            found.see(&mut policies, hdr, at, payload)
        })?;
        if found.timestamp.0 == 0 || found.kemac.0 == 0 {
            return Err(DecodeError::new(DecodeErrorKind::MissingPayload, octets.len()));
        }
        found.check_map(&mut policies, &message.hdr())?;
        Ok(Self { message, found })
    }

    /// The header.
    #[must_use]
    pub fn hdr(&self) -> Hdr<'a> {
        self.message.hdr()
    }

    /// The octets of the whole message.
    #[must_use]
    pub fn octets(&self) -> &'a [u8] {
        self.message.octets()
    }

    /// T.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.found.timestamp.1
    }

    /// RAND, which only an update lacks.
    #[must_use]
    pub fn rand(&self) -> Option<&'a [u8]> {
        let (at, rand) = self.found.rand;
        (at != 0).then_some(rand)
    }

    /// The initiator's identity: the first ID payload.
    #[must_use]
    pub const fn idi(&self) -> Option<Identity<'a>> {
        self.found.idi
    }

    /// The responder's identity: the second ID payload.
    #[must_use]
    pub const fn idr(&self) -> Option<Identity<'a>> {
        self.found.idr
    }

    /// The octets of IDi and IDr as they enter the MAC of a V payload; a missing identity has none.
    #[must_use]
    pub fn identity_octets(&self) -> (&'a [u8], &'a [u8]) {
        let octets =
            |identity: Option<Identity<'a>>| identity.map_or([].as_slice(), |identity| identity.octets);
        (octets(self.found.idi), octets(self.found.idr))
    }

    /// The Key ID information, uninterpreted.
    #[must_use]
    pub fn key_ids(&self) -> Option<Extension<'a>> {
        let (at, ext) = self.found.key_ids;
        (at != 0).then_some(ext)
    }

    /// The KEMAC.
    #[must_use]
    pub const fn kemac(&self) -> Kemac<'a> {
        self.found.kemac.1
    }

    /// The security policies, in order.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'a>> + use<'a> {
        self.located_policies().map(|(_, policy)| policy)
    }

    /// All extensions, in order.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        self.message.payloads().filter_map(|payload| match payload {
            Payload::Ext(ext) => Some(ext),
            _ => None,
        })
    }

    fn located_policies(&self) -> impl Iterator<Item = (usize, Policy<'a>)> + use<'a> {
        self.message.located().filter_map(|(at, payload)| match payload {
            Payload::Sp(policy) => Some((at, policy)),
            _ => None,
        })
    }

    /// Where the first payload stands that only an MSK message may have.
    pub(crate) const fn misplaced_at(&self) -> usize {
        self.found.misplaced_at
    }

    pub(crate) const fn timestamp_at(&self) -> usize {
        self.found.timestamp.0
    }

    pub(crate) const fn rand_at(&self) -> usize {
        self.place(self.found.rand.0)
    }

    pub(crate) const fn key_ids_at(&self) -> usize {
        self.place(self.found.key_ids.0)
    }

    /// `at`, or the end where there is nothing.
    const fn place(&self, at: usize) -> usize {
        if at == 0 { self.message.octets().len() } else { at }
    }

    pub(crate) const fn policy_count(&self) -> u8 {
        self.found.policy_count
    }

    pub(crate) const fn kemac_at(&self) -> usize {
        self.found.kemac.0
    }

    /// The algorithms that the message names.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] at the octet that names an unknown PRF, cipher or MAC, or MAC NULL.
    pub fn algorithms(&self) -> Result<Algorithms, DecodeError> {
        let kemac = self.kemac();
        algorithms::decode(self.hdr().prf, kemac.encr_alg, kemac.mac_alg).map_err(|kind| self.refuse(kind))
    }

    /// `kind` at the octet where an algorithm of that kind is named.
    pub(crate) fn refuse(&self, kind: DecodeErrorKind) -> DecodeError {
        let at = match kind {
            DecodeErrorKind::UnsupportedPrf => 3,
            DecodeErrorKind::UnsupportedMac => {
                self.octets().len().saturating_sub(self.kemac().mac.len()).saturating_sub(1)
            }
            _ => self.kemac_at().saturating_add(1),
        };
        DecodeError::new(kind, at)
    }

    /// Makes the keys of this message ready. `first_rand` is the RAND of the first message of the CSB, used when this
    /// one is an update without its own.
    ///
    /// # Errors
    ///
    /// [`OpenError::Undecodable`] for an unsupported algorithm, or when no RAND is known;
    /// [`OpenError::KeyUnavailable`] when the holder of the key does not answer.
    pub fn keys<K: PreSharedKey + ?Sized>(
        &self, psk: &K, first_rand: Option<&[u8]>,
    ) -> Result<K::Keys, OpenError> {
        let missing = DecodeError::new(DecodeErrorKind::MissingPayload, self.octets().len());
        let rand = self.rand().or(first_rand).ok_or(missing)?;
        Ok(psk.keys(&Protection { algorithms: self.algorithms()?, csb: self.hdr().csb_id, rand })?)
    }

    /// Verifies the MAC, then decrypts the Key data into the first octets of `plain`, which the caller wipes.
    ///
    /// # Errors
    ///
    /// [`OpenError::MacInvalid`]; [`OpenError::Encode`] when `plain` is too small; [`OpenError::BadContent`] when the
    /// content is malformed; [`OpenError::KeyUnavailable`]. `plain` holds no key octet then.
    pub fn open<'o, M: MessageKeys + ?Sized>(
        &self, keys: &M, plain: &'o mut [u8],
    ) -> Result<Option<KeyDataChain<'o>>, OpenError> {
        let Kemac { encr_data: encrypted, mac, .. } = self.kemac();
        keys.verify(&[self.message.authenticated()], mac)?;
        if encrypted.is_empty() {
            return Ok(None);
        }
        let needed = u32::try_from(encrypted.len()).unwrap_or(u32::MAX);
        let plain = plain.get_mut(..encrypted.len()).ok_or(EncodeError::BufferTooSmall { needed })?;
        for (to, from) in plain.iter_mut().zip(encrypted) {
            *to = *from;
        }
        if let Err(e) = keys.crypt(self.timestamp().iv_bits(), plain) {
            plain.fill(0);
            return Err(e.into());
        }
        if let Err(e) = KeyDataChain::decode(plain) {
            crate::secret::wipe_slice(plain);
            return Err(OpenError::BadContent(e.kind));
        }
        Ok(Some(KeyDataChain::accepted(plain)))
    }
}

impl fmt::Debug for PskMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PskMessage").field(&self.message).finish()
    }
}
