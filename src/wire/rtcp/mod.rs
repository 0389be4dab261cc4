//! RTCP and SRTCP packets (RFC 3550 §6, RFC 3711 §3.4).
