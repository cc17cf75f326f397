//! Builds the program around wolfSSL. Where the library or a part of it is missing, the crate builds without the program and
//! says why.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Where Debian's `libwolfssl-dev` puts what it was built with; watched, so that installing it leads to another attempt.
const OPTIONS: &str = "/usr/include/wolfssl/options.h";

fn main() {
    println!("cargo::rerun-if-changed=peer");
    println!("cargo::rerun-if-changed={OPTIONS}");
    let program = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("peer");
    match build(&program) {
        Ok(()) => println!("cargo::rustc-env=WOLFSSL_PEER={}", program.display()),
        Err(why) => println!("cargo::rustc-env=WOLFSSL_PEER_MISSING={}", why.replace('\n', " / ")),
    }
}

fn build(program: &Path) -> Result<(), String> {
    // A program that was built with a library that is gone must not pass for the peer.
    let _ = fs::remove_file(program);
    let compiler = cc::Build::new().try_get_compiler().map_err(|e| e.to_string())?;
    let sources = ["main.c", "eccsi.c", "sakke.c"].map(|name| Path::new("peer").join(name));
    let mut command: Command = compiler.to_command();
    command.args(["-std=c11", "-Wall", "-Wextra", "-O2", "-o"]).arg(program).args(sources).arg("-lwolfssl");
    let run = command.output().map_err(|e| format!("the C compiler does not start: {e}"))?;
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).trim().to_owned()) }
}
