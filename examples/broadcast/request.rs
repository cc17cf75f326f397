//! The MSK request. TS 33.246 §6.3.2.2 has an HTTP POST here, authenticated by HTTP Digest with the MRK; this example
//! leaves HTTP out and sends one datagram that does the same: it says who asks for what, bears a number that never
//! comes twice (Digest: the nonce and its count), and a MAC keyed with the Digest password.
//!
//! ```text
//! "ASK1" | number 4 | Key Domain ID 3 | MSK ID 4 | HMAC-SHA-256 32 | B-TID
//! ```

use castkey::id::{KeyDomainId, MskId, MskName};
use castkey::keys::DigestPassword;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const TAG: &[u8; 4] = b"ASK1";

/// A request, not verified yet.
pub(crate) struct Request<'a> {
    pub(crate) number: u32,
    pub(crate) name: MskName,
    pub(crate) btid: &'a [u8],
    mac: &'a [u8; 32],
}

fn mac(password: &DigestPassword, number: u32, name: MskName, btid: &[u8]) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(password.as_octets()).ok()?;
    let (domain, msk) = (name.domain.to_octets(), name.id.to_octets());
    Some(mac.chain_update(number.to_be_bytes()).chain_update(domain).chain_update(msk).chain_update(btid))
}

pub(crate) fn write(password: &DigestPassword, number: u32, name: MskName, btid: &[u8]) -> Option<Vec<u8>> {
    let mac = mac(password, number, name, btid)?.finalize().into_bytes();
    let (domain, msk) = (name.domain.to_octets(), name.id.to_octets());
    Some([TAG.as_slice(), &number.to_be_bytes(), &domain, &msk, &mac, btid].concat())
}

impl<'a> Request<'a> {
    pub(crate) fn read(octets: &'a [u8]) -> Option<Self> {
        let (tag, octets) = octets.split_first_chunk()?;
        let (number, octets) = octets.split_first_chunk()?;
        let (domain, octets) = octets.split_first_chunk()?;
        let (msk, octets) = octets.split_first_chunk()?;
        let (mac, btid) = octets.split_first_chunk()?;
        let name = MskName::new(KeyDomainId::new(*domain), MskId::from_octets(*msk));
        (tag == TAG).then_some(Self { number: u32::from_be_bytes(*number), name, btid, mac })
    }

    pub(crate) fn is_of(&self, password: &DigestPassword) -> bool {
        mac(password, self.number, self.name, self.btid).is_some_and(|mac| mac.verify_slice(self.mac).is_ok())
    }
}
