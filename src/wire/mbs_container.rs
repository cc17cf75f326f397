//! The MBS security container of 5G NAS (TS 24.501): MSKs that come without MIKEY.
//!
//! ```text
//! | number of sets 1 | { 7 spare bits, MTK indicator 1 bit | Key Domain ID 3 | MSK ID 4 | MSK 16 | [MTK ID 2 | MTK 16] } |
//! ```
//!
//! How the MTK is encrypted is not known; its octets are handed out as they are.

use core::fmt;

use super::reader::Reader;
use crate::error::DecodeError;
use crate::id::{KeyDomainId, MskId, MskName, MtkId};

/// A validated container.
#[derive(Clone, Copy)]
pub struct MbsContainer<'a> {
    /// Whole key sets.
    sets: &'a [u8],
}

/// A key set. Its octets are secret: they are not shown.
#[derive(Clone, Copy)]
pub struct MbsKeySet<'a> {
    /// The name of the MSK.
    pub msk_name: MskName,
    /// The MSK.
    pub msk: &'a [u8],
    /// An MTK ID and the encrypted MTK.
    pub mtk: Option<(MtkId, &'a [u8])>,
}

impl<'a> MbsKeySet<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let with_mtk = r.u8()? & 1 != 0;
        let msk_name = MskName::new(KeyDomainId::new(r.array()?), MskId::from_octets(r.array()?));
        let msk = r.slice(16)?;
        let mtk = if with_mtk { Some((MtkId(r.u16()?), r.slice(16)?)) } else { None };
        Ok(Self { msk_name, msk, mtk })
    }
}

impl fmt::Debug for MbsKeySet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MbsKeySet")
            .field("msk_name", &self.msk_name)
            .field("mtk", &self.mtk.map(|(id, _)| id))
            .finish_non_exhaustive()
    }
}

impl<'a> MbsContainer<'a> {
    /// Decodes the content of the container.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is cut or octets follow the last set.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(octets, 0);
        let count = r.u8()?;
        for _ in 0..count {
            MbsKeySet::decode(&mut r)?;
        }
        r.finish()?;
        Ok(Self { sets: octets.get(1..).unwrap_or_default() })
    }

    /// The key sets, in order.
    pub fn iter(&self) -> impl Iterator<Item = MbsKeySet<'a>> + use<'a> {
        let mut r = Reader::new(self.sets, 0);
        core::iter::from_fn(move || if r.is_empty() { None } else { MbsKeySet::decode(&mut r).ok() })
    }
}

impl fmt::Debug for MbsContainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
