//! Keys from keys: GBA, PRF, HTTP Digest.

use castkey::keys::{
    DigestPasswordForm, Ks, KsExtNaf, KsIntNaf, KsNaf, Mrk, MrkDerivation, Muk, MukOctets, NafId,
};
use castkey::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use crate::common::example;

fn hmac_sha256(key: &[u8], octets: &[u8]) -> Vec<u8> {
    Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(octets).finalize().into_bytes().to_vec()
}

#[test]
pub(crate) fn gba_me_gives_the_muk_the_mrk_and_the_password() {
    let e = example("gba-me");
    let ks = Ks::from_aka(&Secret::new(e.array("inputs/ck")), &Secret::new(e.array("inputs/ik")));
    let mut room = [0; 64];
    let ua = e.array("inputs/ua_id");
    assert_eq!(ua, NafId::UA_MBMS);
    let naf = NafId::join(e.text("inputs/naf_fqdn_text"), ua, &mut room).unwrap();
    assert_eq!(naf.octets(), e.hex("inputs/naf_id"));

    let ks_naf = KsNaf::derive(&ks, &e.array("inputs/gba_rand"), e.text("inputs/impi_text"), naf).unwrap();
    assert_eq!(ks_naf.secret().expose().as_slice(), e.hex("outputs/ks_naf"));
    let ck_ik = [e.hex("inputs/ck"), e.hex("inputs/ik")].concat();
    assert_eq!(hmac_sha256(&ck_ik, &e.hex("intermediates/s_ks_naf")), e.hex("outputs/ks_naf"));

    let muk = Muk::from_gba_me(&ks_naf, MukOctets::All);
    assert_eq!(muk.export(), e.hex("outputs/muk"));
    let mrk = Mrk::from_gba_me(&ks_naf, MrkDerivation::default()).unwrap();
    assert_eq!(mrk.secret().expose().as_slice(), e.hex("outputs/mrk"));
    assert_eq!(hmac_sha256(&e.hex("outputs/ks_naf"), &e.hex("intermediates/s_mrk")), e.hex("outputs/mrk"));
    let password = mrk.digest_password(DigestPasswordForm::Base64);
    assert_eq!(password.as_octets(), e.text("outputs/http_digest_password_text").as_bytes());
    // The B-TID is the IDr under which the MUK of the MSK message is held.
    assert_eq!(e.text("inputs/b_tid_text").as_bytes(), example("msk-message").hex("inputs/idr"));
}

#[test]
pub(crate) fn gba_u_gives_the_muk_and_the_mrk() {
    let e = example("gba-u");
    let ks = Ks::new(Secret::new(e.array("inputs/ks")));
    let naf_id = e.hex("inputs/naf_id");
    let (rand, impi, naf) = (e.array("inputs/gba_rand"), e.text("inputs/impi_text"), NafId::new(&naf_id));

    let int = KsIntNaf::derive(&ks, &rand, impi, naf).unwrap();
    assert_eq!(int.secret().expose().as_slice(), e.hex("outputs/ks_int_naf"));
    assert_eq!(
        hmac_sha256(&e.hex("inputs/ks"), &e.hex("intermediates/s_ks_int_naf")),
        e.hex("outputs/ks_int_naf")
    );
    assert_eq!(Muk::from_gba_u(&int, MukOctets::All).export(), e.hex("outputs/muk"));

    let ext = KsExtNaf::derive(&ks, &rand, impi, naf).unwrap();
    assert_eq!(ext.secret().expose().as_slice(), e.hex("outputs/ks_ext_naf"));
    assert_eq!(
        hmac_sha256(&e.hex("inputs/ks"), &e.hex("intermediates/s_ks_ext_naf")),
        e.hex("outputs/ks_ext_naf")
    );
    let mrk = Mrk::from_gba_u(&ext);
    assert_eq!(mrk.secret().expose().as_slice(), e.hex("outputs/mrk"));
    let password = mrk.digest_password(DigestPasswordForm::Base64);
    assert_eq!(password.as_octets(), e.text("outputs/http_digest_password_text").as_bytes());
}

#[test]
pub(crate) fn the_password_gives_the_http_digest_response() {
    let e = example("http-digest");
    let mrk = Mrk::new(Secret::new(example("gba-me").array("outputs/mrk")));
    let password = mrk.digest_password(DigestPasswordForm::Base64);
    assert_eq!(password.as_octets(), e.text("inputs/password_text").as_bytes());

    let md5 = |parts: &[&[u8]]| hex::encode(Md5::digest(parts.join(&b':')));
    let input = |name: &str| e.text(&format!("inputs/{name}_text")).as_bytes();
    let ha1 = md5(&[input("username"), input("realm"), password.as_octets()]);
    assert_eq!(ha1, e.text("intermediates/ha1_text"));
    let ha2 = md5(&[b"POST", input("uri"), md5(&[input("body")]).as_bytes()]);
    assert_eq!(ha2, e.text("intermediates/ha2_text"));
    let response =
        md5(&[ha1.as_bytes(), input("nonce"), input("nc"), input("cnonce"), b"auth-int", ha2.as_bytes()]);
    assert_eq!(response, e.text("outputs/response_text"));
}

#[cfg(feature = "hazmat")]
fn prf(prf: castkey::crypto::Prf, inkey: &[u8], label: &[u8], len: usize) -> Vec<u8> {
    let mut out = vec![0xEE; len];
    castkey::crypto::raw_prf(&castkey::crypto::RustCrypto, prf, inkey, label, &mut out).unwrap();
    out
}

#[cfg(feature = "hazmat")]
#[test]
pub(crate) fn the_prf_gives_one_two_and_three_blocks() {
    use castkey::crypto::Prf::{HmacSha256, Mikey1};
    let e = example("prf");
    let (inkey, inkey40, label) = (e.hex("inputs/inkey"), e.hex("inputs/inkey40"), e.hex("inputs/label"));
    let rows = [
        (Mikey1, &inkey, 16, "sha1_out16"),
        (Mikey1, &inkey, 20, "sha1_out20"),
        (Mikey1, &inkey, 50, "sha1_out50"),
        (HmacSha256, &inkey, 16, "sha256_out16"),
        (HmacSha256, &inkey, 50, "sha256_out50"),
        (Mikey1, &inkey40, 16, "sha1_inkey40_out16"),
        (Mikey1, &inkey40, 50, "sha1_inkey40_out50"),
        (HmacSha256, &inkey40, 50, "sha256_inkey40_out50"),
    ];
    assert_eq!(e.at("outputs").as_object().unwrap().len(), rows.len());
    for (func, inkey, len, name) in rows {
        assert_eq!(prf(func, inkey, &label, len), e.hex(&format!("outputs/{name}")), "{name}");
    }
    // A1 and A2 show nowhere; the blocks made of them do.
    let hmac = |octets: &[u8]| {
        let mac = Hmac::<sha1::Sha1>::new_from_slice(&inkey).unwrap().chain_update(octets);
        mac.finalize().into_bytes().to_vec()
    };
    let a1 = hmac(&label);
    let a2 = hmac(&a1);
    assert_eq!((&a1, &a2), (&e.hex("intermediates/a1"), &e.hex("intermediates/a2")));
    let (block1, block2) = (hmac(&[a1, label.clone()].concat()), hmac(&[a2, label.clone()].concat()));
    assert_eq!(block1, e.hex("intermediates/block1"));
    assert_eq!(block2, e.hex("intermediates/block2"));
    assert_eq!(prf(Mikey1, &inkey, &label, 40), [block1, block2].concat());
}

#[cfg(feature = "hazmat")]
#[test]
pub(crate) fn the_prf_splits_the_inkey_at_32_octets() {
    use castkey::crypto::Prf;
    let e = example("prf-inkeys");
    let label = e.hex("inputs/label");
    for len in [31, 32, 33, 64] {
        let inkey = e.hex(&format!("inputs/inkey{len}"));
        assert_eq!(inkey.len(), len);
        for (func, hash) in [(Prf::Mikey1, "sha1"), (Prf::HmacSha256, "sha256")] {
            let expected = e.hex(&format!("outputs/{hash}_inkey{len}_out40"));
            assert_eq!(prf(func, &inkey, &label, 40), expected, "{hash} {len}");
        }
    }
}
