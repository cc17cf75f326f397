//! How MIKEY travels in a MESSAGE here, and what is answered.
//!
//! ```text
//! MESSAGE  From the MC service user ID or MDSI, P-Asserted-Identity the IMPU, body application/mikey
//! 200      taken
//! 400      not MIKEY        403  refused
//! 488      another KMS, with application/vnd.3gpp.kmsredirectresponse+xml (TS 33.180 §5.2.8)
//! 503      the keys of the period have to be fetched first
//! ```

use castkey::mcx::{McxError, PeerAnswer, Rejected, body_of_message, message_of_body};

use crate::Outcome;
use crate::kms_xml::Document;
use crate::sip::{Body, Part, Payload};

pub(crate) const ASSERTED: &str = "P-Asserted-Identity";
const MIKEY: &str = "application/mikey";
const KRR: &str = "application/vnd.3gpp.kmsredirectresponse+xml";

/// A body of octets, or of base64: receivers take either.
pub(crate) fn carry(message: &[u8], base64: bool) -> Outcome<Payload> {
    let mut text = [0; 2_048];
    let body = if base64 { body_of_message(message, &mut text)?.as_bytes() } else { message };
    Ok(Payload::new(Body::Single(Part::new(MIKEY, body))))
}

/// The message in a body.
pub(crate) fn carried(payload: &Payload) -> Result<Vec<u8>, McxError> {
    let body = payload.body.part(MIKEY).ok_or(McxError::Malformed)?;
    let mut out = [0; 4_096];
    message_of_body(body, &mut out).map(<[u8]>::to_vec)
}

/// What a refusal is answered with; `own_kms` is the KMS that would be right.
pub(crate) fn refusal(why: &Rejected<'_>, own_kms: &str) -> (u16, Payload) {
    match (why, why.peer_answer()) {
        (_, PeerAnswer::Later) => (503, Payload::EMPTY.with("Retry-After", "2")),
        (Rejected::KmsNotAccepted { uri, .. }, _) => {
            let rejected = String::from_utf8_lossy(uri);
            (488, redirect(&rejected, own_kms))
        }
        (_, PeerAnswer::BadRequest) => (400, Payload::EMPTY),
        _ => (403, Payload::EMPTY),
    }
}

/// A KMS Redirect Response. The names of its elements stand in no source that was at hand.
pub(crate) fn redirect(rejected: &str, proposed: &str) -> Payload {
    let xml = format!(
        "<KmsRedirectResponse xmlns=\"urn:3gpp:ns:mcsecKMSKRR:1.0\"><RejectedKmsUri>{rejected}</RejectedKmsUri>\
         <ReceiverKmsUri>{proposed}</ReceiverKmsUri></KmsRedirectResponse>"
    );
    Payload::new(Body::Single(Part::new(KRR, xml)))
}

/// The KMS that a redirect proposes.
pub(crate) fn proposed(payload: &Payload) -> Outcome<String> {
    let document = Document::read(payload.body.part(KRR).ok_or("a 488 without a redirect")?)?;
    Ok(document.text("ReceiverKmsUri")?.to_owned())
}
