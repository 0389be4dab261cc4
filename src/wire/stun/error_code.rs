//! Error codes: the registry's reason phrase, and what it means for the one who reads a capture.

crate::codepoint! {
    /// STUN error codes (IANA), with those of RFC 3489 that were withdrawn.
    pub enum ErrorCode: u16 {
        /// RFC 8489.
        TryAlternate = 300 => "Try Alternate",
        /// RFC 8489.
        BadRequest = 400 => "Bad Request",
        /// RFC 8489; "Unauthorized" before.
        Unauthenticated = 401 => "Unauthenticated",
        /// RFC 8656.
        Forbidden = 403 => "Forbidden",
        /// RFC 8016.
        MobilityForbidden = 405 => "Mobility Forbidden",
        /// RFC 8489.
        UnknownAttribute = 420 => "Unknown Attribute",
        /// RFC 3489.
        StaleCredentials = 430 => "Stale Credentials",
        /// RFC 3489.
        IntegrityCheckFailure = 431 => "Integrity Check Failure",
        /// RFC 3489.
        MissingUsername = 432 => "Missing Username",
        /// RFC 3489.
        UseTls = 433 => "Use TLS",
        /// RFC 8656.
        AllocationMismatch = 437 => "Allocation Mismatch",
        /// RFC 8489.
        StaleNonce = 438 => "Stale Nonce",
        /// RFC 8656.
        AddressFamilyNotSupported = 440 => "Address Family not Supported",
        /// RFC 8656.
        WrongCredentials = 441 => "Wrong Credentials",
        /// RFC 8656.
        UnsupportedTransportProtocol = 442 => "Unsupported Transport Protocol",
        /// RFC 8656.
        PeerAddressFamilyMismatch = 443 => "Peer Address Family Mismatch",
        /// RFC 6062.
        ConnectionAlreadyExists = 446 => "Connection Already Exists",
        /// RFC 6062.
        ConnectionTimeoutOrFailure = 447 => "Connection Timeout or Failure",
        /// RFC 8656.
        AllocationQuotaReached = 486 => "Allocation Quota Reached",
        /// RFC 8445.
        RoleConflict = 487 => "Role Conflict",
        /// RFC 8489.
        ServerError = 500 => "Server Error",
        /// RFC 8656.
        InsufficientCapacity = 508 => "Insufficient Capacity",
        /// RFC 3489.
        GlobalFailure = 600 => "Global Failure",
    }
}

impl ErrorCode {
    /// What it means, in a sentence; for unknown codes, what their hundred says.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::TryAlternate => "The client should use the server in ALTERNATE-SERVER instead.",
            Self::BadRequest => {
                "The request was malformed, or an attribute that it needs was missing."
            }
            Self::Unauthenticated => {
                "Credentials are missing or wrong. From a TURN server the first one is normal: it brings realm and nonce. On a \
                 connectivity check it means that the two sides hold different ICE passwords, for a moment after an ICE restart."
            }
            Self::Forbidden => {
                "The credentials are right, but the server's policy refuses this request or this peer."
            }
            Self::MobilityForbidden => {
                "The server lets no allocation move to another address of its client."
            }
            Self::UnknownAttribute => {
                "The server does not know an attribute that it must understand; UNKNOWN-ATTRIBUTES lists it."
            }
            Self::StaleCredentials => "The temporary password of RFC 3489 has expired.",
            Self::IntegrityCheckFailure => "MESSAGE-INTEGRITY did not match the password.",
            Self::MissingUsername => "The request had MESSAGE-INTEGRITY but no USERNAME.",
            Self::UseTls => "A shared secret is only given over TLS.",
            Self::AllocationMismatch => {
                "The request needs an allocation that does not exist, or would make one where one exists already."
            }
            Self::StaleNonce => {
                "The nonce has expired. Normal: the client repeats the request with the new nonce in this answer."
            }
            Self::AddressFamilyNotSupported => {
                "The server relays no addresses of the family that was asked for."
            }
            Self::WrongCredentials => {
                "The allocation was made with other credentials than this request."
            }
            Self::UnsupportedTransportProtocol => {
                "The server does not relay over the transport that was asked for."
            }
            Self::PeerAddressFamilyMismatch => {
                "The peer's address is of another family than the relayed address."
            }
            Self::ConnectionAlreadyExists => "There is a TCP connection to this peer already.",
            Self::ConnectionTimeoutOrFailure => {
                "The server could not connect to the peer over TCP."
            }
            Self::AllocationQuotaReached => {
                "The user has as many allocations as the server grants."
            }
            Self::RoleConflict => {
                "Both sides believe to have the same ICE role; the receiver of this error switches and repeats the check."
            }
            Self::ServerError => "The server failed for a moment; the client should try again.",
            Self::InsufficientCapacity => {
                "The server has no relayed address, or no capacity, left."
            }
            Self::GlobalFailure => "The server refuses the request, and others would too.",
            Self::Unknown(300..400) => "The request should be sent elsewhere.",
            Self::Unknown(400..500) => "The request should not be repeated unchanged.",
            Self::Unknown(500..600) => "The server failed; the client should try again.",
            Self::Unknown(_) => "A code outside of the ranges that STUN defines.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_those_of_iana() {
        let csv = include_str!("../../../tests/registries/stun-error-codes.csv");
        for line in csv.lines().filter(|line| !line.starts_with('#')) {
            let (code, reason) = line.split_once(',').unwrap();
            assert_eq!(
                ErrorCode::from_code(code.parse().unwrap()).name(),
                Some(reason)
            );
        }
    }
}
