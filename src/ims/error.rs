//! Why a request procedure of IMS refuses something.

use crate::error::coded;

coded! {
    /// Why a document, a header, an event or a message of the request procedures is refused; nothing has changed then.
    ImsError {
        /// Octets that are not what they claim to be: XML, header, request line.
        Malformed = 192, "malformed";
        /// A text or list over its limit.
        TooLong = 193, "a text or list is over its limit";
        /// Characters that have no place here: CR, LF, NUL.
        BadCharacter = 194, "a control character in a header value";
        /// The event does not fit the state.
        UnexpectedState = 195, "the event does not fit the state";
        /// Both variants were started for one service (TS 26.237 §10.4).
        VariantConflict = 196, "both variants were started for one service";
        /// The terminal is not registered in the IMS.
        NotRegistered = 197, "not registered in the IMS";
        /// The peer or subscriber is not entitled to this.
        NotAuthorised = 198, "not authorised";
        /// The realm of a challenge is not that of the host contacted.
        BadRealm = 199, "the realm is not that of the host contacted";
        /// A challenge without `auth-int`, outside TLS.
        WeakQop = 200, "the challenge does not offer auth-int";
        /// No algorithm of a challenge is supported.
        UnsupportedAlgorithm = 201, "no algorithm of the challenge is supported";
        /// The response, or `rspauth`, is not that of the holder of the password.
        BadResponse = 202, "the digest is wrong";
        /// The nonce is unknown or too old.
        StaleNonce = 203, "the nonce is unknown or too old";
        /// The nonce count is not above the last one.
        Replay = 204, "the nonce count is not above the last one";
        /// The digest-uri is not the target of the request line.
        UriMismatch = 205, "the digest-uri is not the request target";
        /// A protected service without a key management server.
        NoKeyServer = 206, "no key management server";
        /// A protected service without a Key Group.
        NoKeyGroup = 207, "no Key Group";
        /// A list that must name something is empty.
        Empty = 208, "the list is empty";
        /// No room in the store.
        StoreFull = 209, "no room in the store";
        /// The lifetime of the key has passed.
        ExpiredKey = 210, "the key has expired";
        /// The output buffer is too small.
        BufferTooSmall = 211, "the output buffer is too small";
        /// The service, context or Key Group is not known.
        Unknown = 212, "not known";
        /// More challenges to one request than a terminal answers.
        TooManyChallenges = 213, "too many challenges to one request";
    }
}

impl core::error::Error for ImsError {}
