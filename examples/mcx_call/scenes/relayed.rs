//! Somebody on the path, towards the client: redirects, downloads, floor control.

use castkey::keys::{KeyId, PurposeTag};
use castkey::mcx::{ALGORITHM_AES_128, ALGORITHM_AES_256, KeyUse, McxError};
use rand::RngExt;

use crate::Outcome;
use crate::floor::Floor;
use crate::forge::Parts;
use crate::mallory::Mallory;
use crate::math::Tally;
use crate::plan::{ALICE, ALICE_SSRC, HOME_KMS, HOME_SSRC, MALLORY};
use crate::stage::Stage;
use crate::user::{Taken, User};
use crate::world::{World, share_a_csk};

pub(crate) fn play(w: &mut World) -> Outcome<()> {
    downloads(w)?;
    floor_control(w)?;
    account(w)
}

impl Mallory {
    /// Sends a client a message: it is refused for that reason, and nothing has changed.
    fn tries_on(
        &mut self, user: &mut User, message: &[u8], what: &str, why: McxError, ran: Tally, stage: &mut Stage,
    ) -> Outcome<()> {
        let (before, tally) = (user.state(stage.now), user.keys.tally());
        let taken = self.download(message, what, user, stage)?;
        let is = (taken, user.keys.tally().since(tally), user.state(stage.now) == before);
        let should: (Taken, Tally, bool) = (Err(why), ran, true);
        stage.expect(&format!("{what}: {why}, nothing has changed"), &is, &should);
        Ok(())
    }
}

fn downloads(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, mallory, .. } = w;
    let forged = Tally { verified: 0, forged: 1, decapsulated: 0 };
    let screened = Tally::default();

    let (id, message) = home.send_csk(alice, Some(ALGORITHM_AES_256), stage)??;
    let (page, _) = mallory.intercept()?;
    stage.note("mallory", "holds it back");
    let parts = Parts::of(&message)?;
    let stripped = parts.clone().without_algorithms().join();
    let weaker = parts.selecting(ALGORITHM_AES_128).join();
    let unauthentic = McxError::Unauthentic;
    mallory.tries_on(alice, &stripped, "download without its selection", unauthentic, forged, stage)?;
    let what = "download with the weaker algorithm selected";
    mallory.tries_on(alice, &weaker, what, unauthentic, forged, stage)?;

    let fresh = KeyId::new(PurposeTag::Csk, stage.rng.random());
    let as_himself = Mallory::seal(&mallory.keys, fresh, MALLORY.0, HOME_KMS, ALICE.0, stage)?;
    let what = "his own CSK in his own name, as a download";
    mallory.tries_on(alice, &as_himself, what, McxError::WrongServer, screened, stage)?;
    let as_server = Mallory::seal(&mallory.keys, fresh, home.mdsi, HOME_KMS, ALICE.0, stage)?;
    let what = "his own CSK in the server's name";
    mallory.tries_on(alice, &as_server, what, unauthentic, forged, stage)?;

    mallory.pass_on(&page.octets, (alice.name, alice.sip.address()), stage);
    let taken = alice.download(stage)?;
    mallory.pass_answer((home.name, home.sip.address()), stage)?;
    let bound = home.answered(alice, true, stage)?;
    stage.expect("the download that was held back is taken", &taken, &Ok((id, ALGORITHM_AES_256)));
    let held = bound == Some(id) && share_a_csk(alice, home, stage)?;
    stage.check("alice and the server hold the same CSK", held);
    mallory.tries_on(alice, &message, "that download again", McxError::Replay, screened, stage)
}

/// A packet down, with one bit of each octet changed, and then as it was.
fn floor_control(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, mallory, .. } = w;
    alice.next_hop = home.sip.address();
    let rtcp = Floor::Granted.packet(HOME_SSRC, 7);
    let packet = home.floor_down(alice, &rtcp, stage.now)?;
    stage.note("mallory", "flips one bit in each octet of a Floor Granted");
    let before = alice.state(stage.now);
    let mut read = 0;
    for at in 0..packet.len() {
        let mut forged = packet.clone();
        // The two top bits say that it is RTCP at all.
        let bit = stage.rng.random_range(0..6_u8);
        if let Some(octet) = forged.get_mut(at) {
            *octet ^= 1 << bit;
        }
        mallory.sip.send_octets(alice.sip.address(), &forged);
        stage.datagrams += 1;
        let forged = alice.packet()?;
        read += u32::from(alice.open(&forged, KeyUse::UnicastDownlink, stage.now).is_ok());
    }
    stage.expect("alice reads none of them", &read, &0);
    stage.check("nothing has changed", alice.state(stage.now) == before);
    home.send_packet(alice, &packet, "SRTCP: Floor Granted, as it was", stage)?;
    let packet = alice.packet()?;
    let opened = alice.open(&packet, KeyUse::UnicastDownlink, stage.now);
    stage.expect("alice reads the packet as it was", &opened, &Ok(rtcp));

    let rtcp = Floor::Release.packet(ALICE_SSRC, 7);
    let packet = alice.floor_up(&rtcp, stage.now)?;
    alice.sip.send_octets(alice.next_hop, &packet);
    stage.sent("alice", "server", "SRTCP: Floor Release", packet.len());
    let opened = home.packet(stage.now)?;
    stage.expect("the server reads alice", &opened, &Ok((alice.uri.to_owned(), rtcp)));
    Ok(())
}

/// The books of the whole run.
fn account(w: &mut World) -> Outcome<()> {
    let World { stage, home, away, alice, bob, .. } = w;
    let tallies = [home.keys.tally(), away.keys.tally(), alice.keys.tally(), bob.keys.tally()];
    let balanced = tallies.iter().all(|tally| tally.verified > 0 && tally.decapsulated == tally.verified);
    stage.check("in the whole run nobody decapsulated but behind a good signature, once each", balanced);
    Ok(())
}
