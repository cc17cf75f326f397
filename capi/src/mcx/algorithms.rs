//! What a KMS provisions for the negotiation of the signalling algorithm.

use castkey::mcx::{AlgorithmList, AlgorithmPolicy};

use crate::settings::{flag, octet};
use crate::status::Status;

/// AES-128-GCM suite: the default.
pub const CASTKEY_MCX_ALGORITHM_AES_128: u32 = 1;
/// AES-256-GCM suite.
pub const CASTKEY_MCX_ALGORITHM_AES_256: u32 = 2;
/// Most algorithms of a list.
pub const CASTKEY_MCX_MAX_ALGORITHMS: usize = 16;

/// What a KMS provisions for the negotiation.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_algorithms {
    /// What this side can do, most wanted first: identifiers, none 0 and none twice.
    pub supported: [u8; CASTKEY_MCX_MAX_ALGORITHMS],
    /// How many, at least 1.
    pub n_supported: u32,
    /// What may be used at all, in the same form.
    pub floor: [u8; CASTKEY_MCX_MAX_ALGORITHMS],
    /// How many, at least 1.
    pub n_floor: u32,
    /// What applies where nothing is negotiated. Default CASTKEY_MCX_ALGORITHM_AES_128.
    pub otherwise: u32,
    /// Flag: a client refuses a selection that it ranks below the current algorithm.
    pub strict_preference: u32,
}

const _: () = assert!(CASTKEY_MCX_MAX_ALGORITHMS == castkey::mcx::MAX_ALGORITHMS);

fn list(ids: &[u8], n: u32) -> Result<AlgorithmList, Status> {
    let n = usize::try_from(n).map_err(|_| Status::BAD_ENUM)?;
    Ok(AlgorithmList::new(ids.get(..n).ok_or(Status::BAD_ENUM)?)?)
}

fn ids(list: &AlgorithmList) -> ([u8; CASTKEY_MCX_MAX_ALGORITHMS], u32) {
    let mut ids = [0; CASTKEY_MCX_MAX_ALGORITHMS];
    let mut n = 0u32;
    for (to, from) in ids.iter_mut().zip(list.ids()) {
        *to = *from;
        n = n.saturating_add(1);
    }
    (ids, n)
}

impl castkey_mcx_algorithms {
    pub(crate) fn policy(&self) -> Result<AlgorithmPolicy, Status> {
        Ok(AlgorithmPolicy {
            supported: list(&self.supported, self.n_supported)?,
            default: octet(self.otherwise)?,
            floor: list(&self.floor, self.n_floor)?,
            strict_preference: flag(self.strict_preference)?,
        })
    }

    pub(crate) fn of(policy: &AlgorithmPolicy) -> Self {
        let ((supported, n_supported), (floor, n_floor)) = (ids(&policy.supported), ids(&policy.floor));
        Self {
            supported,
            n_supported,
            floor,
            n_floor,
            otherwise: policy.default.into(),
            strict_preference: policy.strict_preference.into(),
        }
    }
}

/// The algorithm of this number, or none for 0.
pub(crate) fn chosen(number: u32) -> Result<Option<u8>, Status> {
    Ok(Some(octet(number)?).filter(|id| *id != 0))
}
