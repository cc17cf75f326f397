//! `poc.*`, `mbcp.*`, `srtcp.*`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::client::{Harness, action, bad_request, refused, types, with};

static MESSAGES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/poc-mbcp.json")).unwrap());
static INDICATIONS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/poc-indication.json")).unwrap());

const MUK: &str = "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b";

fn channel(more: Value) -> Value {
    with(json!({ "name": "poc", "key_domain_id": "68ca0c", "key_groups": ["0001", "0009"] }), more)
}

fn at(tick: u64, event: Value) -> Value {
    json!({ "name": "poc", "tick": tick, "event": event })
}

/// Alice as the server and as her client know her.
fn alice(counter: Option<u64>) -> Value {
    json!({ "idi": hex::encode("pf.home1.net"), "idr": hex::encode("alice@home1.net"), "muk": MUK, "counter": counter })
}

fn leg(tick: u64, event: Value, counter: Option<u64>) -> Value {
    with(at(tick, with(event, json!({ "user": alice(counter) }))), json!({ "member": "alice" }))
}

#[test]
fn the_policy_decides_as_its_table_says() {
    let mut h = Harness::start();
    let steady = json!({ "progress": "steady", "members": 4 });
    let decide = |event: Value| json!({ "event": event, "status": steady });
    let expelled = json!({ "type": "client_expelled", "served_here": true, "held_msk": false });
    let decision = json!({
        "update_msk": { "type": "Yes" }, "update_mtk": true, "redeliver": false, "reason": { "type": "Expelled" },
        "urgency": "High", "course": "Start",
    });
    assert_eq!(h.ok("poc.policy", decide(expelled.clone())), decision);
    let running = json!({ "status": { "progress": "Distributing", "members": 4 } });
    assert_eq!(h.ok("poc.policy", with(decide(expelled), running))["course"], "Supersede");
    let left = decide(json!({ "type": "ClientLeft" }));
    assert_eq!(h.ok("poc.policy", left.clone())["update_msk"], json!({ "type": "Coalesce", "ms": 5_000 }));
    for (on_leave, update) in [
        (json!("never"), json!({ "type": "No" })),
        (json!({ "coalesce_ms": 7 }), json!({ "type": "Coalesce", "ms": 7 })),
    ] {
        let config = json!({ "config": { "on_leave": on_leave } });
        assert_eq!(h.ok("poc.policy", with(left.clone(), config))["update_msk"], update);
    }
    for bad in [
        json!({ "event": { "type": "Rain" } }),
        json!({ "event": { "type": "Other" } }),
        json!({ "config": { "on_rain": "never" } }),
        json!({ "status": { "progress": "Steady" } }),
    ] {
        assert_eq!(h.err("poc.policy", with(left.clone(), bad)), bad_request());
    }
}

#[test]
fn a_channel_moves_to_a_new_msk_and_the_client_with_it() {
    let mut h = Harness::start();
    let seed = json!({ "seed": "11".repeat(32) });
    // Each operation once refused before there is anything.
    assert_eq!(h.err("poc.server.new", channel(json!({}))), refused("Rng", 99));
    assert_eq!(h.err("poc.server.new", channel(json!({ "key_groups": ["0001"] }))), bad_request());
    assert_eq!(h.err("poc.server.state", json!({ "name": "poc" })), bad_request());
    assert_eq!(h.err("poc.distribution.new", json!({ "name": "poc" })), bad_request());
    assert_eq!(h.err("poc.distribution.state", json!({ "name": "poc" })), bad_request());
    assert_eq!(h.err("poc.client.new", channel(json!({ "settings": { "coding": 7 } }))), bad_request());
    let taken = json!({ "settings": { "coding": { "subtype": 5 } } });
    assert_eq!(h.err("poc.client.new", channel(taken)), refused("Clash", 168));
    assert_eq!(h.err("poc.client.state", json!({ "name": "poc" })), bad_request());

    let settings =
        json!({ "settings": { "timing": { "indication_copies": 1 }, "on_rekey_reject": "unicast" } });
    assert_eq!(h.ok("poc.server.new", channel(with(settings, seed.clone()))), json!({}));
    let settings =
        json!({ "settings": { "ssrc": 7, "timing": { "indication_copies": 1, "mtk_copies": 1 } } });
    assert_eq!(h.ok("poc.distribution.new", channel(with(settings, seed))), json!({}));
    assert_eq!(
        h.ok("poc.client.new", channel(json!({ "settings": { "require_sdp_ids": true } }))),
        json!({})
    );

    // The first MSK goes to the distribution.
    let reset = h.ok("poc.server.handle", at(0, json!({ "type": "BearerReset" })));
    assert_eq!(types(&reset), ["SessionUpdate"]);
    let first = action(&reset, "SessionUpdate").clone();
    assert_eq!((&first["msk_id"], &first["key_domain_id"]), (&json!("00010001"), &json!("68ca0c")));
    assert_eq!((&first["seq_low"], &first["seq_high"]), (&json!(0), &json!(65_535)));
    let bare = at(0, json!({ "type": "SessionUpdate" }));
    assert_eq!(
        action(&h.ok("poc.distribution.handle", bare), "Refused"),
        &json!({ "type": "Refused", "why": "NoMsk" })
    );
    let update = at(0, json!({ "type": "Update", "key_domain_id": "68ca0c", "msk_id": "00010001" }));
    assert_eq!(h.err("poc.distribution.handle", update), refused("MissingMsk", 180));
    let idle = at(0, json!({ "type": "ProtectMbcp", "octets": "85cc000212345678506f4331" }));
    assert_eq!(h.err("poc.distribution.handle", idle.clone()), refused("NoMtk", 174));
    let stored = h.ok("poc.distribution.handle", at(0, first.clone()));
    assert_eq!(types(&stored), ["Stored", "MulticastMikey", "ArmTimer"]);
    let response = with(action(&stored, "Stored").clone(), json!({ "type": "BcastStored" }));
    assert_eq!(types(&h.ok("poc.server.handle", at(0, response))), [""; 0]);
    let mtk_message = action(&stored, "MulticastMikey")["octets"].clone();
    let used = h.ok("poc.distribution.handle", at(250, json!({ "type": "Timeout" })));
    assert_eq!(types(&used), ["UseMtk", "ArmTimer"]);

    // Alice joins.
    assert_eq!(types(&h.ok("poc.client.handle", at(0, json!({ "type": "Negotiate" })))), ["NeedBootstrap"]);
    let mikey = at(300, json!({ "type": "Mikey", "octets": mtk_message }));
    let asks = h.ok("poc.client.handle", mikey.clone());
    assert_eq!(action(&asks, "MissedKey")["msk_id"], "00010001");
    h.ok("poc.client.handle", at(0, with(alice(None), json!({ "type": "Bootstrapped" }))));
    assert_eq!(
        h.err("poc.server.handle", leg(300, json!({ "type": "Left" }), None)),
        refused("NotMember", 176)
    );
    let joined = h.ok("poc.server.handle", leg(300, json!({ "type": "Join" }), Some(4)));
    assert_eq!(types(&joined), ["SaveCounter", "DeliverMsk", "NoUpdate"]);
    assert_eq!(action(&joined, "SaveCounter")["counter"], 5);
    assert_eq!(action(&joined, "NoUpdate")["reason"], json!({ "type": "Joined" }));
    assert_eq!(answers(&mut h, 300, &joined, Some(5)), ["Keyed"]);
    assert_eq!(action(&h.ok("poc.client.handle", mikey), "MtkReady")["mki"], "000100010001");

    // Media Burst Control.
    let protected = h.ok("poc.distribution.handle", idle);
    let mbcp = at(310, json!({ "type": "Mbcp", "octets": action(&protected, "MulticastMbcp")["octets"] }));
    assert_eq!(
        action(&h.ok("poc.client.handle", mbcp.clone()), "Mbcp")["octets"],
        "85cc000212345678506f4331"
    );
    assert_eq!(h.err("poc.client.handle", mbcp), refused("Replay", 164));
    assert_eq!(h.err("poc.client.handle", at(310, json!({ "type": "Packet" }))), refused("Unprotected", 162));
    let packet = |mki: &str| at(310, json!({ "type": "Packet", "mki": mki }));
    assert_eq!(action(&h.ok("poc.client.handle", packet("000100010001")), "Packet")["packet"], "Accept");
    assert_eq!(action(&h.ok("poc.client.handle", packet("000100010002")), "Packet")["packet"], "Hold");

    // The update.
    let trigger = json!({ "type": "Trigger", "event": { "type": "AdminRequest" } });
    let begun = h.ok("poc.server.handle", at(1_000, trigger));
    assert_eq!(types(&begun), ["SessionUpdate", "Distribute", "ArmTimer"]);
    let second = action(&begun, "SessionUpdate").clone();
    assert_eq!(types(&h.ok("poc.distribution.handle", at(1_000, second.clone()))), ["Stored"]);
    let offer = h.ok("poc.server.handle", leg(1_000, json!({ "type": "Deliver" }), Some(5)));
    assert_eq!(answers(&mut h, 1_000, &offer, Some(7)), ["Keyed", "Keyed"]);
    let state = h.ok("poc.server.state", json!({ "name": "poc" }));
    assert_eq!((&state["progress"], &state["outstanding"]), (&json!("Distributing"), &json!(0)));
    assert_eq!((&state["active"], &state["coming"]), (&json!("00010001"), &json!("00010002")));
    assert_eq!(
        (&state["legs"]["alice"]["holds_coming"], &state["legs"]["alice"]["is_member"]),
        (&json!(true), &json!(true))
    );
    let stored = json!({ "type": "BcastStored", "key_domain_id": "68ca0c", "msk_id": "00010002" });
    let gate = h.ok("poc.server.handle", at(1_000, stored));
    assert_eq!(types(&gate), ["SendIndication", "ArmTimer"]);
    let indication = with(action(&gate, "SendIndication").clone(), json!({ "type": "Indication" }));
    let other = with(indication.clone(), json!({ "new": "00010003", "seq": 9 }));
    let rejected = h.ok("poc.distribution.handle", at(1_000, other));
    let rejected = action(&rejected, "RejectIndication");
    assert_eq!((&rejected["why"], &rejected["seq"]), (&json!("Mismatch"), &json!(9)));
    let sent = h.ok("poc.distribution.handle", at(1_000, indication));
    let announced = json!({ "type": "Mbcp", "octets": action(&sent, "MulticastMbcp")["octets"] });
    let heard = h.ok("poc.client.handle", at(1_010, announced));
    assert_eq!(action(&heard, "Activated")["msk_id"], "00010002");
    // The periodic repetition of the old MTK is due longest.
    let repeated = h.ok("poc.distribution.handle", at(1_250, json!({ "type": "Timeout" })));
    assert_eq!(types(&repeated), ["MulticastMikey", "ArmTimer"]);
    let copy = json!({ "type": "Fired", "timer": "copy" });
    let renewed = h.ok("poc.distribution.handle", at(1_250, copy.clone()));
    assert_eq!(types(&renewed), ["MulticastMikey", "ArmTimer"]);
    let mikey = json!({ "type": "Mikey", "octets": action(&renewed, "MulticastMikey")["octets"] });
    assert_eq!(action(&h.ok("poc.client.handle", at(1_260, mikey)), "MtkReady")["mki"], "000100020001");
    let switched = h.ok("poc.distribution.handle", at(1_500, copy));
    assert_eq!(types(&switched), ["UseMtk", "Switched", "ArmTimer"]);
    let switched = json!({ "type": "BcastSwitched", "key_domain_id": "68ca0c", "msk_id": "00010002" });
    let done = h.ok("poc.server.handle", at(1_500, switched));
    assert_eq!(action(&done, "UpdateDone")["msk_id"], "00010002");

    // What can be seen of it all, and no key in it.
    let server = h.ok("poc.server.state", json!({ "name": "poc" }));
    assert_eq!((&server["active"], &server["seq"]), (&json!("00010002"), &json!(1)));
    let distribution = h.ok("poc.distribution.state", json!({ "name": "poc" }));
    assert_eq!((&distribution["mki"], &distribution["active"]), (&json!("000100020001"), &json!("00010002")));
    let client = h.ok("poc.client.state", json!({ "name": "poc", "mki": "000100020001" }));
    assert_eq!((&client["reads"], &client["refused"]), (&json!(true), &json!(4)));
    assert_eq!(client["msks"], json!(["00010001", "00010002"]));
    assert_eq!(client["switchover"]["type"], "Overlap");
    for key in [MUK, first["msk"].as_str().unwrap(), second["msk"].as_str().unwrap()] {
        assert!(![&server, &distribution, &client].iter().any(|state| state.to_string().contains(key)));
    }
}

/// Takes the offer of `delivered` to the client and his answer to the server.
fn answers(h: &mut Harness, tick: u64, delivered: &Value, counter: Option<u64>) -> Vec<String> {
    let offer = with(action(delivered, "DeliverMsk").clone(), json!({ "type": "Offer" }));
    let stripped = with(offer.clone(), json!({ "protocols_text": "mikey;other" }));
    let rejected = h.ok("poc.client.handle", at(tick, stripped));
    assert_eq!(action(&rejected, "Reject")["why"]["kind"], "MacInvalid");
    let answer = h.ok("poc.client.handle", at(tick, offer));
    let ok = with(action(&answer, "Answer").clone(), json!({ "type": "Ok" }));
    let taken = h.ok("poc.server.handle", leg(tick, ok, counter));
    types(&taken).into_iter().map(str::to_owned).collect()
}

#[test]
fn mbcp_packets_read_and_write_as_the_vectors_say() {
    let mut h = Harness::start();
    for message in MESSAGES["messages"].as_array().unwrap() {
        let datagram = &message["packet"];
        if message["id"] == "unknown_14" {
            // The subtype of the indication, without a body.
            let err = h.err("mbcp.decode", json!({ "datagram": datagram }));
            assert_eq!(err, refused("Malformed", 160));
            continue;
        }
        let ok = h.ok("mbcp.decode", json!({ "datagram": datagram }));
        let read = &ok["packets"][0];
        assert_eq!((&read["subtype"], &read["ssrc"]), (&message["subtype"], &json!(0x1234_5678)));
        for (name, value) in message["fields"].as_object().unwrap() {
            let name = match name.as_str() {
                "cname" | "name" | "phrase" => format!("{name}_text"),
                name => name.to_owned(),
            };
            assert_eq!(read["message"][&name], *value, "{}: {name}", message["id"]);
        }
        let again = json!({ "ssrc": 0x1234_5678, "message": read["message"] });
        assert_eq!(h.ok("mbcp.encode", again)["datagram"], *datagram);
    }
    let vector_a = &INDICATIONS["indications"][0];
    let ok = h.ok("mbcp.decode", json!({ "datagram": vector_a["packet"] }));
    let read = &ok["packets"][0]["message"];
    assert_eq!(
        read,
        &json!({
            "type": "Indication", "key_domain_id": "68ca0c", "old": "00010007", "new": "00010008", "seq": 1,
            "first_mtk": 1, "overlap_s": 2, "channel": null,
        })
    );
    let again = json!({ "ssrc": vector_a["ssrc"], "message": read });
    assert_eq!(h.ok("mbcp.encode", again.clone())["datagram"], vector_a["packet"]);
    let same = with(again.clone(), json!({ "message": with(read.clone(), json!({ "new": "00010007" })) }));
    assert_eq!(h.err("mbcp.encode", same), refused("IndicationMismatch", 167));
    let clash = with(again, json!({ "coding": { "subtype": 15 } }));
    assert_eq!(h.err("mbcp.encode", clash), refused("Clash", 168));
    let app = json!({ "type": "App", "subtype": 9, "name_text": "abcd", "octets": "01020304" });
    let ok = h.ok("mbcp.encode", json!({ "ssrc": 1, "message": app }));
    assert_eq!(ok["datagram"], "89cc0003000000016162636401020304");
    assert_eq!(h.err("mbcp.decode", json!({ "datagram": ok["datagram"] })), refused("NotMbcp", 161));
    // What came before a bad packet counts.
    let two = json!({ "datagram": "85cc000212345678506f433185cc0002" });
    let ok = h.ok("mbcp.decode", two);
    assert_eq!(ok["packets"].as_array().unwrap().len(), 1);
    assert_eq!(ok["refused"]["kind"], "Malformed");
    let empty = json!({ "datagram": "8ecc000212345678506f4331", "coding": { "empty_body": true } });
    assert_eq!(h.ok("mbcp.decode", empty)["packets"][0]["message"]["type"], "Pending");
}

#[test]
fn srtcp_packets_are_those_of_the_vectors() {
    let mut h = Harness::start();
    for vector in INDICATIONS["srtcp"].as_array().unwrap() {
        let keys = json!({ "mtk": vector["mtk"], "salt": vector["salt"], "mki": vector["mki"] });
        let plain = with(keys.clone(), json!({ "packet": vector["plain"], "index": vector["index"] }));
        let ok = h.ok("srtcp.protect", plain);
        assert_eq!(ok["packet"], vector["protected"], "{}", vector["id"]);
        assert_eq!(ok["next_index"].as_u64().unwrap(), vector["index"].as_u64().unwrap() + 1);
        let protected = with(keys, json!({ "packet": vector["protected"] }));
        let ok = h.ok("srtcp.unprotect", protected.clone());
        assert_eq!((&ok["packet"], &ok["mki"]), (&vector["plain"], &vector["mki"]));
        let again = with(protected.clone(), json!({ "received": [vector["protected"]] }));
        assert_eq!(h.err("srtcp.unprotect", again), refused("Replay", 164));
        let other = with(protected.clone(), json!({ "mtk": "00".repeat(16) }));
        assert_eq!(h.err("srtcp.unprotect", other), refused("BadMac", 163));
        let plain = with(protected, json!({ "packet": vector["plain"] }));
        assert_eq!(h.err("srtcp.unprotect", plain).0, "Unprotected");
    }
    let vector = &INDICATIONS["srtcp"][0];
    let used_up = json!({
        "mtk": vector["mtk"], "mki": vector["mki"], "packet": vector["plain"], "index": 1_u64 << 31,
    });
    assert_eq!(h.err("srtcp.protect", used_up), refused("KeyExhausted", 178));
    assert_eq!(h.err("srtcp.protect", json!({ "packet": "85cc0000" })), bad_request());
}
