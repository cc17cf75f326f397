//! Why a function of mission-critical signalling refuses something.

use crate::error::coded;

coded! {
    /// Why a message, an event or a use of a key is refused; nothing has changed then, but for the replay cache (TS
    /// 33.180 §5.4, §5.8; the order of the first ones is that of processing).
    McxError {
        /// The octets are no such message, text or packet.
        Malformed = 320, "malformed";
        /// The purpose tag is not assigned.
        UnknownPurposeTag = 321, "purpose tag not assigned";
        /// A key of this kind does not go in this direction.
        WrongPurposeTag = 322, "key of this kind does not go in this direction";
        /// T is older than the skew allows.
        StaleTimestamp = 323, "timestamp too old";
        /// T is further in the future than the skew allows.
        FutureTimestamp = 324, "timestamp in the future";
        /// The message was seen before.
        Replay = 325, "seen before";
        /// The replay cache has no room: new messages are refused until live entries have run out.
        ReplayCacheFull = 326, "replay cache full";
        /// A KMS of the message is not accepted; a KMS Redirect Response may be the answer.
        KmsNotAccepted = 327, "KMS not accepted";
        /// The message is for another responder.
        NotResponder = 328, "message for another responder";
        /// The initiator is not whom SIP, or the user of a UID, says.
        IdentityMismatch = 329, "initiator is somebody else";
        /// The initiator is not the server at which this client is registered.
        WrongServer = 330, "message of another server";
        /// The CS ID map names sessions, SPIs, policies or session data that do not go with the key.
        BadCsIdMap = 331, "CS ID map does not fit the key";
        /// The security policy is below what mission-critical services ask for.
        PolicyBelowFloor = 332, "security policy below the floor";
        /// The algorithm offer or selection is malformed, stands twice, or is of the wrong form.
        BadAlgorithms = 333, "algorithm offer or selection malformed";
        /// The list of key management protocols differs from the SDP's, or is missing where it is required.
        SdpIdsMismatch = 334, "list of key management protocols differs from the SDP";
        /// No key material is held for the period of T; the caller should fetch it.
        NoKeyMaterial = 335, "no key material for the period";
        /// The signature, the encapsulated key or the key parameters are wrong; which, nobody is told.
        Unauthentic = 336, "not authentic";
        /// No offered algorithm that is selected is known and allowed.
        NoCommonAlgorithm = 337, "no common algorithm";
        /// The selection is not in the offer.
        SelectionNotOffered = 338, "selection not in the offer";
        /// The selection answers another offer.
        WrongOfferTag = 339, "selection answers another offer";
        /// The selection is below the floor of the policy.
        AlgorithmBelowFloor = 340, "algorithm below the floor";
        /// The selection is ranked below the current algorithm, and the policy is strict.
        Downgrade = 341, "algorithm ranked below the current one";
        /// A download whose T is not above that of the last one.
        NotNewer = 342, "not newer than the last download";
        /// Another key under a key ID that is in use.
        KeyIdInUse = 343, "another key under this key ID";
        /// The key ID is bound to another user.
        KeyIdOfOther = 344, "key ID bound to another user";
        /// The initiator is hidden, and has not been bound to its URI yet.
        NotBound = 345, "initiator not bound yet";
        /// The key is not active yet.
        NotYetActive = 346, "key not active yet";
        /// The key has expired.
        KeyExpired = 347, "key expired";
        /// Keys of this kind do not serve this direction or kind of transport.
        WrongUse = 348, "key of this kind does not serve this use";
        /// No such key is held.
        UnknownKey = 349, "no such key";
        /// The event does not fit the state.
        WrongState = 350, "the event does not fit the state";
        /// The identity that the message needs is not known: the MDSI, or the own one.
        MissingIdentity = 351, "an identity is missing";
        /// A certificate or key set is out of its validity, or revoked.
        NotAuthorized = 352, "certificate or key set not valid";
        /// A certificate has a period of 0, or values of the wrong form.
        BadCertificate = 353, "certificate malformed";
        /// A key set does not belong to the identity, or its keys do not fit each other.
        BadKeySet = 354, "key set does not fit";
        /// The time lies before the first key period.
        BeforeFirstPeriod = 355, "time before the first key period";
        /// A redirect was followed too often.
        TooManyRedirects = 356, "redirected too often";
        /// The SSRC is one that the peer uses.
        SsrcCollision = 357, "SSRC in use by the peer";
        /// The indices of a key are used up; a new key is due.
        KeyExhausted = 358, "key used up";
        /// The packet is not encrypted.
        NotEncrypted = 359, "not encrypted";
        /// No room for another entry.
        CapacityExceeded = 360, "capacity exceeded";
        /// The output buffer is too small.
        BufferTooSmall = 361, "the output buffer is too small";
        /// The random generator failed.
        RngFailed = 362, "the random generator failed";
        /// The values given cannot stand in a message.
        Inconsistent = 363, "the values given contradict each other";
        /// More messages than the rate limit lets through.
        RateLimited = 364, "rate limited";
    }
}

impl core::error::Error for McxError {}
