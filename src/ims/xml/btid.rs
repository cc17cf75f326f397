//! The B-TID in the INVITE and re-INVITE of the SIP variant (TS 26.237 Annex I.1).
//!
//! ```text
//! mbmsAuthorizedSecurityRegister { btid 1, anything else }
//! ```

use super::XmlSettings;
use super::error::XmlError;
use super::names::{BTID, MBMS_AUTHORIZED_SECURITY_REGISTER, NS_B_TID};
use super::pull::Pull;
use super::write::XmlWriter;
use crate::error::EncodeError;
use crate::ims::BTid;

/// Reads the B-TID.
///
/// # Errors
///
/// [`Malformed`](crate::ims::ImsError::Malformed) when the body is no such document or holds no B-TID or several;
/// [`TooLong`](crate::ims::ImsError::TooLong) or [`BadCharacter`](crate::ims::ImsError::BadCharacter) when it is none.
pub fn decode(body: &[u8], settings: XmlSettings) -> Result<BTid, XmlError> {
    let mut pull = Pull::new(body, settings)?;
    pull.root(&MBMS_AUTHORIZED_SECURITY_REGISTER, &NS_B_TID)?;
    let mut btid = None;
    while let Some(element) = pull.child()? {
        if pull.is(&element, &BTID, &NS_B_TID) {
            pull.once(&mut btid, &element, |text| text.name(BTid::new))?;
        } else {
            pull.skip()?;
        }
    }
    let btid = pull.required(btid)?;
    pull.finish()?;
    Ok(btid)
}

/// Writes `btid` into `out`.
///
/// # Errors
///
/// [`EncodeError::BufferTooSmall`]; [`EncodeError::Inconsistent`] when the B-TID holds a character that XML cannot
/// carry, or has blanks around it.
pub fn encode<'o>(btid: &BTid, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
    let mut w = XmlWriter::new(out);
    w.root(&MBMS_AUTHORIZED_SECURITY_REGISTER, &NS_B_TID);
    w.end_tag();
    w.leaf(&BTID, btid.as_str().chars());
    w.close(&MBMS_AUTHORIZED_SECURITY_REGISTER);
    w.finish()
}
