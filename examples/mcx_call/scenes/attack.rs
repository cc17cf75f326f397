//! Somebody on the path. Whatever he does, what counts is read off both ends: the reason, the state before and after, and
//! how often the mathematics ran.

use castkey::keys::{KeyId, PurposeTag};
use castkey::mcx::{ALGORITHM_AES_128, ALGORITHM_AES_256, McxError, MessageForm};
use rand::RngExt;

use crate::Outcome;
use crate::forge::{IDR_I, IDR_KMS_I, IDR_R, Parts};
use crate::mallory::{Mallory, ROGUE_KMS};
use crate::math::Tally;
use crate::plan::{ALICE, AWAY_MDSI, BOB, HOME_KMS, HOME_MDSI, MALLORY};
use crate::site::Site;
use crate::stage::Stage;
use crate::user::Reply;
use crate::wire;
use crate::world::{World, share_a_csk};

type Name = (&'static str, &'static str);

/// A signature was looked at, and was bad.
const FORGED: Tally = Tally { verified: 0, forged: 1, decapsulated: 0 };
/// It did not come to that.
const SCREENED: Tally = Tally { verified: 0, forged: 0, decapsulated: 0 };

pub(crate) fn play(w: &mut World) -> Outcome<()> {
    let World { stage, home_kms, rogue_kms, alice, mallory, .. } = w;
    mallory.prepare(home_kms, rogue_kms, stage)?;
    alice.next_hop = mallory.sip.address();
    let first = passed(w)?;
    let (datagram, held_back) = held_back(w)?;
    forgeries(w, &held_back)?;
    bits(w, &held_back)?;
    own_keys(w)?;
    delivered(w, &datagram)?;
    redirect(w)?;
    let World { stage, home, mallory, .. } = w;
    stage.pass_s(120);
    let old = Should {
        what: "the first upload, minutes later",
        code: 403,
        why: McxError::StaleTimestamp,
        ran: SCREENED,
    };
    mallory.tries(&first, ALICE, &old, home, stage)?;
    super::relayed::play(w)
}

/// What the server must make of a message.
struct Should {
    what: &'static str,
    code: u16,
    why: McxError,
    ran: Tally,
}

impl Mallory {
    /// Sends a message in somebody's name: it is refused as it should be, for that reason, and nothing has changed.
    fn tries(
        &mut self, message: &[u8], claims: Name, should: &Should, home: &mut Site, stage: &mut Stage,
    ) -> Outcome<()> {
        let (before, tally) = (home.bindings(stage.now), home.keys.tally());
        let replays = format!("{:?}", home.machine);
        let heard = self.upload(message, claims, should.what, home, stage)?;
        // An authentic message is remembered, whatever else is wrong with it.
        let remembered = should.ran.verified > 0 || format!("{:?}", home.machine) == replays;
        let is = (heard.refused(), home.keys.tally().since(tally));
        let unchanged = home.bindings(stage.now) == before && remembered;
        let expected = format!("{}: {}, nothing has changed", should.what, should.why);
        stage.expect(&expected, &(is, unchanged), &(((should.code, Some(should.why)), should.ran), true));
        Ok(())
    }
}

/// An upload that is passed on, and sent again; the message.
fn passed(w: &mut World) -> Outcome<Vec<u8>> {
    let World { stage, alice, mallory, .. } = w;
    let message = alice.upload(MessageForm::default(), stage)??;
    let (page, _) = mallory.intercept()?;
    relay(&page.octets, w, "by way of mallory an upload passes as it is")?;
    let World { stage, home, mallory, .. } = w;
    let replay = Should { what: "that upload again", code: 403, why: McxError::Replay, ran: SCREENED };
    mallory.tries(&message, ALICE, &replay, home, stage)?;
    Ok(message)
}

/// Passes an upload of Alice's on, and the answer back.
fn relay(datagram: &[u8], w: &mut World, expected: &str) -> Outcome<()> {
    let World { stage, home, alice, mallory, .. } = w;
    mallory.pass_on(datagram, (home.name, home.sip.address()), stage);
    let heard = home.upload(stage)?;
    mallory.pass_answer((alice.name, alice.sip.address()), stage)?;
    let reply = alice.reply(stage)?;
    let taken = heard.agrees(&reply);
    stage.check(expected, taken && share_a_csk(alice, home, stage)?);
    Ok(())
}

/// An upload that does not reach the server yet: the datagram, and the message in it.
fn held_back(w: &mut World) -> Outcome<(Vec<u8>, Vec<u8>)> {
    let World { stage, alice, mallory, .. } = w;
    alice.upload(MessageForm::default(), stage)??;
    let (page, message) = mallory.intercept()?;
    stage.note("mallory", "holds it back");
    Ok((page.octets, message))
}

/// What can be made of a message without keys.
fn forgeries(w: &mut World, held_back: &[u8]) -> Outcome<()> {
    let World { stage, home, mallory, .. } = w;
    let parts = Parts::of(held_back)?;
    stage.check("mallory takes the message apart and together again", parts.clone().join() == held_back);
    let stripped = parts.clone().without_algorithms();
    stage.check("the offer can be cut out", stripped.len() + 1 == parts.len());
    let forged = |what| Should { what, code: 403, why: McxError::Unauthentic, ran: FORGED };
    let screened = |what, why| Should { what, code: 403, why, ran: SCREENED };
    let rows: [(Vec<u8>, Name, Should); 7] = [
        (stripped.join(), ALICE, forged("upload without its offer")),
        (
            parts.clone().selecting(ALGORITHM_AES_128).join(),
            ALICE,
            forged("upload with the weaker algorithm selected"),
        ),
        (held_back.to_vec(), BOB, screened("alice's upload sent as bob", McxError::IdentityMismatch)),
        (
            parts.clone().naming(IDR_I, BOB.0)?.join(),
            BOB,
            forged("alice's upload with bob's name in it, sent as bob"),
        ),
        (
            parts.clone().naming(IDR_I, MALLORY.0)?.join(),
            MALLORY,
            forged("alice's upload with mallory's name in it, sent as mallory"),
        ),
        (
            parts.clone().naming(IDR_R, AWAY_MDSI)?.join(),
            ALICE,
            screened("upload for another server", McxError::NotResponder),
        ),
        (
            parts.naming(IDR_KMS_I, ROGUE_KMS)?.join(),
            ALICE,
            Should {
                what: "upload with another KMS in it",
                code: 488,
                why: McxError::KmsNotAccepted,
                ran: SCREENED,
            },
        ),
    ];
    for (message, claims, should) in rows {
        mallory.tries(&message, claims, &should, home, stage)?;
    }
    Ok(())
}

/// One bit of every octet.
fn bits(w: &mut World, held_back: &[u8]) -> Outcome<()> {
    let World { stage, home, mallory, .. } = w;
    stage.note("mallory", "flips one bit in each octet of the upload, one message after the other");
    let (before, tally) = (home.state(stage.now), home.keys.tally());
    let begun = stage.now;
    home.hushed = true;
    let (mut refused, mut by_signature) = (0, 0);
    for at in 0..held_back.len() {
        let mut message = held_back.to_vec();
        let bit = stage.rng.random_range(0..8_u8);
        if let Some(octet) = message.get_mut(at) {
            *octet ^= 1 << bit;
        }
        let heard = mallory.upload(&message, ALICE, "", home, stage)?;
        refused += u64::from(heard.bound.is_err() && heard.code >= 400);
        by_signature += u64::from(heard.refused().1 == Some(McxError::Unauthentic));
        // He is quick: all of them within the skew.
        stage.now = begun;
    }
    home.hushed = false;
    let len = held_back.len() as u64;
    stage.expect(&format!("all {len} messages are refused"), &refused, &len);
    let ran = home.keys.tally().since(tally);
    let should = Tally { verified: 0, forged: by_signature, decapsulated: 0 };
    stage.expect("no good signature among them, and no decapsulation", &ran, &should);
    stage.check("most of them got as far as the signature", by_signature > len / 2);
    stage.check("nothing has changed, nothing is remembered", home.state(stage.now) == before);
    Ok(())
}

/// With keys of his own, and with those of a KMS of his own.
fn own_keys(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, mallory, .. } = w;
    let random = stage.rng.random();
    let fresh = KeyId::new(PurposeTag::Csk, random);
    let hers = alice.machine.csk(stage.now)?.id();
    let rows = [
        (
            Mallory::seal(&mallory.keys, fresh, ALICE.0, HOME_KMS, HOME_MDSI, stage)?,
            ALICE,
            Should {
                what: "his own CSK in alice's name, signed with his key",
                code: 403,
                why: McxError::Unauthentic,
                ran: FORGED,
            },
        ),
        (
            Mallory::seal(&mallory.rogue, fresh, ALICE.0, ROGUE_KMS, HOME_MDSI, stage)?,
            ALICE,
            Should {
                what: "the same, signed with a key that his own KMS made for alice",
                code: 488,
                why: McxError::KmsNotAccepted,
                ran: SCREENED,
            },
        ),
        (
            Mallory::seal(&mallory.rogue, fresh, ALICE.0, HOME_KMS, HOME_MDSI, stage)?,
            ALICE,
            Should {
                what: "the same, under the name of the home KMS",
                code: 403,
                why: McxError::Unauthentic,
                ran: FORGED,
            },
        ),
        (
            // His own name and key: good, until it comes to whose CSK-ID it is.
            Mallory::seal(&mallory.keys, hers, MALLORY.0, HOME_KMS, HOME_MDSI, stage)?,
            MALLORY,
            Should {
                what: "a CSK of his own in his own name, under alice's CSK-ID",
                code: 403,
                why: McxError::KeyIdOfOther,
                ran: Tally { verified: 1, forged: 0, decapsulated: 1 },
            },
        ),
    ];
    for (message, claims, should) in rows {
        mallory.tries(&message, claims, &should, home, stage)?;
    }
    Ok(())
}

/// The message that was held back is as good as ever.
fn delivered(w: &mut World, datagram: &[u8]) -> Outcome<()> {
    relay(datagram, w, "after all that the upload that was held back is taken")?;
    let World { stage, home, alice, .. } = w;
    let selected = home.csk(alice, stage.now)?.algorithm();
    stage.expect("with the algorithm that alice selected", &selected, &ALGORITHM_AES_256);
    Ok(())
}

/// A redirect to a KMS of his own, as the answer to an upload that never arrives.
fn redirect(w: &mut World) -> Outcome<()> {
    let World { stage, home, alice, mallory, .. } = w;
    let before = alice.machine.csk(stage.now)?.id();
    alice.upload(MessageForm::default(), stage)??;
    let (page, _) = mallory.intercept()?;
    let octets = mallory.sip.answer(&page, 488, &wire::redirect(HOME_KMS, ROGUE_KMS))?;
    stage.sent("mallory", "alice", "488, with a redirect of his own", octets);
    let reply = alice.reply(stage)?;
    stage.expect("alice hears of mallory's KMS", &reply, &Reply::Redirected(ROGUE_KMS.to_owned()));
    let blind = alice.follow(ROGUE_KMS, stage)?.map_err(|why| why.error()).map(|_| ());
    stage.expect("she has no certificate of it, and does not follow", &blind, &Err(McxError::KmsNotAccepted));
    stage.check("nothing was sent", mallory.sip.take().is_none());
    alice.give_up(stage)?;
    let kept = alice.machine.csk(stage.now)?.id() == before && share_a_csk(alice, home, stage)?;
    stage.check("alice and the server still share the CSK of before", kept);
    Ok(())
}
