//! An I_MESSAGE taken apart and put together again, by somebody who has no keys.
//!
//! ```text
//! HDR | T | RAND | IDRi | IDRr | IDRkmsi | IDRkmsr | SAKKE | EXT .. | SIGN      each names the one behind it
//! ```

use crate::Outcome;

const EXTENSION: u8 = 21;
const IDR: u8 = 14;
/// Type of the General Extension with the algorithms.
const ALGORITHMS: u8 = 241;
/// HDR with the empty map.
const HDR_LEN: usize = 10;

/// Roles of IDR payloads.
pub(crate) const IDR_I: u8 = 1;
pub(crate) const IDR_R: u8 = 2;
pub(crate) const IDR_KMS_I: u8 = 6;

/// A message in parts: the header, then payloads with their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    header: Vec<u8>,
    payloads: Vec<(u8, Vec<u8>)>,
}

impl Parts {
    /// Takes a message with an empty map apart.
    pub(crate) fn of(message: &[u8]) -> Outcome<Self> {
        let (header, mut rest) = message.split_at_checked(HDR_LEN).ok_or("a short message")?;
        let mut kind = *header.get(2).ok_or("a short message")?;
        let mut payloads = Vec::new();
        while kind != 0 {
            let at =
                |offset: usize| rest.get(offset).map(|octet| usize::from(*octet)).ok_or("a short payload");
            let len = match kind {
                5 => 10,
                11 => 2 + at(1)?,
                14 | 10 | 26 => 5 + (at(3)? << 8 | at(4)?),
                EXTENSION => 4 + (at(2)? << 8 | at(3)?),
                4 => rest.len(),
                other => return Err(format!("payload {other}").into()),
            };
            let (payload, behind) = rest.split_at_checked(len).ok_or("a short payload")?;
            let next = if kind == 4 { 0 } else { *payload.first().ok_or("an empty payload")? };
            payloads.push((kind, payload.to_vec()));
            (kind, rest) = (next, behind);
        }
        Ok(Self { header: header.to_vec(), payloads })
    }

    /// The octets, every payload naming the one behind it.
    pub(crate) fn join(mut self) -> Vec<u8> {
        let kinds: Vec<u8> = self.payloads.iter().map(|(kind, _)| *kind).collect();
        if let (Some(next), Some(first)) = (self.header.get_mut(2), kinds.first()) {
            *next = *first;
        }
        for ((_, payload), next) in self.payloads.iter_mut().zip(kinds.iter().skip(1)) {
            if let Some(first) = payload.first_mut() {
                *first = *next;
            }
        }
        let payloads = self.payloads.into_iter().flat_map(|(_, payload)| payload);
        self.header.into_iter().chain(payloads).collect()
    }

    /// Without the offer or selection.
    pub(crate) fn without_algorithms(mut self) -> Self {
        self.payloads.retain(|(kind, payload)| *kind != EXTENSION || payload.get(1) != Some(&ALGORITHMS));
        self
    }

    /// With another algorithm selected.
    pub(crate) fn selecting(mut self, id: u8) -> Self {
        for (kind, payload) in &mut self.payloads {
            if *kind == EXTENSION
                && payload.get(1) == Some(&ALGORITHMS)
                && let Some(selected) = payload.get_mut(6)
            {
                *selected = id;
            }
        }
        self
    }

    /// With another URI in the IDR of this role.
    pub(crate) fn naming(mut self, role: u8, uri: &str) -> Outcome<Self> {
        let is_it = |(kind, payload): &&mut (u8, Vec<u8>)| *kind == IDR && payload.get(1) == Some(&role);
        let (_, payload) = self.payloads.iter_mut().find(is_it).ok_or("no such IDR")?;
        payload.truncate(3);
        payload.extend(u16::try_from(uri.len())?.to_be_bytes());
        payload.extend(uri.bytes());
        Ok(self)
    }

    /// How many payloads there are.
    pub(crate) fn len(&self) -> usize {
        self.payloads.len()
    }
}
