//! A MUK as C names it: its octets, or the handle of one in a secure element.

use castkey::error::KeyUnavailable;
use castkey::keys::{Muk, MukId, PreSharedKey, Protection, StoredKey};
use subtle::{Choice, ConstantTimeEq};

use crate::bytes::{Engine, Plain, Promise};
use crate::holder::{Inside, Keys};
use crate::octets::castkey_octets;
use crate::span::Span;
use crate::status::Status;

/// The MUK is given by its 16 to 32 octets.
pub const CASTKEY_MUK_OCTETS: u32 = 0;
/// The MUK is in a secure element; given is its handle, 1 to 15 octets.
pub const CASTKEY_MUK_HANDLE: u32 = 1;

/// Longest handle of a MUK, octets.
pub const CASTKEY_HANDLE_MAX: usize = 15;

/// A MUK. It is copied into the state of a terminal; for any other call it is read only while the call lasts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_muk {
    /// CASTKEY_MUK_OCTETS or CASTKEY_MUK_HANDLE.
    pub kind: u32,
    /// The key, or its handle.
    pub octets: castkey_octets,
}

/// MUK ID: the identities of an MSK message, by which its MUK is found (TS 33.246, 6.3.2.1). A
/// castkey_ue takes any, as it keeps digests of them; a castkey_poc_client such as have at most 192 octets together.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_muk_id {
    /// IDi, the NAF-Id of the BM-SC; empty in the draft profile.
    pub idi: castkey_octets,
    /// IDr, the B-TID of the bootstrapping run.
    pub idr: castkey_octets,
}

#[allow(unsafe_code, reason = "marks a type")]
// SAFETY: an integer and a structure of a pointer and a length.
unsafe impl Plain for castkey_muk {}
#[cfg(feature = "poc")]
#[allow(unsafe_code, reason = "marks a type")]
// SAFETY: structures of a pointer and a length.
unsafe impl Plain for castkey_muk_id {}

impl castkey_muk_id {
    /// The identities.
    pub(crate) fn of<'c>(&self, promise: &'c Promise) -> Result<MukId<'c>, Status> {
        Ok(MukId { idi: self.idi.read(promise)?, idr: self.idr.read(promise)? })
    }

    /// The memory they lie in.
    pub(crate) fn spans(&self) -> [Span; 2] {
        [self.idi.span(), self.idr.span()]
    }
}

/// The handle of a MUK in a secure element.
#[derive(Clone, Copy)]
pub(crate) struct Handle {
    octets: [u8; CASTKEY_HANDLE_MAX],
    len: u8,
}

impl Handle {
    fn new(octets: &[u8]) -> Option<Self> {
        let mut held = [0; CASTKEY_HANDLE_MAX];
        if octets.is_empty() || octets.len() > held.len() {
            return None;
        }
        for (to, from) in held.iter_mut().zip(octets) {
            *to = *from;
        }
        Some(Self { octets: held, len: u8::try_from(octets.len()).ok()? })
    }

    /// The octets.
    pub(crate) fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A MUK with the engine it is used with.
pub(crate) enum Key {
    /// By its octets.
    Octets(Muk<Engine>),
    /// By its handle.
    Handle(Handle, Engine),
}

impl Key {
    /// The MUK that C named.
    pub(crate) fn of(promise: &Promise, muk: castkey_muk, engine: Engine) -> Result<Self, Status> {
        let octets = muk.octets.read(promise)?;
        match muk.kind {
            CASTKEY_MUK_OCTETS => {
                Muk::from_octets_with(octets, engine).map(Self::Octets).ok_or(Status::LENGTH)
            }
            CASTKEY_MUK_HANDLE => {
                Handle::new(octets).map(|handle| Self::Handle(handle, engine)).ok_or(Status::LENGTH)
            }
            _ => Err(Status::BAD_ENUM),
        }
    }

    /// The MUK that was stored: a handle is shorter than any key.
    pub(crate) fn stored(octets: &[u8], engine: Engine) -> Option<Self> {
        match Handle::new(octets) {
            Some(handle) => Some(Self::Handle(handle, engine)),
            None => Muk::from_octets_with(octets, engine).map(Self::Octets),
        }
    }
}

impl ConstantTimeEq for Key {
    fn ct_eq(&self, other: &Self) -> Choice {
        match (self, other) {
            (Self::Octets(a), Self::Octets(b)) => a.ct_eq(b),
            (Self::Handle(a, _), Self::Handle(b, _)) => a.octets().ct_eq(b.octets()),
            _ => Choice::from(0),
        }
    }
}

impl StoredKey for Key {
    fn export(&self) -> &[u8] {
        match self {
            Self::Octets(muk) => muk.export(),
            Self::Handle(handle, _) => handle.octets(),
        }
    }
}

impl PreSharedKey for Key {
    type Keys = Keys;

    fn keys(&self, protection: &Protection<'_>) -> Result<Keys, KeyUnavailable> {
        match self {
            Self::Octets(muk) => muk.keys(protection).map(Keys::Derived),
            Self::Handle(handle, engine) => Inside::keys(*engine, *handle, protection),
        }
    }
}
