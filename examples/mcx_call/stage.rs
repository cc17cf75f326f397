//! The clock of the run, its randomness, and the diary. The library reads no clock, so months pass in a second.

use castkey::mcx::Ntp64;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::report::{Check, Step};

/// How long a datagram is on its way, milliseconds.
const HOP_MS: u64 = 12;

pub(crate) struct Stage {
    pub(crate) now: Ntp64,
    pub(crate) rng: StdRng,
    quiet: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) datagrams: u64,
    pub(crate) octets: usize,
}

impl Stage {
    pub(crate) fn new(seed: u64, quiet: bool, now: Ntp64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { now, rng, quiet, steps: Vec::new(), datagrams: 0, octets: 0 }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            println!("{text}");
        }
    }

    pub(crate) fn step(&mut self, name: &'static str) {
        self.say(&format!("\n{}. {name}", self.steps.len() + 1));
        self.steps.push(Step { name, checks: Vec::new() });
    }

    /// A line of the timeline: when, who, what.
    pub(crate) fn note(&self, who: &str, what: &str) {
        self.say(&format!("  {}  {who:<18} {what}", date(self.now)));
    }

    /// A datagram from one to another, which is on its way now.
    pub(crate) fn sent(&mut self, from: &str, to: &str, what: &str, octets: usize) {
        let who = format!("{from} -> {to}");
        self.say(&format!("  {}  {who:<18} {what:<62} {octets:>5} octets", date(self.now)));
        self.octets += octets;
        self.hop();
    }

    /// The same for one of many, which nobody wants to read about.
    pub(crate) fn hop(&mut self) {
        self.datagrams += 1;
        self.pass_ms(HOP_MS);
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let fractions = u64::from(self.now.fraction) + (ms % 1_000) * (1 << 32) / 1_000;
        let seconds = self.now.seconds + ms / 1_000 + (fractions >> 32);
        let fraction = u32::try_from(fractions & u64::from(u32::MAX)).unwrap_or(0);
        self.now = Ntp64 { seconds, fraction };
    }

    pub(crate) fn pass_s(&mut self, seconds: u64) {
        self.now = self.now.after_s(seconds);
    }

    /// What should be so, and whether it is.
    pub(crate) fn check(&mut self, expected: impl Into<String>, held: bool) {
        let expected = expected.into();
        self.say(&format!("     {}  {expected}", if held { "held  " } else { "FAILED" }));
        if let Some(step) = self.steps.last_mut() {
            step.checks.push(Check { expected, held });
        }
    }

    /// The same for a result: what came is told when it is not what should have come.
    pub(crate) fn expect<T: core::fmt::Debug + PartialEq>(&mut self, expected: &str, is: &T, should: &T) {
        if is == should {
            self.check(expected, true);
        } else {
            self.check(format!("{expected} (was {is:?}, not {should:?})"), false);
        }
    }
}

/// Month, day and time of day, UTC (the calendar of days since 1970-03-01, years of 365.2425 days).
fn date(now: Ntp64) -> String {
    let (unix, ms) = (now.unix(), (u64::from(now.fraction) * 1_000).div_ceil(1 << 32).min(999));
    let (days, second) = (unix / 86_400 + 719_468, unix % 86_400);
    let in_era = days % 146_097;
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * in_year + 2) / 153;
    let day = in_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    format!("{month:02}-{day:02} {:02}:{:02}:{:02}.{ms:03}", second / 3_600, second / 60 % 60, second % 60)
}
