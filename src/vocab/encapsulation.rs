//! What a packet was wrapped in on its way: tunnels and shims around the innermost IP packet.

/// A header that carries a whole packet or frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tunnel {
    /// PPP over Ethernet (RFC 2516).
    Pppoe,
    /// MPLS labels (RFC 3032).
    Mpls,
    /// A provider's frame around a customer's (802.1ah).
    Pbb,
    /// Generic routing encapsulation (RFC 2784), NVGRE and PPTP's form of it among them.
    Gre,
    /// A mirrored frame inside GRE (Cisco's encapsulated remote switch port analyzer).
    Erspan,
    /// IPv4 in IPv4 (RFC 2003).
    FourInFour,
    /// IPv6 in IPv4 (RFC 4213).
    SixInFour,
    /// IPv4 in IPv6 (RFC 2473).
    FourInSix,
    /// IPv6 in IPv6 (RFC 2473).
    SixInSix,
    /// Virtual extensible LAN (RFC 7348).
    Vxlan,
    /// Generic network virtualization encapsulation (RFC 8926).
    Geneve,
    /// User data of a mobile network (3GPP TS 29.281).
    GtpU,
    /// A sniffed frame in UDP (`TaZmen` sniffer protocol).
    Tzsp,
    /// IPv6 in UDP (RFC 4380).
    Teredo,
}

impl Tunnel {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pppoe => "pppoe",
            Self::Mpls => "mpls",
            Self::Pbb => "pbb",
            Self::Gre => "gre",
            Self::Erspan => "erspan",
            Self::FourInFour => "ipip",
            Self::SixInFour => "6in4",
            Self::FourInSix => "4in6",
            Self::SixInSix => "6in6",
            Self::Vxlan => "vxlan",
            Self::Geneve => "geneve",
            Self::GtpU => "gtp-u",
            Self::Tzsp => "tzsp",
            Self::Teredo => "teredo",
        }
    }

    /// Name as a decode tree shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pppoe => "PPPoE",
            Self::Mpls => "MPLS",
            Self::Pbb => "provider backbone bridge",
            Self::Gre => "GRE",
            Self::Erspan => "ERSPAN",
            Self::FourInFour => "IPv4 in IPv4",
            Self::SixInFour => "IPv6 in IPv4",
            Self::FourInSix => "IPv4 in IPv6",
            Self::SixInSix => "IPv6 in IPv6",
            Self::Vxlan => "VXLAN",
            Self::Geneve => "GENEVE",
            Self::GtpU => "GTP-U",
            Self::Tzsp => "TZSP",
            Self::Teredo => "Teredo",
        }
    }
}

/// The tunnels around a packet, outermost first; at most [`Encapsulation::DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Encapsulation([Option<Tunnel>; Self::DEPTH]);

impl Encapsulation {
    /// Tunnels that are opened; real networks nest two or three.
    pub const DEPTH: usize = 8;

    /// The same with `tunnel` inside; `None` when that is one too many.
    #[must_use]
    pub fn with(mut self, tunnel: Tunnel) -> Option<Self> {
        *self.0.iter_mut().find(|slot| slot.is_none())? = Some(tunnel);
        Some(self)
    }

    /// Is there none?
    pub const fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// The tunnels, outermost first.
    pub fn tunnels(&self) -> impl Iterator<Item = Tunnel> {
        self.0.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunnels_stand_in_order_up_to_a_limit() {
        let none = Encapsulation::default();
        assert!(none.is_empty());
        let two = none
            .with(Tunnel::Gre)
            .and_then(|outer| outer.with(Tunnel::FourInFour))
            .expect("room");
        let words: Vec<_> = two.tunnels().map(Tunnel::word).collect();
        assert_eq!(words, ["gre", "ipip"]);
        let full = (0..Encapsulation::DEPTH).try_fold(none, |all, _| all.with(Tunnel::Gre));
        assert_eq!(full.and_then(|full| full.with(Tunnel::Gre)), None);
    }
}
