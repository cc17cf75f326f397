//! What the parameters of an SP payload mean for SRTP (RFC 3830 §6.10.1, RFC 4771 §4, RFC 7714 §14.3, §15).
//!
//! ```text
//!  0 encryption  1 key len  4 salt len  5 PRF  6 KDR  7, 8 encryption on  9 FEC  10 authentication on  12 prefix
//!  2 authentication alg   3 its key len   11 tag len        of SRTP and SRTCP
//! 14                     16              18                 of SRTP alone,  wins over the line above
//! 15                     17              19                 of SRTCP alone, wins too
//! 13 ROC rate (2 octets)                 20 AEAD tag len
//! ```

use super::codepoint::{ProtType, SpParamType};
use super::sp::{Policy, PolicyParam};
use super::srtp_algorithm::{SrtpAuth, SrtpAuthAlg, SrtpEncr};
use super::writer::Writer;
use crate::error::{DecodeErrorKind, EncodeError};

/// Octets of an AEAD tag: the only length RFC 7714 §14.3 knows.
const AEAD_TAG_LEN: u8 = 16;

/// Octets of the salt of AES-GCM (RFC 7714 §12).
const GCM_SALT_LEN: u8 = 12;

/// Longest salt of AES-CM and AES-F8, octets (RFC 3711 §8.2).
const CM_SALT_LEN: u8 = 14;

/// Highest key derivation rate (RFC 3711 §4.3.1).
const MAX_KEY_DERIVATION_RATE: u32 = 1 << 24;

/// Everything an SRTP policy says, defaults filled in. PRF (AES-CM), FEC order (FEC first) and AEAD tag length (16)
/// have one value each and no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SrtpPolicy {
    /// Encryption algorithm.
    pub encryption: SrtpEncr,
    /// Session encryption key length and master key length, octets.
    pub encr_key_len: u8,
    /// Session salt length, octets.
    pub salt_len: u8,
    /// Key derivation rate: 0, or a power of two up to 2^24.
    pub key_derivation_rate: u32,
    /// Whether SRTP encrypts.
    pub srtp_encrypted: bool,
    /// Whether SRTCP encrypts.
    pub srtcp_encrypted: bool,
    /// Whether SRTP authenticates; SRTCP always does.
    pub srtp_authenticated: bool,
    /// Authentication of SRTP.
    pub srtp_auth: SrtpAuth,
    /// Authentication of SRTCP, which never carries a ROC (RFC 4771 §2).
    pub srtcp_auth: SrtpAuth,
    /// SRTP prefix length, octets.
    pub prefix_len: u8,
    /// R of RFC 4771: every how many packets the ROC is sent; not 0.
    pub roc_rate: u16,
}

impl Default for SrtpPolicy {
    /// The defaults of SRTP (RFC 3711 §5, §8.2).
    fn default() -> Self {
        Self {
            encryption: SrtpEncr::AesCm,
            encr_key_len: 16,
            salt_len: CM_SALT_LEN,
            key_derivation_rate: 0,
            srtp_encrypted: true,
            srtcp_encrypted: true,
            srtp_authenticated: true,
            srtp_auth: SrtpAuth::default(),
            srtcp_auth: SrtpAuth::default(),
            prefix_len: 0,
            roc_rate: 1,
        }
    }
}

/// The parameters of RFC 3830 §6.10.1 and its additions, by type.
const PARAM_COUNT: usize = 21;

struct Given([Option<u32>; PARAM_COUNT]);

impl Given {
    fn decode<'a>(params: impl Iterator<Item = PolicyParam<'a>>) -> Result<Self, DecodeErrorKind> {
        let mut given = [None; PARAM_COUNT];
        for PolicyParam { param, value } in params {
            let slot = given.get_mut(usize::from(param.0)).ok_or(DecodeErrorKind::UnsupportedPolicy)?;
            if slot.is_some() || !(1..=4).contains(&value.len()) {
                return Err(DecodeErrorKind::UnsupportedPolicy);
            }
            *slot = Some(value.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)));
        }
        Ok(Self(given))
    }

    fn value(&self, param: SpParamType) -> Option<u32> {
        self.0.get(usize::from(param.0)).copied().flatten()
    }

    fn octet(&self, param: SpParamType, default: u8) -> Option<u8> {
        self.value(param).map_or(Some(default), |value| u8::try_from(value).ok())
    }

    fn switch(&self, param: SpParamType) -> Option<bool> {
        match self.value(param) {
            None | Some(1) => Some(true),
            Some(0) => Some(false),
            Some(_) => None,
        }
    }

    fn only(&self, param: SpParamType, value: u32) -> Option<()> {
        self.value(param).is_none_or(|given| given == value).then_some(())
    }

    /// SRTP or SRTCP: the special parameter, else the general one, else the default.
    fn auth(
        &self, [alg, key, tag]: [SpParamType; 3], general: Option<[SpParamType; 3]>, default: SrtpAuth,
    ) -> Option<SrtpAuth> {
        let pick = |special, i: usize| {
            let general = general.and_then(|general| general.get(i).copied());
            self.value(special).or_else(|| general.and_then(|general| self.value(general)))
        };
        let octet =
            |value: Option<u32>, default| value.map_or(Some(default), |value| u8::try_from(value).ok());
        let algorithm = pick(alg, 0).map_or(Some(default.algorithm), SrtpAuthAlg::of)?;
        // Lengths go with the algorithm: those of NULL would not do for HMAC-SHA-1 beside AES-GCM.
        let default = if algorithm == default.algorithm { default } else { SrtpAuth::default() };
        Some(SrtpAuth {
            algorithm,
            key_len: octet(pick(key, 1), default.key_len)?,
            tag_len: octet(pick(tag, 2), default.tag_len)?,
        })
    }
}

const GENERAL_AUTH: [SpParamType; 3] =
    [SpParamType::AUTH_ALG, SpParamType::AUTH_KEY_LEN, SpParamType::TAG_LEN];
const SRTP_AUTH: [SpParamType; 3] =
    [SpParamType::SRTP_AUTH_ALG, SpParamType::SRTP_AUTH_KEY_LEN, SpParamType::SRTP_TAG_LEN];
const SRTCP_AUTH: [SpParamType; 3] =
    [SpParamType::SRTCP_AUTH_ALG, SpParamType::SRTCP_AUTH_KEY_LEN, SpParamType::SRTCP_TAG_LEN];

impl SrtpPolicy {
    /// Most octets that [`encode_params`](Self::encode_params) writes.
    pub const MAX_PARAMS_LEN: usize = 55;

    /// Reads the parameters of `policy`, numbers of 1 to 4 octets; one that is missing has its default. Beside
    /// AES-GCM the default authentication is none (RFC 7714 §7.1) and the default salt has 12 octets.
    ///
    /// # Errors
    ///
    /// [`UnsupportedPolicy`](DecodeErrorKind::UnsupportedPolicy) when the protocol is not SRTP, a parameter or a value
    /// is unknown, a parameter stands twice, or values contradict each other.
    pub fn decode(policy: &Policy<'_>) -> Result<Self, DecodeErrorKind> {
        Self::decode_where(policy, |_| true)
    }

    /// [`decode`](Self::decode) of the parameters that are `wanted` only, where a profile puts others beside them.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_where(
        policy: &Policy<'_>, wanted: impl Fn(SpParamType) -> bool,
    ) -> Result<Self, DecodeErrorKind> {
        if policy.prot_type != ProtType::SRTP {
            return Err(DecodeErrorKind::UnsupportedPolicy);
        }
        let given = Given::decode(policy.params().filter(|param| wanted(param.param)))?;
        Self::of(&given).filter(Self::is_sound).ok_or(DecodeErrorKind::UnsupportedPolicy)
    }

    fn of(given: &Given) -> Option<Self> {
        given.only(SpParamType::PRF, 0)?;
        given.only(SpParamType::FEC_ORDER, 0)?;
        given.only(SpParamType::AEAD_TAG_LEN, u32::from(AEAD_TAG_LEN))?;
        let encryption = given.value(SpParamType::ENCR_ALG).map_or(Some(SrtpEncr::AesCm), SrtpEncr::of)?;
        let (salt_len, auth) = match encryption {
            SrtpEncr::AesGcm => (GCM_SALT_LEN, SrtpAuth::NULL),
            _ => (CM_SALT_LEN, SrtpAuth::default()),
        };
        // SPEC: RFC 4771 §2 keeps RCC away from SRTCP, so a general RCC algorithm speaks of SRTP alone, and so do the
        // lengths beside it, which count the ROC.
        let roc = given
            .value(SpParamType::AUTH_ALG)
            .and_then(SrtpAuthAlg::of)
            .is_some_and(SrtpAuthAlg::carries_roc);
        Some(Self {
            encryption,
            encr_key_len: given.octet(SpParamType::ENCR_KEY_LEN, 16)?,
            salt_len: given.octet(SpParamType::SALT_LEN, salt_len)?,
            key_derivation_rate: given.value(SpParamType::KEY_DERIVATION_RATE).unwrap_or(0),
            srtp_encrypted: given.switch(SpParamType::SRTP_ENCR)?,
            srtcp_encrypted: given.switch(SpParamType::SRTCP_ENCR)?,
            srtp_authenticated: given.switch(SpParamType::SRTP_AUTH)?,
            srtp_auth: given.auth(SRTP_AUTH, Some(GENERAL_AUTH), auth)?,
            srtcp_auth: given.auth(SRTCP_AUTH, (!roc).then_some(GENERAL_AUTH), auth)?,
            prefix_len: given.octet(SpParamType::PREFIX_LEN, 0)?,
            roc_rate: given.value(SpParamType::ROC_RATE).map_or(Some(1), |rate| u16::try_from(rate).ok())?,
        })
    }

    fn is_sound(&self) -> bool {
        let lens = match self.encryption {
            SrtpEncr::Null | SrtpEncr::AesCm => {
                matches!(self.encr_key_len, 16 | 24 | 32) && self.salt_len <= CM_SALT_LEN
            }
            SrtpEncr::AesF8 => self.encr_key_len == 16 && self.salt_len <= CM_SALT_LEN,
            SrtpEncr::AesGcm => matches!(self.encr_key_len, 16 | 32) && self.salt_len == GCM_SALT_LEN,
        };
        let rate = self.key_derivation_rate;
        lens && (rate == 0 || rate.is_power_of_two() && rate <= MAX_KEY_DERIVATION_RATE)
            && self.roc_rate != 0
            && self.srtp_auth.is_sound()
            && self.srtcp_auth.is_sound()
            && !self.srtcp_auth.algorithm.carries_roc()
    }

    /// Writes the parameters for the `params` of a [`Policy`]: types 0 to 8, 10 and 11 always, the others where they
    /// differ from the default. Numbers have one octet, the key derivation rate more if it must, the ROC rate two.
    ///
    /// # Errors
    ///
    /// [`Inconsistent`](EncodeError::Inconsistent) for values [`decode`](Self::decode) would refuse;
    /// [`BufferTooSmall`](EncodeError::BufferTooSmall).
    pub fn encode_params<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        if !self.is_sound() {
            return Err(EncodeError::Inconsistent);
        }
        let mut w = Writer::new(out);
        // The general parameters are those of SRTCP, because SRTP may carry a ROC and SRTCP may not.
        let (srtp, general) = (self.srtp_auth, self.srtcp_auth);
        octet(&mut w, SpParamType::ENCR_ALG, self.encryption.code());
        octet(&mut w, SpParamType::ENCR_KEY_LEN, self.encr_key_len);
        octet(&mut w, SpParamType::AUTH_ALG, general.algorithm.code());
        octet(&mut w, SpParamType::AUTH_KEY_LEN, general.key_len);
        octet(&mut w, SpParamType::SALT_LEN, self.salt_len);
        octet(&mut w, SpParamType::PRF, 0);
        let rate = &self.key_derivation_rate.to_be_bytes();
        let octets = match rate {
            [0, 0, 0, tail @ ..] => tail.as_slice(),
            [0, 0, tail @ ..] => tail.as_slice(),
            [0, tail @ ..] => tail.as_slice(),
            _ => rate.as_slice(),
        };
        number(&mut w, SpParamType::KEY_DERIVATION_RATE, octets)?;
        octet(&mut w, SpParamType::SRTP_ENCR, self.srtp_encrypted.into());
        octet(&mut w, SpParamType::SRTCP_ENCR, self.srtcp_encrypted.into());
        octet(&mut w, SpParamType::SRTP_AUTH, self.srtp_authenticated.into());
        octet(&mut w, SpParamType::TAG_LEN, general.tag_len);
        if self.prefix_len != 0 {
            octet(&mut w, SpParamType::PREFIX_LEN, self.prefix_len);
        }
        if self.roc_rate != 1 {
            number(&mut w, SpParamType::ROC_RATE, &self.roc_rate.to_be_bytes())?;
        }
        if srtp.algorithm != general.algorithm {
            octet(&mut w, SpParamType::SRTP_AUTH_ALG, srtp.algorithm.code());
        }
        if srtp.key_len != general.key_len {
            octet(&mut w, SpParamType::SRTP_AUTH_KEY_LEN, srtp.key_len);
        }
        if srtp.tag_len != general.tag_len {
            octet(&mut w, SpParamType::SRTP_TAG_LEN, srtp.tag_len);
        }
        if self.encryption == SrtpEncr::AesGcm {
            octet(&mut w, SpParamType::AEAD_TAG_LEN, AEAD_TAG_LEN);
        }
        w.finish().map(|octets| &*octets)
    }
}

fn octet(w: &mut Writer<'_>, param: SpParamType, value: u8) {
    w.put(&[param.0, 1, value]);
}

fn number(w: &mut Writer<'_>, param: SpParamType, value: &[u8]) -> Result<(), EncodeError> {
    w.u8(param.0);
    w.short(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `sp` piece of the worked examples without its header.
    const ORACLE: [u8; 33] = [
        0, 1, 1, 1, 1, 16, 2, 1, 1, 3, 1, 20, 4, 1, 14, 5, 1, 0, 6, 1, 0, 7, 1, 1, 8, 1, 1, 10, 1, 1, 11, 1,
        10,
    ];

    fn decode(params: &[u8]) -> Result<SrtpPolicy, DecodeErrorKind> {
        SrtpPolicy::decode(&Policy::new(0, ProtType::SRTP, params).unwrap())
    }

    fn returns(policy: SrtpPolicy) {
        let mut out = [0; SrtpPolicy::MAX_PARAMS_LEN];
        assert_eq!(decode(policy.encode_params(&mut out).unwrap()), Ok(policy));
    }

    #[test]
    fn no_parameters_are_the_defaults_and_the_defaults_are_written_as_in_the_worked_example() {
        assert_eq!(decode(&[]), Ok(SrtpPolicy::default()));
        assert_eq!(decode(&ORACLE), Ok(SrtpPolicy::default()));
        let mut out = [0; SrtpPolicy::MAX_PARAMS_LEN];
        assert_eq!(SrtpPolicy::default().encode_params(&mut out), Ok(ORACLE.as_slice()));
        let needed = EncodeError::BufferTooSmall { needed: 33 };
        assert_eq!(SrtpPolicy::default().encode_params(&mut []), Err(needed));
    }

    #[test]
    fn special_parameters_win_over_general_ones() {
        let policy =
            decode(&[2, 1, 1, 3, 1, 20, 11, 1, 10, 14, 1, 2, 16, 1, 16, 18, 1, 14, 19, 1, 4]).unwrap();
        assert_eq!(policy.srtp_auth, SrtpAuth { algorithm: SrtpAuthAlg::Rcc1, key_len: 16, tag_len: 14 });
        assert_eq!(policy.srtcp_auth, SrtpAuth { tag_len: 4, ..SrtpAuth::default() });
        returns(policy);
    }

    #[test]
    fn a_general_rcc_algorithm_leaves_srtcp_alone() {
        let policy = decode(&[2, 1, 4, 11, 1, 4, 13, 2, 0x01, 0x00]).unwrap();
        assert_eq!(policy.srtp_auth, SrtpAuth { algorithm: SrtpAuthAlg::Rcc3, key_len: 20, tag_len: 4 });
        assert_eq!(policy.srtcp_auth, SrtpAuth::default());
        assert_eq!(policy.roc_rate, 256);
        returns(policy);
    }

    #[test]
    fn aes_gcm_has_its_own_salt_and_needs_no_other_authentication() {
        let policy = decode(&[0, 1, 6, 1, 1, 32, 4, 1, 12, 5, 1, 0, 6, 1, 0, 20, 1, 16]).unwrap();
        assert_eq!((policy.encryption, policy.encr_key_len, policy.salt_len), (SrtpEncr::AesGcm, 32, 12));
        assert_eq!((policy.srtp_auth, policy.srtcp_auth), (SrtpAuth::NULL, SrtpAuth::NULL));
        returns(policy);
        returns(decode(&[0, 1, 6, 14, 1, 4, 18, 1, 4]).unwrap());
    }

    #[test]
    fn the_longest_parameters_fit_their_bound() {
        let longest = SrtpPolicy {
            encryption: SrtpEncr::AesGcm,
            salt_len: 12,
            key_derivation_rate: 1 << 24,
            srtp_auth: SrtpAuth { algorithm: SrtpAuthAlg::Rcc1, key_len: 21, tag_len: 14 },
            prefix_len: 1,
            roc_rate: 2,
            ..SrtpPolicy::default()
        };
        returns(longest);
        let needed =
            EncodeError::BufferTooSmall { needed: u32::try_from(SrtpPolicy::MAX_PARAMS_LEN).unwrap() };
        assert_eq!(longest.encode_params(&mut []), Err(needed));
    }

    #[test]
    fn every_key_derivation_rate_takes_as_many_octets_as_it_needs() {
        for exponent in 0..=24 {
            returns(SrtpPolicy { key_derivation_rate: 1 << exponent, ..SrtpPolicy::default() });
        }
        assert_eq!(decode(&[6, 4, 0, 0, 1, 0]).unwrap().key_derivation_rate, 256);
    }

    #[test]
    fn what_srtp_does_not_define_is_refused() {
        let rows: [(&str, &[u8]); 26] = [
            ("unknown parameter", &[21, 1, 0]),
            ("parameter twice", &[7, 1, 1, 7, 1, 1]),
            ("value without octets", &[7, 0]),
            ("value of five octets", &[6, 5, 0, 0, 0, 0, 1]),
            ("cipher 3", &[0, 1, 3]),
            ("cipher 257", &[0, 2, 1, 1]),
            ("key of 20 octets", &[1, 1, 20]),
            ("AES-F8 with a key of 32 octets", &[0, 1, 2, 1, 1, 32]),
            ("AES-GCM with a key of 24 octets", &[0, 1, 6, 1, 1, 24]),
            ("AES-GCM with a salt of 14 octets", &[0, 1, 6, 4, 1, 14]),
            ("AES-GCM with another PRF", &[0, 1, 6, 5, 1, 1]),
            ("authentication 5", &[2, 1, 5]),
            ("authentication key without octets", &[3, 1, 0]),
            ("salt of 15 octets", &[4, 1, 15]),
            ("PRF 1", &[5, 1, 1]),
            ("rate 3", &[6, 1, 3]),
            ("rate 2^25", &[6, 4, 2, 0, 0, 0]),
            ("switch 2", &[7, 1, 2]),
            ("FEC order 1", &[9, 1, 1]),
            ("no tag", &[11, 1, 0]),
            ("tag of 21 octets", &[11, 1, 21]),
            ("ROC rate 0", &[13, 2, 0, 0]),
            ("RCC for SRTCP", &[15, 1, 2]),
            ("RCC mode 1 with a tag of 3 octets", &[14, 1, 2, 18, 1, 3]),
            ("RCC mode 3 with a tag of 10 octets", &[14, 1, 4]),
            ("AEAD tag of 8 octets", &[0, 1, 6, 20, 1, 8]),
        ];
        for (name, params) in rows {
            assert_eq!(decode(params), Err(DecodeErrorKind::UnsupportedPolicy), "{name}");
        }
        let tesla = Policy::new(0, ProtType::TESLA, &[]).unwrap();
        assert_eq!(SrtpPolicy::decode(&tesla), Err(DecodeErrorKind::UnsupportedPolicy));
        let unsound = SrtpPolicy { roc_rate: 0, ..SrtpPolicy::default() };
        assert_eq!(unsound.encode_params(&mut []), Err(EncodeError::Inconsistent));
    }
}
