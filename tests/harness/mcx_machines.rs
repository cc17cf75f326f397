//! `mcx.client.*`, `mcx.server.*`.

use serde_json::{Value, json};

use crate::client::{Harness, action, bad_request, refused, types, with};
use crate::mcx::{ALICE, NOW, SERVER, key_set, kms, open};
use crate::mcx_messages::SEED;

fn at(name: &str, second: u64, event: Value) -> Value {
    json!({ "name": name, "now_ntp": NOW.saturating_add(second), "event": event })
}

fn party(name: &str, uri: &str, set: &str) -> Value {
    let settings = json!({ "algorithms": { "supported": [2, 1], "default": 1 } });
    let more = json!({ "name": name, "uri_text": uri, "now_ntp": NOW, "seed": SEED, "settings": settings });
    with(with(kms(), key_set(set)), more)
}

fn upload_of(octets: &Value) -> Value {
    json!({ "type": "Upload", "octets": octets, "impu_text": "sip:impu@ims", "user_text": ALICE })
}

#[test]
fn a_client_and_a_server_exchange_csks_and_musiks() {
    let mut h = Harness::start();
    let log_off = json!({ "type": "LogOff", "user_text": ALICE });
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, log_off.clone())), bad_request());
    assert_eq!(h.err("mcx.server.handle", at("gms", 0, log_off)), bad_request());
    assert_eq!(h.err("mcx.client.state", json!({ "name": "alice", "now_ntp": NOW })), bad_request());
    assert_eq!(h.err("mcx.server.state", json!({ "name": "gms", "now_ntp": NOW })), bad_request());
    let (alice, gms) = (party("alice", ALICE, "initiator_alice"), party("gms", SERVER, "responder_gms"));
    for bad in [json!({ "settings": { "limits": 1 } }), json!({ "uri_text": null }), json!({ "rsk": null })] {
        assert_eq!(h.err("mcx.client.new", with(alice.clone(), bad.clone())), bad_request());
        assert_eq!(h.err("mcx.server.new", with(gms.clone(), bad)), bad_request());
    }
    let other = json!({ "uri_text": "sip:mallory@streamwide.com" });
    assert_eq!(h.err("mcx.client.new", with(alice.clone(), other)), refused("BadKeySet", 354));
    assert_eq!(h.ok("mcx.client.new", alice), json!({}));
    assert_eq!(h.ok("mcx.server.new", gms), json!({}));

    // Upload, as the client prefers.
    let upload = json!({ "type": "Upload", "services": ["mcptt"], "hide_identities": true });
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, upload.clone())), refused("MissingIdentity", 351));
    let kms_uri = kms()["kms_uri_text"].clone();
    let register = json!({ "type": "Register", "mdsi_text": SERVER, "kms_uri_text": kms_uri });
    assert_eq!(types(&h.ok("mcx.client.handle", at("alice", 0, register.clone()))), ["Registered"]);
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, register)), refused("WrongState", 350));
    let sent = h.ok("mcx.client.handle", at("alice", 0, upload.clone()));
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, upload)), refused("WrongState", 350));
    let message = action(&sent, "Send")["octets"].clone();
    let opened = h.ok("mcx.open", open("upload", &message));
    assert_eq!(opened["offer"]["selected"], 2);
    let bound = h.ok("mcx.server.handle", at("gms", 1, upload_of(&message)));
    let bound = action(&bound, "CskBound");
    assert_eq!((&bound["key_id"], &bound["algorithm"]), (&opened["key_id"], &json!(2)));
    assert_eq!(h.err("mcx.server.handle", at("gms", 2, upload_of(&message))), refused("Replay", 325));
    let accepted = h.ok("mcx.client.handle", at("alice", 2, json!({ "type": "UploadAccepted" })));
    assert_eq!(action(&accepted, "CskInUse")["key_id"], opened["key_id"]);

    // The server forces the other algorithm.
    let csk = json!({ "type": "SendCsk", "user_text": ALICE, "kms_uri_text": kms_uri, "select": 1 });
    let outside = with(csk.clone(), json!({ "select": 3 }));
    assert_eq!(h.err("mcx.server.handle", at("gms", 3, outside)), refused("SelectionNotOffered", 338));
    let nobody = with(csk.clone(), json!({ "user_text": "sip:bob@streamwide.com" }));
    assert_eq!(h.err("mcx.server.handle", at("gms", 3, nobody)), refused("UnknownKey", 349));
    let sent = h.ok("mcx.server.handle", at("gms", 3, csk));
    let download = |octets: &Value| json!({ "type": "Download", "octets": octets });
    let message = action(&sent, "Send")["octets"].clone();
    let opened = h.ok("mcx.open", open("download", &message));
    assert_eq!(opened["selection"]["selected"], 1);
    let stored = h.ok("mcx.client.handle", at("alice", 4, download(&message)));
    assert_eq!(action(&stored, "CskStored")["algorithm"], 1);
    assert_eq!(h.err("mcx.client.handle", at("alice", 5, download(&message))), refused("Replay", 325));
    let taken = json!({ "type": "CskTaken", "user_text": ALICE });
    let bound = h.ok("mcx.server.handle", at("gms", 5, taken.clone()));
    assert_eq!(action(&bound, "CskBound")["key_id"], action(&sent, "Send")["key_id"]);
    assert_eq!(h.err("mcx.server.handle", at("gms", 5, taken)), refused("WrongState", 350));

    // A MuSiK.
    let made = h.ok("mcx.server.handle", at("gms", 6, json!({ "type": "NewMuSik", "services": ["mcptt"] })));
    let musik = action(&made, "MuSikMade")["key_id"].clone();
    let musik = json!({
        "type": "SendMuSik", "user_text": ALICE, "kms_uri_text": kms_uri, "key_id": musik, "services": ["mcptt"],
    });
    let unknown = with(musik.clone(), json!({ "key_id": "61020304" }));
    assert_eq!(h.err("mcx.server.handle", at("gms", 6, unknown)), refused("UnknownKey", 349));
    let sent = h.ok("mcx.server.handle", at("gms", 6, musik.clone()));
    let message = action(&sent, "Send")["octets"].clone();
    assert_eq!(h.ok("mcx.open", open("download", &message))["srtp"][0]["cs_id"], 7);
    let stored = h.ok("mcx.client.handle", at("alice", 7, download(&message)));
    assert_eq!(action(&stored, "MuSikStored")["key_id"], musik["key_id"]);

    // What can be seen of it all, and no key in it.
    let spk = json!({ "type": "InstallSpk", "key_id": "31020304", "key": "5b".repeat(16) });
    assert_eq!(types(&h.ok("mcx.server.handle", at("gms", 7, spk.clone()))), ["SpkInstalled"]);
    let wrong = with(spk, json!({ "key_id": "21020304" }));
    assert_eq!(h.err("mcx.server.handle", at("gms", 7, wrong)), refused("WrongPurposeTag", 322));
    let old = bound_id(&accepted);
    let now = json!({ "now_ntp": NOW + 10, "key_ids": [old, musik["key_id"], "71020304"] });
    let state = h.ok("mcx.client.state", with(json!({ "name": "alice" }), now.clone()));
    assert_eq!((&state["csk"]["key_id"], &state["csk"]["algorithm"]), (&opened["key_id"], &json!(1)));
    assert_eq!(state["keys"][&old]["purpose"], "CSK");
    assert_eq!(state["keys"][musik["key_id"].as_str().unwrap()]["purpose"], "MuSiK");
    assert_eq!(state["keys"]["71020304"]["err"]["kind"], "UnknownPurposeTag");
    let later = h.ok(
        "mcx.client.state",
        with(json!({ "name": "alice" }), json!({ "now_ntp": NOW + 99, "key_ids": [old] })),
    );
    assert_eq!(later["keys"][&old]["err"]["kind"], "UnknownKey");
    let domain = h.ok("mcx.server.state", with(json!({ "name": "gms" }), now));
    let row = &domain["users"][ALICE];
    assert_eq!(
        (&row["impu_text"], &row["csk"]),
        (
            &json!("sip:impu@ims"),
            &with(state["csk"].clone(), json!({ "active_from": row["csk"]["active_from"] }))
        )
    );
    assert_eq!(row["offer"]["offered"], json!([2, 1]));
    for secret in [opened["key"].as_str().unwrap(), &"5b".repeat(16)] {
        assert!(![&state, &domain].iter().any(|state| state.to_string().contains(secret)));
    }
    let off = h.ok("mcx.client.handle", at("alice", 11, json!({ "type": "LogOff" })));
    assert_eq!(types(&off), ["LoggedOff"]);
    let off = h.ok("mcx.server.handle", at("gms", 11, json!({ "type": "LogOff", "user_text": ALICE })));
    assert_eq!(types(&off), ["LoggedOff"]);
    let empty = h.ok("mcx.server.state", json!({ "name": "gms", "now_ntp": NOW + 11 }));
    assert_eq!(empty["users"], json!({}));
    let rain = json!({ "type": "Rain", "user_text": ALICE });
    assert_eq!(h.err("mcx.client.handle", at("alice", 11, rain.clone())), bad_request());
    assert_eq!(h.err("mcx.server.handle", at("gms", 11, rain)), bad_request());
}

fn bound_id(accepted: &Value) -> String {
    action(accepted, "CskInUse")["key_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_redirected_client_turns_to_another_kms_three_times() {
    let mut h = Harness::start();
    let alice = with(party("alice", ALICE, "initiator_alice"), json!({ "settings": null }));
    let new = h.ok("kms.extract", json!({ "identity": "31", "ksak": "02", "z_secret": "05", "seed": SEED }));
    let other = with(
        json!({ "kms_uri_text": "kms.two", "period": 3600, "offset": 0 }),
        json!({ "kpak": new["kpak"], "z": new["z"] }),
    );
    let alice = with(alice, json!({ "kms": [kms(), other], "key_sets": [key_set("initiator_alice")] }));
    h.ok("mcx.client.new", alice);
    let register = json!({ "type": "Register", "mdsi_text": SERVER, "kms_uri_text": kms()["kms_uri_text"] });
    h.ok("mcx.client.handle", at("alice", 0, register));
    let first = h.ok("mcx.client.handle", at("alice", 0, json!({ "type": "Upload" })));
    let follow = json!({ "type": "Redirected", "kms_uri_text": "kms.two" });
    let foreign = with(follow.clone(), json!({ "kms_uri_text": "kms.three" }));
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, foreign)), refused("KmsNotAccepted", 327));
    for _ in 0..3 {
        let again = h.ok("mcx.client.handle", at("alice", 0, follow.clone()));
        assert_ne!(action(&again, "Send")["octets"], action(&first, "Send")["octets"]);
    }
    assert_eq!(h.err("mcx.client.handle", at("alice", 0, follow)), refused("TooManyRedirects", 356));
    let failed = h.ok("mcx.client.handle", at("alice", 0, json!({ "type": "UploadFailed" })));
    assert_eq!(types(&failed), ["KeptOld"]);
}
