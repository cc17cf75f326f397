//! MUKs that stay in a secure element.

#![allow(unsafe_code, reason = "calls functions of the caller")]

use core::ffi::c_void;

use castkey::crypto::{MacHash, PskLabel, Tag};
use castkey::error::KeyUnavailable;
use castkey::id::CsbId;
use castkey::keys::{Algorithms, MessageKeys, MskRand, Protection, ProtectionKeys};
use castkey::secret::Secret;

use crate::bytes::{Engine, Plain};
use crate::muk::Handle;
use crate::octets::castkey_octets;
use crate::settings::suite_number;

/// encr_key of a message (RFC 3830, 4.1.4).
pub const CASTKEY_LABEL_ENCR: u32 = 0x1505_33E1;
/// auth_key of a message (RFC 3830, 4.1.4).
pub const CASTKEY_LABEL_AUTH: u32 = 0x2D22_AC75;
/// salt_key of a message (RFC 3830, 4.1.4).
pub const CASTKEY_LABEL_SALT: u32 = 0x29B8_8916;

/// Most parts of which `mac` of a castkey_key_holder is given the octets.
pub const CASTKEY_MAC_PARTS: usize = 4;

/// A MUK in a secure element, and the message whose keys are wanted from it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_held_key {
    /// The handle of the MUK, as the caller gave it.
    pub handle: castkey_octets,
    /// The suite of the message: CASTKEY_SUITE_SHA1 and so on.
    pub suite: u32,
    /// The CSB ID of the message.
    pub csb: u32,
    /// The RAND of the message, 16 to 32 octets.
    pub rand: castkey_octets,
}

/// A secure element that keeps MUKs inside. It is called during the call it is given to, never afterwards; a function
/// returns 0 when it has done its work, and any other value makes that call end with CASTKEY_ERR_KEY_UNAVAILABLE and change
/// nothing.
///
/// Either `derive` alone is there: the element runs the PRF with the MUK, and the keys of one message come out of it. Or
/// `mac` and `crypt` are: then no key does, and `derive` is not called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_key_holder {
    /// Writes the key that `label` names, `len` octets, to `out`: the PRF of the suite with the MUK as inkey, over the label
    /// `label || ff || csb || rand` (RFC 3830, 4.1.3 and 4.1.4).
    pub derive: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            key: *const castkey_held_key,
            label: u32,
            out: *mut u8,
            len: usize,
        ) -> i32,
    >,
    /// Writes the MAC over `n` parts, one behind the other, to `mac`: 20 octets with HMAC-SHA-1, 32 with HMAC-SHA-256.
    pub mac: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            key: *const castkey_held_key,
            parts: *const castkey_octets,
            n: usize,
            mac: *mut u8,
            len: usize,
        ) -> i32,
    >,
    /// Encrypts or decrypts `len` octets in place with AES-CM of the suite (RFC 3830, 4.2.3); `timestamp` is the T value
    /// as 64 bits, a COUNTER with leading zeros.
    pub crypt: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            key: *const castkey_held_key,
            timestamp: u64,
            octets: *mut u8,
            len: usize,
        ) -> i32,
    >,
    /// Handed to the functions as it is.
    pub user: *mut c_void,
}

// SAFETY: optional functions and a pointer.
unsafe impl Plain for castkey_key_holder {}

impl castkey_key_holder {
    /// No element.
    pub(crate) const NONE: Self = Self { derive: None, mac: None, crypt: None, user: core::ptr::null_mut() };
}

/// The keys of one message: derived, or inside an element.
pub(crate) enum Keys {
    /// Derived.
    Derived(ProtectionKeys<Engine>),
    /// Inside.
    Inside(Inside),
}

/// What an element needs to know to apply the keys of a message.
pub(crate) struct Inside {
    engine: Engine,
    handle: Handle,
    algorithms: Algorithms,
    csb: CsbId,
    rand: MskRand,
}

impl Inside {
    /// The keys that the element has for this message.
    #[inline(never)]
    pub(crate) fn keys(
        engine: Engine, handle: Handle, protection: &Protection<'_>,
    ) -> Result<Keys, KeyUnavailable> {
        let Protection { algorithms, csb, rand } = *protection;
        let rand = MskRand::new(rand).ok_or(KeyUnavailable)?;
        let inside = Self { engine, handle, algorithms, csb, rand };
        let holder = engine.call().ok_or(KeyUnavailable)?.holder;
        if holder.mac.is_some() && holder.crypt.is_some() {
            return Ok(Keys::Inside(inside));
        }
        let derive = holder.derive.ok_or(KeyUnavailable)?;
        let key = inside.held_key();
        ProtectionKeys::derive(engine, protection, |label, out| {
            let label = label_number(label).ok_or(KeyUnavailable)?;
            // SAFETY: the caller's function, with memory as it is promised.
            done(unsafe { derive(holder.user, &raw const key, label, out.as_mut_ptr(), out.len()) })
        })
        .map(Keys::Derived)
    }

    fn held_key(&self) -> castkey_held_key {
        castkey_held_key {
            handle: castkey_octets::of(self.handle.octets()),
            suite: suite_number(self.algorithms),
            csb: self.csb.0,
            rand: castkey_octets::of(self.rand.octets()),
        }
    }

    fn holder(&self) -> Result<castkey_key_holder, KeyUnavailable> {
        self.engine.call().map(|call| call.holder).ok_or(KeyUnavailable)
    }
}

impl MessageKeys for Keys {
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        let inside = match self {
            Self::Derived(keys) => return keys.tag(parts),
            Self::Inside(inside) => inside,
        };
        let holder = inside.holder()?;
        let mac = holder.mac.ok_or(KeyUnavailable)?;
        let mut texts = [castkey_octets::of(&[]); CASTKEY_MAC_PARTS];
        let there = texts.get_mut(..parts.len()).ok_or(KeyUnavailable)?;
        for (to, from) in there.iter_mut().zip(parts) {
            *to = castkey_octets::of(from);
        }
        let (key, hash, mut out) = (inside.held_key(), inside.algorithms.mac, [0u8; 32]);
        let len = match hash {
            MacHash::Sha1 => 20,
            _ => 32,
        };
        // SAFETY: the caller's function, with memory as it is promised.
        let code =
            unsafe { mac(holder.user, &raw const key, texts.as_ptr(), parts.len(), out.as_mut_ptr(), len) };
        done(code).map(|()| Tag::new(hash, Secret::new(out)))
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        let inside = match self {
            Self::Derived(keys) => return keys.crypt(timestamp, octets),
            Self::Inside(inside) => inside,
        };
        let done = inside.holder().and_then(|holder| {
            let crypt = holder.crypt.ok_or(KeyUnavailable)?;
            let key = inside.held_key();
            // SAFETY: as above.
            done(unsafe { crypt(holder.user, &raw const key, timestamp, octets.as_mut_ptr(), octets.len()) })
        });
        if done.is_err() {
            octets.fill(0);
        }
        done
    }
}

const fn label_number(label: PskLabel) -> Option<u32> {
    match label {
        PskLabel::Encr => Some(CASTKEY_LABEL_ENCR),
        PskLabel::Auth => Some(CASTKEY_LABEL_AUTH),
        PskLabel::Salt => Some(CASTKEY_LABEL_SALT),
        _ => None,
    }
}

const fn done(code: i32) -> Result<(), KeyUnavailable> {
    if code == 0 { Ok(()) } else { Err(KeyUnavailable) }
}
