//! What there is to capture on.

#[cfg(any(unix, test))]
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Was it switched on?
    pub up: bool,
    /// Has it a link?
    pub running: bool,
    /// Does it lead back to this machine?
    pub loopback: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Packets that it received and sent since it exists, where the system tells.
    pub packets: Option<u64>,
}

impl Interface {
    /// `up`, `no link`, `down`.
    pub const fn state(&self) -> &'static str {
        match (self.up, self.running) {
            (true, true) => "up",
            (true, false) => "no link",
            (false, _) => "down",
        }
    }
}

/// The interfaces of this machine, or of the network namespace that we are in.
///
/// # Errors
///
/// The operating system does not tell.
#[cfg(unix)]
pub fn list() -> io::Result<Vec<Interface>> {
    use nix::ifaddrs::getifaddrs;
    use nix::net::if_::InterfaceFlags;

    let mut interfaces: Vec<Interface> = Vec::new();
    for entry in getifaddrs().map_err(io::Error::from)? {
        let flags = entry.flags;
        let place = interfaces
            .iter()
            .position(|known| known.name == entry.interface_name);
        let place = place.unwrap_or_else(|| {
            interfaces.push(Interface {
                name: entry.interface_name.clone(),
                up: flags.contains(InterfaceFlags::IFF_UP),
                running: flags.contains(InterfaceFlags::IFF_RUNNING),
                loopback: flags.contains(InterfaceFlags::IFF_LOOPBACK),
                addresses: Vec::new(),
                packets: None,
            });
            interfaces.len() - 1
        });
        let address = entry.address.as_ref().and_then(|address| {
            let v4 = address
                .as_sockaddr_in()
                .map(|address| IpAddr::V4(address.ip()));
            v4.or_else(|| {
                address
                    .as_sockaddr_in6()
                    .map(|address| IpAddr::V6(address.ip()))
            })
        });
        if let (Some(address), Some(interface)) = (address, interfaces.get_mut(place)) {
            interface.addresses.push(address);
        }
    }
    let counters = counters();
    for interface in &mut interfaces {
        interface.packets = counters.get(&interface.name).copied();
    }
    Ok(interfaces)
}

/// The interfaces of this machine.
///
/// # Errors
///
/// Without libpcap always: then only programs that capture for us know them.
#[cfg(not(unix))]
pub fn list() -> io::Result<Vec<Interface>> {
    #[cfg(feature = "libpcap")]
    {
        crate::ingest::live::libpcap::list()
    }
    #[cfg(not(feature = "libpcap"))]
    {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Packets received and sent by each interface, where the system has a file of them.
#[cfg(unix)]
fn counters() -> BTreeMap<String, u64> {
    std::fs::read_to_string("/proc/net/dev")
        .map_or_else(|_no_such_file| BTreeMap::new(), |text| counted(&text))
}

/// `  eth0: bytes packets errs drop fifo frame compressed multicast bytes packets …`, below two lines of titles.
#[cfg(any(unix, test))]
fn counted(text: &str) -> BTreeMap<String, u64> {
    text.lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let number = |place| rest.split_whitespace().nth(place)?.parse::<u64>().ok();
            Some((
                name.trim().to_owned(),
                number(1)?.saturating_add(number(9)?),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_both_ways_are_counted() {
        let text = "Inter-|   Receive  | Transmit\n face |bytes packets errs\n  eth0: 900 10 0 0 0 0 0 0 800 7 0 0 0 0 0 0\n broken: 1\n";
        let counted = counted(text);
        assert_eq!(
            counted.into_iter().collect::<Vec<_>>(),
            [("eth0".to_owned(), 17)]
        );
    }

    #[cfg(unix)]
    #[test]
    fn loopback_is_there() {
        let interfaces = list().unwrap();
        assert!(interfaces.iter().any(|interface| interface.loopback));
    }
}
