//! One association's records, in the order they were captured.

use crate::crypt::dtls::session::Opened;
use crate::crypt::dtls::session::Session;
use crate::crypt::keylog::KeyLog;
use crate::track::dtls::assembly::Assembler;
use crate::track::dtls::assembly::Budget;
use crate::track::dtls::assembly::Outcome;
use crate::track::dtls::association::Association;
use crate::track::dtls::facts::EpochProgress;
use crate::track::dtls::flight::FlightLog;
use crate::track::dtls::flight::MessageKind;
use crate::track::dtls::lifecycle::Lifecycle;
use crate::track::dtls::lifecycle::application_data;
use crate::track::dtls::lifecycle::clear_alert;
use crate::track::dtls::messages::Arrived;
use crate::track::dtls::messages::Offered;
use crate::track::dtls::messages::in_the_clear;
use crate::track::dtls::messages::learn;
use crate::track::dtls::replay::Replay;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::wire::dtls::ack;
use crate::wire::dtls::handshake::Fragment;
use crate::wire::dtls::handshake::Fragments;
use crate::wire::dtls::record::Header;
use crate::wire::dtls::record::Record;
use crate::wire::dtls::record::Records;
use crate::wire::tls::alert::Alert;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::HandshakeType;

/// What must be remembered of an association to understand its next record. Arrays are indexed by the sender's direction.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    assemblers: [Assembler; 2],
    replays: [Replay; 2],
    change_cipher_specs: [bool; 2],
    flights: FlightLog,
    offered: Offered,
    lifecycle: Lifecycle,
    /// Keys, once both hellos and the secrets are there.
    session: Option<Session>,
    /// Secrets in the log when they were last looked for.
    looked_among: usize,
}

/// A datagram as it was captured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram<'a> {
    /// Its captured bytes.
    pub(super) bytes: &'a [u8],
    /// Did the capture cut it short?
    pub(super) cut: bool,
}

/// What all conversations share: buffers, secrets, and where to leave what was found.
pub(super) struct Surroundings<'a> {
    /// Bytes of unfinished messages in all.
    pub(super) budget: &'a mut Budget,
    /// Secrets.
    pub(super) log: &'a KeyLog,
    /// Application data that keys opened.
    pub(super) data: &'a mut Vec<Plaintext>,
    /// What went wrong.
    pub(super) faults: &'a mut FaultLog,
}

/// What every step needs: the association to fill, and where to leave what goes wrong.
struct Context<'a> {
    association: &'a mut Association,
    seen: Sighting,
    datagram: &'a [u8],
    budget: &'a mut Budget,
    log: &'a KeyLog,
    data: &'a mut Vec<Plaintext>,
    faults: &'a mut FaultLog,
}

/// Application data of an association, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plaintext {
    /// Where its record was.
    pub seen: Sighting,
    /// Whose it is.
    pub association: AssociationId,
    /// The content: an SCTP packet, in WebRTC (RFC 8261).
    pub bytes: Vec<u8>,
}

impl Context<'_> {
    fn pass_on(&mut self, bytes: Vec<u8>) {
        self.data.push(Plaintext {
            seen: self.seen,
            association: self.association.id,
            bytes,
        });
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.record(fault, Some(self.seen.frame));
    }
}

impl Conversation {
    /// Takes the records of one datagram.
    pub(super) fn observe(
        &mut self,
        association: &mut Association,
        seen: Sighting,
        datagram: Datagram<'_>,
        around: &mut Surroundings<'_>,
    ) {
        let mut context = Context {
            association,
            seen,
            datagram: datagram.bytes,
            budget: &mut *around.budget,
            log: around.log,
            data: &mut *around.data,
            faults: &mut *around.faults,
        };
        let id_bytes = self.offered.connection_id_bytes(seen.direction);
        let records = if datagram.cut {
            self.lifecycle.was_cut();
            Records::new_cut(datagram.bytes, id_bytes)
        } else {
            Records::new(datagram.bytes, id_bytes)
        };
        for item in records {
            match item {
                Ok(record) => self.record(&mut context, &record),
                Err(fault) => context.fault(fault),
            }
        }
    }

    /// Gives buffers back; no more records will come.
    pub(super) fn release(&mut self, budget: &mut Budget) {
        for assembler in &mut self.assemblers {
            assembler.release(budget);
        }
    }

    fn record(&mut self, context: &mut Context<'_>, record: &Record<'_>) {
        let seen = context.seen;
        let association = &mut *context.association;
        association.records += 1;
        association.last_at = association.last_at.max(seen.at);
        let progress = &mut association.epochs[seen.direction.index()];
        match record.header {
            Header::Classic {
                content_type,
                version,
                epoch,
                sequence_number,
                ..
            } => {
                EpochProgress::advance(progress, epoch, Some(sequence_number), seen.at);
                if self.replays[seen.direction.index()].is_duplicate(epoch, sequence_number) {
                    association.duplicate_records += 1;
                    return;
                }
                association.record_version = Some(version);
                if record.is_encrypted() {
                    self.encrypted(context, record, content_type, (epoch, sequence_number));
                } else {
                    self.clear(context, record, content_type);
                }
            }
            Header::Unified { epoch_bits, .. } => {
                // Epochs 1 to 3 have one meaning; 4 and up come with key updates, when all is application data.
                let epoch = match epoch_bits {
                    2 => 2,
                    1 => 1,
                    _ => 3,
                };
                EpochProgress::advance(progress, epoch, None, seen.at);
                self.unified(context, record, epoch);
            }
        }
    }

    fn clear(&mut self, context: &mut Context<'_>, record: &Record<'_>, content: ContentType) {
        let seen = context.seen;
        let content_offset = record.offset + record.header_bytes;
        let fault = |name| Fault::new(Layer::Dtls, name, content_offset);
        match content {
            ContentType::Handshake => {
                for item in Fragments::new(record.fragment, content_offset) {
                    match item {
                        Ok(fragment) => self.fragment(context, &fragment),
                        // The record's own fault says the same already.
                        Err(_) if record.missing > 0 => {}
                        Err(fault) => context.fault(fault),
                    }
                }
            }
            ContentType::ChangeCipherSpec => {
                let sent = &mut self.change_cipher_specs[seen.direction.index()];
                let repeat = std::mem::replace(sent, true);
                let kind = MessageKind::ChangeCipherSpec;
                self.flights
                    .record(context.association, seen, kind, 0, repeat);
            }
            ContentType::Alert => match Alert::parse(record.fragment) {
                Some(alert) => clear_alert(context.association, seen, alert),
                None if record.missing > 0 => {}
                None => context.fault(fault("dtls-alert-malformed")),
            },
            ContentType::Ack => {
                if let Err(Fault { name, .. }) = ack::parse(record.fragment)
                    && record.missing == 0
                {
                    context.fault(fault(name));
                }
            }
            ContentType::Heartbeat | ContentType::ReturnRoutabilityCheck => {}
            ContentType::ApplicationData => {
                context.fault(fault("dtls-application-data-unencrypted"));
            }
            ContentType::Tls12Cid | ContentType::Unknown(_) => {
                context.fault(fault("dtls-content-type-unknown"));
            }
        }
    }

    fn fragment(&mut self, context: &mut Context<'_>, fragment: &Fragment<'_>) {
        let seen = context.seen;
        let outcome =
            self.assemblers[seen.direction.index()].add(fragment, seen.frame, context.budget);
        if let Outcome::Refused(fault) = outcome {
            if let Some(fault) = fault {
                context.fault(fault);
            }
            return;
        }
        in_the_clear(context.association, &self.offered, fragment.kind);
        if fragment.kind == HandshakeType::ClientHello {
            let started = &mut context.association.handshake_started_at;
            started.get_or_insert(seen.at);
        }
        let kind = MessageKind::Handshake {
            kind: fragment.kind,
            message_seq: fragment.message_seq,
        };
        let repeat = outcome == Outcome::Repeat;
        self.flights.record(
            context.association,
            seen,
            kind,
            fragment.fragment_offset,
            repeat,
        );
        if let Outcome::Complete { body, frames } = outcome {
            self.arrived(context, fragment.kind, &body, &frames);
        } else if is_cut_hello(fragment) {
            // The snap length took the rest, which is no fault of the sender's: learn what is left.
            let message = Arrived {
                seen,
                kind: fragment.kind,
                body: fragment.body,
                is_cut: true,
                frames: &[seen.frame],
            };
            let mut of_the_cut = FaultLog::default();
            learn(
                context.association,
                &mut self.offered,
                &message,
                &mut of_the_cut,
            );
        }
    }

    fn encrypted(
        &mut self,
        context: &mut Context<'_>,
        record: &Record<'_>,
        content: ContentType,
        number: (u16, u64),
    ) {
        let seen = context.seen;
        let opened = self.open(context, record);
        let association = &mut *context.association;
        let lifecycle = &mut self.lifecycle;
        if content == ContentType::Alert {
            lifecycle.encrypted_alert(association, seen, number);
            let alert = opened.and_then(|opened| Alert::parse(&opened.bytes));
            if let Some(alert) = alert {
                lifecycle.opened_alert(association, seen, alert);
            }
            return;
        }
        lifecycle.still_talking(association, seen, number);
        // A record with a connection id hides its type: the first after ChangeCipherSpec is Finished.
        let first_with_id = content == ContentType::Tls12Cid
            && !lifecycle.has_finished(seen.direction)
            && self.change_cipher_specs[seen.direction.index()];
        if content == ContentType::Handshake || first_with_id {
            let repeat = lifecycle.encrypted_handshake(association, seen);
            let kind = MessageKind::EncryptedHandshake { epoch: number.0 };
            self.flights.record(association, seen, kind, 0, repeat);
        } else if matches!(
            content,
            ContentType::ApplicationData | ContentType::Tls12Cid
        ) {
            application_data(association, seen);
            count_data(association, seen, record);
            if let Some(opened) = opened {
                context.pass_on(opened.bytes);
            }
        }
    }

    /// The record's content, when the secrets of both hellos are known. Only a whole record opens.
    fn open(&mut self, context: &mut Context<'_>, record: &Record<'_>) -> Option<Opened> {
        let client = context.association.client?;
        if self.session.is_none() && self.looked_among != context.log.len() {
            let handshake = context.association.handshake()?;
            self.looked_among = context.log.len();
            self.session = Session::new(context.log, &handshake);
        }
        let from_client = context.seen.direction == client;
        let session = self.session.as_mut()?;
        let opened = session.open(from_client, context.datagram, record)?;
        context.association.decrypted = true;
        Some(opened)
    }

    fn unified(&mut self, context: &mut Context<'_>, record: &Record<'_>, epoch: u16) {
        let seen = context.seen;
        let association = &mut *context.association;
        if association.version.is_some_and(|version| !version.is_1_3()) {
            let fault = Fault::new(Layer::Dtls, "dtls-unified-header-unexpected", record.offset);
            return context.fault(fault);
        }
        let opened = self.open(context, record);
        let association = &mut *context.association;
        match epoch {
            2 => {
                self.lifecycle.handshake_ciphertext(association, seen);
                // Repeats can't be told from the rest: sequence numbers are encrypted.
                let kind = MessageKind::Ciphertext;
                self.flights.record(association, seen, kind, 0, false);
            }
            3 => {
                self.lifecycle.application_ciphertext(association, seen);
                count_data(association, seen, record);
            }
            _ => count_data(association, seen, record),
        }
        let Some(opened) = opened else { return };
        match opened.content_type {
            Some(ContentType::Handshake) => self.opened_handshake(context, &opened.bytes),
            Some(ContentType::Alert) => {
                if let Some(alert) = Alert::parse(&opened.bytes) {
                    self.lifecycle
                        .opened_alert(context.association, seen, alert);
                }
            }
            Some(ContentType::ApplicationData) => context.pass_on(opened.bytes),
            _ => {}
        }
    }

    /// Handshake messages that were encrypted (DTLS 1.3): certificates, and what the server chose. Their flight is told by the records around
    /// them.
    fn opened_handshake(&mut self, context: &mut Context<'_>, content: &[u8]) {
        let seen = context.seen;
        for fragment in Fragments::new(content, 0).flatten() {
            let assembler = &mut self.assemblers[seen.direction.index()];
            let outcome = assembler.add(&fragment, seen.frame, context.budget);
            if let Outcome::Complete { body, frames } = outcome {
                self.arrived(context, fragment.kind, &body, &frames);
            }
        }
    }

    /// A message is complete: `frames` carried it.
    fn arrived(
        &mut self,
        context: &mut Context<'_>,
        kind: HandshakeType,
        body: &[u8],
        frames: &[FrameNumber],
    ) {
        let message = Arrived {
            seen: context.seen,
            kind,
            body,
            is_cut: false,
            frames,
        };
        learn(
            context.association,
            &mut self.offered,
            &message,
            context.faults,
        );
    }
}

/// Does the fragment start a hello that the capture cut?
fn is_cut_hello(fragment: &Fragment<'_>) -> bool {
    matches!(
        fragment.kind,
        HandshakeType::ClientHello | HandshakeType::ServerHello
    ) && fragment.fragment_offset == 0
        && fragment.body.len() < fragment.fragment_length
}

fn count_data(association: &mut Association, seen: Sighting, record: &Record<'_>) {
    let traffic = &mut association.application_data[seen.direction.index()];
    traffic.records += 1;
    traffic.bytes += (record.fragment.len() + record.missing) as u64;
}
