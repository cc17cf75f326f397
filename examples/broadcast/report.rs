//! What the run says at its end.

use castkey::time::Tick;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use crate::air::Air;
use crate::attacker::Attacker;
use crate::bm_sc::ServerCounts;
use crate::cli::Args;
use crate::crowd::Distribution;
use crate::ledger::Tally;
use crate::link::LinkCounts;

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) tally: Tally,
}

pub(crate) struct Report {
    pub(crate) ues: u32,
    pub(crate) loss: f64,
    pub(crate) seed: u64,
    pub(crate) rows: Vec<Row>,
    pub(crate) diary: Vec<(Tick, String)>,
    pub(crate) link: LinkCounts,
    pub(crate) server: ServerCounts,
    pub(crate) replayed: u64,
    pub(crate) flipped: u64,
    pub(crate) server_fooled: u64,
    pub(crate) media_sent: usize,
    pub(crate) keyed_ms: u64,
    pub(crate) rates: Vec<(String, Distribution)>,
    pub(crate) remarks: Vec<String>,
}

impl Report {
    pub(crate) fn new(args: &Args, air: &Air, rows: Vec<Row>, server: ServerCounts) -> Self {
        let sent = |of: fn(&Attacker) -> u64| air.attacker.as_ref().map_or(0, of);
        Self {
            ues: args.ues,
            loss: args.loss,
            seed: args.seed,
            rows,
            diary: air.diary.clone(),
            link: air.link.counts,
            server,
            replayed: sent(|attacker| attacker.replayed),
            flipped: sent(|attacker| attacker.flipped),
            server_fooled: air.ledger.server_fooled(),
            media_sent: air.ledger.media_sent(),
            keyed_ms: 0,
            rates: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Why the run failed; empty when it passed. The module `ledger` says what counts.
    pub(crate) fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for Row { name, tally } in &self.rows {
            let mut fail = |count: u64, what: &str| {
                if count > 0 {
                    failures.push(format!("{name}: {count} {what}"));
                }
            };
            fail(tally.lost_with_key, "packets not decrypted although it held the key");
            fail(tally.read_unentitled, "packets read without being entitled");
            fail(tally.replays_accepted, "replays accepted");
            fail(tally.forgeries_accepted, "forgeries accepted");
            fail(u64::from(tally.decrypted == 0), "packets decrypted would have been the least");
        }
        if self.server_fooled > 0 {
            failures.push(format!("BM-SC: {} replays or forgeries accepted", self.server_fooled));
        }
        failures.extend(self.remarks.iter().cloned());
        failures
    }

    pub(crate) fn verdict(&self) -> String {
        let failures = self.failures();
        if failures.is_empty() {
            let sum = |of: fn(&Tally) -> u64| self.rows.iter().map(|row| of(&row.tally)).sum::<u64>();
            let decrypted = sum(|tally| tally.decrypted);
            let lost = sum(|tally| tally.lost_without_key);
            let hostile = self.replayed + self.flipped;
            format!(
                "PASS: {decrypted} packets decrypted, 0 lost under a key that was held ({lost} before their key \
                 came), 0 read by the expelled, 0 of {hostile} hostile datagrams accepted"
            )
        } else {
            format!("FAIL: {}", failures.join("; "))
        }
    }

    pub(crate) fn print(&self) {
        println!("Timeline");
        for (at, text) in &self.diary {
            println!("  {:>3}.{:03} s  {text}", at.as_millis() / 1_000, at.as_millis() % 1_000);
        }
        println!("\n{}\n", self.table());
        println!(
            "received: different media packets that came, of {}. refused: copies, replays, forgeries, packets without \
             a key.\nlost with key must be 0. lost without key: the link lost the key, not the packet.\nclosed to it: \
             packets under a key made after it was expelled. read from attacker: the link had lost the original, so the \
             attacker's\ncopy was no replay.",
            self.media_sent
        );
        let LinkCounts { offered, lost, duplicated, delayed } = self.link;
        println!("Link: {offered} datagrams, {lost} lost, {duplicated} duplicated, {delayed} delayed.");
        println!("Attacker: {} datagrams replayed, {} sent with a flipped bit.", self.replayed, self.flipped);
        let ServerCounts { msk_messages, acknowledged, mtk_messages } = self.server;
        println!(
            "BM-SC: {msk_messages} MSK messages, {acknowledged} acknowledged, {mtk_messages} MTK messages."
        );
        for (what, rate) in &self.rates {
            println!(
                "{what}: {} MSK messages a second sealed, sent, opened, acknowledged and verified ({} in {} ms, then \
                 retries); all {} after {} ms.",
                rate.first_pass_messages * 1_000 / rate.first_pass_ms.max(1),
                rate.first_pass_messages,
                rate.first_pass_ms,
                rate.acknowledged,
                rate.ms
            );
        }
        println!();
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header([
            "terminal",
            "received",
            "decrypted",
            "lost\nwith key",
            "lost\nwithout key",
            "closed\nto it",
            "of these\nread",
            "read from\nattacker",
            "refused",
            "replays\naccepted",
        ]);
        // A large group is not understood at a glance; its first terminals play all the parts.
        for Row { name, tally } in self.rows.iter().take(24) {
            let numbers = [
                tally.received,
                tally.decrypted,
                tally.lost_with_key,
                tally.lost_without_key,
                tally.not_entitled,
                tally.read_unentitled,
                tally.from_attacker,
                tally.refused,
                tally.replays_accepted + tally.forgeries_accepted,
            ];
            let cells = numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right));
            table.add_row(core::iter::once(Cell::new(name)).chain(cells));
        }
        table
    }
}
