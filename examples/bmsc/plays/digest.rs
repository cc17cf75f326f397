//! HTTP Digest under stress: old nonces, wrong passwords, copies, and keys that are to be renewed.

use core::sync::atomic::Ordering;

use super::{PATIENCE, Stage, impu, is_delivered};
use crate::Outcome;
use crate::names::{BM_SC, NEWS};
use crate::raw;
use crate::ue::{Fact, Recorded, Shared, lock};

/// A nonce serves five minutes.
pub(super) fn nonce_expiry(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("Nonce expiry");
    let who = impu(alice)?;
    let tally = lock(alice).tally;
    let runs = stage.world.bsf.runs.load(Ordering::Relaxed);
    stage.report.say("5 minutes pass");
    stage.world.skip(300_001);
    stage.world.server.with(|upf| upf.pull(NEWS, Some(&who)));
    let stored = stage.until(alice, |terminal| terminal.tally.stored > tally.stored)?;
    stage.check("the MSK came", stored);
    let posts = lock(alice).tally.posts - tally.posts;
    stage.check("a 401 with stale=true, then the same request under the new nonce", posts == 2);
    let same = stage.world.bsf.runs.load(Ordering::Relaxed) == runs;
    stage.check("without bootstrapping", same);
    Ok(())
}

/// The octets of a request that was accepted, on another connection.
fn copy(stage: &Stage<'_, '_>, of: &Recorded, body: &[u8]) -> Outcome<raw::Answer> {
    let to = stage.world.server.public;
    let host = format!("{BM_SC}:{}", to.port());
    let headers = [
        ("Host", host.as_str()),
        ("Authorization", &of.authorization),
        ("X-3GPP-Intended-Identity", "\"sip:alice@home1.net\""),
        ("Content-Type", &of.media_type),
        ("Content-Length", &body.len().to_string()),
    ];
    raw::send(to, &raw::request(&format!("POST {} HTTP/1.1", of.target), &headers, body))
}

/// Copies of a request, as it was and changed.
pub(super) fn replay(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("Replayed nonce count, changed body, guessing");
    let of = lock(alice).recorded().cloned().ok_or("nothing was recorded")?;
    let before = stage.counts();
    let answer = copy(stage, &of, &of.body)?;
    stage.report.say(&format!("attacker: the last POST of alice again -> {}", answer.status));
    let stale = answer.has("WWW-Authenticate", "stale=true");
    stage.check("a replayed nonce count is answered 401, stale=true", answer.status == 401 && stale);
    let mut changed = of.body.clone();
    changed.push(b' ');
    for number in 1..=5 {
        let answer = copy(stage, &of, &changed)?;
        stage.report.say(&format!("attacker: with a changed body -> {}", answer.status));
        let stale = answer.has("WWW-Authenticate", "stale=true");
        let good = answer.status == 401 && !stale && answer.has("WWW-Authenticate", "auth-int");
        if number == 1 || !good {
            stage.check("a changed body is answered 401 without stale", good);
        }
    }
    let answer = copy(stage, &of, &changed)?;
    stage.report.say(&format!("attacker: once more -> {}", answer.status));
    stage.check("after five wrong responses in a minute 403", answer.status == 403);
    stage.check("no key left the BM-SC", stage.counts().datagrams == before.datagrams);
    stage.report.say("a minute passes");
    stage.world.skip(60_000);
    let stored = lock(alice).tally.stored;
    let who = impu(alice)?;
    stage.world.server.with(|upf| upf.pull(NEWS, Some(&who)));
    let served = stage.until(alice, |terminal| terminal.tally.stored > stored)?;
    stage.check("then alice is served again", served);
    Ok(())
}

/// A terminal whose password is a wrong one.
pub(super) fn wrong_password(stage: &mut Stage<'_, '_>) -> Outcome<()> {
    stage.report.begin("Wrong password");
    let carol = stage.terminal("carol", NEWS)?;
    let (who, service) = (impu(&carol)?, stage.service(NEWS)?);
    stage.world.subscribe(&who, &service.id);
    lock(&carol).mishap.wrong_password = true;
    let before = stage.counts();
    let runs = stage.world.bsf.runs.load(Ordering::Relaxed);
    stage.driver.tell(&carol, Fact::View { registered: false })?;
    stage.show(&carol);
    let bootstrapped = stage.world.bsf.runs.load(Ordering::Relaxed) - runs;
    stage.check("after the 401 it bootstraps once more, then it is over", bootstrapped == 2);
    stage.check("the terminal has left", lock(&carol).procedure.is_over());
    stage.check("no key left the BM-SC", stage.counts().datagrams == before.datagrams);
    let kept = stage.world.server.with(|upf| upf.row(&who).is_some());
    stage.check("its BYE took the authorisation back (H7), the row is gone", !kept);
    Ok(())
}

/// A pull that is to force a new bootstrapping (TS 33.246 §6.3.2.2).
pub(super) fn forced_bootstrapping(stage: &mut Stage<'_, '_>, alice: &Shared) -> Outcome<()> {
    stage.report.begin("Solicited pull that forces a new bootstrapping");
    let who = impu(alice)?;
    let old = lock(alice).run().map(|run| run.btid.clone()).ok_or("no run")?;
    let tally = lock(alice).tally;
    stage.world.server.with(|upf| {
        upf.force_bootstrap = Some(old.clone());
        upf.pull(NEWS, Some(&who));
    });
    let stored = stage.until(alice, |terminal| terminal.tally.stored > tally.stored)?;
    stage.check("the MSK came", stored);
    let new = lock(alice).run().map(|run| run.btid.clone()).ok_or("no run")?;
    stage.check("under another B-TID and MUK", old != new);
    let delivered = is_delivered(stage, &who, NEWS);
    stage.check("the acknowledgement settled the delivery", delivered);
    stage.world.server.with(|upf| upf.force_bootstrap = None);
    Ok(())
}

/// The BSF does not answer for a while.
pub(super) fn bsf_down(stage: &mut Stage<'_, '_>) -> Outcome<Shared> {
    stage.report.begin("BSF down");
    let dave = stage.terminal("dave", NEWS)?;
    let (who, service) = (impu(&dave)?, stage.service(NEWS)?);
    stage.world.subscribe(&who, &service.id);
    stage.world.bsf.down.store(true, Ordering::Relaxed);
    stage.driver.tell(&dave, Fact::View { registered: false })?;
    stage.show(&dave);
    stage.check("503 with Retry-After, the terminal waits", !lock(&dave).procedure.is_over());
    stage.world.bsf.down.store(false, Ordering::Relaxed);
    stage.report.say("5 seconds pass");
    stage.world.skip(5_000);
    let keyed = stage.driver.until(&dave, PATIENCE, |terminal| terminal.procedure.is_keyed())?;
    stage.show(&dave);
    stage.check("then it is keyed", keyed);
    Ok(dave)
}
