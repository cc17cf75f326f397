//! What everybody is configured with: names, services, subscriptions, times.

use castkey::id::{GroupName, KeyDomainCoding, KeyDomainId, KeyGroup};
use castkey::ims::bm_sc_request::MskDelivery;
use castkey::ims::scf::ScfConfig;
use castkey::ims::upf::UpfConfig;
use castkey::ims::{MissedBackOff, ServiceId, UeTiming};
use castkey::role::{BmScConfig, SwitchTiming, UeConfig};

use crate::Outcome;

pub(crate) const BSF: &str = "bsf.home1.net";
/// The NAF of this variant is the SCF (TS 26.237 §10.4.2).
pub(crate) const SCF: &str = "scf.home1.net";
pub(crate) const BM_SC: &str = "bmsc.home1.net";
pub(crate) const SCF_URI: &str = "sip:mbms@scf.home1.net";

/// First wait of SIP before it sends again, milliseconds; RFC 3261 has 500.
pub(crate) const T1_MS: u64 = 60;

/// How long a MUK that was replaced serves what is under way, milliseconds; 10,000 by default.
pub(crate) const OLD_MUK_MS: u64 = 700;

/// Lifetime of a Ks in this run, milliseconds, and that of the one whose renewal is played.
pub(crate) const KS_MS: u64 = 3_600_000;
pub(crate) const SHORT_KS_MS: u64 = 4_000;
const RENEW_BEFORE_MS: u64 = 3_000;

/// A service, and the Key Group of its traffic.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) id: ServiceId,
    pub(crate) group: GroupName,
}

/// All services of this BM-SC.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) news: Service,
    pub(crate) sports: Service,
    /// Nobody in this run has subscribed to it.
    pub(crate) films: Service,
}

impl Services {
    pub(crate) fn new() -> Outcome<Self> {
        let domain =
            KeyDomainId::from_mcc_mnc("001", "01", KeyDomainCoding::Plmn).ok_or("no such network")?;
        let service = |name: &str, group| {
            let id = ServiceId::new(&format!("urn:3gpp:mbms:service:{name}"))?;
            Ok::<_, Box<dyn core::error::Error>>(Service {
                id,
                group: GroupName::new(domain, KeyGroup(group)),
            })
        };
        Ok(Self {
            news: service("news", 0x0A01)?,
            sports: service("sports", 0x0A02)?,
            films: service("films", 0x0A03)?,
        })
    }

    pub(crate) fn all(&self) -> [&Service; 3] {
        [&self.news, &self.sports, &self.films]
    }

    /// The service whose traffic this Key Group protects.
    pub(crate) fn of_group(&self, group: GroupName) -> Option<&Service> {
        self.all().into_iter().find(|service| service.group == group)
    }

    pub(crate) fn of_id(&self, id: &ServiceId) -> Option<&Service> {
        self.all().into_iter().find(|service| service.id == *id)
    }
}

const SWITCH: SwitchTiming = SwitchTiming { overlap_ms: 200, early_ms: 1_000, implicit: true };

pub(crate) fn ue_timing() -> UeTiming {
    UeTiming {
        msk_wait_ms: 500,
        renew_before_ms: RENEW_BEFORE_MS,
        old_muk_ms: OLD_MUK_MS,
        missed: MissedBackOff::new(300, 2_400),
        ..UeTiming::default()
    }
}

pub(crate) fn ue_config() -> UeConfig {
    UeConfig { timing: SWITCH, ..UeConfig::default() }
}

pub(crate) fn scf_config() -> ScfConfig {
    ScfConfig { upf_timeout_ms: 1_000, bsf_timeout_ms: 1_000, ..ScfConfig::default() }
}

pub(crate) fn upf_config() -> UpfConfig {
    let previous_muk_ms = u32::try_from(OLD_MUK_MS).unwrap_or(u32::MAX);
    UpfConfig { previous_muk_ms, ..UpfConfig::default() }
}

pub(crate) fn bm_sc_config() -> BmScConfig {
    BmScConfig {
        timing: SWITCH,
        retry_ms: 250,
        switch_wait_ms: 500,
        carousel_ms: 100,
        lead_ms: 30,
        ..MskDelivery::config()
    }
}
