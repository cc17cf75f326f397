//! The name of a Key Group, an MSK or an MTK.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};

use crate::bytes::{Plain, Promise};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// The name of a Key Group (`domain`, `group`), of an MSK (with `number`) or of an MTK (with `mtk`); TS 33.246, 6.3.2.1 and
/// 6.3.3.1. Fields that do not belong to a name are 0, and ignored where they are read.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_name {
    /// Key Domain ID.
    pub domain: [u8; 3],
    /// 0.
    pub reserved: u8,
    /// Key Group part of the MSK ID.
    pub group: u16,
    /// Key Number part of the MSK ID; 0 is the current MSK of the group.
    pub number: u16,
    /// MTK ID.
    pub mtk: u16,
}

// SAFETY: integers.
unsafe impl Plain for castkey_name {}

impl castkey_name {
    /// No name.
    pub(crate) const NONE: Self = Self { domain: [0; 3], reserved: 0, group: 0, number: 0, mtk: 0 };

    pub(crate) const fn of_group(name: GroupName) -> Self {
        Self { domain: name.domain.to_octets(), group: name.group.0, ..Self::NONE }
    }

    pub(crate) const fn of_msk(name: MskName) -> Self {
        Self { number: name.id.number.0, ..Self::of_group(name.group()) }
    }

    pub(crate) const fn of_mtk(domain: KeyDomainId, mki: Mki) -> Self {
        Self { mtk: mki.mtk.0, ..Self::of_msk(MskName::new(domain, mki.msk)) }
    }

    /// The MTK of packets with this MKI, whose Key Domain is not told.
    pub(crate) const fn of_mki(mki: Mki) -> Self {
        Self::of_mtk(KeyDomainId::new([0; 3]), mki)
    }

    pub(crate) const fn domain(self) -> KeyDomainId {
        KeyDomainId::new(self.domain)
    }

    pub(crate) const fn msk_id(self) -> MskId {
        MskId::new(KeyGroup(self.group), KeyNumber(self.number))
    }

    pub(crate) const fn group(self) -> GroupName {
        GroupName::new(self.domain(), KeyGroup(self.group))
    }

    pub(crate) const fn msk(self) -> MskName {
        MskName::new(self.domain(), self.msk_id())
    }

    pub(crate) const fn mki(self) -> Mki {
        Mki::new(self.msk_id(), MtkId(self.mtk))
    }
}

/// The name of the MTK that protects packets with this MKI, in the Key Domain of their channel (TS 33.246, 6.6.2).
///
/// `domain` has 3 octets, `mki` has 6, as they stand in the packet.
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_name_from_mki(
    domain: *const u8, mki: *const u8, name: *mut castkey_name,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(domain, 3), Span::read(mki, Mki::LEN), Span::write(name, 1)])?;
        let (domain, mki) =
            (KeyDomainId::new(*promise.array(domain)?), Mki::from_octets(*promise.array(mki)?));
        promise.place(name)?.set(castkey_name::of_mtk(domain, mki));
        Ok(())
    })())
}

/// Writes the MKI of packets under the MTK `name` to the 6 octets at `mki` (TS 33.246, 6.6.2).
///
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_name_to_mki(name: *const castkey_name, mki: *mut u8) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(name, 1), Span::write(mki, Mki::LEN)])?;
        let octets = promise.read(name)?.mki().to_octets();
        promise.places(mki, Mki::LEN)?.write(octets);
        Ok(())
    })())
}
