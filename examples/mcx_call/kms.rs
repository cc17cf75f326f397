//! A KMS: it has the secrets, and gives certificates and key sets to whom it knows (TS 33.180 §5.3, §D.1).
//!
//! The requests stand in a MESSAGE here, so that everybody needs one socket only. A product asks by HTTPS, and knows who
//! asks by TLS and a log-in; here by the address.

use core::net::SocketAddr;

use castkey::mcx::{KeyPeriods, KmsSecrets, McxError, Ntp64};
use castkey::sakke::Server;
use castkey::time::NtpTime;

use crate::Outcome;
use crate::kms_xml::{CertificateValues, Document, KeySetValues, write_certificate, write_key_set};
use crate::plan::{self, LOCALHOST};
use crate::sip::{Body, Letter, Page, Pager, Part, Payload};
use crate::stage::Stage;

const ROOT: &str = "/keymanagement/identity/v1/";
const XML: &str = "application/xml";

pub(crate) struct Kms {
    pub(crate) name: &'static str,
    secrets: KmsSecrets<Server>,
    pub(crate) values: CertificateValues,
    /// Certificates of other KMSs that its users may meet.
    pub(crate) partners: Vec<CertificateValues>,
    sip: Pager,
    known: Vec<(SocketAddr, &'static str)>,
}

/// What somebody wants of a KMS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish<'a> {
    /// The certificate of the KMS.
    Init,
    /// The certificate of another KMS.
    CertCache(&'a str),
    /// The keys of an identity for the period of a time.
    KeyProv(&'a str, Ntp64),
}

impl Wish<'_> {
    fn path(self) -> String {
        match self {
            Self::Init => format!("{ROOT}init"),
            Self::CertCache(uri) => format!("{ROOT}certcache/{uri}"),
            Self::KeyProv(uri, time) => {
                let uri = uri.replace(':', "%3A").replace('@', "%40");
                format!("{ROOT}keyprov/{uri}/{:016X}", time.to_wire().to_bits())
            }
        }
    }
}

impl Kms {
    pub(crate) fn new(name: &'static str, uri: &str, stage: &mut Stage) -> Outcome<Self> {
        let secrets = KmsSecrets::generate(&mut stage.rng)?;
        let values = CertificateValues {
            kms_uri: uri.to_owned(),
            period_s: plan::PERIOD_S,
            offset_s: plan::OFFSET_S,
            pub_enc_key: secrets.pub_enc_key(),
            pub_auth_key: *secrets.pub_auth_key(),
            algorithms: plan::policy()?,
        };
        let sip = Pager::bind(LOCALHOST, &format!("sip:{uri}"))?;
        Ok(Self { name, secrets, values, partners: Vec::new(), sip, known: Vec::new() })
    }

    /// Whoever asks from this address is `uri`.
    pub(crate) fn enrol(&mut self, address: SocketAddr, uri: &'static str) {
        self.known.push((address, uri));
    }

    /// The keys of `uri` for `period`.
    pub(crate) fn issue(&self, uri: &str, period: u64, stage: &mut Stage) -> Result<KeySetValues, McxError> {
        let certificate = self.values.certificate()?;
        let set = certificate.issue(&self.secrets, uri.as_bytes(), period, &mut stage.rng)?;
        Ok(KeySetValues {
            kms_uri: self.values.kms_uri.clone(),
            user_uri: uri.to_owned(),
            user_id: set.user_id,
            period,
            decrypt_key: set.decrypt_key,
            signing_key: set.signing_key,
            pub_token: set.pub_token,
        })
    }

    /// Somebody with this socket asks for something; `None` when he is refused.
    pub(crate) fn ask(
        &mut self, name: &str, asker: &mut Pager, wish: Wish<'_>, stage: &mut Stage,
    ) -> Outcome<Option<Document>> {
        let path = wish.path();
        let payload = Payload::new(Body::Single(Part::new("text/uri-list", path.as_bytes())));
        let octets = asker.send(&format!("sip:{}", self.values.kms_uri), self.sip.address(), &payload)?;
        let short = path.strip_prefix(ROOT).unwrap_or_default();
        stage.sent(name, self.name, short, octets);
        let Some(Letter::Request(page)) = self.sip.receive() else {
            return Err("the KMS heard nothing".into());
        };
        let (code, xml) = match self.answer(&page, stage) {
            Some(xml) => (200, Body::Single(Part::new(XML, xml))),
            None => (403, Body::Empty),
        };
        let octets = self.sip.answer(&page, code, &Payload::new(xml))?;
        let what = if code == 200 { format!("200, {}", wish.brings()) } else { "403".to_owned() };
        stage.sent(self.name, name, &what, octets);
        match asker.receive() {
            Some(Letter::Answer { code: 200, payload }) => {
                Ok(Some(Document::read(payload.body.part(XML).ok_or("an answer without XML")?)?))
            }
            Some(Letter::Answer { .. }) => Ok(None),
            _ => Err("the KMS did not answer".into()),
        }
    }

    fn answer(&self, page: &Page, stage: &mut Stage) -> Option<String> {
        let who = self.known.iter().find(|(address, _)| *address == page.source()).map(|(_, uri)| *uri)?;
        let path = core::str::from_utf8(page.payload.body.part("text/uri-list")?).ok()?;
        let mut parts = path.strip_prefix(ROOT)?.split('/');
        match (parts.next()?, parts.next(), parts.next()) {
            ("init", None, None) => Some(write_certificate(&self.values)),
            ("certcache", Some(uri), None) => {
                self.partners.iter().find(|partner| partner.kms_uri == uri).map(write_certificate)
            }
            ("keyprov", Some(uri), Some(time)) => {
                let uri = uri.replace("%3A", ":").replace("%40", "@");
                let wire = NtpTime::from_bits(u64::from_str_radix(time, 16).ok()?);
                let periods = KeyPeriods::new(self.values.period_s, self.values.offset_s).ok()?;
                let period = periods.number(Ntp64::resolve(wire, stage.now)).ok()?;
                // Not several future periods: a stolen terminal would have them all.
                let is_near = period <= periods.number(stage.now).ok()?.checked_add(1)?;
                (uri == who && is_near)
                    .then(|| self.issue(&uri, period, stage).ok())?
                    .as_ref()
                    .map(write_key_set)
            }
            _ => None,
        }
    }
}

impl Wish<'_> {
    const fn brings(self) -> &'static str {
        match self {
            Self::Init | Self::CertCache(_) => "KmsCertificate",
            Self::KeyProv(..) => "KmsKeySet",
        }
    }
}
