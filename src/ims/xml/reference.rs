//! References: the five entities of XML and the numbers of characters. There are no others, so nothing expands.

use xmlparser::XmlCharExt;

use super::text::holds;

/// Whether every `&` of `raw` begins one of the five entities or the reference of a character that XML allows.
pub(super) fn references_are_sound(raw: &str) -> bool {
    if !holds(raw, |octet| octet == b'&') {
        return true;
    }
    let mut rest = raw;
    while let Some((_, behind)) = rest.split_once('&') {
        let Some((_, behind)) = reference(behind) else { return false };
        rest = behind;
    }
    true
}

/// The character meant by the reference at the start of `text`, behind its `&`, and what follows.
pub(super) fn reference(text: &str) -> Option<(char, &str)> {
    let (c, name) = match text.as_bytes() {
        [b'a', b'm', ..] => ('&', "amp;"),
        [b'a', ..] => ('\'', "apos;"),
        [b'g', ..] => ('>', "gt;"),
        [b'l', ..] => ('<', "lt;"),
        [b'q', ..] => ('"', "quot;"),
        _ => return number(text.strip_prefix('#')?),
    };
    Some((c, text.strip_prefix(name)?))
}

/// The character meant by the reference at the start of `text`, behind its `&#`, and what follows.
fn number(text: &str) -> Option<(char, &str)> {
    let (number, rest) = text.split_once(';')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    // The conversion would also take a sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(XmlCharExt::is_xml_char)?;
    Some((c, rest))
}
