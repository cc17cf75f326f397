//! Address and port of a flow in a security description.
//!
//! ```text
//! 232.0.1.2/4002   232.0.1.2:4002   ff1e::1/4002   ff1e::1:4002   [ff1e::1]:4002
//! ```

use core::net::{IpAddr, SocketAddr};

use super::text::Text;
use crate::ims::ImsError;

/// Reads either form; the port stands behind the last separator, so an IPv6 address needs no brackets.
pub(super) fn read(text: Text<'_>) -> Result<SocketAddr, ImsError> {
    let value = text.value()?;
    let parts = value.split_once('/').or_else(|| value.rsplit_once(':'));
    let (address, port) = parts.ok_or(ImsError::Malformed)?;
    let address = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map_or_else(
        || address.parse().map_err(|_| ImsError::Malformed),
        |v6| v6.parse().map(IpAddr::V6).map_err(|_| ImsError::Malformed),
    )?;
    // The conversion would also take a sign.
    let digits = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0).ok_or(ImsError::Malformed)?;
    Ok(SocketAddr::new(address, port))
}

/// The form `address/port`, which reads the same for both families; at most 45 characters for the address.
pub(super) fn write(flow: SocketAddr) -> heapless::String<51> {
    let mut text = heapless::String::new();
    let _fits = core::fmt::write(&mut text, format_args!("{}/{}", flow.ip(), flow.port()));
    text
}
