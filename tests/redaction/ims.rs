//! HTTP Digest and the machines of the request procedures, over keys full of the sentinel.

use castkey::keys::{DigestPasswordForm, KsNaf, Mrk, Muk};
use castkey::secret::Secret;
use castkey::time::Tick;

use super::{S, check, muk};

/// Covers: D-24
#[test]
fn both_ends_of_http_digest_do_not_show_the_password() {
    use castkey::ims::digest::*;
    use castkey::ims::{BTid, NafFqdn};
    use md5::Digest;
    let fqdn = NafFqdn::new("bmsc.home1.net").unwrap();
    let (now, b_tid) = (Tick::from_millis(1), BTid::new("u@bsf").unwrap());
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
    let password = Mrk::new(Secret::new([S; 32])).digest_password(DigestPasswordForm::Base64);
    let ha1 = md5::Md5::digest([b"u@bsf:3GPP-bootstrapping@bmsc.home1.net:", password.as_octets()].concat());
    check("Ha1", &Ha1::new(DigestAlgorithm::Sha256, Secret::new([S; 32])));
    let user = DigestUser { b_tid: &b_tid, password: &password };
    check("DigestUser", &user);

    let mut server = DigestServer::new(ServerConfig::new(fqdn.clone()), &mut rng).unwrap();
    let nonce = server.issue(now, &mut rng).unwrap();
    let mut out = [0; MAX_CHALLENGE_LEN];
    let challenge = server.write_challenge(&nonce, DigestAlgorithm::Md5, false, &mut out).unwrap();
    let mut client = DigestClient::new(ClientConfig::new(fqdn));
    let _ = client.challenged(&[challenge.as_bytes()]).unwrap();
    let body = BodyHash::of(DigestAlgorithm::Md5, b"");
    let mut out = [0; MAX_AUTHORIZATION_LEN];
    let header = client.authorize(user, "POST", "/", &body, &[0; 16], &mut out).unwrap();
    check("DigestClient", &client);
    check("DigestServer", &server);
    let authorization = Authorization::parse(header.as_bytes()).unwrap();
    let request = SignedRequest { method: "POST", target: "/", body };
    let verdict = server.verify(&mut NonceRow::new(), authorization, &password, &request, now);
    // The nonce may hold any two octets: what is looked for is all of HA1, and the password.
    for (name, shown) in [("Verdict", format!("{verdict:?}")), ("Accepted", format!("{verdict:#?}"))] {
        assert!(matches!(verdict, Verdict::Accepted(_)));
        assert!(
            !shown.contains(&hex::encode(ha1)) && !shown.contains("p6en") && shown.contains("Ha1(Md5, ..)"),
            "{name}"
        );
        assert!(!shown.contains(&format!("{:?}", ha1.as_slice())), "{name}");
    }
}
#[test]
fn the_request_procedures_of_the_network_side_do_not_show_keys() {
    use castkey::ims::bm_sc_request::Recipient;
    use castkey::ims::facts::Variant;
    use castkey::ims::request::Peer;
    use castkey::ims::scf::{BsfAnswer, ScfConfig, ScfSip, ScfSipEvent};
    use castkey::ims::upf::{Asserted, Claimed, Context, Credentials, NafKey, UpfConfig, UpfEvent};
    use castkey::ims::{BTid, Impu, NafFqdn, ServiceId, UeAddress};

    let (impus, services) = ([Impu::new("sip:user").unwrap()], [ServiceId::new("urn:news").unwrap()]);
    let (btid, now) = (BTid::new("user@bsf").unwrap(), Tick::from_millis(0));
    let keys = || BsfAnswer::Keys { impus: &impus, ks_naf: KsNaf::new(Secret::new([S; 32])) };
    check("BsfAnswer", &keys());
    check("ScfSipEvent", &ScfSipEvent::Bsf(keys()));
    let mut scf = ScfSip::new();
    let invite = ScfSipEvent::Invite { services: &services, asserted: impus.first(), btid: Some(&btid) };
    for event in [invite, ScfSipEvent::Authorised, ScfSipEvent::Bsf(keys())] {
        assert!(!scf.handle(event, &ScfConfig::default(), now).unwrap().is_empty());
    }
    assert_eq!(scf.muk().unwrap().export(), [S; 32], "the key is there to be shown");
    check("ScfSip", &scf);

    let key = || NafKey {
        btid: btid.clone(),
        naf: NafFqdn::new("scf").unwrap(),
        muk: muk(),
        address: UeAddress::new("::1").unwrap(),
        expires: Tick::from_millis(1_000),
    };
    check("NafKey", &key());
    check("Credentials", &Credentials::Valid { impus: &impus, key: key() });
    let valid = || Credentials::Valid { impus: &impus, key: key() };
    check("Claimed", &Claimed { credentials: valid(), intended: None });
    let asserted = Asserted { peer: Peer::Trusted, impu: impus.first() };
    let provide = || UpfEvent::AuthorizedRegister { asserted, services: &services, key: Some(key()) };
    check("UpfEvent", &provide());
    let mut context = Context::<8>::new();
    assert!(!context.handle(provide(), &UpfConfig::default(), now).unwrap().is_empty());
    assert_eq!(context.user(Variant::Sip).unwrap().muk.export(), [S; 32], "the key is there to be shown");
    check("Context", &context);
    let recipient: Recipient<'_, Muk> = context.recipient(&services[0], now).unwrap();
    check("Recipient", &recipient);
}

/// Covers: D-24
#[test]
fn what_the_scf_tells_about_a_terminal_does_not_show_its_key() {
    use castkey::ims::xml::{NafKeyInfo, XmlSettings};
    let muk = |octets: usize| {
        // 32 octets are 10 groups of three and one of two.
        let text = format!("{}{}", "p6en".repeat(octets / 3), ["", "pw==", "p6c="][octets % 3]);
        format!(
            "<mbmsAuthorizedSecurityRegister><ueIPaddress>192.0.2.1</ueIPaddress><muk>{text}</muk><mukLifeTime>\
             2030-01-01T00:00:00Z</mukLifeTime><btid>r@b</btid><nafFqdn>s.net</nafFqdn><serviceId>u:s</serviceId>\
             </mbmsAuthorizedSecurityRegister>"
        )
    };
    let body = muk(32);
    let read = NafKeyInfo::decode(body.as_bytes(), XmlSettings::default()).unwrap();
    assert_eq!(read.muk.secret().expose(), &[S; 32]);
    check("NafKeyInfo", &read);
    check("XmlError", &NafKeyInfo::decode(muk(31).as_bytes(), XmlSettings::default()).unwrap_err());
}
