//! What the state machines take of memory: bounds that the README states.
#![allow(clippy::print_stdout, reason = "the figures are for the reader of `--nocapture`")]

use castkey::ims::scf::{ScfHttp, ScfSip};
use castkey::ims::upf::Context;
use castkey::ims::{HttpUe, SipUe};
use castkey::keys::{MskEntry, Muk};
use castkey::poc::{Bearer, Client, Distribution, Leg, Server, Session};
use castkey::role::{Actions, BmSc, Delivery, Switchover, Ue, UeAction};

#[test]
fn the_state_of_each_machine_keeps_within_its_bound() {
    let rows = [
        ("Ue<1>", size_of::<Ue<1>>(), 1_200),
        ("Ue<4>", size_of::<Ue<4>>(), 2_048),
        ("BmSc<1>", size_of::<BmSc<1>>(), 1_024),
        ("MskEntry", size_of::<MskEntry>(), 72),
        ("Muk", size_of::<Muk>(), 128),
        ("Switchover", size_of::<Switchover>(), 32),
        ("Delivery, of one user", size_of::<Delivery>(), 32),
        ("Session, of any number of members", size_of::<Session>(), 256),
        ("Leg, of one member", size_of::<Leg>(), 96),
        ("Server", size_of::<Server>(), 1_536),
        ("Bearer", size_of::<Bearer>(), 160),
        ("Distribution", size_of::<Distribution>(), 1_536),
        ("Client", size_of::<Client>(), 3_072),
        ("HttpUe", size_of::<HttpUe>(), 2_048),
        ("SipUe", size_of::<SipUe>(), 2_048),
        ("ScfHttp, of one dialog", size_of::<ScfHttp>(), 24),
        ("ScfSip, of one dialog", size_of::<ScfSip>(), 512),
        ("Context, of one user at the UPF", size_of::<Context>(), 2_816),
        ("Actions<UeAction>", size_of::<Actions<UeAction<'_>>>(), 512),
    ];
    for (name, size, bound) in rows {
        println!("{name:34} {size:5} octets");
        assert!(size <= bound, "{name} takes {size} octets, over {bound}");
    }
}
