//! An independent peer: the scenarios of `tests/sipp`, played by `sipp` against the endpoint.
//!
//! Skipped where `sipp` is not installed, unless the environment variable `CASTKEY_REQUIRE_SIPP` is set.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, fs, process};

use sdp_types::Session;

use crate::sip::{Body, DialogId, Endpoint, Event, Payload, Timers};

const KEY: &str = "mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ6gAAAAAJAAAQhA==";
/// The line in `verification.csv`.
const VERIFICATION: &str = "mikey AQEFgM0XflABAAAAAAAAAAAAAAoAyONQ6gAAAAALAA==";

/// A running `sipp`, and the file that it writes its errors to; both are gone when the test ends, however it ends.
struct Sipp {
    child: Child,
    address: SocketAddr,
    errors: PathBuf,
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.errors);
    }
}

/// `None` where there is no `sipp`.
fn play(scenario: &str, fields: &str, remote: SocketAddr) -> Option<Sipp> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    if Command::new("sipp").arg("-v").output().is_err() {
        assert!(env::var_os("CASTKEY_REQUIRE_SIPP").is_none(), "sipp is required and not installed");
        eprintln!("skipped: sipp is not installed");
        return None;
    }
    let scenarios = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp");
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let errors = env::temp_dir().join(format!("castkey-sipp-{}-{run}.log", process::id()));
    // A port that was free a moment ago.
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let child = Command::new("sipp")
        .arg("-sf")
        .arg(scenarios.join(scenario))
        .arg("-inf")
        .arg(scenarios.join(fields))
        .args(["-i", "127.0.0.1", "-p", &address.port().to_string()])
        .args(["-s", "pf", "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error"])
        .args(["-trace_err", "-error_file"])
        .arg(&errors)
        .arg(remote.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Some(Sipp { child, address, errors })
}

/// The server's side of a scenario: what it does next hangs on the event that came.
#[derive(Debug, Default)]
struct Played {
    /// Key management lines in the answers to the re-INVITE.
    confirmed: Vec<Option<String>>,
    /// Code and warning of a refused re-INVITE.
    refused: Vec<(u16, Option<u16>)>,
    ringing: bool,
    ended: bool,
    closed: Option<u16>,
}

/// An offer or answer with the media of the unicast leg and of the multicast channel.
fn offer(version: u64, key: Option<&str>) -> Payload {
    let text = format!(
        "v=0\r\no=pf 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio 30000 RTP/AVP 97\r\nm=audio 30002 RTP/SAVP 97\r\nc=IN IP4 239.1.1.1/1\r\n"
    );
    let mut session = Session::parse(text.as_bytes()).unwrap();
    if let Some(key) = key {
        session.medias[1].add_attribute_with_value("key-mgmt", key);
    }
    Payload::new(Body::sdp(&session).unwrap())
}

/// The rekeying offer: version and key management line.
type Rekey = (u64, Option<&'static str>);

const GOOD: Rekey = (2, Some(KEY));

struct Server {
    endpoint: Endpoint,
    rekeyed: bool,
    played: Played,
}

impl Server {
    fn new() -> Self {
        let timers = Timers::with_t1(Duration::from_millis(200));
        let endpoint = Endpoint::bind("127.0.0.1:0".parse().unwrap(), "sip:pf@home1.net", timers).unwrap();
        Self { endpoint, rekeyed: false, played: Played::default() }
    }

    fn rekey(&mut self, dialog: DialogId, (version, key): Rekey, now: Instant) {
        self.rekeyed = true;
        self.endpoint.reinvite(dialog, &offer(version, key), now).unwrap();
    }

    /// `stays`: the client takes the key and waits for the end.
    fn take(&mut self, event: Event, rekey: Rekey, stays: bool, now: Instant) {
        match event {
            Event::Invited { request, payload, .. } => {
                assert!(payload.body.session().unwrap().is_some());
                self.endpoint.answer(request, 180, &Payload::EMPTY, now).unwrap();
                self.endpoint.answer(request, 200, &offer(1, None), now).unwrap();
            }
            Event::Acknowledged { dialog, .. } => self.rekey(dialog, rekey, now),
            Event::Progress { code, .. } => self.played.ringing |= code == 180,
            Event::Accepted { dialog, payload } => {
                let session = payload.body.session().unwrap().unwrap();
                if self.rekeyed {
                    let line = session.medias[1].get_first_attribute_value("key-mgmt").flatten();
                    self.played.confirmed.push(line.map(str::to_owned));
                    if stays {
                        self.endpoint.bye(dialog, now).unwrap();
                    }
                } else {
                    self.rekey(dialog, rekey, now);
                }
            }
            Event::Refused { dialog, code, payload, .. } => {
                self.played.refused.push((code, payload.warning_code()));
                self.endpoint.bye(dialog, now).unwrap();
            }
            Event::Ended { .. } => self.played.ended = true,
            Event::Closed { code, .. } => self.played.closed = Some(code),
            other => panic!("{other:?}"),
        }
    }

    /// Plays until `sipp` is done; whether it is content, and what happened.
    fn play(mut self, mut sipp: Sipp, rekey: Rekey, stays: bool) -> (bool, Played) {
        let begun = Instant::now();
        loop {
            let now = Instant::now();
            while let Some(event) = self.endpoint.poll(now) {
                self.take(event, rekey, stays, now);
            }
            if let Some(status) = sipp.child.try_wait().unwrap() {
                let errors = fs::read_to_string(&sipp.errors).unwrap_or_default();
                eprintln!("sipp: {status} {errors}");
                assert_eq!(self.endpoint.counts().malformed, 0);
                return (status.success(), self.played);
            }
            assert!(
                now.duration_since(begun) < Duration::from_secs(60),
                "sipp does not end: {:?}",
                self.played
            );
            self.endpoint.wait(now, Duration::from_millis(50)).unwrap();
        }
    }
}

fn called(scenario: &str, fields: &str, rekey: Rekey) -> Option<(bool, Played)> {
    let mut server = Server::new();
    let sipp = play(scenario, fields, server.endpoint.address())?;
    // Repeated until `sipp` is up.
    server.endpoint.invite("sip:a1@home1.net", sipp.address, &offer(1, None), Instant::now()).unwrap();
    Some(server.play(sipp, rekey, false))
}

fn caller(scenario: &str, fields: &str, rekey: Rekey) -> Option<(bool, Played)> {
    let server = Server::new();
    let sipp = play(scenario, fields, server.endpoint.address())?;
    Some(server.play(sipp, rekey, true))
}

#[test]
fn a_client_that_is_called_takes_the_new_key_and_leaves() {
    let Some((content, played)) = called("called_accepts.xml", "verification.csv", GOOD) else { return };
    assert!(content && played.ringing && played.ended, "{played:?}");
    assert_eq!(played.confirmed, [Some(VERIFICATION.to_owned())]);
}

#[test]
fn a_client_that_is_called_may_answer_without_a_verification() {
    let Some((content, played)) = called("called_accepts.xml", "silent.csv", GOOD) else { return };
    assert!(content && played.ended, "{played:?}");
    assert_eq!(played.confirmed, [None]);
}

#[test]
fn a_client_that_is_called_refuses_the_new_key_and_is_thrown_out() {
    let Some((content, played)) = called("called_refuses.xml", "silent.csv", GOOD) else { return };
    assert!(content, "{played:?}");
    assert_eq!((played.refused, played.closed, played.ended), (vec![(488, Some(306))], Some(200), false));
}

#[test]
fn a_client_that_calls_takes_the_new_key_and_stays() {
    let Some((content, played)) = caller("caller_accepts.xml", "verification.csv", GOOD) else { return };
    assert!(content, "{played:?}");
    assert_eq!((played.confirmed, played.closed), (vec![Some(VERIFICATION.to_owned())], Some(200)));
}

#[test]
fn a_client_that_calls_refuses_the_new_key_and_is_thrown_out() {
    let Some((content, played)) = caller("caller_refuses.xml", "silent.csv", GOOD) else { return };
    assert!(content, "{played:?}");
    assert_eq!((played.refused, played.closed), (vec![(488, Some(306))], Some(200)));
}

#[test]
fn the_scenarios_see_an_offer_without_a_key_or_without_a_new_version() {
    let lines = [None, Some("mikey "), Some("MIKEY AQAF"), Some("mikey AQ*AF"), Some("mikey AQAF===")];
    for rekey in lines.map(|line| (2, line)).into_iter().chain([(1, Some(KEY))]) {
        let Some((content, played)) = called("called_accepts.xml", "silent.csv", rekey) else { return };
        assert!(!content, "{rekey:?} {played:?}");
    }
    let Some((content, _)) = caller("caller_refuses.xml", "silent.csv", (2, None)) else { return };
    assert!(!content);
}
