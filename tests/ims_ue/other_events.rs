//! Whatever the table does not name, in both variants.

use super::*;

/// Covers: T-093, R-IMS-9
#[test]
fn registration_before_the_200_of_the_scf_is_refused() {
    for mut s in [Session::idle(), Session::inviting(), Session::cancelling(), Session::authorised()] {
        let before = s.seen();
        assert_eq!(s.act(HttpUeEvent::Register), Err(ImsError::UnexpectedState));
        let items = [(service(), ItemStatus::Granted)];
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&items) };
        assert_eq!(s.act(http(UeRequestKind::Register, outcome)), Err(ImsError::UnexpectedState));
        assert_eq!(s.seen(), before);
    }
    // Whatever else happens while the INVITE is on its way, no POST leaves.
    let mut s = Session::inviting();
    for event in
        [gba("b2", LONG), stored(5), PULL, unknown(6), HttpUeEvent::Timeout, sip(SipOutcome::Provisional)]
    {
        let line = s.does(event);
        assert!(!line.contains('H'), "{line}");
    }
}

#[test]
fn every_other_event_is_refused_or_ignored_and_changes_nothing() {
    let bootstrapping = {
        let mut s = Session::registering();
        s.does(http(UeRequestKind::Register, challenged(true, false)));
        s
    };
    let posting = {
        let mut s = Session::keyed();
        s.does(PULL);
        s
    };
    let states = [
        ("Idle", Session::idle()),
        ("Inviting", Session::inviting()),
        ("Cancelling", Session::cancelling()),
        ("Authorised", Session::authorised()),
        ("Registering", Session::registering()),
        ("Bootstrapping", bootstrapping),
        ("Registered", Session::registered()),
        ("Keyed", Session::keyed()),
        ("Posting", posting),
        ("Deregistering", Session::deregistering()),
    ];
    let all: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let but = |names: &[&'static str]| -> Vec<&str> {
        all.iter().copied().filter(|name| !names.contains(name)).collect()
    };
    // The event, where it is refused, where it is ignored.
    let rows: Vec<(HttpUeEvent<'_>, Vec<&str>, Vec<&str>)> = vec![
        (view(true), but(&["Idle"]), vec![]),
        (HttpUeEvent::Stop, vec!["Idle", "Cancelling", "Deregistering"], vec![]),
        (HttpUeEvent::Register, but(&["Registered", "Keyed"]), vec![]),
        (sip(SipOutcome::Provisional), but(&["Inviting", "Cancelling"]), vec!["Inviting", "Cancelling"]),
        (sip(SipOutcome::Accepted), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(refused(486)), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(SipOutcome::TimedOut), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(SipOutcome::Glare { rnd: 0 }), but(&["Inviting", "Cancelling"]), vec![]),
        (HttpUeEvent::Bye, vec!["Idle"], vec!["Deregistering"]),
        (
            http(UeRequestKind::Register, failed(403)),
            but(&["Registering", "Deregistering"]),
            vec!["Deregistering"],
        ),
        (http(UeRequestKind::Msk, failed(403)), but(&["Posting", "Deregistering"]), vec!["Deregistering"]),
        (http(UeRequestKind::Deregister, failed(403)), vec![], but(&["Deregistering"])),
        (GBA_FAILED, vec![], but(&["Authorised", "Bootstrapping"])),
        (HttpUeEvent::Timeout, vec![], all.clone()),
        (key(KeyFact::Expired(msk_name(1))), vec![], all.clone()),
        (key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(1)))), vec![], all.clone()),
        (key(KeyFact::Pull { group: OTHER_GROUP, rnd: 0 }), vec![], all.clone()),
        (key(KeyFact::UnknownMsk { name: OTHER_GROUP.msk(KeyNumber(9)), rnd: 0 }), vec![], all.clone()),
        (unknown(9), vec![], but(&["Keyed"])),
    ];
    for (event, refusing, ignoring) in rows {
        for (name, session) in &states {
            let mut s = session.clone();
            let before = s.seen();
            let result = s.act(event.clone());
            if refusing.contains(name) {
                assert_eq!(result, Err(ImsError::UnexpectedState), "{event:?} in {name}");
            } else if ignoring.contains(name) {
                assert_eq!(result, Ok(String::new()), "{event:?} in {name}");
            } else {
                assert!(result.is_ok(), "{event:?} in {name}: {result:?}");
                continue;
            }
            assert_eq!(s.seen(), before, "{event:?} in {name}");
        }
    }
}

/// Any event at any time: the machine never spins on a deadline, refuses without a trace, registers only after the 200
/// of the SCF, and ends without keys.
///
/// Covers: R-IMS-9
#[test]
fn whatever_happens_the_session_keeps_its_promises() {
    let granted = [(service(), ItemStatus::Granted)];
    let denied = [(service(), ItemStatus::NotAuthorised)];
    let msk = [(msk_name(1), ItemStatus::Granted)];
    let kinds = [UeRequestKind::Register, UeRequestKind::Deregister, UeRequestKind::Msk];
    let mut rng = SplitMix(7);
    for _ in 0..400 {
        let mut s = Session::of(&[GROUP, OTHER_GROUP]);
        let (mut accepted, mut runs) = (false, 0);
        for _ in 0..200 {
            s.now += rng.below(20_000);
            let outcomes = [
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&granted) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&granted) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&denied) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(&msk) },
                HttpOutcome::Unauthentic,
                HttpOutcome::TimedOut,
                challenged(rng.percent(50), rng.percent(50)),
                failed(if rng.percent(50) { 503 } else { 404 }),
            ];
            let number = u16::try_from(rng.below(6)).unwrap();
            let group = if rng.percent(50) { GROUP } else { OTHER_GROUP };
            let name = group.msk(KeyNumber(number));
            let rnd = u32::try_from(rng.below(1 << 32)).unwrap();
            let event = match rng.below(14) {
                0 => view(rng.percent(90)),
                1 if rng.percent(20) => HttpUeEvent::Stop,
                2 if rng.percent(20) => HttpUeEvent::Bye,
                3 => HttpUeEvent::Register,
                4 | 5 => sip(if rng.percent(80) { SipOutcome::Accepted } else { refused(403) }),
                6..=8 => {
                    let kind = kinds[usize::try_from(rng.below(3)).unwrap()];
                    http(kind, outcomes[usize::try_from(rng.below(8)).unwrap()])
                }
                9 if rng.percent(30) => GBA_FAILED,
                9 => {
                    runs += 1;
                    gba(&format!("b{runs}"), s.now + rng.below(200_000))
                }
                10 => key(KeyFact::Stored(name)),
                11 => key(KeyFact::Expired(name)),
                12 => key(KeyFact::UnknownMsk { name, rnd }),
                13 => key(KeyFact::Pull { group, rnd }),
                _ => HttpUeEvent::Timeout,
            };
            let before = (s.seen(), s.state());
            accepted |= event == sip(SipOutcome::Accepted) && s.state() == HttpUeState::Inviting;
            match s.act(event) {
                Ok(line) => assert!(accepted || !(line.contains("H2") || line.contains("H4")), "{line}"),
                Err(_) => assert_eq!(s.seen(), before.0),
            }
            if s.state() == HttpUeState::Idle {
                accepted = false;
                assert_eq!(s.machine.held(GROUP), Some(Held::None));
                assert_eq!(s.machine.held(OTHER_GROUP), Some(Held::None));
            }
            // Timers that are served at their time move on.
            for _ in 0..3 {
                let Some(due) = s.machine.deadline().filter(|due| due.as_millis() <= s.now) else { break };
                s.does(HttpUeEvent::Timeout);
                assert!(s.machine.deadline() != Some(due), "it spins on {due:?} in {:?}", s.machine);
            }
        }
    }
}

// Both variants.

/// Covers: T-105, R-IMS-3
#[test]
fn one_service_never_runs_in_both_variants() {
    let other = ServiceId::new("urn:other").unwrap();
    let third = ServiceId::new("urn:third").unwrap();
    let mut running = Variants::<2>::new();
    assert_eq!(running.start(&service(), Variant::Http), Ok(()));
    assert_eq!(running.start(&service(), Variant::Sip), Err(ImsError::VariantConflict));
    assert_eq!(running.start(&service(), Variant::Http), Err(ImsError::UnexpectedState));
    assert_eq!(running.running(&service()), Some(Variant::Http));
    assert_eq!(running.start(&other, Variant::Sip), Ok(()));
    assert_eq!(running.start(&other, Variant::Http), Err(ImsError::VariantConflict));
    assert_eq!(running.start(&third, Variant::Sip), Err(ImsError::StoreFull));
    assert!(running.end(&service()) && !running.end(&service()));
    assert_eq!(running.start(&service(), Variant::Sip), Ok(()));
    assert_eq!(running.running(&service()), Some(Variant::Sip));
}
