//! Builds the example, starts it, and finds what it says.

use core::net::SocketAddr;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

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
        .args(["build", "--quiet", "--offline", "--example", "poc_session", features, "--profile", profile])
        .arg("--target-dir")
        .arg(profile_dir.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    profile_dir.join("examples").join(format!("poc_session{}", env::consts::EXE_SUFFIX))
});

/// The running program.
pub(crate) struct Program {
    child: Child,
    said: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Waits until it listens.
    pub(crate) fn listen(options: &[&str]) -> Self {
        let mut child = Command::new(&*PROGRAM)
            .args(["--listen", "127.0.0.1:0"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("an address").parse().unwrap();
        Self { child, said, address }
    }

    /// Whether it passed, and what it said. It gives itself up after some time.
    pub(crate) fn finish(mut self) -> (bool, String) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().success(), said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
