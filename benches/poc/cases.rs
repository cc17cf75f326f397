//! The indication at a client: read alone, and verified, decrypted and read.

use core::hint::black_box;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use castkey::crypto::RustCrypto;
use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MtkId};
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::{
    Announced, ChannelTag, Indication, IndicationCoding, MAX_INDICATION_LEN, MAX_PROTECTED_INDICATION_LEN,
    SrtcpKeys, SrtcpReplay, SrtcpSender, UpdateSeq, apps, srtcp_mki,
};
use castkey::secret::Secret;

use crate::common::{Case, Medians, Targets};

const DECODE: &str = "indication: decode";
const AUTHENTICATE: &str = "indication: authenticate, decrypt, decode";
const FLOOR: &str = "floor: HMAC-SHA-1 of two blocks and AES-CM of four, keys scheduled";

const CODING: IndicationCoding = IndicationCoding::DEFAULT;

fn indication() -> Indication {
    let msk = |number| MskId::new(KeyGroup(1), KeyNumber(number));
    Indication {
        domain: KeyDomainId::new([0x68, 0xCA, 0x0C]),
        old: msk(7),
        new: msk(8),
        seq: UpdateSeq(5),
        first_mtk: Some(MtkId(1)),
        overlap_s: Some(5),
        channel: Some(ChannelTag::of("sip:channel@home1.net")),
    }
}

fn packet() -> Vec<u8> {
    CODING.encode(1, &indication(), &mut [0; MAX_INDICATION_LEN]).unwrap().to_vec()
}

fn read(packet: &[u8]) -> Indication {
    let app = apps(packet).next().unwrap().unwrap();
    match CODING.decode(&app).unwrap().unwrap() {
        Announced::Explicit(indication) => indication,
        Announced::Pending => panic!("it has a body"),
    }
}

fn decode() -> Case {
    let packet = packet();
    Case::new(DECODE, move || {
        black_box(read(black_box(&packet)));
    })
}

fn authenticate() -> Case {
    let (mtk, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
    let keys = SrtcpKeys::derive(RustCrypto, &mtk, Some(&salt));
    let mki = Mki::new(indication().old, MtkId(3));
    let mut out = [0; MAX_PROTECTED_INDICATION_LEN];
    let protected = SrtcpSender::new().protect(&keys, mki, &packet(), &mut out).unwrap().to_vec();
    let mut out = [0; MAX_PROTECTED_INDICATION_LEN];
    Case::new(AUTHENTICATE, move || {
        let octets = black_box(&protected);
        assert_eq!(srtcp_mki(octets), Ok(mki));
        // A window of its own, so that the same packet is new every time.
        let mut window = SrtcpReplay::new();
        black_box(read(window.unprotect(&keys, octets, &mut out).unwrap()));
        black_box(window);
    })
}

/// The tag is over 60 octets, two blocks with their padding, and one outer block; 48 octets are decrypted.
fn floor() -> Case {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let block = [0x36; 64];
    let cipher = Aes128::new(&Array([0x4B; 16]));
    Case::new(FLOOR, move || {
        for _ in 0..3 {
            sha1::block_api::compress(&mut state, core::slice::from_ref(black_box(&block)));
        }
        let mut blocks = [Array([0; 16]), Array([1; 16]), Array([2; 16])];
        cipher.encrypt_blocks(black_box(&mut blocks));
        black_box((&state, &blocks));
    })
}

pub(crate) fn all() -> Vec<Case> {
    vec![decode(), authenticate(), floor()]
}

pub(crate) fn print() {
    let medians = Medians::of(&mut all(), 300, 500);
    medians.print();
    let mut targets = Targets::new();
    targets.at_most("decode of an indication, ns", medians.ns(DECODE), 120.0);
    targets.at_most("authenticate / floor", medians.ratio(AUTHENTICATE, FLOOR), 2.0);
    targets.print();
}
