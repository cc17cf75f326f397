//! A message taken apart into payloads, edited, and put together again.

use castkey::wire::Message;

use crate::choice::Choices;

/// Longest content that is built.
const MAX_LEN: usize = 5_000;

/// A payload without its first octet, which says what the next one is.
#[derive(Clone)]
struct Part {
    kind: u8,
    octets: Vec<u8>,
}

/// SIGN, which has no octet for a next payload.
const SIGN: u8 = 4;

/// The content of `sealed`, all of it but the 129 octets of the signature, after the edits that `choices` describe.
pub(super) fn edited(sealed: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let (mut hdr, mut parts) = split(sealed);
    let mut raw = Vec::new();
    let mut edit = || -> Option<()> {
        let (kind, which) = (choices.below(10)?, choices.octet()?);
        let at = usize::from(which).checked_rem(parts.len())?;
        match kind {
            0 => {
                let place = usize::from(choices.octet()?);
                let len = hdr.len();
                // Not the octet that says what the first payload is.
                if place % len != 2 {
                    hdr[place % len] ^= choices.octet()?;
                }
            }
            1 => {
                let place = usize::from(choices.u16()?);
                let len = parts[at].octets.len();
                *parts[at].octets.get_mut(place.checked_rem(len)?)? ^= choices.octet()?;
            }
            2 => drop(parts.remove(at)),
            3 => {
                let (part, to) = (parts[at].clone(), usize::from(choices.octet()?) % parts.len());
                parts.insert(to, part);
            }
            4 => {
                let to = usize::from(choices.octet()?) % parts.len();
                parts.swap(at, to);
            }
            5 => parts[at].kind = choices.octet()?,
            6 => {
                let (from, octets) = (usize::from(choices.octet()?), choices.slice()?);
                let part = &mut parts[at];
                let from = from.min(part.octets.len());
                part.octets.splice(from..from, octets.iter().copied());
                part.count();
            }
            7 => {
                let (from, len) = (usize::from(choices.octet()?), usize::from(choices.octet()?));
                let part = &mut parts[at];
                let from = from.min(part.octets.len());
                let to = (from + len).min(part.octets.len());
                part.octets.drain(from..to);
                part.count();
            }
            8 => {
                let (kind, octets) = (choices.octet()?, choices.slice()?.to_vec());
                let mut part = Part { kind, octets };
                part.count();
                parts.insert(at, part);
            }
            _ => raw.push((choices.u16()?, choices.octet()?)),
        }
        Some(())
    };
    while edit().is_some() {}
    let mut content = joined(&hdr, &parts);
    for (place, octet) in raw {
        if let Some(at) = usize::from(place).checked_rem(content.len()) {
            content[at] ^= octet;
        }
    }
    content.truncate(MAX_LEN);
    content
}

impl Part {
    /// Makes the length right that the payload says it has.
    fn count(&mut self) {
        // Next payload is not in `octets`.
        let at = match self.kind {
            10 | 14 | 26 => 2,
            21 => 1,
            11 => {
                let len = self.octets.len();
                if let (Some(first), Some(len)) = (self.octets.first_mut(), len.checked_sub(1)) {
                    *first = u8::try_from(len).unwrap_or(0xFF);
                }
                return;
            }
            _ => return,
        };
        let Some(len) = self.octets.len().checked_sub(at + 2) else { return };
        let len = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        self.octets[at..at + 2].copy_from_slice(&len);
    }
}

fn split(sealed: &[u8]) -> (Vec<u8>, Vec<Part>) {
    let message = Message::decode(sealed).unwrap();
    let located: Vec<(usize, u8)> =
        message.located().map(|(at, payload)| (at, payload.payload_type().0)).collect();
    let end = sealed.len() - 129;
    let ends = located.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let parts = located.iter().zip(ends).map(|((at, kind), to)| {
        let head = usize::from(*kind != SIGN);
        Part { kind: *kind, octets: sealed[at + head..to].to_vec() }
    });
    (sealed[..located[0].0].to_vec(), parts.collect())
}

fn joined(hdr: &[u8], parts: &[Part]) -> Vec<u8> {
    let mut content = hdr.to_vec();
    content[2] = parts.first().map_or(0, |part| part.kind);
    for (at, part) in parts.iter().enumerate() {
        if part.kind != SIGN {
            content.push(parts.get(at + 1).map_or(0, |next| next.kind));
        }
        content.extend_from_slice(&part.octets);
    }
    content
}
