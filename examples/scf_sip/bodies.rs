//! The bodies of SIP requests: a session description, and with it the documents of TS 26.237 as multipart/mixed.
//!
//! ```text
//! INVITE, re-INVITE for a new Ks    SDP | mbmsSecurityRegister: services | mbmsAuthorizedSecurityRegister: B-TID
//! re-INVITE for keys                SDP | mbmsMSK: MSKs, Key Number 0 for the current one
//! ```

use core::net::SocketAddr;

use castkey::id::MskName;
use castkey::ims::xml::{self, MAX_BODY_LEN, MskRequest, ServiceList, XmlSettings, names};
use castkey::ims::{BTid, ImsError, ServiceId};
use sdp_types::Session;

use crate::Outcome;
use crate::sip::{Body, Part, Payload, SipError};

/// The session: one stream of speech, which the terminal only receives.
pub(crate) fn session(address: SocketAddr) -> Outcome<Session> {
    let ip = address.ip();
    let text = format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 97\r\na=rtpmap:97 AMR/8000\r\n\
         a=recvonly\r\n"
    );
    Ok(Session::parse(text.as_bytes())?)
}

/// The body that asks for services; without a B-TID it is one of the HTTP variant.
pub(crate) fn services(address: SocketAddr, services: &[ServiceId], btid: Option<&BTid>) -> Outcome<Payload> {
    let mut out = vec![0; MAX_BODY_LEN];
    let list = xml::register::encode(&ServiceList::new(services)?, &mut out)?.to_vec();
    let mut parts = vec![Body::sdp_part(&session(address)?)?, Part::new(names::MIME_REGISTER.text, list)];
    if let Some(btid) = btid {
        let btid = xml::btid::encode(btid, &mut out)?.to_vec();
        parts.push(Part::new(names::MIME_AUTHORIZED_REGISTER.text, btid));
    }
    Ok(Payload::new(Body::Mixed(parts)))
}

/// The body that asks for MSKs.
pub(crate) fn msks(address: SocketAddr, msks: &[MskName]) -> Outcome<Payload> {
    let mut out = vec![0; MAX_BODY_LEN];
    let list = MskRequest::new(msks.iter().copied())?.encode(&mut out)?.to_vec();
    let parts = vec![Body::sdp_part(&session(address)?)?, Part::new(names::MIME_MSK.text, list)];
    Ok(Payload::new(Body::Mixed(parts)))
}

/// What the body of an INVITE asks for, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) services: Vec<ServiceId>,
    pub(crate) btid: Option<BTid>,
    pub(crate) msks: Vec<MskName>,
}

impl Asked {
    /// # Errors
    ///
    /// What the documents are refused with; [`ImsError::Malformed`] for a session description that cannot be read.
    pub(crate) fn read(body: &Body) -> Result<Self, ImsError> {
        let settings = XmlSettings::default();
        body.session().map_err(|_: SipError| ImsError::Malformed)?;
        let mut asked = Self::default();
        if let Some(octets) = body.part(names::MIME_REGISTER.text) {
            asked.services = xml::register::decode(octets, settings)?.iter().collect();
        }
        if let Some(octets) = body.part(names::MIME_AUTHORIZED_REGISTER.text) {
            asked.btid = Some(xml::btid::decode(octets, settings)?);
        }
        if let Some(octets) = body.part(names::MIME_MSK.text) {
            asked.msks = MskRequest::decode(octets, settings)?.names().to_vec();
        }
        Ok(asked)
    }
}
