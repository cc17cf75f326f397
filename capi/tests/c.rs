//! Builds the archive, compiles the tests in C with it, and runs them: needs cargo and cc.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that meets the unexpected must stop"
)]

use core::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use serde_json::Value;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}\n{text}");
    text
}

/// The archive as a C program gets it, but for the prelinking.
fn archive() -> &'static Path {
    static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("archive");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "build",
            "--quiet",
            "--profile",
            "capi",
            "-p",
            "castkey-archive",
            "--features",
            "panic-trap,poc,mcx,mcx-fast",
        ]);
        run(cargo.arg("--target-dir").arg(&target).current_dir(HERE));
        target.join("capi/libcastkey_archive.a")
    })
}

/// Compiles `tests/c/NAME.c` with all warnings as errors and runs it.
fn passes(name: &str) {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let source = Path::new(HERE).join(format!("tests/c/{name}.c"));
    let mut cc = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1", "-I"]);
    cc.arg(Path::new(HERE).join("include")).arg(&source).arg(archive()).arg("-o").arg(&program);
    run(&mut cc);
    print!("{}", run(&mut Command::new(&program)));
}

#[test]
fn a_terminal_in_c_gets_every_worked_example_octet_for_octet() {
    passes("ue_flow");
}

#[test]
fn the_published_csk_message_and_an_upload_and_downloads_go_through_c() {
    passes("mcx_flow");
}

#[test]
fn an_expelled_member_of_a_poc_channel_reads_until_the_switch_and_no_longer() {
    passes("poc_flow");
}

#[test]
fn a_misuse_in_c_is_refused_with_its_status_and_changes_nothing() {
    passes("misuse");
}

#[test]
fn every_status_of_mbms_is_returned_by_a_call_in_c() {
    passes("statuses");
}

#[test]
fn every_status_of_poc_is_returned_by_a_call_in_c() {
    passes("statuses_poc");
}

#[test]
fn every_status_of_mission_critical_services_is_returned_by_a_call_in_c() {
    passes("statuses_mcx");
    passes("statuses_sakke");
}

/// So that a status that is added asks for a call that returns it.
#[test]
fn the_list_of_statuses_of_the_c_tests_is_that_of_the_header() {
    let header = fs::read_to_string(Path::new(HERE).join("include/castkey.h")).unwrap();
    let list = fs::read_to_string(Path::new(HERE).join("tests/c/statuses.h")).unwrap();
    let mut declared: Vec<_> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define CASTKEY_ERR_")?.split_once(' '))
        .map(|(name, _)| name)
        .collect();
    let mut listed: Vec<_> = list
        .lines()
        .skip_while(|line| !line.ends_with("known[] = {"))
        .take_while(|line| *line != "};")
        .flat_map(|line| line.split("S("))
        .filter_map(|name| name.split_once(')'))
        .map(|(name, _)| name)
        .collect();
    declared.sort_unstable();
    listed.sort_unstable();
    assert_eq!(declared, listed);
}

fn identifier(text: &str) -> String {
    text.replace('-', "_")
}

fn octets(name: &str, hex: &str, header: &mut String) {
    let octets: Vec<_> = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
    writeln!(header, "static const uint8_t {name}[] = {{").unwrap();
    for line in octets.chunks(20) {
        writeln!(header, "    0x{},", line.join(", 0x")).unwrap();
    }
    writeln!(header, "}};").unwrap();
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|c| c.is_ascii_hexdigit())
}

fn values(prefix: &str, of: &Value, header: &mut String) {
    for (key, value) in of.as_object().unwrap() {
        let name = format!("{prefix}_{}", identifier(key));
        match value {
            Value::String(text) if key.ends_with("_text") => {
                let hex: String =
                    text.bytes().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
                octets(&name, &hex, header);
            }
            Value::String(text) if is_hex(text) => octets(&name, text, header),
            Value::Object(_) => values(&name, value, header),
            _ => {}
        }
    }
}

/// The examples that the C interface can show, as constants of C.
fn vectors() -> String {
    let file = Path::new(HERE).join("../tests/vectors/mbms-oracle.json");
    let all: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut header = String::from(
        "/* The worked examples of tests/vectors/mbms-oracle.json. Made by tests/c.rs; do not edit. */\n\
         #ifndef VECTORS_H\n#define VECTORS_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n",
    );
    for example in all["examples"].as_array().unwrap() {
        let id = identifier(example["id"].as_str().unwrap());
        if ["prf", "prf_inkeys", "pieces", "replay", "uicc", "5g_mbs_key_set", "http_digest"]
            .contains(&id.as_str())
        {
            continue;
        }
        if id == "negative" {
            for (n, case) in example["outputs"]["cases"].as_array().unwrap().iter().enumerate() {
                octets(&format!("negative_{n}"), case["message"].as_str().unwrap(), &mut header);
            }
            writeln!(header, "static const struct {{\n    const char *name;\n    const uint8_t *octets;\n    size_t len;\n}} negative[] = {{").unwrap();
            for (n, case) in example["outputs"]["cases"].as_array().unwrap().iter().enumerate() {
                let name = case["name"].as_str().unwrap();
                writeln!(header, "    {{\"{name}\", negative_{n}, sizeof negative_{n}}},").unwrap();
            }
            writeln!(header, "}};").unwrap();
            continue;
        }
        values(&id, &example["inputs"], &mut header);
        values(&format!("{id}_out"), &example["outputs"], &mut header);
    }
    header.push_str("\n#endif\n");
    header
}

/// The published CSK message with its KMS, as constants of C; texts are strings.
fn mcx_vectors() -> String {
    let file = Path::new(HERE).join("../tests/vectors/mcx-csk.json");
    let all: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut header = String::from(
        "/* Of tests/vectors/mcx-csk.json. Made by tests/c.rs; do not edit. */\n\
         #ifndef MCX_VECTORS_H\n#define MCX_VECTORS_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n",
    );
    let parts = [
        ("kms", "/kms_init"),
        ("alice", "/key_sets/initiator_alice"),
        ("gms", "/key_sets/responder_gms"),
        ("csk", "/csk_message"),
        ("mcptt", "/derived/srtcp_mcptt_cs_id_6"),
        ("packet", "/derived/srtcp_packet"),
        ("xpk", "/derived/xpk_keys"),
        ("forged", "/receiver_negative_cases/0"),
        ("uid", "/uid_tests/0"),
    ];
    for (name, at) in parts {
        for (key, value) in all.pointer(at).unwrap().as_object().unwrap() {
            let name = format!("{name}_{}", identifier(key));
            match value.as_str() {
                Some(_) if key.ends_with("base64") => {}
                Some(text) if is_hex(text) && !key.ends_with("No") => octets(&name, text, &mut header),
                Some(text) => writeln!(header, "static const char {name}[] = \"{text}\";").unwrap(),
                None if value.is_u64() => writeln!(header, "#define {name} {value}u").unwrap(),
                None => {}
            }
        }
    }
    header.push_str("\n#endif\n");
    header
}

#[test]
fn the_mcx_vectors_of_the_c_tests_are_those_of_the_file() {
    let file = Path::new(HERE).join("tests/c/mcx_vectors.h");
    if env::var_os("CASTKEY_WRITE_VECTORS").is_some() {
        fs::write(&file, mcx_vectors()).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == mcx_vectors(), "CASTKEY_WRITE_VECTORS=1 writes them again");
}

#[test]
fn the_vectors_of_the_c_tests_are_those_of_the_examples() {
    let file = Path::new(HERE).join("tests/c/vectors.h");
    if env::var_os("CASTKEY_WRITE_VECTORS").is_some() {
        fs::write(&file, vectors()).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == vectors(), "CASTKEY_WRITE_VECTORS=1 writes them again");
}
