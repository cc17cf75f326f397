//! MUKs that stay in a secure element, and primitives of the integrator's own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use core::cell::Cell;

use castkey::crypto::{Primitives, PskLabel, RustCrypto, Tag};
use castkey::error::{Error, KeyUnavailable, OpenError};
use castkey::keys::{MessageKeys, Muk, PreSharedKey, Protection, ProtectionKeys, StoredKey};
use castkey::message::{MskMessage, Sent, VerificationMessage};
use castkey::role::{Ue, UeAction, UeConfig, UeEvent};
use castkey::settings::Settings;
use hmac::{Hmac, KeyInit as _, Mac as _};
use subtle::{Choice, ConstantTimeEq};
use world::*;

/// What the card does and how often.
#[derive(Debug, Default)]
struct Card {
    derived: Cell<u32>,
    tagged: Cell<u32>,
    decrypted: Cell<u32>,
    /// Refuses from this call on; 0 is at once.
    patience: Cell<Option<u32>>,
}

impl Card {
    fn called(&self, counter: &Cell<u32>) -> Result<(), KeyUnavailable> {
        match self.patience.get() {
            Some(0) => return Err(KeyUnavailable),
            Some(left) => self.patience.set(Some(left - 1)),
            None => {}
        }
        counter.set(counter.get() + 1);
        Ok(())
    }
}

/// The handle that the terminal stores in place of the key.
macro_rules! handle {
    ($name:ident) => {
        #[derive(Clone, Copy, Debug)]
        struct $name<'c> {
            card: &'c Card,
            handle: [u8; 4],
        }

        impl ConstantTimeEq for $name<'_> {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.handle.ct_eq(&other.handle)
            }
        }

        impl StoredKey for $name<'_> {
            fn export(&self) -> &[u8] {
                &self.handle
            }
        }
    };
}

handle!(Deriving);
handle!(Inside);

/// The MIKEY PRF over HMAC-SHA-1 of another crate, as a card would have it (RFC 3830 §4.1.2).
fn card_prf(label: PskLabel, protection: &Protection<'_>, out: &mut [u8]) {
    let constant: u32 = match label {
        PskLabel::Encr => 0x1505_33E1,
        PskLabel::Auth => 0x2D22_AC75,
        PskLabel::Salt => 0x29B8_8916,
        other => panic!("{other:?}"),
    };
    let mut text = constant.to_be_bytes().to_vec();
    text.push(0xFF);
    text.extend_from_slice(&protection.csb.0.to_be_bytes());
    text.extend_from_slice(protection.rand);
    let hmac = |parts: &[&[u8]]| {
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&[0xA5; 32]).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    };
    let mut a = text.clone();
    for piece in out.chunks_mut(20) {
        a = hmac(&[&a]);
        let block = hmac(&[&a, &text]);
        piece.copy_from_slice(&block[..piece.len()]);
    }
}

impl PreSharedKey for Deriving<'_> {
    type Keys = ProtectionKeys<RustCrypto>;

    fn keys(&self, protection: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable> {
        ProtectionKeys::derive(RustCrypto, protection, |label, out| {
            self.card.called(&self.card.derived)?;
            card_prf(label, protection, out);
            Ok(())
        })
    }
}

/// Keys that never leave the card: the terminal sees results only.
#[derive(Debug)]
struct CardKeys<'c> {
    card: &'c Card,
    hidden: ProtectionKeys<RustCrypto>,
}

impl<'c> PreSharedKey for Inside<'c> {
    type Keys = CardKeys<'c>;

    fn keys(&self, protection: &Protection<'_>) -> Result<CardKeys<'c>, KeyUnavailable> {
        self.card.called(&self.card.derived)?;
        Ok(CardKeys { card: self.card, hidden: muk().keys(protection)? })
    }
}

impl MessageKeys for CardKeys<'_> {
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        self.card.called(&self.card.tagged)?;
        self.hidden.tag(parts)
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        if self.card.called(&self.card.decrypted).is_err() {
            octets.fill(0);
            return Err(KeyUnavailable);
        }
        self.hidden.crypt(timestamp, octets)
    }
}

fn asked(number: u16, counter: u32) -> Vec<u8> {
    MskText { v: true, ..MskText::new(number, counter) }.octets()
}

/// Bootstraps `key`, delivers an MSK under it and checks the answer; then an MTK.
fn serves<K: PreSharedKey + StoredKey>(key: K) -> Ue<2, K> {
    let mut ue = Ue::<2, K>::new(UeConfig::default());
    let mut out = vec![0; Ue::<2, K>::MAX_OUT_LEN];
    let _ = ue.handle(UeEvent::Bootstrapped { id: MUK_ID, muk: key }, at(0), &mut out).unwrap();
    let text = asked(1, 1);
    let actions = ue.handle(UeEvent::Mikey(&text), at(0), &mut out).unwrap();
    let answer = actions.iter().find_map(|action| match action {
        UeAction::Send(octets) => Some(octets.to_vec()),
        _ => None,
    });
    drop(actions);
    let sent = MskMessage::decode(&text, &Settings::DEFAULT).unwrap();
    let keys = sent.psk().keys(&muk(), None).unwrap();
    let answer = answer.unwrap();
    VerificationMessage::decode(&answer).unwrap().verify(&Sent::of(sent.psk()), &keys).unwrap();
    let _ = ue.handle(UeEvent::Mikey(&mtk_text(1, 1, 1)), at(0), &mut out).unwrap();
    let (mtk, _) = ue.mtk(DOMAIN, mki(1, 1)).unwrap();
    assert_eq!(mtk.secret().expose(), &mtk_octets(1, 1));
    ue
}

#[test]
fn an_element_that_derives_opens_and_answers_an_msk_message() {
    let card = Card::default();
    serves(Deriving { card: &card, handle: *b"muk1" });
    assert_eq!((card.derived.get(), card.tagged.get()), (3, 0), "encr_key, salt_key, auth_key");
}

#[test]
fn an_element_that_keeps_its_keys_opens_and_answers_an_msk_message() {
    let card = Card::default();
    serves(Inside { card: &card, handle: *b"muk1" });
    // The MAC of the message and that of the answer; the second goes twice, to learn its length and to send it.
    assert_eq!(card.derived.get(), 1);
    assert_eq!(card.decrypted.get(), 1);
    assert!((2..=3).contains(&card.tagged.get()), "{}", card.tagged.get());
}

#[test]
fn an_element_is_found_again_by_its_handle_after_a_restart() {
    let card = Card::default();
    let mut ue = serves(Inside { card: &card, handle: *b"muk1" });
    let mut out = vec![0; Ue::<2, Inside<'_>>::MAX_OUT_LEN];
    let same = Inside { card: &card, handle: *b"muk1" };
    let event = UeEvent::Bootstrapped { id: MUK_ID, muk: same };
    let state = match ue.handle(event, at(0), &mut out).unwrap().as_slice() {
        [UeAction::Persist(state)] => state.as_octets().to_vec(),
        other => panic!("{other:?}"),
    };
    assert!(state.windows(4).any(|window| window == b"muk1"));
    assert!(!state.windows(8).any(|window| window == [0xA5; 8]), "the MUK itself is in the state");
    let mut ue: Ue<2, Inside<'_>> = Ue::restore(UeConfig::default(), RustCrypto, &state, at(0), |handle| {
        Some(Inside { card: &card, handle: handle.try_into().ok()? })
    })
    .unwrap();
    let text = asked(2, 2);
    assert!(ue.handle(UeEvent::Mikey(&text), at(0), &mut out).is_ok());
}

/// Lets the card refuse at each of its calls in turn: the event is refused, and nothing has changed.
fn refuses<'c, K: PreSharedKey + StoredKey + Copy + 'c>(card: &'c Card, key: K, at_least: u32) {
    let mut out = vec![0; Ue::<2, K>::MAX_OUT_LEN];
    let mut ue = Ue::<2, K>::new(UeConfig::default());
    let _ = ue.handle(UeEvent::Bootstrapped { id: MUK_ID, muk: key }, at(0), &mut out).unwrap();
    let mut state = |ue: &mut Ue<2, K>| {
        let event = UeEvent::Bootstrapped { id: MUK_ID, muk: key };
        match ue.handle(event, at(0), &mut out).unwrap().as_slice() {
            [UeAction::Persist(state)] => (state.as_octets().to_vec(), format!("{ue:?}")),
            other => panic!("{other:?}"),
        }
    };
    let text = asked(1, 1);
    let mut space = vec![0; Ue::<2, K>::MAX_OUT_LEN];
    for patience in 0.. {
        let before = state(&mut ue);
        card.patience.set(Some(patience));
        match ue.handle(UeEvent::Mikey(&text), at(0), &mut space) {
            Ok(_) => {
                assert!(patience >= at_least, "the card was asked {patience} times only");
                return;
            }
            Err(error) => {
                assert_eq!(error.code(), Error::Open(OpenError::KeyUnavailable).code(), "call {patience}");
                assert_eq!(state(&mut ue), before, "call {patience}");
            }
        }
    }
}

#[test]
fn an_element_that_refuses_leaves_no_trace_whichever_call_it_refuses() {
    let card = Card::default();
    refuses(&card, Deriving { card: &card, handle: *b"muk1" }, 3);
    let card = Card::default();
    refuses(&card, Inside { card: &card, handle: *b"muk1" }, 4);
}

/// The primitives of RustCrypto, counted.
#[derive(Debug, Default)]
struct Engine {
    sha1: Cell<usize>,
    sha256: Cell<usize>,
    aes: Cell<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Counted<'e>(&'e Engine);

impl Primitives for Counted<'_> {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        self.0.sha1.set(self.0.sha1.get() + blocks.len());
        RustCrypto.sha1(state, blocks);
    }

    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        self.0.sha256.set(self.0.sha256.get() + blocks.len());
        RustCrypto.sha256(state, blocks);
    }

    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        self.0.aes.set(self.0.aes.get() + 1);
        RustCrypto.aes128_ctr(key, iv, octets);
    }

    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        self.0.aes.set(self.0.aes.get() + 1);
        RustCrypto.aes256_ctr(key, iv, octets);
    }
}

impl Engine {
    /// SHA-1 compressions and AES calls since the last look.
    fn taken(&self) -> (usize, usize) {
        (self.sha1.take(), self.aes.take())
    }
}

/// SHA-1 compressions of an HMAC with a kept key over `len` octets: the inner blocks with their padding, and one outer.
fn hmac_cost(len: usize) -> usize {
    (len + 9).div_ceil(64) + 1
}

/// SHA-1 compressions to derive `len` octets by the PRF from a kept key, with a RAND of 16 octets.
fn prf_cost(len: usize) -> usize {
    let (first, label) = (hmac_cost(25), hmac_cost(20 + 25));
    let blocks = len.div_ceil(20);
    first + label + (blocks - 1) * (hmac_cost(20) + label)
}

#[test]
fn a_terminal_does_all_its_work_with_the_primitives_it_was_given() {
    let engine = Engine::default();
    let p = Counted(&engine);
    let muk = Muk::from_octets_with(&[0xA5; 32], p).unwrap();
    assert_eq!(engine.taken(), (2, 0), "the two keyed states of HMAC");
    let mut ue = Ue::<2, Muk<Counted<'_>>, Counted<'_>>::with(UeConfig::default(), p);
    let mut out = vec![0; Ue::<2, Muk<Counted<'_>>, Counted<'_>>::MAX_OUT_LEN];
    let _ = ue.handle(UeEvent::Bootstrapped { id: MUK_ID, muk }, at(0), &mut out).unwrap();
    assert_eq!(engine.taken(), (0, 0));

    // encr_key, salt_key and auth_key with its schedule; the MAC; the decryption.
    let keys = prf_cost(16) + prf_cost(14) + prf_cost(20) + 2;
    let text = MskText::new(1, 1).octets();
    let _ = ue.handle(UeEvent::Mikey(&text), at(0), &mut out).unwrap();
    assert_eq!(engine.taken(), (keys + hmac_cost(text.len() - 20), 1));

    // The first MTK message schedules the MSK and derives the keys, which are kept.
    let text = mtk_text(1, 1, 1);
    let _ = ue.handle(UeEvent::Mikey(&text), at(0), &mut out).unwrap();
    let mac = hmac_cost(text.len() - 20);
    assert_eq!(engine.taken(), (2 + keys + mac, 1));
    for n in 2..10 {
        let _ = ue.handle(UeEvent::Mikey(&mtk_text(1, n, n.into())), at(0), &mut out).unwrap();
        assert_eq!(engine.taken(), (3, 1), "the MAC and nothing else");
    }
    assert_eq!(mac, 3);

    // A replay costs nothing at all, and a forgery no more than its MAC.
    assert!(ue.handle(UeEvent::Mikey(&text), at(0), &mut out).is_err());
    assert_eq!(engine.taken(), (0, 0));
    let mut forged = mtk_text(1, 10, 10);
    *forged.last_mut().unwrap() ^= 1;
    assert!(ue.handle(UeEvent::Mikey(&forged), at(0), &mut out).is_err());
    assert_eq!(engine.taken(), (3, 0));
    assert_eq!(engine.sha256.get(), 0, "the mandatory suite and the state need none");
}
