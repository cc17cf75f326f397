//! What server and distribution say to each other, as one datagram each.
//!
//! ```text
//! | kind 1 | transaction 4 | elements: | letter 1 | length 2 | octets | ...
//! ```
//!
//! The letters are those of the standard's lists: a Session Update Request has a access technology, b bearer, c updated
//! MSK, d areas, e QoE profile; its response a the MSK stored, b media parameters. The standard leaves the encoding open.
//!
//! Element c holds the MSK itself. Between the two functions the standard assumes a link that is protected and delivers;
//! here it is the loopback interface, to which nothing is done. Do not copy that.

use castkey::id::{KeyDomainId, MskId, MskName, MtkId};
use castkey::keys::MskRand;
use castkey::poc::{UpdateSeq, UpdatedMsk};
use castkey::secret::Secret;

/// Of element c: name 7, key 16, SEQl 2, SEQu 2, and the RAND behind that.
const MSK_HEAD_LEN: usize = 27;

#[derive(Debug)]
pub(crate) enum Frame {
    /// Session Update Request.
    Update { access: String, broadcast: bool, msk: Option<UpdatedMsk>, areas: String, qoe: String },
    /// Session Update Response: stored.
    Stored { msk: MskName, media: String },
    /// Session Update Response: not stored, with the number of the reason.
    Rejected(u32),
    /// The MSK Update indication, or what the participant said: a Media Burst Control datagram.
    Mbcp(Vec<u8>),
    /// A media packet.
    Media(Vec<u8>),
    /// The indication with this number was refused.
    IndicationRejected(UpdateSeq),
    /// The indication was distributed before.
    Acknowledged,
    /// The first MTK is in use: the bearer can be used.
    BearerUp,
    /// This MSK is in use.
    Switched(MskName),
    /// A new MTK is wanted.
    Roll,
    /// The MTK IDs of the MSK in use are used up.
    Exhausted,
}

/// Writes a datagram. Names and texts of this example are far below 64 KiB; a longer one is cut off.
pub(crate) fn encode(transaction: u32, frame: &Frame) -> Vec<u8> {
    let kind: u8 = match frame {
        Frame::Update { .. } => 1,
        Frame::Stored { .. } => 2,
        Frame::Rejected(_) => 3,
        Frame::Mbcp(_) => 4,
        Frame::Media(_) => 5,
        Frame::IndicationRejected(_) => 6,
        Frame::Acknowledged => 7,
        Frame::BearerUp => 8,
        Frame::Switched(_) => 9,
        Frame::Roll => 10,
        Frame::Exhausted => 11,
    };
    let mut out = vec![kind];
    out.extend(transaction.to_be_bytes());
    let mut element = |letter: u8, octets: &[u8]| {
        let len = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        out.push(letter);
        out.extend(len.to_be_bytes());
        out.extend(octets.iter().take(len.into()));
    };
    match frame {
        Frame::Update { access, broadcast, msk, areas, qoe } => {
            element(b'a', access.as_bytes());
            element(b'b', &[u8::from(*broadcast)]);
            if let Some(msk) = msk {
                element(b'c', &msk_octets(msk));
            }
            element(b'd', areas.as_bytes());
            element(b'e', qoe.as_bytes());
        }
        Frame::Stored { msk, media } => {
            element(b'a', &name_octets(*msk));
            element(b'b', media.as_bytes());
        }
        Frame::Rejected(code) => element(b'a', &code.to_be_bytes()),
        Frame::Mbcp(octets) | Frame::Media(octets) => element(b'a', octets),
        Frame::Switched(msk) => element(b'a', &name_octets(*msk)),
        Frame::IndicationRejected(seq) => element(b'a', &seq.0.to_be_bytes()),
        Frame::Acknowledged | Frame::BearerUp | Frame::Roll | Frame::Exhausted => {}
    }
    out
}

/// Reads a datagram; `None` for one that is none of ours.
pub(crate) fn decode(octets: &[u8]) -> Option<(u32, Frame)> {
    let (kind, rest) = octets.split_first()?;
    let (transaction, mut rest) = rest.split_first_chunk()?;
    let mut elements: [Option<&[u8]>; 5] = [None; 5];
    while let Some((letter, behind)) = rest.split_first() {
        let (len, behind) = behind.split_first_chunk()?;
        let (octets, behind) = behind.split_at_checked(u16::from_be_bytes(*len).into())?;
        let slot = elements.get_mut(usize::from(letter.checked_sub(b'a')?))?;
        if slot.replace(octets).is_some() {
            return None;
        }
        rest = behind;
    }
    let [a, b, c, d, e] = elements;
    let text = |octets: Option<&[u8]>| Some(core::str::from_utf8(octets?).ok()?.to_owned());
    let frame = match kind {
        1 => {
            let msk = match c {
                Some(octets) => Some(msk(octets)?),
                None => None,
            };
            Frame::Update { access: text(a)?, broadcast: b? == [1], msk, areas: text(d)?, qoe: text(e)? }
        }
        2 => Frame::Stored { msk: name(a?)?, media: text(b)? },
        3 => Frame::Rejected(u32::from_be_bytes(a?.try_into().ok()?)),
        4 => Frame::Mbcp(a?.to_vec()),
        5 => Frame::Media(a?.to_vec()),
        6 => Frame::IndicationRejected(UpdateSeq(u32::from_be_bytes(a?.try_into().ok()?))),
        7 => Frame::Acknowledged,
        8 => Frame::BearerUp,
        9 => Frame::Switched(name(a?)?),
        10 => Frame::Roll,
        11 => Frame::Exhausted,
        _ => return None,
    };
    Some((u32::from_be_bytes(*transaction), frame))
}

fn name_octets(name: MskName) -> Vec<u8> {
    [&name.domain.to_octets()[..], &name.id.to_octets()].concat()
}

fn name(octets: &[u8]) -> Option<MskName> {
    let (domain, id) = octets.split_first_chunk()?;
    Some(MskName::new(KeyDomainId::new(*domain), MskId::from_octets(id.try_into().ok()?)))
}

fn msk_octets(updated: &UpdatedMsk) -> Vec<u8> {
    let UpdatedMsk { name, msk, rand, seq_low, seq_high, .. } = updated;
    let window = [seq_low.0.to_be_bytes(), seq_high.0.to_be_bytes()].concat();
    [&name_octets(*name)[..], msk.expose(), &window, rand.octets()].concat()
}

fn msk(octets: &[u8]) -> Option<UpdatedMsk> {
    let (head, rand) = octets.split_first_chunk::<MSK_HEAD_LEN>()?;
    let (name_part, rest) = head.split_at_checked(7)?;
    let (key, rest) = rest.split_first_chunk::<16>()?;
    let (low, rest) = rest.split_first_chunk()?;
    let (high, _) = rest.split_first_chunk()?;
    Some(UpdatedMsk {
        name: name(name_part)?,
        msk: Secret::new(*key),
        rand: MskRand::new(rand)?,
        seq_low: MtkId(u16::from_be_bytes(*low)),
        seq_high: MtkId(u16::from_be_bytes(*high)),
        mtk: None,
    })
}
