//! The load: every terminal registers, requests its MSK, gets a new one, and requests it again, with many requests in flight.
//!
//! | phase | what | what must hold |
//! |---|---|---|
//! | H1 | the SCF authorises everybody | a row each |
//! | H2 | everybody registers | every terminal is keyed, every delivery acknowledged |
//! | H4 | everybody is solicited, and asks | an answer each |
//! | rekey | a new MSK for everybody | every terminal holds it |
//! | H4 | as before | memory has not grown with the number of requests |

mod phase;

use core::time::Duration;
use std::thread;
use std::time::Instant;

use castkey::ims::{HttpUe, SipOutcome, UeTiming};
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::Outcome;
use crate::cli::Args;
use crate::measure::{mib, most_resident, percentiles, rate, resident};
use crate::names::{self, NEWS, Subscriber};
use crate::plays::SETTINGS;
use crate::report::Report;
use crate::server;
use crate::ue::{Driver, Fact, Procedure, Shared, Terminal, lock};
use crate::world::World;
use phase::Crew;

/// Longest wait for the last of them.
const PATIENCE: Duration = Duration::from_secs(40);

/// What memory may grow by while requests go on, octets: allocators keep some of what they were given back.
const MOST_GROWTH: u64 = 8 << 20;

pub(crate) fn run(world: &World, args: &Args, report: &mut Report) -> Outcome<()> {
    report.begin("Load");
    let terminals = crowd(world, args)?;
    let count = terminals.len();
    let bar = if report.is_quiet() { ProgressBar::hidden() } else { ProgressBar::new(u64::from(args.ues)) };
    bar.set_style(ProgressStyle::with_template("{bar:24} {pos:>6} {wide_msg}")?);
    let crew = Crew { world, terminals: count, in_flight: args.in_flight.into(), bar };
    let before = resident();

    // H1. The INVITE is answered; what the terminals do then is the next phase.
    let service = names::services()?;
    let [news, _] = &service;
    let h1 = crew.each("H1: the SCF authorises", &terminals, |driver, terminal| {
        let impu = lock(terminal).impu()?;
        lock(terminal).procedure.handle(Fact::View { registered: false }, world.clock.now())?;
        let answer = driver.scf.invite(&impu, &news.id)?;
        if answer.code() == 200 { Ok(()) } else { Err(format!("SIP {}", answer.code()).into()) }
    })?;
    let rows = world.server.with(|upf| upf.rows());
    report.check("H1: a row each", rows == count && h1.errors.is_empty());
    let a_row = resident().saturating_sub(before) / u64::from(args.ues);

    // H2.
    let accepted =
        |driver: &mut Driver<'_>, terminal: &Shared| driver.tell(terminal, Fact::Sip(SipOutcome::Accepted));
    let h2 = crew.each("H2: registration", &terminals, accepted)?;
    let keyed = crew.wait(PATIENCE, || {
        crew.overdue(&terminals)?;
        Ok(terminals.iter().filter(|terminal| lock(terminal).procedure.is_keyed()).count())
    })?;
    let h2_took = h2.started.elapsed();
    report.check("H2: every terminal is keyed", keyed == count && h2.errors.is_empty());
    let acknowledged = crew.delivered(PATIENCE)?;
    report.check("H2: every delivery is acknowledged", acknowledged == count);

    // H4.
    let mut requests = crew.pulled("H4: MSK requests", &terminals)?;
    report.check(
        "H4: every terminal asked and was granted",
        requests.served == count && requests.errors.is_empty(),
    );
    let acknowledged = crew.delivered(PATIENCE)?;
    report.check("H4: every delivery is acknowledged", acknowledged == count);
    let settled = resident();

    // A new MSK.
    let rekeyed = Instant::now();
    world.server.with(|upf| upf.rekey(NEWS));
    let acknowledged = crew.delivered(PATIENCE)?;
    let rekey_took = rekeyed.elapsed();
    let newest = world.server.with(|upf| upf.newest(NEWS)).ok_or("no MSK")?;
    let hold = terminals.iter().filter(|terminal| lock(terminal).holds(newest)).count();
    report.check(
        "rekey: every terminal holds the new MSK and acknowledged it",
        acknowledged == count && hold == count,
    );

    // H4 again.
    let again = crew.pulled("H4: MSK requests again", &terminals)?;
    report.check(
        "H4 again: every terminal asked and was granted",
        again.served == count && again.errors.is_empty(),
    );
    crew.delivered(PATIENCE)?;
    let growth = resident().saturating_sub(settled);

    // The proof of the keys: everybody opens one MTK message.
    terminals.iter().for_each(|terminal| world.modem.plug(terminal));
    let reading = crew.wait(PATIENCE, || {
        world.server.with(|upf| upf.roll(NEWS));
        thread::sleep(Duration::from_millis(200));
        Ok(terminals.iter().filter(|terminal| lock(terminal).holds_an_mtk()).count())
    })?;
    report.check("every terminal opened an MTK message under it", reading == count);

    let (counts, naf) = world.server.with(|upf| (upf.counts, upf.naf_entries()));
    report.check("nothing was undelivered", counts.undelivered == 0);
    report.check("a row and a B-TID for each user, no more", rows == count && naf == count);
    report.check("memory did not grow with the requests", growth <= MOST_GROWTH);
    full(world, args, report)?;

    let posts: u64 = terminals.iter().map(|terminal| lock(terminal).tally.posts).sum();
    let proven: u64 = terminals.iter().map(|terminal| lock(terminal).tally.proven).sum();
    report.check("every answer 200 was proven by rspauth", proven >= u64::from(args.ues) * 3);
    let h2_posts = h2.challenged_us.len() + h2.registration_us.len();
    report.figure("terminals, requests in flight", format!("{count}, {}", args.in_flight));
    report.figure("H1", format!("{} requests/s; {}", rate(count, h1.took), percentiles(h1.h1_us)));
    report.figure(
        "H2 until keyed",
        format!("{} requests/s, {} terminals/s", rate(h2_posts, h2.took), rate(count, h2_took)),
    );
    report.figure("H2, the 401", percentiles(h2.challenged_us));
    report.figure("H2, the 200", percentiles(h2.registration_us));
    requests.msk_request_us.extend(again.msk_request_us);
    let took = requests.took + again.took;
    let h4 = requests.msk_request_us.len();
    report.figure("H4", format!("{} requests/s; {}", rate(h4, took), percentiles(requests.msk_request_us)));
    report.figure(
        "MSK messages pushed, opened, acknowledged",
        format!("{} /s, {count} in {} ms", rate(count, rekey_took), rekey_took.as_millis()),
    );
    report.figure(
        "datagrams of the BM-SC",
        format!("{}, {} repeated, {} acknowledged", counts.datagrams, counts.repeated, counts.delivered),
    );
    report.figure("POSTs of the terminals", posts.to_string());
    let sizes = size_of::<server::Row>() + server::INDEX_LEN + size_of::<server::NafEntry>();
    report.figure("octets for a user at the BM-SC, by the sizes of the types", sizes.to_string());
    report.figure("octets for a user after H1, by resident memory", a_row.to_string());
    report.figure("resident memory, most (BM-SC and terminals)", mib(most_resident()));
    report.figure("growth of resident memory over the last phases", mib(growth));
    Ok(())
}

/// The terminals, in an order of the seed. Half of them have no SHA-256.
fn crowd(world: &World, args: &Args) -> Outcome<Vec<Shared>> {
    let [news, _] = names::services()?;
    let mut terminals = Vec::new();
    for number in 0..args.ues {
        let who = Subscriber::new(&format!("ue{number}"))?;
        let impu = who.impu()?.clone();
        world.subscribe(&impu, &news.id);
        let machine = HttpUe::new(UeTiming::default(), news.id.clone(), impu, &[news.group])?;
        let mut terminal = Terminal::new(who, news.clone(), Procedure::Service(machine), SETTINGS);
        terminal.mishap.md5_only = number % 2 == 1;
        terminals.push(terminal.share());
    }
    terminals.shuffle(&mut StdRng::seed_from_u64(args.seed));
    Ok(terminals)
}

/// The store takes no more than it was told: the next user gets 503, and nobody else is the worse for it.
fn full(world: &World, args: &Args, report: &mut Report) -> Outcome<()> {
    let [news, _] = names::services()?;
    let mut driver = Driver::new(world);
    let room = 16_u32.saturating_sub(args.ues);
    for number in 0..=room {
        let who = Subscriber::new(&format!("late{number}"))?;
        world.subscribe(who.impu()?, &news.id);
        let answer = driver.scf.invite(who.impu()?, &news.id)?;
        let expected = if number == room { 503 } else { 200 };
        if number == room || answer.code() != expected {
            report.check("a user more than there is room for gets 503", answer.code() == expected);
        }
    }
    Ok(())
}

/// Waits on a channel without end are cut into pieces of this length.
const A_WHILE: Duration = Duration::from_millis(20);
