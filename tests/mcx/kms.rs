//! Certificates and key sets as they come from a KMS.

use castkey::mcx::{
    AlgorithmPolicy, CheckKeys, IssueKeys, KmsCertificate, KmsKeySet, McxError, Ntp64, Uid, Validity,
};
use castkey::rand_core::TryCryptoRng;
use castkey::secret::Secret;

use super::mcx_world::{ALICE, KMS, NOW, Rng, checksum, periods};

/// A KMS whose keys are checksums over the UID.
struct FakeKms;

fn keys(uid: &[u8]) -> ([u8; 257], [u8; 32], [u8; 65]) {
    let octet = checksum(&[uid]).to_be_bytes()[0];
    ([octet; 257], [octet ^ 1; 32], [octet ^ 2; 65])
}

impl IssueKeys for FakeKms {
    fn issue<R: TryCryptoRng + ?Sized>(
        &self, uid: &[u8; 32], rng: &mut R,
    ) -> Result<(Secret<257>, Secret<32>, [u8; 65]), McxError> {
        rng.try_next_u32().map_err(|_| McxError::RngFailed)?;
        let (rsk, ssk, pvt) = keys(uid);
        Ok((Secret::new(rsk), Secret::new(ssk), pvt))
    }
}

impl CheckKeys for FakeKms {
    fn is_certificate(&self, z: &[u8; 257], kpak: &[u8; 65]) -> bool {
        z[0] == 4 && kpak[0] == 4
    }

    fn is_key_set(&self, _: &KmsCertificate<'_>, set: &KmsKeySet<'_>) -> bool {
        let (rsk, ssk, pvt) = keys(set.user_id.octets());
        set.decrypt_key.expose() == &rsk && set.signing_key.expose() == &ssk && set.pub_token == pvt
    }
}

fn certificate<'a>(z: &'a [u8; 257], kpak: &'a [u8; 65]) -> KmsCertificate<'a> {
    KmsCertificate {
        kms_uri: KMS,
        periods: periods(),
        user_id_format: 2,
        parameter_set: 1,
        pub_enc_key: z,
        pub_auth_key: kpak,
        algorithms: AlgorithmPolicy::default(),
        validity: Validity::ALWAYS,
    }
}

/// Covers: R-MCX-28, R-MCX-4, R-MCX-5
#[test]
fn a_key_set_is_made_for_user_and_period_and_checked_before_use() {
    let (z, kpak) = ([4; 257], [4; 65]);
    let certificate = certificate(&z, &kpak);
    assert_eq!(certificate.check(&FakeKms, NOW), Ok(()));
    let issue = || certificate.issue(&FakeKms, ALICE, 1500, &mut Rng::seeded(1)).unwrap();
    let set = issue();
    assert_eq!((set.user_id, set.period), (Uid::derive(ALICE, KMS, periods(), 1500).unwrap(), 1500));
    assert_eq!(set.check(&certificate, &FakeKms), Ok(()));
    let broken = certificate.issue(&FakeKms, ALICE, 1500, &mut Rng::broken());
    assert_eq!(broken.err(), Some(McxError::RngFailed));
    let bad = Err(McxError::BadKeySet);
    let mut set = issue();
    set.period = 1501;
    assert_eq!(set.check(&certificate, &FakeKms), bad);
    let mut set = issue();
    set.user_uri = b"sip:bob@example.org";
    assert_eq!(set.check(&certificate, &FakeKms), bad);
    let mut set = issue();
    set.kms_uri = b"kms.elsewhere.org";
    assert_eq!(set.check(&certificate, &FakeKms), bad);
    let mut set = issue();
    set.decrypt_key = Secret::new([9; 257]);
    assert_eq!(set.check(&certificate, &FakeKms), bad);
    let mut set = issue();
    set.pub_token = [9; 65];
    assert_eq!(set.check(&certificate, &FakeKms), bad);
    let mut set = issue();
    set.validity.revoked = true;
    assert_eq!(set.check(&certificate, &FakeKms), Err(McxError::NotAuthorized));
}

/// Covers: R-MCX-28
#[test]
fn a_certificate_of_another_form_or_out_of_its_time_is_refused() {
    let (z, kpak, other) = ([4; 257], [4; 65], [5; 65]);
    let good = certificate(&z, &kpak);
    for (certificate, outcome) in [
        (KmsCertificate { user_id_format: 1, ..good }, McxError::BadCertificate),
        (KmsCertificate { parameter_set: 2, ..good }, McxError::BadCertificate),
        (KmsCertificate { kms_uri: b"", ..good }, McxError::BadCertificate),
        (KmsCertificate { pub_auth_key: &other, ..good }, McxError::BadCertificate),
        (
            KmsCertificate { validity: Validity { revoked: true, ..Validity::ALWAYS }, ..good },
            McxError::NotAuthorized,
        ),
        (
            KmsCertificate {
                validity: Validity { to: Some(Ntp64::from_seconds(1)), ..Validity::ALWAYS },
                ..good
            },
            McxError::NotAuthorized,
        ),
    ] {
        assert_eq!(certificate.check(&FakeKms, NOW), Err(outcome));
    }
    let validity = Validity { from: Some(NOW), to: Some(NOW), revoked: false };
    assert!(validity.covers(NOW));
    assert!(!validity.covers(NOW.next()) && !validity.covers(Ntp64::from_seconds(NOW.seconds - 1)));
}
