//! MTK messages (TS 33.246 §6.4.3, §6.4.5.2).
//!
//! ```text
//! HDR, EXT(Key Domain ID, MSK ID, MTK ID), T(COUNTER), KEMAC(MTK, [salt])
//! ```
//!
//! Protected by the MSK that they name, with the RAND of the MSK message that delivered it. Any member of the group
//! could have built it: it proves membership, not the BM-SC (RFC 4563 §7).

use core::fmt;

use super::msk::{KeyDataBuffer, admit};
use super::profile;
use super::psk::{self, PskInit, PskMessage};
use crate::crypto::{Primitives, key_octets};
use crate::error::{DecodeError, DecodeErrorKind, OpenError, SealError};
use crate::id::{Counter, CsbId, KeyDomainId, MskName, MtkId};
use crate::keys::{Algorithms, KeptKeys, MessageKeys, MskEntry, Mtk, MtkSalt, MtkWindow, check_counter};
use crate::settings::Settings;
use crate::wire::{CsIdMap, ExtType, Extension, KeyData, KeyDataChain, KeyValidity, Timestamp};

/// Everything in an MTK message but the key.
#[derive(Clone, Copy, Debug)]
pub struct MtkAddress {
    /// The MSK that protects the message.
    pub msk: MskName,
    /// The MTK that is delivered.
    pub mtk: MtkId,
    /// The counter: newer than that of every message under this MSK before.
    pub counter: Counter,
    /// CSB ID; MBMS sends 0. The draft profile puts the Key Group there and ignores this.
    pub csb: CsbId,
    /// The suite.
    pub algorithms: Algorithms,
}

/// Builds an MTK message under `keys`: those of the MSK for this suite and the [`carried_csb`](super::carried_csb).
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small; [`SealError::KeyUnavailable`] when the holder of the key does not
/// answer.
pub fn seal_mtk<'o, M: MessageKeys + ?Sized>(
    address: &MtkAddress, mtk: &Mtk, salt: Option<&MtkSalt>, keys: &M, settings: &Settings, out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    let named = profile::Named { msk: address.msk, mtk: Some(address.mtk) };
    let (ids, csb) = profile::write(named, address.csb, settings);
    let key = KeyData {
        key_type: if salt.is_some() { settings.key_data.mtk_with_salt } else { settings.key_data.mtk },
        key: key_octets::export(mtk.secret()),
        salt: salt.map(|salt| key_octets::export(salt.secret()).as_slice()),
        validity: KeyValidity::Null,
    };
    let init = PskInit {
        v: false,
        csb,
        map: CsIdMap::Empty { cs_count: 0 },
        timestamp: Timestamp::Counter(address.counter),
        rand: None,
        extensions: &[Extension { ext_type: ExtType::KEY_ID, octets: ids.as_slice() }],
        ext_place: settings.ext_place,
        idi: None,
        idr: None,
        policies: &[],
        algorithms: address.algorithms,
    };
    psk::seal(&init, &[key], keys, out)
}

/// A decoded MTK message. Nothing in it is authentic yet.
#[derive(Clone, Copy)]
pub struct MtkMessage<'a> {
    psk: PskMessage<'a>,
    msk: MskName,
    mtk: MtkId,
    counter: Counter,
    algorithms: Algorithms,
}

impl<'a> MtkMessage<'a> {
    /// Decodes an MTK message of the profile that `settings` name. `domain` is the Key Domain of the channel, which
    /// only the draft profile needs (point D5).
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong. RAND, ID and SP have no place in an MTK message.
    pub fn decode(
        octets: &'a [u8], domain: Option<KeyDomainId>, settings: &Settings,
    ) -> Result<Self, DecodeError> {
        let psk = PskMessage::decode(octets)?;
        let named = profile::read(&psk, domain, settings)?;
        Self::of(&psk, named, settings)
    }

    // As of `PskMessage::decode`.
    #[inline(never)]
    pub(crate) fn of(
        psk: &PskMessage<'a>, named: profile::Named, settings: &Settings,
    ) -> Result<Self, DecodeError> {
        let mtk = named.mtk.ok_or(DecodeError::new(DecodeErrorKind::BadKeyId, psk.key_ids_at()))?;
        if psk.rand().is_some() || psk.idi().is_some() || psk.policy_count() != 0 {
            return Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, psk.misplaced_at()));
        }
        let (counter, algorithms) = admit(psk, true, settings)?;
        Ok(Self { psk: *psk, msk: named.msk, mtk, counter, algorithms })
    }

    /// The MSK that protects the message.
    #[must_use]
    pub const fn msk(&self) -> MskName {
        self.msk
    }

    /// The MTK it brings.
    #[must_use]
    pub const fn mtk(&self) -> MtkId {
        self.mtk
    }

    /// The counter.
    #[must_use]
    pub const fn counter(&self) -> Counter {
        self.counter
    }

    /// The suite.
    #[must_use]
    pub const fn algorithms(&self) -> Algorithms {
        self.algorithms
    }

    /// The message as the general exchange sees it.
    #[must_use]
    pub const fn psk(&self) -> &PskMessage<'a> {
        &self.psk
    }

    /// Checks counter and MTK ID, which costs no crypto, then the MAC, then opens the content.
    ///
    /// # Errors
    ///
    /// [`OpenError::Replay`], [`OpenError::KeyNotFresh`], [`OpenError::MacInvalid`], [`OpenError::BadContent`],
    /// [`OpenError::KeyUnavailable`].
    pub fn open<M: MessageKeys + ?Sized>(
        &self, keys: &M, last: Option<Counter>, window: MtkWindow, settings: &Settings,
    ) -> Result<OpenedMtk, OpenError> {
        self.check_fresh(last, window, settings)?;
        self.open_content(keys)
    }

    /// Opens the message under a held MSK with the keys that are kept for it; an authentic one has its own kept.
    pub(crate) fn open_under<P: Primitives>(
        &self, entry: &MskEntry<P>, keys: &mut KeptKeys<P>, settings: &Settings,
    ) -> Result<OpenedMtk, OpenError> {
        self.check_fresh(entry.counter(), entry.window(), settings)?;
        keys.with(entry, self.algorithms, self.psk.csb_id(), |keys| self.open_content(keys))
    }

    fn check_fresh(
        &self, last: Option<Counter>, window: MtkWindow, settings: &Settings,
    ) -> Result<(), OpenError> {
        check_counter(self.counter, last.or(settings.initial_counter))?;
        if window.admits(self.mtk) { Ok(()) } else { Err(OpenError::KeyNotFresh) }
    }

    fn open_content<M: MessageKeys + ?Sized>(&self, keys: &M) -> Result<OpenedMtk, OpenError> {
        let mut plain = KeyDataBuffer::new();
        let chain = self.psk.open(keys, plain.as_mut())?;
        chain.as_ref().and_then(mtk_of).ok_or(OpenError::BadContent(DecodeErrorKind::BadKeyData))
    }
}

impl fmt::Debug for MtkMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MtkMessage")
            .field("msk", &self.msk)
            .field("mtk", &self.mtk)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

/// The MTK of an authentic MTK message.
#[derive(Debug)]
pub struct OpenedMtk {
    /// The key.
    pub mtk: Mtk,
    /// The SRTP master salt, absent for download services.
    pub salt: Option<MtkSalt>,
}

fn mtk_of(chain: &KeyDataChain<'_>) -> Option<OpenedMtk> {
    let data = chain.single()?;
    let KeyValidity::Null = data.validity else { return None };
    let mtk = Mtk::new(key_octets::import(data.key)?);
    let salt = match data.salt {
        None => None,
        Some(salt) => Some(MtkSalt::new(key_octets::import(salt)?)),
    };
    Some(OpenedMtk { mtk, salt })
}
