//! An expression to tests on bytes: what libpcap tests, in what order, for the same words.

use std::net::IpAddr;

use crate::ingest::live::filter::Layer;
use crate::ingest::live::filter::expression::Asked;
use crate::ingest::live::filter::expression::End;
use crate::ingest::live::filter::expression::Expression;
use crate::ingest::live::filter::expression::Protocol;
use crate::ingest::live::filter::expression::Term;

/// Tests and how they are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tests {
    /// One.
    One(Test),
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// A load, a mask and a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Test {
    /// What is loaded.
    pub(super) load: Load,
    /// Bits of it that count.
    pub(super) mask: Option<u32>,
    /// How it is compared.
    pub(super) compare: Compare,
    /// With what.
    pub(super) value: u32,
}

/// A value to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// A byte at an offset in the frame, or a value that the kernel keeps beside it.
    Byte(u32),
    /// Two bytes.
    Half(u32),
    /// Four bytes.
    Word(u32),
    /// Two bytes behind the IPv4 header that begins at `header`.
    HalfBehindIp {
        /// Where the IPv4 header begins.
        header: u32,
        /// Offset behind it.
        offset: u32,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    /// Equal.
    Equal,
    /// Equal or greater.
    AtLeast,
    /// Any of the value's bits set.
    AnyBit,
}

/// What `expression` tests on frames of `layer`.
pub(super) fn lower(expression: &Expression, layer: Layer) -> Tests {
    let within = |stripped| Lowering { layer, stripped }.expression(expression);
    // The kernel takes the outermost tag out of the frame and keeps it beside it, where the interface or its driver can't.
    if has_vlan(expression) {
        let taken_out = equal(Load::Byte(TAG_PRESENT_BESIDE), 1);
        Tests::Any(vec![
            Tests::All(vec![taken_out.clone(), within(true)]),
            Tests::All(vec![Tests::Not(Box::new(taken_out)), within(false)]),
        ])
    } else {
        within(false)
    }
}

fn has_vlan(expression: &Expression) -> bool {
    match expression {
        Expression::Term(term) => matches!(term.asked, Asked::Vlan(_)),
        Expression::And(a, b) | Expression::Or(a, b) => has_vlan(a) || has_vlan(b),
        Expression::Not(inner) => has_vlan(inner),
    }
}

struct Lowering {
    layer: Layer,
    /// Is the outermost tag beside the frame?
    stripped: bool,
}

impl Lowering {
    fn expression(&self, expression: &Expression) -> Tests {
        match expression {
            Expression::Term(term) => self.term(term),
            Expression::And(a, b) => Tests::All(vec![self.expression(a), self.expression(b)]),
            Expression::Or(a, b) => Tests::Any(vec![self.expression(a), self.expression(b)]),
            Expression::Not(inner) => Tests::Not(Box::new(self.expression(inner))),
        }
    }

    fn term(&self, term: &Term) -> Tests {
        // Tags that are still in the frame before what the term asks for.
        let inside = u32::from(term.tags).saturating_sub(u32::from(self.stripped));
        let at = At {
            layer: self.layer,
            shift: inside * 4,
        };
        match &term.asked {
            Asked::Protocol(protocol) => at.protocol(*protocol),
            Asked::Net {
                within,
                end,
                address,
                prefix,
            } => at.net(*within, *end, *address, *prefix),
            Asked::Ports {
                within,
                end,
                first,
                last,
            } => at.ports(*within, *end, *first, *last),
            Asked::Vlan(id) if self.stripped && term.tags == 0 => Tests::All(
                id.map(|id| masked(Load::Half(TAG_BESIDE), 0x0fff, id.into()))
                    .into_iter()
                    .collect(),
            ),
            Asked::Vlan(id) => at.tag(*id),
        }
    }
}

/// Where the headers are.
#[derive(Clone, Copy)]
struct At {
    layer: Layer,
    /// Bytes of VLAN tags before the protocol's number.
    shift: u32,
}

impl At {
    /// Where the protocol's number is loaded from.
    const fn kind(self) -> Load {
        match self.layer {
            Layer::Ethernet => Load::Half(12 + self.shift),
            Layer::Network if self.shift == 0 => Load::Half(PROTOCOL_BESIDE),
            Layer::Network => Load::Half(self.shift - 2),
        }
    }

    const fn network(self) -> u32 {
        match self.layer {
            Layer::Ethernet => 14 + self.shift,
            Layer::Network => self.shift,
        }
    }

    fn is_kind(self, number: u32) -> Tests {
        equal(self.kind(), number)
    }

    fn protocol(self, protocol: Protocol) -> Tests {
        match protocol {
            Protocol::Ip => self.is_kind(IP),
            Protocol::Ip6 => self.is_kind(IP6),
            Protocol::Arp => self.is_kind(ARP),
            Protocol::Rarp => self.is_kind(RARP),
            Protocol::Icmp => self.in_ip(1),
            Protocol::Icmp6 => self.in_ip6(58),
            Protocol::Tcp | Protocol::Udp | Protocol::Sctp => {
                let number = transport_number(protocol);
                Tests::Any(vec![self.in_ip6(number), self.in_ip(number)])
            }
        }
    }

    fn in_ip(self, number: u32) -> Tests {
        Tests::All(vec![
            self.is_kind(IP),
            equal(Load::Byte(self.network() + 9), number),
        ])
    }

    /// Also behind a fragment header, the only extension that libpcap looks behind.
    fn in_ip6(self, number: u32) -> Tests {
        let next = Load::Byte(self.network() + 6);
        let behind = Load::Byte(self.network() + 40);
        Tests::All(vec![
            self.is_kind(IP6),
            Tests::Any(vec![
                equal(next, number),
                Tests::All(vec![equal(next, FRAGMENT), equal(behind, number)]),
            ]),
        ])
    }

    fn ports(self, within: Option<Protocol>, end: End, first: u16, last: u16) -> Tests {
        let numbers = within.map_or_else(
            || vec![132, 6, 17],
            |protocol| vec![transport_number(protocol)],
        );
        let carries =
            |load: Load| Tests::Any(numbers.iter().map(|number| equal(load, *number)).collect());
        let network = self.network();
        let in_range = |load: Load| range(load, first, last);
        Tests::Any(vec![
            Tests::All(vec![
                self.is_kind(IP6),
                carries(Load::Byte(network + 6)),
                ends(
                    end,
                    in_range(Load::Half(network + 40)),
                    in_range(Load::Half(network + 42)),
                ),
            ]),
            Tests::All(vec![
                self.is_kind(IP),
                carries(Load::Byte(network + 9)),
                // Only the first fragment has ports.
                Tests::Not(Box::new(Tests::One(Test {
                    load: Load::Half(network + 6),
                    mask: None,
                    compare: Compare::AnyBit,
                    value: 0x1fff,
                }))),
                ends(
                    end,
                    in_range(Load::HalfBehindIp {
                        header: network,
                        offset: 0,
                    }),
                    in_range(Load::HalfBehindIp {
                        header: network,
                        offset: 2,
                    }),
                ),
            ]),
        ])
    }

    fn net(self, within: Option<Protocol>, end: End, address: IpAddr, prefix: u8) -> Tests {
        let network = self.network();
        match address {
            IpAddr::V4(address) => {
                let (bits, mask) = (u32::from(address), mask(prefix));
                let at = |offset| masked(Load::Word(network + offset), mask, bits);
                let wanted = |protocol| within.is_none_or(|within| within == protocol);
                let mut any = Vec::new();
                for (protocol, number, source, destination) in [
                    (Protocol::Ip, IP, 12, 16),
                    (Protocol::Arp, ARP, 14, 24),
                    (Protocol::Rarp, RARP, 14, 24),
                ] {
                    if wanted(protocol) {
                        any.push(Tests::All(vec![
                            self.is_kind(number),
                            ends(end, at(source), at(destination)),
                        ]));
                    }
                }
                Tests::Any(any)
            }
            IpAddr::V6(address) => {
                let words = address.to_bits();
                let at = |offset: u32| {
                    let word = |place: u32| {
                        let mask = mask(prefix.saturating_sub(place as u8 * 32).min(32));
                        let bits = (words >> (96 - place * 32)) as u32;
                        (mask != 0)
                            .then(|| masked(Load::Word(network + offset + place * 4), mask, bits))
                    };
                    Tests::All((0..4).filter_map(word).collect())
                };
                Tests::All(vec![self.is_kind(IP6), ends(end, at(8), at(24))])
            }
        }
    }

    /// A tag in the frame.
    fn tag(self, id: Option<u16>) -> Tests {
        let kinds = [0x8100, 0x88a8, 0x9100].map(|kind| self.is_kind(kind));
        let control = match self.layer {
            Layer::Ethernet => Load::Half(14 + self.shift),
            Layer::Network => Load::Half(self.shift),
        };
        let mut all = vec![Tests::Any(kinds.into())];
        all.extend(id.map(|id| masked(control, 0x0fff, id.into())));
        Tests::All(all)
    }
}

fn ends(end: End, source: Tests, destination: Tests) -> Tests {
    match end {
        End::Source => source,
        End::Destination => destination,
        End::Either => Tests::Any(vec![source, destination]),
        End::Both => Tests::All(vec![source, destination]),
    }
}

fn range(load: Load, first: u16, last: u16) -> Tests {
    let at_least = |value: u32| {
        Tests::One(Test {
            load,
            mask: None,
            compare: Compare::AtLeast,
            value,
        })
    };
    if first == last {
        return equal(load, first.into());
    }
    Tests::All(vec![
        at_least(first.into()),
        Tests::Not(Box::new(at_least(u32::from(last) + 1))),
    ])
}

const fn equal(load: Load, value: u32) -> Tests {
    Tests::One(Test {
        load,
        mask: None,
        compare: Compare::Equal,
        value,
    })
}

fn masked(load: Load, mask: u32, value: u32) -> Tests {
    Tests::One(Test {
        load,
        mask: (mask != u32::MAX).then_some(mask),
        compare: Compare::Equal,
        value,
    })
}

const fn mask(prefix: u8) -> u32 {
    match prefix {
        0 => 0,
        prefix => u32::MAX << (32 - prefix as u32),
    }
}

const fn transport_number(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Sctp => 132,
        _ => 17,
    }
}

const IP: u32 = 0x0800;
const ARP: u32 = 0x0806;
const RARP: u32 = 0x8035;
const IP6: u32 = 0x86dd;
/// IPv6's fragment header.
const FRAGMENT: u32 = 44;

/// Where the kernel keeps what is beside the frame (`SKF_AD_OFF`).
pub(super) const BESIDE: u32 = 0xffff_f000;
/// The protocol's number (`SKF_AD_PROTOCOL`).
pub(super) const PROTOCOL_BESIDE: u32 = BESIDE;
/// The VLAN tag that was taken out (`SKF_AD_VLAN_TAG`).
pub(super) const TAG_BESIDE: u32 = BESIDE + 44;
/// Was one taken out (`SKF_AD_VLAN_TAG_PRESENT`)?
pub(super) const TAG_PRESENT_BESIDE: u32 = BESIDE + 48;
