//! The command line.

use core::net::SocketAddr;

use castkey::poc::Confirm;
use clap::{Parser, ValueEnum};

/// A PoC server updates the MSK of its multicast channel while media runs, and throws one client out.
#[derive(Clone, Debug, Parser)]
#[command(name = "poc_session")]
pub(crate) struct Args {
    /// Share of datagrams that SIP and the bearer lose, 0 to 0.3; the bearer duplicates and delays half as many each.
    #[arg(long, default_value_t = 0.05, value_parser = loss)]
    pub(crate) loss: f64,
    /// Seed of what is lost. Keys do not depend on it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the verdict only.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Run server and distribution alone, at this address, for SIP clients from outside.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// With --listen: call this client, USER@ADDRESS, rather than wait for a call.
    #[arg(long, value_name = "USER@ADDRESS", value_parser = callee, requires = "listen")]
    pub(crate) call: Option<(String, SocketAddr)>,
    /// With --listen: MSK updates before the server ends the session.
    #[arg(long, default_value_t = 1, requires = "listen")]
    pub(crate) updates: u32,
    /// With --listen: whether a 200 must bring MIKEY verification messages.
    #[arg(long, value_enum, default_value_t = Confirmation::Required, requires = "listen")]
    pub(crate) confirm: Confirmation,
    /// With --listen: seconds after which the run is given up.
    #[arg(long, default_value_t = 30, requires = "listen")]
    pub(crate) patience: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Confirmation {
    /// Verification messages for all MSKs of the offer.
    Required,
    /// The 200 is enough.
    Ok,
}

impl From<Confirmation> for Confirm {
    fn from(confirmation: Confirmation) -> Self {
        match confirmation {
            Confirmation::Required => Self::Required,
            Confirmation::Ok => Self::OkIsEnough,
        }
    }
}

fn loss(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(loss) if (0.0..=0.3).contains(&loss) => Ok(loss),
        _ => Err("a number from 0 to 0.3".to_owned()),
    }
}

fn callee(text: &str) -> Result<(String, SocketAddr), String> {
    let parts = text.split_once('@').filter(|(user, _)| !user.is_empty());
    let callee = parts.and_then(|(user, address)| Some((user.to_owned(), address.parse().ok()?)));
    callee.ok_or_else(|| "USER@ADDRESS:PORT".to_owned())
}
