//! The I_MESSAGE of MIKEY-SAKKE, built (RFC 6509 §2.1, TS 33.180 §E.1.2).
//!
//! ```text
//! HDR T RAND IDRi IDRr IDRkmsi IDRkmsr [SP].. SAKKE [EXT].. SIGN          in this order
//! ```

use rand_core::TryCryptoRng;

use super::i_message::Party;
use crate::error::{EncodeError, SealError};
use crate::id::CsbId;
use crate::sakke::{EccsiSign, SakkeEncapsulate, Ssv};
use crate::time::NtpTime;
use crate::wire::{
    CsIdMap, DataType, ExtType, Extension, Hdr, IdRole, IdType, Identity, IdentityRole, MessageWriter,
    Payload, Policy, PrfFunc, SAKKE_PARAMS_1, SED_LEN, Sakke, Sign, Timestamp, Unsealed,
};

/// Length of a whole SAKKE payload, octets: next payload, parameter set, ID scheme, length, SED.
const SAKKE_PAYLOAD_LEN: usize = 5 + SED_LEN;

/// Everything in an I_MESSAGE but key, encapsulation and signature.
#[derive(Clone, Copy, Debug)]
pub struct IMessageInit<'a> {
    /// CSB ID: the key ID.
    pub csb_id: CsbId,
    /// CS ID map: empty, or GENERIC-ID.
    pub map: CsIdMap<'a>,
    /// T, UTC: another one in every message of an initiator (RFC 3830 §5.2).
    pub time: NtpTime,
    /// RAND, at least 16 octets, fresh for each CSB.
    pub rand: &'a [u8],
    /// IDRi, or IDRuidi for a hidden initiator; a UID is carried with ID type URI, as deployed.
    pub initiator: Party<'a>,
    /// IDRr, or IDRuidr for a hidden responder.
    pub responder: Party<'a>,
    /// IDRkmsi.
    pub initiator_kms: &'a [u8],
    /// IDRkmsr.
    pub responder_kms: &'a [u8],
    /// SP payloads; none beside the empty map.
    pub policies: &'a [Policy<'a>],
    /// ID scheme of the encapsulated key.
    pub id_scheme: u8,
    /// General Extensions, in order; SAKKE-to-self is not among them.
    pub extensions: &'a [Extension<'a>],
}

/// Whom the key is encapsulated to, and under which KMS.
#[derive(Clone, Copy, Debug)]
pub struct EncapsulateTo<'a, E: ?Sized> {
    /// The public keys of the KMS.
    pub kms: &'a E,
    /// The identity: a UID.
    pub id: &'a [u8],
}

/// Builds a message that carries `ssv` to `responder`, and to the initiator himself when `to_self` is given.
///
/// A buffer that is too small, or empty to ask for the size, is noticed before anything is encapsulated or signed.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small, a field is too long, or a policy stands beside the empty map;
/// [`SealError::KeyUnavailable`] when SAKKE does not take the identity; [`SealError::Rng`] when the generator fails.
#[allow(clippy::too_many_arguments, reason = "content, key, two recipients, signer, rng, out")]
pub fn seal_i_message<'o, E, S, R>(
    init: &IMessageInit<'_>, ssv: &Ssv, responder: EncapsulateTo<'_, E>,
    to_self: Option<EncapsulateTo<'_, E>>, signer: &S, rng: &mut R, out: &'o mut [u8],
) -> Result<&'o [u8], SealError>
where
    E: SakkeEncapsulate + ?Sized,
    S: EccsiSign,
    R: TryCryptoRng + ?Sized,
{
    if matches!(init.map, CsIdMap::Empty { .. }) && !init.policies.is_empty() {
        return Err(EncodeError::Inconsistent.into());
    }
    let mut sed = [0; SED_LEN];
    let mut own = [0; SED_LEN];
    // Everything that can go wrong without a key goes wrong here; an empty buffer answers with the size.
    let (given, own_sed) = (out.len(), to_self.is_some().then_some(&own));
    match write(init, &sed, own_sed, &mut []) {
        Err(EncodeError::BufferTooSmall { needed })
            if usize::try_from(needed).is_ok_and(|needed| needed <= given) => {}
        Err(e) => return Err(e.into()),
        Ok(_) => return Err(EncodeError::Inconsistent.into()),
    }
    responder.kms.encapsulate(ssv, responder.id, &mut sed).map_err(|_| SealError::KeyUnavailable)?;
    if let Some(to_self) = &to_self {
        to_self.kms.encapsulate(ssv, to_self.id, &mut own).map_err(|_| SealError::KeyUnavailable)?;
    }
    let unsealed = write(init, &sed, to_self.is_some().then_some(&own), out)?;
    let mut signature = [0; Sign::ECCSI_LEN];
    let mut rng = rng;
    signer.sign(unsealed.authenticated(), &mut rng, &mut signature).map_err(|_| SealError::Rng)?;
    Ok(unsealed.finish(&signature)?)
}

fn write<'o>(
    init: &IMessageInit<'_>, sed: &[u8; SED_LEN], own: Option<&[u8; SED_LEN]>, out: &'o mut [u8],
) -> Result<Unsealed<'o>, EncodeError> {
    let hdr = Hdr {
        data_type: DataType::SAKKE,
        v: false,
        prf: PrfFunc::HMAC_SHA_256,
        csb_id: init.csb_id,
        map: init.map,
    };
    let sakke = |sed| Sakke { params: SAKKE_PARAMS_1, id_scheme: init.id_scheme, sed };
    let idr = |role, octets| {
        Payload::Idr(IdentityRole { role, identity: Identity { id_type: IdType::URI, octets } })
    };
    let mut w = MessageWriter::new(out, &hdr);
    w.push(&Payload::T(Timestamp::NtpUtc(init.time)))?;
    w.push(&Payload::Rand(init.rand))?;
    let (role, octets) = carried(&init.initiator, IdRole::INITIATOR, IdRole::INITIATOR_UID);
    w.push(&idr(role, octets))?;
    let (role, octets) = carried(&init.responder, IdRole::RESPONDER, IdRole::RESPONDER_UID);
    w.push(&idr(role, octets))?;
    w.push(&idr(IdRole::INITIATOR_KMS, init.initiator_kms))?;
    w.push(&idr(IdRole::RESPONDER_KMS, init.responder_kms))?;
    for policy in init.policies {
        w.push(&Payload::Sp(*policy))?;
    }
    w.push(&Payload::Sakke(sakke(sed)))?;
    if let Some(own) = own {
        let mut octets = [0; SAKKE_PAYLOAD_LEN];
        let octets = sakke(own).encode_payload(&mut octets)?;
        w.push(&Payload::Ext(Extension { ext_type: ExtType::SAKKE_TO_SELF, octets }))?;
    }
    for extension in init.extensions {
        w.push(&Payload::Ext(*extension))?;
    }
    w.finish_sign(Sign::ECCSI, Sign::ECCSI_LEN)
}

/// Role and octets of an identity.
const fn carried<'a>(party: &Party<'a>, uri: IdRole, uid: IdRole) -> (IdRole, &'a [u8]) {
    match party {
        Party::Uri(octets) => (uri, octets),
        Party::Hidden(octets) => (uid, octets.as_slice()),
    }
}
