//! H5, H6 and H7 of the SIP variant: the SCF is the NAF and hands over the MUK.

use base64ct::{Base64, Encoding};
use castkey::ims::request::RequestKind;
use castkey::ims::xml::{
    MAX_BODY_LEN, MskRequest, MukLifeTime, NafKeyInfo, ServiceList, XmlSettings, deregister,
};
use castkey::ims::{Impu, UeAddress};
use castkey::keys::NafId;

use super::{Stage, impu, is_delivered};
use crate::Outcome;
use crate::bsf;
use crate::names::{self, BM_SC, SCF, SPORT};
use crate::raw;
use crate::ue::lock;

pub(super) fn run(stage: &mut Stage<'_, '_>) -> Outcome<()> {
    stage.report.begin("SIP variant: key provisioning (H5), MSK request (H6), de-authorisation (H7)");
    let frank = stage.group_terminal("frank", SPORT)?;
    let (who, service, now) = (impu(&frank)?, stage.service(SPORT)?, stage.world.clock.now());
    // The INVITE with the B-TID is the example `scf_sip`.
    let run = stage.world.bsf.bootstrap(&lock(&frank).who, now)?;
    let btid = run.btid.clone();
    stage.world.modem.listen_for(&btid, &frank);
    {
        let mut frank = lock(&frank);
        frank.adopt(run);
        frank.derive_muk(&btid, SCF, NafId::UA_IMS_MBMS_SIP, now)?;
    }
    let bsf::Answer::Keys { ks_naf, .. } = stage.world.bsf.query(&btid, SCF, NafId::UA_IMS_MBMS_SIP, now)?
    else {
        return Err("the BSF has no key".into());
    };
    let ends = stage.world.clock.unix_seconds() + bsf::KS_LIFETIME_MS / 1_000;
    let document = NafKeyInfo {
        ue_address: UeAddress::new("127.0.0.1")?,
        muk: ks_naf,
        muk_life_time: MukLifeTime::from_unix_seconds(ends).ok_or("beyond the year 9999")?,
        btid,
        naf_fqdn: names::naf(SCF)?,
        services: ServiceList::new([&service.id])?,
    };
    let mut out = vec![0; MAX_BODY_LEN];
    let h5 = document.encode(XmlSettings::default(), &mut out)?.to_vec();
    let mut out = vec![0; MAX_BODY_LEN];
    let h6 = MskRequest::of_groups([service.group])?.encode(&mut out)?.to_vec();
    let mut out = vec![0; MAX_BODY_LEN];
    let h7 = deregister::encode(&ServiceList::new([&service.id])?, &mut out)?.to_vec();

    let status = post(stage, RequestKind::AuthorizedMskRequest, &who, &h6)?;
    stage.check("H6 without a context is answered 404", status == 404);
    let status = post(stage, RequestKind::KeyProvisioning, &who, &shortened(&h5)?)?;
    stage.check("H5 with a key of 31 octets is answered 400", status == 400);
    let status = unprotected(stage, &who, &h5)?;
    stage.check("H5 outside the protected side is answered 403", status == 403);
    let empty = stage.world.server.with(|upf| upf.row(&who).is_none());
    stage.check("nothing was stored", empty);

    let status = post(stage, RequestKind::KeyProvisioning, &who, &h5)?;
    let stored = stage.until(&frank, |terminal| terminal.tally.stored == 1)?;
    stage.check("H5 is answered 200, and the MSK comes under the MUK", status == 200 && stored);
    let delivered = is_delivered(stage, &who, SPORT);
    stage.check("the acknowledgement settled the delivery", delivered);
    let status = post(stage, RequestKind::AuthorizedMskRequest, &who, &h6)?;
    let stored = stage.until(&frank, |terminal| terminal.tally.stored == 2)?;
    stage.check("H6 brings it again", status == 200 && stored);
    let status = post(stage, RequestKind::Deauthorization, &who, &h7)?;
    let gone = stage.world.server.with(|upf| upf.row(&who).is_none());
    stage.check("H7 is answered 200, nothing is kept", status == 200 && gone);
    stage.world.server.with(|upf| upf.rekey(SPORT));
    stage.linger(&frank)?;
    stage.check("a new MSK passes him by", lock(&frank).tally.stored == 2);
    Ok(())
}

fn post(stage: &Stage<'_, '_>, kind: RequestKind, who: &Impu, body: &[u8]) -> Outcome<u16> {
    let status = stage.driver.scf.send(kind, who, body)?;
    stage.report.say(&format!("SCF: POST {kind:?} -> {status}"));
    Ok(status)
}

/// The document with a shorter key.
fn shortened(h5: &[u8]) -> Outcome<Vec<u8>> {
    let text = core::str::from_utf8(h5)?;
    let (before, rest) = text.split_once("<muk>").ok_or("no key in H5")?;
    let (_, behind) = rest.split_once("</muk>").ok_or("no key in H5")?;
    let mut key = [0; 64];
    let key = Base64::encode(&[0x5A; 31], &mut key).map_err(|e| e.to_string())?;
    Ok(format!("{before}<muk>{key}</muk>{behind}").into_bytes())
}

/// H5 where everybody may come.
fn unprotected(stage: &Stage<'_, '_>, who: &Impu, body: &[u8]) -> Outcome<u16> {
    let host = format!("{BM_SC}:{}", stage.world.server.public.port());
    let headers = [
        ("Host", host.as_str()),
        ("X-3GPP-Asserted-Identity", &format!("\"{who}\"")),
        ("Content-Type", "application/mbms-authorized-register+xml"),
        ("Content-Length", &body.len().to_string()),
    ];
    let line = "POST /keymanagement?requesttype=authorized-register HTTP/1.1";
    Ok(raw::send(stage.world.server.public, &raw::request(line, &headers, body))?.status)
}
