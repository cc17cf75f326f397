//! The names of the request procedures: bounded texts, each kind a type of its own.

use core::fmt;

use super::ImsError;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(heapless::String<$max>);

        impl $name {
            /// Longest, octets.
            pub const MAX_LEN: usize = $max;

            /// Takes over `text`.
            ///
            /// # Errors
            ///
            /// [`ImsError::Empty`], [`ImsError::TooLong`], [`ImsError::BadCharacter`] for a control character: none of
            /// them has a place in a header, and CR and LF would end it.
            pub fn new(text: &str) -> Result<Self, ImsError> {
                if text.is_empty() {
                    return Err(ImsError::Empty);
                }
                if holds_control(text) {
                    return Err(ImsError::BadCharacter);
                }
                heapless::String::try_from(text).map(Self).map_err(|_| ImsError::TooLong)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

/// Whether a control character stands in `text`. Names are ASCII nearly always, and that is told many octets at a time.
fn holds_control(text: &str) -> bool {
    let (control, beyond) = text.bytes().fold((false, false), |(control, beyond), octet| {
        (control | octet.is_ascii_control(), beyond | !octet.is_ascii())
    });
    control || (beyond && text.chars().any(char::is_control))
}

names! {
    /// MBMS User Service ID, a URI (TS 26.346).
    ServiceId, 96;
    /// IMS public user identity: a SIP or tel URI (TS 23.003 §13.4).
    Impu, 96;
    /// Bootstrapping transaction identifier, `base64(RAND)@BSF-domain` (TS 33.220 §4.5.2).
    BTid, 96;
    /// Host name of a NAF (TS 33.220 §4.4): the BM-SC in the HTTP variant, the SCF in the SIP variant.
    NafFqdn, 96;
    /// IP literal at which a terminal takes MIKEY datagrams.
    UeAddress, 46;
    /// URI of a key management server in a security description (TS 26.346 §11.3).
    ServerUri, 128;
    /// FEC Object Transmission Information in a security description: carried, not read (TS 26.346 §11.3).
    FecOtiExtension, 128;
}
