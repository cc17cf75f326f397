//! What the state machines take of memory: bounds that the README states.
#![allow(clippy::print_stdout, reason = "the figures are for the reader of `--nocapture`")]

use castkey::keys::{MskEntry, Muk};
use castkey::role::{Actions, BmSc, Delivery, Switchover, Ue, UeAction};

#[test]
fn the_state_of_each_machine_keeps_within_its_bound() {
    let rows = [
        ("Ue<1>", size_of::<Ue<1>>(), 1_600),
        ("Ue<4>", size_of::<Ue<4>>(), 4_096),
        ("BmSc<1>", size_of::<BmSc<1>>(), 1_024),
        ("MskEntry", size_of::<MskEntry>(), 272),
        ("Muk", size_of::<Muk>(), 128),
        ("Switchover", size_of::<Switchover>(), 32),
        ("Delivery, of one user", size_of::<Delivery>(), 32),
        ("Actions<UeAction>", size_of::<Actions<UeAction<'_>>>(), 512),
    ];
    for (name, size, bound) in rows {
        println!("{name:24} {size:5} octets");
        assert!(size <= bound, "{name} takes {size} octets, over {bound}");
    }
}
