//! `ue.*` and `bmsc.*`.

use serde_json::{Value, json};

use crate::client::{Harness, action, bad_request, oracle, refused, text, types, with};

#[test]
fn a_terminal_lives_through_the_worked_examples() {
    let mut h = Harness::start();
    let event = |event: Value| json!({ "name": "ue", "tick": 0, "event": event });
    let mikey = |id| event(json!({ "type": "Mikey", "octets": text(id, "outputs/message") }));
    assert_eq!(h.err("ue.handle", mikey("msk-message")), bad_request());
    assert_eq!(h.err("ue.state", json!({ "name": "ue" })), bad_request());
    assert_eq!(h.err("ue.new", json!({ "name": "ue", "settings": { "no_such": 1 } })), bad_request());
    let settings = json!({ "rand_optional": false, "back_off": { "random_ms": 0, "offset_ms": 250 } });
    assert_eq!(h.ok("ue.new", json!({ "name": "ue", "settings": settings })), json!({}));
    assert_eq!(h.err("ue.handle", mikey("msk-message")), refused("MukUnknown", 64));
    let (idi, idr) = (text("msk-message", "inputs/idi"), text("msk-message", "inputs/idr"));
    let bootstrapped =
        json!({ "type": "Bootstrapped", "idi": idi, "idr": idr, "muk": text("gba-me", "outputs/muk") });
    assert_eq!(types(&h.ok("ue.handle", event(bootstrapped))), ["Persist"]);
    let wanted = json!({ "type": "Wanted", "key_domain_id": "32f451", "key_group": "68ca" });
    let answer = h.ok("ue.handle", event(wanted));
    assert_eq!(types(&answer), ["MissedKey", "ArmTimer"]);
    assert_eq!(action(&answer, "ArmTimer")["at"], 250);
    let answer = h.ok("ue.handle", mikey("msk-message"));
    assert_eq!(types(&answer), ["Persist", "Send", "MskStored", "Activated"]);
    assert_eq!(action(&answer, "Send")["octets"], *oracle("msk-verification", "outputs/message"));
    let answer = h.ok("ue.handle", mikey("mtk-message-streaming"));
    assert_eq!(types(&answer), ["Persist", "MtkReady"]);
    assert_eq!(action(&answer, "MtkReady")["mki"], *oracle("mtk-message-streaming", "outputs/srtp_mki"));
    let state = h.ok("ue.state", json!({ "name": "ue" }));
    assert_eq!(state["muks"], json!([{ "idi": idi, "idr": idr, "counter": 1 }]));
    let held = json!([{ "msk_id": "68ca0001", "counter": 7, "seqs": 1, "sequ": 1000, "has_rand": true }]);
    assert_eq!(state["msks"][0]["msks"], held);
    assert_eq!(state["mtks"], json!([{ "key_domain_id": "32f451", "mki": "68ca00010001" }]));
    for key in [
        text("msk-message", "inputs/msk"),
        text("gba-me", "outputs/muk"),
        text("mtk-message-streaming", "inputs/mtk"),
    ] {
        assert!(!state.to_string().contains(key));
    }
    assert_eq!(h.err("ue.handle", mikey("msk-message")), refused("Replay", 67));
    assert_eq!(h.ok("ue.state", json!({ "name": "ue" })), state);
}

#[test]
fn a_bmsc_and_a_terminal_agree_and_the_seed_repeats_the_answers() {
    let mut h = Harness::start();
    let group = json!({ "type": "Open", "key_domain_id": "32f451", "key_group": "68ca" });
    let open = json!({ "name": "bmsc", "tick": 0, "event": group });
    assert_eq!(h.err("bmsc.handle", open.clone()), bad_request());
    assert_eq!(h.err("bmsc.state", json!({ "name": "bmsc" })), bad_request());
    assert_eq!(h.err("bmsc.new", json!({ "name": "bmsc", "seed": "00" })), bad_request());
    let mut opened = Vec::new();
    for seed in ["11", "11", "22"] {
        assert_eq!(h.ok("bmsc.new", json!({ "name": "bmsc" })), json!({}));
        assert_eq!(h.err("bmsc.handle", open.clone()), refused("Rng", 99));
        opened.push(h.ok("bmsc.handle", with(open.clone(), json!({ "seed": seed.repeat(32) }))));
    }
    assert!(opened[0] == opened[1] && opened[1] != opened[2]);
    assert_eq!(types(&opened[2]), ["Distribute", "Multicast", "UseMtk", "ArmTimer"]);

    let user = json!({
        "idi": text("msk-message", "inputs/idi"), "idr": text("msk-message", "inputs/idr"),
        "muk": text("gba-me", "outputs/muk"), "counter": 41,
    });
    let push = json!({ "type": "Push", "key_domain_id": "32f451", "msk_id": "68ca0001", "user": user });
    let pushed = h.ok("bmsc.handle", json!({ "name": "bmsc", "tick": 5, "event": push }));
    assert_eq!(types(&pushed), ["SaveCounter", "SaveDelivery", "Send"]);
    assert_eq!(action(&pushed, "SaveCounter")["counter"], 42);
    let delivery = action(&pushed, "SaveDelivery")["delivery"].clone();
    assert_eq!(
        (&delivery["type"], &delivery["attempt"], &delivery["due"]),
        (&json!("Waiting"), &json!(1), &json!(1005))
    );

    h.ok("ue.new", json!({ "name": "ue" }));
    let bootstrapped = with(user.clone(), json!({ "type": "Bootstrapped" }));
    h.ok("ue.handle", json!({ "name": "ue", "tick": 0, "event": bootstrapped }));
    let received = json!({ "type": "Mikey", "octets": action(&pushed, "Send")["octets"] });
    let answer = h.ok("ue.handle", json!({ "name": "ue", "tick": 0, "event": received }));
    let acknowledged = json!({
        "type": "Acknowledged", "user": user, "delivery": delivery, "octets": action(&answer, "Send")["octets"],
    });
    let delivered = h.ok("bmsc.handle", json!({ "name": "bmsc", "tick": 9, "event": acknowledged }));
    assert_eq!(types(&delivered), ["SaveDelivery", "Delivered"]);
    let received = json!({ "type": "Mikey", "octets": action(&opened[2], "Multicast")["octets"] });
    let answer = h.ok("ue.handle", json!({ "name": "ue", "tick": 0, "event": received }));
    assert_eq!(action(&answer, "MtkReady")["mki"], action(&opened[2], "UseMtk")["mki"]);
    let state = h.ok("bmsc.state", json!({ "name": "bmsc" }));
    assert_eq!(state["mtks"], json!([{ "key_domain_id": "32f451", "mki": "68ca00010001" }]));
    assert_eq!(state["msks"][0]["msks"][0]["msk_id"], "68ca0001");
}
