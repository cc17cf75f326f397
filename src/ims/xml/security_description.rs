//! The MBMS security description of the service announcement (TS 26.346 §11.3; nesting unconfirmed, point U-7).
//!
//! ```text
//! securityDescription (confidentialityProtection, integrityProtection, uiccKeyManagement) {
//!   keyManagement 0..1 (offsetTime, randomTimePeriod, uiccKeyManagement) { serverURI 1..n }
//!   keyId 1..n { mediaFlow 1..n (flowID) { flowID, MSK { keyDomainID base64(3), MSKID base64(4) } } }
//!   fecProtection 0..1 (fecEncodingID, fecInstanceID, fecOtiExtension)
//! }
//! ```
//!
//! `flowID` is taken as an attribute or as an element, `uiccKeyManagement` of either element.

use core::net::SocketAddr;

use super::XmlSettings;
use super::error::XmlError;
use super::flow;
use super::msk_request::{MskNameParts, write_msk};
use super::names::{
    CONFIDENTIALITY_PROTECTION, FEC_ENCODING_ID, FEC_INSTANCE_ID, FEC_OTI_EXTENSION, FEC_PROTECTION, FLOW_ID,
    INTEGRITY_PROTECTION, KEY_ID, KEY_MANAGEMENT, MEDIA_FLOW, MSK, NS_SECURITY_DESCRIPTION, Name,
    OFFSET_TIME, RANDOM_TIME_PERIOD, SECURITY_DESCRIPTION, SERVER_URI, UICC_KEY_MANAGEMENT,
};
use super::pull::{Element, Pull};
use super::text::Text;
use super::write::XmlWriter;
use crate::error::EncodeError;
use crate::id::{GroupName, KeyNumber};
use crate::ims::{FecOtiExtension, ImsError, ServerUri};

const NS: &Name = &NS_SECURITY_DESCRIPTION;

/// A flow of the service, and the Key Group that protects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaFlow {
    /// Destination address and port.
    pub flow: SocketAddr,
    /// The Key Group; `None` when the announcement names no MSK for this flow, which then cannot be decrypted.
    pub group: Option<GroupName>,
}

/// Forward error correction of the protected download session: carried, without a meaning for keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FecProtection {
    /// FEC Encoding ID.
    pub encoding_id: Option<u64>,
    /// FEC Instance ID.
    pub instance_id: Option<u64>,
    /// FEC Object Transmission Information, as the announcement writes it.
    pub oti_extension: Option<FecOtiExtension>,
}

/// What a terminal must know to get the keys of a service: up to `SERVERS` key management servers and `FLOWS` flows.
///
/// What it means is in [`activation`](Self::activation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityDescription<const SERVERS: usize = 8, const FLOWS: usize = 16> {
    /// Whether the service is encrypted. Default yes.
    pub confidentiality: bool,
    /// Whether the service is integrity protected. Default yes.
    pub integrity: bool,
    /// Whether keys are managed in the UICC (Ks_int_NAF, Ks_ext_NAF) instead of the terminal. Default yes.
    pub uicc_key_management: bool,
    /// Least wait before a key request, seconds. Default 0.
    pub offset_time_s: u32,
    /// Further random wait, seconds. Default 0.
    pub random_time_period_s: u32,
    /// Forward error correction, if announced.
    pub fec: Option<FecProtection>,
    servers: heapless::Vec<ServerUri, SERVERS>,
    flows: heapless::Vec<MediaFlow, FLOWS>,
}

impl<const SERVERS: usize, const FLOWS: usize> SecurityDescription<SERVERS, FLOWS> {
    /// A description with every default of the schema, no server and no flow.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            confidentiality: true,
            integrity: true,
            uicc_key_management: true,
            offset_time_s: 0,
            random_time_period_s: 0,
            fec: None,
            servers: heapless::Vec::new(),
            flows: heapless::Vec::new(),
        }
    }

    /// Adds a key management server.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`] when there are `SERVERS` already.
    pub fn add_server(&mut self, server: ServerUri) -> Result<(), ImsError> {
        self.servers.push(server).map_err(|_| ImsError::TooLong)
    }

    /// Adds a flow.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`] when there are `FLOWS` already.
    pub fn add_flow(&mut self, flow: MediaFlow) -> Result<(), ImsError> {
        self.flows.push(flow).map_err(|_| ImsError::TooLong)
    }

    /// The key management servers, in the order of the announcement.
    #[must_use]
    pub fn servers(&self) -> &[ServerUri] {
        &self.servers
    }

    /// The flows, in the order of the announcement.
    #[must_use]
    pub fn flows(&self) -> &[MediaFlow] {
        &self.flows
    }

    /// Reads a description.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] when the body is no such document or a value is none of its kind; [`ImsError::TooLong`]
    /// for more servers or flows than there is room for, or a text over its limit; [`ImsError::BadCharacter`].
    pub fn decode(body: &[u8], settings: XmlSettings) -> Result<Self, XmlError> {
        let mut pull = Pull::new(body, settings)?;
        pull.root(&SECURITY_DESCRIPTION, NS)?;
        let mut read = Self::new();
        let flag = |pull: &Pull<'_>, name: &Name| attribute(pull, name, Text::boolean);
        read.confidentiality = flag(&pull, &CONFIDENTIALITY_PROTECTION)?.unwrap_or(true);
        read.integrity = flag(&pull, &INTEGRITY_PROTECTION)?.unwrap_or(true);
        let mut uicc = flag(&pull, &UICC_KEY_MANAGEMENT)?;
        let mut managed = false;
        while let Some(element) = pull.child()? {
            if pull.is(&element, &KEY_MANAGEMENT, NS) {
                let here = flag(&pull, &UICC_KEY_MANAGEMENT)?;
                // Once only, and the two places of one setting must not contradict each other.
                if managed || matches!((uicc, here), (Some(a), Some(b)) if a != b) {
                    return Err(XmlError::new(ImsError::Malformed, element.at));
                }
                (managed, uicc) = (true, uicc.or(here));
                read.read_key_management(&mut pull)?;
            } else if pull.is(&element, &KEY_ID, NS) {
                while let Some(inner) = pull.child()? {
                    if pull.is(&inner, &MEDIA_FLOW, NS) {
                        let flow = read_media_flow(&mut pull, &inner)?;
                        read.add_flow(flow).map_err(|kind| XmlError::new(kind, inner.at))?;
                    } else {
                        pull.skip()?;
                    }
                }
            } else if pull.is(&element, &FEC_PROTECTION, NS) {
                if read.fec.is_some() {
                    return Err(XmlError::new(ImsError::Malformed, element.at));
                }
                read.fec = Some(FecProtection {
                    encoding_id: attribute(&pull, &FEC_ENCODING_ID, Text::number)?,
                    instance_id: attribute(&pull, &FEC_INSTANCE_ID, Text::number)?,
                    oti_extension: attribute(&pull, &FEC_OTI_EXTENSION, |text| {
                        text.name(FecOtiExtension::new)
                    })?,
                });
                pull.skip()?;
            } else {
                pull.skip()?;
            }
        }
        read.uicc_key_management = uicc.unwrap_or(true);
        pull.finish()?;
        Ok(read)
    }

    fn read_key_management(&mut self, pull: &mut Pull<'_>) -> Result<(), XmlError> {
        self.offset_time_s = attribute(pull, &OFFSET_TIME, seconds)?.unwrap_or(0);
        self.random_time_period_s = attribute(pull, &RANDOM_TIME_PERIOD, seconds)?.unwrap_or(0);
        while let Some(element) = pull.child()? {
            if pull.is(&element, &SERVER_URI, NS) {
                let server = pull.value(&element, |text| text.name(ServerUri::new))?;
                self.add_server(server).map_err(|kind| XmlError::new(kind, element.at))?;
            } else {
                pull.skip()?;
            }
        }
        Ok(())
    }

    /// Writes the description into `out`, every flow under one `keyId` and `uiccKeyManagement` at the root.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`]; [`EncodeError::FieldTooLong`] when the body would exceed
    /// [`MAX_BODY_LEN`](super::MAX_BODY_LEN); [`EncodeError::Inconsistent`] when a text holds a character that XML
    /// cannot carry or has blanks around it, a flow has port 0, or an IPv6 address has a scope.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let plain = |flow: &SocketAddr| *flow == SocketAddr::new(flow.ip(), flow.port()) && flow.port() != 0;
        if !self.flows.iter().all(|entry| plain(&entry.flow)) {
            return Err(EncodeError::Inconsistent);
        }
        let mut w = XmlWriter::new(out);
        w.root(&SECURITY_DESCRIPTION, NS);
        for (name, on) in [
            (CONFIDENTIALITY_PROTECTION, self.confidentiality),
            (INTEGRITY_PROTECTION, self.integrity),
            (UICC_KEY_MANAGEMENT, self.uicc_key_management),
        ] {
            w.attribute(name.text, if on { "true" } else { "false" }.chars());
        }
        w.end_tag();
        if !self.servers.is_empty() || (self.offset_time_s, self.random_time_period_s) != (0, 0) {
            w.open_tag(&KEY_MANAGEMENT);
            w.number(&OFFSET_TIME, self.offset_time_s.into());
            w.number(&RANDOM_TIME_PERIOD, self.random_time_period_s.into());
            w.end_tag();
            for server in &self.servers {
                w.leaf(&SERVER_URI, server.as_str().chars());
            }
            w.close(&KEY_MANAGEMENT);
        }
        if !self.flows.is_empty() {
            w.open(&KEY_ID);
            for entry in &self.flows {
                w.open_tag(&MEDIA_FLOW);
                w.attribute(FLOW_ID.text, flow::write(entry.flow).chars());
                w.end_tag();
                if let Some(group) = entry.group {
                    write_msk(group.msk(KeyNumber::CURRENT), &mut w);
                }
                w.close(&MEDIA_FLOW);
            }
            w.close(&KEY_ID);
        }
        if let Some(fec) = &self.fec {
            w.open_tag(&FEC_PROTECTION);
            for (name, value) in [(FEC_ENCODING_ID, fec.encoding_id), (FEC_INSTANCE_ID, fec.instance_id)] {
                if let Some(value) = value {
                    w.number(&name, value);
                }
            }
            if let Some(text) = &fec.oti_extension {
                w.attribute(FEC_OTI_EXTENSION.text, text.as_str().chars());
            }
            w.end_tag();
            w.close(&FEC_PROTECTION);
        }
        w.close(&SECURITY_DESCRIPTION);
        w.finish()
    }
}

impl<const SERVERS: usize, const FLOWS: usize> Default for SecurityDescription<SERVERS, FLOWS> {
    fn default() -> Self {
        Self::new()
    }
}

/// The attribute `name` of the element entered last, as what `read` makes of it.
fn attribute<'a, T>(
    pull: &Pull<'a>, name: &Name, read: impl FnOnce(Text<'a>) -> Result<T, ImsError>,
) -> Result<Option<T>, XmlError> {
    let Some((text, at)) = pull.attribute(name) else { return Ok(None) };
    read(text).map(Some).map_err(|kind| XmlError::new(kind, at))
}

fn seconds(text: Text<'_>) -> Result<u32, ImsError> {
    u32::try_from(text.number()?).map_err(|_| ImsError::Malformed)
}

fn read_media_flow(pull: &mut Pull<'_>, element: &Element<'_>) -> Result<MediaFlow, XmlError> {
    let mut flow = attribute(pull, &FLOW_ID, flow::read)?;
    let mut group = None;
    while let Some(inner) = pull.child()? {
        if pull.is(&inner, &FLOW_ID, NS) {
            pull.once(&mut flow, &inner, flow::read)?;
        } else if pull.is(&inner, &MSK, NS) {
            let name = MskNameParts::decode(pull, NS)?;
            if group.replace(name.group()).is_some() {
                return Err(XmlError::new(ImsError::Malformed, inner.at));
            }
        } else {
            pull.skip()?;
        }
    }
    let flow = flow.ok_or_else(|| XmlError::new(ImsError::Malformed, element.at))?;
    Ok(MediaFlow { flow, group })
}
