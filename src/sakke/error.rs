//! Why a SAKKE function refuses something.

use crate::error::coded;

coded! {
    /// Why SAKKE refuses an input; nothing has changed then.
    SakkeError {
        /// Octets that are not `04 || x || y` with coordinates below p on the curve.
        BadPoint = 256, "not an uncompressed point of the curve";
        /// A point that does not have order q.
        WrongOrder = 257, "the point does not have order q";
        /// An identity that is empty, longer than 127 octets, or the integer 0 or 1 (RFC 6508 §2.2).
        BadIdentity = 258, "the identity is no integer from 2 to q - 1";
        /// A master secret outside 2..q-1 (RFC 6508 §2.2).
        BadMasterSecret = 259, "the master secret is not in 2..q-1";
        /// Identity and master secret add up to zero modulo q: this identity has no RSK.
        NoSuchRsk = 260, "identity and master secret cancel out";
        /// The RSK does not belong to this identity and this KMS (RFC 6508 §6.1.2).
        RskRefused = 261, "the RSK is not valid";
        /// The random generator failed.
        RngFailure = 262, "the random generator failed";
        /// The tables were not prepared.
        NotPrepared = 263, "the tables are not prepared";
        /// The SSV hashes to zero with this identity; choose another.
        UnusableSsv = 264, "the SSV cannot be used";
        /// Encapsulated data that is not accepted, for whatever reason.
        Refused = 265, "refused";
    }
}

impl core::error::Error for SakkeError {}
