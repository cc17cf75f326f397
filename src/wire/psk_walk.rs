//! The walk over an I_MESSAGE of the pre-shared-key method: checks every bound, and notes where each payload stands.
//!
//! ```text
//! HDR -> EXT -> T -> RAND -> ID -> ID -> SP .. -> KEMAC       any order, KEMAC last
//!        ^     ^    ^                            ^
//!        offsets of the first octets; 0, where the header is, means that there is none
//! ```
//!
//! Offsets instead of views: they take an eighth of the room, and terminals look at each payload once or twice.

use super::codepoint::{CsIdMapType, DataType, ExtType, MacAlg, PayloadType, TsType};
use super::cursor::Cursor;
use super::hdr::VERSION;
use super::message::{HDR_NEXT_AT, Payload, known};
use super::{MAX_IDENTITY_LEN, MAX_MESSAGE_LEN, MAX_PAYLOADS};
use crate::error::{DecodeError, DecodeErrorKind};

/// Octets of the header before the CS ID map.
const MAP_AT: usize = 10;

/// Octets of an entry of an SRTP-ID map; the first is its policy number.
const SESSION_LEN: usize = 9;

/// Where everything stands in a sound message.
#[derive(Clone, Copy)]
pub(crate) struct PskPlaces {
    /// The end of the header.
    pub(crate) hdr_end: u16,
    pub(crate) timestamp: u16,
    pub(crate) rand: u16,
    pub(crate) idi: u16,
    pub(crate) idr: u16,
    /// The extension with Key ID information.
    pub(crate) key_ids: u16,
    pub(crate) kemac: u16,
    /// The first RAND, ID or SP.
    pub(crate) misplaced: u16,
    pub(crate) policy_count: u8,
}

impl Cursor<'_> {
    /// A MAC algorithm and the MAC whose length follows from it.
    fn skip_mac(&mut self) {
        let at = self.at;
        match MacAlg(self.octet()).mac_len() {
            Some(len) => self.skip(len),
            None => self.fail(DecodeErrorKind::UnsupportedMac, at),
        }
    }

    /// Past the header; answers the type of the first payload.
    fn hdr(&mut self) -> PayloadType {
        if self.octets.len() < 4 {
            self.skip(4);
        }
        if self.octets.first() != Some(&VERSION) {
            self.fail(DecodeErrorKind::BadVersion, 0);
        }
        self.skip(HDR_NEXT_AT);
        let first = PayloadType(self.octet());
        self.skip(5);
        let cs_count = self.octet();
        match CsIdMapType(self.octet()) {
            CsIdMapType::SRTP_ID => self.skip(usize::from(cs_count).saturating_mul(SESSION_LEN)),
            CsIdMapType::EMPTY => {}
            CsIdMapType::GENERIC_ID => {
                for _ in 0..cs_count {
                    self.skip(2);
                    let policies = self.octet() & 0x7F;
                    self.skip(policies.into());
                    self.long();
                    self.short();
                }
            }
            _ => self.fail(DecodeErrorKind::BadCsIdMap, MAP_AT.saturating_sub(1)),
        }
        first
    }

    /// Past the body of a payload.
    fn body(&mut self, payload_type: PayloadType) {
        let at = self.at;
        match payload_type {
            PayloadType::KEMAC => {
                self.skip(1);
                self.long();
                self.skip_mac();
            }
            PayloadType::T => match TsType(self.octet()) {
                TsType::NTP_UTC | TsType::NTP => self.skip(8),
                TsType::COUNTER => self.skip(4),
                _ => self.fail(DecodeErrorKind::UnsupportedTimestamp, at),
            },
            PayloadType::ID => {
                self.skip(1);
                if self.long().len() > MAX_IDENTITY_LEN {
                    self.fail(DecodeErrorKind::TooLong, at.saturating_add(1));
                }
            }
            PayloadType::V => self.skip_mac(),
            PayloadType::SP => {
                self.skip(2);
                let len = self.long().len();
                self.check_params(len);
            }
            PayloadType::RAND => {
                self.short();
            }
            PayloadType::ERR => {
                self.skip(1);
                if (self.octet() | self.octet()) != 0 {
                    self.fail(DecodeErrorKind::ReservedNotZero, at.saturating_add(1));
                }
            }
            // EXT
            _ => {
                self.skip(1);
                self.long();
            }
        }
    }

    /// Checks that the `len` octets before are whole parameters of a policy.
    fn check_params(&mut self, len: usize) {
        let (end, at) = (self.at, self.at.saturating_sub(len));
        let octets = self.octets.get(..end).unwrap_or_default();
        let mut params = Cursor { octets, at, error: self.error };
        while params.at < end {
            params.skip(1);
            params.short();
        }
        self.error = params.error;
    }
}

/// A set of octets.
struct OctetSet([u32; 8]);

impl OctetSet {
    /// Whether `octet` is new in the set.
    fn insert(&mut self, octet: u8) -> bool {
        let [word, bit] = [octet >> 5, octet & 0x1F];
        let Some(word) = self.0.get_mut(usize::from(word)) else { return false };
        let before = *word;
        *word |= 1 << bit;
        before != *word
    }
}

impl PskPlaces {
    /// Walks the message.
    ///
    /// # Errors
    ///
    /// Those of [`Message::decode`](super::Message::decode), and then [`WrongDataType`](DecodeErrorKind::WrongDataType), a
    /// payload that is missing, twice there or of a type that has no place, policies that contradict the CS ID map.
    pub(crate) fn find(octets: &[u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(octets);
        if octets.len() > MAX_MESSAGE_LEN {
            cursor.fail(DecodeErrorKind::TooLong, MAX_MESSAGE_LEN);
        }
        let mut next = cursor.hdr();
        cursor.check()?;
        let mut next_at = HDR_NEXT_AT;
        let mut places = Self {
            hdr_end: offset(cursor.at),
            timestamp: 0,
            rand: 0,
            idi: 0,
            idr: 0,
            key_ids: 0,
            kemac: 0,
            misplaced: 0,
            policy_count: 0,
        };
        let mut policies = OctetSet([0; 8]);
        let mut policy_again_at = 0;
        let mut left = MAX_PAYLOADS;
        while next != PayloadType::LAST {
            let (at, payload_type) = (cursor.at, next);
            if !Payload::of_psk(payload_type) {
                if !known(payload_type) {
                    cursor.fail(DecodeErrorKind::UnknownPayload, next_at);
                } else if Payload::has_next(payload_type) {
                    cursor.skip(1);
                }
                cursor.fail(DecodeErrorKind::UnsupportedPayload, at);
            }
            next = PayloadType(cursor.octet());
            next_at = at;
            cursor.body(payload_type);
            if left == 0 {
                cursor.fail(DecodeErrorKind::TooManyPayloads, at);
            }
            left = left.saturating_sub(1);
            let is_psk = octets.get(1) == Some(&DataType::PSK.0);
            let ends = payload_type == PayloadType::V || payload_type == PayloadType::KEMAC && is_psk;
            if ends && next != PayloadType::LAST {
                cursor.fail(DecodeErrorKind::WrongOrder, at);
            }
            if !is_psk {
                cursor.fail(DecodeErrorKind::WrongDataType, 1);
            }
            let place = match payload_type {
                PayloadType::T => &mut places.timestamp,
                PayloadType::RAND => &mut places.rand,
                PayloadType::ID if places.idi == 0 => &mut places.idi,
                PayloadType::ID => &mut places.idr,
                PayloadType::KEMAC => &mut places.kemac,
                PayloadType::EXT if octets.get(at.saturating_add(1)) == Some(&ExtType::KEY_ID.0) => {
                    &mut places.key_ids
                }
                PayloadType::SP => {
                    places.policy_count = places.policy_count.saturating_add(1);
                    let number = octets.get(at.saturating_add(1)).copied().unwrap_or(0);
                    if !policies.insert(number) && policy_again_at == 0 {
                        policy_again_at = at;
                    }
                    &mut 0
                }
                PayloadType::EXT => &mut 0,
                _ => {
                    cursor.fail(DecodeErrorKind::UnsupportedPayload, at);
                    &mut 0
                }
            };
            if *place != 0 {
                cursor.fail(DecodeErrorKind::DuplicatePayload, at);
            }
            *place = offset(at);
            if places.misplaced == 0
                && matches!(payload_type, PayloadType::RAND | PayloadType::ID | PayloadType::SP)
            {
                places.misplaced = offset(at);
            }
            cursor.check()?;
        }
        if cursor.at != octets.len() {
            cursor.fail(DecodeErrorKind::TrailingOctets, cursor.at);
        }
        if places.timestamp == 0 || places.kemac == 0 {
            cursor.fail(DecodeErrorKind::MissingPayload, octets.len());
        }
        if places.policy_count != 0
            && let Some(at) = places.contradiction(octets, &mut policies, policy_again_at)
        {
            cursor.fail(DecodeErrorKind::BadCsIdMap, at);
        }
        cursor.check()?;
        Ok(places)
    }

    /// RFC 3830 §6.1.1, §6.10 and RFC 4563 §5: which policies may stand beside which map, and where these do not.
    fn contradiction(&self, octets: &[u8], policies: &mut OctetSet, again_at: usize) -> Option<usize> {
        let [count, map_type] = octets.get(8..)?.first_chunk().copied()?;
        match CsIdMapType(map_type) {
            CsIdMapType::EMPTY => Some(9),
            CsIdMapType::SRTP_ID if again_at != 0 => Some(again_at),
            CsIdMapType::SRTP_ID if count == 0 && self.policy_count > 1 => Some(8),
            CsIdMapType::SRTP_ID => {
                let map = octets.get(MAP_AT..usize::from(self.hdr_end))?;
                let unnamed = |session: &[u8]| session.first().is_some_and(|number| policies.insert(*number));
                map.chunks(SESSION_LEN).any(unnamed).then_some(MAP_AT)
            }
            _ => None,
        }
    }
}

/// No message is longer than 4,096 octets.
fn offset(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::wire::{CsIdMap, Hdr, Message};
    use std::vec::Vec;

    /// What the walk has to find, by the general decoder, and by the rules of RFC 3830 §6.1.1 and RFC 4563 §5 on what that shows.
    fn expected(octets: &[u8]) -> Result<[usize; 8], DecodeError> {
        use crate::wire::Payload as P;
        let mut places = [0; 7];
        let [t, rand, idi, idr, key_ids, kemac, misplaced] = &mut places;
        let (mut policies, mut again_at) = (Vec::new(), 0);
        let message = Message::decode_psk(octets, |hdr: &Hdr<'_>, at, payload| {
            let refuse = |kind, at| Err(DecodeError::new(kind, at));
            if hdr.data_type != DataType::PSK {
                return refuse(DecodeErrorKind::WrongDataType, 1);
            }
            if *misplaced == 0 && matches!(payload, P::Rand(_) | P::Id(_) | P::Sp(_)) {
                *misplaced = at;
            }
            let place = match payload {
                P::T(_) => &mut *t,
                P::Rand(_) => &mut *rand,
                P::Id(_) if *idi == 0 => &mut *idi,
                P::Id(_) => &mut *idr,
                P::Ext(ext) if ext.ext_type == ExtType::KEY_ID => &mut *key_ids,
                P::Kemac(_) => &mut *kemac,
                P::Sp(policy) => {
                    if policies.contains(&policy.policy_no) && again_at == 0 {
                        again_at = at;
                    }
                    policies.push(policy.policy_no);
                    return Ok(());
                }
                P::Ext(_) => return Ok(()),
                _ => return refuse(DecodeErrorKind::UnsupportedPayload, at),
            };
            if *place != 0 {
                return refuse(DecodeErrorKind::DuplicatePayload, at);
            }
            *place = at;
            Ok(())
        })?;
        let [t, rand, idi, idr, key_ids, kemac, misplaced] = places;
        if t == 0 || kemac == 0 {
            return Err(DecodeError::new(DecodeErrorKind::MissingPayload, octets.len()));
        }
        let bad_map = |at| Err(DecodeError::new(DecodeErrorKind::BadCsIdMap, at));
        match message.hdr().map {
            _ if policies.is_empty() => {}
            CsIdMap::Empty { .. } => return bad_map(9),
            CsIdMap::SrtpId(_) if again_at != 0 => return bad_map(again_at),
            CsIdMap::SrtpId(map) if map.iter().count() == 0 && policies.len() > 1 => return bad_map(8),
            CsIdMap::SrtpId(map) if map.iter().any(|session| !policies.contains(&session.policy_no)) => {
                return bad_map(10);
            }
            _ => {}
        }
        Ok([t, rand, idi, idr, key_ids, kemac, misplaced, policies.len()])
    }

    fn found(octets: &[u8]) -> Result<[usize; 8], DecodeError> {
        let places = PskPlaces::find(octets)?;
        let PskPlaces { timestamp, rand, idi, idr, key_ids, kemac, misplaced, policy_count, .. } = places;
        let count = u16::from(policy_count);
        Ok([timestamp, rand, idi, idr, key_ids, kemac, misplaced, count].map(usize::from))
    }

    /// Messages that hold every payload and map there is, sound or not.
    fn seeds() -> Vec<Vec<u8>> {
        let hdr = |next: u8, count: u8, map_type: u8| [1, 0, next, 0x80, 0, 0, 0, 9, count, map_type];
        let mac = [7; 20];
        let kemac = |next: u8| [&[next, 1, 0, 3, 5, 5, 5, 1], mac.as_slice()].concat();
        let (t, rand, ext) =
            (|next| [next, 2, 0, 0, 0, 5], |next| [next, 2, 8, 8], |next| [next, 3, 0, 1, 9]);
        let (id, sp) =
            (|next| [next, 0, 0, 2, b'i', b'd'], |next, number| [next, number, 0, 0, 4, 0, 1, 1, 2]);
        let session = |number: u8| [number, 0, 0, 0, 1, 0, 0, 0, 2];
        let generic = [4, 0, 1, 1, 0, 2, 6, 6, 1, 3];
        let long = [14u8; 260];
        let mut long_id = std::vec![1, 0, 1, 4];
        long_id.extend(long);
        std::vec![
            [hdr(5, 0, 1).as_slice(), &t(1), &kemac(0)].concat(),
            [hdr(21, 0, 1).as_slice(), &ext(5), &t(11), &rand(6), &id(6), &id(1), &kemac(0)].concat(),
            [hdr(6, 0, 1).as_slice(), &id(6), &id(6), &id(5), &t(1), &kemac(0)].concat(),
            [hdr(5, 1, 0).as_slice(), &session(3), &t(10), &sp(1, 3), &kemac(0)].concat(),
            [hdr(5, 0, 0).as_slice(), &t(10), &sp(10, 3), &sp(1, 4), &kemac(0)].concat(),
            [hdr(5, 0, 0).as_slice(), &t(10), &sp(10, 3), &sp(1, 3), &kemac(0)].concat(),
            [hdr(10, 1, 2).as_slice(), &generic, &sp(5, 3), &t(1), &kemac(0)].concat(),
            [hdr(5, 0, 1).as_slice(), &t(12), &[1, 3, 0, 0], &kemac(0)].concat(),
            [hdr(5, 0, 1).as_slice(), &[9, 0, 1, 2, 3, 4, 5, 6, 7, 8], &[0, 1], &mac].concat(),
            [hdr(5, 0, 1).as_slice(), &t(4), &[0, 1, 6]].concat(),
            [hdr(5, 0, 1).as_slice(), &t(6), &long_id, &kemac(0)].concat(),
            [hdr(21, 0, 1).as_slice(), &ext(21).repeat(33), &ext(5), &t(1), &kemac(0)].concat(),
            [hdr(5, 0, 1).as_slice(), &t(1), &kemac(1), &kemac(0)].concat(),
            [hdr(5, 0, 1).as_slice(), &t(5), &t(1), &kemac(0), &[0]].concat(),
        ]
    }

    #[test]
    #[cfg_attr(miri, ignore = "a sweep over every octet: an interpreter takes too long for it")]
    fn the_walk_finds_and_refuses_what_the_general_decoder_and_the_rules_do_at_the_same_octet() {
        let mut sound = 0;
        for seed in seeds() {
            for len in 0..=seed.len() {
                assert_eq!(found(&seed[..len]), expected(&seed[..len]), "{seed:?} cut to {len}");
            }
            for at in 0..seed.len() {
                for octet in 0..=255 {
                    let mut changed = seed.clone();
                    changed[at] = octet;
                    assert_eq!(found(&changed), expected(&changed), "{changed:?}, octet {at}");
                    sound += usize::from(found(&changed).is_ok());
                }
            }
        }
        assert!(sound > 1_000, "{sound} messages were sound");
    }
}
