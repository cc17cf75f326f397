//! `srtcp.*`: one datagram under one MTK.

use castkey::crypto::RustCrypto;
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::{MAX_DATAGRAM_LEN, SrtcpKeys, SrtcpReplay, SrtcpSender, srtcp_mki};
use serde_json::json;

use crate::Answer;
use crate::input::Input;
use crate::names;
use crate::refusal::Refusal;

fn keys(input: Input<'_>) -> Result<SrtcpKeys, Refusal> {
    let mtk = Mtk::new(input.secret("mtk")?);
    let salt = if input.get("salt").is_some() { Some(MtkSalt::new(input.secret("salt")?)) } else { None };
    Ok(SrtcpKeys::derive(RustCrypto, &mtk, salt.as_ref()))
}

/// `index` is that of the packet, 0 by default; 2^31 means that the stream has none left under `mki`.
pub(crate) fn protect(input: Input<'_>) -> Answer {
    let (keys, mki, packet) = (keys(input)?, names::mki(input)?, input.octets("packet")?);
    let mut sender = SrtcpSender::resume(input.number_if("index")?.unwrap_or_default(), Some(mki));
    let mut out = [0; MAX_DATAGRAM_LEN];
    let protected = hex::encode(sender.protect(&keys, mki, &packet, &mut out)?);
    Ok(json!({ "packet": protected, "next_index": sender.next_index() }))
}

/// `received` are the packets that came before this one, all under the same MTK.
pub(crate) fn unprotect(input: Input<'_>) -> Answer {
    let (keys, packet) = (keys(input)?, input.octets("packet")?);
    let mut replay = SrtcpReplay::new();
    let mut out = [0; MAX_DATAGRAM_LEN];
    for before in input.list("received")? {
        let _ = replay.unprotect(&keys, &crate::input::octets("received", before)?, &mut out)?;
    }
    let mki = srtcp_mki(&packet)?;
    let plain = replay.unprotect(&keys, &packet, &mut out)?;
    Ok(json!({ "packet": hex::encode(plain), "mki": hex::encode(mki.to_octets()) }))
}
