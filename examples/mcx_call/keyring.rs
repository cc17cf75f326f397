//! What a client or a server has from KMSs, checked and made ready, and the [`Entity`] that a machine is handed.

use castkey::mcx::{
    AcceptedKms, Entity, HeldKeys, KeyPeriods, KmsCertificate, KmsKeySet, McxError, Ntp64, USER_ID_FORMAT,
    Validity,
};
use castkey::sakke::eccsi::{self, KpakTable, SigningKey};
use castkey::sakke::{Decapsulator, Encapsulator, Profile};

use crate::kms_xml::{CertificateValues, KeySetValues};
use crate::math::{Count, CountedDecapsulator, CountedVerifier, Math, Tally};

struct Kms<P: Profile + eccsi::Profile> {
    values: CertificateValues,
    periods: KeyPeriods,
    encapsulate: Box<Encapsulator<P>>,
    verify: CountedVerifier<P>,
}

struct Keys<P: Profile + eccsi::Profile> {
    period: u64,
    sign: SigningKey<P>,
    decapsulate: CountedDecapsulator<P>,
}

pub(crate) struct Keyring<P: Profile + eccsi::Profile> {
    uri: String,
    kms_uri: String,
    kms: Vec<Kms<P>>,
    keys: Vec<Keys<P>>,
    tally: Count,
}

impl CertificateValues {
    /// As the library wants it.
    pub(crate) fn certificate(&self) -> Result<KmsCertificate<'_>, McxError> {
        Ok(KmsCertificate {
            kms_uri: self.kms_uri.as_bytes(),
            periods: KeyPeriods::new(self.period_s, self.offset_s)?,
            user_id_format: USER_ID_FORMAT,
            parameter_set: 1,
            pub_enc_key: &self.pub_enc_key,
            pub_auth_key: &self.pub_auth_key,
            algorithms: self.algorithms,
            validity: Validity::ALWAYS,
        })
    }
}

impl<P: Profile + eccsi::Profile> Keyring<P> {
    /// Of somebody who has nothing yet.
    pub(crate) fn new(uri: &str, kms_uri: &str) -> Self {
        let (uri, kms_uri) = (uri.to_owned(), kms_uri.to_owned());
        Self { uri, kms_uri, kms: Vec::new(), keys: Vec::new(), tally: Count::default() }
    }

    /// Takes the certificate of a KMS, once it is checked.
    pub(crate) fn accept(&mut self, values: CertificateValues, now: Ntp64) -> Result<(), McxError> {
        let mut encapsulate = Box::new(Encapsulator::blank());
        let mut table = Box::new(KpakTable::new());
        values.certificate()?.prepare(&mut encapsulate, &mut table, now)?;
        let verify = CountedVerifier { table, tally: self.tally.clone() };
        let periods = KeyPeriods::new(values.period_s, values.offset_s)?;
        self.kms.push(Kms { values, periods, encapsulate, verify });
        Ok(())
    }

    /// Takes a key set of the own KMS, once it is checked.
    pub(crate) fn take(&mut self, values: &KeySetValues) -> Result<(), McxError> {
        let own = self.kms.iter().find(|kms| kms.values.kms_uri == self.kms_uri);
        let certificate = own.ok_or(McxError::NotAuthorized)?.values.certificate()?;
        if values.user_uri != self.uri {
            return Err(McxError::BadKeySet);
        }
        let set = KmsKeySet {
            kms_uri: values.kms_uri.as_bytes(),
            user_uri: values.user_uri.as_bytes(),
            user_id: values.user_id,
            period: values.period,
            decrypt_key: values.decrypt_key.duplicate(),
            signing_key: values.signing_key.duplicate(),
            pub_token: values.pub_token,
            validity: Validity::ALWAYS,
        };
        let mut inner = Box::new(Decapsulator::blank());
        let sign = set.prepare(&certificate, &mut inner)?;
        let decapsulate = CountedDecapsulator { inner, tally: self.tally.clone() };
        self.keys.push(Keys { period: values.period, sign, decapsulate });
        Ok(())
    }

    /// Numbers of the periods that keys are held for.
    pub(crate) fn periods(&self) -> Vec<u64> {
        self.keys.iter().map(|keys| keys.period).collect()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.get()
    }

    /// Runs `f` with the entity that all this makes.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&Entity<'_, Math<P>>) -> T) -> T {
        let kms: Vec<AcceptedKms<'_, Math<P>>> = self
            .kms
            .iter()
            .map(|kms| AcceptedKms {
                uri: kms.values.kms_uri.as_bytes(),
                periods: kms.periods,
                validity: Validity::ALWAYS,
                encapsulate: &*kms.encapsulate,
                verify: &kms.verify,
            })
            .collect();
        let keys: Vec<HeldKeys<'_, Math<P>>> = self
            .keys
            .iter()
            .map(|keys| HeldKeys {
                period: keys.period,
                validity: Validity::ALWAYS,
                sign: &keys.sign,
                decapsulate: &keys.decapsulate,
            })
            .collect();
        let (uri, kms_uri) = (self.uri.as_bytes(), self.kms_uri.as_bytes());
        f(&Entity { uri, kms_uri, kms: &kms, keys: &keys })
    }
}
