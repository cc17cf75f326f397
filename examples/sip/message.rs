//! A message read and checked, and messages written.
//!
//! The fields that transactions and dialogs are told apart by are read once, here; a message that lacks one of them
//! does not come into being.

use core::net::SocketAddr;

use bytes::Bytes;
use ezk_sip_types::header::typed::{CSeq, CallID, Contact, ContentLength, FromTo, MaxForwards};
use ezk_sip_types::msg::{Line, MessageLine, PullParser, RequestLine, StatusLine};
use ezk_sip_types::print::{AppendCtx, PrintCtx, UriContext};
use ezk_sip_types::uri::SipUri;
use ezk_sip_types::{Headers, Method, Name, StatusCode};

use super::body::{Body, Part};
use super::payload::Payload;
use super::via::{Hops, ours};

/// Methods that the endpoint takes.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS";

#[derive(Clone, Debug)]
pub(super) enum Start {
    Request { method: Method, uri: SipUri },
    Status(u16),
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) start: Start,
    pub(super) headers: Headers,
    pub(super) hops: Hops,
    pub(super) call_id: String,
    pub(super) from_tag: String,
    pub(super) to_tag: Option<String>,
    pub(super) cseq: CSeq,
    body: Vec<u8>,
}

impl Message {
    /// `None` for whatever is not a message with all fields that every message has (RFC 3261 §8.1.1), once each.
    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let mut lines = PullParser::new(octets, 0);
        let start = read_start(core::str::from_utf8(lines.next()?.ok()?).ok()?)?;
        let mut headers = Headers::new();
        for line in lines.by_ref() {
            let (name, value) = read_header(line.ok()?)?;
            headers.insert(name, value);
        }
        let body = octets.get(lines.head_end()..).unwrap_or_default();
        let single = [Name::FROM, Name::TO, Name::CALL_ID, Name::CSEQ];
        if single.iter().any(|name| headers.get_raw(name).count() != 1) {
            return None;
        }
        let body = match headers.try_get::<ContentLength>(Name::CONTENT_LENGTH) {
            Some(len) => body.get(..len.ok()?.0)?,
            None => body,
        };
        let from: FromTo = headers.get(Name::FROM).ok()?;
        let to: FromTo = headers.get(Name::TO).ok()?;
        let cseq = read_cseq(&headers)?;
        if matches!(&start, Start::Request { method, .. } if *method != cseq.method) {
            return None;
        }
        Some(Self {
            hops: Hops::read(&headers)?,
            call_id: headers.get_named::<CallID>().ok()?.0.to_string(),
            from_tag: from.tag?.to_string(),
            to_tag: to.tag.map(|tag| tag.to_string()),
            cseq,
            start,
            headers,
            body: body.to_vec(),
        })
    }

    /// The value of a field as it came.
    pub(super) fn raw(&self, name: &Name) -> String {
        self.headers.get_raw(name).next().map(ToString::to_string).unwrap_or_default()
    }

    /// Where the peer wants requests in the dialog to go.
    pub(super) fn contact(&self) -> Option<SipUri> {
        self.headers.get_named::<Contact>().ok().map(|contact| contact.uri.uri)
    }

    /// All header fields and the body; `None` when the body is not what its type says.
    pub(super) fn payload(&self) -> Option<Payload> {
        let body = Body::decode(self.content_type().as_deref(), self.body.clone())?;
        Some(Payload { headers: self.fields(), body })
    }

    /// The same for an answer, which cannot be refused: a body that is not what its type says stays one part.
    pub(super) fn payload_or_octets(&self) -> Payload {
        let opaque = || {
            let part = Part::new(&self.content_type().unwrap_or_default(), self.body.clone());
            Payload { headers: self.fields(), body: Body::Single(part) }
        };
        self.payload().unwrap_or_else(opaque)
    }

    /// The Request-URI as text; empty for an answer.
    pub(super) fn uri(&self) -> String {
        match &self.start {
            Start::Request { uri, .. } => uri.default_print_ctx().to_string(),
            Start::Status(_) => String::new(),
        }
    }

    fn content_type(&self) -> Option<String> {
        self.headers.get_raw(&Name::CONTENT_TYPE).next().map(ToString::to_string)
    }

    fn fields(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|(name, value)| (name.as_print_str().to_owned(), value.to_string())).collect()
    }
}

/// The library takes any text that begins like a known method for that method; this does not.
fn read_start(line: &str) -> Option<Start> {
    match line.parse().ok()? {
        MessageLine::Request(RequestLine { method, uri }) => {
            line.split(' ').next().filter(|word| *word == method.to_string())?;
            Some(Start::Request { method, uri })
        }
        MessageLine::Response(StatusLine { code, .. }) => {
            let code = code.into_u16();
            (100..700).contains(&code).then_some(Start::Status(code))
        }
    }
}

fn read_cseq(headers: &Headers) -> Option<CSeq> {
    let cseq: CSeq = headers.get_named().ok()?;
    let raw = headers.get_raw(&Name::CSEQ).next()?;
    let word = raw.split_ascii_whitespace().nth(1)?;
    (word == cseq.method.to_string() && cseq.cseq < 1 << 31).then_some(cseq)
}

/// A field, its continuation lines joined.
fn read_header(line: &[u8]) -> Option<(Name, String)> {
    let text = core::str::from_utf8(line).ok()?;
    let joined = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let source = Bytes::from(joined);
    let (_, line) = Line::parse(&source, core::str::from_utf8(&source).ok()?).ok()?;
    let value = line.value.trim().to_owned();
    (!line.name.as_print_str().is_empty()).then_some((line.name, value))
}

/// What a request is made of, besides its payload.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) method: Method,
    pub(super) uri: &'a SipUri,
    /// Our address, for Via.
    pub(super) address: SocketAddr,
    pub(super) branch: &'a str,
    /// Values of From and To, tags included.
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) call_id: &'a str,
    pub(super) cseq: u32,
    pub(super) contact: Option<&'a str>,
}

impl Outline<'_> {
    pub(super) fn encode(&self, payload: &Payload) -> Vec<u8> {
        let line = MessageLine::Request(RequestLine { method: self.method.clone(), uri: self.uri.clone() });
        let mut headers = Headers::new();
        headers.insert_named(&ours(self.address, self.branch));
        headers.insert_named(&MaxForwards(70));
        headers.insert(Name::FROM, self.from);
        headers.insert(Name::TO, self.to);
        headers.insert(Name::CALL_ID, self.call_id);
        headers.insert_named(&CSeq::new(self.cseq, self.method.clone()));
        if let Some(contact) = self.contact {
            headers.insert(Name::CONTACT, contact);
            headers.insert(Name::ALLOW, ALLOW);
        }
        encode(&line, headers, payload)
    }
}

/// An answer to `request`: the fields that tell the transaction come back as they came (RFC 3261 §8.2.6.2).
pub(super) fn answer(
    request: &Message, code: u16, to_tag: Option<&str>, contact: Option<&str>, payload: &Payload,
) -> Vec<u8> {
    let code = StatusCode::from(code);
    let line =
        MessageLine::Response(StatusLine { code, reason: Some(code.text().unwrap_or("Other").into()) });
    let mut headers = Headers::new();
    for hop in request.hops.fields() {
        headers.insert(Name::VIA, hop);
    }
    headers.insert(Name::FROM, request.raw(&Name::FROM));
    let to = request.raw(&Name::TO);
    match to_tag {
        Some(tag) if request.to_tag.is_none() => headers.insert(Name::TO, format!("{to};tag={tag}")),
        _ => headers.insert(Name::TO, to),
    }
    headers.insert(Name::CALL_ID, request.raw(&Name::CALL_ID));
    headers.insert_named(&request.cseq);
    if let Some(contact) = contact {
        headers.insert(Name::CONTACT, contact);
    }
    encode(&line, headers, payload)
}

fn encode(line: &MessageLine, mut headers: Headers, payload: &Payload) -> Vec<u8> {
    for (name, value) in &payload.headers {
        headers.insert(name.as_str(), value);
    }
    let (content_type, body) = payload.body.encode().unzip();
    let body = body.unwrap_or_default();
    if let Some(content_type) = content_type {
        if matches!(payload.body, Body::Mixed(_)) {
            headers.insert(Name::MIME_VERSION, "1.0");
        }
        headers.insert(Name::CONTENT_TYPE, content_type);
    }
    headers.insert_named(&ContentLength(body.len()));
    let context = PrintCtx { method: None, uri: Some(UriContext::ReqUri) };
    let mut octets = format!("{}\r\n{headers}\r\n", line.print_ctx(context)).into_bytes();
    octets.extend(body);
    octets
}
