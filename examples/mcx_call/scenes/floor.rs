//! Floor control: up and down under CSKs, down to all under the MuSiK.

use castkey::keys::McService;
use castkey::mcx::{KeyUse, McxError, McxSettings};

use crate::Outcome;
use crate::floor::Floor;
use crate::plan::{ALICE_SSRC, BOB_SSRC, HOME_SSRC};
use crate::world::World;

pub(crate) fn play(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, bob, musik, .. } = w;
    let musik = musik.as_ref().ok_or("no MuSiK")?;

    // Up.
    let rtcp = Floor::Request.packet(ALICE_SSRC, 5);
    let request = alice.floor_up(&rtcp, stage.now)?;
    alice.sip.send_octets(home.sip.address(), &request);
    stage.sent("alice", "server", "SRTCP under her CSK: Floor Request", request.len());
    let opened = home.packet(stage.now)?;
    stage.expect(
        "the server reads it, and knows whose it is",
        &opened,
        &Ok((alice.uri.to_owned(), rtcp.clone())),
    );
    alice.sip.send_octets(home.sip.address(), &request);
    stage.sent("mallory", "server", "the same packet again", request.len());
    let again = home.packet(stage.now)?;
    stage.expect("the server does not take it twice", &again, &Err(McxError::Replay));

    // Down, to one.
    let rtcp = Floor::Granted.packet(HOME_SSRC, 5);
    let granted = home.floor_down(alice, &rtcp, stage.now)?;
    home.send_packet(alice, &granted, "SRTCP under her CSK: Floor Granted", stage)?;
    let packet = alice.packet()?;
    let opened = alice.open(&packet, KeyUse::UnicastDownlink, stage.now);
    stage.expect("alice reads it", &opened, &Ok(rtcp));
    home.send_packet(bob, &granted, "the same packet, gone astray", stage)?;
    let packet = bob.packet()?;
    let opened = bob.open(&packet, KeyUse::UnicastDownlink, stage.now);
    stage.expect("bob cannot read it", &opened, &Err(McxError::UnknownKey));

    // Down, to all.
    for floor in [Floor::Taken, Floor::Idle] {
        let rtcp = floor.packet(HOME_SSRC, 5);
        let packet = home.floor_to_all(musik, &rtcp, stage.now)?;
        let what = format!("SRTCP under the MuSiK: Floor {floor:?}");
        for user in [&mut *alice, &mut *bob] {
            home.send_packet(user, &packet, &what, stage)?;
            let packet = user.packet()?;
            let opened = user.open(&packet, KeyUse::MulticastDownlink, stage.now);
            stage.expect(&format!("{} reads Floor {floor:?}", user.name), &opened, &Ok(rtcp.clone()));
        }
    }

    // Bob has the MuSiK, and so could speak for the server.
    let key = bob.machine.key(musik.id(), stage.now)?;
    let keys = key.srtcp(KeyUse::MulticastDownlink, McService::Mcptt, &McxSettings::DEFAULT, stage.now)?;
    let mut out = [0; 256];
    let packet = bob.floor.protect(&keys, &Floor::Release.packet(BOB_SSRC, 5), &mut out)?;
    bob.sip.send_octets(home.sip.address(), packet);
    stage.sent("bob", "server", "SRTCP under the MuSiK: Floor Release", packet.len());
    let opened = home.packet(stage.now)?;
    stage.expect("the server takes nothing from clients under a MuSiK", &opened, &Err(McxError::WrongUse));
    Ok(())
}
