//! The command line.

use clap::Parser;

/// A broadcast server keys terminals over UDP, rekeys them while media runs, and throws one out.
#[derive(Clone, Debug, Parser)]
#[command(name = "broadcast")]
pub(crate) struct Args {
    /// Terminals. Above 500 they share sockets and the script is shorter.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub(crate) ues: u32,
    /// Share of datagrams the link loses, 0 to 0.5; half as many are duplicated, half as many overtaken.
    #[arg(long, default_value_t = 0.05, value_parser = loss)]
    pub(crate) loss: f64,
    /// Seed of the link and of the attacker. Keys do not depend on it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the verdict only.
    #[arg(long)]
    pub(crate) quiet: bool,
}

fn loss(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(loss) if (0.0..=0.5).contains(&loss) => Ok(loss),
        _ => Err("a number from 0 to 0.5".to_owned()),
    }
}
