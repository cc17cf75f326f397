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
    CsIdMap, CsIdMapType, DataType, EncrAlg, ExtType, Extension, Hdr, IdType, Identity, Kemac, KeyData,
    KeyDataChain, MacAlg, Message, MessageWriter, Payload, Policy, PrfFunc, PskPlaces, Timestamp,
    encode_key_data, key_data_len,
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
    octets: &'a [u8],
    places: PskPlaces,
}

impl<'a> PskMessage<'a> {
    /// Decodes and checks the structure: one T, at most one RAND and two IDs, any SP and extensions (Key ID
    /// information at most once), one KEMAC at the end; SP payloads that agree with the CS ID map.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        PskPlaces::find(octets).map(|places| Self { octets, places })
    }

    /// The header.
    #[must_use]
    pub fn hdr(&self) -> Hdr<'a> {
        Hdr::of(self.octets)
    }

    /// Whether a verification message is asked for.
    #[must_use]
    pub fn v(&self) -> bool {
        self.octet(3) & 0x80 != 0
    }

    /// PRF func.
    #[must_use]
    pub fn prf(&self) -> PrfFunc {
        PrfFunc(self.octet(3) & 0x7F)
    }

    /// CSB ID.
    #[must_use]
    pub fn csb_id(&self) -> CsbId {
        let octets = self.octets.get(4..).and_then(<[u8]>::first_chunk);
        CsbId(octets.map_or(0, |octets| u32::from_be_bytes(*octets)))
    }

    pub(crate) fn map_type(&self) -> CsIdMapType {
        CsIdMapType(self.octet(9))
    }

    /// The octets of the header from the CSB ID on, and of them those from #CS on.
    pub(super) fn csb_and_map(&self) -> (&'a [u8], &'a [u8]) {
        let hdr = self.octets.get(..usize::from(self.places.hdr_end)).unwrap_or_default();
        hdr.get(4..).and_then(|octets| octets.split_at_checked(4)).unwrap_or_default()
    }

    /// The octets of the whole message.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    fn octet(&self, at: usize) -> u8 {
        self.octets.get(at).copied().unwrap_or(0)
    }

    fn octets_at(&self, at: usize, len: usize) -> &'a [u8] {
        self.octets.get(at..).and_then(|octets| octets.get(..len)).unwrap_or_default()
    }

    /// The octets behind a length of two octets that stands in a payload behind next payload and one more octet.
    #[inline(never)]
    fn long(&self, payload: u16) -> &'a [u8] {
        let at = usize::from(payload).saturating_add(4);
        let len = [at.saturating_sub(2), at.saturating_sub(1)].map(|at| self.octet(at));
        self.octets_at(at, u16::from_be_bytes(len).into())
    }

    fn identity(&self, payload: u16) -> Option<Identity<'a>> {
        let id_type = IdType(self.octet(usize::from(payload).saturating_add(1)));
        (payload != 0).then(|| Identity { id_type, octets: self.long(payload) })
    }

    /// T.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        // A sound message has one.
        Timestamp::at(self.octets, self.timestamp_at().saturating_add(1))
            .unwrap_or(Timestamp::Counter(Counter(0)))
    }

    /// RAND, which only an update lacks.
    #[must_use]
    pub fn rand(&self) -> Option<&'a [u8]> {
        let at = usize::from(self.places.rand);
        let len = self.octet(at.saturating_add(1));
        (at != 0).then(|| self.octets_at(at.saturating_add(2), len.into()))
    }

    /// The initiator's identity: the first ID payload.
    #[must_use]
    pub fn idi(&self) -> Option<Identity<'a>> {
        self.identity(self.places.idi)
    }

    /// The responder's identity: the second ID payload.
    #[must_use]
    pub fn idr(&self) -> Option<Identity<'a>> {
        self.identity(self.places.idr)
    }

    /// The octets of IDi and IDr as they enter the MAC of a V payload; a missing identity has none.
    #[must_use]
    pub fn identity_octets(&self) -> (&'a [u8], &'a [u8]) {
        let octets = |payload| if payload == 0 { &[] } else { self.long(payload) };
        (octets(self.places.idi), octets(self.places.idr))
    }

    /// The Key ID information, uninterpreted.
    #[must_use]
    pub fn key_ids(&self) -> Option<Extension<'a>> {
        let at = self.places.key_ids;
        (at != 0).then(|| Extension { ext_type: ExtType::KEY_ID, octets: self.long(at) })
    }

    /// The KEMAC.
    #[must_use]
    pub fn kemac(&self) -> Kemac<'a> {
        let at = self.kemac_at();
        let encr_data = self.long(self.places.kemac);
        let mac_alg_at = at.saturating_add(4).saturating_add(encr_data.len());
        Kemac {
            encr_alg: EncrAlg(self.octet(at.saturating_add(1))),
            encr_data,
            mac_alg: MacAlg(self.octet(mac_alg_at)),
            mac: self.octets.get(mac_alg_at.saturating_add(1)..).unwrap_or_default(),
        }
    }

    /// The security policies, in order.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'a>> + use<'a> {
        self.payloads().filter_map(|payload| match payload {
            Payload::Sp(policy) => Some(policy),
            _ => None,
        })
    }

    /// All extensions, in order.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        self.payloads().filter_map(|payload| match payload {
            Payload::Ext(ext) => Some(ext),
            _ => None,
        })
    }

    fn payloads(&self) -> impl Iterator<Item = Payload<'a>> + use<'a> {
        Message::decode(self.octets).ok().into_iter().flat_map(|message| message.payloads())
    }

    /// Where the first payload stands that only an MSK message may have.
    pub(crate) fn misplaced_at(&self) -> usize {
        self.places.misplaced.into()
    }

    pub(crate) fn timestamp_at(&self) -> usize {
        self.places.timestamp.into()
    }

    pub(crate) fn rand_at(&self) -> usize {
        self.place(self.places.rand)
    }

    pub(crate) fn key_ids_at(&self) -> usize {
        self.place(self.places.key_ids)
    }

    /// `at`, or the end where there is nothing.
    fn place(&self, at: u16) -> usize {
        if at == 0 { self.octets.len() } else { at.into() }
    }

    pub(crate) const fn policy_count(&self) -> u8 {
        self.places.policy_count
    }

    pub(crate) fn kemac_at(&self) -> usize {
        self.places.kemac.into()
    }

    /// The algorithms that the message names.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] at the octet that names an unknown PRF, cipher or MAC, or MAC NULL.
    pub fn algorithms(&self) -> Result<Algorithms, DecodeError> {
        let kemac = self.kemac();
        algorithms::decode(self.prf(), kemac.encr_alg, kemac.mac_alg).map_err(|kind| self.refuse(kind))
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
        Ok(psk.keys(&Protection { algorithms: self.algorithms()?, csb: self.csb_id(), rand })?)
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
        let authenticated = self.octets.len().saturating_sub(mac.len());
        keys.verify(&[self.octets.get(..authenticated).unwrap_or_default()], mac)?;
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
        f.debug_tuple("PskMessage").field(&Message::decode(self.octets)).finish()
    }
}
