//! Everybody together, and what two of them do with each other.

use castkey::keys::KeyId;
use castkey::mcx::{HeldKey, MessageForm};

use crate::Outcome;
use crate::kms::Kms;
use crate::mallory::{Mallory, ROGUE_KMS};
use crate::plan::{
    self, ALICE, ALICE_SSRC, AWAY_KMS, AWAY_MDSI, AWAY_SSRC, BOB, BOB_SSRC, HOME_KMS, HOME_MDSI, HOME_SSRC,
};
use crate::report::Report;
use crate::scenes;
use crate::site::{Heard, Site};
use crate::stage::Stage;
use crate::user::{Reply, Taken, User};

pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) home_kms: Kms,
    pub(crate) away_kms: Kms,
    pub(crate) rogue_kms: Kms,
    pub(crate) home: Site,
    pub(crate) away: Site,
    pub(crate) alice: User,
    pub(crate) bob: User,
    pub(crate) mallory: Mallory,
    pub(crate) musik: Option<HeldKey>,
}

pub(crate) fn run(seed: u64, quiet: bool) -> Outcome<Report> {
    let mut stage = Stage::new(seed, quiet, plan::begin()?);
    let mut world = World {
        home_kms: Kms::new("kms", HOME_KMS, &mut stage)?,
        away_kms: Kms::new("kms away", AWAY_KMS, &mut stage)?,
        rogue_kms: Kms::new("kms rogue", ROGUE_KMS, &mut stage)?,
        home: Site::new("server", HOME_MDSI, HOME_KMS, HOME_SSRC)?,
        away: Site::new("away", AWAY_MDSI, AWAY_KMS, AWAY_SSRC)?,
        alice: User::new("alice", ALICE, ALICE_SSRC, false)?,
        bob: User::new("bob", BOB, BOB_SSRC, true)?,
        mallory: Mallory::new()?,
        musik: None,
        stage,
    };
    for (name, play) in scenes::ALL {
        world.stage.step(name);
        if let Err(e) = play(&mut world) {
            world.stage.check(format!("the step comes to its end ({e})"), false);
            break;
        }
    }
    let World { stage, home, away, alice, bob, .. } = world;
    let tallies = [home.keys.tally(), away.keys.tally(), alice.keys.tally(), bob.keys.tally()];
    let sum = |of: fn(&crate::math::Tally) -> u64| tallies.iter().map(of).sum::<u64>();
    let traffic = format!(
        "{} datagrams, {} good signatures, {} decapsulations, {} forged signatures",
        stage.datagrams,
        sum(|tally| tally.verified),
        sum(|tally| tally.decapsulated),
        sum(|tally| tally.forged),
    );
    Ok(Report { steps: stage.steps, traffic })
}

/// A whole CSK upload: the message, what the server made of it, and the client of the answer.
pub(crate) struct Uploaded {
    pub(crate) heard: Heard,
    pub(crate) reply: Reply,
}

pub(crate) fn upload(
    user: &mut User, site: &mut Site, form: MessageForm<'_>, stage: &mut Stage,
) -> Outcome<Uploaded> {
    user.upload(form, stage)??;
    let heard = site.upload(stage)?;
    Ok(Uploaded { heard, reply: user.reply(stage)? })
}

impl Uploaded {
    /// Key ID and algorithm, when both ends took the same CSK.
    pub(crate) fn agreed(&self) -> Option<(KeyId, u8)> {
        let (id, algorithm) = self.heard.bound.ok()?;
        self.heard.agrees(&self.reply).then_some((id, algorithm))
    }
}

/// A whole download of a CSK: the one that was sent, what the client made of it, and the one that the server binds then.
pub(crate) fn csk_download(
    site: &mut Site, user: &mut User, select: Option<u8>, stage: &mut Stage,
) -> Outcome<(KeyId, Taken, Option<KeyId>)> {
    let (id, _) = site.send_csk(user, select, stage)??;
    let taken = user.download(stage)?;
    Ok((id, taken, site.answered(user, true, stage)?))
}

/// A whole download of a MuSiK: what the client made of it.
pub(crate) fn musik_download(
    site: &mut Site, user: &mut User, musik: &HeldKey, form: MessageForm<'_>, stage: &mut Stage,
) -> Outcome<Taken> {
    site.send_musik(user, musik, form, stage)??;
    let taken = user.download(stage)?;
    site.answered(user, false, stage)?;
    Ok(taken)
}

/// Whether client and server have the same CSK in use, under one name and with one algorithm.
pub(crate) fn share_a_csk(user: &User, site: &Site, stage: &Stage) -> Outcome<bool> {
    let (ours, theirs) = (user.machine.csk(stage.now)?, site.csk(user, stage.now)?);
    Ok(same_key(ours, theirs) && ours.algorithm() == theirs.algorithm())
}

/// Whether both are one key under one name.
pub(crate) fn same_key(a: &HeldKey, b: &HeldKey) -> bool {
    a.id() == b.id() && a.key().secret().expose() == b.key().secret().expose()
}
