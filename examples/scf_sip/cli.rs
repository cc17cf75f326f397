//! The command line.

use clap::Parser;

/// Terminals get MBMS keys by way of SIP: the SCF is the NAF, the UPF sends MIKEY.
#[derive(Clone, Debug, Parser)]
#[command(name = "scf_sip")]
pub(crate) struct Args {
    /// Print the verdict only.
    #[arg(long)]
    pub(crate) quiet: bool,
}
