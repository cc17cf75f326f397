//! Security policies and crypto sessions: how SRTP uses the MTKs under an MSK.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::message::MAX_POLICIES;
use castkey::message::psk::PskMessage;
use castkey::wire::{CryptoSession, CsIdMap, Policy, ProtType};

use crate::bytes::{Plain, Promise};
use crate::octets::castkey_octets;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Most security policies of an MSK message.
pub const CASTKEY_MAX_POLICIES: usize = 2;
/// Most crypto sessions that can be given for an MSK message.
pub const CASTKEY_MAX_SESSIONS: usize = 16;

/// A security policy (RFC 3830, 6.10).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_policy {
    /// The number by which sessions refer to it, at most 255.
    pub policy_no: u32,
    /// The protocol it is for, at most 255; 0 is SRTP.
    pub prot_type: u32,
    /// Its parameters: type, length and value, one behind the other.
    pub params: castkey_octets,
}

/// A crypto session (RFC 3830, 6.1.1).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_session {
    /// The number of its policy, at most 255.
    pub policy_no: u32,
    /// SSRC; 0 fits every stream.
    pub ssrc: u32,
    /// Roll-over counter.
    pub roc: u32,
}

/// Policies and crypto sessions of an MSK message; all zero is none.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_security {
    /// The policies, at most CASTKEY_MAX_POLICIES.
    pub policies: *const castkey_policy,
    /// How many.
    pub n_policies: usize,
    /// The sessions, at most CASTKEY_MAX_SESSIONS. NULL makes one for each policy, with SSRC 0 and ROC 0.
    pub sessions: *const castkey_session,
    /// How many.
    pub n_sessions: usize,
}

// SAFETY: integers and a pointer.
unsafe impl Plain for castkey_policy {}
// SAFETY: integers.
unsafe impl Plain for castkey_session {}

const _: () = assert!(CASTKEY_MAX_POLICIES == MAX_POLICIES);

/// A [`castkey_security`] as the library wants it.
pub(crate) struct Security<'c> {
    policies: Option<([Policy<'c>; CASTKEY_MAX_POLICIES], usize)>,
    sessions: Option<([CryptoSession; CASTKEY_MAX_SESSIONS], usize)>,
}

impl Security<'_> {
    /// None.
    pub(crate) const NONE: Self = Self { policies: None, sessions: None };
}

impl<'c> Security<'c> {
    /// The policies.
    pub(crate) fn policies(&self) -> &[Policy<'c>] {
        self.policies.as_ref().and_then(|(policies, n)| policies.get(..*n)).unwrap_or_default()
    }

    /// The sessions.
    pub(crate) fn sessions(&self) -> Option<&[CryptoSession]> {
        self.sessions.as_ref().and_then(|(sessions, n)| sessions.get(..*n))
    }
}

impl castkey_security {
    /// The memory of policies and sessions.
    pub(crate) fn spans(&self) -> [Span; 2] {
        [Span::read(self.policies, self.n_policies), Span::read(self.sessions, self.n_sessions)]
    }

    /// Reads them.
    pub(crate) fn read<'c>(&self, promise: &'c Promise) -> Result<Security<'c>, Status> {
        let given = promise.slice(self.policies, self.n_policies)?;
        let mut policies = None;
        if given.len() > CASTKEY_MAX_POLICIES {
            return Err(Status::BAD_ENUM);
        }
        if !given.is_empty() {
            let mut held = [Policy::new(0, ProtType(0), &[])?; CASTKEY_MAX_POLICIES];
            for (to, from) in held.iter_mut().zip(given) {
                let number = |number| u8::try_from(number).map_err(|_| Status::BAD_ENUM);
                let (no, prot) = (number(from.policy_no)?, number(from.prot_type)?);
                *to = Policy::new(no, ProtType(prot), from.params.read(promise)?)?;
            }
            policies = Some((held, given.len()));
        }
        if self.sessions.is_null() && self.n_sessions == 0 {
            return Ok(Security { policies, sessions: None });
        }
        let given = promise.slice(self.sessions, self.n_sessions)?;
        if given.len() > CASTKEY_MAX_SESSIONS {
            return Err(Status::BAD_ENUM);
        }
        let mut held = [CryptoSession { policy_no: 0, ssrc: 0, roc: 0 }; CASTKEY_MAX_SESSIONS];
        for (to, from) in held.iter_mut().zip(given) {
            let policy_no = u8::try_from(from.policy_no).map_err(|_| Status::BAD_ENUM)?;
            *to = CryptoSession { policy_no, ssrc: from.ssrc, roc: from.roc };
        }
        Ok(Security { policies, sessions: Some((held, given.len())) })
    }
}

/// Reads policies and crypto sessions of the MSK message in the `len` octets at `octets` (RFC 3830, 6.10 and 6.1.1). Only what
/// CASTKEY_UE_MSK_STORED or castkey_msk_open() came of is authentic.
///
/// `policies` and `sessions` have room for `policies_cap` and `sessions_cap`; `*n_policies` and `*n_sessions` become their
/// numbers. `params` of each policy points into `octets`.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: this is no message of the pre-shared-key method.
/// - CASTKEY_ERR_SHORT: there are more policies or sessions than there is room for.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_msk_security(
    octets: *const u8, len: usize, policies: *mut castkey_policy, policies_cap: usize,
    n_policies: *mut usize, sessions: *mut castkey_session, sessions_cap: usize, n_sessions: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[
            Span::read(octets, len),
            Span::write(policies, policies_cap),
            Span::write(n_policies, 1),
            Span::write(sessions, sessions_cap),
            Span::write(n_sessions, 1),
        ])?;
        let (policies, n_policies) = (promise.places(policies, policies_cap)?, promise.place(n_policies)?);
        let (sessions, n_sessions) = (promise.places(sessions, sessions_cap)?, promise.place(n_sessions)?);
        let message = PskMessage::decode(promise.octets(octets, len)?)?;
        let map = match message.hdr().map {
            CsIdMap::SrtpId(map) => Some(map),
            _ => None,
        };
        let found = || map.iter().flat_map(|map| map.iter());
        if message.policies().count() > policies.len() || found().count() > sessions.len() {
            return Err(Status::SHORT);
        }
        n_policies.set(policies.write(message.policies().map(|policy| castkey_policy {
            policy_no: policy.policy_no.into(),
            prot_type: policy.prot_type.0.into(),
            params: params_of(&policy, octets),
        })));
        n_sessions.set(sessions.write(found().map(|session| castkey_session {
            policy_no: session.policy_no.into(),
            ssrc: session.ssrc,
            roc: session.roc,
        })));
        Ok(())
    })())
}

/// The parameters of `policy` where they stand in the message at `octets`.
fn params_of(policy: &Policy<'_>, octets: *const u8) -> castkey_octets {
    let Some(first) = policy.params().next() else { return castkey_octets::of(&[]) };
    // Type and length stand before the first value.
    let at = first.value.as_ptr().addr().saturating_sub(octets.addr()).saturating_sub(2);
    let len =
        policy.params().fold(0, |len: usize, param| len.saturating_add(2).saturating_add(param.value.len()));
    castkey_octets { octets: octets.wrapping_add(at), len }
}
