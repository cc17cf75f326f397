//! SP, the security policy payload (RFC 3830 §6.10).
//!
//! ```text
//! | next payload 1 | policy no 1 | prot type 1 | policy param length 2 | { type 1 | length 1 | value } |
//! ```

use core::fmt;

use super::codepoint::{ProtType, SpParamType};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// A security policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Policy<'a> {
    /// The number by which the CS ID map refers to it.
    pub policy_no: u8,
    /// The protocol it is for.
    pub prot_type: ProtType,
    /// Whole parameters.
    params: &'a [u8],
}

/// A parameter of a security policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyParam<'a> {
    /// Its type, of the registry of the policy's protocol.
    pub param: SpParamType,
    /// Its value, at most 255 octets.
    pub value: &'a [u8],
}

impl<'a> PolicyParam<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { param: SpParamType(r.u8()?), value: r.short()? })
    }

    /// The value as a big-endian number of 1 to 4 octets.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        if !(1..=4).contains(&self.value.len()) {
            return None;
        }
        Some(self.value.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
    }
}

impl<'a> Policy<'a> {
    /// A policy whose parameters are the type-length-value triples in `params`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when `params` are not whole triples.
    pub fn new(policy_no: u8, prot_type: ProtType, params: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(params, 0);
        while !r.is_empty() {
            PolicyParam::decode(&mut r)?;
        }
        Ok(Self { policy_no, prot_type, params })
    }

    /// Decodes the body of an SP payload: all of it but its next payload octet.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a length is wrong or octets follow.
    pub fn from_body(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(octets, 0);
        let policy = Self::decode(&mut r)?;
        r.finish()?;
        Ok(policy)
    }

    /// The parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = PolicyParam<'a>> + use<'a> {
        let mut r = Reader::new(self.params, 0);
        core::iter::from_fn(move || if r.is_empty() { None } else { PolicyParam::decode(&mut r).ok() })
    }

    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [policy_no, prot_type] = r.array()?;
        let len = r.u16()?;
        let mut params = r.sub(usize::from(len))?;
        let octets = params;
        while !params.is_empty() {
            PolicyParam::decode(&mut params)?;
        }
        let mut octets = octets;
        Ok(Self { policy_no, prot_type: ProtType(prot_type), params: octets.slice(usize::from(len))? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.put(&[self.policy_no, self.prot_type.0]);
        w.long(self.params)
    }
}

impl fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({}, {:?}, ", self.policy_no, self.prot_type)?;
        f.debug_list().entries(self.params()).finish()?;
        f.write_str(")")
    }
}

/// What an SRTP policy means: every parameter, with SRTP's own defaults for those that are missing (RFC 3711 §5, §8.2,
/// §10; RFC 3830 §6.10.1). Lengths are octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SrtpPolicy {
    /// Encryption: 0 NULL, 1 AES-CM, 2 AES-F8, 6 AES-GCM.
    pub encr_alg: u8,
    /// Session encryption key length, and the master key length.
    pub encr_key_len: u8,
    /// SRTP authentication: 0 NULL, 1 HMAC-SHA-1, 2 to 4 RCC modes 1 to 3 (RFC 4771).
    pub srtp_auth_alg: u8,
    /// SRTCP authentication: 0 NULL, 1 HMAC-SHA-1.
    pub srtcp_auth_alg: u8,
    /// SRTP session authentication key length.
    pub srtp_auth_key_len: u8,
    /// SRTCP session authentication key length.
    pub srtcp_auth_key_len: u8,
    /// Session salt length.
    pub salt_len: u8,
    /// Key derivation rate: 0 or a power of two up to 2^24.
    pub key_derivation_rate: u32,
    /// Whether SRTP is encrypted.
    pub srtp_encr: bool,
    /// Whether SRTCP is encrypted.
    pub srtcp_encr: bool,
    /// Whether SRTP is authenticated.
    pub srtp_auth: bool,
    /// SRTP authentication tag length; in RCC modes it counts the ROC.
    pub srtp_tag_len: u8,
    /// SRTCP authentication tag length.
    pub srtcp_tag_len: u8,
    /// SRTP prefix length.
    pub prefix_len: u8,
    /// ROC transmission rate, not 0.
    pub roc_rate: u16,
    /// AEAD tag length.
    pub aead_tag_len: u8,
}

impl Default for SrtpPolicy {
    fn default() -> Self {
        Self {
            encr_alg: 1,
            encr_key_len: 16,
            srtp_auth_alg: 1,
            srtcp_auth_alg: 1,
            srtp_auth_key_len: 20,
            srtcp_auth_key_len: 20,
            salt_len: 14,
            key_derivation_rate: 0,
            srtp_encr: true,
            srtcp_encr: true,
            srtp_auth: true,
            srtp_tag_len: 10,
            srtcp_tag_len: 10,
            prefix_len: 0,
            roc_rate: 1,
            aead_tag_len: 16,
        }
    }
}

impl SrtpPolicy {
    /// Octets of [`encode_params`](Self::encode_params).
    pub const PARAMS_LEN: usize = 33;

    /// Reads the meaning of a policy. Parameters for SRTP or SRTCP alone win over those for both (RFC 4771 §4).
    ///
    /// # Errors
    ///
    /// [`DecodeErrorKind::UnsupportedPolicy`] for another protocol, an unknown parameter, or a value that SRTP does not
    /// define.
    pub fn decode(policy: &Policy<'_>) -> Result<Self, DecodeErrorKind> {
        let bad = DecodeErrorKind::UnsupportedPolicy;
        let mut this = Self::default();
        if policy.prot_type != ProtType::SRTP {
            return Err(bad);
        }
        // Twice: what is for one of the two alone must win wherever it stands.
        for specific in [false, true] {
            for param in policy.params() {
                let specific_param = (14..=19).contains(&param.param.0);
                if specific_param == specific {
                    this.set(&param).ok_or(bad)?;
                }
            }
        }
        this.is_consistent().then_some(this).ok_or(bad)
    }

    fn set(&mut self, param: &PolicyParam<'_>) -> Option<()> {
        let number = param.number()?;
        let octet = u8::try_from(number).ok();
        let flag = match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let auth_alg = octet.filter(|alg| *alg <= 4);
        match param.param {
            SpParamType::ENCR_ALG => self.encr_alg = octet.filter(|alg| matches!(alg, 0..=2 | 6))?,
            SpParamType::ENCR_KEY_LEN => {
                self.encr_key_len = octet.filter(|len| matches!(len, 16 | 24 | 32))?
            }
            SpParamType::AUTH_ALG => {
                self.srtp_auth_alg = auth_alg?;
                // RCC is never applied to SRTCP (RFC 4771 §2).
                self.srtcp_auth_alg = auth_alg?.min(1);
            }
            SpParamType::AUTH_KEY_LEN => {
                self.srtp_auth_key_len = octet?;
                self.srtcp_auth_key_len = octet?;
            }
            SpParamType::SALT_LEN => self.salt_len = octet.filter(|len| *len <= 14)?,
            SpParamType::PRF => {
                octet.filter(|prf| *prf == 0)?;
            }
            SpParamType::KEY_DERIVATION_RATE => {
                self.key_derivation_rate =
                    Some(number).filter(|rate| *rate == 0 || rate.is_power_of_two() && *rate <= 1 << 24)?;
            }
            SpParamType::SRTP_ENCR => self.srtp_encr = flag?,
            SpParamType::SRTCP_ENCR => self.srtcp_encr = flag?,
            SpParamType::FEC_ORDER => {
                octet.filter(|order| *order == 0)?;
            }
            SpParamType::SRTP_AUTH => self.srtp_auth = flag?,
            SpParamType::TAG_LEN => {
                self.srtp_tag_len = octet.filter(|len| *len <= 20)?;
                self.srtcp_tag_len = self.srtp_tag_len;
            }
            SpParamType::PREFIX_LEN => self.prefix_len = octet?,
            SpParamType::ROC_RATE => self.roc_rate = u16::try_from(number).ok().filter(|rate| *rate != 0)?,
            SpParamType::SRTP_AUTH_ALG => self.srtp_auth_alg = auth_alg?,
            SpParamType::SRTCP_AUTH_ALG => self.srtcp_auth_alg = octet.filter(|alg| *alg <= 1)?,
            SpParamType::SRTP_AUTH_KEY_LEN => self.srtp_auth_key_len = octet?,
            SpParamType::SRTCP_AUTH_KEY_LEN => self.srtcp_auth_key_len = octet?,
            SpParamType::SRTP_TAG_LEN => self.srtp_tag_len = octet.filter(|len| *len <= 20)?,
            SpParamType::SRTCP_TAG_LEN => self.srtcp_tag_len = octet.filter(|len| *len <= 20)?,
            SpParamType::AEAD_TAG_LEN => {
                self.aead_tag_len = octet.filter(|len| matches!(len, 8 | 12 | 16))?
            }
            _ => return None,
        }
        Some(())
    }

    const fn is_consistent(&self) -> bool {
        let gcm = self.encr_alg != 6 || matches!(self.encr_key_len, 16 | 32);
        let rcc = self.srtp_auth_alg != 4 || self.srtp_tag_len == 4;
        gcm && rcc
    }

    /// Writes types 0 to 8, 10 and 11, one octet each, for a policy of AES-CM and HMAC-SHA-1.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Inconsistent`] when a value does not fit this form: one that is for SRTP or SRTCP alone, a key
    /// derivation rate over 128, a parameter beyond type 11 that is not at its default.
    pub fn encode_params(&self) -> Result<[u8; Self::PARAMS_LEN], EncodeError> {
        let rate = u8::try_from(self.key_derivation_rate).map_err(|_| EncodeError::Inconsistent)?;
        let both = Self {
            srtcp_auth_alg: self.srtp_auth_alg,
            srtcp_auth_key_len: self.srtp_auth_key_len,
            srtcp_tag_len: self.srtp_tag_len,
            prefix_len: 0,
            roc_rate: 1,
            aead_tag_len: 16,
            ..*self
        };
        if both != *self {
            return Err(EncodeError::Inconsistent);
        }
        let [a, b, c] = [u8::from(self.srtp_encr), u8::from(self.srtcp_encr), u8::from(self.srtp_auth)];
        Ok([
            0,
            1,
            self.encr_alg,
            1,
            1,
            self.encr_key_len,
            2,
            1,
            self.srtp_auth_alg,
            3,
            1,
            self.srtp_auth_key_len,
            4,
            1,
            self.salt_len,
            5,
            1,
            0,
            6,
            1,
            rate,
            7,
            1,
            a,
            8,
            1,
            b,
            10,
            1,
            c,
            11,
            1,
            self.srtp_tag_len,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(params: &[u8]) -> Result<SrtpPolicy, DecodeErrorKind> {
        SrtpPolicy::decode(&Policy::new(0, ProtType::SRTP, params).unwrap())
    }

    #[test]
    fn no_parameter_means_every_default() {
        assert_eq!(decode(&[]), Ok(SrtpPolicy::default()));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let policy = SrtpPolicy { srtp_tag_len: 4, srtcp_tag_len: 4, encr_alg: 0, ..SrtpPolicy::default() };
        assert_eq!(decode(&policy.encode_params().unwrap()), Ok(policy));
    }

    #[test]
    fn a_parameter_for_srtp_alone_wins_wherever_it_stands() {
        for params in [[18, 1, 4, 11, 1, 10], [11, 1, 10, 18, 1, 4]] {
            let policy = decode(&params).unwrap();
            assert_eq!((policy.srtp_tag_len, policy.srtcp_tag_len), (4, 10));
        }
    }

    #[test]
    fn numbers_may_be_longer_than_they_need() {
        assert_eq!(decode(&[1, 4, 0, 0, 0, 32]).unwrap().encr_key_len, 32);
        assert_eq!(decode(&[6, 4, 1, 0, 0, 0]).unwrap().key_derivation_rate, 1 << 24);
        assert_eq!(decode(&[13, 2, 1, 0]).unwrap().roc_rate, 256);
    }

    #[test]
    fn unknown_types_and_values_are_refused() {
        let rows: [&[u8]; 9] = [
            &[21, 1, 0],
            &[0, 1, 3],
            &[0, 0],
            &[0, 5, 0, 0, 0, 0, 1],
            &[6, 1, 3],
            &[6, 4, 2, 0, 0, 0],
            &[7, 1, 2],
            &[13, 1, 0],
            &[2, 1, 4, 11, 1, 10],
        ];
        for row in rows {
            assert_eq!(decode(row), Err(DecodeErrorKind::UnsupportedPolicy), "{row:?}");
        }
    }
}
