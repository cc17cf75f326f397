//! The conformance harness: one JSON request a line in, one JSON answer a line out.
//!
//! ```text
//! {"id": 1, "op": "mikey.reencode", "message": "0100.."}   ->   {"id": 1, "ok": {"message": "0100.."}}
//!                                                               {"id": 1, "err": {"kind": .., "code": .., "at": ..}}
//! ```
//!
//! It lets a test bench, another implementation or a differential fuzzer drive the library without linking it. Each
//! operation is one call of the public API, or the few that belong together; there is no logic of its own here.
//!
//! ```sh
//! cargo run --release --all-features --example harness
//! ```

mod bmsc;
mod input;
mod messages;
mod names;
mod primitives;
mod refusal;
mod settings;
mod ue;
mod wire;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use input::Input;
use refusal::Refusal;

/// What an operation answers.
type Answer = Result<Value, Refusal>;

/// The machines that `*.new` made, by name.
#[derive(Default)]
struct Instances {
    ues: BTreeMap<String, ue::Terminal>,
    bmscs: BTreeMap<String, bmsc::Centre>,
}

fn perform(op: &str, input: Input<'_>, instances: &mut Instances) -> Answer {
    match op {
        "gba.ks_naf" => primitives::ks_naf(input),
        "gba.mrk" => primitives::mrk(input),
        "mikey.prf" => primitives::prf(input),
        "srtp.keys" => primitives::srtp_keys(input),
        "mikey.decode" => wire::decode(input),
        "mikey.reencode" => wire::reencode(input),
        "msk.seal" => messages::msk_seal(input),
        "msk.open" => messages::msk_open(input),
        "msk.check_verification" => messages::check_verification(input),
        "pull.seal" => messages::pull_seal(input),
        "mtk.seal" => messages::mtk_seal(input),
        "mtk.open" => messages::mtk_open(input),
        "ue.new" => ue::new(input, &mut instances.ues),
        "ue.handle" => ue::handle(input, &mut instances.ues),
        "ue.state" => ue::state(input, &instances.ues),
        "bmsc.new" => bmsc::new(input, &mut instances.bmscs),
        "bmsc.handle" => bmsc::handle(input, &mut instances.bmscs),
        "bmsc.state" => bmsc::state(input, &instances.bmscs),
        _ => Err(Refusal::bad_request("unknown op")),
    }
}

fn answer(line: &[u8], instances: &mut Instances) -> Value {
    let request: Value = serde_json::from_slice(line).unwrap_or_default();
    let id = request.get("id").cloned().unwrap_or_default();
    let answer = match (Input::of(&request), request.get("op").and_then(Value::as_str)) {
        (Some(input), Some(op)) => perform(op, input, instances),
        _ => Err(Refusal::bad_request("a line is one JSON object with an op")),
    };
    match answer {
        Ok(ok) => json!({ "id": id, "ok": ok }),
        Err(refusal) => json!({ "id": id, "err": refusal.show() }),
    }
}

fn main() -> io::Result<()> {
    let (mut requests, mut answers) = (io::stdin().lock(), io::stdout().lock());
    let mut instances = Instances::default();
    let mut line = Vec::new();
    // Octets, not text: a line that is no UTF-8 deserves an answer like any other.
    while requests.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            writeln!(answers, "{}", answer(&line, &mut instances))?;
            answers.flush()?;
        }
        line.clear();
    }
    Ok(())
}
