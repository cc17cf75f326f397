//! The program as a child process: one line to its input, one line from its output.

use std::fmt::{self, Display, Formatter, Write as _};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Why there is no peer: the library is not installed, or lacks a part.
#[derive(Clone, Debug)]
pub struct Missing(String);

impl Display for Missing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "no wolfSSL with ECCSI and SAKKE: {}", self.0)
    }
}

impl std::error::Error for Missing {}

/// The peer refuses, with the library's code; 0 where a validation says no without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub i32);

/// The running program; it ends when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    /// Closed before the program is waited for.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts the program.
    ///
    /// # Errors
    ///
    /// [`Missing`] when it could not be built, or does not start.
    pub fn start() -> Result<Self, Missing> {
        let program = option_env!("WOLFSSL_PEER")
            .ok_or_else(|| Missing(option_env!("WOLFSSL_PEER_MISSING").unwrap_or_default().to_owned()))?;
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| Missing(e.to_string()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Missing("no pipes".to_owned()));
        };
        let mut peer = Self { child, input: Some(input), output: BufReader::new(output) };
        // A program whose shared library is gone starts, and ends at once.
        match peer.exchange("version\n") {
            Ok(answer) if answer.starts_with("ok ") => Ok(peer),
            Ok(answer) => Err(Missing(format!("it answers {answer:?}"))),
            Err(e) => Err(Missing(e.to_string())),
        }
    }

    /// Sends a request with these octets, and returns those of the answer.
    ///
    /// # Errors
    ///
    /// [`Refused`] when the library refuses.
    ///
    /// # Panics
    ///
    /// When the program has ended or does not understand the request.
    pub fn ask<const N: usize>(&mut self, request: &str, fields: &[&[u8]]) -> Result<[Vec<u8>; N], Refused> {
        let mut line = request.to_owned();
        for field in fields {
            line.push(' ');
            if field.is_empty() {
                line.push('-');
            }
            for octet in *field {
                let _ = write!(line, "{octet:02x}");
            }
        }
        line.push('\n');
        let answer = self.exchange(&line).unwrap_or_else(|e| panic!("{e}, after {line}"));
        let mut words = answer.split_ascii_whitespace();
        match words.next() {
            Some("ok") => {
                let octets: Option<Vec<Vec<u8>>> = words.map(octets).collect();
                let octets = octets.and_then(|octets| octets.try_into().ok());
                Ok(octets.unwrap_or_else(|| panic!("{answer:?} to {line}")))
            }
            Some("no") => Err(Refused(words.next().and_then(|code| code.parse().ok()).unwrap_or(0))),
            _ => panic!("{answer:?} to {line}"),
        }
    }

    fn exchange(&mut self, line: &str) -> io::Result<String> {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        self.input.as_mut().ok_or_else(closed)?.write_all(line.as_bytes())?;
        let mut answer = String::new();
        match self.output.read_line(&mut answer)? {
            0 => Err(closed()),
            _ => Ok(answer),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

fn octets(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
