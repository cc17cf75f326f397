//! Where a request came from and where its answers go (RFC 3261 §18.2, RFC 3581).

use core::net::{IpAddr, SocketAddr};

use ezk_sip_types::header::typed::Via;
use ezk_sip_types::host::{Host, HostPort};
use ezk_sip_types::print::AppendCtx;
use ezk_sip_types::{Headers, Name};

use super::token::Tokens;

/// The Via fields of a message.
#[derive(Clone, Debug)]
pub(super) struct Hops {
    pub(super) branch: String,
    pub(super) sent_by: HostPort,
    top: Via,
    /// As they came, the topmost first; a field with several hops is one string still.
    fields: Vec<String>,
}

impl Hops {
    /// `None` without a topmost hop over UDP with a branch of RFC 3261.
    pub(super) fn read(headers: &Headers) -> Option<Self> {
        let top: Via = headers.get(Name::VIA).ok()?;
        let branch = top.params.get_val("branch")?.to_string();
        if !top.transport.eq_ignore_ascii_case("UDP") || !branch.starts_with(Tokens::COOKIE) {
            return None;
        }
        let fields = headers.get_raw(&Name::VIA).map(ToString::to_string).collect();
        Some(Self { branch, sent_by: top.sent_by.clone(), top, fields })
    }

    /// Notes the source of a request in the topmost hop, and returns where its answers go.
    pub(super) fn stamp(&mut self, source: SocketAddr) -> SocketAddr {
        let (written, port) = (self.sent_by.ip(), self.sent_by.port.unwrap_or(5060));
        let by_port = self.top.params.get("rport").is_some_and(|rport| rport.value.is_none());
        if !by_port && written == Some(source.ip()) {
            return SocketAddr::new(source.ip(), port);
        }
        let mut top = self.top.clone();
        top.params.push_or_edit("received", source.ip().to_string());
        if by_port {
            top.params.push_or_edit("rport", source.port().to_string());
        }
        let printed = top.default_print_ctx().to_string();
        if let Some(first) = self.fields.first_mut() {
            *first = first
                .split_once(',')
                .map_or_else(|| printed.clone(), |(_, rest)| format!("{printed},{rest}"));
        }
        if by_port { source } else { SocketAddr::new(source.ip(), port) }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }
}

/// The Via of a request of ours.
pub(super) fn ours(address: SocketAddr, branch: &str) -> Via {
    let mut via = Via::new("UDP", address, branch.to_owned());
    via.params.push(ezk_sip_types::uri::params::Param::name("rport"));
    via
}

/// The address in `host`, if it is one: names are not looked up.
pub(super) fn socket_address(host: &HostPort) -> Option<SocketAddr> {
    let ip = match &host.host {
        Host::IP4(ip) => IpAddr::V4(*ip),
        Host::IP6(ip) => IpAddr::V6(*ip),
        Host::Name(_) => return None,
    };
    Some(SocketAddr::new(ip, host.port.unwrap_or(5060)))
}
