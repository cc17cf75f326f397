//! What is kept of the identities that name a MUK.
//!
//! ```text
//! MukIdOctets   IDi || IDr, 192 octets of room        they can be shown
//! MukIdDigest   8 octets of SHA-1(IDi), 16 of SHA-1(IDr)      for a terminal without memory to spare
//! ```
//!
//! A terminal only ever compares identities: those that go into its answers come with the message that it answers.

use core::fmt;

use crate::crypto::{self, Primitives};
use crate::keys::muk::MukId;

/// Room for both identities of a MUK together where their octets are kept, octets.
pub const MAX_MUK_ID_LEN: usize = 192;

/// Most octets of a kept identity with its lengths.
pub(crate) const MAX_KEPT_LEN: usize = 2 + MAX_MUK_ID_LEN;

/// A form in which the identities of a MUK are kept: [`MukIdOctets`] or [`MukIdDigest`].
pub trait KeptMukId: Sized + PartialEq + sealed::Sealed {
    /// Tells the stored states of the forms apart.
    #[doc(hidden)]
    const TAG: u8;

    /// The identities of a message in the form that is compared.
    type Name<'a>: Copy;

    /// Brings the identities of a message into that form.
    fn name<'a, P: Primitives>(p: &P, id: MukId<'a>) -> Self::Name<'a>;

    /// `None` when they are over [`MAX_MUK_ID_LEN`] octets together.
    fn keep(name: &Self::Name<'_>) -> Option<Self>;

    /// Whether these are the identities.
    fn is(&self, name: &Self::Name<'_>) -> bool;

    /// Whether IDi is the same.
    fn has_idi_of(&self, name: &Self::Name<'_>) -> bool;

    /// Whether there is no IDi, as in the draft profile.
    fn lacks_idi(&self) -> bool;

    /// The kept octets in two parts, at most 255 each.
    #[doc(hidden)]
    fn export(&self) -> [&[u8]; 2];

    /// What [`export`](Self::export) has given away.
    #[doc(hidden)]
    fn import(parts: [&[u8]; 2]) -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::MukIdOctets {}
    impl Sealed for super::MukIdDigest {}
}

/// Both identities as they are, at most [`MAX_MUK_ID_LEN`] octets together.
#[derive(Clone, PartialEq, Eq)]
pub struct MukIdOctets {
    octets: [u8; MAX_MUK_ID_LEN],
    idi_len: u8,
    idr_len: u8,
}

impl MukIdOctets {
    /// The identities.
    #[must_use]
    pub fn get(&self) -> MukId<'_> {
        let (idi, rest) = self.octets.split_at_checked(usize::from(self.idi_len)).unwrap_or_default();
        MukId { idi, idr: rest.get(..usize::from(self.idr_len)).unwrap_or_default() }
    }
}

impl KeptMukId for MukIdOctets {
    const TAG: u8 = b'E';

    type Name<'a> = MukId<'a>;

    fn name<'a, P: Primitives>(_: &P, id: MukId<'a>) -> MukId<'a> {
        id
    }

    fn keep(id: &MukId<'_>) -> Option<Self> {
        let mut octets = [0; MAX_MUK_ID_LEN];
        if id.idi.len().saturating_add(id.idr.len()) > octets.len() {
            return None;
        }
        for (to, from) in octets.iter_mut().zip(id.idi.iter().chain(id.idr)) {
            *to = *from;
        }
        Some(Self {
            octets,
            idi_len: u8::try_from(id.idi.len()).ok()?,
            idr_len: u8::try_from(id.idr.len()).ok()?,
        })
    }

    fn is(&self, id: &MukId<'_>) -> bool {
        self.get() == *id
    }

    fn has_idi_of(&self, id: &MukId<'_>) -> bool {
        self.get().idi == id.idi
    }

    fn lacks_idi(&self) -> bool {
        self.idi_len == 0
    }

    fn export(&self) -> [&[u8]; 2] {
        let MukId { idi, idr } = self.get();
        [idi, idr]
    }

    fn import([idi, idr]: [&[u8]; 2]) -> Option<Self> {
        Self::keep(&MukId { idi, idr })
    }
}

impl fmt::Debug for MukIdOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// Digests of both identities, 24 octets for identities of any length: a terminal that keeps these recognises its MUKs as well,
/// and cannot say what they are called. Whoever wants another name with the same digests has to find it among 2^64 for IDi, and
/// gains that the older MUK is taken for one of his.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MukIdDigest {
    /// Zero for an empty IDi.
    idi: [u8; 8],
    idr: [u8; 16],
}

impl KeptMukId for MukIdDigest {
    const TAG: u8 = b'D';

    type Name<'a> = Self;

    fn name<P: Primitives>(p: &P, id: MukId<'_>) -> Self {
        let mut name = Self { idi: [0; 8], idr: crypto::fingerprint(p, id.idr) };
        if !id.idi.is_empty() {
            for (to, from) in name.idi.iter_mut().zip(crypto::fingerprint(p, id.idi)) {
                *to = from;
            }
        }
        name
    }

    fn keep(name: &Self) -> Option<Self> {
        Some(*name)
    }

    fn is(&self, name: &Self) -> bool {
        self == name
    }

    fn has_idi_of(&self, name: &Self) -> bool {
        self.idi == name.idi
    }

    fn lacks_idi(&self) -> bool {
        self.idi == [0; 8]
    }

    fn export(&self) -> [&[u8]; 2] {
        [&self.idi, &self.idr]
    }

    fn import([idi, idr]: [&[u8]; 2]) -> Option<Self> {
        Some(Self { idi: idi.try_into().ok()?, idr: idr.try_into().ok()? })
    }
}

impl fmt::Debug for MukIdDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MukIdDigest(")?;
        for octet in self.idi.iter().chain(&self.idr) {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(")")
    }
}
