//! The inputs of a request: hex, text, numbers, lists, each by its name.

use castkey::keys::Muk;
use castkey::secret::Secret;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// A JSON object that inputs are taken from.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(&'a Map<String, Value>);

impl<'a> Input<'a> {
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The members of the object.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The input; absent and `null` are the same.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn need(self, name: &str) -> Result<&'a Value, Refusal> {
        self.get(name).ok_or_else(|| wrong(name))
    }

    /// The object under `name`; without one, this object: composed fields may stand flat or nested.
    pub(crate) fn within(self, name: &str) -> Self {
        self.get(name).and_then(Self::of).unwrap_or(self)
    }

    pub(crate) fn octets(self, name: &str) -> Result<Vec<u8>, Refusal> {
        octets(name, self.need(name)?)
    }

    pub(crate) fn octets_or_empty(self, name: &str) -> Result<Vec<u8>, Refusal> {
        self.get(name).map_or(Ok(Vec::new()), |value| octets(name, value))
    }

    pub(crate) fn array<const N: usize>(self, name: &str) -> Result<[u8; N], Refusal> {
        self.octets(name)?.try_into().map_err(|_| wrong(name))
    }

    pub(crate) fn secret<const N: usize>(self, name: &str) -> Result<Secret<N>, Refusal> {
        self.array(name).map(Secret::new)
    }

    pub(crate) fn text(self, name: &str) -> Result<&'a str, Refusal> {
        self.need(name)?.as_str().ok_or_else(|| wrong(name))
    }

    pub(crate) fn number<T: TryFrom<u64>>(self, name: &str) -> Result<T, Refusal> {
        number(name, self.need(name)?)
    }

    pub(crate) fn number_if<T: TryFrom<u64>>(self, name: &str) -> Result<Option<T>, Refusal> {
        self.get(name).map(|value| number(name, value)).transpose()
    }

    pub(crate) fn flag(self, name: &str) -> Result<bool, Refusal> {
        self.need(name)?.as_bool().ok_or_else(|| wrong(name))
    }

    /// The elements of a list; none when it is absent.
    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], Refusal> {
        self.get(name).map_or(Ok(&[]), |value| value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(name)))
    }

    pub(crate) fn muk(self) -> Result<Muk, Refusal> {
        Muk::from_octets(&self.octets("muk")?).ok_or_else(|| wrong("muk"))
    }
}

/// The refusal of a request whose input `name` is missing or has another form.
pub(crate) fn wrong(name: &str) -> Refusal {
    Refusal::bad_request(format!("input {name} is missing or has the wrong form"))
}

pub(crate) fn octets(name: &str, value: &Value) -> Result<Vec<u8>, Refusal> {
    value.as_str().and_then(|text| hex::decode(text).ok()).ok_or_else(|| wrong(name))
}

pub(crate) fn number<T: TryFrom<u64>>(name: &str, value: &Value) -> Result<T, Refusal> {
    value.as_u64().and_then(|number| number.try_into().ok()).ok_or_else(|| wrong(name))
}

/// A value of an enum, in snake case or as the variant is called.
pub(crate) fn word<T: Copy>(name: &str, value: &Value, words: &[(&str, T)]) -> Result<T, Refusal> {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let given = plain(value.as_str().ok_or_else(|| wrong(name))?);
    words.iter().find(|(word, _)| plain(word) == given).map(|(_, value)| *value).ok_or_else(|| wrong(name))
}
