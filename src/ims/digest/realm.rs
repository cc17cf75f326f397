//! The realm of a NAF (TS 24.109 §5.2.4): which bootstrapped key is asked for, and of which host.
//!
//! ```text
//! realm = one *( ";" one )       one = ( "3GPP-bootstrapping" / "3GPP-bootstrapping-uicc" ) "@" FQDN
//! ```

use super::param::ParamText;
use crate::ims::{ImsError, NafFqdn};

/// Longest realm that is read or written, octets: both kinds of the longest host name fit.
pub const MAX_REALM_LEN: usize = 256;

/// Which key the password comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "GBA has these two kinds of key")]
pub enum RealmKind {
    /// `3GPP-bootstrapping`: a key that the terminal holds. MBMS uses this one, because the MRK is Ks_ext_NAF or derived
    /// in the terminal.
    #[default]
    Me,
    /// `3GPP-bootstrapping-uicc`: a key that stays in the UICC.
    Uicc,
}

impl RealmKind {
    /// What stands before the `@`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Me => "3GPP-bootstrapping",
            Self::Uicc => "3GPP-bootstrapping-uicc",
        }
    }
}

/// One realm of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Realm<'a> {
    /// Which key is asked for.
    pub kind: RealmKind,
    /// The host name.
    pub fqdn: &'a str,
}

impl<'a> Realm<'a> {
    /// Reads one realm.
    ///
    /// # Errors
    ///
    /// [`ImsError::BadRealm`] without one of the prefixes or without a host name.
    pub fn parse(text: &'a str) -> Result<Self, ImsError> {
        let (prefix, fqdn) = text.split_once('@').ok_or(ImsError::BadRealm)?;
        let kind = [RealmKind::Me, RealmKind::Uicc].into_iter().find(|kind| kind.prefix() == prefix);
        match kind {
            Some(kind) if !fqdn.is_empty() => Ok(Self { kind, fqdn }),
            _ => Err(ImsError::BadRealm),
        }
    }

    /// Whether this is the realm of `fqdn`; host names are compared without case.
    #[must_use]
    pub fn is_of(&self, fqdn: &NafFqdn) -> bool {
        self.fqdn.eq_ignore_ascii_case(fqdn.as_str())
    }

    /// Whether `text` is this realm, letter for letter but for the case of the host name.
    pub(super) fn is(&self, text: ParamText<'_>) -> bool {
        let mut octets = text.octets();
        let prefix = self.kind.prefix().bytes().chain([b'@']);
        prefix.map(Some).all(|expected| octets.next() == expected)
            && octets.map(|o| o.to_ascii_lowercase()).eq(self.fqdn.bytes().map(|o| o.to_ascii_lowercase()))
    }
}

/// The realm of `kind` in `list`, whose every realm must be of the host contacted, each kind once.
///
/// # Errors
///
/// [`ImsError::BadRealm`] for a foreign host, another prefix, a kind that stands twice, or when `kind` is not in the list.
pub fn select_realm<'a>(list: &'a str, kind: RealmKind, contacted: &NafFqdn) -> Result<&'a str, ImsError> {
    let (mut selected, mut other) = (None, None);
    for text in list.split(';') {
        let realm = Realm::parse(text)?;
        let slot = if realm.kind == kind { &mut selected } else { &mut other };
        if !realm.is_of(contacted) || slot.is_some() {
            return Err(ImsError::BadRealm);
        }
        *slot = Some(text);
    }
    selected.ok_or(ImsError::BadRealm)
}
