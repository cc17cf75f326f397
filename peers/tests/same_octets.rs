//! castkey and OpenSSL build the same MSK message.

use castkey::id::{Counter, CsbId, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Muk, MukId};
use castkey::message::{MskAddress, seal_msk};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey_peers::{Address, Kept, KeyedHmac, OneShot, build};

/// Numbers that look like nothing, from one seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn octets<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.next().to_be_bytes()[0])
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.octets())
    }
}

#[test]
fn openssl_builds_the_octets_that_castkey_builds() {
    let mut numbers = Numbers(1);
    for round in 0..500 {
        let (muk_octets, msk_octets): ([u8; 32], [u8; 16]) = (numbers.octets(), numbers.octets());
        let (domain, rand): ([u8; 3], [u8; 16]) = (numbers.octets(), numbers.octets());
        let id = MskId::new(KeyGroup(numbers.u16()), KeyNumber(numbers.u16().max(1)));
        let counter = u32::from_be_bytes(numbers.octets());
        let (idi, idr): ([u8; 40], [u8; 60]) = (numbers.octets(), numbers.octets());
        let (idi, idr) = (&idi[..round % 41], &idr[..round % 61]);
        let (a, b) = (numbers.u16(), numbers.u16());
        let interval = (a.min(b), a.max(b));

        let address = MskAddress {
            sdp_ids: None,
            name: MskName::new(KeyDomainId::new(domain), id),
            counter: Counter(counter),
            csb: CsbId(0),
            rand: MskRand::new(&rand).unwrap(),
            muk_id: MukId { idi, idr },
            v: true,
            algorithms: Algorithms::SHA1,
            policies: &[],
            sessions: None,
        };
        let (muk, msk) = (Muk::from_octets(&muk_octets).unwrap(), Msk::new(Secret::new(msk_octets)));
        let mut out = [0; 512];
        let (low, high) = (MtkId(interval.0), MtkId(interval.1));
        let ours = seal_msk(&address, &msk, low, high, &muk, &Settings::DEFAULT, &mut out).unwrap();

        let address = Address { domain, msk_id: id.to_octets(), counter, rand, idi, idr, interval };
        let mut one_shot = OneShot::new(&muk_octets).unwrap();
        assert_eq!(ours, build(&address, &msk_octets, &mut one_shot).unwrap(), "round {round}");
        let mut kept = Kept::new(&muk_octets).unwrap();
        assert_eq!(ours, build(&address, &msk_octets, &mut kept).unwrap(), "round {round}");
    }
}
