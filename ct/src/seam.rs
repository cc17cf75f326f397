//! A MUK behind the library's own seam, which declares public what is public by design.
//!
//! Two things leave a message in the clear although they come out of secrets: whether its MAC was right, and the structure
//! around a decrypted key (type, length, interval). Everything else stays secret.

use castkey::crypto::{RustCrypto, Tag};
use castkey::error::{KeyUnavailable, OpenError};
use castkey::keys::{MessageKeys, PreSharedKey, Protection, ProtectionKeys};

use crate::taint;

/// A pre-shared key whose accept bit and decrypted structure are public.
pub struct Declared<K>(pub K);

/// The message keys of a [`Declared`] key.
pub struct DeclaredKeys(pub ProtectionKeys<RustCrypto>);

impl<K: PreSharedKey<Keys = ProtectionKeys<RustCrypto>>> PreSharedKey for Declared<K> {
    type Keys = DeclaredKeys;

    fn keys(&self, protection: &Protection<'_>) -> Result<DeclaredKeys, KeyUnavailable> {
        self.0.keys(protection).map(DeclaredKeys)
    }
}

impl MessageKeys for DeclaredKeys {
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        self.0.tag(parts)
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> Result<(), OpenError> {
        let accepted = taint::publish(self.tag(parts)?.verify(mac));
        if accepted { Ok(()) } else { Err(OpenError::MacInvalid) }
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        self.0.crypt(timestamp, octets)?;
        publish_structure(octets);
        Ok(())
    }
}

/// Key data of an MSK: 4 octets, key (16), interval (6). Of an MTK: 4 octets, key (16), length (2), salt (14).
fn publish_structure(key_data: &mut [u8]) {
    let secret = |at: usize| (4..20).contains(&at) || (key_data.len() == 36 && at >= 22);
    let public: Vec<usize> = (0..key_data.len()).filter(|at| !secret(*at)).collect();
    for at in public {
        key_data[at] = taint::publish(key_data[at]);
    }
}
