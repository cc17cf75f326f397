//! Mission-critical services: the server of the published example opens the published CSK message.

use castkey::keys::PurposeTag;
use castkey::mcx::{
    AcceptedKms, AlgorithmPolicy, Direction, Entity, Envelope, HeldKeys, KeyPeriods, KmsCertificate,
    KmsKeySet, McCrypto, McxSettings, Ntp64, PARAMETERS_ROOM_LEN, ReplayCache, Uid, Validity, screen,
};
use castkey::sakke::eccsi::{KpakTable, SigningKey, Verifier};
use castkey::sakke::{Decapsulator, Device, Encapsulator};
use castkey::secret::Secret;

use crate::board::check;
use crate::vectors::{
    CSK, DECRYPT_KEY, I_MESSAGE, INITIATOR, KMS_URI, NOW, PERIOD, PERIOD_NUMBER, PERIOD_OFFSET, PUB_AUTH_KEY,
    PUB_ENC_KEY, PUB_TOKEN, SIGNING_KEY, USER_ID, USER_ID_FORMAT, USER_URI,
};

/// The mathematics of the library, with the tables of a device.
struct Math<'t>(core::marker::PhantomData<&'t ()>);

impl<'t> McCrypto for Math<'t> {
    type Encapsulate = Encapsulator<Device>;
    type Decapsulate = Decapsulator<Device>;
    type Sign = SigningKey<Device>;
    type Verify = Verifier<'t, Device>;
}

/// Keys checked against each other, then screening, opening, binding.
pub fn published_csk_message() {
    check(opened() == Some(()), "the published CSK message does not open");
}

fn opened() -> Option<()> {
    let now = Ntp64::from_seconds(NOW);
    let periods = KeyPeriods::new(PERIOD, PERIOD_OFFSET).ok()?;
    let certificate = KmsCertificate {
        kms_uri: KMS_URI.as_bytes(),
        periods,
        user_id_format: USER_ID_FORMAT.parse().ok()?,
        parameter_set: 1,
        pub_enc_key: &PUB_ENC_KEY,
        pub_auth_key: &PUB_AUTH_KEY,
        algorithms: AlgorithmPolicy::default(),
        validity: Validity::ALWAYS,
    };
    let (mut encapsulate, mut decapsulate) =
        (Encapsulator::<Device>::blank(), Decapsulator::<Device>::blank());
    let mut table = KpakTable::new();
    let verify = certificate.prepare(&mut encapsulate, &mut table, now).ok()?;
    let keys = KmsKeySet {
        kms_uri: certificate.kms_uri,
        user_uri: USER_URI.as_bytes(),
        user_id: Uid::new(USER_ID),
        period: PERIOD_NUMBER,
        decrypt_key: Secret::new(DECRYPT_KEY),
        signing_key: Secret::new(SIGNING_KEY),
        pub_token: PUB_TOKEN,
        validity: Validity::ALWAYS,
    };
    let sign = keys.prepare(&certificate, &mut decapsulate).ok()?;
    let validity = Validity::ALWAYS;
    let kms = [AcceptedKms {
        uri: KMS_URI.as_bytes(),
        periods,
        validity,
        encapsulate: &encapsulate,
        verify: &verify,
    }];
    let held = [HeldKeys { period: PERIOD_NUMBER, validity, sign: &sign, decapsulate: &decapsulate }];
    let server: Entity<'_, Math<'_>> =
        Entity { uri: USER_URI.as_bytes(), kms_uri: KMS_URI.as_bytes(), kms: &kms, keys: &held };

    let upload =
        Envelope { direction: Direction::Upload, initiator: Some(INITIATOR.as_bytes()), sdp_ids: None };
    let (mut cache, settings) = (ReplayCache::<4>::new(), McxSettings::DEFAULT);
    let mut room = [0; PARAMETERS_ROOM_LEN];
    let screened = screen(&I_MESSAGE, &upload, &server, &cache, &settings, now).ok()?;
    let received = screened.open(&mut cache, &settings, now, &mut room).ok()?;
    let key = received.bind(INITIATOR.as_bytes(), &server).ok()?;
    check(key.tag() == PurposeTag::Csk && key.secret().expose() == &CSK, "another key");

    // The same message again.
    check(screen(&I_MESSAGE, &upload, &server, &cache, &settings, now).is_err(), "a replay is taken");
    Some(())
}
