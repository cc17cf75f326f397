//! Between hyper and the UPF: the head is screened before the body is read, and the body is bounded.

use core::convert::Infallible;
use core::net::IpAddr;
use core::time::Duration;
use std::sync::Arc;

use castkey::ims::ImsError;
use castkey::ims::facts::{HttpRefusal, StatusCode};
use castkey::ims::request::{MAX_BODY_LEN, METHOD, Peer, Refusal, RequestHead};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Shared;
use super::answer::Answer;

/// Connections at once; the next ones wait in the listener's queue.
const MOST_CONNECTIONS: usize = 256;

/// Octets of a head, and of what is read ahead.
const BUFFER_LEN: usize = 16 * 1024;

/// Longest wait for a head, or for a body.
const PATIENCE: Duration = Duration::from_secs(20);

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// Serves the connections of a listener whose peers are all of one kind.
pub(super) fn accept(listener: TcpListener, peer: Peer, shared: &Arc<Shared>) {
    let (shared, slots) = (Arc::clone(shared), Arc::new(Semaphore::new(MOST_CONNECTIONS)));
    tokio::spawn(async move {
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let Ok((stream, from)) = listener.accept().await else { continue };
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                serve(stream, peer, from.ip(), shared).await;
                drop(slot);
            });
        }
    });
}

async fn serve(stream: TcpStream, peer: Peer, from: IpAddr, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(response(answer(request, peer, from, &shared).await)) }
    });
    // How a connection ended is of no interest: what was served is counted by the UPF.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(BUFFER_LEN)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, peer: Peer, from: IpAddr, shared: &Shared) -> Answer {
    let (head, body) = request.into_parts();
    let line = format!("{} {} {:?}", head.method, head.uri, head.version);
    let values = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let screened = RequestHead::collect(values).and_then(|values| {
        let screening = shared.upf().screening.clone();
        screening.screen(line.as_bytes(), &values, peer)
    });
    let screened = match screened {
        Ok(screened) => screened,
        Err(refusal) => return refused(refusal, shared),
    };
    let body = match timeout(PATIENCE, Limited::new(body, MAX_BODY_LEN).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(e)) if e.is::<LengthLimitError>() => return refused(Refusal::BodyTooLarge, shared),
        _ => return refused(ImsError::Malformed.into(), shared),
    };
    let authorization = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let answer = shared.upf().request(&screened, from, authorization, &body);
    shared.wake.notify_one();
    answer
}

fn refused(refusal: Refusal, shared: &Shared) -> Answer {
    shared.upf().counts.refused += 1;
    Answer::refusal(HttpRefusal::new(refusal.status()))
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status.code()).unwrap_or_default();
    let headers = response.headers_mut();
    // All values are texts of the library or of this example; none has a character that a header cannot carry.
    let mut add = |name, value: &str| HeaderValue::from_str(value).map(|value| headers.append(name, value));
    for challenge in &answer.challenges {
        let _ = add(WWW_AUTHENTICATE, challenge);
    }
    if let Some(info) = &answer.info {
        let _ = add(AUTHENTICATION_INFO, info);
    }
    if let Some(media_type) = answer.media_type {
        let _ = add(CONTENT_TYPE, media_type);
    }
    if let Some(seconds) = answer.retry_after_s {
        let _ = add(RETRY_AFTER, &seconds.to_string());
    }
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        let _ = add(ALLOW, METHOD);
    }
    response
}
