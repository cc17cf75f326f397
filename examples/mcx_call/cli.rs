//! The command line.

use clap::Parser;

/// Mission-critical signalling keys over SIP MESSAGE: a KMS, servers, two clients, and somebody on the path.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "mcx_call")]
pub(crate) struct Args {
    /// Seed of every key, nonce and forgery of the run.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print the verdict only.
    #[arg(long)]
    pub(crate) quiet: bool,
}
