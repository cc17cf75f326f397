//! Bodies of the request procedures.

use castkey::error::EncodeError;
use castkey::ims::xml::{
    MAX_BODY_LEN, MskRequest, MskResponse, MukLifeTimeForm, NafKeyInfo, RegisterResponse,
    SecurityDescription, XmlError, XmlSettings, authorize, btid, deregister, register,
};

const SETTINGS: [XmlSettings; 3] = [
    XmlSettings { strict_namespaces: false, muk_life_time: MukLifeTimeForm::DateTime },
    XmlSettings { strict_namespaces: true, muk_life_time: MukLifeTimeForm::DateTime },
    XmlSettings { strict_namespaces: false, muk_life_time: MukLifeTimeForm::Seconds },
];

/// Writes what was read and reads it again: it shows the same.
macro_rules! again {
    ($octets:ident, $settings:ident, $decode:path, $encode:expr) => {
        if let Some(read) = located($decode($octets, $settings), $octets) {
            let mut out = vec![0; MAX_BODY_LEN];
            if let Some(body) = written($encode(&read, &mut out)) {
                let again = $decode(body, $settings).expect("it was just written");
                assert_eq!(format!("{again:?}"), format!("{read:?}"));
            }
        }
    };
}

/// Every document over the same octets: what decodes is written and reads the same again; what does not is named by a
/// place in the octets.
pub fn xml(octets: &[u8]) {
    for settings in SETTINGS {
        again!(octets, settings, btid::decode, btid::encode);
        again!(octets, settings, register::decode, register::encode);
        again!(octets, settings, deregister::decode, deregister::encode);
        again!(octets, settings, authorize::decode, authorize::encode);
        again!(octets, settings, RegisterResponse::decode, RegisterResponse::encode);
        again!(octets, settings, MskRequest::decode, MskRequest::encode);
        again!(octets, settings, MskResponse::decode, MskResponse::encode);
        again!(octets, settings, SecurityDescription::<8, 16>::decode, SecurityDescription::<8, 16>::encode);
        naf_key_info(octets, settings);
    }
}

fn located<T>(read: Result<T, XmlError>, octets: &[u8]) -> Option<T> {
    if let Err(error) = read {
        let at = usize::try_from(error.at).expect("an offset");
        assert!(at <= octets.len(), "{error}, but there are {} octets", octets.len());
        return None;
    }
    read.ok()
}

/// What was read can be written, unless its escapes make it too long.
fn written(body: Result<&mut [u8], EncodeError>) -> Option<&[u8]> {
    match body {
        Ok(body) => Some(body),
        Err(error) => {
            let too_long = matches!(error, EncodeError::FieldTooLong | EncodeError::BufferTooSmall { .. });
            assert!(too_long, "{error}");
            None
        }
    }
}

/// The document with a key in it, which does not show itself.
fn naf_key_info(octets: &[u8], settings: XmlSettings) {
    let Some(read) = located(NafKeyInfo::decode(octets, settings), octets) else { return };
    let mut out = vec![0; MAX_BODY_LEN];
    let Some(body) = written(read.encode(settings, &mut out)) else { return };
    let again = NafKeyInfo::decode(body, settings).expect("it was just written");
    assert_eq!(format!("{again:?}"), format!("{read:?}"));
    assert!(again.muk.secret().expose() == read.muk.secret().expose());
}
