//! `gba.*`, `mikey.prf`, `srtp.keys`: derivations without a message.

use castkey::id::{Mki, MtkId};
use castkey::keys::{Ks, KsExtNaf, KsIntNaf, KsNaf, Mrk, Mtk, MtkSalt, NafId, SrtpKeys};
use serde_json::json;

use crate::Answer;
use crate::input::{Input, word};
use crate::{names, settings};

pub(crate) fn ks_naf(input: Input<'_>) -> Answer {
    let ks = Ks::new(input.secret("ks")?);
    let rand = input.array("rand")?;
    let impi = input.text("impi_text")?;
    let naf_id = input.octets("naf_id")?;
    let naf = NafId::new(&naf_id);
    let variants = [("me", 0), ("u_int", 1), ("u_ext", 2)];
    let key = match word("variant", input.need("variant")?, &variants)? {
        0 => hex::encode(KsNaf::derive(&ks, &rand, impi, naf)?.secret().expose()),
        1 => hex::encode(KsIntNaf::derive(&ks, &rand, impi, naf)?.secret().expose()),
        _ => hex::encode(KsExtNaf::derive(&ks, &rand, impi, naf)?.secret().expose()),
    };
    Ok(json!({ "key": key }))
}

pub(crate) fn mrk(input: Input<'_>) -> Answer {
    let settings = settings::of_request(input)?;
    let mrk = Mrk::from_gba_me(&KsNaf::new(input.secret("ks_naf")?), settings.mrk)?;
    let password = mrk.digest_password(settings.digest_password);
    let mrk = hex::encode(mrk.secret().expose());
    Ok(match core::str::from_utf8(password.as_octets()) {
        Ok(text) => json!({ "mrk": mrk, "http_digest_password_text": text }),
        // The raw form is seldom text.
        Err(_) => json!({ "mrk": mrk, "http_digest_password": hex::encode(password.as_octets()) }),
    })
}

/// Most octets that one request may ask the PRF for.
#[cfg(feature = "hazmat")]
const MAX_PRF_LEN: usize = 1 << 16;

#[cfg(feature = "hazmat")]
pub(crate) fn prf(input: Input<'_>) -> Answer {
    use crate::input::wrong;
    use castkey::crypto::{Prf, RustCrypto, raw_prf};

    let prf = word("prf", input.need("prf")?, &[("sha1", Prf::Mikey1), ("sha256", Prf::HmacSha256)])?;
    let (inkey, label) = (input.octets("inkey")?, input.octets("label")?);
    let len: usize = input.number("len")?;
    if len > MAX_PRF_LEN {
        return Err(wrong("len"));
    }
    let mut out = vec![0; len];
    raw_prf(&RustCrypto, prf, &inkey, &label, &mut out).ok_or_else(|| wrong("inkey"))?;
    Ok(json!({ "out": hex::encode(out) }))
}

#[cfg(not(feature = "hazmat"))]
pub(crate) fn prf(_: Input<'_>) -> Answer {
    Err(crate::Refusal::bad_request("built without the feature hazmat"))
}

pub(crate) fn srtp_keys(input: Input<'_>) -> Answer {
    let mtk = Mtk::new(input.secret("mtk")?);
    let salt = if input.get("salt").is_some() { Some(MtkSalt::new(input.secret("salt")?)) } else { None };
    let mki = Mki::new(names::msk_id(input, "msk_id")?, MtkId(input.number("mtk_id")?));
    let keys = SrtpKeys::derive(&mtk, salt.as_ref());
    Ok(json!({
        "mki": hex::encode(mki.to_octets()),
        "rtp_encr": hex::encode(keys.rtp_encr.expose()),
        "rtp_auth": hex::encode(keys.rtp_auth.expose()),
        "rtp_salt": hex::encode(keys.rtp_salt.expose()),
        "rtcp_encr": hex::encode(keys.rtcp_encr.expose()),
        "rtcp_auth": hex::encode(keys.rtcp_auth.expose()),
        "rtcp_salt": hex::encode(keys.rtcp_salt.expose()),
    }))
}
