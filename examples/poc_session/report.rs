//! What the run says at its end.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use crate::judge::{Fate, Judge};
use crate::link::LinkCounts;
use crate::stage::Line;
use crate::timeline::{self, Mark};
use crate::verdict::{Totals, totals};

/// A column of the timeline.
const COLUMN_MS: u64 = 150;

pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) totals: Totals,
    pub(crate) joined: u64,
    pub(crate) keyed: u64,
    pub(crate) unkeyed: u64,
    pub(crate) removed: u64,
}

pub(crate) struct Report {
    pub(crate) loss: f64,
    pub(crate) seed: u64,
    pub(crate) clients: Vec<Client>,
    pub(crate) diary: Vec<Line>,
    pub(crate) steps: Vec<u8>,
    pub(crate) timeline: String,
    pub(crate) packets: usize,
    pub(crate) link: LinkCounts,
    pub(crate) updates: u32,
    pub(crate) offers: u64,
    pub(crate) refused: u64,
    pub(crate) turned_away: u64,
    pub(crate) tries: u64,
    pub(crate) seconds: f64,
    pub(crate) failures: Vec<String>,
}

/// A row of totals for each client.
pub(crate) fn clients(names: &[&str], judge: &Judge) -> Vec<Client> {
    let row = |(name, seen): (&&str, &crate::judge::Seen)| Client {
        name: (*name).to_owned(),
        totals: totals(seen),
        joined: seen.joined,
        keyed: seen.keyed,
        unkeyed: seen.unkeyed,
        removed: seen.removed,
    };
    names.iter().zip(&judge.seen).map(row).collect()
}

/// The timeline of the whole run.
pub(crate) fn timeline(names: &[&str], judge: &Judge, turns: &[(u64, char)]) -> String {
    let origin = judge.sent.values().map(|sent| sent.at.as_millis()).min().unwrap_or(0);
    let length = judge.sent.values().map(|sent| sent.at.as_millis() - origin + 1).max().unwrap_or(0);
    let mark = |index: &u64, read: bool| {
        let sent = judge.sent.get(index)?;
        Some(Mark { at_ms: sent.at.as_millis() - origin, msk: judge.letter(sent.mki.msk), read })
    };
    let sent = judge.sent.keys().filter_map(|index| mark(index, true)).collect();
    let mut rows = vec![timeline::Row { name: "sent".to_owned(), marks: sent }];
    for (name, seen) in names.iter().zip(&judge.seen) {
        let fates = seen.fates.iter();
        let marks =
            fates.filter_map(|(index, fate)| mark(index, matches!(fate, Fate::Read { .. }))).collect();
        rows.push(timeline::Row { name: (*name).to_owned(), marks });
    }
    let turns: Vec<(u64, char)> = turns.iter().map(|(at, turn)| (at.saturating_sub(origin), *turn)).collect();
    timeline::draw(&rows, &turns, length, COLUMN_MS)
}

impl Report {
    pub(crate) fn verdict(&self) -> String {
        if self.failures.is_empty() {
            let sum =
                |of: fn(&Totals) -> u64| self.clients.iter().map(|client| of(&client.totals)).sum::<u64>();
            format!(
                "PASS: {} packets read, 0 lost whose keys had been sent ({} before their keys came), 0 closed ones read in \
                 {} tries, {} MSK updates in {:.1} s",
                sum(|totals| totals.read),
                sum(|totals| totals.lost_without_key),
                self.tries,
                self.updates,
                self.seconds
            )
        } else {
            format!("FAIL: {}", self.failures.join("; "))
        }
    }

    pub(crate) fn print(&self) {
        println!("\nWho read what, under which MSK (a column is {COLUMN_MS} ms)\n\n{}", self.timeline);
        println!(
            "capital: all that came were read; small: some; dot: none; blank: none came\n\n{}\n",
            self.table()
        );
        println!(
            "lost with key must be 0: MSK and MTK message had reached the member. lost without key: they had not.\nkept \
             out: came after the client was out, and could not be read. closed, read must be 0."
        );
        let LinkCounts { offered, lost, duplicated, delayed } = self.link;
        println!(
            "Media: {} packets. Bearer: {offered} copies, {lost} lost, {duplicated} duplicated, {delayed} delayed.",
            self.packets
        );
        println!(
            "PF: {} offers with MSKs, {} failed or refused; {} calls of the expelled turned away. The expelled tried \
             {} times to open a packet with an old key.\n",
            self.offers, self.refused, self.turned_away, self.tries
        );
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([
            "client",
            "came",
            "read",
            "of these\nwaited",
            "lost\nwith key",
            "lost\nwithout key",
            "kept\nout",
            "closed,\nread",
            "MBCP\nread",
            "joined",
            "keyed",
            "unkeyed",
            "went",
        ]);
        for Client { name, totals, joined, keyed, unkeyed, removed } in &self.clients {
            let numbers = [
                totals.came,
                totals.read,
                totals.waited,
                totals.lost_with_key,
                totals.lost_without_key,
                totals.kept_out,
                totals.closed_read,
                totals.control_read,
                *joined,
                *keyed,
                *unkeyed,
                *removed,
            ];
            let cells = numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right));
            table.add_row(core::iter::once(Cell::new(name)).chain(cells));
        }
        table
    }
}
