//! SRTCP: sealing and opening a datagram, with keys and content secret.
//!
//! Whether a tag was right is public: the receiver answers or stays silent. The library branches on that one bit, once.

use castkey::crypto::RustCrypto;
use castkey::id::{KeyGroup, KeyNumber, Mki, MskId, MtkId};
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::{PocError, SRTCP_TRAILER_LEN, SrtcpKeys, SrtcpReplay, SrtcpSender};
use castkey::secret::Secret;

use crate::Report;
use crate::taint::{secret, tainted};

const MTK: [u8; 16] = [0x6D; 16];
const SALT: [u8; 14] = [0x5A; 14];
const MKI: Mki = Mki::new(MskId::new(KeyGroup(1), KeyNumber(7)), MtkId(42));

/// Header and SSRC of the first packet; they stay clear.
const HEAD: [u8; 8] = [0x8E, 0xCC, 0x00, 0x0A, 0x12, 0x34, 0x56, 0x78];
const BODY: [u8; 36] = [0x3C; 36];
const LEN: usize = HEAD.len() + BODY.len();
const TAG_LEN: usize = 10;

fn keys(mtk: [u8; 16], salt: [u8; 14]) -> SrtcpKeys {
    let (mtk, salt) = (Mtk::new(Secret::new(mtk)), MtkSalt::new(Secret::new(salt)));
    SrtcpKeys::derive(RustCrypto, &mtk, Some(&salt))
}

fn packet(body: [u8; 36]) -> [u8; LEN] {
    let mut packet = [0; LEN];
    packet[..HEAD.len()].copy_from_slice(&HEAD);
    packet[HEAD.len()..].copy_from_slice(&body);
    packet
}

/// What the network brings: built from the same keys, without taint.
fn protected() -> [u8; LEN + SRTCP_TRAILER_LEN] {
    let mut out = [0; LEN + SRTCP_TRAILER_LEN];
    let _ = SrtcpSender::new().protect(&keys(MTK, SALT), MKI, &packet(BODY), &mut out).unwrap();
    out
}

pub fn run(report: &mut Report) {
    seal(report);
    open(report);
}

/// Each of the three alone, so that none hides whether another reaches the output.
fn seal(report: &mut Report) {
    let mut out = [0; LEN + SRTCP_TRAILER_LEN];
    let mut check = |what: &str, keys: &dyn Fn() -> SrtcpKeys, body: &dyn Fn() -> [u8; 36], expected| {
        report.check(&format!("SRTCP: seal, {what} secret"), 0, || {
            let sealed = SrtcpSender::new().protect(&keys(), MKI, &packet(body()), &mut out).unwrap();
            let (head, rest) = sealed.split_at(HEAD.len());
            tainted(head) == 0 && tainted(rest) == expected
        });
    };
    let all = BODY.len() + TAG_LEN;
    check("MTK", &|| keys(secret(MTK), SALT), &|| BODY, all);
    check("salt", &|| keys(MTK, secret(SALT)), &|| BODY, all);
    check("content", &|| keys(MTK, SALT), &|| secret(BODY), all);
    check("everything", &|| keys(secret(MTK), secret(SALT)), &|| secret(BODY), all);
}

fn open(report: &mut Report) {
    let good = protected();
    let mut out = [0; LEN];
    report.check("SRTCP: open", 1, || {
        let keys = keys(secret(MTK), secret(SALT));
        let opened = SrtcpReplay::new().unprotect(&keys, &good, &mut out).unwrap();
        tainted(&opened[..HEAD.len()]) == 0 && tainted(&opened[HEAD.len()..]) == BODY.len()
    });
    for at in [0, TAG_LEN - 1] {
        let mut bad = good;
        bad[LEN + SRTCP_TRAILER_LEN - TAG_LEN + at] ^= 1;
        // A comparison that stops early would show more findings the later the first wrong octet.
        report.check(&format!("SRTCP: refuse with tag octet {at} wrong"), 1, || {
            let keys = keys(secret(MTK), secret(SALT));
            SrtcpReplay::new().unprotect(&keys, &bad, &mut out) == Err(PocError::BadMac)
        });
    }
}
