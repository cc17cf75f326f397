//! Whatever the table does not name.

use super::*;

#[test]
fn every_other_event_is_refused_or_ignored_and_changes_nothing() {
    let states = [
        ("Idle", Dialog::idle()),
        ("Bootstrapping", Dialog::bootstrapping()),
        ("Inviting", Dialog::inviting()),
        ("Cancelling", Dialog::cancelling()),
        ("WaitMsk", Dialog::wait_msk()),
        ("Keyed", Dialog::keyed()),
        ("Rebooting", Dialog::rebooting()),
        ("Refreshing", Dialog::refreshing()),
    ];
    let all: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let but = |names: &[&'static str]| -> Vec<&str> {
        all.iter().copied().filter(|name| !names.contains(name)).collect()
    };
    let invites = ["Inviting", "Cancelling", "Refreshing"];
    let dialog = ["WaitMsk", "Keyed", "Rebooting", "Refreshing"];
    // The event, where it is refused, where it is ignored.
    let rows: Vec<(SipUeEvent, Vec<&str>, Vec<&str>)> = vec![
        (view(true), but(&["Idle"]), vec![]),
        (SipUeEvent::Stop, vec!["Idle", "Cancelling"], vec![]),
        (SipUeEvent::Sip(SipOutcome::Provisional), but(&invites), invites.to_vec()),
        (ACCEPTED, but(&invites), vec![]),
        (refused(403), but(&invites), vec![]),
        (BOOTSTRAP, but(&invites), vec![]),
        (TIMED_OUT, but(&invites), vec![]),
        (glare(0), but(&invites), vec![]),
        (ENDED, but(&dialog), dialog.to_vec()),
        (SipUeEvent::Bye, vec!["Idle"], vec![]),
        (GBA_FAILED, vec![], but(&["Bootstrapping", "Rebooting"])),
        (SipUeEvent::Timeout, vec![], all.clone()),
        (SipUeEvent::Key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(1)))), vec![], all.clone()),
        (expired(1), vec![], all.clone()),
        (OTHER_PULL, vec![], all.clone()),
        (unknown(4), vec![], all.clone()),
        (PULL, vec![], vec!["Idle", "Bootstrapping", "Inviting", "Cancelling"]),
    ];
    for (event, refusing, ignoring) in rows {
        for (name, dialog) in &states {
            let mut d = dialog.clone();
            let before = d.seen();
            let result = d.act(event.clone());
            if refusing.contains(name) {
                assert_eq!(result, Err(ImsError::UnexpectedState), "{event:?} in {name}");
            } else if ignoring.contains(name) {
                assert_eq!(result, Ok(String::new()), "{event:?} in {name}");
            } else {
                assert!(result.is_ok(), "{event:?} in {name}: {result:?}");
                continue;
            }
            assert_eq!(d.seen(), before, "{event:?} in {name}");
        }
    }
    assert_eq!(Dialog::idle().act(BEGUN), Err(ImsError::UnexpectedState));
}

/// Any event at any time: the machine never spins on a deadline, refuses without a trace, never sends an INVITE beside
/// another one, and ends without keys.
///
/// Covers: R-IMS-47
#[test]
fn whatever_happens_the_dialog_keeps_its_promises() {
    let mut rng = SplitMix(9);
    for _ in 0..400 {
        let mut d = Dialog::of(&[GROUP, OTHER_GROUP]);
        let (mut ours, mut theirs, mut runs) = (false, false, 0);
        for _ in 0..200 {
            d.now += rng.below(20_000);
            let number = u16::try_from(rng.below(6)).unwrap();
            let group = if rng.percent(50) { GROUP } else { OTHER_GROUP };
            let name = group.msk(KeyNumber(number));
            let rnd = u32::try_from(rng.below(1 << 32)).unwrap();
            let event = match rng.below(15) {
                0 => view(rng.percent(90)),
                1 if rng.percent(20) => SipUeEvent::Stop,
                2 if rng.percent(20) => SipUeEvent::Bye,
                3..=5 => ACCEPTED,
                6 => refused([403, 408, 481, 503][usize::try_from(rng.below(4)).unwrap()]),
                7 => glare(rnd),
                8 if rng.percent(30) => GBA_FAILED,
                8 => {
                    runs += 1;
                    gba(&format!("b{runs}"), d.now + rng.below(200_000))
                }
                9 if rng.percent(50) => BEGUN,
                9 => ENDED,
                10 => SipUeEvent::Key(KeyFact::Stored(name)),
                11 => SipUeEvent::Key(KeyFact::Expired(name)),
                12 => SipUeEvent::Key(KeyFact::UnknownMsk { name, rnd }),
                13 => SipUeEvent::Key(KeyFact::Pull { group, rnd }),
                _ => SipUeEvent::Timeout,
            };
            let before = d.seen();
            let line = match d.act(event.clone()) {
                Ok(line) => line,
                Err(_) => {
                    assert_eq!(d.seen(), before);
                    continue;
                }
            };
            if matches!(event, SipUeEvent::Sip(_)) || d.state() == SipUeState::Idle {
                ours = false;
            }
            match event {
                BEGUN => theirs = true,
                ENDED => theirs = false,
                _ if d.state() == SipUeState::Idle || line.contains("Bye ") => theirs = false,
                _ => {}
            }
            let mut sends = |line: &str| {
                if line.contains("Reinvite") {
                    assert!(!ours && !theirs, "{line} beside another INVITE");
                    ours = true;
                }
            };
            sends(&line);
            if d.state() == SipUeState::Idle {
                assert_eq!(d.machine.held(GROUP), Some(Held::None));
                assert_eq!(d.machine.held(OTHER_GROUP), Some(Held::None));
            }
            // Timers that are served at their time move on.
            for _ in 0..3 {
                let Some(due) = d.machine.deadline().filter(|due| due.as_millis() <= d.now) else { break };
                sends(&d.does(SipUeEvent::Timeout));
                assert!(d.machine.deadline() != Some(due), "it spins on {due:?} in {:?}", d.machine);
            }
        }
    }
}
