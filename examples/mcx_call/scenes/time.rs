//! What time does to keys: the overlap of old and new CSK, and the end of a key period.

use castkey::mcx::{KeyUse, McxError, McxSettings, MessageForm};

use crate::Outcome;
use crate::floor::Floor;
use crate::plan::{self, ALICE_SSRC, FIRST_PERIOD, HOME_SSRC};
use crate::world::{World, share_a_csk, upload};

/// Alice changes her CSK while packets under the old one are on their way.
pub(crate) fn update(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, .. } = w;
    let overlap_s = McxSettings::DEFAULT.overlap_s;
    let old = alice.machine.csk(stage.now)?.id();
    let (request, idle) = (Floor::Request.packet(ALICE_SSRC, 6), Floor::Idle.packet(HOME_SSRC, 6));
    let mut late = Vec::new();
    for _ in 0..2 {
        late.push((alice.floor_up(&request, stage.now)?, home.floor_down(alice, &idle, stage.now)?));
    }
    stage.note("alice, server", "each protects two packets, which are late");

    let done = upload(alice, home, MessageForm::default(), stage)?;
    let changed = done.agreed().is_some_and(|(id, _)| id != old) && share_a_csk(alice, home, stage)?;
    stage.check("both use a new CSK", changed);
    let packet = alice.floor_up(&request, stage.now)?;
    alice.sip.send_octets(home.sip.address(), &packet);
    stage.sent("alice", "server", "SRTCP under the new CSK: Floor Request", packet.len());
    let opened = home.packet(stage.now)?;
    stage.expect("the server reads the new one", &opened, &Ok((alice.uri.to_owned(), request.clone())));

    let read = (Ok((alice.uri.to_owned(), request)), Ok(idle));
    let gone = (Err(McxError::UnknownKey), Err(McxError::UnknownKey));
    let times = [
        (overlap_s / 2, "within the overlap both read what is under the old CSK", read),
        (overlap_s / 2, "behind the overlap neither does", gone),
    ];
    for ((wait_s, expected, should), (up, down)) in times.into_iter().zip(late) {
        stage.pass_s(wait_s);
        alice.sip.send_octets(home.sip.address(), &up);
        stage.sent("alice", "server", "SRTCP under the old CSK, late", up.len());
        let at_home = home.packet(stage.now)?;
        home.send_packet(alice, &down, "SRTCP under the old CSK, late", stage)?;
        let packet = alice.packet()?;
        let at_alice = alice.open(&packet, KeyUse::UnicastDownlink, stage.now);
        stage.expect(expected, &(at_home, at_alice), &should);
    }
    Ok(())
}

pub(crate) fn roll_over(w: &mut World) -> Outcome<()> {
    provisioned(w)?;
    unprovisioned(w)
}

/// Into the next period, whose keys everybody has.
fn provisioned(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, bob, .. } = w;
    let next = plan::periods()?.start(FIRST_PERIOD + 1);
    stage.now = next;
    stage.now.seconds -= 3;
    alice.upload(MessageForm::default(), stage)??;
    stage.pass_s(5);
    stage.note("everybody", "a new key period has begun");
    let heard = home.upload(stage)?;
    let reply = alice.reply(stage)?;
    let taken = heard.agrees(&reply);
    stage.check("a message of the old period is taken in the new one, within the skew", taken);
    let period = home.row(alice)?.period();
    stage.expect("it was opened with the keys of the old period", &period, &Some(FIRST_PERIOD));

    let done = upload(bob, home, MessageForm::default(), stage)?;
    stage.check("a message of the new period is taken", done.agreed().is_some());
    let period = home.row(bob)?.period();
    stage.expect("it was opened with the keys of the new period", &period, &Some(FIRST_PERIOD + 1));
    Ok(())
}

/// Four weeks later, into a period whose keys nobody has fetched.
fn unprovisioned(w: &mut World) -> Outcome<()> {
    let World { stage, home_kms, home, alice, bob, musik, .. } = w;
    let musik = musik.as_ref().ok_or("no MuSiK")?.id();
    stage.now = plan::periods()?.start(FIRST_PERIOD + 2).after_s(10);
    stage.note("everybody", "four weeks have passed");
    let missing = FIRST_PERIOD + 2;
    let refused = alice.upload(MessageForm::default(), stage)?.map_err(|why| format!("{why:?}"));
    let should = Err(format!("NoKeyMaterial {{ period: {missing} }}"));
    stage.expect("without keys of the period alice gets NoKeyMaterial", &refused, &should);
    stage.check("and nothing was sent", home.sip.take().is_none());
    let held = alice.machine.key(musik, stage.now).map(|key| key.id());
    stage.expect("the MuSiK has expired", &held, &Err(McxError::KeyExpired));

    let given = alice.provision(home_kms, stage.now, stage)?;
    stage.check("alice fetches them", given);
    let message = alice.upload(MessageForm::default(), stage)??;
    let before = home.state(stage.now);
    let heard = home.upload(stage)?;
    let why = heard.bound.as_ref().map_err(|why| format!("{why:?}")).map(|_| ());
    let should = Err(format!("NoKeyMaterial {{ period: {missing} }}"));
    stage.expect("without keys of the period the server gets NoKeyMaterial", &why, &should);
    stage.check("it has changed nothing", home.state(stage.now) == before);
    let reply = alice.sip.receive();
    let told = matches!(reply, Some(crate::sip::Letter::Answer { code: 503, .. }));
    stage.check("it answers 503: the message is good, only too early", told);
    home.provision(home_kms, stage.now, stage)?;
    alice.send_message(&message, "the same upload again", stage)?;
    let heard = home.upload(stage)?;
    let reply = alice.reply(stage)?;
    let taken = heard.agrees(&reply);
    stage.check("with the keys fetched it takes the very same message", taken);
    let period = home.row(alice)?.period();
    stage.expect("it was opened with the keys of the period", &period, &Some(missing));
    let given = bob.provision(home_kms, stage.now, stage)?;
    stage.check("bob fetches his in time", given);
    Ok(())
}
