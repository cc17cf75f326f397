//! How a user gets in: authorisation by the SCF, registration, the first MSK.

use super::{Stage, impu, is_delivered};
use crate::Outcome;
use crate::names::NEWS;
use crate::ue::{Fact, Shared, lock};

const VIEW: Fact<'static> = Fact::View { registered: false };

/// Who has no subscription does not get past the SCF.
pub(super) fn forbidden(stage: &mut Stage<'_, '_>) -> Outcome<()> {
    stage.report.begin("Authorisation refused by the SCF");
    let mallory = stage.terminal("mallory", NEWS)?;
    let before = stage.counts();
    stage.driver.tell(&mallory, VIEW)?;
    stage.show(&mallory);
    let after = stage.counts();
    stage.check("the BM-SC never heard of it", after.requests == before.requests);
    stage.check("the terminal has left", lock(&mallory).procedure.is_over());
    Ok(())
}

/// INVITE, H1, GBA, H2 with its challenge, MIKEY, acknowledgement.
pub(super) fn registration(stage: &mut Stage<'_, '_>) -> Outcome<Shared> {
    stage.report.begin("Authorisation by the SCF (H1), registration (H2), first MSK");
    let alice = stage.terminal("alice", NEWS)?;
    let (who, service) = (impu(&alice)?, stage.service(NEWS)?);
    stage.world.subscribe(&who, &service.id);
    let rows = stage.world.server.with(|upf| upf.rows());
    stage.driver.tell(&alice, VIEW)?;
    let keyed = stage.until(&alice, |terminal| terminal.procedure.is_keyed())?;
    let new_rows = stage.world.server.with(|upf| upf.rows()) - rows;
    stage.check("H1 made one row at the BM-SC", new_rows == 1);
    stage.check("the terminal is keyed", keyed);
    stage.check("rspauth proved the answer", lock(&alice).tally.proven == 1);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement settled the delivery", delivered);
    stage.world.server.with(|upf| upf.roll(NEWS));
    let reads = stage.until(&alice, |terminal| terminal.holds_an_mtk())?;
    stage.check("an MTK message under the MSK is opened", reads);
    Ok(alice)
}

/// A Key Group by itself, with MD5: its first MSK message is lost, so it asks by H4.
pub(super) fn msk_request(stage: &mut Stage<'_, '_>) -> Outcome<Shared> {
    stage.report.begin("MSK request (H4) for want of MIKEY, with MD5");
    let bob = stage.group_terminal("bob", NEWS)?;
    let (who, service) = (impu(&bob)?, stage.service(NEWS)?);
    stage.world.subscribe(&who, &service.id);
    let answer = stage.driver.scf.invite(&who, &service.id)?;
    stage.check("the SCF has authorised him", answer.code() == 200);
    {
        let mut bob = lock(&bob);
        (bob.mishap.deaf, bob.mishap.md5_only) = (true, true);
    }
    stage.driver.tell(&bob, VIEW)?;
    stage.show(&bob);
    let sent = stage.until(&bob, |terminal| terminal.tally.unheard == 1)?;
    stage.check("an MSK message left, and no terminal heard it", sent && lock(&bob).tally.stored == 0);
    stage.report.say("10 seconds pass");
    stage.world.skip(10_000);
    stage.unheard(&bob, 2);
    lock(&bob).mishap.deaf = false;
    let keyed = stage.until(&bob, |terminal| terminal.procedure.is_keyed())?;
    stage.check("H4 brought the MSK", keyed);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement settled the delivery", delivered);
    Ok(bob)
}
