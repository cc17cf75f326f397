//! `ims.*`.

use serde_json::{Value, json};

use crate::client::{Harness, action, bad_request, refused, types, with};

const NEWS: &str = "urn:3gpp:mbms:service:news";
const ALICE: &str = "sip:alice@home1.net";
const B_TID: &str = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";

fn group() -> Value {
    json!({ "key_domain_id": "68ca0c", "key_group": "0001" })
}

fn session(variant: &str) -> Value {
    json!({
        "name": "ims", "variant": variant, "service_text": NEWS, "services_text": [NEWS],
        "identity_text": ALICE, "groups": [group()],
    })
}

fn at(tick: u64, event: Value) -> Value {
    json!({ "name": "ims", "tick": tick, "event": event })
}

fn sip(outcome: Value) -> Value {
    json!({ "type": "Sip", "outcome": outcome })
}

fn done() -> Value {
    json!({ "type": "Gba", "outcome": { "type": "Done", "b_tid_text": B_TID, "expires": 3_600_000 } })
}

fn stored() -> Value {
    json!({ "type": "Key", "fact": { "type": "Stored", "key_domain_id": "68ca0c", "msk_id": "00010001" } })
}

#[test]
fn a_terminal_of_the_http_variant_registers_and_is_keyed() {
    let mut h = Harness::start();
    assert_eq!(h.err("ims.ue.state", json!({ "name": "ims" })), bad_request());
    assert_eq!(h.err("ims.ue.new", with(session("http"), json!({ "variant": "smtp" }))), bad_request());
    assert_eq!(
        h.err("ims.ue.new", with(session("http"), json!({ "groups": [] }))),
        refused("NoKeyGroup", 207)
    );
    assert_eq!(
        h.err("ims.ue.new", with(session("http"), json!({ "service_text": "a\n" }))),
        refused("BadCharacter", 194)
    );
    let settings =
        json!({ "settings": { "msk_wait_ms": 700, "back_off_ms": [10, 20], "window": { "offset_ms": 5 } } });
    assert_eq!(h.ok("ims.ue.new", with(session("http"), settings)), json!({}));
    let view = |registered: bool| json!({ "type": "View", "ims_registered": registered });
    assert_eq!(h.err("ims.ue.handle", at(0, view(false))), refused("NotRegistered", 197));
    assert_eq!(h.err("ims.ue.handle", at(0, sip(json!({ "type": "Accepted" })))).0, "UnexpectedState");
    assert_eq!(types(&h.ok("ims.ue.handle", at(0, view(true)))), ["Invite"]);
    let accepted = h.ok("ims.ue.handle", at(1, sip(json!({ "type": "Accepted" }))));
    assert_eq!(types(&accepted), ["Ack", "NeedBootstrap"]);
    let bootstrapped = h.ok("ims.ue.handle", at(2, done()));
    assert_eq!(types(&bootstrapped)[..2], ["DeriveMuk", "Request"]);
    assert_eq!(action(&bootstrapped, "DeriveMuk")["b_tid_text"], B_TID);
    assert_eq!(action(&bootstrapped, "Request")["request"], json!({ "type": "Register" }));
    let items = json!([{ "service_text": NEWS, "status": 200 }]);
    let granted = json!({
        "type": "Http", "of": "register",
        "outcome": { "type": "Authenticated", "status": 200, "services": items },
    });
    let registered = h.ok("ims.ue.handle", at(3, granted));
    assert_eq!(action(&registered, "ArmTimer")["at"], 703);
    let late = h.ok("ims.ue.handle", at(703, json!({ "type": "Timeout" })));
    let asked = with(json!({ "key_domain_id": "68ca0c" }), json!({ "msk_id": "00010000" }));
    assert_eq!(action(&late, "Request")["request"], json!({ "type": "Msk", "msks": [asked] }));
    h.ok("ims.ue.handle", at(704, stored()));
    let state = h.ok("ims.ue.state", json!({ "name": "ims" }));
    assert_eq!((&state["state"], &state["b_tid_text"]), (&json!("Keyed"), &json!(B_TID)));
    assert_eq!(state["groups"], json!([with(group(), json!({ "held": ["0001"] }))]));
    let failed = json!({ "type": "Http", "of": "msk", "outcome": { "type": "Failed", "status": 404 } });
    let kept = h.ok("ims.ue.handle", at(705, failed));
    assert_eq!(action(&kept, "NotRenewed")["cause"], json!({ "type": "Http", "status": 404 }));
}

#[test]
fn a_terminal_of_the_sip_variant_bootstraps_invites_and_is_keyed() {
    let mut h = Harness::start();
    assert_eq!(
        h.err("ims.ue.new", with(session("sip"), json!({ "services_text": [] }))),
        refused("Empty", 208)
    );
    assert_eq!(h.ok("ims.ue.new", session("sip")), json!({}));
    let peer = json!({ "type": "PeerInvite", "peer_invite": "Begun" });
    assert_eq!(h.err("ims.ue.handle", at(0, peer.clone())), refused("UnexpectedState", 195));
    let viewed = h.ok("ims.ue.handle", at(0, json!({ "type": "View", "ims_registered": true })));
    assert_eq!(types(&viewed), ["NeedBootstrap"]);
    assert_eq!(types(&h.ok("ims.ue.handle", at(1, done())))[..2], ["DeriveMuk", "Invite"]);
    assert_eq!(types(&h.ok("ims.ue.handle", at(2, sip(json!({ "type": "Accepted" })))))[0], "Ack");
    h.ok("ims.ue.handle", at(3, stored()));
    assert_eq!(h.ok("ims.ue.state", json!({ "name": "ims" }))["state"], "Keyed");
    let pull = with(group(), json!({ "type": "Pull", "rnd": 0 }));
    let pulled = h.ok("ims.ue.handle", at(4, json!({ "type": "Key", "fact": pull })));
    assert_eq!(action(&pulled, "Request")["request"]["msks"][0]["msk_id"], "00010000");
    assert_eq!(h.ok("ims.ue.handle", at(5, peer))["actions"], json!([]));
}

#[test]
fn an_scf_of_the_http_variant_lets_an_authorised_user_in() {
    let mut h = Harness::start();
    let invite = |more| at(0, with(json!({ "type": "Invite", "services_text": [NEWS] }), more));
    assert_eq!(h.err("ims.scf.handle", invite(json!({}))), bad_request());
    assert_eq!(h.err("ims.scf.state", json!({ "name": "ims" })), bad_request());
    let bad = json!({ "name": "ims", "variant": "http", "settings": { "posts": 1 } });
    assert_eq!(h.err("ims.scf.new", bad), bad_request());
    let settings = json!({ "upf_timeout_ms": 40, "require_asserted": true });
    h.ok("ims.scf.new", json!({ "name": "ims", "variant": "http", "settings": settings }));
    let forbidden = h.ok("ims.scf.handle", invite(json!({ "intended_text": ALICE })));
    assert_eq!(
        forbidden["actions"],
        json!([{ "type": "AnswerInvite", "answer": "Forbidden", "status": 403 }])
    );
    let checked = h.ok("ims.scf.handle", invite(json!({ "asserted_text": ALICE })));
    assert_eq!(action(&checked, "CheckAuthorisation")["identity"], "Asserted");
    let posted = h.ok("ims.scf.handle", at(1, json!({ "type": "Authorised" })));
    assert_eq!(action(&posted, "Post")["request"], "AuthorizationNotification");
    assert_eq!(action(&posted, "ArmTimer")["at"], 41);
    let answer = json!({ "type": "Answer", "status": 200 });
    assert_eq!(action(&h.ok("ims.scf.handle", at(2, answer.clone())), "AnswerInvite")["status"], 200);
    assert_eq!(
        h.ok("ims.scf.state", json!({ "name": "ims" })),
        json!({ "state": "Active", "deadline": null })
    );
    assert_eq!(h.err("ims.scf.handle", at(3, answer)), refused("UnexpectedState", 195));
}

#[test]
fn an_scf_of_the_sip_variant_fetches_the_key_and_hands_it_on() {
    let mut h = Harness::start();
    h.ok("ims.scf.new", json!({ "name": "ims", "variant": "sip" }));
    let invite = json!({ "type": "Invite", "services_text": [NEWS], "asserted_text": ALICE });
    let without = h.ok("ims.scf.handle", at(0, invite.clone()));
    assert_eq!(action(&without, "AnswerInvite")["answer"], "BootstrappingRequired");
    h.ok("ims.scf.handle", at(0, with(invite, json!({ "b_tid_text": B_TID }))));
    assert_eq!(
        types(&h.ok("ims.scf.handle", at(1, json!({ "type": "Authorised" })))),
        ["QueryBsf", "ArmTimer"]
    );
    let ks_naf = "4b".repeat(32);
    let keys = json!({ "type": "Keys", "impus_text": [ALICE], "ks_naf": ks_naf });
    let posted = h.ok("ims.scf.handle", at(2, json!({ "type": "Bsf", "answer": keys })));
    assert_eq!(action(&posted, "Post")["request"], "KeyProvisioning");
    let state = h.ok("ims.scf.state", json!({ "name": "ims" }));
    assert_eq!((&state["state"], &state["holds_key"]), (&json!("Provisioning"), &json!(true)));
    assert!(!state.to_string().contains(&ks_naf));
    let active = h.ok("ims.scf.handle", at(3, json!({ "type": "Answer", "status": 200 })));
    assert_eq!(types(&active), ["AnswerInvite", "WipeKey"]);
    let msks = json!([{ "key_domain_id": "68ca0c", "msk_id": "00010000" }]);
    let wants = json!({ "type": "ReInvite", "msks": msks, "authorised": true });
    let refreshed = h.ok("ims.scf.handle", at(4, wants));
    assert_eq!(action(&refreshed, "Post")["request"], "AuthorizedMskRequest");
}

#[test]
fn a_upf_authorises_registers_and_pushes() {
    let mut h = Harness::start();
    let asserted = |kind: &str, more| {
        let asserted = json!({ "peer": "Trusted", "impu_text": ALICE });
        at(0, with(json!({ "type": kind, "asserted": asserted, "services_text": [NEWS] }), more))
    };
    assert_eq!(h.err("ims.upf.handle", asserted("Authorize", json!({}))), bad_request());
    assert_eq!(h.err("ims.upf.state", json!({ "name": "ims", "tick": 0 })), bad_request());
    let bad = json!({ "name": "ims", "settings": { "authorisation_ms": "day" } });
    assert_eq!(h.err("ims.upf.new", bad), bad_request());
    h.ok("ims.upf.new", json!({ "name": "ims", "settings": { "authorisation_ms": 1_000 } }));
    let untrusted = json!({ "asserted": { "peer": "Untrusted", "impu_text": ALICE } });
    assert_eq!(action(&h.ok("ims.upf.handle", asserted("Authorize", untrusted)), "Refuse")["status"], 403);
    let authorised = h.ok("ims.upf.handle", asserted("Authorize", json!({})));
    assert_eq!(types(&authorised), ["Answer", "ArmTimer"]);
    let muk = "4b".repeat(32);
    let key = json!({
        "b_tid_text": B_TID, "naf_text": "bmsc.home1.net", "muk": muk, "address_text": "192.0.2.7",
        "expires": 9_000,
    });
    let credentials = json!({ "type": "Valid", "impus_text": [ALICE], "key": key });
    let claimed = |credentials| json!({ "intended_text": ALICE, "credentials": credentials });
    let register = |credentials| {
        at(
            1,
            json!({ "type": "Register", "services_text": [NEWS, "urn:other"], "claimed": claimed(credentials) }),
        )
    };
    let challenged = h.ok("ims.upf.handle", register(json!({ "type": "Refused", "stale": true })));
    assert_eq!(challenged["actions"], json!([{ "type": "Challenge", "stale": true }]));
    let registered = h.ok("ims.upf.handle", register(credentials.clone()));
    assert_eq!(types(&registered), ["NewMuk", "Answer", "PushMsk"]);
    assert_eq!(action(&registered, "Answer")["items"], json!([200, 403]));
    assert_eq!(action(&registered, "PushMsk")["services_text"], json!([NEWS]));
    let msks = json!([
        { "key_domain_id": "68ca0c", "msk_id": "00010000", "service_text": NEWS },
        { "key_domain_id": "68ca0c", "msk_id": "00020000" },
    ]);
    let request = json!({ "type": "MskRequest", "msks": msks, "claimed": claimed(credentials) });
    let pushed = h.ok("ims.upf.handle", at(2, request));
    assert_eq!(action(&pushed, "PushRequested")["items"], json!([200, 404]));
    let sip = asserted("AuthorizedRegister", json!({ "key": key }));
    assert_eq!(h.err("ims.upf.handle", sip), refused("VariantConflict", 196));
    let save = |variant| at(2, json!({ "type": "SaveCounter", "variant": variant, "counter": 6 }));
    assert_eq!(h.ok("ims.upf.handle", save("http"))["actions"], json!([]));
    assert_eq!(h.err("ims.upf.handle", save("sip")), refused("Unknown", 212));
    let state = h.ok("ims.upf.state", json!({ "name": "ims", "tick": 2, "services_text": [NEWS] }));
    assert_eq!(
        state["services"],
        json!([{ "service_text": NEWS, "standing": "Registered", "until": 1_000, "is_served": true }])
    );
    assert_eq!((&state["http"]["counter"], &state["sip"]), (&json!(6), &Value::Null));
    assert!(!state.to_string().contains(&muk));
    let over = h.ok("ims.upf.handle", at(1_000, json!({ "type": "Timeout" })));
    assert_eq!(action(&over, "CancelPushes")["services_text"], json!([NEWS]));
}
