//! `http.*`, `xml.*`.

use serde_json::{Value, json};

use crate::client::{Harness, bad_request, refused, with};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const TARGET: &str = "/keymanagement?requesttype=msk-request";

#[test]
fn responses_are_those_of_the_published_examples() {
    let mut h = Harness::start();
    for file in [
        include_str!("../vectors/http-digest-rfc2617.json"),
        include_str!("../vectors/http-digest-rfc7616.json"),
        include_str!("../vectors/http-digest-mbms.json"),
    ] {
        let file: Value = serde_json::from_str(file).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let mut inputs = json!({ "body": hex::encode(case["body"].as_str().unwrap()), "nc": 1 });
            for name in ["username", "realm", "password", "method", "uri", "nonce", "cnonce"] {
                inputs[format!("{name}_text")] = case[name].clone();
            }
            inputs["algorithm"] = json!(case["algorithm"].as_str().unwrap().replace('-', ""));
            inputs["qop"] = case["qop"].clone();
            assert_eq!(h.ok("http.digest", inputs.clone())["response_text"], case["response"]);
            assert_eq!(h.err("http.digest", with(inputs, json!({ "qop": "none" }))), bad_request());
        }
    }
}

#[test]
fn a_terminal_and_a_server_prove_themselves_to_each_other() {
    let mut h = Harness::start();
    let common = json!({
        "seed": "11".repeat(32), "fqdn_text": "bmsc.home1.net", "tick": 5, "method_text": "POST",
        "target_text": TARGET, "uri_text": TARGET, "body": "00ff", "answer_body": "0a0b", "mrk": "22".repeat(32),
        "b_tid_text": "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net", "cnonce": "33".repeat(16),
    });
    assert_eq!(h.err("http.verify", with(common.clone(), json!({ "seed": null }))), refused("Rng", 99));
    let asked = h.ok("http.verify", common.clone());
    assert_eq!((&asked["verdict"], &asked["status"]), (&json!("Challenge"), &json!(401)));
    let client = with(common.clone(), json!({ "challenges_text": asked["challenges_text"] }));
    let answered = h.ok("http.digest", client.clone());
    assert_eq!(answered["challenged"], "ResendWithCredentials");
    let credentials = json!({ "authorization_text": answered["authorization_text"] });
    let verified = h.ok("http.verify", with(common.clone(), credentials.clone()));
    assert_eq!((&verified["verdict"], &verified["status"]), (&json!("Accepted"), &json!(200)));
    h.ok("http.digest", with(client.clone(), json!({ "info_text": verified["info_text"] })));
    let forged = verified["info_text"].as_str().unwrap().replace("nc=00000001", "nc=00000002");
    let forged = with(client.clone(), json!({ "info_text": forged }));
    assert_eq!(h.err("http.digest", forged), refused("BadResponse", 202));
    // Another host's challenge is not answered.
    let elsewhere = with(client, json!({ "fqdn_text": "other.home1.net" }));
    assert_eq!(h.err("http.digest", elsewhere), refused("BadRealm", 199));
    for (change, status, why, stale) in [
        (json!({ "received": [answered["authorization_text"]] }), 401, json!("Replay"), json!(true)),
        (json!({ "tick": 300_006 }), 401, json!("StaleNonce"), json!(true)),
        (json!({ "seed": "12".repeat(32) }), 401, json!("StaleNonce"), json!(true)),
        (json!({ "body": "00" }), 401, json!("BadResponse"), json!(false)),
        (json!({ "target_text": "/" }), 400, json!("UriMismatch"), Value::Null),
        (json!({ "settings": { "algorithms": "sha256" } }), 400, json!("UnsupportedAlgorithm"), Value::Null),
    ] {
        let answer = h.ok("http.verify", with(with(common.clone(), credentials.clone()), change));
        assert_eq!((&answer["status"], &answer["why"], &answer["stale"]), (&json!(status), &why, &stale));
    }
    let garbage = with(common, json!({ "authorization_text": "Digest realm=" }));
    assert_eq!(h.err("http.verify", garbage), refused("Malformed", 192));
}

/// Documents with their fields, both written by hand.
fn documents() -> Vec<(Value, String)> {
    let news = "urn:3gpp:mbms:service:news";
    let services = json!([news]);
    let body = |root: &str, namespace: &str, inner: &str| {
        format!("{DECLARATION}<{root} xmlns=\"urn:3GPP:metadata:2005:MBMS:{namespace}\">{inner}</{root}>")
    };
    let service = format!("<serviceId>{news}</serviceId>");
    let answered = format!("<Response>{service}<responseCode>404</responseCode></Response>");
    let msk = "<keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID>";
    let key = format!(
        "<ueIPaddress>192.0.2.7</ueIPaddress><muk>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=</muk>\
         <mukLifeTime>2031-05-06T07:08:09Z</mukLifeTime><btid>a@b</btid><nafFqdn>scf.home1.net</nafFqdn>\
         <r:serviceId xmlns:r=\"urn:3GPP:metadata:2005:MBMS:securityRegistration\">{news}</r:serviceId>"
    );
    vec![
        (
            json!({ "document": "register", "services_text": services }),
            body("mbmsSecurityRegister", "securityRegistration", &service),
        ),
        (
            json!({ "document": "deregister", "services_text": services }),
            body("mbmsSecurityDeregister", "securityDeregistration", &service),
        ),
        (
            json!({ "document": "authorize", "services_text": services }),
            body("mbmsAuthorize", "authorize", &service),
        ),
        (
            json!({ "document": "register_response", "items": [{ "service_text": news, "status": 404 }] }),
            body("mbmsSecurityRegisterResponse", "registrationResponse", &answered),
        ),
        (
            json!({ "document": "msk_request", "msks": [{ "key_domain_id": "68ca0c", "msk_id": "68ca0000" }] }),
            body("mbmsMSK", "msk", &format!("<MSK>{msk}</MSK>")),
        ),
        (
            json!({
                "document": "msk_response",
                "items": [{ "key_domain_id": "68ca0c", "msk_id": "68ca0000", "status": 200 }],
            }),
            body(
                "mbmsMSKResponse",
                "mskResponse",
                &format!("<Response>{msk}<responseCode>200</responseCode></Response>"),
            ),
        ),
        (
            json!({
                "document": "naf_key_info", "address_text": "192.0.2.7", "muk_life_time_s": 1_935_817_689,
                "muk": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "b_tid_text": "a@b", "naf_text": "scf.home1.net", "services_text": services,
            }),
            body("mbmsAuthorizedSecurityRegister", "nafKeyInfo", &key),
        ),
    ]
}

#[test]
fn documents_read_and_write_as_their_layouts_say() {
    let mut h = Harness::start();
    for (fields, body) in documents() {
        assert_eq!(h.ok("xml.encode", fields.clone())["body_text"], body);
        let read = h.ok("xml.decode", json!({ "document": fields["document"], "body_text": body }));
        assert_eq!(with(read, json!({ "document": fields["document"] })), fields);
        let cut = json!({ "document": fields["document"], "body": hex::encode(&body[..body.len() - 1]) });
        let (kind, code, at) = h.err("xml.decode", cut);
        assert_eq!((kind.as_str(), code), ("Malformed", 192));
        assert!(at.unwrap() <= body.len() as u64);
    }
    let btid = json!({ "document": "btid", "b_tid_text": "a@b" });
    let body = h.ok("xml.encode", btid)["body_text"].clone();
    assert!(body.as_str().unwrap().contains("<btid>a@b</btid>"));
    assert_eq!(
        h.ok("xml.decode", json!({ "document": "btid", "body_text": body })),
        json!({ "b_tid_text": "a@b" })
    );
    let blank = json!({ "document": "btid", "b_tid_text": " a@b" });
    assert_eq!(h.err("xml.encode", blank), refused("Inconsistent", 98));
    assert_eq!(h.err("xml.encode", json!({ "document": "register" })), refused("Empty", 208));
    assert_eq!(h.err("xml.encode", json!({ "document": "letter" })), bad_request());
    assert_eq!(h.err("xml.decode", json!({ "document": "letter", "body": "" })), bad_request());
}

#[test]
fn a_security_description_reads_and_writes() {
    let mut h = Harness::start();
    let description = json!({
        "confidentiality": true, "integrity": false, "uicc_key_management": false, "offset_time_s": 5,
        "random_time_period_s": 10, "servers_text": ["http://bmsc.home1.net:1234"],
        "fec": { "encoding_id": 1, "instance_id": null, "oti_extension_text": "1SCx" },
        "flows": [
            { "flow_text": "232.0.1.2:4002", "key_domain_id": "68ca0c", "key_group": "68ca" },
            { "flow_text": "[ff1e::1]:4004" },
        ],
    });
    let document = json!({ "document": "security_description" });
    let body = h.ok("xml.encode", with(description.clone(), document.clone()))["body_text"].clone();
    assert!(body.as_str().unwrap().contains("flowID=\"ff1e::1/4004\""));
    let strict = json!({ "body_text": body, "settings": { "strict_namespaces": true } });
    assert_eq!(h.ok("xml.decode", with(document.clone(), strict)), description);
    let portless = json!({ "flows": [{ "flow_text": "232.0.1.2:0" }] });
    assert_eq!(h.err("xml.encode", with(document, portless)), refused("Inconsistent", 98));
}
