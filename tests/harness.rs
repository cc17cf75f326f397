//! The conformance harness as a child process: each operation once accepted and once refused.
//!
//! What is right comes from `tests/vectors/mbms-oracle.json`, which an independent model computed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[path = "harness/client.rs"]
mod client;
#[path = "harness/documents.rs"]
mod documents;
#[path = "harness/ims.rs"]
mod ims;
#[path = "harness/mcx.rs"]
mod mcx;
#[path = "harness/mcx_machines.rs"]
mod mcx_machines;
#[path = "harness/mcx_messages.rs"]
mod mcx_messages;
#[path = "harness/poc.rs"]
mod poc;
#[path = "harness/roles.rs"]
mod roles;

use client::{Harness, bad_request, oracle, refused, text, with};
use serde_json::{Value, json};

/// All that the MSK messages of the worked examples have in common.
fn msk_inputs() -> Value {
    json!({
        "muk": text("msk-message", "inputs/psk"),
        "profile": "rel6",
        "csb_id": 0,
        "rand": text("msk-message", "inputs/rand"),
        "counter": 1,
        "key_domain_id": "32f451",
        "msk_id": "68ca0001",
        "msk": text("msk-message", "inputs/msk"),
        "seq_low": 0,
        "seq_high": 1000,
        "idi": text("msk-message", "inputs/idi"),
        "idr": text("msk-message", "inputs/idr"),
        "v": true,
        "suite": "sha1",
    })
}

fn mtk_inputs() -> Value {
    json!({
        "msk": text("mtk-message-streaming", "inputs/psk"),
        "rand": text("mtk-message-streaming", "inputs/rand"),
        "profile": "rel6",
        "csb_id": 0,
        "counter": 7,
        "key_domain_id": "32f451",
        "msk_id": "68ca0001",
        "mtk_id": 1,
        "mtk": text("mtk-message-streaming", "inputs/mtk"),
        "salt": text("mtk-message-streaming", "inputs/mtk_salt"),
    })
}

fn open_inputs(message: &str) -> Value {
    json!({ "muk": text("msk-message", "inputs/psk"), "profile": "rel6", "message": message })
}

fn mtk_open_inputs() -> Value {
    json!({
        "msk": text("mtk-message-streaming", "inputs/psk"),
        "rand": text("mtk-message-streaming", "inputs/rand"),
        "message": text("mtk-message-streaming", "outputs/message"),
        "profile": "rel6",
        "last_counter": 6,
        "seqs": 0,
        "sequ": 1000,
    })
}

#[test]
fn gba_keys_are_those_of_the_worked_examples() {
    let mut h = Harness::start();
    let inputs = |variant: &str| {
        json!({
            "ks": text("gba-u", "inputs/ks"),
            "rand": text("gba-u", "inputs/gba_rand"),
            "impi_text": text("gba-u", "inputs/impi_text"),
            "naf_id": text("gba-u", "inputs/naf_id"),
            "variant": variant,
        })
    };
    for (variant, id, output) in
        [("me", "gba-me", "ks_naf"), ("u_int", "gba-u", "ks_int_naf"), ("u_ext", "gba-u", "ks_ext_naf")]
    {
        let ok = h.ok("gba.ks_naf", inputs(variant));
        assert_eq!(ok["key"], *oracle(id, &format!("outputs/{output}")), "{variant}");
    }
    assert_eq!(h.err("gba.ks_naf", inputs("other")), bad_request());
    assert_eq!(h.err("gba.ks_naf", with(inputs("me"), json!({ "rand": "00" }))), bad_request());
    let long = "x".repeat(65_536);
    let too_long = with(inputs("me"), json!({ "impi_text": long }));
    assert_eq!(h.err("gba.ks_naf", too_long), refused("FieldTooLong", 97));
}

#[test]
fn an_mrk_and_its_password_are_those_of_the_worked_example() {
    let mut h = Harness::start();
    let ok = h.ok("gba.mrk", json!({ "ks_naf": text("gba-me", "outputs/ks_naf") }));
    assert_eq!(ok["mrk"], *oracle("gba-me", "outputs/mrk"));
    assert_eq!(ok["http_digest_password_text"], *oracle("gba-me", "outputs/http_digest_password_text"));
    assert_eq!(h.err("gba.mrk", json!({ "ks_naf": "00" })), bad_request());
}

#[test]
fn the_prf_is_that_of_the_worked_example_where_it_is_built_in() {
    let mut h = Harness::start();
    let inputs = |prf: &str, len: u32| json!({ "prf": prf, "inkey": text("prf", "inputs/inkey40"), "label": text("prf", "inputs/label"), "len": len });
    if cfg!(feature = "hazmat") {
        for prf in ["sha1", "sha256"] {
            let ok = h.ok("mikey.prf", inputs(prf, 50));
            assert_eq!(ok["out"], *oracle("prf", &format!("outputs/{prf}_inkey40_out50")));
        }
    }
    assert_eq!(h.err("mikey.prf", with(inputs("sha1", 16), json!({ "inkey": "" }))), bad_request());
    assert_eq!(h.err("mikey.prf", inputs("md5", 16)), bad_request());
    assert_eq!(h.err("mikey.prf", inputs("sha1", u32::MAX)), bad_request());
}

#[test]
fn decoding_shows_every_field_of_the_worked_example() {
    let mut h = Harness::start();
    let ok =
        h.ok("mikey.decode", json!({ "message": text("msk-message-sp", "outputs/message_two_streams") }));
    let sessions: Vec<Value> = oracle("msk-message-sp", "inputs/cs_map_two_streams_choice")
        .as_array()
        .unwrap()
        .iter()
        .map(|s| json!({ "policy_no": s[0], "ssrc": s[1], "roc": s[2] }))
        .collect();
    let hdr = json!({
        "version": 1, "data_type": 0, "next_payload": 21, "v": true, "prf": 0, "csb_id": 0, "cs_count": 2,
        "cs_id_map_type": 0, "map": sessions,
    });
    assert_eq!(ok["hdr"], hdr);
    let params: Vec<Value> = oracle("msk-message-sp", "inputs/sp_params")
        .as_array()
        .unwrap()
        .iter()
        .map(|p| json!({ "type": p[0], "value": p[1] }))
        .collect();
    let key_ids = json!([{ "type": 0, "key_id": "32f451" }, { "type": 1, "key_id": "68ca0001" }]);
    let sealed = "msk-message-sp";
    let payloads = json!([
        { "type": "EXT", "next_payload": 5, "ext_type": 3, "ext_data": "000332f451010468ca0001", "key_ids": key_ids },
        { "type": "T", "next_payload": 11, "ts_type": 2, "ts_value": "00000005", "counter": 5 },
        { "type": "RAND", "next_payload": 6, "rand": text(sealed, "inputs/rand") },
        { "type": "ID", "next_payload": 6, "id_type": 1, "id_data": text("msk-message", "inputs/idi") },
        { "type": "ID", "next_payload": 10, "id_type": 0, "id_data": text("msk-message", "inputs/idr") },
        { "type": "SP", "next_payload": 1, "policy_no": 0, "prot_type": 0, "params": params },
        {
            "type": "KEMAC", "next_payload": 0, "encr_alg": 1, "mac_alg": 1,
            "encr_data": text(sealed, "intermediates/msk_two_streams/key_data_encrypted"),
            "mac": text(sealed, "intermediates/msk_two_streams/mac"),
        },
    ]);
    assert_eq!(ok["payloads"], payloads);
    // HDR (10), then a T (6) that lacks its last octet: the offset is that of the octet that is not there.
    let cut = json!({ "message": "010005000000000000010002000000" });
    assert_eq!(h.err("mikey.decode", cut), ("Truncated".into(), 1, Some(15)));
}

#[test]
fn reencoding_gives_the_same_octets() {
    let mut h = Harness::start();
    for path in ["message", "message_two_streams", "v_message"] {
        let message = text("msk-message-sp", &format!("outputs/{path}"));
        assert_eq!(h.ok("mikey.reencode", json!({ "message": message }))["message"], message);
    }
    let trailing = format!("{}00", text("msk-message", "outputs/message"));
    let err = h.err("mikey.reencode", json!({ "message": trailing }));
    assert_eq!(err, ("TrailingOctets".into(), 2, Some(165)));
}

#[test]
fn sealed_msk_messages_are_those_of_the_worked_examples() {
    let mut h = Harness::start();
    let ok = h.ok("msk.seal", msk_inputs());
    assert_eq!(ok["message"], *oracle("msk-message", "outputs/message"));
    let draft = with(msk_inputs(), json!({ "profile": "draft", "settings": { "idr_type": 0 } }));
    assert_eq!(h.ok("msk.seal", draft)["message"], *oracle("draft-msk-message", "outputs/message"));
    let sha256 = json!({
        "suite": "sha256", "settings": { "sha256_suite": true }, "counter": 3, "msk_id": "68ca0002", "seq_low": 5,
        "seq_high": 9,
    });
    let ok = h.ok("msk.seal", with(msk_inputs(), sha256));
    assert_eq!(ok["message"], *oracle("msk-message-sha256", "outputs/message"));
    // The worked SP payload without its next payload octet.
    let sp = [&text("pieces", "outputs/sp")[2..]];
    let with_sp = with(msk_inputs(), json!({ "counter": 5, "sp": sp }));
    let message = oracle("msk-message-sp", "outputs/message");
    assert_eq!(h.ok("msk.seal", with_sp.clone())["message"], *message);
    let cs_map = json!([
        { "policy_no": 0, "ssrc": 287_454_020, "roc": 0 },
        { "policy_no": 0, "ssrc": 1_432_778_632, "roc": 2 },
    ]);
    let two_streams = with(with_sp, json!({ "cs_map": cs_map }));
    let message = oracle("msk-message-sp", "outputs/message_two_streams");
    assert_eq!(h.ok("msk.seal", two_streams)["message"], *message);
    assert_eq!(
        h.err("msk.seal", with(msk_inputs(), json!({ "seq_low": 1001 }))),
        refused("Inconsistent", 98)
    );
}

#[test]
fn an_opened_msk_message_gives_key_interval_and_acknowledgement() {
    let mut h = Harness::start();
    let ok = h.ok("msk.open", open_inputs(text("msk-message", "outputs/message")));
    let expected = json!({
        "content": "Key",
        "key_domain_id": "32f451",
        "msk_id": "68ca0001",
        "msk": text("msk-message", "inputs/msk"),
        "seq_low": 0,
        "seq_high": 1000,
        "counter": 1,
        "v": true,
        "rand": text("msk-message", "inputs/rand"),
        "verification": text("msk-verification", "outputs/message"),
    });
    assert_eq!(ok, expected);
    let pull = h.ok("msk.open", open_inputs(text("solicited-pull", "outputs/message")));
    assert_eq!(
        (&pull["msk"], &pull["verification"], &pull["msk_id"]),
        (&Value::Null, &Value::Null, &json!("68ca0000"))
    );
    let sha256 = open_inputs(text("msk-message-sha256", "outputs/message"));
    let ok = h.ok("msk.open", with(sha256.clone(), json!({ "settings": { "sha256_suite": true } })));
    assert_eq!(ok["verification"], *oracle("msk-message-sha256", "outputs/v_message"));
    assert_eq!(h.err("msk.open", sha256), ("UnsupportedPrf".into(), 13, Some(3)));
    let replay = with(open_inputs(text("msk-message", "outputs/message")), json!({ "last_counter": 1 }));
    assert_eq!(h.err("msk.open", replay), refused("Replay", 67));
    let bad_mac = open_inputs(text("negative", "outputs/cases/0/message"));
    assert_eq!(h.err("msk.open", bad_mac), refused("MacInvalid", 71));
}

#[test]
fn a_verification_message_is_checked_against_the_message_it_answers() {
    let mut h = Harness::start();
    let inputs = |sent, received| json!({ "muk": text("msk-message", "inputs/psk"), "profile": "rel6", "sent": sent, "received": received });
    let message = text("msk-message", "outputs/message");
    let good = inputs(message, text("msk-verification", "outputs/message"));
    assert_eq!(h.ok("msk.check_verification", good), json!({ "delivered": true }));
    let other = inputs(message, text("msk-message-sp", "outputs/v_message"));
    assert_eq!(h.err("msk.check_verification", other), refused("Replay", 67));
    let draft = inputs(message, text("draft-msk-message", "outputs/v_message"));
    assert_eq!(h.err("msk.check_verification", draft), refused("MacInvalid", 71));
}

#[test]
fn a_sealed_pull_is_that_of_the_worked_example() {
    let mut h = Harness::start();
    let pull = with(msk_inputs(), json!({ "msk_id": "68ca0000", "counter": 2 }));
    assert_eq!(h.ok("pull.seal", pull.clone())["message"], *oracle("solicited-pull", "outputs/message"));
    let draft = with(pull, json!({ "profile": "draft" }));
    assert_eq!(h.ok("pull.seal", draft)["message"], *oracle("draft-msk-message", "outputs/pull_message"));
    assert_eq!(h.err("pull.seal", msk_inputs()), refused("Inconsistent", 98));
}

#[test]
fn sealed_mtk_messages_are_those_of_the_worked_examples() {
    let mut h = Harness::start();
    let ok = h.ok("mtk.seal", mtk_inputs());
    assert_eq!(ok["message"], *oracle("mtk-message-streaming", "outputs/message"));
    let download = with(mtk_inputs(), json!({ "counter": 8, "mtk_id": 2, "salt": null }));
    assert_eq!(h.ok("mtk.seal", download)["message"], *oracle("mtk-message-download", "outputs/message"));
    assert_eq!(h.err("mtk.seal", with(mtk_inputs(), json!({ "mtk_id": 65_536 }))), bad_request());
    let tgk_with_salt = json!({ "settings": { "key_data": { "mtk_with_salt": "tgk" } } });
    assert_eq!(h.err("mtk.seal", with(mtk_inputs(), tgk_with_salt)), refused("Inconsistent", 98));
}

#[test]
fn an_opened_mtk_message_gives_key_and_salt() {
    let mut h = Harness::start();
    let expected = json!({
        "key_domain_id": "32f451",
        "msk_id": "68ca0001",
        "mtk_id": 1,
        "mtk": text("mtk-message-streaming", "inputs/mtk"),
        "salt": text("mtk-message-streaming", "inputs/mtk_salt"),
        "counter": 7,
    });
    assert_eq!(h.ok("mtk.open", mtk_open_inputs()), expected);
    // No worked example has an MTK message of the draft: what one side seals without a CSB ID, the other must open.
    let draft = json!({ "profile": "draft" });
    let sealed = h.ok("mtk.seal", with(mtk_inputs(), draft.clone()));
    let opened = h.ok(
        "mtk.open",
        with(with(mtk_open_inputs(), draft), with(sealed, json!({ "key_domain_id": "32f451" }))),
    );
    assert_eq!(opened, expected);
    for (inputs, err) in [
        (json!({ "last_counter": 7 }), refused("Replay", 67)),
        (json!({ "seqs": 1 }), refused("KeyNotFresh", 68)),
        (json!({ "rand": "00112233445566778899aabbccddeeff" }), refused("MacInvalid", 71)),
        (json!({ "sequ": null }), bad_request()),
    ] {
        assert_eq!(h.err("mtk.open", with(mtk_open_inputs(), inputs)), err);
    }
}

#[test]
fn srtp_keys_are_those_of_the_worked_example() {
    let mut h = Harness::start();
    let inputs = json!({
        "mtk": text("mtk-message-streaming", "inputs/mtk"),
        "salt": text("mtk-message-streaming", "inputs/mtk_salt"),
        "msk_id": "68ca0001",
        "mtk_id": 1,
    });
    let mut expected = oracle("mtk-message-streaming", "outputs/srtp_session_keys").clone();
    expected["mki"] = oracle("mtk-message-streaming", "outputs/srtp_mki").clone();
    assert_eq!(h.ok("srtp.keys", inputs.clone()), expected);
    assert_eq!(h.err("srtp.keys", with(inputs, json!({ "mtk": "c0c1" }))), bad_request());
}

#[test]
fn lines_that_are_no_requests_are_answered_and_the_program_goes_on() {
    let mut h = Harness::start();
    let deep = "[".repeat(100_000);
    for line in ["no json", "[]", "{}", "{\"op\":7}", "{\"op\":\"none\"}", "\u{0}", &deep] {
        assert_eq!(h.line(line.as_bytes())["err"]["kind"], "BadRequest", "{line:.20}");
    }
    assert_eq!(h.line(b"\xFF\xFE")["err"]["kind"], "BadRequest");
    assert_eq!(h.line(b"{\"id\":3,\"op\":\"msk.open\"}")["id"], 3);
    reencodes(&mut h);
}

fn reencodes(h: &mut Harness) {
    let message = text("msk-message", "outputs/message");
    assert_eq!(h.ok("mikey.reencode", json!({ "message": message }))["message"], message);
}

#[test]
fn every_operation_of_the_program_is_accepted_once_and_refused_once_here() {
    let program = include_str!("../examples/harness/main.rs");
    let tests = [
        include_str!("harness.rs"),
        include_str!("harness/documents.rs"),
        include_str!("harness/ims.rs"),
        include_str!("harness/mcx.rs"),
        include_str!("harness/mcx_machines.rs"),
        include_str!("harness/mcx_messages.rs"),
        include_str!("harness/poc.rs"),
        include_str!("harness/roles.rs"),
    ]
    .concat();
    let ops: Vec<&str> = program
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"))
        .map(|(op, _)| op)
        .collect();
    assert_eq!(ops.len(), 61);
    for op in ops {
        for call in [format!("h.ok(\"{op}\","), format!("h.err(\"{op}\",")] {
            assert!(tests.contains(&call), "no {call}");
        }
    }
}
