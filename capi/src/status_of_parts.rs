//! Status codes of PoC and of mission-critical signalling: those of the library as they are.

use core::ffi::CStr;

use crate::status::castkey_status;

/// Octets that are not the packet, field or line they claim to be.
pub const CASTKEY_ERR_POC_MALFORMED: castkey_status = 160;
/// An RTCP APP packet with a name that is not MBCP's; to be ignored.
pub const CASTKEY_ERR_POC_NOT_MBCP: castkey_status = 161;
/// The packet is not protected, or not encrypted, on a channel that protects.
pub const CASTKEY_ERR_POC_UNPROTECTED: castkey_status = 162;
/// The authentication tag is wrong.
pub const CASTKEY_ERR_POC_BAD_MAC: castkey_status = 163;
/// The packet, or the update sequence, was seen before or is too old.
pub const CASTKEY_ERR_POC_REPLAY: castkey_status = 164;
/// The MKI names an MSK that is not held.
pub const CASTKEY_ERR_POC_UNKNOWN_MSK: castkey_status = 165;
/// The key has retired: its overlap is over.
pub const CASTKEY_ERR_POC_EXPIRED_KEY: castkey_status = 166;
/// The indication does not name the keys in use and to come.
pub const CASTKEY_ERR_POC_INDICATION_MISMATCH: castkey_status = 167;
/// A configured subtype or name clashes with a known message.
pub const CASTKEY_ERR_POC_CLASH: castkey_status = 168;
/// An element that the message must carry is missing.
pub const CASTKEY_ERR_POC_MISSING_ELEMENT: castkey_status = 169;
/// The gate before the indication has not opened.
pub const CASTKEY_ERR_POC_NOT_READY: castkey_status = 170;
/// An MTK that was used before is offered again.
pub const CASTKEY_ERR_POC_MTK_REUSE: castkey_status = 171;
/// The event does not fit the state.
pub const CASTKEY_ERR_POC_UNEXPECTED_STATE: castkey_status = 172;
/// Only the function that controls the Multicast PoC Channel updates its MSK.
pub const CASTKEY_ERR_POC_NOT_CONTROLLER: castkey_status = 173;
/// No MTK is in use: nothing can be sent.
pub const CASTKEY_ERR_POC_NO_MTK: castkey_status = 174;
/// No room for another member, packet or key.
pub const CASTKEY_ERR_POC_CAPACITY_EXCEEDED: castkey_status = 175;
/// The member is not, or no longer, part of the session.
pub const CASTKEY_ERR_POC_NOT_MEMBER: castkey_status = 176;
/// The key management protocol of a line is not MIKEY.
pub const CASTKEY_ERR_POC_UNKNOWN_PROTOCOL: castkey_status = 177;
/// The index or MTK IDs of a key are used up.
pub const CASTKEY_ERR_POC_KEY_EXHAUSTED: castkey_status = 178;
/// The output buffer is too small.
pub const CASTKEY_ERR_POC_BUFFER_TOO_SMALL: castkey_status = 179;
/// A re-INVITE without an MSK where one is needed.
pub const CASTKEY_ERR_POC_MISSING_MSK: castkey_status = 180;
/// Octets that are not `04 || x || y` with coordinates below p on the curve.
pub const CASTKEY_ERR_SAKKE_BAD_POINT: castkey_status = 256;
/// A point that does not have order q.
pub const CASTKEY_ERR_SAKKE_WRONG_ORDER: castkey_status = 257;
/// An identity that is empty, longer than 127 octets, or the integer 0 or 1 (RFC 6508 2.2).
pub const CASTKEY_ERR_SAKKE_BAD_IDENTITY: castkey_status = 258;
/// A master secret outside 2..q-1 (RFC 6508 2.2).
pub const CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET: castkey_status = 259;
/// Identity and master secret add up to zero modulo q: this identity has no RSK.
pub const CASTKEY_ERR_SAKKE_NO_SUCH_RSK: castkey_status = 260;
/// The RSK does not belong to this identity and this KMS (RFC 6508 6.1.2).
pub const CASTKEY_ERR_SAKKE_RSK_REFUSED: castkey_status = 261;
/// The random generator failed.
pub const CASTKEY_ERR_SAKKE_RNG_FAILURE: castkey_status = 262;
/// The tables were not prepared.
pub const CASTKEY_ERR_SAKKE_NOT_PREPARED: castkey_status = 263;
/// The SSV hashes to zero with this identity; choose another.
pub const CASTKEY_ERR_SAKKE_UNUSABLE_SSV: castkey_status = 264;
/// Encapsulated data that is not accepted, for whatever reason.
pub const CASTKEY_ERR_SAKKE_REFUSED: castkey_status = 265;
/// The KPAK is not an uncompressed point of P-256 (RFC 6507 4.2).
pub const CASTKEY_ERR_ECCSI_KPAK_INVALID: castkey_status = 288;
/// The KSAK is not in 1..q-1 (RFC 6507 4.2).
pub const CASTKEY_ERR_ECCSI_KSAK_INVALID: castkey_status = 289;
/// The PVT is not an uncompressed point of P-256 (RFC 6507 5.1.2).
pub const CASTKEY_ERR_ECCSI_PVT_INVALID: castkey_status = 290;
/// The SSK is not in 1..q-1, or does not belong to the identity, the PVT and the KPAK (RFC 6507 5.1.2).
pub const CASTKEY_ERR_ECCSI_SSK_INVALID: castkey_status = 291;
/// The random generator failed.
pub const CASTKEY_ERR_ECCSI_RNG_FAILED: castkey_status = 292;
/// The signature does not verify, for whatever reason (RFC 6507 5.2.2).
pub const CASTKEY_ERR_ECCSI_SIGNATURE_INVALID: castkey_status = 293;
/// The key cannot be used now, for example because it is in an element that is not there.
pub const CASTKEY_ERR_ECCSI_KEY_UNAVAILABLE: castkey_status = 294;
/// The table holds no KPAK yet.
pub const CASTKEY_ERR_ECCSI_NOT_PREPARED: castkey_status = 295;
/// The octets are no such message, text or packet.
pub const CASTKEY_ERR_MCX_MALFORMED: castkey_status = 320;
/// The purpose tag is not assigned.
pub const CASTKEY_ERR_MCX_UNKNOWN_PURPOSE_TAG: castkey_status = 321;
/// A key of this kind does not go in this direction.
pub const CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG: castkey_status = 322;
/// T is older than the skew allows.
pub const CASTKEY_ERR_MCX_STALE_TIMESTAMP: castkey_status = 323;
/// T is further in the future than the skew allows.
pub const CASTKEY_ERR_MCX_FUTURE_TIMESTAMP: castkey_status = 324;
/// The message was seen before.
pub const CASTKEY_ERR_MCX_REPLAY: castkey_status = 325;
/// The replay cache has no room: new messages are refused until live entries have run out.
pub const CASTKEY_ERR_MCX_REPLAY_CACHE_FULL: castkey_status = 326;
/// A KMS of the message is not accepted; a KMS Redirect Response may be the answer.
pub const CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED: castkey_status = 327;
/// The message is for another responder.
pub const CASTKEY_ERR_MCX_NOT_RESPONDER: castkey_status = 328;
/// The initiator is not whom SIP, or the user of a UID, says.
pub const CASTKEY_ERR_MCX_IDENTITY_MISMATCH: castkey_status = 329;
/// The initiator is not the server at which this client is registered.
pub const CASTKEY_ERR_MCX_WRONG_SERVER: castkey_status = 330;
/// The CS ID map names sessions, SPIs, policies or session data that do not go with the key.
pub const CASTKEY_ERR_MCX_BAD_CS_ID_MAP: castkey_status = 331;
/// The security policy is below what mission-critical services ask for.
pub const CASTKEY_ERR_MCX_POLICY_BELOW_FLOOR: castkey_status = 332;
/// The algorithm offer or selection is malformed, stands twice, or is of the wrong form.
pub const CASTKEY_ERR_MCX_BAD_ALGORITHMS: castkey_status = 333;
/// The list of key management protocols differs from the SDP's, or is missing where it is required.
pub const CASTKEY_ERR_MCX_SDP_IDS_MISMATCH: castkey_status = 334;
/// No key material is held for the period of T; the caller should fetch it.
pub const CASTKEY_ERR_MCX_NO_KEY_MATERIAL: castkey_status = 335;
/// The signature, the encapsulated key or the key parameters are wrong; which, nobody is told.
pub const CASTKEY_ERR_MCX_UNAUTHENTIC: castkey_status = 336;
/// No offered algorithm that is selected is known and allowed.
pub const CASTKEY_ERR_MCX_NO_COMMON_ALGORITHM: castkey_status = 337;
/// The selection is not in the offer.
pub const CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED: castkey_status = 338;
/// The selection answers another offer.
pub const CASTKEY_ERR_MCX_WRONG_OFFER_TAG: castkey_status = 339;
/// The selection is below the floor of the policy.
pub const CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR: castkey_status = 340;
/// The selection is ranked below the current algorithm, and the policy is strict.
pub const CASTKEY_ERR_MCX_DOWNGRADE: castkey_status = 341;
/// A download whose T is not above that of the last one.
pub const CASTKEY_ERR_MCX_NOT_NEWER: castkey_status = 342;
/// Another key under a key ID that is in use.
pub const CASTKEY_ERR_MCX_KEY_ID_IN_USE: castkey_status = 343;
/// The key ID is bound to another user.
pub const CASTKEY_ERR_MCX_KEY_ID_OF_OTHER: castkey_status = 344;
/// The initiator is hidden, and has not been bound to its URI yet.
pub const CASTKEY_ERR_MCX_NOT_BOUND: castkey_status = 345;
/// The key is not active yet.
pub const CASTKEY_ERR_MCX_NOT_YET_ACTIVE: castkey_status = 346;
/// The key has expired.
pub const CASTKEY_ERR_MCX_KEY_EXPIRED: castkey_status = 347;
/// Keys of this kind do not serve this direction or kind of transport.
pub const CASTKEY_ERR_MCX_WRONG_USE: castkey_status = 348;
/// No such key is held.
pub const CASTKEY_ERR_MCX_UNKNOWN_KEY: castkey_status = 349;
/// The event does not fit the state.
pub const CASTKEY_ERR_MCX_WRONG_STATE: castkey_status = 350;
/// The identity that the message needs is not known: the MDSI, or the own one.
pub const CASTKEY_ERR_MCX_MISSING_IDENTITY: castkey_status = 351;
/// A certificate or key set is out of its validity, or revoked.
pub const CASTKEY_ERR_MCX_NOT_AUTHORIZED: castkey_status = 352;
/// A certificate has a period of 0, or values of the wrong form.
pub const CASTKEY_ERR_MCX_BAD_CERTIFICATE: castkey_status = 353;
/// A key set does not belong to the identity, or its keys do not fit each other.
pub const CASTKEY_ERR_MCX_BAD_KEY_SET: castkey_status = 354;
/// The time lies before the first key period.
pub const CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD: castkey_status = 355;
/// A redirect was followed too often.
pub const CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS: castkey_status = 356;
/// The SSRC is one that the peer uses.
pub const CASTKEY_ERR_MCX_SSRC_COLLISION: castkey_status = 357;
/// The indices of a key are used up; a new key is due.
pub const CASTKEY_ERR_MCX_KEY_EXHAUSTED: castkey_status = 358;
/// The packet is not encrypted.
pub const CASTKEY_ERR_MCX_NOT_ENCRYPTED: castkey_status = 359;
/// No room for another entry.
pub const CASTKEY_ERR_MCX_CAPACITY_EXCEEDED: castkey_status = 360;
/// The output buffer is too small.
pub const CASTKEY_ERR_MCX_BUFFER_TOO_SMALL: castkey_status = 361;
/// The random generator failed.
pub const CASTKEY_ERR_MCX_RNG_FAILED: castkey_status = 362;
/// The values given cannot stand in a message.
pub const CASTKEY_ERR_MCX_INCONSISTENT: castkey_status = 363;
/// More messages than the rate limit lets through.
pub const CASTKEY_ERR_MCX_RATE_LIMITED: castkey_status = 364;

/// The name of a status of these parts.
pub(crate) const fn name(status: castkey_status) -> &'static CStr {
    match status {
        CASTKEY_ERR_POC_MALFORMED => c"CASTKEY_ERR_POC_MALFORMED",
        CASTKEY_ERR_POC_NOT_MBCP => c"CASTKEY_ERR_POC_NOT_MBCP",
        CASTKEY_ERR_POC_UNPROTECTED => c"CASTKEY_ERR_POC_UNPROTECTED",
        CASTKEY_ERR_POC_BAD_MAC => c"CASTKEY_ERR_POC_BAD_MAC",
        CASTKEY_ERR_POC_REPLAY => c"CASTKEY_ERR_POC_REPLAY",
        CASTKEY_ERR_POC_UNKNOWN_MSK => c"CASTKEY_ERR_POC_UNKNOWN_MSK",
        CASTKEY_ERR_POC_EXPIRED_KEY => c"CASTKEY_ERR_POC_EXPIRED_KEY",
        CASTKEY_ERR_POC_INDICATION_MISMATCH => c"CASTKEY_ERR_POC_INDICATION_MISMATCH",
        CASTKEY_ERR_POC_CLASH => c"CASTKEY_ERR_POC_CLASH",
        CASTKEY_ERR_POC_MISSING_ELEMENT => c"CASTKEY_ERR_POC_MISSING_ELEMENT",
        CASTKEY_ERR_POC_NOT_READY => c"CASTKEY_ERR_POC_NOT_READY",
        CASTKEY_ERR_POC_MTK_REUSE => c"CASTKEY_ERR_POC_MTK_REUSE",
        CASTKEY_ERR_POC_UNEXPECTED_STATE => c"CASTKEY_ERR_POC_UNEXPECTED_STATE",
        CASTKEY_ERR_POC_NOT_CONTROLLER => c"CASTKEY_ERR_POC_NOT_CONTROLLER",
        CASTKEY_ERR_POC_NO_MTK => c"CASTKEY_ERR_POC_NO_MTK",
        CASTKEY_ERR_POC_CAPACITY_EXCEEDED => c"CASTKEY_ERR_POC_CAPACITY_EXCEEDED",
        CASTKEY_ERR_POC_NOT_MEMBER => c"CASTKEY_ERR_POC_NOT_MEMBER",
        CASTKEY_ERR_POC_UNKNOWN_PROTOCOL => c"CASTKEY_ERR_POC_UNKNOWN_PROTOCOL",
        CASTKEY_ERR_POC_KEY_EXHAUSTED => c"CASTKEY_ERR_POC_KEY_EXHAUSTED",
        CASTKEY_ERR_POC_BUFFER_TOO_SMALL => c"CASTKEY_ERR_POC_BUFFER_TOO_SMALL",
        CASTKEY_ERR_POC_MISSING_MSK => c"CASTKEY_ERR_POC_MISSING_MSK",
        CASTKEY_ERR_SAKKE_BAD_POINT => c"CASTKEY_ERR_SAKKE_BAD_POINT",
        CASTKEY_ERR_SAKKE_WRONG_ORDER => c"CASTKEY_ERR_SAKKE_WRONG_ORDER",
        CASTKEY_ERR_SAKKE_BAD_IDENTITY => c"CASTKEY_ERR_SAKKE_BAD_IDENTITY",
        CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET => c"CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET",
        CASTKEY_ERR_SAKKE_NO_SUCH_RSK => c"CASTKEY_ERR_SAKKE_NO_SUCH_RSK",
        CASTKEY_ERR_SAKKE_RSK_REFUSED => c"CASTKEY_ERR_SAKKE_RSK_REFUSED",
        CASTKEY_ERR_SAKKE_RNG_FAILURE => c"CASTKEY_ERR_SAKKE_RNG_FAILURE",
        CASTKEY_ERR_SAKKE_NOT_PREPARED => c"CASTKEY_ERR_SAKKE_NOT_PREPARED",
        CASTKEY_ERR_SAKKE_UNUSABLE_SSV => c"CASTKEY_ERR_SAKKE_UNUSABLE_SSV",
        CASTKEY_ERR_SAKKE_REFUSED => c"CASTKEY_ERR_SAKKE_REFUSED",
        CASTKEY_ERR_ECCSI_KPAK_INVALID => c"CASTKEY_ERR_ECCSI_KPAK_INVALID",
        CASTKEY_ERR_ECCSI_KSAK_INVALID => c"CASTKEY_ERR_ECCSI_KSAK_INVALID",
        CASTKEY_ERR_ECCSI_PVT_INVALID => c"CASTKEY_ERR_ECCSI_PVT_INVALID",
        CASTKEY_ERR_ECCSI_SSK_INVALID => c"CASTKEY_ERR_ECCSI_SSK_INVALID",
        CASTKEY_ERR_ECCSI_RNG_FAILED => c"CASTKEY_ERR_ECCSI_RNG_FAILED",
        CASTKEY_ERR_ECCSI_SIGNATURE_INVALID => c"CASTKEY_ERR_ECCSI_SIGNATURE_INVALID",
        CASTKEY_ERR_ECCSI_KEY_UNAVAILABLE => c"CASTKEY_ERR_ECCSI_KEY_UNAVAILABLE",
        CASTKEY_ERR_ECCSI_NOT_PREPARED => c"CASTKEY_ERR_ECCSI_NOT_PREPARED",
        CASTKEY_ERR_MCX_MALFORMED => c"CASTKEY_ERR_MCX_MALFORMED",
        CASTKEY_ERR_MCX_UNKNOWN_PURPOSE_TAG => c"CASTKEY_ERR_MCX_UNKNOWN_PURPOSE_TAG",
        CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG => c"CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG",
        CASTKEY_ERR_MCX_STALE_TIMESTAMP => c"CASTKEY_ERR_MCX_STALE_TIMESTAMP",
        CASTKEY_ERR_MCX_FUTURE_TIMESTAMP => c"CASTKEY_ERR_MCX_FUTURE_TIMESTAMP",
        CASTKEY_ERR_MCX_REPLAY => c"CASTKEY_ERR_MCX_REPLAY",
        CASTKEY_ERR_MCX_REPLAY_CACHE_FULL => c"CASTKEY_ERR_MCX_REPLAY_CACHE_FULL",
        CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED => c"CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED",
        CASTKEY_ERR_MCX_NOT_RESPONDER => c"CASTKEY_ERR_MCX_NOT_RESPONDER",
        CASTKEY_ERR_MCX_IDENTITY_MISMATCH => c"CASTKEY_ERR_MCX_IDENTITY_MISMATCH",
        CASTKEY_ERR_MCX_WRONG_SERVER => c"CASTKEY_ERR_MCX_WRONG_SERVER",
        CASTKEY_ERR_MCX_BAD_CS_ID_MAP => c"CASTKEY_ERR_MCX_BAD_CS_ID_MAP",
        CASTKEY_ERR_MCX_POLICY_BELOW_FLOOR => c"CASTKEY_ERR_MCX_POLICY_BELOW_FLOOR",
        CASTKEY_ERR_MCX_BAD_ALGORITHMS => c"CASTKEY_ERR_MCX_BAD_ALGORITHMS",
        CASTKEY_ERR_MCX_SDP_IDS_MISMATCH => c"CASTKEY_ERR_MCX_SDP_IDS_MISMATCH",
        CASTKEY_ERR_MCX_NO_KEY_MATERIAL => c"CASTKEY_ERR_MCX_NO_KEY_MATERIAL",
        CASTKEY_ERR_MCX_UNAUTHENTIC => c"CASTKEY_ERR_MCX_UNAUTHENTIC",
        CASTKEY_ERR_MCX_NO_COMMON_ALGORITHM => c"CASTKEY_ERR_MCX_NO_COMMON_ALGORITHM",
        CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED => c"CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED",
        CASTKEY_ERR_MCX_WRONG_OFFER_TAG => c"CASTKEY_ERR_MCX_WRONG_OFFER_TAG",
        CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR => c"CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR",
        CASTKEY_ERR_MCX_DOWNGRADE => c"CASTKEY_ERR_MCX_DOWNGRADE",
        CASTKEY_ERR_MCX_NOT_NEWER => c"CASTKEY_ERR_MCX_NOT_NEWER",
        CASTKEY_ERR_MCX_KEY_ID_IN_USE => c"CASTKEY_ERR_MCX_KEY_ID_IN_USE",
        CASTKEY_ERR_MCX_KEY_ID_OF_OTHER => c"CASTKEY_ERR_MCX_KEY_ID_OF_OTHER",
        CASTKEY_ERR_MCX_NOT_BOUND => c"CASTKEY_ERR_MCX_NOT_BOUND",
        CASTKEY_ERR_MCX_NOT_YET_ACTIVE => c"CASTKEY_ERR_MCX_NOT_YET_ACTIVE",
        CASTKEY_ERR_MCX_KEY_EXPIRED => c"CASTKEY_ERR_MCX_KEY_EXPIRED",
        CASTKEY_ERR_MCX_WRONG_USE => c"CASTKEY_ERR_MCX_WRONG_USE",
        CASTKEY_ERR_MCX_UNKNOWN_KEY => c"CASTKEY_ERR_MCX_UNKNOWN_KEY",
        CASTKEY_ERR_MCX_WRONG_STATE => c"CASTKEY_ERR_MCX_WRONG_STATE",
        CASTKEY_ERR_MCX_MISSING_IDENTITY => c"CASTKEY_ERR_MCX_MISSING_IDENTITY",
        CASTKEY_ERR_MCX_NOT_AUTHORIZED => c"CASTKEY_ERR_MCX_NOT_AUTHORIZED",
        CASTKEY_ERR_MCX_BAD_CERTIFICATE => c"CASTKEY_ERR_MCX_BAD_CERTIFICATE",
        CASTKEY_ERR_MCX_BAD_KEY_SET => c"CASTKEY_ERR_MCX_BAD_KEY_SET",
        CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD => c"CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD",
        CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS => c"CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS",
        CASTKEY_ERR_MCX_SSRC_COLLISION => c"CASTKEY_ERR_MCX_SSRC_COLLISION",
        CASTKEY_ERR_MCX_KEY_EXHAUSTED => c"CASTKEY_ERR_MCX_KEY_EXHAUSTED",
        CASTKEY_ERR_MCX_NOT_ENCRYPTED => c"CASTKEY_ERR_MCX_NOT_ENCRYPTED",
        CASTKEY_ERR_MCX_CAPACITY_EXCEEDED => c"CASTKEY_ERR_MCX_CAPACITY_EXCEEDED",
        CASTKEY_ERR_MCX_BUFFER_TOO_SMALL => c"CASTKEY_ERR_MCX_BUFFER_TOO_SMALL",
        CASTKEY_ERR_MCX_RNG_FAILED => c"CASTKEY_ERR_MCX_RNG_FAILED",
        CASTKEY_ERR_MCX_INCONSISTENT => c"CASTKEY_ERR_MCX_INCONSISTENT",
        CASTKEY_ERR_MCX_RATE_LIMITED => c"CASTKEY_ERR_MCX_RATE_LIMITED",
        _ => c"unknown status",
    }
}

/// The numbers of the header are those of the library.
#[cfg(feature = "poc")]
const _: () = {
    use castkey::poc::PocError;
    const fn same(code: u32, header: castkey_status) {
        assert!(code == header);
    }
    same(PocError::Malformed.code(), CASTKEY_ERR_POC_MALFORMED);
    same(PocError::NotMbcp.code(), CASTKEY_ERR_POC_NOT_MBCP);
    same(PocError::Unprotected.code(), CASTKEY_ERR_POC_UNPROTECTED);
    same(PocError::BadMac.code(), CASTKEY_ERR_POC_BAD_MAC);
    same(PocError::Replay.code(), CASTKEY_ERR_POC_REPLAY);
    same(PocError::UnknownMsk.code(), CASTKEY_ERR_POC_UNKNOWN_MSK);
    same(PocError::ExpiredKey.code(), CASTKEY_ERR_POC_EXPIRED_KEY);
    same(PocError::IndicationMismatch.code(), CASTKEY_ERR_POC_INDICATION_MISMATCH);
    same(PocError::Clash.code(), CASTKEY_ERR_POC_CLASH);
    same(PocError::MissingElement.code(), CASTKEY_ERR_POC_MISSING_ELEMENT);
    same(PocError::NotReady.code(), CASTKEY_ERR_POC_NOT_READY);
    same(PocError::MtkReuse.code(), CASTKEY_ERR_POC_MTK_REUSE);
    same(PocError::UnexpectedState.code(), CASTKEY_ERR_POC_UNEXPECTED_STATE);
    same(PocError::NotController.code(), CASTKEY_ERR_POC_NOT_CONTROLLER);
    same(PocError::NoMtk.code(), CASTKEY_ERR_POC_NO_MTK);
    same(PocError::CapacityExceeded.code(), CASTKEY_ERR_POC_CAPACITY_EXCEEDED);
    same(PocError::NotMember.code(), CASTKEY_ERR_POC_NOT_MEMBER);
    same(PocError::UnknownProtocol.code(), CASTKEY_ERR_POC_UNKNOWN_PROTOCOL);
    same(PocError::KeyExhausted.code(), CASTKEY_ERR_POC_KEY_EXHAUSTED);
    same(PocError::BufferTooSmall.code(), CASTKEY_ERR_POC_BUFFER_TOO_SMALL);
    same(PocError::MissingMsk.code(), CASTKEY_ERR_POC_MISSING_MSK);
};

/// The numbers of the header are those of the library.
#[cfg(feature = "mcx")]
const _: () = {
    use castkey::mcx::McxError;
    use castkey::sakke::EccsiError;
    use castkey::sakke::SakkeError;
    const fn same(code: u32, header: castkey_status) {
        assert!(code == header);
    }
    same(SakkeError::BadPoint.code(), CASTKEY_ERR_SAKKE_BAD_POINT);
    same(SakkeError::WrongOrder.code(), CASTKEY_ERR_SAKKE_WRONG_ORDER);
    same(SakkeError::BadIdentity.code(), CASTKEY_ERR_SAKKE_BAD_IDENTITY);
    same(SakkeError::BadMasterSecret.code(), CASTKEY_ERR_SAKKE_BAD_MASTER_SECRET);
    same(SakkeError::NoSuchRsk.code(), CASTKEY_ERR_SAKKE_NO_SUCH_RSK);
    same(SakkeError::RskRefused.code(), CASTKEY_ERR_SAKKE_RSK_REFUSED);
    same(SakkeError::RngFailure.code(), CASTKEY_ERR_SAKKE_RNG_FAILURE);
    same(SakkeError::NotPrepared.code(), CASTKEY_ERR_SAKKE_NOT_PREPARED);
    same(SakkeError::UnusableSsv.code(), CASTKEY_ERR_SAKKE_UNUSABLE_SSV);
    same(SakkeError::Refused.code(), CASTKEY_ERR_SAKKE_REFUSED);
    same(EccsiError::KpakInvalid.code(), CASTKEY_ERR_ECCSI_KPAK_INVALID);
    same(EccsiError::KsakInvalid.code(), CASTKEY_ERR_ECCSI_KSAK_INVALID);
    same(EccsiError::PvtInvalid.code(), CASTKEY_ERR_ECCSI_PVT_INVALID);
    same(EccsiError::SskInvalid.code(), CASTKEY_ERR_ECCSI_SSK_INVALID);
    same(EccsiError::RngFailed.code(), CASTKEY_ERR_ECCSI_RNG_FAILED);
    same(EccsiError::SignatureInvalid.code(), CASTKEY_ERR_ECCSI_SIGNATURE_INVALID);
    same(EccsiError::KeyUnavailable.code(), CASTKEY_ERR_ECCSI_KEY_UNAVAILABLE);
    same(EccsiError::NotPrepared.code(), CASTKEY_ERR_ECCSI_NOT_PREPARED);
    same(McxError::Malformed.code(), CASTKEY_ERR_MCX_MALFORMED);
    same(McxError::UnknownPurposeTag.code(), CASTKEY_ERR_MCX_UNKNOWN_PURPOSE_TAG);
    same(McxError::WrongPurposeTag.code(), CASTKEY_ERR_MCX_WRONG_PURPOSE_TAG);
    same(McxError::StaleTimestamp.code(), CASTKEY_ERR_MCX_STALE_TIMESTAMP);
    same(McxError::FutureTimestamp.code(), CASTKEY_ERR_MCX_FUTURE_TIMESTAMP);
    same(McxError::Replay.code(), CASTKEY_ERR_MCX_REPLAY);
    same(McxError::ReplayCacheFull.code(), CASTKEY_ERR_MCX_REPLAY_CACHE_FULL);
    same(McxError::KmsNotAccepted.code(), CASTKEY_ERR_MCX_KMS_NOT_ACCEPTED);
    same(McxError::NotResponder.code(), CASTKEY_ERR_MCX_NOT_RESPONDER);
    same(McxError::IdentityMismatch.code(), CASTKEY_ERR_MCX_IDENTITY_MISMATCH);
    same(McxError::WrongServer.code(), CASTKEY_ERR_MCX_WRONG_SERVER);
    same(McxError::BadCsIdMap.code(), CASTKEY_ERR_MCX_BAD_CS_ID_MAP);
    same(McxError::PolicyBelowFloor.code(), CASTKEY_ERR_MCX_POLICY_BELOW_FLOOR);
    same(McxError::BadAlgorithms.code(), CASTKEY_ERR_MCX_BAD_ALGORITHMS);
    same(McxError::SdpIdsMismatch.code(), CASTKEY_ERR_MCX_SDP_IDS_MISMATCH);
    same(McxError::NoKeyMaterial.code(), CASTKEY_ERR_MCX_NO_KEY_MATERIAL);
    same(McxError::Unauthentic.code(), CASTKEY_ERR_MCX_UNAUTHENTIC);
    same(McxError::NoCommonAlgorithm.code(), CASTKEY_ERR_MCX_NO_COMMON_ALGORITHM);
    same(McxError::SelectionNotOffered.code(), CASTKEY_ERR_MCX_SELECTION_NOT_OFFERED);
    same(McxError::WrongOfferTag.code(), CASTKEY_ERR_MCX_WRONG_OFFER_TAG);
    same(McxError::AlgorithmBelowFloor.code(), CASTKEY_ERR_MCX_ALGORITHM_BELOW_FLOOR);
    same(McxError::Downgrade.code(), CASTKEY_ERR_MCX_DOWNGRADE);
    same(McxError::NotNewer.code(), CASTKEY_ERR_MCX_NOT_NEWER);
    same(McxError::KeyIdInUse.code(), CASTKEY_ERR_MCX_KEY_ID_IN_USE);
    same(McxError::KeyIdOfOther.code(), CASTKEY_ERR_MCX_KEY_ID_OF_OTHER);
    same(McxError::NotBound.code(), CASTKEY_ERR_MCX_NOT_BOUND);
    same(McxError::NotYetActive.code(), CASTKEY_ERR_MCX_NOT_YET_ACTIVE);
    same(McxError::KeyExpired.code(), CASTKEY_ERR_MCX_KEY_EXPIRED);
    same(McxError::WrongUse.code(), CASTKEY_ERR_MCX_WRONG_USE);
    same(McxError::UnknownKey.code(), CASTKEY_ERR_MCX_UNKNOWN_KEY);
    same(McxError::WrongState.code(), CASTKEY_ERR_MCX_WRONG_STATE);
    same(McxError::MissingIdentity.code(), CASTKEY_ERR_MCX_MISSING_IDENTITY);
    same(McxError::NotAuthorized.code(), CASTKEY_ERR_MCX_NOT_AUTHORIZED);
    same(McxError::BadCertificate.code(), CASTKEY_ERR_MCX_BAD_CERTIFICATE);
    same(McxError::BadKeySet.code(), CASTKEY_ERR_MCX_BAD_KEY_SET);
    same(McxError::BeforeFirstPeriod.code(), CASTKEY_ERR_MCX_BEFORE_FIRST_PERIOD);
    same(McxError::TooManyRedirects.code(), CASTKEY_ERR_MCX_TOO_MANY_REDIRECTS);
    same(McxError::SsrcCollision.code(), CASTKEY_ERR_MCX_SSRC_COLLISION);
    same(McxError::KeyExhausted.code(), CASTKEY_ERR_MCX_KEY_EXHAUSTED);
    same(McxError::NotEncrypted.code(), CASTKEY_ERR_MCX_NOT_ENCRYPTED);
    same(McxError::CapacityExceeded.code(), CASTKEY_ERR_MCX_CAPACITY_EXCEEDED);
    same(McxError::BufferTooSmall.code(), CASTKEY_ERR_MCX_BUFFER_TOO_SMALL);
    same(McxError::RngFailed.code(), CASTKEY_ERR_MCX_RNG_FAILED);
    same(McxError::Inconsistent.code(), CASTKEY_ERR_MCX_INCONSISTENT);
    same(McxError::RateLimited.code(), CASTKEY_ERR_MCX_RATE_LIMITED);
};
