//! The scenes, one after the other in one world.

use castkey::error::OpenError;
use castkey::ims::facts::Variant;
use castkey::ims::request::RequestKind;
use castkey::ims::scf::ScfSipState;
use castkey::ims::xml::{MAX_BODY_LEN, NafKeyInfo, ServiceList, XmlSettings, names};
use castkey::ims::{BTid, FailureCause, Held, NafFqdn, SipUeState, UeAddress};
use castkey::keys::KsNaf;
use castkey::secret::Secret;

use crate::Outcome;
use crate::http::Client;
use crate::plan::{OLD_MUK_MS, SCF, SHORT_KS_MS, Service};
use crate::scf::posts;
use crate::script::{Who, World};
use crate::sip::Fate;
use crate::ue::Quirks;

type Play = fn(&mut World) -> Outcome<()>;

pub(crate) const ALL: [(&str, Play); 11] = [
    ("session initiation", initiation),
    ("MSK before the SIP 200", msk_before_200),
    ("refresh by re-INVITE", refresh),
    ("MSK of a service not subscribed to", not_authorised),
    ("renewal of Ks, and the window of the old MUK", renewal),
    ("INVITE without B-TID", without_btid),
    ("B-TID of somebody else", stolen_btid),
    ("NAF-Id with another Ua identifier", wrong_identifier),
    ("H5 of somebody who is not the SCF", forged_h5),
    ("de-authorisation with MSKs queued", deauthorisation),
    ("BYE", bye),
];

/// The state after a session was initiated and everything sent was taken.
fn served(w: &World, who: Who, services: &[&Service]) -> bool {
    let user = &w.ue(who).subscriber.impu;
    w.ue(who).state() == SipUeState::Keyed
        && services.iter().all(|service| {
            let current = w.upf.current(service.group).map(|name| name.id.number);
            let delivery = w.upf.delivery(user, service.group);
            w.ue(who).held(service.group).newest() == current
                && delivery.is_some_and(|delivery| delivery.deadline().is_none())
                && w.reads(who, service)
        })
}

/// A terminal that wants one service and has nothing strange about it, until it is served.
fn join(w: &mut World, name: &'static str, quirks: Quirks) -> Outcome<Who> {
    let news = w.services.news.clone();
    let who = w.admit(name, &[&news], &[&news], quirks)?;
    w.ue_mut(who).view()?;
    Ok(who)
}

fn initiation(w: &mut World) -> Outcome<()> {
    let (news, sports) = (w.services.news.clone(), w.services.sports.clone());
    let alice = w.admit("alice", &[&news, &sports], &[&news, &sports], Quirks::default())?;
    let user = w.ue(alice).subscriber.impu.clone();
    w.ue_mut(alice).view()?;
    let both = [&news, &sports];
    w.expect("both MSKs are held, both services read", 3_000, |w| served(w, alice, &both))?;
    let expected = ["application/sdp", names::MIME_REGISTER.text, names::MIME_AUTHORIZED_REGISTER.text];
    let counts = w.scf.counts.clone();
    w.diary.check(
        "the INVITE carried SDP, services and B-TID as multipart/mixed",
        counts.last_parts == expected,
    );
    w.diary.check("the subscription was looked at once", counts.subscription_checks == 1);
    w.diary.check("the BSF was asked once", w.bsf.queries == 1);
    w.diary.check("the UPF took one H5", w.upf.counts.h5 == 1);
    w.diary.check("the INVITE got one answer, 200", counts.answers.iter().eq([(&200, &1)]));
    w.diary.check("both MSKs are acknowledged", w.upf.counts.acknowledged == 2);
    let named = w.upf.row(&user).and_then(|row| row.context.user(Variant::Sip)).map(|user| user.id.idr);
    let same = w.ue(alice).btid().map(|btid| btid.as_str().as_bytes()) == named;
    w.diary.check("both ends name the MUK by the same B-TID", same);
    w.diary.check("the SCF has wiped the key", counts.keys_wiped == 1 && !w.scf.holds_a_key());
    w.diary.check("the SCF's dialog is active", w.scf.state(&user) == Some(ScfSipState::Active));
    Ok(())
}

fn msk_before_200(w: &mut World) -> Outcome<()> {
    let mut lost = false;
    w.scf.sip.set_filter(move |datagram| {
        let lose = !lost && datagram.start_line().starts_with("SIP/2.0 200");
        lost |= lose;
        if lose { Fate::Lose } else { Fate::Deliver }
    });
    let bob = join(w, "bob", Quirks::default())?;
    let group = w.services.news.group;
    let early = |w: &World| w.ue(bob).state() == SipUeState::Inviting && w.ue(bob).held(group) != Held::None;
    w.expect("the first SIP 200 is lost, the MSK is stored while inviting", 3_000, early)?;
    let news = w.services.news.clone();
    w.expect("the repeated 200 leaves nothing to wait for", 3_000, |w| served(w, bob, &[&news]))?;
    let counts = &w.ue(bob).counts;
    let held = counts.before_200 == 1 && counts.accepted == 1 && counts.reinvites == 0;
    w.diary.check("one MSK came before the 200, and none was asked for", held);
    w.scf.sip.set_filter(|_| Fate::Deliver);
    Ok(())
}

fn refresh(w: &mut World) -> Outcome<()> {
    let (alice, bob, news) = (w.who("alice")?, w.who("bob")?, w.services.news.clone());
    let before = w.upf.current(news.group);
    let (h6, reinvites) = (w.upf.counts.h6, w.ue(alice).counts.reinvites);
    let ip = w.ip(alice)?;
    w.upf.link.deaf.insert(ip);
    w.upf.rekey(news.group, &mut w.diary)?;
    w.expect("a new MSK is in use that alice has missed", 3_000, |w| {
        w.upf.current(news.group) != before && !w.reads(alice, &news)
    })?;
    w.expect("traffic under it makes her ask", 3_000, |w| w.ue(alice).counts.reinvites > reinvites)?;
    w.upf.link.deaf.remove(&ip);
    w.expect("she holds it and reads on", 3_000, |w| served(w, alice, &[&news]))?;
    w.diary.check("the re-INVITE named Key Number 0, the current MSK", w.scf.counts.last_h6 == [0]);
    w.diary.check("the UPF took one H6", w.upf.counts.h6 == h6 + 1);
    let two = matches!(w.ue(alice).held(news.group), Held::Two { .. });
    w.diary.check("the MSK before is still held", two);
    w.expect("bob, who heard everything, reads on too", 2_000, |w| served(w, bob, &[&news]))
}

fn not_authorised(w: &mut World) -> Outcome<()> {
    let (news, films) = (w.services.news.clone(), w.services.films.clone());
    let dora = w.admit("dora", &[&news], &[&news, &films], Quirks::default())?;
    let user = w.ue(dora).subscriber.impu.clone();
    w.ue_mut(dora).view()?;
    let h6 = w.upf.counts.h6;
    w.expect("the re-INVITE for a second Key Group is refused with 403", 3_000, |w| {
        w.ue(dora).counts.refusals == [403] && w.ue(dora).counts.not_renewed == [FailureCause::Sip(403)]
    })?;
    w.diary.check("the UPF heard nothing of it", w.upf.counts.h6 == h6);
    let stands = w.ue(dora).dialog().is_some() && w.scf.state(&user) == Some(ScfSipState::Active);
    w.diary.check("the dialog stands at both ends", stands);
    w.expect("the keys of her service serve on", 2_000, |w| served(w, dora, &[&news]))?;
    w.diary.check("she holds none of the other", w.ue(dora).held(films.group) == Held::None);
    Ok(())
}

fn renewal(w: &mut World) -> Outcome<()> {
    let quirks = Quirks { first_ks_ms: Some(SHORT_KS_MS), ..Quirks::default() };
    let (upf, news) = (w.upf.counts, w.services.news.clone());
    let carol = join(w, "carol", quirks)?;
    let user = w.ue(carol).subscriber.impu.clone();
    let (ip, to) = (w.ip(carol)?, w.ue(carol).link.address()?);
    w.expect("carol is served under a Ks that ends soon", 2_000, |w| served(w, carol, &[&news]))?;
    let (first, stored) = (w.ue(carol).btid().cloned(), w.ue(carol).counts.stored);
    w.upf.link.held.insert(ip, Vec::new());
    w.upf.send_again(&user, &news.id);
    w.expect("another MSK message is under way, and slow", 500, |w| w.upf.link.holds(ip) == 1)?;
    w.expect("Ks nears its end: a new B-TID, told by re-INVITE", 3_000, |w| {
        w.upf.counts.h5 == upf.h5 + 2 && w.ue(carol).counts.accepted == 2
    })?;
    let second = w.ue(carol).btid().cloned();
    let told = w.scf.btid(&user).cloned();
    w.diary.check("the network has the new B-TID", second.is_some() && second != first && told == second);
    let old = w.upf.link.held.get(&ip).and_then(|held| held.first()).cloned().unwrap_or_default();
    w.upf.link.put(to, &old);
    w.expect("the terminal still opens the message under the old MUK", 500, |w| {
        w.ue(carol).counts.stored == stored + 1
    })?;
    let late = upf.acknowledged_late + 1;
    w.expect("and the UPF verifies the answer under it", 500, |w| w.upf.counts.acknowledged_late == late)?;
    let answer = w.ue(carol).link.last.clone();
    w.pass(OLD_MUK_MS + 100)?;
    w.diary.check("the window is over: the old MUK is forgotten", w.ue(carol).counts.muks_forgotten == 1);
    w.upf.link.put(to, &old);
    w.expect("the same message is refused now", 500, |w| {
        w.ue(carol).counts.mikey_refused == [OpenError::MukUnknown]
    })?;
    let (unverified, at) = (w.upf.counts.unverified, w.upf.link.address()?);
    w.ue(carol).link.put(at, &answer);
    w.expect("and so is the same answer", 500, |w| w.upf.counts.unverified == unverified + 1)?;
    let newest = w.upf.link.held.remove(&ip).and_then(|mut held| held.pop()).unwrap_or_default();
    w.upf.link.put(to, &newest);
    w.expect("the message under the new MUK is taken", 500, |w| w.ue(carol).counts.stored == stored + 2)?;
    w.expect("she reads on", 2_000, |w| served(w, carol, &[&news]))
}

fn without_btid(w: &mut World) -> Outcome<()> {
    let (queries, h5, checks) = (w.bsf.queries, w.upf.counts.h5, w.scf.counts.subscription_checks);
    let erin = join(w, "erin", Quirks { without_btid: 1, ..Quirks::default() })?;
    let news = w.services.news.clone();
    w.expect("the INVITE is refused with 403", 2_000, |w| w.ue(erin).counts.refusals == [403])?;
    w.expect("bootstrapped anew, with a B-TID, the terminal gets in", 3_000, |w| served(w, erin, &[&news]))?;
    let once = w.scf.counts.subscription_checks == checks + 1 && w.bsf.queries == queries + 1;
    w.diary.check(
        "subscription, BSF and UPF heard of the second INVITE only",
        once && w.upf.counts.h5 == h5 + 1,
    );
    let counts = &w.ue(erin).counts;
    let held = counts.bootstraps == 2 && counts.muks_forgotten == 1 && counts.failed.is_empty();
    w.diary.check("the first MUK is forgotten", held);
    Ok(())
}

fn stolen_btid(w: &mut World) -> Outcome<()> {
    let alice = w.who("alice")?;
    let (of_alice, name) = (w.ue(alice).subscriber.impu.clone(), w.ue(alice).btid().cloned());
    let stolen = name.as_ref().and_then(|btid: &BTid| w.ue(alice).run_of(btid));
    let (queries, h5, wiped) = (w.bsf.queries, w.upf.counts.h5, w.scf.counts.keys_wiped);
    let mallory = join(w, "mallory", Quirks { stolen, ..Quirks::default() })?;
    let user = w.ue(mallory).subscriber.impu.clone();
    w.expect("the INVITE is refused with 403", 2_000, |w| {
        w.ue(mallory).counts.refusals == [403] && w.ue(mallory).counts.failed == [FailureCause::Sip(403)]
    })?;
    w.diary.check("the BSF said whose the B-TID is", w.bsf.queries == queries + 1);
    let forgotten = w.scf.counts.keys_wiped == wiped + 1 && !w.scf.holds_a_key();
    w.diary.check("the SCF has forgotten the key", forgotten);
    w.diary.check("the UPF heard nothing", w.upf.counts.h5 == h5 && w.upf.row(&user).is_none());
    w.diary.check("alice's dialog is untouched", w.scf.btid(&of_alice) == name.as_ref());
    Ok(())
}

fn wrong_identifier(w: &mut World) -> Outcome<()> {
    w.scf.ua = [1, 0, 0, 0, 2];
    let acknowledged = w.upf.counts.acknowledged;
    let frank = join(w, "frank", Quirks::default())?;
    let user = w.ue(frank).subscriber.impu.clone();
    w.expect("the INVITE is accepted: nobody but the MAC can tell", 2_000, |w| {
        w.ue(frank).counts.accepted == 1
    })?;
    w.expect("the MAC of the MSK message fails", 2_000, |w| !w.ue(frank).counts.mikey_refused.is_empty())?;
    w.expect("asked for twice more it fails again, and the terminal leaves", 4_000, |w| {
        w.ue(frank).counts.failed == [FailureCause::NoMsk] && w.upf.row(&user).is_none()
    })?;
    let counts = w.ue(frank).counts.clone();
    let only = counts.mikey_refused.iter().all(|e| *e == OpenError::MacInvalid);
    w.diary.check("no message was refused for anything else", only && counts.mikey_refused.len() >= 3);
    let stored = counts.stored > 0 || w.ue(frank).role().msks().iter().next().is_some();
    w.diary.check("nothing is stored", !stored && counts.reinvites == 2);
    w.diary.check("nothing is acknowledged", w.upf.counts.acknowledged == acknowledged);
    w.scf.ua = Variant::Sip.ua();
    Ok(())
}

fn forged_h5(w: &mut World) -> Outcome<()> {
    let alice = w.who("alice")?;
    let user = w.ue(alice).subscriber.impu.clone();
    let btid = w.ue(alice).btid().ok_or("alice has no B-TID")?.clone();
    let (h5, refused, mine) = (w.upf.counts.h5, w.upf.counts.refused, Secret::new([0x66; 32]));
    let news = w.services.news.clone();
    let info = NafKeyInfo {
        ue_address: UeAddress::new("127.0.0.99")?,
        muk: KsNaf::new(mine),
        muk_life_time: w.clock.date(w.clock.now().after_millis(60_000)).ok_or("no date")?,
        btid,
        naf_fqdn: NafFqdn::new(SCF)?,
        services: ServiceList::new([&news.id])?,
    };
    let mut body = vec![0; MAX_BODY_LEN];
    let body = info.encode(XmlSettings::default(), &mut body)?.to_vec();
    let mut intruder = Client::connect(w.upf.http_address()?)?;
    intruder.send(posts::request(RequestKind::KeyProvisioning, &user, &body)?);
    let mut answer = None;
    for _ in 0..1_000 {
        answer = answer.or_else(|| intruder.poll());
        if answer.is_some() {
            break;
        }
        w.pass(1)?;
    }
    w.diary.check("the answer is 403", answer == Some(Some(403)));
    let untouched = w.upf.counts.h5 == h5 && w.upf.counts.refused == refused + 1;
    let address = w.upf.row(&user).and_then(|row| row.context.address(Variant::Sip)).map(UeAddress::as_str);
    let own = address == Some(&*w.ip(alice)?.to_string());
    w.diary.check("nothing is stored: alice keeps her key and her address", untouched && own);
    Ok(())
}

fn deauthorisation(w: &mut World) -> Outcome<()> {
    let (alice, bob) = (w.who("alice")?, w.who("bob")?);
    let (news, sports) = (w.services.news.clone(), w.services.sports.clone());
    let user = w.ue(alice).subscriber.impu.clone();
    let ip = w.ip(alice)?;
    let (h7, cancelled, before) = (w.upf.counts.h7, w.upf.counts.cancelled, w.upf.current(news.group));
    w.upf.busy = true;
    w.upf.rekey(news.group, &mut w.diary)?;
    w.upf.rekey(sports.group, &mut w.diary)?;
    w.diary.check("two MSKs for alice are queued", w.upf.queued(&user) == 2);
    let sent = w.upf.link.sent_to(ip);
    w.scf.unsubscribe(&user, &mut w.bsf, &mut w.diary)?;
    w.expect("H7 takes both out of the queue, and the row away", 2_000, |w| {
        w.upf.counts.h7 == h7 + 1 && w.upf.queued(&user) == 0 && w.upf.row(&user).is_none()
    })?;
    w.diary.check("neither was sent", w.upf.counts.cancelled == cancelled + 2);
    w.expect("BYE ends her dialog, and her keys are wiped", 2_000, |w| {
        w.ue(alice).state() == SipUeState::Idle && w.ue(alice).role().msks().iter().next().is_none()
    })?;
    w.upf.busy = false;
    w.expect("everybody else gets the new MSK and reads on", 3_000, |w| {
        w.upf.current(news.group) != before && served(w, bob, &[&news])
    })?;
    let before = w.upf.current(news.group);
    w.upf.rekey(news.group, &mut w.diary)?;
    w.expect("a later MSK goes to everybody else too", 4_000, |w| {
        w.upf.current(news.group) != before && served(w, bob, &[&news])
    })?;
    w.diary.check("and not to her", w.upf.link.sent_to(ip) == sent && !w.reads(alice, &news));
    Ok(())
}

fn bye(w: &mut World) -> Outcome<()> {
    let (bob, dora) = (w.who("bob")?, w.who("dora")?);
    let user = w.ue(bob).subscriber.impu.clone();
    let h7 = w.upf.counts.h7;
    w.ue_mut(bob).stop();
    w.expect("BYE brings H7, and the row goes", 2_000, |w| {
        w.upf.counts.h7 == h7 + 1 && w.upf.row(&user).is_none()
    })?;
    let idle = w.ue(bob).state() == SipUeState::Idle && w.ue(bob).dialog().is_none();
    w.diary.check("the dialog is over at both ends", idle && w.scf.state(&user).is_none());
    let wiped = w.ue(bob).role().msks().iter().next().is_none();
    w.diary.check("the terminal's keys are wiped", wiped);
    let news = w.services.news.clone();
    w.diary.check("the others read on", served(w, dora, &[&news]));
    Ok(())
}
