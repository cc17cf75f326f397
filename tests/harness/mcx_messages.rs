//! `mcx.open` and `mcx.seal` over the messages of the file.

use serde_json::{Value, json};

use crate::client::{Harness, bad_request, refused, with};
use crate::mcx::{ALICE, MCX, NOW, SERVER, every_malformed_input_is_a_bad_request, key_set, kms, open};

pub(crate) const SEED: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// T of a message, where it has one.
fn clock(h: &mut Harness, message: &Value) -> u64 {
    let request = json!({ "op": "mikey.decode", "message": message });
    let answer = h.line(request.to_string().as_bytes());
    let payloads = answer["ok"]["payloads"].as_array().cloned().unwrap_or_default();
    let time =
        payloads.iter().find(|payload| payload["type"] == "T").map(|t| t["ts_value"].as_str().unwrap());
    time.map_or(NOW, |time| u64::from_str_radix(&time[..8], 16).unwrap())
}

/// What the words of the file mean, with the number of the error.
fn meant(expected: &str) -> (&'static str, u64) {
    match expected.strip_prefix("reject: ").unwrap() {
        "truncated" | "malformed SP" => ("Truncated", 1),
        "trailing octet" => ("TrailingOctets", 2),
        "version" => ("BadVersion", 3),
        "data type" => ("WrongDataType", 4),
        "unknown payload" => ("UnknownPayload", 5),
        "duplicate T" | "duplicate SAKKE" | "duplicate IDRi" | "algorithm extension duplicated" => {
            ("DuplicatePayload", 7)
        }
        "missing RAND" | "missing T" | "missing SAKKE" | "missing IDRr" => ("MissingPayload", 8),
        "PRF" => ("UnsupportedPrf", 13),
        "timestamp type" => ("UnsupportedTimestamp", 16),
        "RAND length" => ("BadRand", 21),
        "signature type" | "signature length / trailing octet" => ("UnsupportedSignature", 24),
        "parameter set" | "unknown parameter set" | "ID scheme" => ("UnsupportedSakke", 25),
        "purpose tag" | "signature (and tag mismatch if unsigned policy is checked first)" => {
            ("WrongPurposeTag", 322)
        }
        "KMS not accepted (answer with KRR)" => ("KmsNotAccepted", 327),
        "responder identity" => ("NotResponder", 328),
        "CS ID map type" => ("BadCsIdMap", 17),
        "CS count"
        | "CS-ID not for this key type"
        | "SPI mismatch"
        | "policy number"
        | "session data length" => ("BadCsIdMap", 331),
        "policy below floor" | "SP with empty map" | "SP policy floor" => ("PolicyBelowFloor", 332),
        "algorithm extension" | "algorithm extension form" => ("BadAlgorithms", 333),
        "key period / signature" => ("NoKeyMaterial", 335),
        "no common algorithm" => ("NoCommonAlgorithm", 337),
        "selection not offered" => ("SelectionNotOffered", 338),
        "offer tag" => ("WrongOfferTag", 339),
        // One error for all that comes behind the signature.
        _ => ("Unauthentic", 336),
    }
}

/// Suites 1 and 2 known and in the floor, default 1; the client offered [2, 1] with 2 selected.
fn policy() -> Value {
    json!({
        "settings": { "algorithms": { "supported": [2, 1], "default": 1 } },
        "offer": { "offered": [2, 1], "selected": 2 },
    })
}

#[test]
fn the_published_csk_message_is_decoded_field_by_field() {
    let mut h = Harness::start();
    let csk = &MCX["csk_message"];
    let ok = h.ok("mikey.decode", json!({ "message": csk["i_message_hex"] }));
    let (shown, expected) = (ok["payloads"].as_array().unwrap(), csk["payloads"].as_array().unwrap());
    assert_eq!(shown.len() + 1, expected.len());
    for (shown, expected) in shown.iter().zip(&expected[1..]) {
        let fields = &expected["fields"];
        for (of, name) in [
            ("rand", "rand"),
            ("role", "id_role"),
            ("id_type", "id_type"),
            ("id", "id_data"),
            ("policy_no", "policy_no"),
            ("params", "params"),
            ("id_scheme", "id_scheme"),
            ("sed", "sed"),
            ("ext_type", "ext_type"),
            ("data", "ext_data"),
            ("stype", "s_type"),
            ("sig", "signature"),
        ] {
            let Some(stated) = fields.get(of).filter(|stated| !stated.is_array()) else { continue };
            assert_eq!(shown[name], *stated, "{} {of}", expected["payload"]);
        }
    }
    assert_eq!(
        h.ok("mikey.reencode", json!({ "message": csk["i_message_hex"] }))["message"],
        csk["i_message_hex"]
    );
}

#[test]
fn every_message_of_the_file_is_opened_or_refused_as_it_says() {
    let mut h = Harness::start();
    let mut accepted = 0;
    for case in MCX["signed_cases"]["cases"].as_array().unwrap() {
        let (name, direction) = (case["name"].as_str().unwrap(), case["direction"].as_str().unwrap());
        let message = &case["i_message_hex"];
        let now = json!({ "now_ntp": clock(&mut h, message) });
        let inputs = with(with(open(direction, message), policy()), now);
        let expected = case["expect"].as_str().unwrap();
        if expected == "accept" {
            let ok = h.ok("mcx.open", inputs);
            assert_eq!((&ok["key"], &ok["key_id"]), (&case["key"], &case["key_id"]), "{name}");
            if let Some(stated) = case.get("algorithm") {
                let shown = if direction == "upload" { &ok["offer"] } else { &ok["selection"] };
                assert_eq!(shown["selected"], stated["selected"], "{name}");
                assert_eq!(ok["algorithm"], stated["selected"], "{name}");
                for of in ["offered", "offer_tag"] {
                    assert!(stated.get(of).is_none_or(|stated| shown[of] == *stated), "{name}");
                }
            }
            accepted += 1;
        } else if !expected.starts_with("accept or reject by policy") {
            let (kind, code, _) = h.err("mcx.open", inputs);
            let meant = match name {
                "signed: purpose tag 15 (undefined)" => ("UnknownPurposeTag", 321),
                "signed: CERT payload beside an ECCSI signature" => ("UnsupportedPayload", 6),
                // The caller said whom SIP authenticated.
                "signed by Alice but IDRi claims Bob" => ("IdentityMismatch", 329),
                _ => meant(expected),
            };
            assert_eq!((kind.as_str(), code), meant, "{name}: {expected}");
        }
    }
    assert_eq!(accepted, 12);
    let at = json!({ "now_ntp": MCX["csk_message"]["ntp_seconds"] });
    for case in MCX["receiver_negative_cases"].as_array().unwrap() {
        let inputs = with(open("upload", &case["i_message_hex"]), at.clone());
        let (kind, code, _) = h.err("mcx.open", inputs);
        let meant = match case["name"].as_str().unwrap() {
            // The SPI of the map does not fit the CSB ID any more, which needs no signature to be seen.
            "CSB ID low bit flipped" => ("BadCsIdMap", 331),
            "SIGN length 129 -> 128" => ("UnsupportedSignature", 24),
            _ => meant(case["expect"].as_str().unwrap()),
        };
        assert_eq!((kind.as_str(), code), meant, "{}", case["name"]);
    }
}

#[test]
fn a_refusal_says_which_period_and_which_kms() {
    let mut h = Harness::start();
    let of = |name: &str| {
        let cases = MCX["signed_cases"]["cases"].as_array().unwrap();
        cases.iter().find(|case| case["name"].as_str().unwrap().contains(name)).unwrap()["i_message_hex"]
            .clone()
    };
    let (late, foreign) = (of("T in period 237"), of("IDRkmsr of an unknown KMS"));
    for (message, words) in [(late, "237"), (foreign, "KMS ")] {
        let now = json!({ "op": "mcx.open", "now_ntp": clock(&mut h, &message) });
        let answer = h.line(with(open("upload", &message), now).to_string().as_bytes());
        assert!(answer["err"]["detail"].as_str().unwrap().contains(words), "{answer}");
    }
}

/// What Alice seals for her server.
fn seal(more: Value) -> Value {
    let mut keys = key_set("initiator_alice");
    keys.as_object_mut().unwrap().remove("rsk");
    let message = json!({
        "initiator_uri_text": ALICE, "responder_uri_text": SERVER, "key": "d3ee7d998287caea2e0bcf3aa91b30da",
        "key_id": "2a5b6c7d", "rand": "454349e422f05297191ead13e21d3db5", "ntp": NOW, "seed": SEED,
    });
    with(with(with(kms(), keys), message), more)
}

#[test]
fn a_sealed_message_is_that_of_the_file_up_to_the_nonce_and_opens_again() {
    let mut h = Harness::start();
    // The smallest profile: header to SAKKE are those of the independent model, SAKKE included, for it has no randomness.
    let case = &MCX["signed_cases"]["cases"][0];
    let message = h.ok("mcx.seal", seal(json!({})))["message"].as_str().unwrap().to_owned();
    let published = case["i_message_hex"].as_str().unwrap();
    let unsigned = published.len() - 2 * 129;
    assert_eq!(message[..unsigned], published[..unsigned]);
    assert_eq!(message.len(), published.len());
    assert_eq!(h.ok("mcx.seal", seal(json!({})))["message"], message);
    let wire = json!({ "ntp": format!("{NOW:08x}00000000") });
    assert_eq!(h.ok("mcx.seal", seal(wire))["message"], message);

    let parameters = json!({ "activation": 1_900_000_000, "expiry": 4_000_000_000_u64, "text": "Schlüssel" });
    let all = json!({
        "hide_identities": true, "services": ["mcptt", "mcvideo"], "to_self": true, "key_parameters": parameters,
        "offer": { "offered": [2, 1], "selected": 2 }, "settings": { "emit_signalling_algorithm": true },
    });
    let message = h.ok("mcx.seal", seal(all))["message"].clone();
    let ok = h.ok("mcx.open", open("upload", &message));
    let read =
        with(parameters, json!({ "key_type": 2, "status": 1, "groups_text": [], "signalling_algorithm": 2 }));
    assert_eq!((&ok["key_parameters"], &ok["offer"]["offered"]), (&read, &json!([2, 1])));
    let sessions: Vec<&Value> = ok["srtp"].as_array().unwrap().iter().map(|of| &of["cs_id"]).collect();
    assert_eq!(sessions, [&json!(6), &json!(8)]);
    let nobody = with(open("upload", &message), json!({ "initiator_uri_text": null }));
    assert_eq!(h.err("mcx.open", nobody), refused("NotBound", 345));

    // Every kind of key; only a CSK is an upload, only a CSK or a MuSiK a download.
    for (tag, purpose) in ["GMK", "PCK", "CSK", "SPK", "MKFC", "MSCCK", "MuSiK"].into_iter().enumerate() {
        let groups = ["GMK", "MKFC", "MuSiK"].contains(&purpose).then(|| json!(["sip:group@x"]));
        let parameters = json!({ "key_parameters": { "groups_text": groups } });
        let inputs = seal(with(parameters, json!({ "key_id": format!("{tag}1020304") })));
        let message = h.ok("mcx.seal", inputs)["message"].clone();
        let ok = h.ok("mcx.open", open("any", &message));
        assert_eq!(
            (&ok["purpose"], &ok["key"]),
            (&json!(purpose), &json!("d3ee7d998287caea2e0bcf3aa91b30da"))
        );
        assert_eq!(ok["key_parameters"]["groups_text"], groups.unwrap_or(json!([])));
        if purpose != "CSK" {
            let up = open("upload", &message);
            assert_eq!(h.err("mcx.open", up), refused("WrongPurposeTag", 322));
        }
    }
    for (change, err) in [
        (json!({ "seed": null }), refused("RngFailed", 362)),
        (json!({ "seed": "00" }), bad_request()),
        (json!({ "key_id": "7a5b6c7d" }), refused("UnknownPurposeTag", 321)),
        (json!({ "key_id": "1a5b6c7d", "services": ["mcptt"] }), refused("Inconsistent", 363)),
        (json!({ "services": ["mcdata"] }), bad_request()),
        (json!({ "responder_uri_text": "" }), refused("MissingIdentity", 351)),
        (json!({ "responder_kms_uri_text": "kms.elsewhere.org" }), refused("KmsNotAccepted", 327)),
        (json!({ "ntp": NOW + 16_777_215 }), refused("NoKeyMaterial", 335)),
        (json!({ "offset": NOW + 1 }), refused("BeforeFirstPeriod", 355)),
        (json!({ "initiator_uri_text": SERVER }), refused("BadKeySet", 354)),
        (json!({ "rand": "00".repeat(15) }), bad_request()),
        (json!({ "rand": "00".repeat(33) }), bad_request()),
        (json!({ "hide_identities": "both" }), bad_request()),
        (json!({ "key_parameters": { "no_such": 1 } }), bad_request()),
        (json!({ "key_parameters": { "groups_text": ["a"] } }), refused("Inconsistent", 363)),
        (json!({ "offer": { "offered": [1], "selected": 2 } }), refused("BadAlgorithms", 333)),
        (json!({ "offer": { "offered": [1] } }), bad_request()),
        (
            json!({ "offer": { "offered": [1], "selected": 1 }, "selection": { "selected": 1 } }),
            bad_request(),
        ),
        (json!({ "selection": { "selected": 1, "offer_tag": "00" } }), bad_request()),
        (json!({ "initiator_uri_text": "x".repeat(300) }), refused("BadKeySet", 354)),
        (json!({ "responder_uri_text": "x".repeat(70_000) }), refused("Malformed", 320)),
    ] {
        assert_eq!(h.err("mcx.seal", seal(change.clone())), err, "{change}");
    }
    every_malformed_input_is_a_bad_request(
        &mut h,
        "mcx.seal",
        &seal(json!({})),
        &[
            "initiator_uri_text",
            "responder_uri_text",
            "kms_uri_text",
            "kpak",
            "z",
            "period",
            "offset",
            "ssk",
            "pvt",
            "key",
            "key_id",
            "rand",
            "ntp",
        ],
    );
}
