//! How a user gets out: by himself, or because he may no longer.

use castkey::ims::upf::Standing;

use super::{Stage, impu, is_delivered};
use crate::Outcome;
use crate::names::NEWS;
use crate::ue::{Driver, Fact, Shared, lock};

/// H3: no more pushes; the authorisation by the SCF stays until the dialog ends.
pub(super) fn deregistration(stage: &mut Stage<'_, '_>, dave: &Shared) -> Outcome<()> {
    stage.report.begin("Deregistration (H3)");
    let (who, service) = (impu(dave)?, stage.service(NEWS)?);
    let tally = lock(dave).tally;
    // Another driver knows no dialog: the BYE that follows H3 is kept for later.
    Driver::new(stage.world).tell(dave, Fact::Stop)?;
    stage.show(dave);
    stage.check("H3 is answered, and the answer proven", lock(dave).tally.proven == tally.proven + 1);
    let now = stage.world.clock.now();
    let served = stage.world.server.with(|upf| {
        let standing = upf.row(&who).and_then(|row| row.context.standing(&service.id, now));
        standing.map(Standing::is_served)
    });
    stage.check("he is authorised still, and not registered", served == Some(false));
    stage.world.server.with(|upf| upf.rekey(NEWS));
    let newest = stage.world.server.with(|upf| upf.newest(NEWS)).ok_or("no MSK")?;
    stage.linger(dave)?;
    stage.check("a new MSK passes him by", !lock(dave).holds(newest));
    stage.report.say("terminal: BYE; the SCF takes the authorisation back, POST H7");
    stage.driver.scf.bye(&who)?;
    let gone = stage.world.server.with(|upf| upf.row(&who).is_none());
    stage.check("nothing is kept of him", gone);
    Ok(())
}

/// H7 while a push waits to be sent.
pub(super) fn deauthorisation(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("De-authorisation (H7) with queued pushes");
    let erin = stage.terminal("erin", NEWS)?;
    let (who, other, service) = (impu(alice)?, impu(&erin)?, stage.service(NEWS)?);
    stage.world.subscribe(&other, &service.id);
    stage.driver.tell(&erin, Fact::View { registered: false })?;
    stage.until(&erin, |terminal| terminal.procedure.is_keyed())?;
    // The switch of the last update is over first.
    stage.world.skip(30_000);
    stage.linger(alice)?;
    stage.world.server.with(|upf| {
        upf.hold = true;
        upf.rekey(NEWS);
    });
    let queued = stage.world.server.with(|upf| upf.queued());
    stage.report.say(&format!("BM-SC: new MSK, {queued} entries wait to be sent"));
    let (before, tally) = (stage.counts(), lock(alice).tally);
    stage.report.say("SCF: the subscription of alice ends, POST H7");
    stage.driver.scf.end_subscription(&who)?;
    let cancelled = stage.counts().cancelled - before.cancelled;
    stage.check("her push was taken out of the queue before the 200", cancelled == 1);
    let gone = stage.world.server.with(|upf| {
        upf.hold = false;
        upf.row(&who).is_none()
    });
    stage.check("nothing is kept of her", gone);
    let taken = is_delivered(stage, &other, NEWS);
    stage.check("the others get the new MSK", taken);
    let asked = stage.until(alice, |terminal| terminal.tally.posts > tally.posts)?;
    stage.check("she misses it, and asks", asked);
    stage.linger(alice)?;
    let name = stage.world.server.with(|upf| upf.current(NEWS)).ok_or("no MSK")?;
    let (hers, others) = (lock(alice).holds(name), lock(&erin).holds(name));
    stage.check("in vain", !hers && others && lock(alice).tally.stored == tally.stored);
    stage.report.say("SCF: BYE");
    stage.driver.tell(alice, Fact::Bye)?;
    stage.show(alice);
    stage.check("the terminal has left", lock(alice).procedure.is_over());
    Ok(())
}
