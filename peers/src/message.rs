//! The message, octet by octet.

use openssl::error::ErrorStack;
use openssl::symm::{Cipher, Crypter, Mode};

use crate::hmac::KeyedHmac;

/// What stands in the message besides the key.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// Key Domain ID.
    pub domain: [u8; 3],
    /// MSK ID.
    pub msk_id: [u8; 4],
    /// The counter.
    pub counter: u32,
    /// RAND.
    pub rand: [u8; 16],
    /// IDi, of type URI.
    pub idi: &'a [u8],
    /// IDr, of type NAI.
    pub idr: &'a [u8],
    /// SEQl and SEQu.
    pub interval: (u16, u16),
}

/// PRF of RFC 3830 §4.1.2 for an inkey of at most 32 octets and an output of at most 20.
fn derive<H: KeyedHmac>(inkey: &mut H, constant: [u8; 4], rand: &[u8]) -> Result<[u8; 20], ErrorStack> {
    let mut label = [0xFF, 0, 0, 0, 0].to_vec();
    label.splice(0..0, constant);
    label.extend_from_slice(rand);
    let a = inkey.mac(&[&label])?;
    inkey.mac(&[&a, &label])
}

fn identity(out: &mut Vec<u8>, next: u8, id_type: u8, octets: &[u8]) {
    out.extend([next, id_type]);
    out.extend(u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(octets);
}

/// Builds the MSK message with V = 1, CSB ID 0 and no policies. `muk` is ready to use.
///
/// # Errors
///
/// What OpenSSL reports.
pub fn build<H: KeyedHmac>(
    address: &Address<'_>, msk: &[u8; 16], muk: &mut H,
) -> Result<Vec<u8>, ErrorStack> {
    let encr = derive(muk, [0x15, 0x05, 0x33, 0xE1], &address.rand)?;
    let salt = derive(muk, [0x29, 0xB8, 0x89, 0x16], &address.rand)?;
    let auth = derive(muk, [0x2D, 0x22, 0xAC, 0x75], &address.rand)?;

    // HDR: version 1, PSK, next EXT, V with MIKEY-1, CSB ID, no crypto session, empty map.
    let mut out = Vec::with_capacity(256);
    out.extend([1, 0, 21, 0x80, 0, 0, 0, 0, 0, 1]);
    // EXT with Key ID information: Key Domain ID, MSK ID.
    out.extend([5, 3, 0, 11, 0, 3]);
    out.extend(address.domain);
    out.extend([1, 4]);
    out.extend(address.msk_id);
    // T of type COUNTER, RAND.
    out.extend([11, 2]);
    out.extend(address.counter.to_be_bytes());
    out.extend([6, 16]);
    out.extend(address.rand);
    identity(&mut out, 6, 1, address.idi);
    identity(&mut out, 1, 0, address.idr);

    // Key data: TEK with interval.
    let mut key_data = [0, 0x22, 0, 16].to_vec();
    key_data.extend(msk);
    key_data.push(2);
    key_data.extend(address.interval.0.to_be_bytes());
    key_data.push(2);
    key_data.extend(address.interval.1.to_be_bytes());

    // IV: salt XOR (00 00 || CSB ID || T), and 00 00.
    let mut iv = [0; 16];
    for (to, from) in iv.iter_mut().zip(salt.iter().take(14)) {
        *to = *from;
    }
    for (to, from) in iv.iter_mut().skip(10).zip(address.counter.to_be_bytes()) {
        *to ^= from;
    }
    let key = encr.first_chunk::<16>().copied().unwrap_or_default();
    let mut crypter = Crypter::new(Cipher::aes_128_ctr(), Mode::Encrypt, &key, Some(&iv))?;
    let mut encrypted = [0; 64];
    let len = crypter.update(&key_data, &mut encrypted)?;

    // KEMAC: AES-CM-128, HMAC-SHA-1-160.
    out.extend([0, 1]);
    out.extend(u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(encrypted.iter().take(len));
    out.push(1);
    let mac = H::new(&auth)?.mac(&[&out])?;
    out.extend(mac);
    Ok(out)
}
