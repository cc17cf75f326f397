//! Whatever the table does not name, and the lists of MSKs.

use super::*;

#[test]
fn every_other_event_is_refused_or_ignored_and_changes_nothing() {
    let states: [(&str, Group); 7] = {
        let mut left = Group::having();
        left.does(MskEvent::Deactivate);
        left.deregisters(failed(404));
        let mut have_requesting = Group::having();
        have_requesting.does(PULL);
        let mut backing_off = Group::requesting();
        backing_off.hears(HttpOutcome::TimedOut);
        [
            ("NoKey", Group::new()),
            ("Requesting", Group::requesting()),
            ("BackOff", backing_off),
            ("WaitMikey", Group::waiting()),
            ("Have", Group::having()),
            ("HaveAndRequesting", have_requesting),
            ("Left", left),
        ]
    };
    let refused = Err(ImsError::UnexpectedState);
    let ignored = Ok(String::new());
    type Row<'a> = (MskEvent<'a>, &'a [&'a str], &'a [&'a str]);
    // The event, where it is refused, where it is ignored.
    let rows: [Row<'_>; 9] = [
        (activate(true), &["Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting"], &[]),
        (MskEvent::Deactivate, &["Left"], &[]),
        (http(UeRequestKind::Msk, failed(403)), &["NoKey", "BackOff"], &["WaitMikey", "Have", "Left"]),
        (
            http(UeRequestKind::Register, failed(403)),
            &["NoKey", "Requesting", "BackOff", "HaveAndRequesting"],
            &["WaitMikey", "Have", "Left"],
        ),
        (
            http(UeRequestKind::Deregister, failed(403)),
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (
            MskEvent::Gba(GbaOutcome::Failed),
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (
            MskEvent::Timeout,
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (PULL, &[], &["NoKey", "Requesting", "BackOff", "HaveAndRequesting", "Left"]),
        (unknown(6), &[], &["NoKey", "Requesting", "BackOff", "WaitMikey", "HaveAndRequesting", "Left"]),
    ];
    for (event, refusing, ignoring) in rows {
        for (name, group) in &states {
            let mut g = group.clone();
            let before = g.seen();
            let result = g.act(event.clone());
            let expected = if refusing.contains(name) {
                &refused
            } else if ignoring.contains(name) {
                &ignored
            } else {
                assert!(result.is_ok(), "{event:?} in {name}: {result:?}");
                continue;
            };
            assert_eq!(&result, expected, "{event:?} in {name}");
            assert_eq!(g.seen(), before, "{event:?} in {name}");
        }
    }
}

/// Covers: T-065, R-MSK-7, R-MSK-11
#[test]
fn a_list_names_each_group_once_in_order_with_number_0() {
    let group = |number| GroupName::new(DOMAIN, KeyGroup(number));
    let list = MskList::<2>::current([1, 2, 1].map(group)).unwrap();
    let number_0 = |group| MskName::new(DOMAIN, MskId::from_octets([0, group, 0, 0]));
    assert_eq!(list.as_slice(), [number_0(1), number_0(2)]);
    assert_eq!(MskList::<2>::current([2, 1, 2].map(group)).unwrap().as_slice(), [number_0(2), number_0(1)]);
    assert_eq!(MskList::<2>::current([]), Err(ImsError::Empty));
    assert_eq!(MskList::<2>::current([1, 2, 3].map(group)), Err(ImsError::TooLong));
    let twin = GroupName::new(KeyDomainId::new([0; 3]), KeyGroup(1));
    assert_eq!(MskList::<2>::current([group(1), twin]).unwrap().as_slice().len(), 2);
}

#[test]
fn item_codes_are_those_of_http() {
    for (code, status) in [
        (200, ItemStatus::Granted),
        (403, ItemStatus::NotAuthorised),
        (404, ItemStatus::Unknown),
        (500, other(500)),
        (201, other(201)),
    ] {
        let code = StatusCode::new(code).unwrap();
        assert_eq!((ItemStatus::from_code(code), status.code()), (status, code));
    }
}
