//! Host and port, as a Host header or an absolute target has them (RFC 9110 §7.2).

use super::Refusal;
use crate::ims::NafFqdn;

/// `host[:port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// The host name, or an address.
    pub host: &'a str,
    /// The port, when one is named.
    pub port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Reads the value of a Host header.
    ///
    /// # Errors
    ///
    /// [`Refusal::MalformedHost`] for user information, other characters than those of host names and addresses, a name
    /// over [`NafFqdn::MAX_LEN`], or a port that is no port.
    pub fn parse(value: &'a [u8]) -> Result<Self, Refusal> {
        let text = core::str::from_utf8(value).map_err(|_| Refusal::MalformedHost)?;
        let text = text.trim_matches([' ', '\t']);
        // The colons of an IPv6 address stand in brackets.
        let bracket = text.find(']').map_or(0, |at| at.saturating_add(1));
        let colon = text.get(bracket..).and_then(|rest| rest.find(':')).map(|at| bracket.saturating_add(at));
        let (host, port) = match colon.and_then(|at| text.split_at_checked(at)) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => (text, None),
        };
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let of_name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
        let of_address = |c: u8| c.is_ascii_hexdigit() || matches!(c, b':' | b'.');
        let good = inner.map_or_else(
            || !host.is_empty() && host.bytes().all(of_name),
            |address| !address.is_empty() && address.bytes().all(of_address),
        );
        if !good || host.len() > NafFqdn::MAX_LEN {
            return Err(Refusal::MalformedHost);
        }
        let port = port.map(|digits| {
            let number = digits.parse::<u16>().ok();
            number.filter(|_| digits.bytes().all(|c| c.is_ascii_digit())).ok_or(Refusal::MalformedHost)
        });
        Ok(Self { host, port: port.transpose()? })
    }

    /// Whether this is the host `fqdn`; names are compared without case, the port is not compared.
    #[must_use]
    pub fn is_host(&self, fqdn: &NafFqdn) -> bool {
        self.host.eq_ignore_ascii_case(fqdn.as_str())
    }
}
