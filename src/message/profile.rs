//! Where the two wire profiles keep the name of a key (TS 33.246 §6.3.2, §6.4; early draft of the same).
//!
//! ```text
//! Rel6     EXT = Key Domain ID (3), MSK ID (4), [MTK ID (2)]                          CSB ID unused
//! Draft    EXT = MSK ID (2), [MTK ID (2)]    CSB ID = Key Group    IDi = Network ID   MTK message: no Network ID
//! ```

use super::psk::PskMessage;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::{CsbId, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use crate::settings::{DraftExt, DraftGroup, Profile, Settings};
use crate::wire::{KeyIdOctets, KeyIdType, KeyIds};

/// The names in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) msk: MskName,
    pub(crate) mtk: Option<MtkId>,
}

/// Reads the names. `domain` is the Key Domain of the channel, which an MTK message of the draft lacks.
pub(crate) fn read(
    message: &PskMessage<'_>, domain: Option<KeyDomainId>, settings: &Settings,
) -> Result<Named, DecodeError> {
    let missing = DecodeError::new(DecodeErrorKind::MissingPayload, message.key_ids_at());
    let ext = message.key_ids().ok_or(missing)?;
    // Past next payload, type and length.
    let at = message.key_ids_at().saturating_add(4);
    let bad = DecodeError::new(DecodeErrorKind::BadKeyId, at);
    match settings.profile {
        Profile::Rel6 => {
            let ids = KeyIds::decode(ext.octets, at)?;
            let (domain, id) = ids.domain.zip(ids.msk).ok_or(bad)?;
            Ok(Named { msk: MskName::new(domain, id), mtk: ids.mtk })
        }
        Profile::Draft => {
            let (number, mtk) = draft_numbers(ext.octets, settings.draft_ext).ok_or(bad)?;
            let group = draft_group(message.csb_id(), settings.draft_group)
                .ok_or(DecodeError::new(DecodeErrorKind::BadKeyId, 4))?;
            let network = match (mtk, message.idi()) {
                (None, Some(idi)) => idi.octets.try_into().map(KeyDomainId::new).map_err(|_| bad)?,
                (None, None) => return Err(missing),
                (Some(_), _) => domain.ok_or(bad)?,
            };
            Ok(Named { msk: MskName::new(network, MskId::new(group, number)), mtk })
        }
    }
}

/// The extension and CSB ID that carry the names.
pub(crate) fn write(named: Named, csb: CsbId, settings: &Settings) -> (NameOctets, CsbId) {
    match settings.profile {
        Profile::Rel6 => {
            let ids = KeyIds { domain: Some(named.msk.domain), msk: Some(named.msk.id), mtk: named.mtk };
            (NameOctets::KeyIds(ids.encode()), csb)
        }
        Profile::Draft => {
            let KeyGroup(group) = named.msk.id.group;
            let csb = match settings.draft_group {
                DraftGroup::Right => u32::from(group),
                DraftGroup::Left => u32::from(group) << 16,
            };
            let [a, b] = named.msk.id.number.0.to_be_bytes();
            let [c, d] = named.mtk.map_or([0; 2], |MtkId(mtk)| mtk.to_be_bytes());
            let (octets, msk_len, len) = match settings.draft_ext {
                DraftExt::Bare => ([a, b, c, d, 0, 0, 0, 0], 2, 4),
                DraftExt::KeyIds => ([KeyIdType::MSK_ID.0, 2, a, b, KeyIdType::MTK_ID.0, 2, c, d], 4, 8),
            };
            (NameOctets::Draft(octets, if named.mtk.is_some() { len } else { msk_len }), CsbId(csb))
        }
    }
}

/// The CSB ID that the header of a message naming `msk` will carry: `csb`, or the Key Group in the draft profile. The keys
/// of the message are derived with it.
#[must_use]
pub fn carried_csb(msk: MskName, csb: CsbId, settings: &Settings) -> CsbId {
    write(Named { msk, mtk: None }, csb, settings).1
}

/// The octets of the IDi of an MSK message: the caller's, or the Network ID in the draft profile.
pub(crate) const fn carried_idi<'a>(network: &'a [u8; 3], idi: &'a [u8], settings: &Settings) -> &'a [u8] {
    match settings.profile {
        Profile::Rel6 => idi,
        Profile::Draft => network,
    }
}

/// The octets of the Key ID extension.
pub(crate) enum NameOctets {
    KeyIds(KeyIdOctets),
    Draft([u8; 8], usize),
}

impl NameOctets {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::KeyIds(octets) => octets.as_slice(),
            Self::Draft(octets, len) => octets.get(..*len).unwrap_or_default(),
        }
    }
}

fn draft_numbers(octets: &[u8], layout: DraftExt) -> Option<(KeyNumber, Option<MtkId>)> {
    let number = |a, b| u16::from_be_bytes([a, b]);
    match (layout, octets) {
        (DraftExt::Bare, &[a, b]) => Some((KeyNumber(number(a, b)), None)),
        (DraftExt::Bare, &[a, b, c, d]) => Some((KeyNumber(number(a, b)), Some(MtkId(number(c, d))))),
        (DraftExt::KeyIds, &[1, 2, a, b]) => Some((KeyNumber(number(a, b)), None)),
        (DraftExt::KeyIds, &([1, 2, a, b, 2, 2, c, d] | [2, 2, c, d, 1, 2, a, b])) => {
            Some((KeyNumber(number(a, b)), Some(MtkId(number(c, d)))))
        }
        _ => None,
    }
}

fn draft_group(CsbId(csb): CsbId, place: DraftGroup) -> Option<KeyGroup> {
    let [a, b, c, d] = csb.to_be_bytes();
    let (group, rest) = match place {
        DraftGroup::Right => ([c, d], [a, b]),
        DraftGroup::Left => ([a, b], [c, d]),
    };
    (rest == [0, 0]).then_some(KeyGroup(u16::from_be_bytes(group)))
}
