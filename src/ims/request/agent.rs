//! The product tokens by which a terminal shows in `User-Agent` that it can bootstrap (TS 24.109 annexes B, D).

use crate::ims::ImsError;
use crate::ims::field::{FieldWriter, checked, is_tchar};

/// Longest User-Agent that is looked into, octets.
const MAX_AGENT_LEN: usize = 512;

/// What kind of bootstrapping a terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GbaSupport {
    /// `3gpp-gba`: keys in the terminal.
    Me,
    /// `3gpp-gba-uicc`: keys in the UICC.
    Uicc,
}

impl GbaSupport {
    /// The product token.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Me => "3gpp-gba",
            Self::Uicc => "3gpp-gba-uicc",
        }
    }

    /// What a User-Agent says: that of the UICC when it names both. Comments are skipped; a value that cannot be read says
    /// nothing, for no request is refused for its User-Agent.
    #[must_use]
    pub fn of(user_agent: &[u8]) -> Option<Self> {
        let value = checked(user_agent, MAX_AGENT_LEN).ok()?;
        let (mut depth, mut escape, mut found) = (0u32, false, None);
        for word in value.split([' ', '\t']) {
            if depth == 0 {
                let product = word.split(['/', '(']).next().unwrap_or_default();
                for support in [Self::Me, Self::Uicc] {
                    if product == support.token() && found != Some(Self::Uicc) {
                        found = Some(support);
                    }
                }
            }
            for c in word.chars() {
                match c {
                    _ if escape => escape = false,
                    '\\' if depth > 0 => escape = true,
                    '(' => depth = depth.saturating_add(1),
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            // A blank may be what is escaped.
            escape = false;
        }
        found
    }
}

/// Writes a User-Agent into `out`: `product`, such as `mbms-ue/1.0`, and the token.
///
/// # Errors
///
/// [`ImsError::BadCharacter`] unless `product` is a token with or without a version; [`ImsError::BufferTooSmall`].
pub fn write_user_agent<'o>(
    product: &str, support: GbaSupport, out: &'o mut [u8],
) -> Result<&'o str, ImsError> {
    let token = |text: &str| !text.is_empty() && text.bytes().all(is_tchar);
    let good = product
        .split_once('/')
        .map_or_else(|| token(product), |(name, version)| token(name) && token(version));
    if !good {
        return Err(ImsError::BadCharacter);
    }
    let mut writer = FieldWriter::new(out);
    [product, " ", support.token()].into_iter().try_for_each(|text| writer.text(text))?;
    writer.finish()
}
