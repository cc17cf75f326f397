//! Every name that the documents use, in one table: elements, attributes, namespaces and media types.
//!
//! Those that no public text confirms (points U-4, U-5, U-7, U-8) are marked; to speak to a peer that uses others,
//! this is the only file to change.

/// What a [`Name`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameKind {
    /// An element, by its local name.
    Element,
    /// An attribute without prefix.
    Attribute,
    /// A namespace.
    Namespace,
    /// A media type.
    MediaType,
}

/// A name of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// What it names.
    pub kind: NameKind,
    /// The name as it stands in a body or header.
    pub text: &'static str,
    /// Whether a public text confirms it; otherwise it is a default.
    pub confirmed: bool,
}

/// Namespace of the prefix `xml` (Namespaces in XML 1.0 §3).
pub(super) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of the prefix `xmlns` (Namespaces in XML 1.0 §3).
pub(super) const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident = $kind:ident $text:literal $mark:ident;)+) => {
        $($(#[$doc])*
        pub const $name: Name = Name { kind: NameKind::$kind, text: $text, confirmed: table!(@ $mark) };)+

        /// The whole table.
        pub const ALL: &[Name] = &[$($name),+];
    };
    (@ confirmed) => { true };
    (@ unconfirmed) => { false };
}

table! {
    /// Root of the B-TID document and of the NAF key information (TS 26.237 Annex I.1, I.2).
    MBMS_AUTHORIZED_SECURITY_REGISTER = Element "mbmsAuthorizedSecurityRegister" confirmed;
    /// B-TID (TS 26.237 Annex I.1, I.2).
    BTID = Element "btid" confirmed;
    /// Address of the terminal (TS 26.237 Annex I.2).
    UE_IP_ADDRESS = Element "ueIPaddress" confirmed;
    /// The MUK (TS 26.237 Annex I.2).
    MUK = Element "muk" confirmed;
    /// End of the MUK (TS 26.237 Annex I.2).
    MUK_LIFE_TIME = Element "mukLifeTime" confirmed;
    /// Host name of the NAF (TS 26.237 Annex I.2).
    NAF_FQDN = Element "nafFqdn" confirmed;
    /// Root of a registration.
    MBMS_SECURITY_REGISTER = Element "mbmsSecurityRegister" unconfirmed;
    /// Root of a deregistration.
    MBMS_SECURITY_DEREGISTER = Element "mbmsSecurityDeregister" unconfirmed;
    /// Root of the answer to both.
    MBMS_SECURITY_REGISTER_RESPONSE = Element "mbmsSecurityRegisterResponse" unconfirmed;
    /// Root of an Authorization Notification.
    MBMS_AUTHORIZE = Element "mbmsAuthorize" unconfirmed;
    /// Root of an MSK request.
    MBMS_MSK = Element "mbmsMSK" unconfirmed;
    /// Root of the answer to an MSK request.
    MBMS_MSK_RESPONSE = Element "mbmsMSKResponse" unconfirmed;
    /// One item of an answer.
    RESPONSE = Element "Response" unconfirmed;
    /// MBMS User Service ID.
    SERVICE_ID = Element "serviceId" unconfirmed;
    /// Status of one item, three digits.
    RESPONSE_CODE = Element "responseCode" unconfirmed;
    /// The name of one MSK.
    MSK = Element "MSK" unconfirmed;
    /// Key Domain ID, base64 of 3 octets.
    KEY_DOMAIN_ID = Element "keyDomainID" unconfirmed;
    /// MSK ID, base64 of 4 octets.
    MSK_ID = Element "MSKID" unconfirmed;
    /// Root of the security description (TS 26.346 §11.3).
    SECURITY_DESCRIPTION = Element "securityDescription" unconfirmed;
    /// The key management servers, and how to spread requests to them.
    KEY_MANAGEMENT = Element "keyManagement" unconfirmed;
    /// One key management server.
    SERVER_URI = Element "serverURI" unconfirmed;
    /// Which MSK protects which flow.
    KEY_ID = Element "keyId" unconfirmed;
    /// One flow and its MSK.
    MEDIA_FLOW = Element "mediaFlow" unconfirmed;
    /// Forward error correction of the protected download session.
    FEC_PROTECTION = Element "fecProtection" unconfirmed;
    /// Address and port of a flow; as an attribute or as an element.
    FLOW_ID = Attribute "flowID" unconfirmed;
    /// Whether the service is encrypted.
    CONFIDENTIALITY_PROTECTION = Attribute "confidentialityProtection" unconfirmed;
    /// Whether the service is integrity protected.
    INTEGRITY_PROTECTION = Attribute "integrityProtection" unconfirmed;
    /// Whether keys are managed in the UICC; of the root or of `keyManagement`.
    UICC_KEY_MANAGEMENT = Attribute "uiccKeyManagement" unconfirmed;
    /// Least wait before a key request, seconds.
    OFFSET_TIME = Attribute "offsetTime" unconfirmed;
    /// Further random wait, seconds.
    RANDOM_TIME_PERIOD = Attribute "randomTimePeriod" unconfirmed;
    /// FEC Encoding ID.
    FEC_ENCODING_ID = Attribute "fecEncodingID" unconfirmed;
    /// FEC Instance ID.
    FEC_INSTANCE_ID = Attribute "fecInstanceID" unconfirmed;
    /// FEC Object Transmission Information.
    FEC_OTI_EXTENSION = Attribute "fecOtiExtension" unconfirmed;
    /// Of the B-TID document (TS 26.237 Annex I.1).
    NS_B_TID = Namespace "urn:3GPP:metadata:2005:MBMS:bootstrappingTransactionIdentifier" confirmed;
    /// Of the NAF key information (TS 26.237 Annex I.2).
    NS_NAF_KEY_INFO = Namespace "urn:3GPP:metadata:2005:MBMS:nafKeyInfo" confirmed;
    /// Of a registration, and of a service ID inside the NAF key information.
    NS_REGISTRATION = Namespace "urn:3GPP:metadata:2005:MBMS:securityRegistration" unconfirmed;
    /// Of a deregistration.
    NS_DEREGISTRATION = Namespace "urn:3GPP:metadata:2005:MBMS:securityDeregistration" unconfirmed;
    /// Of the answer to both.
    NS_REGISTRATION_RESPONSE = Namespace "urn:3GPP:metadata:2005:MBMS:registrationResponse" unconfirmed;
    /// Of an MSK request.
    NS_MSK = Namespace "urn:3GPP:metadata:2005:MBMS:msk" unconfirmed;
    /// Of the answer to an MSK request (TS 26.346 §11.8).
    NS_MSK_RESPONSE = Namespace "urn:3GPP:metadata:2005:MBMS:mskResponse" confirmed;
    /// Of an Authorization Notification.
    NS_AUTHORIZE = Namespace "urn:3GPP:metadata:2005:MBMS:authorize" unconfirmed;
    /// Of the security description (TS 26.346 §11.3.1).
    NS_SECURITY_DESCRIPTION = Namespace "urn:3GPP:metadata:2005:MBMS:securityDescription" confirmed;
    /// Of an Authorization Notification (TS 26.237 §10.4.1).
    MIME_AUTHORIZE = MediaType "application/mbms-authorize+xml" confirmed;
    /// Of the NAF key information.
    MIME_AUTHORIZED_REGISTER = MediaType "application/mbms-authorized-register+xml" unconfirmed;
    /// Of a registration.
    MIME_REGISTER = MediaType "application/mbms-register+xml" confirmed;
    /// Of a deregistration.
    MIME_DEREGISTER = MediaType "application/mbms-deregister+xml" confirmed;
    /// Of the answer to both.
    MIME_REGISTER_RESPONSE = MediaType "application/mbms-register-response+xml" confirmed;
    /// Of an MSK request.
    MIME_MSK = MediaType "application/mbms-msk+xml" confirmed;
    /// Of the answer to an MSK request.
    MIME_MSK_RESPONSE = MediaType "application/mbms-msk-response+xml" confirmed;
    /// Of the security description (TS 26.346 §11.3.1).
    MIME_PROTECTION_DESCRIPTION = MediaType "application/mbms-protection-description+xml" confirmed;
}
