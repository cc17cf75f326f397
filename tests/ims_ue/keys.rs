//! With real keys.

use super::*;

const FQDN: &str = "bmsc.home1.net";
const IMPI: &str = "alice@home1.net";

/// The MUK and its IDi, as both sides derive them.
fn derived(run: u8, fqdn: &str, ua: [u8; 5]) -> (Muk, Vec<u8>) {
    let mut out = [0; 64];
    let naf = NafId::join(fqdn, ua, &mut out).unwrap();
    let ks = Ks::new(Secret::new([run; 32]));
    let ks_naf = KsNaf::derive(&ks, &[run; 16], IMPI, naf).unwrap();
    (Muk::from_gba_me(&ks_naf, MukOctets::All), naf.octets().to_vec())
}

/// Carries out on the MIKEY side what the session wants done to MUKs.
fn carry(t: &mut Terminal<2>, line: &str) {
    for (name, run) in [("b1", 1), ("b2", 2)] {
        let (muk, idi) = derived(run, FQDN, Variant::Http.ua());
        let id = MukId { idi: &idi, idr: name.as_bytes() };
        if line.contains(&format!("DeriveMuk({name})")) {
            t.does(UeEvent::Bootstrapped { id, muk });
        }
        if line.contains(&format!("ForgetMuk({name})")) {
            t.does(UeEvent::ForgetMuk(id));
        }
    }
}

/// A good MSK message under the MUK of a bootstrapping run.
fn under(name: &str, run: u8, number: u16, counter: u32) -> Vec<u8> {
    let (muk, idi) = derived(run, FQDN, Variant::Http.ua());
    MskText::new(number, counter).under(&muk, MukId { idi: &idi, idr: name.as_bytes() })
}

/// Covers: T-102, R-IMS-53, R-KM-4
#[test]
fn mikey_under_the_old_muk_is_taken_for_10_seconds_and_then_refused() {
    for in_flight in [true, false] {
        let mut t = Terminal::<2>::new(punctual());
        t.does(UeEvent::ForgetMuk(MUK_ID));
        let mut s = Session::idle();
        s.does(view(true));
        carry(&mut t, &s.does(sip(SipOutcome::Accepted)));
        s.granted();
        assert!(t.hears(&under("b1", 1, 1, 1)).contains("MskStored(1"));
        s.does(stored(1));
        assert_eq!(s.ticks(LONG - 60_000), "NeedBootstrap");
        carry(&mut t, &s.does(gba("b2", 2 * LONG)));
        assert_eq!(t.ue.muks().iter().count(), 2);
        carry(&mut t, &s.granted());
        carry(&mut t, &s.ticks(LONG - 50_001));
        if in_flight {
            assert!(t.hears(&under("b1", 1, 2, 2)).contains("MskStored(2"));
        }
        carry(&mut t, &s.ticks(LONG - 50_000));
        let late = under("b1", 1, 3, 3);
        assert_eq!(t.refuses(UeEvent::Mikey(&late)), Error::Open(OpenError::MukUnknown));
        assert!(t.hears(&under("b2", 2, 3, 1)).contains("MskStored(3"));
    }
}
