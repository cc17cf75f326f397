//! The KMS of the file and its two entities: keys checked and made ready as a product would, and a count of decapsulations.

use core::cell::Cell;

use castkey::mcx::{
    AcceptedKms, AlgorithmPolicy, Entity, HeldKeys, KeyPeriods, KmsCertificate, KmsKeySet, McCrypto, Ntp64,
    Uid, Validity,
};
use castkey::sakke::eccsi::{KpakTable, SigningKey, Verifier};
use castkey::sakke::{Decapsulator, Device, Encapsulator, SED_LEN, SakkeDecapsulate, SakkeError, Ssv};
use castkey::secret::Secret;

use super::common::Example;
use super::file;

/// The mathematics of the library, with a count.
pub(crate) struct Math {
    encapsulator: Box<Encapsulator<Device>>,
    verifier: Verifier<'static, Device>,
    keys: [(&'static str, SigningKey<Device>, Box<Counted>); 2],
}

/// Decapsulates and counts.
pub(crate) struct Counted {
    decapsulator: Decapsulator<Device>,
    count: Cell<u32>,
}

impl SakkeDecapsulate for Counted {
    fn decapsulate(&self, sed: &[u8; SED_LEN], identity: &[u8]) -> Result<Ssv, SakkeError> {
        self.count.set(self.count.get() + 1);
        self.decapsulator.decapsulate(sed, identity)
    }
}

impl McCrypto for Math {
    type Encapsulate = Encapsulator<Device>;
    type Decapsulate = Counted;
    type Sign = SigningKey<Device>;
    type Verify = Verifier<'static, Device>;
}

fn periods(kms: &Example) -> KeyPeriods {
    KeyPeriods::new(kms.number("UserKeyPeriod"), kms.number("UserKeyOffset")).unwrap()
}

impl Math {
    /// The keys of the file, each checked against the others.
    pub(crate) fn of_the_file() -> Self {
        let file = file();
        let now = Ntp64::from_seconds(file.number("csk_message/ntp_seconds"));
        let kms = file.part("kms_init");
        let (z, kpak) = (kms.array("PubEncKey"), kms.array("PubAuthKey"));
        let certificate = KmsCertificate {
            kms_uri: kms.text("KmsUri").as_bytes(),
            periods: periods(&kms),
            user_id_format: kms.text("UserIdFormat").parse().unwrap(),
            parameter_set: 1,
            pub_enc_key: &z,
            pub_auth_key: &kpak,
            algorithms: AlgorithmPolicy::default(),
            validity: Validity::ALWAYS,
        };
        let mut encapsulator = Box::new(Encapsulator::blank());
        let table = Box::leak(Box::new(KpakTable::new()));
        let verifier = certificate.prepare(&mut encapsulator, table, now).unwrap();
        let keys = ["initiator_alice", "responder_gms"].map(|name| {
            let set = file.part(&format!("key_sets/{name}"));
            let set = KmsKeySet {
                kms_uri: certificate.kms_uri,
                user_uri: set.text("UserUri").as_bytes(),
                user_id: Uid::new(set.array("UserID")),
                period: set.number("KeyPeriodNo"),
                decrypt_key: Secret::new(set.array("UserDecryptKey")),
                signing_key: Secret::new(set.array("UserSigningKeySSK")),
                pub_token: set.array("UserPubTokenPVT"),
                validity: Validity::ALWAYS,
            };
            let mut own = Box::new(Counted { decapsulator: Decapsulator::blank(), count: Cell::new(0) });
            let sign = set.prepare(&certificate, &mut own.decapsulator).unwrap();
            (name, sign, own)
        });
        Self { encapsulator, verifier, keys }
    }

    /// How often anything was decapsulated.
    pub(crate) fn decapsulations(&self) -> u32 {
        self.keys.iter().map(|(.., counted)| counted.count.get()).sum()
    }
}

/// Runs `f` with the server (`responder_gms`) or the client (`initiator_alice`) of the file.
pub(crate) fn with<T>(math: &Math, key_set: &str, f: impl FnOnce(&Entity<'_, Math>) -> T) -> T {
    let file = file();
    let kms = file.part("kms_init");
    let uri = file.text(&format!("key_sets/{key_set}/UserUri")).as_bytes().to_vec();
    let kms_uri = kms.text("KmsUri").as_bytes();
    let validity = Validity::ALWAYS;
    let accepted = [AcceptedKms {
        uri: kms_uri,
        periods: periods(&kms),
        validity,
        encapsulate: &*math.encapsulator,
        verify: &math.verifier,
    }];
    let period = file.number(&format!("key_sets/{key_set}/KeyPeriodNo"));
    let (_, sign, decapsulate) = math.keys.iter().find(|(name, ..)| *name == key_set).unwrap();
    let keys = [HeldKeys { period, validity, sign, decapsulate: &**decapsulate }];
    f(&Entity { uri: &uri, kms_uri, kms: &accepted, keys: &keys })
}
