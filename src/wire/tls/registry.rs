//! The small TLS registries: one or two bytes on the wire, the registry's word for people.
//!
//! Source: IANA "TLS Parameters" and "TLS `ExtensionType` Values".

use std::fmt;

use crate::codepoint;

codepoint! {
    /// Protocol version, as in records and hellos. DTLS counts down: 0xFEFF is 1.0, 0xFEFD is 1.2; there is no 1.1.
    pub enum Version: u16 {
        /// What OpenSSL before 0.9.8f and Cisco's AnyConnect (hence OpenConnect) write for DTLS 1.0.
        DtlsAnyConnect = 0x0100 => "DTLS 1.0 (AnyConnect)",
        /// SSL 3.0 (RFC 6101).
        Ssl30 = 0x0300 => "SSL 3.0",
        /// TLS 1.0 (RFC 2246).
        Tls10 = 0x0301 => "TLS 1.0",
        /// TLS 1.1 (RFC 4346).
        Tls11 = 0x0302 => "TLS 1.1",
        /// TLS 1.2 (RFC 5246).
        Tls12 = 0x0303 => "TLS 1.2",
        /// TLS 1.3 (RFC 8446); only ever in the `supported_versions` extension.
        Tls13 = 0x0304 => "TLS 1.3",
        /// DTLS 1.3 (RFC 9147); only ever in the `supported_versions` extension.
        Dtls13 = 0xfefc => "DTLS 1.3",
        /// DTLS 1.2 (RFC 6347).
        Dtls12 = 0xfefd => "DTLS 1.2",
        /// DTLS 1.0 (RFC 4347).
        Dtls10 = 0xfeff => "DTLS 1.0",
    }
}

impl Version {
    /// Are the messages after ServerHello encrypted, the certificates included?
    pub const fn is_1_3(self) -> bool {
        matches!(self, Self::Tls13 | Self::Dtls13)
    }

    /// Does a signature name its algorithm? TLS 1.2 and later; before, hash and signature were fixed (RFC 5246 §4.7).
    pub const fn has_signature_schemes(self) -> bool {
        matches!(
            self,
            Self::Tls12 | Self::Tls13 | Self::Dtls12 | Self::Dtls13
        )
    }
}

impl fmt::Display for Version {
    /// `DTLS 1.2`, or `0x7f1c` when unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.code()),
        }
    }
}

codepoint! {
    /// What a record carries (RFC 8446 §5.1, RFC 9147 §4.1).
    pub enum ContentType: u8 {
        /// One byte, 1: what follows from this sender is encrypted with the new keys.
        ChangeCipherSpec = 20 => "change_cipher_spec",
        /// Two bytes: level and description.
        Alert = 21 => "alert",
        /// Handshake messages.
        Handshake = 22 => "handshake",
        /// Application data: over DTLS in WebRTC, SCTP packets.
        ApplicationData = 23 => "application_data",
        /// Heartbeat (RFC 6520).
        Heartbeat = 24 => "heartbeat",
        /// Encrypted DTLS 1.2 record with a connection id (RFC 9146).
        Tls12Cid = 25 => "tls12_cid",
        /// DTLS 1.3 acknowledgement (RFC 9147 §7).
        Ack = 26 => "ACK",
        /// Return routability check (RFC 9853).
        ReturnRoutabilityCheck = 27 => "return_routability_check",
    }
}

codepoint! {
    /// Type of a handshake message.
    pub enum HandshakeType: u8 {
        /// Server asks for a new handshake.
        HelloRequest = 0 => "hello_request",
        /// What the client can do.
        ClientHello = 1 => "client_hello",
        /// What the server chose.
        ServerHello = 2 => "server_hello",
        /// DTLS up to 1.2: the server asks for its cookie back (RFC 6347 §4.2.1).
        HelloVerifyRequest = 3 => "hello_verify_request",
        /// A ticket to resume with.
        NewSessionTicket = 4 => "new_session_ticket",
        /// TLS 1.3: the client's early data ends.
        EndOfEarlyData = 5 => "end_of_early_data",
        /// Extensions that TLS 1.3 answers under encryption.
        EncryptedExtensions = 8 => "encrypted_extensions",
        /// DTLS 1.3: asks for connection ids.
        RequestConnectionId = 9 => "request_connection_id",
        /// DTLS 1.3: hands out connection ids.
        NewConnectionId = 10 => "new_connection_id",
        /// The sender's certificate chain.
        Certificate = 11 => "certificate",
        /// The server's ephemeral key, signed.
        ServerKeyExchange = 12 => "server_key_exchange",
        /// The server wants a certificate from the client; in WebRTC it always does.
        CertificateRequest = 13 => "certificate_request",
        /// The server's flight ends.
        ServerHelloDone = 14 => "server_hello_done",
        /// Proof that the sender holds the certificate's key.
        CertificateVerify = 15 => "certificate_verify",
        /// The client's ephemeral key.
        ClientKeyExchange = 16 => "client_key_exchange",
        /// Post-handshake authentication.
        ClientCertificateRequest = 17 => "client_certificate_request",
        /// Hash over the handshake, the first encrypted message.
        Finished = 20 => "finished",
        /// Certificate by address (RFC 6066).
        CertificateUrl = 21 => "certificate_url",
        /// Stapled OCSP response.
        CertificateStatus = 22 => "certificate_status",
        /// Supplemental data (RFC 4680).
        SupplementalData = 23 => "supplemental_data",
        /// TLS 1.3: the sender's keys change.
        KeyUpdate = 24 => "key_update",
        /// Certificate chain, compressed (RFC 8879).
        CompressedCertificate = 25 => "compressed_certificate",
        /// Key for double encryption (RFC 8870).
        EktKey = 26 => "ekt_key",
        /// Stands for the first ClientHello in a transcript; never sent.
        MessageHash = 254 => "message_hash",
    }
}

impl HandshakeType {
    /// The message's name as RFCs write it in prose: `ClientHello`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HelloRequest => "HelloRequest",
            Self::ClientHello => "ClientHello",
            Self::ServerHello => "ServerHello",
            Self::HelloVerifyRequest => "HelloVerifyRequest",
            Self::NewSessionTicket => "NewSessionTicket",
            Self::EndOfEarlyData => "EndOfEarlyData",
            Self::EncryptedExtensions => "EncryptedExtensions",
            Self::RequestConnectionId => "RequestConnectionId",
            Self::NewConnectionId => "NewConnectionId",
            Self::Certificate => "Certificate",
            Self::ServerKeyExchange => "ServerKeyExchange",
            Self::CertificateRequest => "CertificateRequest",
            Self::ServerHelloDone => "ServerHelloDone",
            Self::CertificateVerify => "CertificateVerify",
            Self::ClientKeyExchange => "ClientKeyExchange",
            Self::ClientCertificateRequest => "ClientCertificateRequest",
            Self::Finished => "Finished",
            Self::CertificateUrl => "CertificateURL",
            Self::CertificateStatus => "CertificateStatus",
            Self::SupplementalData => "SupplementalData",
            Self::KeyUpdate => "KeyUpdate",
            Self::CompressedCertificate => "CompressedCertificate",
            Self::EktKey => "EKTKey",
            Self::MessageHash => "message_hash",
            Self::Unknown(_) => "unknown handshake message",
        }
    }
}

codepoint! {
    /// Key exchange group ("TLS Supported Groups"); elliptic curves, finite fields, post-quantum hybrids.
    #[expect(missing_docs, reason = "the registry's name, beside each variant, is all there is to say")]
    pub enum NamedGroup: u16 {
        Sect163k1 = 1 => "sect163k1",
        Sect163r1 = 2 => "sect163r1",
        Sect163r2 = 3 => "sect163r2",
        Sect193r1 = 4 => "sect193r1",
        Sect193r2 = 5 => "sect193r2",
        Sect233k1 = 6 => "sect233k1",
        Sect233r1 = 7 => "sect233r1",
        Sect239k1 = 8 => "sect239k1",
        Sect283k1 = 9 => "sect283k1",
        Sect283r1 = 10 => "sect283r1",
        Sect409k1 = 11 => "sect409k1",
        Sect409r1 = 12 => "sect409r1",
        Sect571k1 = 13 => "sect571k1",
        Sect571r1 = 14 => "sect571r1",
        Secp160k1 = 15 => "secp160k1",
        Secp160r1 = 16 => "secp160r1",
        Secp160r2 = 17 => "secp160r2",
        Secp192k1 = 18 => "secp192k1",
        Secp192r1 = 19 => "secp192r1",
        Secp224k1 = 20 => "secp224k1",
        Secp224r1 = 21 => "secp224r1",
        Secp256k1 = 22 => "secp256k1",
        Secp256r1 = 23 => "secp256r1",
        Secp384r1 = 24 => "secp384r1",
        Secp521r1 = 25 => "secp521r1",
        BrainpoolP256r1 = 26 => "brainpoolP256r1",
        BrainpoolP384r1 = 27 => "brainpoolP384r1",
        BrainpoolP512r1 = 28 => "brainpoolP512r1",
        X25519 = 29 => "x25519",
        X448 = 30 => "x448",
        BrainpoolP256r1Tls13 = 31 => "brainpoolP256r1tls13",
        BrainpoolP384r1Tls13 = 32 => "brainpoolP384r1tls13",
        BrainpoolP512r1Tls13 = 33 => "brainpoolP512r1tls13",
        Gc256a = 34 => "GC256A",
        Gc256b = 35 => "GC256B",
        Gc256c = 36 => "GC256C",
        Gc256d = 37 => "GC256D",
        Gc512a = 38 => "GC512A",
        Gc512b = 39 => "GC512B",
        Gc512c = 40 => "GC512C",
        CurveSm2 = 41 => "curveSM2",
        Ffdhe2048 = 256 => "ffdhe2048",
        Ffdhe3072 = 257 => "ffdhe3072",
        Ffdhe4096 = 258 => "ffdhe4096",
        Ffdhe6144 = 259 => "ffdhe6144",
        Ffdhe8192 = 260 => "ffdhe8192",
        MlKem512 = 512 => "MLKEM512",
        MlKem768 = 513 => "MLKEM768",
        MlKem1024 = 514 => "MLKEM1024",
        SecP256r1MlKem768 = 4587 => "SecP256r1MLKEM768",
        X25519MlKem768 = 4588 => "X25519MLKEM768",
        SecP384r1MlKem1024 = 4589 => "SecP384r1MLKEM1024",
        CurveSm2MlKem768 = 4590 => "curveSM2MLKEM768",
        X25519Kyber768Draft00 = 25497 => "X25519Kyber768Draft00",
        SecP256r1Kyber768Draft00 = 25498 => "SecP256r1Kyber768Draft00",
    }
}

codepoint! {
    /// Signature scheme (RFC 8446 §4.2.3); the older pairs of hash and signature that became schemes read the same.
    #[expect(missing_docs, reason = "the registry's name, beside each variant, is all there is to say")]
    pub enum SignatureScheme: u16 {
        RsaPkcs1Sha1 = 0x0201 => "rsa_pkcs1_sha1",
        EcdsaSha1 = 0x0203 => "ecdsa_sha1",
        RsaPkcs1Sha256 = 0x0401 => "rsa_pkcs1_sha256",
        EcdsaSecp256r1Sha256 = 0x0403 => "ecdsa_secp256r1_sha256",
        RsaPkcs1Sha256Legacy = 0x0420 => "rsa_pkcs1_sha256_legacy",
        RsaPkcs1Sha384 = 0x0501 => "rsa_pkcs1_sha384",
        EcdsaSecp384r1Sha384 = 0x0503 => "ecdsa_secp384r1_sha384",
        RsaPkcs1Sha384Legacy = 0x0520 => "rsa_pkcs1_sha384_legacy",
        RsaPkcs1Sha512 = 0x0601 => "rsa_pkcs1_sha512",
        EcdsaSecp521r1Sha512 = 0x0603 => "ecdsa_secp521r1_sha512",
        RsaPkcs1Sha512Legacy = 0x0620 => "rsa_pkcs1_sha512_legacy",
        Sm2sigSm3 = 0x0708 => "sm2sig_sm3",
        RsaPssRsaeSha256 = 0x0804 => "rsa_pss_rsae_sha256",
        RsaPssRsaeSha384 = 0x0805 => "rsa_pss_rsae_sha384",
        RsaPssRsaeSha512 = 0x0806 => "rsa_pss_rsae_sha512",
        Ed25519 = 0x0807 => "ed25519",
        Ed448 = 0x0808 => "ed448",
        RsaPssPssSha256 = 0x0809 => "rsa_pss_pss_sha256",
        RsaPssPssSha384 = 0x080a => "rsa_pss_pss_sha384",
        RsaPssPssSha512 = 0x080b => "rsa_pss_pss_sha512",
        EcdsaBrainpoolP256r1Sha256 = 0x081a => "ecdsa_brainpoolP256r1tls13_sha256",
        EcdsaBrainpoolP384r1Sha384 = 0x081b => "ecdsa_brainpoolP384r1tls13_sha384",
        EcdsaBrainpoolP512r1Sha512 = 0x081c => "ecdsa_brainpoolP512r1tls13_sha512",
        MlDsa44 = 0x0904 => "mldsa44",
        MlDsa65 = 0x0905 => "mldsa65",
        MlDsa87 = 0x0906 => "mldsa87",
    }
}

codepoint! {
    /// Type of a hello extension.
    #[expect(missing_docs, reason = "the registry's name, beside each variant, is all there is to say")]
    pub enum ExtensionType: u16 {
        ServerName = 0 => "server_name",
        MaxFragmentLength = 1 => "max_fragment_length",
        StatusRequest = 5 => "status_request",
        SupportedGroups = 10 => "supported_groups",
        EcPointFormats = 11 => "ec_point_formats",
        Srp = 12 => "srp",
        SignatureAlgorithms = 13 => "signature_algorithms",
        UseSrtp = 14 => "use_srtp",
        Heartbeat = 15 => "heartbeat",
        Alpn = 16 => "application_layer_protocol_negotiation",
        StatusRequestV2 = 17 => "status_request_v2",
        SignedCertificateTimestamp = 18 => "signed_certificate_timestamp",
        ClientCertificateType = 19 => "client_certificate_type",
        ServerCertificateType = 20 => "server_certificate_type",
        Padding = 21 => "padding",
        EncryptThenMac = 22 => "encrypt_then_mac",
        ExtendedMasterSecret = 23 => "extended_master_secret",
        TokenBinding = 24 => "token_binding",
        CachedInfo = 25 => "cached_info",
        CompressCertificate = 27 => "compress_certificate",
        RecordSizeLimit = 28 => "record_size_limit",
        DelegatedCredential = 34 => "delegated_credential",
        SessionTicket = 35 => "session_ticket",
        SupportedEktCiphers = 39 => "supported_ekt_ciphers",
        PreSharedKey = 41 => "pre_shared_key",
        EarlyData = 42 => "early_data",
        SupportedVersions = 43 => "supported_versions",
        Cookie = 44 => "cookie",
        PskKeyExchangeModes = 45 => "psk_key_exchange_modes",
        CertificateAuthorities = 47 => "certificate_authorities",
        OidFilters = 48 => "oid_filters",
        PostHandshakeAuth = 49 => "post_handshake_auth",
        SignatureAlgorithmsCert = 50 => "signature_algorithms_cert",
        KeyShare = 51 => "key_share",
        ConnectionIdDeprecated = 53 => "connection_id (deprecated)",
        ConnectionId = 54 => "connection_id",
        ExternalIdHash = 55 => "external_id_hash",
        ExternalSessionId = 56 => "external_session_id",
        QuicTransportParameters = 57 => "quic_transport_parameters",
        TicketRequest = 58 => "ticket_request",
        Rrc = 61 => "rrc",
        EncryptedClientHello = 0xfe0d => "encrypted_client_hello",
        RenegotiationInfo = 0xff01 => "renegotiation_info",
    }
}

/// Is `code` one of the sixteen 16-bit values reserved for GREASE (RFC 8701 §2): both bytes alike, low nibbles `a`?
pub const fn is_grease(code: u16) -> bool {
    code & 0x0f0f == 0x0a0a && code >> 8 == code & 0xff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_as_people_write_them() {
        assert_eq!(Version::from_code(0xfefd).to_string(), "DTLS 1.2");
        assert_eq!(Version::from_code(0x7f1c).to_string(), "0x7f1c");
    }

    #[test]
    fn sixteen_values_are_grease() {
        assert_eq!((0..=u16::MAX).filter(|&code| is_grease(code)).count(), 16);
    }

    #[test]
    fn no_registry_names_two_values_alike() {
        let mut names: Vec<_> = NamedGroup::NAMED.iter().map(|g| g.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NamedGroup::NAMED.len());
    }
}
