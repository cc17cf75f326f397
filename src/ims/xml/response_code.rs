//! The status code of one item of an answer, as the three digits of `responseCode`.

use super::text::Text;
use crate::ims::ImsError;
use crate::ims::facts::StatusCode;

pub(super) fn read(text: Text<'_>) -> Result<StatusCode, ImsError> {
    let &[a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] = text.value()?.as_bytes() else {
        return Err(ImsError::Malformed);
    };
    let code = [a, b, c]
        .iter()
        .fold(0, |code: u16, digit| code.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0F)));
    StatusCode::new(code).ok_or(ImsError::Malformed)
}

pub(super) fn digits(code: StatusCode) -> [u8; 3] {
    let code = code.code();
    [code / 100, code / 10, code].map(|n| u8::try_from(n % 10).unwrap_or(0) | b'0')
}
