//! What the KMSs gave to a client or server: certificates and key sets, checked and made ready as a product would.

use castkey::mcx::{
    AcceptedKms, AlgorithmPolicy, Entity, HeldKeys, KeyPeriods, KmsCertificate, KmsKeySet, McxError,
    MikeySakke, Ntp64, USER_ID_FORMAT, Uid, Validity,
};
use castkey::sakke::eccsi::{Kpak, KpakTable, Pvt, SigningKey, Ssk, Verifier};
use castkey::sakke::{Decapsulator, Device, Encapsulator};
use castkey::secret::Secret;

use super::{exactly, periods};
use crate::input::{Input, wrong};
use crate::refusal::Refusal;

/// The mathematics of the harness.
pub(super) type Math<'t> = MikeySakke<'t, Device>;

/// An accepted KMS.
struct Kms {
    uri: Vec<u8>,
    periods: KeyPeriods,
    validity: Validity,
    kpak: [u8; 65],
    z: [u8; 257],
    encapsulator: Box<Encapsulator<Device>>,
    table: Box<KpakTable<Device>>,
}

impl Kms {
    /// `{kms_uri_text, kpak, z, period, offset}`, with `valid_from`, `valid_to` and `revoked` where they matter.
    fn of(input: Input<'_>, now: Ntp64) -> Result<Self, Refusal> {
        let mut kms = Self {
            uri: input.text("kms_uri_text")?.into(),
            periods: periods(input)?,
            validity: validity(input)?,
            kpak: exactly(input, "kpak", McxError::BadCertificate)?,
            z: exactly(input, "z", McxError::BadCertificate)?,
            encapsulator: Box::new(Encapsulator::blank()),
            table: Box::new(KpakTable::new()),
        };
        let (mut encapsulator, mut table) = (Box::new(Encapsulator::blank()), Box::new(KpakTable::new()));
        // A certificate that counts at another time than now is held all the same.
        let whenever = KmsCertificate { validity: Validity::ALWAYS, ..kms.certificate() };
        whenever.prepare(&mut encapsulator, &mut table, now)?;
        (kms.encapsulator, kms.table) = (encapsulator, table);
        Ok(kms)
    }

    fn certificate(&self) -> KmsCertificate<'_> {
        KmsCertificate {
            kms_uri: &self.uri,
            periods: self.periods,
            user_id_format: USER_ID_FORMAT,
            parameter_set: 1,
            pub_enc_key: &self.z,
            pub_auth_key: &self.kpak,
            algorithms: AlgorithmPolicy::default(),
            validity: self.validity,
        }
    }
}

fn validity(input: Input<'_>) -> Result<Validity, Refusal> {
    Ok(Validity {
        from: input.number_if("valid_from")?.map(Ntp64::from_seconds),
        to: input.number_if("valid_to")?.map(Ntp64::from_seconds),
        revoked: input.flag_if("revoked")?.unwrap_or(false),
    })
}

/// A key set.
struct Keys {
    period: u64,
    validity: Validity,
    sign: SigningKey<Device>,
    decapsulator: Box<Decapsulator<Device>>,
}

/// What an operation does with its keys.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Signs only; there is no RSK.
    Sender,
    /// Signs and decapsulates.
    Receiver,
}

/// A user or a server with its key sets.
pub(super) struct Provisioned {
    uri: Vec<u8>,
    kms_uri: Vec<u8>,
    kms: Vec<Kms>,
    keys: Vec<Keys>,
}

impl Provisioned {
    /// The entity `uri`: KMSs in `kms` and its key sets in `key_sets`; or one of each, flat beside the other inputs. The
    /// first KMS is its own unless `kms_uri_text` says otherwise.
    pub(super) fn of(input: Input<'_>, uri: &str, part: Part, now: Ntp64) -> Result<Self, Refusal> {
        let listed = input.objects("kms")?;
        let listed = if listed.is_empty() { vec![input] } else { listed };
        let kms = listed.into_iter().map(|kms| Kms::of(kms, now)).collect::<Result<Vec<_>, _>>()?;
        let first = kms.first().ok_or_else(|| wrong("kms"))?;
        let kms_uri = input.text_if("kms_uri_text")?.map_or_else(|| first.uri.clone(), Into::into);
        let mut own = Self { uri: uri.into(), kms_uri, kms, keys: Vec::new() };
        if input.get("key_sets").is_none() {
            own.hold(input, part, now)?;
        }
        for set in input.objects("key_sets")? {
            own.hold(set, part, now)?;
        }
        Ok(own)
    }

    /// Takes a key set `{rsk, ssk, pvt, period_no}`. Where the number is left out, the keys say which of the previous, the
    /// current and the next period they are for.
    pub(super) fn hold(&mut self, input: Input<'_>, part: Part, now: Ntp64) -> Result<(), Refusal> {
        let rsk: Option<[u8; 257]> = match part {
            Part::Sender => None,
            Part::Receiver => Some(exactly(input, "rsk", McxError::BadKeySet)?),
        };
        let ssk: [u8; 32] = exactly(input, "ssk", McxError::BadKeySet)?;
        let pub_token = exactly(input, "pvt", McxError::BadKeySet)?;
        let kms = self.kms.iter().find(|kms| kms.uri == self.kms_uri).ok_or(McxError::BadKeySet)?;
        let validity = validity(input)?;
        let periods = match input.number_if("period_no")? {
            Some(period) => vec![period],
            None => {
                let current = kms.periods.number(now)?;
                vec![current, current.saturating_sub(1), current.saturating_add(1)]
            }
        };
        let certificate = kms.certificate();
        let mut refused = McxError::BadKeySet;
        for period in periods {
            let user_id = Uid::derive(&self.uri, &kms.uri, kms.periods, period)?;
            let mut decapsulator = Box::new(Decapsulator::blank());
            let signing_key = Secret::new(ssk);
            let sign = match rsk {
                Some(rsk) => {
                    let (kms_uri, user_uri, decrypt_key) = (&*self.kms_uri, &*self.uri, Secret::new(rsk));
                    KmsKeySet {
                        kms_uri,
                        user_uri,
                        user_id,
                        period,
                        decrypt_key,
                        signing_key,
                        pub_token,
                        validity,
                    }
                    .prepare(&certificate, &mut decapsulator)
                }
                None => {
                    let (kpak, ssk) = (Kpak::from_octets(&kms.kpak)?, Ssk::new(signing_key));
                    SigningKey::validate(user_id.octets(), &kpak, ssk, &Pvt(pub_token))
                        .map_err(|_| McxError::BadKeySet)
                }
            };
            match sign {
                Ok(sign) => {
                    self.keys.push(Keys { period, validity, sign, decapsulator });
                    return Ok(());
                }
                Err(e) => refused = e,
            }
        }
        Err(refused.into())
    }

    /// Runs `f` with the entity.
    pub(super) fn with<T>(
        &self, f: impl FnOnce(&Entity<'_, Math<'_>>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let verifiers: Vec<Verifier<'_, Device>> =
            self.kms.iter().map(|kms| kms.table.verifier()).collect::<Result<_, _>>()?;
        let kms: Vec<AcceptedKms<'_, Math<'_>>> = self
            .kms
            .iter()
            .zip(&verifiers)
            .map(|(kms, verify)| AcceptedKms {
                uri: &kms.uri,
                periods: kms.periods,
                validity: kms.validity,
                encapsulate: &*kms.encapsulator,
                verify,
            })
            .collect();
        let keys: Vec<HeldKeys<'_, Math<'_>>> = self
            .keys
            .iter()
            .map(|keys| HeldKeys {
                period: keys.period,
                validity: keys.validity,
                sign: &keys.sign,
                decapsulate: &*keys.decapsulator,
            })
            .collect();
        f(&Entity { uri: &self.uri, kms_uri: &self.kms_uri, kms: &kms, keys: &keys })
    }
}
