//! With real keys.

use super::*;

const IMPI: &str = "alice@home1.net";
const SCF: &str = "scf.home1.net";

/// The MUK and its IDi, as a side derives them that takes the NAF to be this one.
fn derived(run: u8, fqdn: &str, ua: [u8; 5]) -> (Muk, Vec<u8>) {
    let mut out = [0; 64];
    let naf = NafId::join(fqdn, ua, &mut out).unwrap();
    let ks = Ks::new(Secret::new([run; 32]));
    let ks_naf = KsNaf::derive(&ks, &[run; 16], IMPI, naf).unwrap();
    (Muk::from_gba_me(&ks_naf, MukOctets::All), naf.octets().to_vec())
}

/// Covers: T-098, R-IMS-33, R-IMS-40, R-KM-4
#[test]
fn a_muk_for_another_identifier_or_naf_opens_nothing() {
    assert_eq!(Variant::Sip.ua(), [1, 0, 0, 0, 4]);
    assert_eq!(Variant::Http.ua(), [1, 0, 0, 0, 3]);
    let (muk, idi) = derived(1, SCF, Variant::Sip.ua());
    let id = MukId { idi: &idi, idr: b"b1" };
    for (fqdn, ua) in [
        (SCF, [1, 0, 0, 0, 2]),
        (SCF, Variant::Http.ua()),
        (SCF, NafId::UA_MBMS),
        ("bmsc.home1.net", Variant::Sip.ua()),
    ] {
        let mut t = Terminal::<2>::new(punctual());
        t.does(UeEvent::Bootstrapped { id, muk: derived(1, SCF, Variant::Sip.ua()).0 });
        t.does(UeEvent::ForgetMuk(MUK_ID));
        // The same names on the message, but a key made for another NAF-Id.
        let text = MskText { v: true, ..MskText::new(1, 1) }.under(&derived(1, fqdn, ua).0, id);
        assert_eq!(t.refuses(UeEvent::Mikey(&text)), Error::Open(OpenError::MacInvalid), "{fqdn} {ua:?}");
        assert!(t.ue.msks().iter().next().is_none(), "nothing is stored");
        assert!(t.sent.is_empty());
        // With the right names of the wrong NAF there is no MUK at all.
        let (wrong, idi) = derived(1, fqdn, ua);
        let text = MskText::new(1, 1).under(&wrong, MukId { idi: &idi, idr: b"b1" });
        assert_eq!(t.refuses(UeEvent::Mikey(&text)), Error::Open(OpenError::MukUnknown));
        let good = MskText { v: true, ..MskText::new(1, 1) }.under(&muk, id);
        assert!(t.hears(&good).contains("Send MskStored(1"));
    }
}

/// Carries out on the MIKEY side what the dialog wants done to MUKs.
fn carry(t: &mut Terminal<2>, line: &str) {
    for (name, run) in [("b1", 1), ("b2", 2)] {
        let (muk, idi) = derived(run, SCF, Variant::Sip.ua());
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
    let (muk, idi) = derived(run, SCF, Variant::Sip.ua());
    MskText::new(number, counter).under(&muk, MukId { idi: &idi, idr: name.as_bytes() })
}

/// Covers: T-102, R-IMS-53, T-104
#[test]
fn mikey_under_the_old_muk_is_refused_10_seconds_after_the_new_b_tid_was_taken() {
    for in_flight in [true, false] {
        let mut t = Terminal::<2>::new(punctual());
        t.does(UeEvent::ForgetMuk(MUK_ID));
        let mut d = Dialog::idle();
        carry(&mut t, &d.does(view(true)));
        // Before the SIP 200.
        assert!(t.hears(&under("b1", 1, 1, 1)).contains("MskStored(1"));
        d.does(stored(1));
        d.does(ACCEPTED);
        assert_eq!(d.ticks(RENEWAL), "NeedBootstrap");
        carry(&mut t, &d.does(gba("b2", 2 * LONG)));
        // Until the SCF has answered, however long it takes, both serve.
        d.now = RENEWAL + 20_000;
        assert_eq!(t.ue.muks().iter().count(), 2);
        carry(&mut t, &d.does(ACCEPTED));
        carry(&mut t, &d.ticks(RENEWAL + 29_999));
        if in_flight {
            assert!(t.hears(&under("b1", 1, 2, 2)).contains("MskStored(2"));
        }
        carry(&mut t, &d.ticks(RENEWAL + 30_000));
        let late = under("b1", 1, 3, 3);
        assert_eq!(t.refuses(UeEvent::Mikey(&late)), Error::Open(OpenError::MukUnknown));
        assert!(t.hears(&under("b2", 2, 3, 1)).contains("MskStored(3"));
    }
}
