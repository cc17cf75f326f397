//! What an MSK Update indication says.

use castkey::id::{MskName, MtkId};
use castkey::poc::{ChannelTag, Indication, UpdateSeq};

use crate::name::castkey_name;
use crate::settings::flag;
use crate::status::Status;

/// An MSK Update indication: from now on the new MSK.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_indication {
    /// The MSK now in use.
    pub old: castkey_name,
    /// The MSK to use from now on, of the same Key Domain.
    pub next: castkey_name,
    /// Number of the update.
    pub seq: u32,
    /// Flag: `first_mtk` is given.
    pub has_first_mtk: u32,
    /// MTK ID of the first MTK under the new MSK, at most 65,535.
    pub first_mtk: u32,
    /// Flag: `overlap_s` is given.
    pub has_overlap: u32,
    /// Seconds for which a client keeps the old MTKs, at most 60.
    pub overlap_s: u32,
    /// Flag: `tag` is given.
    pub has_tag: u32,
    /// The channel's tag.
    pub tag: [u8; 8],
}

impl castkey_poc_indication {
    /// None.
    pub(crate) const NONE: Self = Self {
        old: castkey_name::NONE,
        next: castkey_name::NONE,
        seq: 0,
        has_first_mtk: 0,
        first_mtk: 0,
        has_overlap: 0,
        overlap_s: 0,
        has_tag: 0,
        tag: [0; 8],
    };

    pub(crate) fn indication(&self) -> Result<Indication, Status> {
        let short = |number: u32| u16::try_from(number).map_err(|_| Status::BAD_ENUM);
        let (first_mtk, overlap_s) = (short(self.first_mtk)?, short(self.overlap_s)?);
        Ok(Indication {
            domain: self.old.domain(),
            old: self.old.msk_id(),
            new: self.next.msk_id(),
            seq: UpdateSeq(self.seq),
            first_mtk: flag(self.has_first_mtk)?.then_some(MtkId(first_mtk)),
            overlap_s: flag(self.has_overlap)?.then_some(overlap_s),
            channel: flag(self.has_tag)?.then_some(ChannelTag::from_octets(self.tag)),
        })
    }

    pub(crate) fn of(indication: &Indication) -> Self {
        let Indication { domain, old, new, seq, first_mtk, overlap_s, channel } = *indication;
        Self {
            old: castkey_name::of_msk(MskName::new(domain, old)),
            next: castkey_name::of_msk(MskName::new(domain, new)),
            seq: seq.0,
            has_first_mtk: first_mtk.is_some().into(),
            first_mtk: first_mtk.map_or(0, |first| first.0.into()),
            has_overlap: overlap_s.is_some().into(),
            overlap_s: overlap_s.unwrap_or(0).into(),
            has_tag: channel.is_some().into(),
            tag: channel.map_or([0; 8], ChannelTag::to_octets),
        }
    }
}
