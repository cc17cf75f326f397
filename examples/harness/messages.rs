//! `msk.*`, `pull.seal`, `mtk.*`: one protected message at a time.

use castkey::id::{Counter, CsbId, MskName, MtkId};
use castkey::keys::{
    Msk, MskRand, Mtk, MtkSalt, MtkWindow, MukId, PreSharedKey, Protection, ProtectionKeys, SeqLower,
};
use castkey::message::psk::PskMessage;
use castkey::message::{
    MskAddress, MskContent, MskMessage, MtkAddress, MtkMessage, Sent, VerificationMessage, seal_msk,
    seal_mtk, seal_pull, seal_verification,
};
use castkey::wire::{MAX_MESSAGE_LEN, MAX_MTK_MESSAGE_LEN};
use serde_json::{Value, json};

use crate::Answer;
use crate::input::Input;
use crate::{names, refusal::Refusal, settings};

fn message(octets: &[u8]) -> Value {
    json!({ "message": hex::encode(octets) })
}

fn csb(input: Input<'_>) -> Result<CsbId, Refusal> {
    Ok(CsbId(input.number_if("csb_id")?.unwrap_or_default()))
}

/// The octets and lists that a [`MskAddress`] borrows.
struct Address {
    name: MskName,
    rand: MskRand,
    idi: Vec<u8>,
    idr: Vec<u8>,
    policies: Vec<Vec<u8>>,
    sessions: Option<Vec<castkey::wire::CryptoSession>>,
}

impl Address {
    fn of(input: Input<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            name: names::msk_name(input)?,
            rand: names::rand(input)?,
            idi: input.octets_or_empty("idi")?,
            idr: input.octets("idr")?,
            policies: names::policy_bodies(input, "sp")?,
            sessions: names::sessions(input, "cs_map")?,
        })
    }
}

/// Builds an MSK message or a pull; `seal` says which.
fn sealed(
    input: Input<'_>, seal: impl FnOnce(&MskAddress<'_>, &castkey::settings::Settings, &mut [u8]) -> Answer,
) -> Answer {
    let settings = settings::of_request(input)?;
    let parts = Address::of(input)?;
    let policies = names::policies(&parts.policies)?;
    let address = MskAddress {
        sdp_ids: None,
        name: parts.name,
        counter: Counter(input.number("counter")?),
        csb: csb(input)?,
        rand: parts.rand,
        muk_id: MukId { idi: &parts.idi, idr: &parts.idr },
        v: if input.get("v").is_some() { input.flag("v")? } else { false },
        algorithms: settings::suite(input.get("suite"), &settings)?,
        policies: &policies,
        sessions: parts.sessions.as_deref(),
    };
    seal(&address, &settings, &mut [0; MAX_MESSAGE_LEN])
}

pub(crate) fn msk_seal(input: Input<'_>) -> Answer {
    let (muk, msk) = (input.muk()?, Msk::new(input.secret("msk")?));
    let (low, high) = (MtkId(input.number("seq_low")?), MtkId(input.number("seq_high")?));
    sealed(input, |address, settings, out| {
        Ok(message(seal_msk(address, &msk, low, high, &muk, settings, out)?))
    })
}

pub(crate) fn pull_seal(input: Input<'_>) -> Answer {
    let muk = input.muk()?;
    sealed(input, |address, settings, out| Ok(message(seal_pull(address, &muk, settings, out)?)))
}

pub(crate) fn msk_open(input: Input<'_>) -> Answer {
    let (settings, muk) = (settings::of_request(input)?, input.muk()?);
    let octets = input.octets("message")?;
    let last = input.number_if("last_counter")?.map(Counter);
    let received = MskMessage::decode(&octets, &settings)?;
    let opened = received.open(&muk, last, None, &settings)?;
    let (content, msk, interval) = match &opened.content {
        MskContent::Key { msk, seq_low, seq_high, .. } => {
            ("Key", Some(hex::encode(msk.expose())), Some((seq_low.0, seq_high.0)))
        }
        MskContent::Invalidated => ("Invalidated", None, None),
        MskContent::Pull => ("Pull", None, None),
        _ => ("MskContent", None, None),
    };
    let mut out = [0; MAX_MESSAGE_LEN];
    let verification = match opened.content {
        MskContent::Pull => None,
        _ if !received.v() => None,
        _ => Some(hex::encode(seal_verification(received.psk(), &opened.keys, &settings, &mut out)?)),
    };
    Ok(names::with_msk(
        json!({
            "content": content,
            "msk": msk,
            "seq_low": interval.map(|(low, _)| low),
            "seq_high": interval.map(|(_, high)| high),
            "counter": received.counter().0,
            "v": received.v(),
            "rand": received.rand().map(hex::encode),
            "verification": verification,
        }),
        received.name(),
    ))
}

pub(crate) fn check_verification(input: Input<'_>) -> Answer {
    let muk = input.muk()?;
    // Only for the form of what stands there: the message that was sent needs no profile to be read again.
    settings::of_request(input)?;
    let (sent, received) = (input.octets("sent")?, input.octets("received")?);
    let sent = PskMessage::decode(&sent)?;
    let keys = sent.keys(&muk, None)?;
    VerificationMessage::decode(&received)?.verify(&Sent::of(&sent), &keys)?;
    Ok(json!({ "delivered": true }))
}

pub(crate) fn mtk_seal(input: Input<'_>) -> Answer {
    let settings = settings::of_request(input)?;
    let (msk, rand) = (Msk::new(input.secret("msk")?), input.octets("rand")?);
    let mtk = Mtk::new(input.secret("mtk")?);
    let salt = if input.get("salt").is_some() { Some(MtkSalt::new(input.secret("salt")?)) } else { None };
    let address = MtkAddress {
        msk: names::msk_name(input)?,
        mtk: MtkId(input.number("mtk_id")?),
        counter: Counter(input.number("counter")?),
        csb: csb(input)?,
        algorithms: settings::suite(input.get("suite"), &settings)?,
    };
    let keys = |csb| -> Result<ProtectionKeys<_>, Refusal> {
        let protection = Protection { algorithms: address.algorithms, csb, rand: &rand };
        Ok(msk.keys(&protection).map_err(castkey::error::SealError::from)?)
    };
    let mut out = [0; MAX_MTK_MESSAGE_LEN];
    let octets = seal_mtk(&address, &mtk, salt.as_ref(), &keys(address.csb)?, &settings, &mut out)?;
    // In the draft the message bears the Key Group as its CSB ID, whatever the address says, and is keyed with that.
    let carried = PskMessage::decode(octets)?.hdr().csb_id;
    if carried != address.csb {
        return Ok(message(seal_mtk(&address, &mtk, salt.as_ref(), &keys(carried)?, &settings, &mut out)?));
    }
    Ok(message(octets))
}

pub(crate) fn mtk_open(input: Input<'_>) -> Answer {
    let settings = settings::of_request(input)?;
    let (msk, rand) = (Msk::new(input.secret("msk")?), input.octets("rand")?);
    let octets = input.octets("message")?;
    let last = input.number_if("last_counter")?.map(Counter);
    // SEQs is the last MTK ID that counts as used, however an interval is read.
    let window =
        MtkWindow::new(MtkId(input.number("seqs")?), MtkId(input.number("sequ")?), SeqLower::Exclusive);
    let domain = if input.get("key_domain_id").is_some() { Some(names::domain(input)?) } else { None };
    let received = MtkMessage::decode(&octets, domain, &settings)?;
    let keys = received.psk().keys(&msk, Some(&rand))?;
    let opened = received.open(&keys, last, window, &settings)?;
    Ok(names::with_msk(
        json!({
            "mtk_id": received.mtk().0,
            "mtk": hex::encode(opened.mtk.secret().expose()),
            "salt": opened.salt.map(|salt| hex::encode(salt.secret().expose())),
            "counter": received.counter().0,
        }),
        received.msk(),
    ))
}
