//! The command line.

use clap::Parser;

/// A BM-SC serves MSK registrations and requests over HTTP Digest and sends the keys by MIKEY.
#[derive(Clone, Debug, Parser)]
#[command(name = "bmsc")]
pub(crate) struct Args {
    /// Terminals of the load.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub(crate) ues: u32,
    /// HTTP requests of the load that are in flight at once.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) in_flight: u16,
    /// Seed of the order in which terminals come. Keys do not depend on it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print the verdict only.
    #[arg(long)]
    pub(crate) quiet: bool,
}
