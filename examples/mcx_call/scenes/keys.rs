//! Keys on their way: upload, download, redirect.

use castkey::keys::{McService, PurposeTag};
use castkey::mcx::{
    ALGORITHM_AES_128, ALGORITHM_AES_256, KeyParametersInit, KeyUse, McxError, McxSettings, MessageForm,
    Rejected,
};

use crate::Outcome;
use crate::kms::Wish;
use crate::plan::{self, AWAY_KMS, FIRST_PERIOD, HOME_KMS};
use crate::site::Site;
use crate::stage::Stage;
use crate::user::{Reply, User};
use crate::world::{World, csk_download, musik_download, same_key, share_a_csk, upload as upload_csk};

/// An algorithm that neither policy knows.
const UNKNOWN_ALGORITHM: u8 = 200;

/// Both clients upload a CSK; one in the smallest form, one with everything that a message may have.
pub(crate) fn upload(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, bob, .. } = w;
    let full = MessageForm {
        hide_initiator: true,
        hide_responder: true,
        services: &[McService::Mcptt, McService::McVideo],
        to_self: true,
        parameters: Some(KeyParametersInit {
            text: "bob",
            ..KeyParametersInit::of(PurposeTag::Csk, stage.now)
        }),
        sdp_ids: None,
    };
    for (user, form) in [(alice, MessageForm::default()), (bob, full)] {
        user.register(home, HOME_KMS, stage)?;
        let name = user.name;
        let done = upload_csk(user, home, form, stage)?;
        let algorithm = done.agreed().map(|(_, algorithm)| algorithm);
        stage.expect(
            &format!("the server takes {name}'s CSK with the AES-256-GCM of the offer"),
            &algorithm,
            &Some(ALGORITHM_AES_256),
        );
        let held = share_a_csk(user, home, stage)?;
        stage.check(format!("{name} and the server hold the same CSK"), held);
        check_row(user, home, stage)?;
    }
    Ok(())
}

/// The binding of user, IMPU, CSK and offer, and the XML keys at both ends.
fn check_row(user: &User, home: &Site, stage: &mut Stage) -> Outcome<()> {
    let (name, now) = (user.name, stage.now);
    let row = home.row(user)?;
    stage.expect(
        &format!("{name}'s CSK is bound to the IMPU, in this period"),
        &(row.impu(), row.period()),
        &(Some(user.impu.as_bytes()), Some(FIRST_PERIOD)),
    );
    let offer = row.offer().map(|offer| (offer.list().ids().to_vec(), offer.selected()));
    let should = (vec![ALGORITHM_AES_256, ALGORITHM_AES_128], ALGORITHM_AES_256);
    stage.expect(&format!("the server keeps {name}'s offer"), &offer, &Some(should));
    let ours = user.machine.uplink_keys(user.uri.as_bytes(), now)?;
    let theirs = home.csk(user, now)?.signalling_keys(
        KeyUse::UnicastUplink,
        user.uri.as_bytes(),
        &McxSettings::DEFAULT,
        now,
    )?;
    let same = ours.confidentiality.expose() == theirs.confidentiality.expose()
        && ours.integrity.expose() == theirs.integrity.expose();
    stage.check(format!("both derive the same keys for {name}'s XML"), same);
    Ok(())
}

/// The server forces the algorithm that the clients ranked second.
pub(crate) fn force(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, bob, .. } = w;
    let refused = home.send_csk(alice, Some(UNKNOWN_ALGORITHM), stage)?.map(|(id, _)| id);
    stage.expect(
        "the server cannot select what was not offered",
        &refused,
        &Err(McxError::SelectionNotOffered),
    );
    for user in [alice, bob] {
        let name = user.name;
        let old = user.machine.csk(stage.now)?.id();
        let (id, taken, bound) = csk_download(home, user, Some(ALGORITHM_AES_128), stage)?;
        stage.expect(&format!("{name} takes the CSK with AES-128-GCM"), &taken, &Ok((id, ALGORITHM_AES_128)));
        stage.expect("the server binds it when the 200 is there", &bound, &Some(id));
        let held = share_a_csk(user, home, stage)? && user.machine.csk(stage.now)?.id() == id && id != old;
        stage.check(format!("{name} and the server hold the same new CSK"), held);
        let kept = user.machine.key(old, stage.now)?.algorithm();
        stage.expect("the old one keeps its own algorithm", &kept, &ALGORITHM_AES_256);
    }
    Ok(())
}

/// One MuSiK for both.
pub(crate) fn musik(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, bob, musik, .. } = w;
    let expiry = plan::periods()?.start(FIRST_PERIOD + 2);
    let parameters = KeyParametersInit {
        expiry: Some(expiry),
        text: "group of the day",
        groups: &[b"sip:group@home.example"],
        ..KeyParametersInit::of(PurposeTag::MuSik, stage.now)
    };
    let form =
        MessageForm { services: &[McService::Mcptt], parameters: Some(parameters), ..MessageForm::default() };
    let key = home.machine.new_musik(ALGORITHM_AES_128, &form, |_| false, stage.now, &mut stage.rng)?;
    for user in [&mut *alice, &mut *bob] {
        let taken = musik_download(home, user, &key, form, stage)?;
        let name = user.name;
        stage.expect(&format!("{name} takes the MuSiK"), &taken, &Ok((key.id(), ALGORITHM_AES_128)));
        let same = same_key(user.machine.key(key.id(), stage.now)?, &key);
        stage.check(format!("{name} holds the server's MuSiK"), same);
    }
    let now = stage.now;
    let try_use = |key: &castkey::mcx::HeldKey, key_use, service| {
        key.srtcp(key_use, service, &McxSettings::DEFAULT, now).map(|keys| keys.key_id())
    };
    let held = alice.machine.key(key.id(), now)?;
    let up = try_use(held, KeyUse::UnicastUplink, McService::Mcptt);
    stage.expect("a MuSiK is not for what clients send", &up, &Err(McxError::WrongUse));
    let video = try_use(held, KeyUse::MulticastDownlink, McService::McVideo);
    stage.expect("a MuSiK is not for a service it was not sent for", &video, &Err(McxError::WrongUse));
    let csk = try_use(home.csk(alice, now)?, KeyUse::MulticastDownlink, McService::Mcptt);
    stage.expect("a CSK is not for multicast", &csk, &Err(McxError::WrongUse));
    *musik = Some(key);
    Ok(())
}

/// Bob has moved: his server is under another KMS than he thinks.
pub(crate) fn redirect(w: &mut World) -> Outcome<()> {
    let World { stage, home_kms, away_kms, away, bob, .. } = w;
    away.provision(away_kms, stage.now, stage)?;
    bob.log_off(stage)?;
    stage.check("bob has logged off, and has no CSK", bob.machine.csk(stage.now).is_err());
    bob.register(away, HOME_KMS, stage)?;

    let (before, tally) = (away.state(stage.now), away.keys.tally());
    bob.upload(MessageForm::default(), stage)??;
    let heard = away.upload(stage)?;
    stage.expect(
        "the server away answers 488 to an upload under the home KMS",
        &heard.refused(),
        &(488, Some(McxError::KmsNotAccepted)),
    );
    let untouched = away.state(stage.now) == before && away.keys.tally() == tally;
    stage.check("it has changed nothing, and verified nothing", untouched);
    let reply = bob.reply(stage)?;
    stage.expect("the redirect names its KMS", &reply, &Reply::Redirected(AWAY_KMS.to_owned()));

    let blind = bob.follow(AWAY_KMS, stage)?;
    let refused = blind.map_err(|why| why.error()).map(|_| ());
    stage.expect(
        "bob does not follow it without a certificate of that KMS",
        &refused,
        &Err(McxError::KmsNotAccepted),
    );
    let answer = home_kms.ask(bob.name, &mut bob.sip, Wish::CertCache(AWAY_KMS), stage)?;
    bob.keys.accept(answer.ok_or("no certificate")?.certificate()?, stage.now)?;
    stage.note("bob", "his home KMS vouches for the other one");

    bob.follow(AWAY_KMS, stage)?.map_err(Rejected::into_owned)?;
    let heard = away.upload(stage)?;
    let reply = bob.reply(stage)?;
    let taken = heard.agrees(&reply);
    stage.check("the server away takes the same CSK under its own KMS", taken);
    let held = share_a_csk(bob, away, stage)?;
    stage.check("bob and the server away hold the same CSK", held);

    let packet = bob.floor_up(&crate::floor::Floor::Request.packet(plan::BOB_SSRC, 3), stage.now)?;
    bob.sip.send_octets(away.sip.address(), &packet);
    stage.sent("bob", "away", "SRTCP: Floor Request", packet.len());
    let opened = away.packet(stage.now)?.map(|(user, _)| user);
    stage.expect("floor control passes under it", &opened, &Ok(bob.uri.to_owned()));
    Ok(())
}
