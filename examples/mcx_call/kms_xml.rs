//! The answers of a KMS as XML (TS 33.180 §D.3), and read again. The library takes typed values: this is the part of a
//! product that stands in front of it.
//!
//! ```text
//! KmsResponse  KmsMessage  KmsInit      KmsCertificate, KeyAlgorithms of another namespace at its end
//!                          KmsKeyProv   KmsKeySet ..
//! ```

use core::str::FromStr;
use std::collections::BTreeMap;

use castkey::mcx::{AlgorithmList, AlgorithmPolicy, Uid};
use castkey::secret::Secret;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::Outcome;

/// Public data of a KMS, owned.
#[derive(Clone, Debug)]
pub(crate) struct CertificateValues {
    pub(crate) kms_uri: String,
    pub(crate) period_s: u64,
    pub(crate) offset_s: u64,
    pub(crate) pub_enc_key: [u8; 257],
    pub(crate) pub_auth_key: [u8; 65],
    pub(crate) algorithms: AlgorithmPolicy,
}

/// Keys of one identity for one period, owned.
pub(crate) struct KeySetValues {
    pub(crate) kms_uri: String,
    pub(crate) user_uri: String,
    pub(crate) user_id: Uid,
    pub(crate) period: u64,
    pub(crate) decrypt_key: Secret<257>,
    pub(crate) signing_key: Secret<32>,
    pub(crate) pub_token: [u8; 65],
}

const NAMESPACE: &str = "urn:3gpp:ns:mcsecKMSInterface:1.0";

fn response(content: &str) -> String {
    format!("<KmsResponse xmlns=\"{NAMESPACE}\"><KmsMessage>{content}</KmsMessage></KmsResponse>")
}

pub(crate) fn write_certificate(values: &CertificateValues) -> String {
    let ids = values.algorithms.supported.ids().iter();
    let algorithms: String = ids.map(|id| format!("<a:Alg Id=\"{id}\"/>")).collect();
    response(&format!(
        "<KmsInit><KmsCertificate Version=\"1.1.0\" Role=\"Root\"><KmsUri>{}</KmsUri><UserIdFormat>2</UserIdFormat>\
         <UserKeyPeriod>{}</UserKeyPeriod><UserKeyOffset>{}</UserKeyOffset><PubEncKey>{}</PubEncKey>\
         <PubAuthKey>{}</PubAuthKey><ParameterSet>1</ParameterSet>\
         <a:KeyAlgorithms xmlns:a=\"urn:x-mcx:key-algorithms:1.0\" Default=\"{}\">{algorithms}</a:KeyAlgorithms>\
         </KmsCertificate></KmsInit>",
        values.kms_uri,
        values.period_s,
        values.offset_s,
        hex::encode(values.pub_enc_key),
        hex::encode(values.pub_auth_key),
        values.algorithms.default,
    ))
}

pub(crate) fn write_key_set(values: &KeySetValues) -> String {
    response(&format!(
        "<KmsKeyProv><KmsKeySet Version=\"1.1.0\"><KmsUri>{}</KmsUri><UserUri>{}</UserUri><UserID>{}</UserID>\
         <KeyPeriodNo>{}</KeyPeriodNo><UserDecryptKey>{}</UserDecryptKey>\
         <UserSigningKeySSK>{}</UserSigningKeySSK><UserPubTokenPVT>{}</UserPubTokenPVT></KmsKeySet></KmsKeyProv>",
        values.kms_uri,
        values.user_uri,
        hex::encode(values.user_id.octets()),
        values.period,
        hex::encode(values.decrypt_key.expose()),
        hex::encode(values.signing_key.expose()),
        hex::encode(values.pub_token),
    ))
}

/// Texts by the name of their element, and `Name/attribute` for attributes, each in document order.
pub(crate) struct Document(BTreeMap<String, Vec<String>>);

impl Document {
    pub(crate) fn read(octets: &[u8]) -> Outcome<Self> {
        let mut reader = Reader::from_str(core::str::from_utf8(octets)?);
        let (mut values, mut open) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
        loop {
            let event = reader.read_event()?;
            match &event {
                Event::Start(element) | Event::Empty(element) => {
                    let name = element.local_name().as_ref().to_owned();
                    for attribute in element.attributes() {
                        let attribute = attribute?;
                        let key = attribute.key.as_ref();
                        let value = attribute.value.clone().into_owned();
                        values.entry(format!("{name}/{key}")).or_default().push(value);
                    }
                    if matches!(event, Event::Start(_)) {
                        open.push(name);
                    }
                }
                Event::Text(text) => {
                    let name: &String = open.last().ok_or("text outside of the document")?;
                    values.entry(name.clone()).or_default().push(text.to_string());
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Eof => return Ok(Self(values)),
                _ => {}
            }
        }
    }

    /// The first text.
    pub(crate) fn text(&self, name: &str) -> Outcome<&str> {
        let first = self.0.get(name).and_then(|texts| texts.first());
        Ok(first.ok_or_else(|| format!("no {name}"))?)
    }

    fn number<T: FromStr<Err: core::error::Error + 'static>>(&self, name: &str) -> Outcome<T> {
        Ok(self.text(name)?.parse()?)
    }

    fn octets<const N: usize>(&self, name: &str) -> Outcome<[u8; N]> {
        Ok(hex::decode(self.text(name)?)?.try_into().map_err(|_| format!("{name} has another length"))?)
    }

    pub(crate) fn certificate(&self) -> Outcome<CertificateValues> {
        let ids = self.0.get("Alg/Id").map(Vec::as_slice).unwrap_or_default();
        let ids = ids.iter().map(|id| id.parse()).collect::<Result<Vec<u8>, _>>()?;
        let supported = AlgorithmList::new(&ids)?;
        let algorithms = AlgorithmPolicy {
            supported,
            default: self.number("KeyAlgorithms/Default")?,
            floor: supported,
            strict_preference: false,
        };
        Ok(CertificateValues {
            kms_uri: self.text("KmsUri")?.to_owned(),
            period_s: self.number("UserKeyPeriod")?,
            offset_s: self.number("UserKeyOffset")?,
            pub_enc_key: self.octets("PubEncKey")?,
            pub_auth_key: self.octets("PubAuthKey")?,
            algorithms,
        })
    }

    pub(crate) fn key_set(&self) -> Outcome<KeySetValues> {
        Ok(KeySetValues {
            kms_uri: self.text("KmsUri")?.to_owned(),
            user_uri: self.text("UserUri")?.to_owned(),
            user_id: Uid::new(self.octets("UserID")?),
            period: self.number("KeyPeriodNo")?,
            decrypt_key: Secret::new(self.octets("UserDecryptKey")?),
            signing_key: Secret::new(self.octets("UserSigningKeySSK")?),
            pub_token: self.octets("UserPubTokenPVT")?,
        })
    }
}
