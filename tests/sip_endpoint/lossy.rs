//! Two endpoints over a link that loses and doubles, on a clock that jumps from timer to timer.

use core::time::Duration;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sip::{Body, Cause, Datagram, DialogId, Endpoint, Event, Fate, Part, Payload, Timers};
use crate::world::{SDP, at, endpoint};

const OFFERS: u32 = 6;

fn lossy(endpoint: &mut Endpoint, loss: f64, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    endpoint.set_filter(move |_: &Datagram<'_>| match rng.random::<f64>() {
        drawn if drawn < loss => Fate::Lose,
        drawn if drawn < loss * 1.5 => Fate::Duplicate,
        _ => Fate::Deliver,
    });
}

/// An offer or its answer, with a number to tell them apart.
fn numbered(number: u32) -> Payload {
    Payload::new(Body::Single(Part::new("application/sdp", SDP))).with("Subject", &number.to_string())
}

fn number(payload: &Payload) -> u32 {
    payload.header("Subject").unwrap().parse().unwrap()
}

/// Every third offer is refused.
const fn is_refused(offer: u32) -> bool {
    offer % 3 == 2
}

#[derive(Debug, Default)]
struct Outcome {
    accepted: Vec<u32>,
    refused: Vec<u32>,
    timed_out: bool,
    taken: Vec<u32>,
    over: usize,
}

struct Run {
    pf: Endpoint,
    client: Endpoint,
    dialog: DialogId,
    offer: u32,
    outcome: Outcome,
}

impl Run {
    fn pf_takes(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Accepted { payload, .. } => {
                assert_eq!(number(payload), self.offer, "an answer to another offer");
                self.outcome.accepted.push(self.offer);
            }
            Event::Refused { code: 488, cause: Cause::Answer, payload, .. } => {
                assert_eq!(number(payload), self.offer, "an answer to another offer");
                self.outcome.refused.push(self.offer);
            }
            Event::Refused { cause: Cause::TimedOut, .. } => {
                self.outcome.timed_out = true;
                let _ = self.pf.bye(self.dialog, now);
                return;
            }
            Event::Closed { .. } | Event::Ended { .. } => return,
            other => panic!("{other:?}"),
        }
        if self.offer == OFFERS {
            self.pf.bye(self.dialog, now).unwrap();
        } else {
            self.offer += 1;
            self.pf.reinvite(self.dialog, &numbered(self.offer), now).unwrap();
        }
    }

    fn client_takes(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Invited { request, payload, .. } | Event::Reinvited { request, payload, .. } => {
                let offer = number(payload);
                self.outcome.taken.push(offer);
                let code = if is_refused(offer) { 488 } else { 200 };
                self.client.answer(*request, code, &numbered(offer), now).unwrap();
            }
            Event::Ended { .. } | Event::Unacknowledged { .. } => self.outcome.over += 1,
            Event::Acknowledged { .. } | Event::Closed { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn finish(mut self) -> (Self, u64) {
        let mut now = at(0);
        loop {
            // Twice, for what the one sends while the other is asked.
            for _ in 0..2 {
                while let Some(event) = self.pf.poll(now) {
                    self.pf_takes(&event, now);
                }
                while let Some(event) = self.client.poll(now) {
                    self.client_takes(&event, now);
                }
            }
            match self.pf.deadline().into_iter().chain(self.client.deadline()).min() {
                Some(next) => now = now.max(next),
                None => return (self, crate::world::ms(now)),
            }
        }
    }
}

fn run(loss: f64, seed: u64) -> (Run, u64) {
    let (mut pf, mut client) = (endpoint("pf"), endpoint("a1"));
    lossy(&mut pf, loss, seed * 2);
    lossy(&mut client, loss, seed * 2 + 1);
    let dialog = pf.invite("sip:a1@home1.net", client.address(), &numbered(1), at(0)).unwrap();
    Run { pf, client, dialog, offer: 1, outcome: Outcome::default() }.finish()
}

#[test]
fn over_a_lossy_link_every_offer_has_one_outcome_and_is_taken_once() {
    let (mut timed_out, mut lost) = (0, 0);
    for seed in 0..150 {
        let (run, ended) = run(0.3, seed);
        let (outcome, counts) = (&run.outcome, run.pf.counts());
        let taken = &outcome.taken;
        assert!(taken.iter().zip(1..).all(|(offer, expected)| *offer == expected), "{seed}: {outcome:?}");
        assert!(outcome.accepted.iter().all(|offer| !is_refused(*offer)), "{seed}: {outcome:?}");
        assert!(outcome.refused.iter().all(|offer| is_refused(*offer)), "{seed}: {outcome:?}");
        let ended_well = outcome.accepted.len() + outcome.refused.len() == usize::try_from(OFFERS).unwrap();
        assert!(ended_well != outcome.timed_out, "{seed}: {outcome:?}");
        // Whatever was lost, nobody keeps anything.
        assert!(ended < 1_000_000);
        assert_eq!((run.pf.kept(), outcome.over <= 1), (0, true), "{seed}: {outcome:?}");
        assert_eq!(counts.malformed, 0);
        timed_out += u32::from(outcome.timed_out);
        lost += counts.lost;
    }
    // Each try gets through and back with one chance in two, and there are seven.
    assert!(timed_out < 20 && lost > 300, "{timed_out} timed out, {lost} lost");
}

#[test]
fn without_loss_nothing_is_sent_twice() {
    let (run, _) = run(0.0, 1);
    assert_eq!((run.outcome.accepted, run.outcome.refused), (vec![1, 3, 4, 6], vec![2, 5]));
    assert_eq!((run.pf.counts().repeated, run.client.counts().repeated), (0, 0));
    assert_eq!((run.pf.kept(), run.client.kept(), run.outcome.over), (0, 0, 1));
}

#[test]
fn the_closure_sees_every_datagram_and_decides() {
    let (mut pf, client) = (endpoint("pf"), endpoint("a1"));
    let (seen, lines) = std::sync::mpsc::channel();
    let to = client.address();
    pf.set_filter(move |datagram| {
        assert_eq!(datagram.to, to);
        seen.send(datagram.start_line().to_owned()).unwrap();
        if datagram.start_line().starts_with("INVITE") { Fate::Lose } else { Fate::Deliver }
    });
    let mut client = client;
    pf.invite("sip:a1@home1.net", to, &numbered(1), at(0)).unwrap();
    assert_eq!(pf.poll(at(500)), None);
    crate::world::quiet(&mut client, at(500));
    assert_eq!(lines.try_iter().collect::<Vec<_>>(), ["INVITE sip:a1@home1.net SIP/2.0"; 2]);
    let counts = pf.counts();
    assert_eq!((counts.offered, counts.repeated, counts.lost), (2, 1, 2));
}

#[test]
fn an_endpoint_may_live_in_a_thread_of_its_own() {
    let timers = Timers::with_t1(Duration::from_millis(20));
    let bind = |uri| Endpoint::bind("127.0.0.1:0".parse().unwrap(), uri, timers).unwrap();
    let (mut pf, mut client) = (bind("sip:pf@home1.net"), bind("sip:a1@home1.net"));
    let to = client.address();
    // The first of each kind is lost, so that the clock of the machine has something to do.
    let mut seen = Vec::new();
    pf.set_filter(move |datagram| {
        let method = datagram.start_line().split(' ').next().unwrap().to_owned();
        let first = !seen.contains(&method);
        seen.push(method);
        if first { Fate::Lose } else { Fate::Deliver }
    });
    let callee = std::thread::spawn(move || {
        loop {
            let now = Instant::now();
            match client.poll(now) {
                Some(Event::Invited { request, .. }) => {
                    client.answer(request, 200, &numbered(1), now).unwrap()
                }
                Some(Event::Ended { .. }) => return,
                Some(_) => {}
                None => client.wait(now, Duration::from_secs(1)).unwrap(),
            }
        }
    });
    let dialog = pf.invite("sip:a1@home1.net", to, &numbered(1), Instant::now()).unwrap();
    while !callee.is_finished() {
        let now = Instant::now();
        match pf.poll(now) {
            Some(Event::Accepted { .. }) => pf.bye(dialog, now).unwrap(),
            Some(Event::Closed { .. }) | None => pf.wait(now, Duration::from_millis(50)).unwrap(),
            Some(other) => panic!("{other:?}"),
        }
    }
    callee.join().unwrap();
}
