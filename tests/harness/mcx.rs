//! `mcx.*`, `eccsi.*`, `sakke.*`, `kms.*`.
//!
//! What is right comes from the appendices of RFC 6507 and RFC 6508 and from `tests/vectors/mcx-csk.json`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::client::{Harness, bad_request, refused, with};

static ECCSI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/eccsi-rfc6507.json")).unwrap());
static SAKKE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/sakke-rfc6508.json")).unwrap());
pub(crate) static MCX: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/mcx-csk.json")).unwrap());

/// T of most messages of the file.
pub(crate) const NOW: u64 = 0xEC89_8DAD;
pub(crate) const ALICE: &str = "sip:alice@streamwide.com";
pub(crate) const SERVER: &str = "gms@streamwide.com";

fn is_hazmat() -> bool {
    cfg!(feature = "hazmat")
}

/// Every input that has the wrong type, is missing or is no hex is a bad request, and nothing else happens.
pub(crate) fn every_malformed_input_is_a_bad_request(
    h: &mut Harness, op: &str, inputs: &Value, names: &[&str],
) {
    for name in names {
        for bad in [json!(null), json!(7.5), json!([1]), json!({}), json!("0g"), json!(true), json!(-1)] {
            let is_text = name.ends_with("_text") && bad.is_string();
            if !is_text {
                assert_eq!(
                    h.err(op, with(inputs.clone(), json!({ *name: bad }))),
                    bad_request(),
                    "{op} {name}"
                );
            }
        }
    }
}

#[test]
fn signatures_of_rfc_6507_are_made_and_verified() {
    let mut h = Harness::start();
    let v = &*ECCSI;
    let keys = json!({ "identity": v["ID"], "kpak": v["KPAK"], "ssk": v["SSK"], "pvt": v["PVT"] });
    assert_eq!(h.ok("eccsi.validate_ssk", keys.clone()), json!({ "valid": true }));
    let sign = with(keys.clone(), json!({ "message": v["message"] }));
    if is_hazmat() {
        let ok = h.ok("eccsi.sign", with(sign.clone(), json!({ "j": v["j"] })));
        assert_eq!(ok["signature"], v["signature"]);
        // The appendix prints j without its zeros.
        let ok = h.ok("eccsi.sign", with(sign.clone(), json!({ "j": "034567" })));
        assert_eq!(ok["signature"], v["signature"]);
    }
    for j in [json!("00"), json!("00".repeat(33)), json!("ff".repeat(32)), json!(1)] {
        assert_eq!(h.err("eccsi.sign", with(sign.clone(), json!({ "j": j }))), bad_request());
    }
    assert_eq!(h.err("eccsi.sign", sign.clone()), refused("RngFailed", 292));
    let drawn = h.ok("eccsi.sign", with(sign.clone(), json!({ "seed": "11".repeat(32) })));
    assert_eq!(drawn, h.ok("eccsi.sign", with(sign.clone(), json!({ "seed": "11".repeat(32) }))));
    assert_ne!(drawn["signature"], v["signature"]);
    let verify = json!({ "identity": v["ID"], "kpak": v["KPAK"], "message": v["message"] });
    for signature in [&v["signature"], &drawn["signature"]] {
        let inputs = with(verify.clone(), json!({ "signature": signature }));
        assert_eq!(h.ok("eccsi.verify", inputs), json!({ "valid": true }));
    }
    for case in v["cases"].as_array().unwrap() {
        let mut inputs = case.clone();
        inputs["identity"] = inputs["id"].clone();
        if case["expect"] == "accept" {
            assert_eq!(h.ok("eccsi.verify", inputs), json!({ "valid": true }), "{}", case["name"]);
        } else {
            assert_eq!(h.err("eccsi.verify", inputs), refused("SignatureInvalid", 293), "{}", case["name"]);
        }
    }
    let inputs = with(verify, json!({ "signature": v["signature"] }));
    // The page calls the identity `id`, as it calls the name of a request: one member can be both.
    let both = with(inputs.clone(), json!({ "op": "eccsi.verify", "identity": null, "id": v["ID"] }));
    assert_eq!(h.line(both.to_string().as_bytes()), json!({ "id": v["ID"], "ok": { "valid": true } }));
    let compressed = json!({ "kpak": format!("02{}", &v["KPAK"].as_str().unwrap()[2..66]) });
    assert_eq!(h.err("eccsi.verify", with(inputs.clone(), compressed)), refused("KpakInvalid", 288));
    every_malformed_input_is_a_bad_request(
        &mut h,
        "eccsi.verify",
        &inputs,
        &["identity", "kpak", "message", "signature"],
    );
    every_malformed_input_is_a_bad_request(
        &mut h,
        "eccsi.sign",
        &with(sign, json!({ "seed": "11".repeat(32) })),
        &["identity", "kpak", "ssk", "pvt", "message"],
    );
    for (wrong, err) in [
        (json!({ "ssk": "00".repeat(32) }), refused("SskInvalid", 291)),
        (json!({ "ssk": "11".repeat(31) }), refused("SskInvalid", 291)),
        (json!({ "ssk": v["KSAK"] }), refused("SskInvalid", 291)),
        (json!({ "identity": "00" }), refused("SskInvalid", 291)),
        (json!({ "pvt": format!("04{}", "00".repeat(64)) }), refused("PvtInvalid", 290)),
        (json!({ "pvt": "04" }), refused("PvtInvalid", 290)),
        (json!({ "kpak": "00" }), refused("KpakInvalid", 288)),
    ] {
        assert_eq!(h.err("eccsi.validate_ssk", with(keys.clone(), wrong)), err);
    }
}

#[test]
fn keys_of_rfc_6508_are_encapsulated_and_decapsulated() {
    let mut h = Harness::start();
    let v = &*SAKKE;
    let common = json!({ "identity": v["b"], "z": v["Z"] });
    let encapsulate = with(common.clone(), json!({ "ssv": v["SSV"] }));
    assert_eq!(h.ok("sakke.encapsulate", encapsulate.clone()), json!({ "sed": v["encapsulated_data"] }));
    let leading = with(common.clone(), json!({ "ssv": v["leading_zero"]["SSV"] }));
    assert_eq!(h.ok("sakke.encapsulate", leading)["sed"], v["leading_zero"]["encapsulated_data"]);
    let negative = [
        (json!({ "identity": "" }), refused("BadIdentity", 258)),
        (json!({ "identity": "01" }), refused("BadIdentity", 258)),
        (json!({ "identity": "11".repeat(128) }), refused("BadIdentity", 258)),
        (json!({ "z": "04" }), refused("BadPoint", 256)),
        (json!({ "z": v["small_order"]["order2"] }), refused("WrongOrder", 257)),
        (json!({ "z": v["small_order"]["order4"] }), refused("WrongOrder", 257)),
    ];
    for (wrong, err) in negative {
        assert_eq!(h.err("sakke.encapsulate", with(encapsulate.clone(), wrong)), err);
    }
    assert_eq!(h.err("sakke.encapsulate", with(encapsulate.clone(), json!({ "ssv": "00" }))), bad_request());
    let rsk = with(common.clone(), json!({ "rsk": v["RSK"] }));
    for case in v["decapsulation_cases"].as_array().unwrap() {
        let given = |name: &str| case.get(name).unwrap_or(&v[&*name.to_uppercase()]);
        let z = case.get("Z").unwrap_or(&v["Z"]);
        let inputs = json!({ "identity": case["id"], "sed": case["sed"], "rsk": given("rsk"), "z": z });
        if case["expect"] == "accept" {
            assert_eq!(h.ok("sakke.decapsulate", inputs), json!({ "ssv": v["SSV"] }));
            continue;
        }
        // Keys that are not those of the identity are found out before anything is opened with them.
        let is_key = ["wrong identity", "RSK of", "Z of"]
            .iter()
            .any(|of| case["name"].as_str().unwrap().starts_with(of));
        let err = if is_key { refused("RskRefused", 261) } else { refused("Refused", 265) };
        assert_eq!(h.err("sakke.decapsulate", inputs), err, "{}", case["name"]);
    }
    for case in v["rsk_validation_cases"].as_array().unwrap() {
        let inputs = json!({ "identity": case["id"], "rsk": case["rsk"], "z": v["Z"] });
        let name = case["name"].as_str().unwrap();
        if case["expect"] == "accept" {
            assert_eq!(h.ok("sakke.validate_rsk", inputs), json!({ "valid": true }));
        } else if name.contains("curve") {
            assert_eq!(h.err("sakke.validate_rsk", inputs), refused("BadPoint", 256), "{name}");
        } else {
            assert_eq!(h.err("sakke.validate_rsk", inputs), refused("RskRefused", 261), "{name}");
        }
    }
    every_malformed_input_is_a_bad_request(
        &mut h,
        "sakke.encapsulate",
        &encapsulate,
        &["identity", "z", "ssv"],
    );
    let open = with(rsk.clone(), json!({ "sed": v["encapsulated_data"] }));
    every_malformed_input_is_a_bad_request(
        &mut h,
        "sakke.decapsulate",
        &open,
        &["identity", "z", "rsk", "sed"],
    );
    every_malformed_input_is_a_bad_request(&mut h, "sakke.validate_rsk", &rsk, &["identity", "z", "rsk"]);
}

#[test]
fn a_kms_makes_the_keys_of_both_appendices() {
    let mut h = Harness::start();
    assert_eq!(ECCSI["ID"], SAKKE["b"]);
    let inputs = json!({ "identity": ECCSI["ID"], "ksak": ECCSI["KSAK"], "z_secret": SAKKE["z"] });
    let given = with(inputs.clone(), json!({ "v": ECCSI["v"] }));
    if is_hazmat() {
        let expected = json!({
            "kpak": ECCSI["KPAK"], "ssk": ECCSI["SSK"], "pvt": ECCSI["PVT"], "z": SAKKE["Z"], "rsk": SAKKE["RSK"],
        });
        assert_eq!(h.ok("kms.extract", given.clone()), expected);
    }
    for v in ["00", "0g"] {
        assert_eq!(h.err("kms.extract", with(given.clone(), json!({ "v": v }))), bad_request());
    }
    assert_eq!(h.err("kms.extract", inputs.clone()), refused("RngFailed", 292));
    let drawn = with(inputs, json!({ "seed": "22".repeat(32) }));
    let keys = h.ok("kms.extract", drawn.clone());
    assert_eq!((&keys["z"], &keys["rsk"], &keys["kpak"]), (&SAKKE["Z"], &SAKKE["RSK"], &ECCSI["KPAK"]));
    let id = json!({ "identity": ECCSI["ID"] });
    h.ok("eccsi.validate_ssk", with(keys.clone(), id.clone()));
    h.ok("sakke.validate_rsk", with(keys, id));
    let q = &SAKKE["params"]["q"];
    for (wrong, err) in [
        (json!({ "ksak": "00" }), refused("KsakInvalid", 289)),
        (json!({ "ksak": ECCSI["curve"]["q"] }), refused("KsakInvalid", 289)),
        (json!({ "z_secret": "00" }), refused("BadMasterSecret", 259)),
        (json!({ "z_secret": "01" }), refused("BadMasterSecret", 259)),
        (json!({ "z_secret": q }), refused("BadMasterSecret", 259)),
        (json!({ "identity": "01" }), refused("BadIdentity", 258)),
        (json!({ "ksak": "11".repeat(33) }), bad_request()),
        (json!({ "z_secret": "11".repeat(129) }), bad_request()),
    ] {
        assert_eq!(h.err("kms.extract", with(drawn.clone(), wrong)), err);
    }
    every_malformed_input_is_a_bad_request(&mut h, "kms.extract", &drawn, &["identity", "ksak", "z_secret"]);
}

#[test]
fn uids_are_those_of_the_vectors() {
    let mut h = Harness::start();
    let inputs = |case: &Value| {
        json!({
            "uri_text": case["uri"], "kms_uri_text": case["kms_uri"], "period": case["key_period"],
            "offset": case["key_period_offset"], "period_no": case["key_period_no"],
        })
    };
    for case in MCX["uid_tests"].as_array().unwrap() {
        assert_eq!(h.ok("mcx.uid", inputs(case)), json!({ "uid": case["uid"] }));
    }
    let first = inputs(&MCX["uid_tests"][0]);
    assert_eq!(h.err("mcx.uid", with(first.clone(), json!({ "period": 0 }))), refused("BadCertificate", 353));
    let long = json!({ "uri_text": "x".repeat(65_536) });
    assert_eq!(h.err("mcx.uid", with(first.clone(), long)), refused("Malformed", 320));
    every_malformed_input_is_a_bad_request(
        &mut h,
        "mcx.uid",
        &first,
        &["uri_text", "kms_uri_text", "period", "offset", "period_no"],
    );
}

/// The KMS of the file.
pub(crate) fn kms() -> Value {
    let kms = &MCX["kms_init"];
    json!({
        "kms_uri_text": kms["KmsUri"], "kpak": kms["PubAuthKey"], "z": kms["PubEncKey"],
        "period": kms["UserKeyPeriod"], "offset": kms["UserKeyOffset"],
    })
}

pub(crate) fn key_set(of: &str) -> Value {
    let set = &MCX["key_sets"][of];
    json!({ "rsk": set["UserDecryptKey"], "ssk": set["UserSigningKeySSK"], "pvt": set["UserPubTokenPVT"] })
}

/// What a receiver of the file is asked.
pub(crate) fn open(direction: &str, message: &Value) -> Value {
    let (initiator, responder, set) = match direction {
        "download" => (SERVER, ALICE, "initiator_alice"),
        _ => (ALICE, SERVER, "responder_gms"),
    };
    with(
        with(kms(), key_set(set)),
        json!({
            "message": message, "direction": direction, "now_ntp": NOW, "initiator_uri_text": initiator,
            "responder_uri_text": responder,
        }),
    )
}

#[test]
fn the_published_csk_message_is_opened_with_everything_in_it() {
    let mut h = Harness::start();
    let (csk, srtp) = (&MCX["csk_message"], &MCX["derived"]["srtcp_mcptt_cs_id_6"]);
    let inputs = with(open("upload", &csk["i_message_hex"]), json!({ "now_ntp": csk["ntp_seconds"] }));
    let read = &csk["key_parameters"]["decoded"];
    let expected = json!({
        "key": csk["key"], "key_id": csk["key_id"], "purpose": "CSK", "rand": csk["rand"],
        "key_parameters": {
            "key_type": read["key_type"], "status": read["status"], "activation": read["activation"],
            "expiry": read["expiry"], "text": read["text"], "groups_text": [], "signalling_algorithm": null,
        },
        "offer": null, "selection": null, "algorithm": null,
        "initiator_uid": csk["initiator_uid"], "responder_uid": csk["responder_uid"],
        "period_no": csk["key_period_no"], "quirks": [],
        "srtp": [{
            "cs_id": 6, "master_key": srtp["master_key"], "master_salt": srtp["master_salt"], "mki": srtp["mki"],
            "ssrc": null, "roc": null, "seq": null,
        }],
    });
    assert_eq!(h.ok("mcx.open", inputs.clone()), expected);
    assert_eq!(h.ok("mcx.open", with(inputs.clone(), json!({ "direction": "any" }))), expected);
    for (change, err) in [
        (json!({ "direction": "download" }), Ok("any")),
        (json!({ "direction": "sideways" }), Err(bad_request())),
        (json!({ "now_ntp": NOW + 61 }), Err(refused("StaleTimestamp", 323))),
        (json!({ "now_ntp": NOW - 66 }), Err(refused("FutureTimestamp", 324))),
        (json!({ "now_ntp": NOW + 61, "settings": { "skew": 100 } }), Ok("any")),
        (json!({ "settings": { "no_such": 1 } }), Err(bad_request())),
        (json!({ "settings": { "skew": "long" } }), Err(bad_request())),
        (json!({ "settings": { "algorithms": { "supported": [0] } } }), Err(refused("BadAlgorithms", 333))),
        (json!({ "settings": { "algorithms": { "wanted": [1] } } }), Err(bad_request())),
        // The initiator is hidden: nobody, and nobody else, gets the key.
        (json!({ "initiator_uri_text": null }), Err(refused("NotBound", 345))),
        (json!({ "initiator_uri_text": "sip:bob@streamwide.com" }), Err(refused("IdentityMismatch", 329))),
        (json!({ "kms_uri_text": "kms.elsewhere.org" }), Err(refused("BadKeySet", 354))),
        (json!({ "responder_uri_text": ALICE }), Err(refused("BadKeySet", 354))),
        (json!({ "period": 0 }), Err(refused("BadCertificate", 353))),
        (json!({ "kpak": "04" }), Err(refused("BadCertificate", 353))),
        (json!({ "z": SAKKE["small_order"]["order4"] }), Err(refused("BadCertificate", 353))),
        (json!({ "rsk": SAKKE["RSK"] }), Err(refused("BadKeySet", 354))),
        (json!({ "ssk": "11".repeat(32) }), Err(refused("BadKeySet", 354))),
        (json!({ "pvt": "" }), Err(refused("BadKeySet", 354))),
        (json!({ "period_no": 237 }), Err(refused("BadKeySet", 354))),
        (json!({ "revoked": true }), Err(refused("NotAuthorized", 352))),
        (
            json!({ "sdp_ids_text": "mikey", "settings": { "require_sdp_ids": true } }),
            Err(refused("SdpIdsMismatch", 334)),
        ),
        (json!({ "sdp_ids_text": "mikey" }), Ok("any")),
        (json!({ "message": "" }), Err(("Truncated".into(), 1, Some(0)))),
    ] {
        let inputs = with(inputs.clone(), change.clone());
        match err {
            Ok(_) => assert_eq!(h.ok("mcx.open", inputs)["key"], csk["key"], "{change}"),
            Err(err) => assert_eq!(h.err("mcx.open", inputs), err, "{change}"),
        }
    }
    every_malformed_input_is_a_bad_request(
        &mut h,
        "mcx.open",
        &inputs,
        &[
            "message",
            "direction",
            "now_ntp",
            "kms_uri_text",
            "responder_uri_text",
            "kpak",
            "z",
            "period",
            "offset",
            "rsk",
            "ssk",
            "pvt",
        ],
    );
}
