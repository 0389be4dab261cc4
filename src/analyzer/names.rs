//! Names of addresses: from DNS, mDNS, and the capture file itself.

use std::net::IpAddr;

use hashbrown::HashSet;

/// Names of addresses, in order of first sight. Bounded; the first name of an address stands.
#[derive(Debug)]
pub(super) struct Names {
    list: Vec<(IpAddr, String)>,
    known: HashSet<IpAddr>,
    limit: usize,
}

impl Names {
    /// Room for `limit` addresses.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            known: HashSet::new(),
            limit,
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[(IpAddr, String)] {
        &self.list
    }

    /// The newest half of as many as there is room for: who takes over has room for others.
    pub(super) fn newer(&self) -> &[(IpAddr, String)] {
        let older = self.list.len().saturating_sub(self.limit / 2);
        self.list.get(older..).unwrap_or_default()
    }

    /// `name` was said to have `address`.
    pub(super) fn learn(&mut self, address: IpAddr, name: &str) {
        if self.list.len() < self.limit && self.known.insert(address) {
            self.list.push((address, name.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_first_name_stands_and_the_list_is_bounded() {
        let mut names = Names::new(2);
        for (last, name) in [(1, "a"), (1, "b"), (2, "c"), (3, "d")] {
            names.learn(Ipv4Addr::new(192, 0, 2, last).into(), name);
        }
        let words = |list: &[(IpAddr, String)]| -> Vec<String> {
            list.iter().map(|(_, name)| name.clone()).collect()
        };
        assert_eq!(words(names.all()), ["a", "c"]);
        assert_eq!(words(names.newer()), ["c"]);
    }
}
