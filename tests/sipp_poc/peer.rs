//! `sipp` as a child process, with the scenarios of `tests/sipp`.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, fs, process};

/// Whether there is `sipp`. Its absence is a failure only where it is required.
pub(crate) fn is_installed() -> bool {
    let installed = Command::new("sipp").arg("-v").output().is_ok();
    assert!(installed || env::var_os("CASTKEY_REQUIRE_SIPP").is_none(), "sipp is required and not installed");
    if !installed {
        eprintln!("skipped: sipp is not installed");
    }
    installed
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A running `sipp`, and the file that it writes its errors to; both are gone when the test ends, however it ends.
pub(crate) struct Sipp {
    child: Child,
    errors: PathBuf,
}

impl Sipp {
    pub(crate) fn play(scenario: &str, fields: &str, own: SocketAddr, remote: Option<SocketAddr>) -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let scenarios = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp");
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let errors = env::temp_dir().join(format!("castkey-sipp-poc-{}-{run}.log", process::id()));
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(scenarios.join(scenario))
            .arg("-inf")
            .arg(scenarios.join(fields))
            .args(["-i", "127.0.0.1", "-p", &own.port().to_string()])
            .args(["-s", "pf", "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error"])
            .args(["-trace_err", "-error_file"])
            .arg(&errors)
            .args(remote.map(|remote| remote.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, errors }
    }

    /// Whether all went as the scenario says.
    pub(crate) fn finish(mut self) -> bool {
        let status = self.child.wait().unwrap();
        eprintln!("sipp: {status} {}", fs::read_to_string(&self.errors).unwrap_or_default());
        status.success()
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.errors);
    }
}
