//! Input for tests.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::incoming::Incoming;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Makes messages between one client and one server.
pub(super) struct Wire {
    pub(super) client: IpAddr,
    pub(super) server: TransportAddress,
    pub(super) at: u64,
    pub(super) exchange: u32,
    pub(super) flow: u32,
    pub(super) frames: Vec<FrameNumber>,
    pub(super) content_type: Option<&'static str>,
    pub(super) location: Option<&'static str>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            client: IpAddr::V4(Ipv4Addr::new(192, 168, 10, 2)),
            server: TransportAddress::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)), 8088),
            at: 1_000,
            exchange: 0,
            flow: 0,
            frames: vec![FrameNumber::new(0, 1)],
            content_type: Some("application/json"),
            location: None,
        }
    }
}

impl Wire {
    /// Goes on to the next exchange, one millisecond and one frame later.
    pub(super) fn step(&mut self) {
        self.exchange += 1;
        self.at += 1_000_000;
        self.frames = vec![FrameNumber::new(0, u64::from(self.exchange) + 1)];
    }

    pub(super) fn request<'a>(
        &'a self,
        method: &'a str,
        url: &'a str,
        body: &'a str,
    ) -> Incoming<'a> {
        Incoming {
            carrier: Carrier::Http,
            from: Sender::Client,
            at: Timestamp::from_nanos(self.at),
            frames: &self.frames,
            flow: FlowId(self.flow),
            exchange: Some(ExchangeId(self.exchange)),
            client: self.client,
            server: self.server,
            method: Some(method),
            url: Some(url),
            status: None,
            content_type: self.content_type,
            location: None,
            body: body.as_bytes(),
            complete: true,
        }
    }

    pub(super) fn response<'a>(
        &'a self,
        method: &'a str,
        url: &'a str,
        status: u16,
        body: &'a str,
    ) -> Incoming<'a> {
        Incoming {
            from: Sender::Server,
            status: Some(status),
            location: self.location,
            ..self.request(method, url, body)
        }
    }

    pub(super) fn websocket<'a>(
        &'a self,
        from: Sender,
        url: &'a str,
        body: &'a str,
    ) -> Incoming<'a> {
        Incoming {
            carrier: Carrier::WebSocket,
            from,
            exchange: None,
            method: None,
            content_type: None,
            ..self.request("GET", url, body)
        }
    }
}
