//! Link layers: Ethernet, VLAN, Linux cooked v1/v2, BSD loopback, raw IP.
