//! The NAF key information that the SCF gives the BM-SC (TS 26.237 Annex I.2): the one document with a key in it.
//!
//! ```text
//! mbmsAuthorizedSecurityRegister {
//!   ueIPaddress 1..n   IP literal; the first counts
//!   muk 1              base64(32)
//!   mukLifeTime 1      date-time, or seconds (point U-11)
//!   btid 1
//!   nafFqdn 1..n       host name, or base64 of one; the first counts
//!   serviceId 1..64    of the namespace of the registration: Annex I.2 has no place for them but "any foreign element"
//! }
//! ```

use core::fmt;
use core::net::IpAddr;

use super::XmlSettings;
use super::error::XmlError;
use super::muk_life_time::MukLifeTime;
use super::names::{
    BTID, MBMS_AUTHORIZED_SECURITY_REGISTER, MUK, MUK_LIFE_TIME, NAF_FQDN, NS_NAF_KEY_INFO, NS_REGISTRATION,
    SERVICE_ID, UE_IP_ADDRESS,
};
use super::pull::Pull;
use super::service_list::{ServiceItems, ServiceList, service_id};
use super::text::{MAX_VALUE_LEN, Text};
use super::write::XmlWriter;
use crate::crypto::base64;
use crate::crypto::password::Password;
use crate::error::EncodeError;
use crate::ims::{BTid, ImsError, NafFqdn, UeAddress};
use crate::keys::KsNaf;

/// What the SCF tells about one terminal, with its key. There is no `Clone` and no `PartialEq`, as for every key.
pub struct NafKeyInfo<'a> {
    /// Where the terminal takes MIKEY datagrams.
    pub ue_address: UeAddress,
    /// The MUK, which is Ks_NAF (TS 26.237 §10.4.2).
    pub muk: KsNaf,
    /// Until when it may be used.
    pub muk_life_time: MukLifeTime,
    /// The bootstrapping run that left it.
    pub btid: BTid,
    /// The NAF for which it was derived: the SCF.
    pub naf_fqdn: NafFqdn,
    /// The services for which the user is authorised.
    pub services: ServiceList<'a>,
}

impl<'a> NafKeyInfo<'a> {
    /// Reads the document. The body holds the key in base64 and stays the caller's to wipe, also after an error.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] when the body is no such document, an element is missing, one of `muk`, `mukLifeTime`
    /// and `btid` stands twice, the key has not 32 octets, the address is no IP literal, the host name is none in
    /// either form, or there are more than [`MAX_ITEMS`](super::MAX_ITEMS) services; [`ImsError::TooLong`] or
    /// [`ImsError::BadCharacter`] when a name is none.
    pub fn decode(body: &'a [u8], settings: XmlSettings) -> Result<Self, XmlError> {
        let namespace = &NS_NAF_KEY_INFO;
        let mut pull = Pull::new(body, settings)?;
        pull.root(&MBMS_AUTHORIZED_SECURITY_REGISTER, namespace)?;
        let (mut address, mut muk, mut life_time, mut btid, mut fqdn) = (None, None, None, None, None);
        let mut services = ServiceItems::new();
        while let Some(element) = pull.child()? {
            if pull.is(&element, &UE_IP_ADDRESS, namespace) {
                let read = pull.value(&element, ue_address)?;
                address.get_or_insert(read);
            } else if pull.is(&element, &MUK, namespace) {
                pull.once(&mut muk, &element, |text| text.secret().map(KsNaf::new))?;
            } else if pull.is(&element, &MUK_LIFE_TIME, namespace) {
                let form = pull.settings().muk_life_time;
                pull.once(&mut life_time, &element, |text| MukLifeTime::read(text, form))?;
            } else if pull.is(&element, &BTID, namespace) {
                pull.once(&mut btid, &element, |text| text.name(BTid::new))?;
            } else if pull.is(&element, &NAF_FQDN, namespace) {
                let read = pull.value(&element, naf_fqdn)?;
                fqdn.get_or_insert(read);
            } else if pull.is(&element, &SERVICE_ID, &NS_REGISTRATION) {
                let service = pull.value(&element, service_id)?;
                services.push(service).map_err(|kind| XmlError::new(kind, element.at))?;
            } else {
                pull.skip()?;
            }
        }
        let read = Self {
            ue_address: pull.required(address)?,
            muk: pull.required(muk)?,
            muk_life_time: pull.required(life_time)?,
            btid: pull.required(btid)?,
            naf_fqdn: pull.required(fqdn)?,
            services: pull.required(services.finish())?,
        };
        pull.finish()?;
        Ok(read)
    }

    /// Writes the document into `out`, where the key then stands in base64. After an error `out` is wiped.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`]; [`EncodeError::FieldTooLong`] when the body would exceed
    /// [`MAX_BODY_LEN`](super::MAX_BODY_LEN); [`EncodeError::Inconsistent`] when a name holds a character that XML
    /// cannot carry or has blanks around it, the address is no IP literal, or the FQDN is no host name.
    pub fn encode<'o>(&self, settings: XmlSettings, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let read_back = naf_fqdn(Text::plain(self.naf_fqdn.as_str()));
        if !is_ip_literal(self.ue_address.as_str()) || read_back.as_ref() != Ok(&self.naf_fqdn) {
            return Err(EncodeError::Inconsistent);
        }
        let mut w = XmlWriter::new(out);
        w.root(&MBMS_AUTHORIZED_SECURITY_REGISTER, &NS_NAF_KEY_INFO);
        w.end_tag();
        w.leaf(&UE_IP_ADDRESS, self.ue_address.as_str().chars());
        w.ascii(&MUK, Password::base64(self.muk.secret()).as_octets());
        w.leaf(&MUK_LIFE_TIME, self.muk_life_time.write(settings.muk_life_time).chars());
        w.leaf(&BTID, self.btid.as_str().chars());
        w.leaf(&NAF_FQDN, self.naf_fqdn.as_str().chars());
        for service in self.services.texts() {
            w.foreign_leaf(&SERVICE_ID, &NS_REGISTRATION, service.chars());
        }
        w.close(&MBMS_AUTHORIZED_SECURITY_REGISTER);
        w.finish()
    }
}

impl fmt::Debug for NafKeyInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NafKeyInfo")
            .field("ue_address", &self.ue_address)
            .field("muk_life_time", &self.muk_life_time)
            .field("btid", &self.btid)
            .field("naf_fqdn", &self.naf_fqdn)
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

fn is_ip_literal(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn ue_address(text: Text<'_>) -> Result<UeAddress, ImsError> {
    let value = text.value()?;
    if is_ip_literal(&value) { UeAddress::new(&value) } else { Err(ImsError::Malformed) }
}

/// Reads a host name, plain or in base64: the schema says base64, the sense says plain.
///
/// A text with a dot is never base64. One without may be both; it is base64 when that gives a name with a dot.
fn naf_fqdn(text: Text<'_>) -> Result<NafFqdn, ImsError> {
    let value = text.value()?;
    let mut octets = [0; MAX_VALUE_LEN];
    let decoded = base64::decode_text(&value, &mut octets)
        .and_then(|octets| core::str::from_utf8(octets).ok())
        .filter(|host| is_host_name(host));
    let host = match (is_host_name(&value), decoded) {
        (true, Some(decoded)) if decoded.contains('.') => decoded,
        (true, _) => &value,
        (false, Some(decoded)) => decoded,
        (false, None) => return Err(ImsError::Malformed),
    };
    NafFqdn::new(host)
}

/// Labels of letters, digits and hyphens between dots (RFC 1123 §2.1).
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    text.split('.').all(is_label)
}
