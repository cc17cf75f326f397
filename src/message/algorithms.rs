//! Code points of the wire against algorithms of the crypto layer: the one place where both are seen.

use crate::crypto::{Cipher, MacHash, Prf};
use crate::error::DecodeErrorKind;
use crate::keys::Algorithms;
use crate::settings::{Settings, Sha256Suite};
use crate::wire::{EncrAlg, MacAlg, PrfFunc};

/// The algorithms behind the code points of a message.
pub(crate) const fn decode(prf: PrfFunc, encr: EncrAlg, mac: MacAlg) -> Result<Algorithms, DecodeErrorKind> {
    Ok(Algorithms {
        prf: match prf {
            PrfFunc::MIKEY_1 => Prf::Mikey1,
            PrfFunc::HMAC_SHA_256 => Prf::HmacSha256,
            _ => return Err(DecodeErrorKind::UnsupportedPrf),
        },
        cipher: match encr {
            EncrAlg::NULL => Cipher::Null,
            EncrAlg::AES_CM_128 => Cipher::AesCm128,
            EncrAlg::AES_CM_256 => Cipher::AesCm256,
            _ => return Err(DecodeErrorKind::UnsupportedEncryption),
        },
        mac: match mac_hash(mac) {
            Some(hash) => hash,
            None => return Err(DecodeErrorKind::UnsupportedMac),
        },
    })
}

/// The hash of a MAC algorithm; NULL and unknown ones have none.
pub(crate) const fn mac_hash(mac: MacAlg) -> Option<MacHash> {
    match mac {
        MacAlg::HMAC_SHA_1_160 => Some(MacHash::Sha1),
        MacAlg::HMAC_SHA_256_256 => Some(MacHash::Sha256),
        _ => None,
    }
}

pub(crate) const fn prf_func(prf: Prf) -> PrfFunc {
    match prf {
        Prf::Mikey1 => PrfFunc::MIKEY_1,
        Prf::HmacSha256 => PrfFunc::HMAC_SHA_256,
    }
}

pub(crate) const fn encr_alg(cipher: Cipher) -> EncrAlg {
    match cipher {
        Cipher::Null => EncrAlg::NULL,
        Cipher::AesCm128 => EncrAlg::AES_CM_128,
        Cipher::AesCm256 => EncrAlg::AES_CM_256,
    }
}

pub(crate) const fn mac_alg(mac: MacHash) -> MacAlg {
    match mac {
        MacHash::Sha1 => MacAlg::HMAC_SHA_1_160,
        MacHash::Sha256 => MacAlg::HMAC_SHA_256_256,
    }
}

/// Admits the mandatory suite and the one that the settings add; mixtures are refused (RFC 6043 §12.1).
///
/// NULL encryption fits either suite. It may carry a key only where the settings say so.
pub(crate) fn check_suite(
    algorithms: Algorithms, carries_key: bool, settings: &Settings,
) -> Result<(), DecodeErrorKind> {
    let (mac, cipher) = match (algorithms.prf, settings.sha256_suite) {
        (Prf::Mikey1, _) => (MacHash::Sha1, Cipher::AesCm128),
        (Prf::HmacSha256, Sha256Suite::Off) => return Err(DecodeErrorKind::UnsupportedPrf),
        (Prf::HmacSha256, Sha256Suite::Full) => (MacHash::Sha256, Cipher::AesCm256),
        (Prf::HmacSha256, Sha256Suite::WithAes128) => (MacHash::Sha256, Cipher::AesCm128),
    };
    if algorithms.mac != mac {
        return Err(DecodeErrorKind::UnsupportedMac);
    }
    let null_fits = algorithms.cipher == Cipher::Null && (!carries_key || settings.allow_null_encryption);
    if algorithms.cipher == cipher || null_fits {
        Ok(())
    } else {
        Err(DecodeErrorKind::UnsupportedEncryption)
    }
}
