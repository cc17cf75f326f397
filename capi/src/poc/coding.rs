//! How the MSK Update indication is told from other packets, and which channel is meant.

use castkey::id::{KeyDomainId, KeyGroup};
use castkey::poc::{ChannelTag, IndicationCoding};

use crate::settings::{flag, octet};
use crate::status::Status;

/// How the MSK Update indication is told from other APP packets.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_coding {
    /// Name of the APP packet. Default `PoC1`.
    pub name: [u8; 4],
    /// Subtype of the APP packet. Default 14; free under `PoC1` are 10, 12, 13 and 14.
    pub subtype: u32,
    /// Flag: an indication has no body, for peers that know no TLVs. Default 0.
    pub empty_body: u32,
}

/// A Multicast PoC Channel.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_channel {
    /// The Key Domain of its MSKs. Default 0, to be set.
    pub domain: [u8; 3],
    /// 0.
    pub reserved: u8,
    /// Its primary and spare Key Group, as the channel parameters list them. Default 0, to be set.
    pub groups: [u16; 2],
    /// Flag: `tag` is given. Default 0.
    pub has_tag: u32,
    /// The channel's tag in the indication: the first 8 octets of the SHA-256 of its identity.
    pub tag: [u8; 8],
}

impl castkey_poc_coding {
    pub(crate) fn coding(&self) -> Result<IndicationCoding, Status> {
        let coding = IndicationCoding::new(self.name, octet(self.subtype)?)?;
        Ok(coding.with_empty_body(flag(self.empty_body)?))
    }

    /// The default.
    pub(crate) fn by_default() -> Self {
        let coding = IndicationCoding::DEFAULT;
        Self { name: coding.name(), subtype: coding.subtype().into(), empty_body: 0 }
    }
}

impl castkey_poc_channel {
    /// No channel yet.
    pub(crate) const NONE: Self =
        Self { domain: [0; 3], reserved: 0, groups: [0; 2], has_tag: 0, tag: [0; 8] };

    pub(crate) const fn domain(&self) -> KeyDomainId {
        KeyDomainId::new(self.domain)
    }

    pub(crate) const fn groups(&self) -> [KeyGroup; 2] {
        let [primary, spare] = self.groups;
        [KeyGroup(primary), KeyGroup(spare)]
    }

    pub(crate) fn tag(&self) -> Result<Option<ChannelTag>, Status> {
        Ok(flag(self.has_tag)?.then_some(ChannelTag::from_octets(self.tag)))
    }
}
