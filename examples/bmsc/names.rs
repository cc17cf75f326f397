//! The names of the network: hosts, services with their Key Groups, subscribers.

use castkey::id::{GroupName, KeyDomainCoding, KeyDomainId, KeyGroup};
use castkey::ims::{Impu, NafFqdn, ServiceId};

use crate::Outcome;

/// The NAF of the HTTP variant.
pub(crate) const BM_SC: &str = "bmsc.home1.net";
/// The NAF of the SIP variant.
pub(crate) const SCF: &str = "scf.home1.net";

/// The services of the BM-SC, each with its one Key Group.
pub(crate) const SERVICES: [(&str, u16); 2] =
    [("urn:3gpp:mbms:service:news", 0x0B01), ("urn:3gpp:mbms:service:sport", 0x0B02)];

/// Number of a service in [`SERVICES`].
pub(crate) const NEWS: usize = 0;
pub(crate) const SPORT: usize = 1;

/// A service with its Key Group.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) id: ServiceId,
    pub(crate) group: GroupName,
}

pub(crate) fn services() -> Outcome<[Service; 2]> {
    let domain = KeyDomainId::from_mcc_mnc("001", "01", KeyDomainCoding::Plmn).ok_or("no such network")?;
    let service = |(id, group): (&str, u16)| {
        Ok::<_, castkey::ims::ImsError>(Service {
            id: ServiceId::new(id)?,
            group: GroupName::new(domain, KeyGroup(group)),
        })
    };
    let [news, sport] = SERVICES;
    Ok([service(news)?, service(sport)?])
}

pub(crate) fn naf(fqdn: &str) -> Outcome<NafFqdn> {
    Ok(NafFqdn::new(fqdn)?)
}

/// Who has a USIM.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) impi: String,
    pub(crate) impus: Vec<Impu>,
}

impl Subscriber {
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        let impus = vec![Impu::new(&format!("sip:{name}@home1.net"))?];
        Ok(Self { impi: format!("{name}@private.home1.net"), impus })
    }

    /// The identity that he uses.
    pub(crate) fn impu(&self) -> Outcome<&Impu> {
        Ok(self.impus.first().ok_or("a subscriber without an identity")?)
    }
}
