//! The table of the BM-SC, row by row, and proof that a refused event leaves no trace.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use castkey::error::{EncodeError, Error, OpenError, SealError};
use castkey::id::{Counter, KeyNumber, MtkId};
use castkey::keys::Muk;
use castkey::role::{BmScConfig, BmScEvent, Delivery, Switchover, UeEvent, User};
use castkey::wire::{CryptoSession, Policy, ProtType};
use world::*;

type Ev<'a> = BmScEvent<'a, Muk>;

fn push(number: u16) -> impl for<'a> Fn(User<'a, Muk>, Delivery) -> Ev<'a> + Copy {
    move |user, delivery| Ev::Push { name: msk_name(number), user, delivery, policies: &[], sessions: None }
}

fn requested(number: u16) -> impl for<'a> Fn(User<'a, Muk>, Delivery) -> Ev<'a> + Copy {
    move |user, delivery| Ev::Requested {
        name: msk_name(number),
        user,
        delivery,
        policies: &[],
        sessions: None,
    }
}

fn retry<'a>(user: User<'a, Muk>, delivery: Delivery) -> Ev<'a> {
    Ev::Retry { user, delivery, policies: &[], sessions: None }
}

fn plain(event: Ev<'static>) -> impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> Ev<'a> {
    move |_, _| event
}

/// The answer of a terminal that holds the MUK to the MSK message sent last.
fn answer(c: &Centre) -> Vec<u8> {
    let mut t = Terminal::<2>::new(punctual());
    assert!(t.hears(&c.sent).starts_with("Persist Send"));
    t.sent
}

fn acknowledge(c: &mut Centre, octets: &[u8]) -> Result<String, Error> {
    // The event borrows the octets for as long as the row; a copy that lives on is simplest.
    let octets: &'static [u8] = octets.to_vec().leak();
    c.act(move |user, delivery| Ev::Acknowledged { user, delivery, octets })
}

fn opened() -> Centre {
    opened_with(BmScConfig::default())
}

fn opened_with(config: BmScConfig) -> Centre {
    let mut c = Centre::new(config);
    c.does(plain(Ev::Open(GROUP)));
    c
}

/// MSK 2 is on its way to the one user.
fn distributing() -> Centre {
    let mut c = opened();
    c.does(plain(Ev::Rekey(GROUP)));
    c.does(push(2));
    c
}

/// Few timers, so that a test can run into the one it means.
fn quiet() -> BmScConfig {
    BmScConfig { carousel_ms: 1_000_000, lead_ms: 0, ..BmScConfig::default() }
}

/// The switch to MSK 2 has just happened.
fn switched() -> Centre {
    let mut c = opened_with(quiet());
    c.does(plain(Ev::Rekey(GROUP)));
    c.does(plain(Ev::Distributed(GROUP)));
    c
}

// The table, in its order.

#[test]
fn open_makes_the_first_msk_and_mtk() {
    let mut c = Centre::new(BmScConfig::default());
    let line = "Distribute(1) Multicast UseMtk(1,1) ArmTimer(1000)";
    assert_eq!(c.does(plain(Ev::Open(GROUP))), line);
    assert_eq!(c.bm_sc.switchover(GROUP), Some(Switchover::Steady { active: msk_name(1).id }));
}

#[test]
fn open_refuses_an_interval_that_ends_before_it_begins() {
    let mut c = Centre::new(BmScConfig { seq_low: MtkId(9), seq_high: MtkId(8), ..BmScConfig::default() });
    assert_eq!(c.refuses(plain(Ev::Open(GROUP))), EncodeError::Inconsistent.into());
    assert_eq!(c.bm_sc.switchover(GROUP), None);
}

#[test]
fn a_rekey_of_a_steady_group_distributes_the_next_msk() {
    let mut c = opened();
    assert_eq!(c.does(plain(Ev::Rekey(GROUP))), "Distribute(2)");
    let (current, next) = (c.bm_sc.current(GROUP).unwrap(), c.bm_sc.next(GROUP).unwrap());
    assert_ne!(current.msk().secret().expose(), next.msk().secret().expose());
    assert_ne!(current.rand(), next.rand());
}

#[test]
fn a_rekey_during_a_switch_waits_until_it_is_over() {
    let mut c = distributing();
    assert_eq!(c.does(plain(Ev::Rekey(GROUP))), "RekeyQueued");
    let mut c = switched();
    assert_eq!(c.does(plain(Ev::Rekey(GROUP))), "RekeyQueued");
}

#[test]
fn a_push_saves_the_counter_and_the_delivery_before_it_sends() {
    let mut c = opened();
    assert_eq!(c.does(push(1)), "SaveCounter(1) SaveDelivery Send");
    let due = at(1_000);
    let waiting = Delivery::Waiting { name: msk_name(1), counter: Counter(1), attempt: 1, due };
    assert_eq!(c.delivery, waiting);
    c.does(plain(Ev::Rekey(GROUP)));
    assert_eq!(c.does(push(2)), "SaveCounter(2) SaveDelivery Send");
    assert_eq!(c.bm_sc.outstanding(GROUP), Some(1));
}

#[test]
fn a_push_that_wants_no_answer_counts_as_delivered() {
    let mut c = opened_with(BmScConfig { acknowledge: false, ..BmScConfig::default() });
    assert_eq!(c.does(push(1)), "SaveCounter(1) SaveDelivery Send");
    assert_eq!(c.delivery, Delivery::Delivered(msk_name(1)));
}

#[test]
fn distributed_switches_at_once_when_nobody_is_outstanding() {
    let mut c = opened();
    c.does(plain(Ev::Rekey(GROUP)));
    assert_eq!(c.does(plain(Ev::Distributed(GROUP))), "Activated(2) Multicast ArmTimer(250)");
    assert_eq!(c.bm_sc.traffic(GROUP).unwrap().0, mki(1, 1), "media follows after the lead");
}

#[test]
fn distributed_waits_for_those_who_are_outstanding() {
    let mut c = distributing();
    assert_eq!(c.does(plain(Ev::Distributed(GROUP))), "");
    assert_eq!(c.bm_sc.current(GROUP).unwrap().name(), msk_name(1));
}

#[test]
fn a_good_acknowledgement_delivers_and_the_last_one_switches() {
    let mut c = distributing();
    let octets = answer(&c);
    assert_eq!(acknowledge(&mut c, &octets).unwrap(), "SaveDelivery Delivered(2)");
    let mut c = distributing();
    c.does(plain(Ev::Distributed(GROUP)));
    let octets = answer(&c);
    let line = "SaveDelivery Delivered(2) Activated(2) Multicast ArmTimer(250)";
    assert_eq!(acknowledge(&mut c, &octets).unwrap(), line);
}

#[test]
fn a_due_retry_sends_again_with_a_new_counter_and_twice_the_wait() {
    let mut c = distributing();
    c.now = 1_000;
    assert_eq!(c.does(retry), "SaveCounter(2) SaveDelivery Send");
    let due = at(3_000);
    let waiting = Delivery::Waiting { name: msk_name(2), counter: Counter(2), attempt: 2, due };
    assert_eq!((c.delivery, c.bm_sc.outstanding(GROUP)), (waiting, Some(1)));
}

#[test]
fn a_due_retry_without_tries_left_gives_up_and_the_last_one_switches() {
    let mut c = distributing();
    for due in [1_000, 3_000, 7_000] {
        c.now = due;
        assert!(c.does(retry).starts_with("SaveCounter"));
    }
    c.now = 15_000;
    assert_eq!(c.does(retry), "SaveDelivery Undelivered(2)");
    assert_eq!(c.delivery, Delivery::Failed(msk_name(2)));
    assert!(c.does(plain(Ev::Distributed(GROUP))).starts_with("Activated(2) Multicast"));

    let mut c = opened_with(BmScConfig { attempts: 1, ..BmScConfig::default() });
    c.does(plain(Ev::Rekey(GROUP)));
    c.does(push(2));
    c.does(plain(Ev::Distributed(GROUP)));
    c.now = 1_000;
    assert!(c.does(retry).starts_with("SaveDelivery Undelivered(2) Activated(2) Multicast"));
}

#[test]
fn a_retry_that_is_not_due_or_waits_for_nothing_does_nothing() {
    let mut c = distributing();
    c.now = 999;
    let before = c.seen();
    assert_eq!(c.does(retry), "");
    for delivery in [Delivery::Idle, Delivery::Delivered(msk_name(2)), Delivery::Failed(msk_name(2))] {
        c.delivery = delivery;
        c.now = 100_000;
        assert_eq!(c.does(retry), "");
    }
    assert_eq!(c.seen(), before);
}

#[test]
fn the_last_delivery_that_is_off_switches() {
    let mut c = distributing();
    c.does(plain(Ev::Distributed(GROUP)));
    assert_eq!(c.does(|_, delivery| Ev::Gone(delivery)), "Activated(2) Multicast ArmTimer(250)");
    let mut c = distributing();
    assert_eq!(c.does(|_, delivery| Ev::Gone(delivery)), "");
    assert_eq!(c.bm_sc.outstanding(GROUP), Some(0));
}

#[test]
fn switch_moves_to_a_pending_msk() {
    let mut c = distributing();
    assert_eq!(c.does(plain(Ev::Switch(GROUP))), "Activated(2) Multicast ArmTimer(250)");
}

#[test]
fn roll_announces_a_new_mtk_and_media_uses_it_after_the_lead() {
    let mut c = opened();
    assert_eq!(c.does(plain(Ev::Roll(GROUP))), "Multicast ArmTimer(250)");
    assert_eq!(c.bm_sc.traffic(GROUP).unwrap().0, mki(1, 1));
    c.now = 500;
    assert_eq!(c.does(plain(Ev::Timeout)), "UseMtk(1,2)");
}

#[test]
fn roll_without_mtk_ids_left_is_an_error() {
    let config = BmScConfig { seq_high: MtkId(2), reserve: 0, ..quiet() };
    let mut c = opened_with(config);
    // The last MTK ID goes out together with the MSK that will follow.
    assert!(c.does(plain(Ev::Roll(GROUP))).starts_with("Distribute(2) Multicast"));
    assert_eq!(c.refuses(plain(Ev::Roll(GROUP))), Error::IntervalExhausted);
}

#[test]
fn a_pull_takes_a_counter_and_keeps_no_delivery() {
    let mut c = opened();
    assert_eq!(c.does(|user, _| Ev::Pull { group: GROUP, user }), "SaveCounter(1) Send");
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&c.sent), "Persist MissedKey(0,Pull) ArmTimer(100)");
}

#[test]
fn a_request_is_served_with_the_next_msk_or_with_the_current_one_and_then_the_next() {
    let mut c = distributing();
    for (asked, served, end) in
        [(0, 1, "Send PushAlso(2)"), (1, 1, "Send PushAlso(2)"), (2, 2, "Send"), (77, 1, "Send PushAlso(2)")]
    {
        let done = c.does(requested(asked));
        assert!(done.ends_with(&format!("SaveDelivery {end}")), "{done}");
        assert_eq!(c.delivery.awaits(), Some(msk_name(served)));
    }
}

#[test]
fn close_forgets_the_group() {
    let mut c = opened();
    assert_eq!(c.does(plain(Ev::Close(GROUP))), "");
    assert_eq!((c.bm_sc.groups().count(), c.bm_sc.deadline()), (0, None));
}

#[test]
fn the_carousel_repeats_the_newest_mtk_with_a_new_counter() {
    let mut c = opened();
    let first = c.multicast.clone();
    c.now = 1_000;
    assert_eq!(c.does(plain(Ev::Timeout)), "Multicast ArmTimer(2000)");
    let decode = |octets: &[u8]| {
        let message = castkey::message::MtkMessage::decode(octets, None, &BmScConfig::default().settings);
        let message = message.unwrap();
        (message.mtk(), message.counter())
    };
    assert_eq!(decode(&first), (MtkId(1), Counter(1)));
    assert_eq!(decode(&c.multicast), (MtkId(1), Counter(2)));
    c.does(plain(Ev::Roll(GROUP)));
    c.now = 1_250;
    assert!(c.does(plain(Ev::Timeout)).starts_with("Multicast"));
    assert_eq!(decode(&c.multicast), (MtkId(2), Counter(4)));
}

#[test]
fn a_due_roll_renews_the_mtk_and_with_few_left_also_the_msk() {
    let mut c = opened_with(BmScConfig { roll_ms: Some(700), ..quiet() });
    c.now = 700;
    assert!(c.does(plain(Ev::Timeout)).starts_with("Multicast"));
    // 69 MTK IDs are left after the first; the roll that leaves 64, the reserve, brings the next MSK with it.
    let config = BmScConfig { roll_ms: Some(700), seq_high: MtkId(70), ..quiet() };
    let mut c = opened_with(config);
    let line = loop {
        c.now = c.bm_sc.deadline().unwrap().as_millis();
        let line = c.does(plain(Ev::Timeout));
        if line.contains("Distribute") {
            break line;
        }
        assert!(c.now < 10_000, "no MSK came");
    };
    assert!(line.starts_with("Distribute(2) Multicast"), "{line}");
    assert_eq!(c.bm_sc.current(GROUP).unwrap().window().left(), 64);
}

#[test]
fn a_switch_does_not_wait_for_ever() {
    let mut c = opened_with(quiet());
    c.does(plain(Ev::Rekey(GROUP)));
    c.does(push(2));
    c.does(plain(Ev::Distributed(GROUP)));
    c.now = 10_000;
    assert!(c.does(plain(Ev::Timeout)).starts_with("Activated(2) Multicast"));
}

#[test]
fn the_end_of_the_overlap_retires_the_old_msk_and_starts_a_queued_rekey() {
    let mut c = switched();
    assert_eq!(c.does(plain(Ev::Timeout)), "UseMtk(2,1)");
    let mut queued = switched();
    queued.does(plain(Ev::Timeout));
    queued.does(plain(Ev::Rekey(GROUP)));
    // Half the lead of 0 lets the carousel run at once; it is no part of this row.
    for c in [&mut c, &mut queued] {
        assert!(c.does(plain(Ev::Timeout)).starts_with("Multicast"));
        c.now = 5_000;
    }
    assert!(c.does(plain(Ev::Timeout)).starts_with("Retired(1)"));
    assert!(queued.does(plain(Ev::Timeout)).starts_with("Retired(1) Distribute(3)"));
}

#[test]
fn a_spurious_timeout_does_nothing() {
    for mut c in [Centre::new(BmScConfig::default()), opened(), distributing()] {
        c.now = 99;
        let before = c.seen();
        for _ in 0..3 {
            assert_eq!(c.does(plain(Ev::Timeout)), "");
        }
        assert_eq!(c.seen(), before);
    }
}

// What the table does not say: every refusal leaves no trace.

#[test]
fn events_that_do_not_fit_change_nothing() {
    let mut c = opened();
    assert_eq!(c.refuses(plain(Ev::Open(GROUP))), Error::WrongState);
    assert_eq!(c.refuses(plain(Ev::Switch(GROUP))), Error::WrongState);
    for event in [Ev::Rekey(OTHER_GROUP), Ev::Distributed(OTHER_GROUP), Ev::Switch(OTHER_GROUP)] {
        assert_eq!(c.refuses(plain(event)), Error::Unknown);
    }
    for event in [Ev::Roll(OTHER_GROUP), Ev::Close(OTHER_GROUP)] {
        assert_eq!(c.refuses(plain(event)), Error::Unknown);
    }
    assert_eq!(c.refuses(push(2)), Error::Unknown);
    let elsewhere = OTHER_GROUP.msk(KeyNumber(1));
    assert_eq!(
        c.refuses(|user, delivery| {
            Ev::Requested { name: elsewhere, user, delivery, policies: &[], sessions: None }
        }),
        Error::Unknown
    );
    c.does(plain(Ev::Open(OTHER_GROUP)));
    assert_eq!(c.refuses(plain(Ev::Open(THIRD_GROUP))), Error::GroupStoreFull);
}

#[test]
fn a_bad_acknowledgement_changes_nothing() {
    let mut c = distributing();
    c.does(plain(Ev::Distributed(GROUP)));
    let octets = answer(&c);
    let before = (c.seen(), c.delivery);
    for len in 0..octets.len() {
        assert!(acknowledge(&mut c, &octets[..len]).is_err());
    }
    for bit in 0..octets.len() * 8 {
        let mut flipped = octets.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // Two fields are taken from what was sent, not from what came: the CSB ID's keys and the ID type.
        let refused = acknowledge(&mut c, &flipped).is_err();
        assert!(refused, "bit {bit}");
    }
    assert_eq!((c.seen(), c.delivery), before);
    // An answer under another MUK, and an old one to an earlier message.
    c.muk = other_muk();
    assert_eq!(acknowledge(&mut c, &octets), Err(Error::Open(OpenError::MacInvalid)));
    c.muk = muk();
    c.now = 1_000;
    c.does(retry);
    let before = (c.seen(), c.delivery);
    assert_eq!(acknowledge(&mut c, &octets), Err(Error::Open(OpenError::Replay)));
    c.delivery = Delivery::Idle;
    assert_eq!(acknowledge(&mut c, &octets), Err(Error::WrongState));
    assert_eq!(c.seen(), before.0);
}

#[test]
fn a_generator_that_fails_at_any_call_changes_nothing() {
    let broken = Error::Seal(SealError::Rng);
    type Make = fn() -> (Centre, Ev<'static>);
    let cases: [(Make, u32); 7] = [
        (|| (Centre::new(BmScConfig::default()), Ev::Open(GROUP)), 4),
        (|| (opened(), Ev::Rekey(GROUP)), 2),
        (|| (opened(), Ev::Roll(GROUP)), 2),
        (|| (distributing(), Ev::Switch(GROUP)), 2),
        (
            || {
                let mut c = distributing();
                let delivery = c.delivery;
                c.does(plain(Ev::Distributed(GROUP)));
                (c, Ev::Gone(delivery))
            },
            2,
        ),
        (
            || {
                let mut c = switched();
                c.does(plain(Ev::Rekey(GROUP)));
                c.does(plain(Ev::Timeout));
                c.does(plain(Ev::Timeout));
                c.now = 5_000;
                (c, Ev::Timeout)
            },
            2,
        ),
        (
            || {
                let mut c = opened_with(BmScConfig { seq_high: MtkId(9), roll_ms: Some(500), ..quiet() });
                c.now = 500;
                (c, Ev::Timeout)
            },
            4,
        ),
    ];
    for (case, (make, calls)) in cases.into_iter().enumerate() {
        for good in 0..calls {
            let (mut c, event) = make();
            c.rng.good = good;
            assert_eq!(c.refuses(plain(event)), broken, "case {case}, call {good}");
            // And with a generator that works again, the same event succeeds.
            c.rng.good = u32::MAX;
            c.does(plain(make().1));
        }
        let (mut c, event) = make();
        c.rng.good = calls;
        c.does(plain(event));
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing_and_its_need_is_exact() {
    let check = |make: fn() -> Centre, event: &dyn for<'a> Fn(User<'a, Muk>, Delivery) -> Ev<'a>| {
        let mut c = make();
        let before = (c.seen(), c.delivery);
        let too_small = |error| match error {
            Error::Seal(SealError::Encode(EncodeError::BufferTooSmall { needed })) => needed,
            other => panic!("{other:?}"),
        };
        let needed = too_small(c.act_into(event, &mut []).unwrap_err());
        let needed = usize::try_from(needed).unwrap();
        let mut out = vec![0; needed];
        too_small(c.act_into(event, &mut out[1..]).unwrap_err());
        assert_eq!((c.seen(), c.delivery), before);
        c.act_into(event, &mut out).unwrap();
    };
    check(|| Centre::new(BmScConfig::default()), &|_, _| Ev::Open(GROUP));
    check(distributing, &push(1));
    check(distributing, &push(2));
    check(distributing, &requested(0));
    check(distributing, &|user, _| Ev::Pull { group: GROUP, user });
    check(distributing, &|_, _| Ev::Switch(GROUP));
    check(opened, &|_, _| Ev::Roll(GROUP));
    let last = || {
        let mut c = distributing();
        c.does(plain(Ev::Distributed(GROUP)));
        c.now = 1_000;
        c
    };
    check(last, &retry);
    check(last, &|_, delivery| Ev::Gone(delivery));
    check(last, &|_, _| Ev::Timeout);
    // A terminal's answer that makes the last switch.
    let mut c = last();
    let octets: &'static [u8] = answer(&c).leak();
    let before = (c.seen(), c.delivery);
    assert!(c.act_into(|user, delivery| Ev::Acknowledged { user, delivery, octets }, &mut []).is_err());
    assert_eq!((c.seen(), c.delivery), before);
    assert!(acknowledge(&mut c, octets).unwrap().starts_with("SaveDelivery Delivered(2) Activated(2)"));
}

#[test]
fn what_the_bm_sc_sends_is_what_a_terminal_takes() {
    let mut c = opened();
    let first = c.multicast.clone();
    c.does(push(1));
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&c.sent), "Persist Send MskStored(1) Activated(1)");
    assert_eq!(t.hears(&first), "Persist MtkReady(1,1)");
    let (mki, mtk, salt) = c.bm_sc.traffic(GROUP).unwrap();
    let (held, held_salt) = t.ue.mtk(DOMAIN, mki).unwrap();
    assert_eq!(held.secret().expose(), mtk.secret().expose());
    assert_eq!(held_salt.unwrap().secret().expose(), salt.unwrap().secret().expose());
    assert_eq!(t.does(UeEvent::Timeout), "");
}

/// The event borrows both for as long as the row: `'static` is simplest.
fn push_with(
    policies: &'static [Policy<'static>], sessions: Option<&'static [CryptoSession]>,
) -> impl for<'a> FnOnce(User<'a, Muk>, Delivery) -> Ev<'a> {
    move |user, delivery| Ev::Push { name: msk_name(1), user, delivery, policies, sessions }
}

#[test]
fn policies_and_sessions_that_no_receiver_would_take_are_not_sent() {
    let policy = |number| Policy::new(number, ProtType::SRTP, &[]).unwrap();
    let session = |policy_no| CryptoSession { policy_no, ssrc: 0, roc: 0 };
    let (one, two, twice) = ([policy(0)], [policy(0), policy(1)], [policy(0), policy(0)]);
    for (policies, sessions, good) in [
        (one.as_slice(), Some([session(0)].as_slice()), true),
        (&one, Some(&[]), true),
        (&one, Some(&[session(9)]), false),
        (&two, Some(&[session(1), session(0)]), true),
        (&two, Some(&[session(0), session(2)]), false),
        (&two, Some(&[]), false),
        (&twice, None, false),
        (&[], Some(&[session(3)]), true),
    ] {
        let mut c = opened();
        let pushed = push_with(
            policies.to_vec().leak(),
            sessions.map(|sessions: &[CryptoSession]| &*sessions.to_vec().leak()),
        );
        if good {
            assert!(c.does(pushed).contains("Send"));
            assert!(Terminal::<2>::new(punctual()).hears(&c.sent).starts_with("Persist Send"));
        } else {
            assert_eq!(c.refuses(pushed), Error::Seal(SealError::Encode(EncodeError::Inconsistent)));
        }
    }
}
