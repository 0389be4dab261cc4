//! ICMP and ICMPv6 messages and the packet they quote.
