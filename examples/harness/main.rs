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
mod generator;
mod http;
mod ims;
mod input;
mod mbcp;
mod mcx;
mod messages;
mod names;
mod poc;
mod primitives;
mod refusal;
mod settings;
mod srtcp;
mod ue;
mod wire;
mod xml;

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
    poc_servers: BTreeMap<String, poc::server::Channel>,
    poc_distributions: BTreeMap<String, poc::distribution::Sender>,
    poc_clients: BTreeMap<String, poc::client::Listener>,
    ims_ues: BTreeMap<String, ims::ue::Terminal>,
    ims_scfs: BTreeMap<String, ims::scf::Dialog>,
    ims_upfs: BTreeMap<String, ims::upf::Row>,
    mcx_clients: BTreeMap<String, mcx::client::Terminal>,
    mcx_servers: BTreeMap<String, mcx::server::Domain>,
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
        "poc.policy" => poc::policy::decide(input),
        "poc.server.new" => poc::server::new(input, &mut instances.poc_servers),
        "poc.server.handle" => poc::server::handle(input, &mut instances.poc_servers),
        "poc.server.state" => poc::server::state(input, &instances.poc_servers),
        "poc.distribution.new" => poc::distribution::new(input, &mut instances.poc_distributions),
        "poc.distribution.handle" => poc::distribution::handle(input, &mut instances.poc_distributions),
        "poc.distribution.state" => poc::distribution::state(input, &instances.poc_distributions),
        "poc.client.new" => poc::client::new(input, &mut instances.poc_clients),
        "poc.client.handle" => poc::client::handle(input, &mut instances.poc_clients),
        "poc.client.state" => poc::client::state(input, &instances.poc_clients),
        "mbcp.decode" => mbcp::decode(input),
        "mbcp.encode" => mbcp::encode(input),
        "srtcp.protect" => srtcp::protect(input),
        "srtcp.unprotect" => srtcp::unprotect(input),
        "ims.ue.new" => ims::ue::new(input, &mut instances.ims_ues),
        "ims.ue.handle" => ims::ue::handle(input, &mut instances.ims_ues),
        "ims.ue.state" => ims::ue::state(input, &instances.ims_ues),
        "ims.scf.new" => ims::scf::new(input, &mut instances.ims_scfs),
        "ims.scf.handle" => ims::scf::handle(input, &mut instances.ims_scfs),
        "ims.scf.state" => ims::scf::state(input, &instances.ims_scfs),
        "ims.upf.new" => ims::upf::new(input, &mut instances.ims_upfs),
        "ims.upf.handle" => ims::upf::handle(input, &mut instances.ims_upfs),
        "ims.upf.state" => ims::upf::state(input, &instances.ims_upfs),
        "http.digest" => http::digest(input),
        "http.verify" => http::verify(input),
        "xml.decode" => xml::decode(input),
        "xml.encode" => xml::encode(input),
        "mcx.uid" => mcx::uid(input),
        "mcx.open" => mcx::message::open(input),
        "mcx.seal" => mcx::message::seal(input),
        "mcx.client.new" => mcx::client::new(input, &mut instances.mcx_clients),
        "mcx.client.handle" => mcx::client::handle(input, &mut instances.mcx_clients),
        "mcx.client.state" => mcx::client::state(input, &instances.mcx_clients),
        "mcx.server.new" => mcx::server::new(input, &mut instances.mcx_servers),
        "mcx.server.handle" => mcx::server::handle(input, &mut instances.mcx_servers),
        "mcx.server.state" => mcx::server::state(input, &instances.mcx_servers),
        "eccsi.sign" => mcx::eccsi::sign(input),
        "eccsi.verify" => mcx::eccsi::verify(input),
        "eccsi.validate_ssk" => mcx::eccsi::validate_ssk(input),
        "sakke.encapsulate" => mcx::sakke::encapsulate(input),
        "sakke.decapsulate" => mcx::sakke::decapsulate(input),
        "sakke.validate_rsk" => mcx::sakke::validate_rsk(input),
        "kms.extract" => mcx::sakke::extract(input),
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
