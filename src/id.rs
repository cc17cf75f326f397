//! The identifiers of MBMS keys (TS 33.246 §6.3.2.1, §6.3.3.1), each with its width in its type.

use core::fmt;

/// Key Domain ID, 3 octets: names the network whose BM-SC made the MSK.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDomainId([u8; 3]);

/// How MCC and MNC become the 3 octets of a Key Domain ID (point U12; TS 33.246 only says MCC followed by MNC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyDomainCoding {
    /// The PLMN coding of TS 24.008: `MCC2|MCC1, MNC3|MCC3, MNC2|MNC1`, MNC3 = F for a two-digit MNC.
    #[default]
    Plmn,
    /// The digits in reading order, two a octet, F behind a two-digit MNC.
    Bcd,
}

impl KeyDomainId {
    /// The Key Domain ID with these octets.
    #[must_use]
    pub const fn new(octets: [u8; 3]) -> Self {
        Self(octets)
    }

    /// Builds the Key Domain ID of a network from the digits of its MCC (3) and MNC (2 or 3).
    ///
    /// Returns `None` when a length is off or an octet is no digit.
    #[must_use]
    pub fn from_mcc_mnc(mcc: &str, mnc: &str, coding: KeyDomainCoding) -> Option<Self> {
        let digit = |c: &u8| c.is_ascii_digit().then_some(c & 0x0F);
        let &[a, b, c] = mcc.as_bytes() else { return None };
        let (a, b, c) = (digit(&a)?, digit(&b)?, digit(&c)?);
        let (d, e, f) = match *mnc.as_bytes() {
            [d, e] => (digit(&d)?, digit(&e)?, 0x0F),
            [d, e, f] => (digit(&d)?, digit(&e)?, digit(&f)?),
            _ => return None,
        };
        Some(Self(match coding {
            KeyDomainCoding::Plmn => [b << 4 | a, f << 4 | c, e << 4 | d],
            KeyDomainCoding::Bcd => [a << 4 | b, c << 4 | d, e << 4 | f],
        }))
    }

    /// The octets as they stand on the wire.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 3] {
        self.0
    }
}

impl fmt::Debug for KeyDomainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}")
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $int:ty, $hex:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $hex, self.0)
            }
        }
    };
}

number!(
    /// Key Group part of an MSK ID, 2 octets: the keys that serve one session or channel.
    KeyGroup, u16, "{:04x}"
);
number!(
    /// Key Number part of an MSK ID, 2 octets. Numbers carry no order: age is order of arrival.
    KeyNumber, u16, "{:04x}"
);
number!(
    /// MTK ID, 2 octets: a sequence number under one MSK, used once.
    MtkId, u16, "{:04x}"
);
number!(
    /// Crypto Session Bundle ID, 4 octets of the MIKEY header (RFC 3830 §6.1). MBMS sends 0 and accepts any.
    CsbId, u32, "{:08x}"
);
number!(
    /// Timestamp of type COUNTER, 4 octets (RFC 3830 §6.6); compared by [`Counter::is_after`].
    Counter, u32, "{:08x}"
);

impl KeyNumber {
    /// Key Number 0: never a stored key; in a request and in a solicited pull it means "the current MSK".
    pub const CURRENT: Self = Self(0);
}

impl Counter {
    /// Serial number comparison of RFC 1982 §3.2: true when `self` was sent after `other`.
    ///
    /// Two counters exactly 2^31 apart have no order there; the answer is then `false`, so that the doubtful
    /// message counts as a replay.
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0);
        ahead != 0 && ahead < 1 << 31
    }

    /// The counter of the next message; wraps from `ffffffff` to 0 as RFC 1982 allows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// A counter that may not be there yet, in 5 octets, for whoever keeps many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OptionalCounter(Option<[u8; 4]>);

impl OptionalCounter {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) const fn of(counter: Option<Counter>) -> Self {
        match counter {
            Some(Counter(counter)) => Self(Some(counter.to_ne_bytes())),
            None => Self(None),
        }
    }

    pub(crate) const fn value(self) -> Option<Counter> {
        match self.0 {
            Some(octets) => Some(Counter(u32::from_ne_bytes(octets))),
            None => None,
        }
    }
}

/// MSK ID, 4 octets: Key Group part and Key Number part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MskId {
    /// The Key Group part, octets 0 and 1.
    pub group: KeyGroup,
    /// The Key Number part, octets 2 and 3.
    pub number: KeyNumber,
}

impl MskId {
    /// The MSK ID of key `number` in `group`.
    #[must_use]
    pub const fn new(group: KeyGroup, number: KeyNumber) -> Self {
        Self { group, number }
    }

    /// Reads the 4 octets of the wire.
    #[must_use]
    pub const fn from_octets([a, b, c, d]: [u8; 4]) -> Self {
        Self::new(KeyGroup(u16::from_be_bytes([a, b])), KeyNumber(u16::from_be_bytes([c, d])))
    }

    /// The 4 octets of the wire.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 4] {
        let [a, b] = self.group.0.to_be_bytes();
        let [c, d] = self.number.0.to_be_bytes();
        [a, b, c, d]
    }
}

impl fmt::Debug for MskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.group, self.number)
    }
}

/// The full name of an MSK: an MSK ID means something only inside its Key Domain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MskName {
    /// The Key Domain ID.
    pub domain: KeyDomainId,
    /// The MSK ID.
    pub id: MskId,
}

impl MskName {
    /// The name of MSK `id` of `domain`.
    #[must_use]
    pub const fn new(domain: KeyDomainId, id: MskId) -> Self {
        Self { domain, id }
    }

    /// The Key Group this MSK belongs to.
    #[must_use]
    pub const fn group(self) -> GroupName {
        GroupName { domain: self.domain, group: self.id.group }
    }
}

impl fmt::Debug for MskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}", self.domain, self.id)
    }
}

/// The full name of a Key Group: (Key Domain ID, Key Group part).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName {
    /// The Key Domain ID.
    pub domain: KeyDomainId,
    /// The Key Group part.
    pub group: KeyGroup,
}

impl GroupName {
    /// The name of `group` in `domain`.
    #[must_use]
    pub const fn new(domain: KeyDomainId, group: KeyGroup) -> Self {
        Self { domain, group }
    }

    /// The name of MSK `number` of this group.
    #[must_use]
    pub const fn msk(self, number: KeyNumber) -> MskName {
        MskName { domain: self.domain, id: MskId { group: self.group, number } }
    }
}

impl fmt::Debug for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}", self.domain, self.group)
    }
}

/// Master Key Identifier of an SRTP packet, 6 octets: MSK ID (4) and MTK ID (2) (TS 33.246 §6.6.2).
///
/// The Key Domain ID is not in it; it comes from the service announcement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mki {
    /// The MSK under which the MTK was delivered.
    pub msk: MskId,
    /// The MTK.
    pub mtk: MtkId,
}

impl Mki {
    /// Length on the wire, octets.
    pub const LEN: usize = 6;

    /// The MKI of `mtk` under `msk`.
    #[must_use]
    pub const fn new(msk: MskId, mtk: MtkId) -> Self {
        Self { msk, mtk }
    }

    /// Reads the 6 octets of the wire.
    #[must_use]
    pub const fn from_octets([a, b, c, d, e, f]: [u8; 6]) -> Self {
        Self::new(MskId::from_octets([a, b, c, d]), MtkId(u16::from_be_bytes([e, f])))
    }

    /// The 6 octets of the wire.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 6] {
        let [a, b, c, d] = self.msk.to_octets();
        let [e, f] = self.mtk.0.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

impl fmt::Debug for Mki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.msk, self.mtk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plmn_coding_of_234_15_is_that_of_ts_24_008() {
        let plmn = KeyDomainId::from_mcc_mnc("234", "15", KeyDomainCoding::Plmn);
        assert_eq!(plmn, Some(KeyDomainId::new([0x32, 0xF4, 0x51])));
        let bcd = KeyDomainId::from_mcc_mnc("234", "15", KeyDomainCoding::Bcd);
        assert_eq!(bcd, Some(KeyDomainId::new([0x23, 0x41, 0x5F])));
        let three = KeyDomainId::from_mcc_mnc("310", "150", KeyDomainCoding::Plmn);
        assert_eq!(three, Some(KeyDomainId::new([0x13, 0x00, 0x51])));
    }

    #[test]
    fn a_code_of_another_length_or_with_a_letter_is_no_network() {
        for (mcc, mnc) in [("23", "15"), ("2344", "15"), ("234", "1"), ("234", "1500"), ("23a", "15")] {
            assert_eq!(KeyDomainId::from_mcc_mnc(mcc, mnc, KeyDomainCoding::Plmn), None);
        }
    }

    #[test]
    fn an_mki_is_the_msk_id_and_the_mtk_id() {
        let mki = Mki::from_octets([0x68, 0xCA, 0, 1, 0, 2]);
        assert_eq!(mki, Mki::new(MskId::new(KeyGroup(0x68CA), KeyNumber(1)), MtkId(2)));
        assert_eq!(mki.to_octets(), [0x68, 0xCA, 0, 1, 0, 2]);
    }
}
