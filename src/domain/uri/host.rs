//! Addresses as they are written in a connection string.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// How the name of a socket file ends; the driver goes by it too.
const SOCKET_SUFFIX: &str = ".sock";

/// Whether the address is a socket file.
pub(super) fn is_socket(host: &str) -> bool {
    host.ends_with(SOCKET_SUFFIX)
}

/// Whether an address as it is written is on this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.to_ascii_lowercase();
    is_socket(host) || name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Checks one address as it is written; the problem and the remedy where it is wrong.
pub(super) fn check(host: &str, srv: bool) -> Result<(), (&'static str, &'static str)> {
    if host.is_empty() {
        return Err((
            "a host name is missing",
            "Write `host:port`; a socket file is written percent-encoded, as `%2Ftmp%2Fmongodb-27017.sock`",
        ));
    }
    if is_socket(host) {
        let fault = ("a `mongodb+srv://` URI names a socket file", "Begin with `mongodb://`");
        return if srv { Err(fault) } else { Ok(()) };
    }
    let port = if let Some(literal) = host.strip_prefix('[') {
        let closed = literal.split_once(']');
        let valid = closed.filter(|(address, _)| Ipv6Addr::from_str(address).is_ok());
        let (_, after) = valid.ok_or((
            "the address in brackets is no IPv6 address",
            "Write an IPv6 address as `[::1]:27017`",
        ))?;
        if after.is_empty() { None } else { Some(after.strip_prefix(':').unwrap_or_default()) }
    } else {
        host.split_once(':').map(|(_, port)| port)
    };
    if host.starts_with(':') {
        return Err(("there is a port without a host name", "Write `host:port`"));
    }
    match port {
        Some(_) if srv => {
            Err(("a `mongodb+srv://` URI names a port", "Remove the port: the SRV record holds it"))
        }
        Some(port) if !is_port(port) => Err((
            "a port is not a number from 1 to 65535",
            "Correct the port; if this is part of the password, percent-encode the password and put an `@` after it",
        )),
        _ => Ok(()),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|n| n > 0)
}
