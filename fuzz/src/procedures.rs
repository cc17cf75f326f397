//! The machines of the request procedures, to which anything may happen: both kinds of terminal, a Key Group of one, both
//! kinds of dialog at the SCF, and a context of the UPF.

mod network;
mod terminals;

use castkey::id::{GroupName, KeyDomainId, KeyGroup};
use castkey::ims::facts::StatusCode;
use castkey::ims::scf::{ScfHttp, ScfSip};
use castkey::ims::upf::Context;
use castkey::ims::{BTid, HttpUe, Impu, ImsError, MskRequest, ServiceId, SipUe, UeTiming};
use castkey::time::Tick;

use crate::choice::Choices;

/// Timers that one moment can let run out.
const MAX_DUE: usize = 16;
const ALICE: &str = "sip:alice@home1.net";
const SERVICES: [&str; 3] = ["urn:news", "urn:sport", "urn:weather"];

fn group(number: u8) -> GroupName {
    GroupName::new(KeyDomainId::new([0x68, 0xCA, 0x0C]), KeyGroup(number.into()))
}

fn service(number: u8) -> ServiceId {
    ServiceId::new(SERVICES[usize::from(number) % 3]).unwrap()
}

fn impu(number: u8) -> Impu {
    Impu::new(if number == 0 { ALICE } else { "sip:bob@home1.net" }).unwrap()
}

fn btid(number: u8) -> BTid {
    BTid::new(&format!("{number}@bsf.home1.net")).unwrap()
}

/// A machine as this target sees it.
trait Machine {
    fn seen(&self) -> String;
    fn deadline(&self) -> Option<Tick>;
    /// One event out of the octets; the error, and the deadline that was armed. `None` when there are no octets left.
    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>>;
    fn timeout(&mut self, now: Tick) -> Option<Tick>;
    /// Whether a deadline is armed only when it changes.
    fn arms_changes(&self) -> bool {
        true
    }
    /// What must hold in every state.
    fn check(&self) {}
}

/// The first octet chooses the machine, the rest are events and waits. A refused event changes nothing; a timer that is
/// due runs out, an armed one is the deadline.
pub fn ims_events(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let Some(which) = choices.below(6) else { return };
    let groups = [group(1), group(2)];
    let timing = UeTiming::default();
    match which {
        0 => run(HttpUe::<2>::new(timing, service(0), impu(0), &groups).unwrap(), choices),
        1 => run(SipUe::<2, 2>::new(timing, &[service(0), service(1)], impu(0), &groups).unwrap(), choices),
        2 => run(MskRequest::new(timing, group(1)), choices),
        3 => run(ScfHttp::new(), choices),
        4 => run(ScfSip::new(), choices),
        _ => run(Context::<2>::new(), choices),
    }
}

fn run(mut machine: impl Machine, mut choices: Choices<'_>) {
    let mut now = Tick::from_millis(0);
    while let Some(wait) = choices.octet() {
        now = now.after_millis(u64::from(wait) * 128);
        let (before, armed) = (machine.seen(), machine.deadline());
        match machine.event(&mut choices, now) {
            None => return,
            Some(Ok(arm)) => {
                let after = machine.deadline();
                let changed = after.filter(|at| Some(*at) != armed);
                if machine.arms_changes() {
                    assert_eq!(arm, changed, "what is armed is not the deadline");
                } else {
                    assert!(arm.is_none_or(|arm| Some(arm) == after) && (arm.is_some() || changed.is_none()));
                }
            }
            Some(Err(_)) => {
                assert_eq!(
                    (machine.seen(), machine.deadline()),
                    (before, armed),
                    "a refused event changed something"
                );
            }
        }
        machine.check();
        if wait % 2 == 1 {
            fire(&mut machine, now);
        }
    }
}

/// What is due runs out, and that comes to an end.
fn fire(machine: &mut impl Machine, now: Tick) {
    for _ in 0..MAX_DUE {
        if machine.deadline().is_none_or(|at| at > now) {
            return;
        }
        let _ = machine.timeout(now);
        machine.check();
    }
    panic!("timers that are due never end: {}", machine.seen());
}

/// A status of HTTP or SIP.
fn status(choices: &mut Choices<'_>) -> Option<u16> {
    Some([200, 202, 400, 401, 403, 404, 408, 481, 488, 500, 503, 100][usize::from(choices.below(12)?)])
}

fn status_code(choices: &mut Choices<'_>) -> Option<StatusCode> {
    status(choices).and_then(StatusCode::new)
}

fn armed<'a, A: 'a>(
    actions: impl IntoIterator<Item = &'a A>, at: impl Fn(&A) -> Option<Tick>,
) -> Option<Tick> {
    actions.into_iter().find_map(at)
}
