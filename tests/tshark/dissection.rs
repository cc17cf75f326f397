//! A message as the dissector of Wireshark sees it.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

use serde_json::Value;

/// IANA's port of MIKEY.
const PORT: u16 = 2269;

/// A capture file of raw IPv4 packets (link type 101), each a UDP datagram between two MIKEY ports.
fn pcap(datagrams: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_be_bytes());
    for half in [2_u16, 4] {
        file.extend(half.to_be_bytes());
    }
    for word in [0_u32, 0, 65_535, 101] {
        file.extend(word.to_be_bytes());
    }
    for datagram in datagrams {
        let udp_len = u16::try_from(8 + datagram.len()).unwrap();
        let ip_len = 20 + udp_len;
        let mut ip = vec![0x45, 0];
        ip.extend(ip_len.to_be_bytes());
        ip.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        let sum: u32 = ip.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
        let folded = (sum & 0xFFFF) + (sum >> 16);
        let checksum = !u16::try_from((folded & 0xFFFF) + (folded >> 16)).unwrap();
        ip[10..12].copy_from_slice(&checksum.to_be_bytes());
        for half in [PORT, PORT, udp_len, 0] {
            ip.extend(half.to_be_bytes());
        }
        ip.extend(datagram);
        for word in [0, 0, u32::from(ip_len), u32::from(ip_len)] {
            file.extend(word.to_be_bytes());
        }
        file.extend(ip);
    }
    file
}

/// A file that is gone when the test ends, however it ends.
struct Capture(PathBuf);

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The dissection of each datagram as JSON; `None` where there is no `tshark`.
pub(crate) fn dissect(name: &str, datagrams: &[Vec<u8>]) -> Option<Vec<Value>> {
    if Command::new("tshark").arg("--version").output().is_err() {
        assert!(env::var_os("CASTKEY_REQUIRE_TSHARK").is_none(), "tshark is required and not installed");
        eprintln!("skipped: tshark is not installed");
        return None;
    }
    let capture = Capture(env::temp_dir().join(format!("castkey-{}-{name}.pcap", process::id())));
    fs::write(&capture.0, pcap(datagrams)).unwrap();
    let run = Command::new("tshark")
        .arg("-r")
        .arg(&capture.0)
        .args(["-T", "json", "-x", "--no-duplicate-keys"])
        .args(["-d", &format!("udp.port=={PORT},mikey")])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let packets: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(packets.len(), datagrams.len());
    Some(packets.iter().map(|packet| packet["_source"]["layers"].clone()).collect())
}

/// Every occurrence of `field` below `at`: its octets in hexadecimal, its offset in the frame, its length.
pub(crate) fn find(at: &Value, field: &str, found: &mut Vec<(String, u64, u64)>) {
    let entry = |raw: &Value| {
        (raw[0].as_str().unwrap().to_owned(), raw[1].as_u64().unwrap(), raw[2].as_u64().unwrap())
    };
    match at {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Array(raw) if name.strip_suffix("_raw") == Some(field) => match &raw[0] {
                        Value::Array(_) => found.extend(raw.iter().map(entry)),
                        _ => found.push(entry(value)),
                    },
                    _ => find(value, field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find(item, field, found)),
        _ => {}
    }
}

pub(crate) fn octets_of(layers: &Value, field: &str) -> Vec<String> {
    let mut found = Vec::new();
    find(&layers["mikey"], field, &mut found);
    found.into_iter().map(|(octets, ..)| octets).collect()
}

/// The payloads that the dissector saw, in order, if they cover the datagram without gap or overlap and nothing is
/// reported as malformed; else what is wrong.
pub(crate) fn payloads(layers: &Value, datagram: &[u8]) -> Result<Vec<&'static str>, String> {
    const HEADERS: u64 = 28;
    let text = layers.to_string();
    // 8388608 is the severity "error" of the dissector's expert system.
    for bad in ["_ws.malformed", "_ws.short", "\"_ws.expert.severity\":\"8388608\""] {
        if text.contains(bad) {
            return Err(bad.to_owned());
        }
    }
    let names =
        ["hdr", "ext", "t", "rand", "id", "sp", "kemac", "v", "err", "idr", "key", "cert", "sakke", "sign"];
    let mut seen = Vec::new();
    for name in names {
        let mut found = Vec::new();
        find(&layers["mikey"], &format!("mikey.{name}"), &mut found);
        seen.extend(found.into_iter().map(|(octets, at, len)| (at, len, name, octets)));
    }
    seen.sort_by_key(|(at, ..)| *at);
    let mut next = HEADERS;
    for (at, len, name, octets) in &seen {
        if *at != next {
            return Err(format!("{name} at {at}, expected at {next}"));
        }
        let from = usize::try_from(at - HEADERS).unwrap();
        let to = from + usize::try_from(*len).unwrap();
        if datagram.get(from..to) != Some(&hex::decode(octets).unwrap()) {
            return Err(format!("{name} with other octets"));
        }
        next = at + len;
    }
    if next != HEADERS + u64::try_from(datagram.len()).unwrap() {
        return Err(format!("{next} octets seen"));
    }
    Ok(seen.into_iter().map(|(_, _, name, _)| name).collect())
}
