//! MSKs that the BM-SC wants to bring, and what becomes of them on the way.

use super::{Stage, impu, is_delivered};
use crate::Outcome;
use crate::names::NEWS;
use crate::ue::{Shared, lock};

/// The BM-SC asks the terminal to ask.
pub(super) fn solicited_pull(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("Solicited pull");
    let who = impu(alice)?;
    let (before, tally) = (stage.counts(), lock(alice).tally);
    stage.world.server.with(|upf| upf.pull(NEWS, Some(&who)));
    let stored = stage.until(alice, |terminal| terminal.tally.stored > tally.stored)?;
    stage.check("the pull caused H4, and H4 brought the MSK", stored);
    let posts = lock(alice).tally.posts - tally.posts;
    stage.check("with the nonce at hand one POST was enough", posts == 1);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement settled the delivery", delivered);
    let sent = stage.counts().datagrams - before.datagrams;
    stage.check("two datagrams: the pull and the MSK", sent == 2);
    Ok(())
}

/// The same octets again, until the acknowledgement comes.
pub(super) fn lost_acknowledgement(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("Lost acknowledgement: the BM-SC repeats the same octets");
    let who = impu(alice)?;
    lock(alice).mishap.mute = true;
    let (before, tally) = (stage.counts(), lock(alice).tally);
    stage.world.server.with(|upf| upf.pull(NEWS, Some(&who)));
    stage.until(alice, |terminal| terminal.tally.stored > tally.stored)?;
    for (seconds, number) in [(1_000, 1), (2_000, 2)] {
        stage.report.say(&format!("{} s pass", seconds / 1_000));
        stage.world.skip(seconds);
        let repeated = stage.until_server(|counts| counts.repeated >= before.repeated + number);
        stage.check("the message is repeated", repeated);
        stage.linger(alice)?;
    }
    lock(alice).mishap.mute = false;
    stage.report.say("4 s pass");
    stage.world.skip(4_000);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement of the fourth copy settled the delivery", delivered);
    let stored = lock(alice).tally.stored - tally.stored;
    stage.check("the copies stored nothing anew", stored == 1);
    let lost = stage.counts().undelivered - before.undelivered;
    stage.check("nothing counts as undelivered", lost == 0);
    Ok(())
}

/// An MSK update that no copy of reaches the terminal; traffic under the new MSK tells it.
pub(super) fn missed_key(stage: &mut Stage<'_, '_>, alice: &Shared, bob: &Shared) -> Outcome<()> {
    stage.report.begin("Missed key");
    let (who, other) = (impu(alice)?, impu(bob)?);
    lock(alice).mishap.deaf = true;
    let (before, tally) = (stage.counts(), lock(alice).tally);
    stage.world.server.with(|upf| upf.rekey(NEWS));
    let taken = is_delivered(stage, &other, NEWS);
    stage.check("a new MSK is pushed to everybody else", taken);
    stage.unheard(alice, tally.unheard + 1);
    for (wait, number) in [(1_000, 2), (2_000, 3), (4_000, 4)] {
        stage.report.say(&format!("{} s pass", wait / 1_000));
        stage.world.skip(wait);
        stage.unheard(alice, tally.unheard + number);
    }
    lock(alice).mishap.deaf = false;
    stage.report.say("8 s pass");
    stage.world.skip(8_000);
    let given_up = stage.until_server(|counts| counts.undelivered == before.undelivered + 1);
    stage.check("after 4 messages the delivery is given up", given_up);
    stage.report.say("the BM-SC moves to the new MSK, and multicasts an MTK message under it");
    let stored = stage.until(alice, |terminal| terminal.tally.stored > tally.stored)?;
    stage.check("the terminal noticed, and H4 brought the MSK", stored);
    let name = stage.world.server.with(|upf| upf.current(NEWS)).ok_or("no MSK")?;
    let held = lock(alice).holds(name) && lock(bob).holds(name);
    stage.check("both hold the MSK in use", held);
    let mtks = lock(alice).tally.mtks;
    stage.world.server.with(|upf| upf.roll(NEWS));
    let reads = stage.until(alice, |terminal| terminal.tally.mtks > mtks)?;
    stage.check("the next MTK message is opened", reads);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement settled the delivery", delivered);
    Ok(())
}
