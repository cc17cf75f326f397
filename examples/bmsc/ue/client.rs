//! One POST of the terminal over `ureq`, and what became of it.

use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use castkey::id::MskName;
use castkey::ims::facts::ItemStatus;
use castkey::ims::request::{
    Catalogue, GbaSupport, IdentityHeader, RequestKind, write_intended, write_user_agent,
};
use castkey::ims::xml::{
    MAX_BODY_LEN, MskRequest, MskResponse, RegisterResponse, ServiceList, XmlSettings, deregister, register,
};
use castkey::ims::{HttpOutcome, ImsError, ListedItems, ServiceId, UeRequest, UeRequestKind};
use digest_auth::AuthorizationHeader;
use ureq::Agent;

use super::digest::{Recorded, is_proven};
use super::{Shared, Terminal, lock};
use crate::Outcome;
use crate::names::{BM_SC, Service};

/// How long the POSTs of one kind took, in microseconds.
#[derive(Default)]
pub(crate) struct Latency {
    pub(crate) challenged_us: Vec<u64>,
    pub(crate) registration_us: Vec<u64>,
    pub(crate) msk_request_us: Vec<u64>,
    pub(crate) other: u64,
}

/// An HTTP client with its connections; of one thread.
pub(crate) struct Client {
    agent: Agent,
    server: SocketAddr,
    pub(crate) latency: Latency,
}

/// An answer as it came.
struct Answer {
    status: u16,
    challenges: Vec<String>,
    info: Option<String>,
    retry_after_s: Option<u32>,
    body: Vec<u8>,
}

/// What a POST came to; the procedures take it by reference.
pub(super) enum Came {
    Services(u16, Vec<(ServiceId, ItemStatus)>),
    Msks(u16, Vec<(MskName, ItemStatus)>),
    Other(HttpOutcome<'static>),
}

impl Came {
    pub(super) fn outcome(&self) -> HttpOutcome<'_> {
        match self {
            Self::Services(status, items) => {
                HttpOutcome::Authenticated { status: *status, items: ListedItems::Services(items) }
            }
            Self::Msks(status, items) => {
                HttpOutcome::Authenticated { status: *status, items: ListedItems::Msks(items) }
            }
            Self::Other(outcome) => *outcome,
        }
    }
}

/// A request before it is sent.
struct Request {
    target: String,
    media_type: &'static str,
    intended: String,
    btid: String,
    password: String,
    authorization: Option<AuthorizationHeader>,
    body: Vec<u8>,
}

/// An agent that reports every status as it is, follows nothing, and gives up after a while.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(10)))
        .max_idle_connections_per_host(4)
        .build()
        .into()
}

impl Client {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { agent: agent(), server, latency: Latency::default() }
    }

    /// Sends a POST of this terminal. It is not locked while the answer is awaited: MIKEY may come meanwhile.
    pub(super) fn post(&mut self, terminal: &Shared, request: &UeRequest<1>) -> Outcome<Came> {
        let sent = prepare(&mut lock(terminal), request)?;
        let started = Instant::now();
        let answer = self.send(&sent);
        let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut terminal = lock(terminal);
        terminal.tally.posts += 1;
        let Ok(answer) = answer else { return Ok(Came::Other(HttpOutcome::TimedOut)) };
        match (answer.status, request.kind()) {
            (401, _) => self.latency.challenged_us.push(took_us),
            (200, UeRequestKind::Register) => self.latency.registration_us.push(took_us),
            (200, UeRequestKind::Msk) => self.latency.msk_request_us.push(took_us),
            _ => self.latency.other += 1,
        }
        let came = interpret(&mut terminal, &sent, &answer, request.kind());
        terminal.note(|| shown(request.kind(), &sent, &answer, &came));
        Ok(came)
    }

    fn send(&self, request: &Request) -> Outcome<Answer> {
        let mut agent_name = [0; 64];
        let mut call = self
            .agent
            .post(format!("http://{}{}", self.server, request.target))
            .header("Host", format!("{BM_SC}:{}", self.server.port()))
            .header("User-Agent", write_user_agent("mbms-ue/1.0", GbaSupport::Me, &mut agent_name)?)
            .header(IdentityHeader::Intended.name(), &request.intended)
            .header("Content-Type", request.media_type);
        if let Some(authorization) = &request.authorization {
            call = call.header("Authorization", authorization.to_string());
        }
        let mut response = call.send(&request.body[..])?;
        let text = |value: &ureq::http::HeaderValue| value.to_str().map(str::to_owned).ok();
        let headers = response.headers();
        Ok(Answer {
            status: response.status().as_u16(),
            challenges: headers.get_all("WWW-Authenticate").iter().filter_map(text).collect(),
            info: headers.get("Authentication-Info").and_then(text),
            retry_after_s: headers.get("Retry-After").and_then(text).and_then(|s| s.parse().ok()),
            body: response.body_mut().with_config().limit(MAX_BODY_LEN.try_into()?).read_to_vec()?,
        })
    }
}

fn prepare(terminal: &mut Terminal, request: &UeRequest<1>) -> Outcome<Request> {
    let kind = match request.kind() {
        UeRequestKind::Register => RequestKind::Registration,
        UeRequestKind::Deregister => RequestKind::Deregistration,
        UeRequestKind::Msk => RequestKind::MskRequest,
    };
    let catalogue = Catalogue::DEFAULT;
    let (mut target, mut intended) = ([0; 128], [0; 256]);
    let target = catalogue.write_target(kind, &mut target)?.to_owned();
    let intended = write_intended(terminal.who.impu()?, &mut intended)?.to_owned();
    let body = body(request, &terminal.service)?;
    let (btid, password) = match terminal.run() {
        Some(run) => {
            let btid = run.btid.as_str().to_owned();
            let mut password = core::str::from_utf8(terminal.password()?.as_octets())?.to_owned();
            if terminal.mishap.wrong_password {
                password = password.chars().rev().collect();
            }
            (btid, password)
        }
        None => Default::default(),
    };
    let authorization =
        if btid.is_empty() { None } else { terminal.session.authorize(&btid, &password, &target, &body)? };
    let media_type = catalogue.spelling(kind).media_type;
    Ok(Request { target, media_type, intended, btid, password, authorization, body })
}

fn body(request: &UeRequest<1>, service: &Service) -> Outcome<Vec<u8>> {
    let mut out = [0; 1_024];
    let octets = match request {
        UeRequest::Register => register::encode(&ServiceList::new([&service.id])?, &mut out),
        UeRequest::Deregister => deregister::encode(&ServiceList::new([&service.id])?, &mut out),
        UeRequest::Msk(list) => MskRequest::new(list.as_slice().iter().copied())?.encode(&mut out),
    };
    Ok(octets?.to_vec())
}

fn interpret(terminal: &mut Terminal, sent: &Request, answer: &Answer, kind: UeRequestKind) -> Came {
    let refused = |error: ImsError| Came::Other(HttpOutcome::Refused(error));
    let had_credentials = sent.authorization.is_some();
    match answer.status {
        401 => {
            let md5_only = terminal.mishap.md5_only;
            match terminal.session.challenged(&answer.challenges, md5_only) {
                Ok(stale) => Came::Other(HttpOutcome::Challenged { had_credentials, stale }),
                Err(error) => refused(error),
            }
        }
        200 => {
            let Some(authorization) = &sent.authorization else {
                return Came::Other(HttpOutcome::Unauthentic);
            };
            let info = answer.info.as_deref();
            if !is_proven(info, authorization, &sent.btid, &sent.password, &answer.body) {
                return Came::Other(HttpOutcome::Unauthentic);
            }
            terminal.tally.proven += 1;
            if terminal.diary.is_some() {
                terminal.session.recorded = Some(Recorded {
                    target: sent.target.clone(),
                    authorization: authorization.to_string(),
                    media_type: sent.media_type.to_owned(),
                    body: sent.body.clone(),
                });
            }
            items(&answer.body, kind).unwrap_or(Came::Other(HttpOutcome::Unauthentic))
        }
        status => Came::Other(HttpOutcome::Failed { status, retry_after_s: answer.retry_after_s }),
    }
}

fn items(body: &[u8], kind: UeRequestKind) -> Option<Came> {
    let settings = XmlSettings::default();
    Some(match kind {
        UeRequestKind::Msk => {
            let read = MskResponse::decode(body, settings).ok()?;
            Came::Msks(
                200,
                read.items().iter().map(|(name, code)| (*name, ItemStatus::from_code(*code))).collect(),
            )
        }
        _ => {
            let read = RegisterResponse::decode(body, settings).ok()?;
            Came::Services(
                200,
                read.iter().map(|(service, code)| (service, ItemStatus::from_code(code))).collect(),
            )
        }
    })
}

/// The line of the screen for a POST.
fn shown(kind: UeRequestKind, sent: &Request, answer: &Answer, came: &Came) -> String {
    let what = match kind {
        UeRequestKind::Register => "H2 register",
        UeRequestKind::Deregister => "H3 deregister",
        UeRequestKind::Msk => "H4 msk-request",
    };
    let with = match &sent.authorization {
        Some(authorization) => format!("Digest {} nc={:08x}", authorization.algorithm, authorization.nc),
        None => "no Authorization".to_owned(),
    };
    let said = match came {
        Came::Services(_, items) => items.iter().map(|(_, item)| item.code().code()).collect::<Vec<_>>(),
        Came::Msks(_, items) => items.iter().map(|(_, item)| item.code().code()).collect(),
        Came::Other(_) => Vec::new(),
    };
    let said = match came {
        Came::Other(HttpOutcome::Challenged { stale, .. }) => {
            format!("{} challenges, stale={stale}", answer.challenges.len())
        }
        Came::Other(HttpOutcome::Failed { retry_after_s: Some(s), .. }) => format!("Retry-After {s} s"),
        Came::Other(outcome) => format!("{outcome:?}"),
        _ => format!("rspauth good, items {said:?}"),
    };
    format!("terminal: POST {what} ({with}) -> {} ({said})", answer.status)
}
