//! One closure for each operation.

use core::hint::black_box;
use std::time::SystemTime;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use castkey::id::MtkId;
use castkey::keys::{Msk, MskEntry, MskStore, MtkWindow, Muk, SameMskId, SeqLower};
use castkey::message::{MskContent, MskMessage, MtkMessage, seal_msk};
use castkey::role::{Ue, UeAction, UeConfig, UeEvent};
use castkey::time::Tick;
use castkey::wire::Message;
use mykey::message::MikeyMessage;
use mykey::payload::Timestamp;

use crate::fixture::{self, SETTINGS};

/// SHA-1 compressions of a message in general: 18 with a scheduled MUK, 20 with an unscheduled one, and one to spare.
const FLOOR_COMPRESSIONS: usize = 21;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut()>,
}

fn case(name: &'static str, run: impl FnMut() + 'static) -> Case {
    Case { name, run: Box::new(run) }
}

pub(crate) const FLOOR: &str = "floor: 21 SHA-1, AES-128 schedule, 2 blocks";
pub(crate) const SEAL: &str = "seal MSK message, MUK scheduled";
pub(crate) const SEAL_SCHEDULE: &str = "seal MSK message, MUK from octets";
pub(crate) const OPEN_STORE: &str = "open MSK message, store the MSK";
pub(crate) const UE_MSK: &str = "Ue::handle of an MSK message";
pub(crate) const UE_MSK_V: &str = "Ue::handle of an MSK message with V";
pub(crate) const MTK_OPEN: &str = "open MTK message, keys kept";
pub(crate) const UE_MTK: &str = "Ue::handle of an MTK message";
pub(crate) const DECODE: &str = "decode, Message";
pub(crate) const DECODE_MSK: &str = "decode, MskMessage";
pub(crate) const MYKEY_BUILD: &str = "mykey 2.3: build PSK message";
pub(crate) const MYKEY_OPEN: &str = "mykey 2.3: parse and open PSK message";

/// Compressions of a PSK message in mykey: three PRF outputs of two HMACs with 4 each, and a MAC over 88 octets with 5.
/// Every HMAC schedules its key anew.
pub(crate) const MYKEY_COMPRESSIONS: f64 = 29.0;

pub(crate) fn all() -> Vec<Case> {
    vec![
        floor(),
        seal(),
        seal_schedule(),
        open_store(),
        ue_msk(UE_MSK, false),
        ue_msk(UE_MSK_V, true),
        mtk_open(),
        ue_mtk(),
        decode(),
        decode_msk(),
        mykey_build(),
        mykey_open(),
    ]
}

fn floor() -> Case {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let block = [0x36; 64];
    case(FLOOR, move || {
        for _ in 0..FLOOR_COMPRESSIONS {
            sha1::block_api::compress(&mut state, core::slice::from_ref(black_box(&block)));
        }
        let cipher = Aes128::new(black_box(&Array([0x4B; 16])));
        let mut blocks = [Array([0; 16]), Array([1; 16])];
        cipher.encrypt_blocks(&mut blocks);
        black_box((&state, &blocks));
    })
}

fn seal() -> Case {
    let (muk, msk, address) = (fixture::muk(), fixture::msk(), fixture::address(1, true));
    let mut out = [0; 256];
    case(SEAL, move || {
        let sealed = seal_msk(black_box(&address), &msk, MtkId(0), MtkId(9), &muk, &SETTINGS, &mut out);
        assert_eq!(black_box(sealed.unwrap()).len(), fixture::MSK_MESSAGE_LEN);
    })
}

fn seal_schedule() -> Case {
    let (msk, address) = (fixture::msk(), fixture::address(1, true));
    let mut out = [0; 256];
    case(SEAL_SCHEDULE, move || {
        let muk = Muk::from_octets(black_box(&fixture::MUK_OCTETS)).unwrap();
        let sealed = seal_msk(black_box(&address), &msk, MtkId(0), MtkId(9), &muk, &SETTINGS, &mut out);
        black_box(sealed.unwrap());
    })
}

fn open_store() -> Case {
    let (muk, message) = (fixture::muk(), fixture::msk_message(1, true));
    let mut store = MskStore::<4>::new();
    case(OPEN_STORE, move || {
        let message = MskMessage::decode(black_box(&message), &SETTINGS).unwrap();
        let opened = message.open(&muk, None, None, &SETTINGS).unwrap();
        let MskContent::Key { msk, rand, seq_low, seq_high } = opened.content else {
            panic!("a key was sent")
        };
        let window = MtkWindow::new(seq_low, seq_high, SeqLower::Exclusive);
        let entry = MskEntry::new(message.name(), Msk::new(msk), rand, window);
        let _ = black_box(store.insert(entry, SameMskId::Merge).unwrap());
    })
}

fn terminal() -> Ue<4> {
    let mut ue = Ue::new(UeConfig::default());
    let bootstrapped = UeEvent::Bootstrapped { id: fixture::MUK_ID, muk: fixture::muk() };
    let _ = ue.handle(bootstrapped, Tick::from_millis(0), &mut [0; 8192]).unwrap();
    ue
}

/// Four counters a quarter of the circle apart: each counts as newer than the one before it, for ever (RFC 1982).
fn ue_msk(name: &'static str, v: bool) -> Case {
    let messages = [0u32, 1 << 30, 2 << 30, 3 << 30].map(|counter| fixture::msk_message(counter, v));
    let (mut ue, mut out, mut next) = (terminal(), [0; 8192], 0usize);
    case(name, move || {
        next = (next + 1) % messages.len();
        let event = UeEvent::Mikey(black_box(&messages[next]));
        let actions = ue.handle(event, Tick::from_millis(0), &mut out).unwrap();
        assert!(matches!(black_box(actions.as_slice()), [UeAction::Persist(_), ..]));
    })
}

fn mtk_open() -> Case {
    let (keys, message) = (fixture::mtk_keys(), fixture::mtk_message(1));
    let window = MtkWindow::new(MtkId(0), MtkId(0xFFFF), SeqLower::Exclusive);
    case(MTK_OPEN, move || {
        let message = MtkMessage::decode(black_box(&message), None, &SETTINGS).unwrap();
        black_box(message.open(&keys, None, window, &SETTINGS).unwrap());
    })
}

/// A terminal takes each MTK ID once, so every 1,024 messages a new one takes over; that costs under one hundredth.
fn ue_mtk() -> Case {
    let messages: Vec<Vec<u8>> = (1..=1024).map(fixture::mtk_message).collect();
    let msk_message = fixture::msk_message(1, false);
    let fresh = move || {
        let mut ue = terminal();
        let _ = ue.handle(UeEvent::Mikey(&msk_message), Tick::from_millis(0), &mut [0; 8192]).unwrap();
        ue
    };
    let (mut ue, mut out, mut next) = (fresh(), [0; 8192], 0usize);
    case(UE_MTK, move || {
        if next == messages.len() {
            (ue, next) = (fresh(), 0);
        }
        let event = UeEvent::Mikey(black_box(&messages[next]));
        next += 1;
        let actions = ue.handle(event, Tick::from_millis(0), &mut out).unwrap();
        assert!(matches!(black_box(actions.as_slice()), [UeAction::Persist(_), .., UeAction::MtkReady(..)]));
    })
}

fn decode() -> Case {
    let message = fixture::msk_message(1, true);
    case(DECODE, move || {
        black_box(Message::decode(black_box(&message)).unwrap());
    })
}

fn decode_msk() -> Case {
    let message = fixture::msk_message(1, true);
    case(DECODE_MSK, move || {
        black_box(MskMessage::decode(black_box(&message), &SETTINGS).unwrap());
    })
}

fn mykey_message() -> MikeyMessage {
    // It draws the TGK itself (32 octets of a buffered generator); nothing in its API leaves that out.
    MikeyMessage::new_psk_init_at(
        0,
        1,
        &[0xF0; 16],
        &fixture::MUK_OCTETS,
        Timestamp::Ntp(SystemTime::UNIX_EPOCH),
    )
    .unwrap()
}

fn mykey_build() -> Case {
    assert_eq!(mykey_message().to_bytes().len(), 108);
    case(MYKEY_BUILD, || {
        black_box(mykey_message());
    })
}

fn mykey_open() -> Case {
    let octets = mykey_message().to_bytes().to_vec();
    case(MYKEY_OPEN, move || {
        let message = MikeyMessage::from_bytes(black_box(&octets)).unwrap();
        black_box(message.verify_and_extract_tgk(&fixture::MUK_OCTETS).unwrap());
    })
}
