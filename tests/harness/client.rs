//! Starts the program, speaks with it, and finds what it should say.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

/// The program. Cargo builds examples only for a whole test run, so one test alone would meet an old program or none.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = env::current_exe().unwrap();
    let profile_dir = test.parent().and_then(|deps| deps.parent()).unwrap();
    let profile = match profile_dir.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let features = if cfg!(feature = "hazmat") { "--all-features" } else { "--no-default-features" };
    // Where cargo is not at hand, the program that lies there has to do; spawning it fails if there is none.
    let _ = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--example", "harness", features, "--profile", profile])
        .arg("--target-dir")
        .arg(profile_dir.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    profile_dir.join("examples").join(format!("harness{}", env::consts::EXE_SUFFIX))
});

static ORACLE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/mbms-oracle.json")).unwrap());

/// The member at `path` (`inputs/rand`) of the worked example `id`.
pub(crate) fn oracle(id: &str, path: &str) -> &'static Value {
    let examples = ORACLE["examples"].as_array().unwrap();
    let example = examples.iter().find(|example| example["id"] == id).expect(id);
    example.pointer(&format!("/{path}")).expect(path)
}

pub(crate) fn text(id: &str, path: &str) -> &'static str {
    oracle(id, path).as_str().unwrap()
}

/// The running program.
pub(crate) struct Harness {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Harness {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(&*PROGRAM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the harness");
        let (requests, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, requests, answers: BufReader::new(answers) }
    }

    /// Sends one line and waits for one line, which shows that each answer is flushed.
    pub(crate) fn line(&mut self, line: &[u8]) -> Value {
        self.requests.write_all(line).unwrap();
        self.requests.write_all(b"\n").unwrap();
        self.requests.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer of one line")
    }

    fn ask(&mut self, op: &str, mut inputs: Value) -> Value {
        let id = json!(["any", { "thing": op }]);
        let request = inputs.as_object_mut().unwrap();
        request.insert("id".into(), id.clone());
        request.insert("op".into(), op.into());
        let answer = self.line(inputs.to_string().as_bytes());
        assert_eq!(answer["id"], id);
        answer
    }

    pub(crate) fn ok(&mut self, op: &str, inputs: Value) -> Value {
        let answer = self.ask(op, inputs);
        assert!(answer.get("err").is_none(), "{answer}");
        answer["ok"].clone()
    }

    /// Kind, number and offset of the error.
    pub(crate) fn err(&mut self, op: &str, inputs: Value) -> (String, u64, Option<u64>) {
        let answer = self.ask(op, inputs);
        assert!(answer.get("ok").is_none(), "{answer}");
        let err = &answer["err"];
        (err["kind"].as_str().unwrap().into(), err["code"].as_u64().unwrap(), err["at"].as_u64())
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn bad_request() -> (String, u64, Option<u64>) {
    ("BadRequest".into(), 0, None)
}

pub(crate) fn refused(kind: &str, code: u64) -> (String, u64, Option<u64>) {
    (kind.into(), code, None)
}

pub(crate) fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("no object") };
    object.as_object_mut().unwrap().extend(members);
    object
}

/// The types of the actions in an answer, in order.
pub(crate) fn types(answer: &Value) -> Vec<&str> {
    answer["actions"].as_array().unwrap().iter().map(|action| action["type"].as_str().unwrap()).collect()
}

/// The first action of this type.
pub(crate) fn action<'a>(answer: &'a Value, kind: &str) -> &'a Value {
    let actions = answer["actions"].as_array().unwrap();
    actions.iter().find(|action| action["type"] == kind).expect(kind)
}
