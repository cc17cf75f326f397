//! HTTP by hand, for what no client sends: old versions, missing lengths, copies of the requests of others.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Outcome;

/// An answer to a request written by hand.
pub(crate) struct Answer {
    pub(crate) status: u16,
    text: String,
}

impl Answer {
    /// Whether the head has this header with a value that contains `part`.
    pub(crate) fn has(&self, name: &str, part: &str) -> bool {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.any(|(header, value)| header.eq_ignore_ascii_case(name) && value.contains(part))
    }
}

/// Sends these octets on a connection of their own and reads until the server closes it.
pub(crate) fn send(to: SocketAddr, octets: &[u8]) -> Outcome<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(octets)?;
    let mut read = Vec::new();
    // A server that has refused a body closes the connection before it has read it all.
    let _ = stream.read_to_end(&mut read);
    let text = String::from_utf8_lossy(&read).into_owned();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no HTTP answer")?;
    Ok(Answer { status, text })
}

/// A request with these header lines; the connection is to be closed behind it.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{line}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}
