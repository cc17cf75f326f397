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

    pub(crate) fn text_if(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| wrong(name))).transpose()
    }

    /// The elements of a list of texts; none when it is absent.
    pub(crate) fn texts(self, name: &str) -> Result<Vec<&'a str>, Refusal> {
        self.list(name)?.iter().map(|value| value.as_str().ok_or_else(|| wrong(name))).collect()
    }

    /// The variant that `type` names, in snake case or as it is called.
    pub(crate) fn variant(self) -> Result<String, Refusal> {
        let text = self.text("type")?;
        if text.contains(|c: char| c.is_ascii_uppercase()) {
            return Ok(text.to_owned());
        }
        let capital = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or_default();
            first.to_ascii_uppercase() + rest
        };
        Ok(text.split('_').map(capital).collect())
    }

    /// The object under `name`.
    pub(crate) fn object(self, name: &str) -> Result<Self, Refusal> {
        Self::of(self.need(name)?).ok_or_else(|| wrong(name))
    }

    /// The objects of a list; none when it is absent.
    pub(crate) fn objects(self, name: &str) -> Result<Vec<Self>, Refusal> {
        self.list(name)?.iter().map(|value| Self::of(value).ok_or_else(|| wrong(name))).collect()
    }

    pub(crate) fn octets_if(self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        self.get(name).map(|value| octets(name, value)).transpose()
    }

    pub(crate) fn flag_if(self, name: &str) -> Result<Option<bool>, Refusal> {
        self.get(name).map(|_| self.flag(name)).transpose()
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

/// Sets the member of a structure of numbers that is called like this; anything else is a wrong `$of`.
macro_rules! set_number {
    ($to:expr, $of:literal, $name:expr, $value:expr; $($field:ident)+) => {
        match $name {
            $(stringify!($field) => $to.$field = $crate::input::number($name, $value)?,)+
            _ => return Err($crate::input::wrong($of)),
        }
    };
}
pub(crate) use set_number;
