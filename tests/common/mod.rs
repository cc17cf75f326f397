//! What the integration tests share: octets from text, and the worked examples with access by path.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test crate uses a part of it; data files are trusted"
)]

use serde_json::Value;

/// The octets of a hexadecimal text.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A JSON object with access by path, such as `inputs/psk`.
#[derive(Clone, Debug)]
pub(crate) struct Example(pub(crate) Value);

impl Example {
    /// The value at `path`.
    pub(crate) fn at(&self, path: &str) -> &Value {
        self.0.pointer(&format!("/{path}")).unwrap_or_else(|| panic!("no {path} in {}", self.0))
    }

    /// The object at `path`.
    pub(crate) fn part(&self, path: &str) -> Self {
        Self(self.at(path).clone())
    }

    /// The list at `path`.
    pub(crate) fn list(&self, path: &str) -> Vec<Self> {
        self.at(path).as_array().unwrap().iter().cloned().map(Self).collect()
    }

    /// The text at `path`.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_else(|| panic!("{path} is no text"))
    }

    /// The octets at `path`.
    pub(crate) fn hex(&self, path: &str) -> Vec<u8> {
        unhex(self.text(path))
    }

    /// The octets at `path`, of which there are `N`.
    pub(crate) fn array<const N: usize>(&self, path: &str) -> [u8; N] {
        self.hex(path).try_into().unwrap_or_else(|_| panic!("{path} has not {N} octets"))
    }

    /// The number at `path`.
    pub(crate) fn number<T: TryFrom<u64>>(&self, path: &str) -> T {
        let number = self.at(path).as_u64().unwrap_or_else(|| panic!("{path} is no number"));
        T::try_from(number).unwrap_or_else(|_| panic!("{path} is too large"))
    }
}

/// The file of worked examples.
pub(crate) fn oracle() -> Example {
    Example(serde_json::from_str(include_str!("../vectors/mbms-oracle.json")).unwrap())
}

/// The worked example called `id`.
pub(crate) fn example(id: &str) -> Example {
    oracle().list("examples").into_iter().find(|e| e.text("id") == id).unwrap_or_else(|| panic!("no {id}"))
}

/// Calls `check` with every proper prefix of `octets`.
pub(crate) fn every_truncation(octets: &[u8], mut check: impl FnMut(&[u8])) {
    for len in 0..octets.len() {
        check(octets.get(..len).unwrap_or_default());
    }
}

/// Calls `check` with `octets` with each of its bits flipped in turn.
pub(crate) fn every_bit_flip(octets: &[u8], mut check: impl FnMut(usize, &[u8])) {
    for at in 0..octets.len() {
        for bit in 0..8 {
            let mut flipped = octets.to_vec();
            if let Some(octet) = flipped.get_mut(at) {
                *octet ^= 1 << bit;
            }
            check(at, &flipped);
        }
    }
}
