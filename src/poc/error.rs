//! Why a PoC function refuses something.

use crate::error::coded;

coded! {
    /// Why an event, a packet or a line of PoC is refused; nothing has changed then.
    PocError {
        /// Octets that are not the packet, field or line they claim to be.
        Malformed = 160, "malformed";
        /// An RTCP APP packet with a name that is not MBCP's; to be ignored.
        NotMbcp = 161, "not MBCP";
        /// The packet is not protected, or not encrypted, on a channel that protects.
        Unprotected = 162, "not protected";
        /// The authentication tag is wrong.
        BadMac = 163, "authentication tag is wrong";
        /// The packet, or the update sequence, was seen before or is too old.
        Replay = 164, "seen before or too old";
        /// The MKI names an MSK that is not held.
        UnknownMsk = 165, "MSK not held";
        /// The key has retired: its overlap is over.
        ExpiredKey = 166, "the key has retired";
        /// The indication does not name the keys in use and to come.
        IndicationMismatch = 167, "the indication names other keys";
        /// A configured subtype or name clashes with a known message.
        Clash = 168, "the subtype is taken";
        /// An element that the message must carry is missing.
        MissingElement = 169, "a required element is missing";
        /// The gate before the indication has not opened.
        NotReady = 170, "not everybody has answered yet";
        /// An MTK that was used before is offered again.
        MtkReuse = 171, "the MTK was used before";
        /// The event does not fit the state.
        UnexpectedState = 172, "the event does not fit the state";
        /// Only the function that controls the Multicast PoC Channel updates its MSK.
        NotController = 173, "not the controller of the channel";
        /// No MTK is in use: nothing can be sent.
        NoMtk = 174, "no MTK in use";
        /// No room for another member, packet or key.
        CapacityExceeded = 175, "capacity exceeded";
        /// The member is not, or no longer, part of the session.
        NotMember = 176, "not a member of the session";
        /// The key management protocol of a line is not MIKEY.
        UnknownProtocol = 177, "not MIKEY";
        /// The index or MTK IDs of a key are used up.
        KeyExhausted = 178, "the key is used up";
        /// The output buffer is too small.
        BufferTooSmall = 179, "the output buffer is too small";
        /// A re-INVITE without an MSK where one is needed.
        MissingMsk = 180, "no MSK in the parameters";
    }
}

impl core::error::Error for PocError {}
