//! An MSK on its way from the server to the distribution.

#![allow(unsafe_code, reason = "marks a type")]

use castkey::id::MtkId;
use castkey::keys::{MskEntry, MskRand, Mtk, MtkSalt};
use castkey::poc::UpdatedMsk;
use castkey::secret::Secret;

use crate::bytes::{Engine, Places, Plain};
use crate::key::{CASTKEY_MSK_LEN, castkey_mtk};
use crate::message::CASTKEY_RAND_MAX;
use crate::name::castkey_name;
use crate::settings::flag;
use crate::status::Status;

/// An MSK as a Session Update Request carries it. Wipe it after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_msk {
    /// Its name.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// The key.
    pub msk: [u8; CASTKEY_MSK_LEN],
    /// The RAND that its MTK messages are keyed with.
    pub rand: [u8; CASTKEY_RAND_MAX],
    /// Octets of RAND, 16 to 32.
    pub rand_len: u32,
    /// SEQl, at most 65,535.
    pub seq_low: u32,
    /// SEQu, at most 65,535.
    pub seq_high: u32,
    /// Flag: `mtk` is given.
    pub has_mtk: u32,
    /// The first MTK under it with its salt, where the server makes it.
    pub mtk: castkey_mtk,
}

// SAFETY: integers.
unsafe impl Plain for castkey_poc_msk {}

fn mtk_id(number: u32) -> Result<MtkId, Status> {
    u16::try_from(number).map(MtkId).map_err(|_| Status::BAD_ENUM)
}

impl castkey_poc_msk {
    pub(crate) fn updated(&self) -> Result<UpdatedMsk, Status> {
        let rand_len = usize::try_from(self.rand_len).map_err(|_| Status::LENGTH)?;
        let rand = self.rand.get(..rand_len).and_then(MskRand::new).ok_or(Status::LENGTH)?;
        let given = flag(self.has_mtk)?;
        let mtk = || (Mtk::new(Secret::new(self.mtk.key)), MtkSalt::new(Secret::new(self.mtk.salt)));
        Ok(UpdatedMsk {
            name: self.name.msk(),
            msk: Secret::new(self.msk),
            rand,
            seq_low: mtk_id(self.seq_low)?,
            seq_high: mtk_id(self.seq_high)?,
            mtk: given.then(mtk),
        })
    }

    /// Writes the MSK of a server with its interval.
    pub(crate) fn write(place: &Places<'_, Self>, entry: &MskEntry<Engine>, interval: (MtkId, MtkId)) {
        place.fill(|to| {
            to.name = castkey_name::of_msk(entry.name());
            to.msk = *entry.msk().secret().expose();
            for (to, from) in to.rand.iter_mut().zip(entry.rand().map_or(&[][..], MskRand::octets)) {
                *to = *from;
            }
            to.rand_len = entry.rand().and_then(|rand| u32::try_from(rand.octets().len()).ok()).unwrap_or(0);
            (to.seq_low, to.seq_high) = (interval.0.0.into(), interval.1.0.into());
        });
    }
}
