//! Chooses the board by the target, and writes the published vectors as constants.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

const VECTORS: &str = "../../../tests/vectors";

fn file(name: &str) -> Value {
    let path = Path::new(VECTORS).join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    serde_json::from_str(&fs::read_to_string(path).expect("the vectors are there"))
        .expect("the vectors are JSON")
}

/// A constant of the octets that a text of hexadecimal digits says.
fn octets(name: &str, hex: &Value, into: &mut String) {
    let hex = hex.as_str().expect("a text");
    let octets: Vec<_> = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("digits")).collect();
    writeln!(into, "pub const {name}: [u8; {}] = [0x{}];", octets.len(), octets.join(", 0x")).expect("room");
}

fn mbms(into: &mut String) {
    let file = file("mbms-oracle.json");
    let examples = file["examples"].as_array().expect("a list");
    for (id, part, value, name) in [
        ("msk-message", "inputs", "psk", "MUK"),
        ("msk-message", "inputs", "idi", "IDI"),
        ("msk-message", "inputs", "idr", "IDR"),
        ("msk-message", "outputs", "message", "MSK_MESSAGE"),
        ("msk-verification", "outputs", "message", "VERIFICATION"),
        ("mtk-message-streaming", "outputs", "message", "MTK_MESSAGE"),
        ("mtk-message-streaming", "outputs", "srtp_mki", "MKI"),
        ("mtk-message-streaming", "inputs", "mtk", "MTK"),
        ("mtk-message-streaming", "inputs", "mtk_salt", "MTK_SALT"),
        ("mtk-message-download", "outputs", "message", "MTK_MESSAGE_DOWNLOAD"),
        ("solicited-pull", "outputs", "message", "PULL"),
    ] {
        let example = examples.iter().find(|example| example["id"] == id).expect("the example");
        octets(name, &example[part][value], into);
    }
}

fn mcx(into: &mut String) {
    let file = file("mcx-csk.json");
    let (message, kms, server) =
        (&file["csk_message"], &file["kms_init"], &file["key_sets"]["responder_gms"]);
    for (of, value, name) in [
        (message, "i_message_hex", "I_MESSAGE"),
        (message, "key", "CSK"),
        (kms, "PubEncKey", "PUB_ENC_KEY"),
        (kms, "PubAuthKey", "PUB_AUTH_KEY"),
        (server, "UserID", "USER_ID"),
        (server, "UserDecryptKey", "DECRYPT_KEY"),
        (server, "UserSigningKeySSK", "SIGNING_KEY"),
        (server, "UserPubTokenPVT", "PUB_TOKEN"),
    ] {
        octets(name, &of[value], into);
    }
    for (of, value, name) in [
        (message, "initiator_uri", "INITIATOR"),
        (kms, "KmsUri", "KMS_URI"),
        (server, "UserUri", "USER_URI"),
        (kms, "UserIdFormat", "USER_ID_FORMAT"),
    ] {
        writeln!(into, "pub const {name}: &str = {};", of[value]).expect("room");
    }
    for (of, value, name) in [
        (message, "ntp_seconds", "NOW"),
        (kms, "UserKeyPeriod", "PERIOD"),
        (kms, "UserKeyOffset", "PERIOD_OFFSET"),
        (server, "KeyPeriodNo", "PERIOD_NUMBER"),
    ] {
        writeln!(into, "pub const {name}: u64 = {};", of[value]).expect("room");
    }
}

fn main() {
    let board = match env::var("TARGET").as_deref() {
        Ok("thumbv7m-none-eabi") => "an385",
        Ok("thumbv7em-none-eabihf") => "an386",
        Ok("thumbv8m.main-none-eabihf") => "an505",
        target => panic!("no board for {target:?}"),
    };
    let boards = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says it")).join("../boards");
    println!("cargo:rerun-if-changed={}", boards.display());
    println!("cargo:rustc-link-arg=-L{}", boards.display());
    println!("cargo:rustc-link-arg=-T{board}.ld");
    let mut text = String::new();
    mbms(&mut text);
    if env::var_os("CARGO_FEATURE_MCX").is_some() {
        mcx(&mut text);
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says it"));
    fs::write(out.join("vectors.rs"), text).expect("room");
}
