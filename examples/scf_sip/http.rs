//! HTTP/1.1 over TCP by `hyper`, polled by the loop of the example: no thread, no runtime. A future that cannot go on is
//! simply polled again in the next turn, so nothing needs to wake it.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;

use bytes::Bytes;
use castkey::ims::xml::MAX_BODY_LEN;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};

use crate::Outcome;

/// A TCP connection in the clothes that `hyper` knows.
struct Io(TcpStream);

impl Io {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }
}

fn poll<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl Read for Io {
    fn poll_read(
        mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut octets = [0; 4_096];
        let room = octets.len().min(buffer.remaining());
        let octets = octets.get_mut(..room).unwrap_or_default();
        poll(self.0.read(octets)).map_ok(|len| buffer.put_slice(octets.get(..len).unwrap_or_default()))
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        poll(self.0.write(octets))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll(self.0.shutdown(std::net::Shutdown::Write))
    }
}

type Task<T> = Pin<Box<dyn Future<Output = T>>>;

fn turn<T>(task: &mut Task<T>) -> Poll<T> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

type Slot = Rc<RefCell<Option<Response<Full<Bytes>>>>>;

/// A request that waits for its answer.
pub(crate) struct Exchange {
    pub(crate) peer: SocketAddr,
    pub(crate) head: Request<()>,
    /// `None` when it is longer than any body may be.
    pub(crate) body: Option<Vec<u8>>,
    slot: Slot,
}

impl Exchange {
    pub(crate) fn answer(self, response: Response<Full<Bytes>>) {
        *self.slot.borrow_mut() = Some(response);
    }
}

/// The side that is asked.
pub(crate) struct Server {
    listener: TcpListener,
    connections: Vec<Task<()>>,
    inbox: Rc<RefCell<VecDeque<Exchange>>>,
}

impl Server {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, connections: Vec::new(), inbox: Rc::default() })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next request.
    pub(crate) fn poll(&mut self) -> Option<Exchange> {
        while let Ok((stream, peer)) = self.listener.accept() {
            if let Ok(io) = Io::new(stream) {
                self.connections.push(serve(io, peer, &self.inbox));
            }
        }
        self.connections.retain_mut(|connection| turn(connection).is_pending());
        self.inbox.borrow_mut().pop_front()
    }
}

fn serve(io: Io, peer: SocketAddr, inbox: &Rc<RefCell<VecDeque<Exchange>>>) -> Task<()> {
    let inbox = Rc::clone(inbox);
    let service = service_fn(move |request: Request<Incoming>| {
        let inbox = Rc::clone(&inbox);
        async move {
            let (head, body) = request.into_parts();
            let body = Limited::new(body, MAX_BODY_LEN).collect().await.ok();
            let body = body.map(|body| body.to_bytes().to_vec());
            let slot = Slot::default();
            let head = Request::from_parts(head, ());
            inbox.borrow_mut().push_back(Exchange { peer, head, body, slot: Rc::clone(&slot) });
            let answer = poll_fn(|_| slot.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)).await;
            Ok::<_, core::convert::Infallible>(answer)
        }
    });
    let connection = server::conn::http1::Builder::new().serve_connection(io, service);
    // A connection that breaks is the peer's business: he makes another one.
    Box::pin(async { drop(connection.await) })
}

/// The side that asks: one connection, one request after the other.
pub(crate) struct Client {
    address: SocketAddr,
    sender: client::conn::http1::SendRequest<Full<Bytes>>,
    connection: Task<()>,
    waiting: Option<Task<Option<u16>>>,
}

impl Client {
    pub(crate) fn connect(to: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(to)?;
        let address = stream.local_addr()?;
        let mut handshake: Task<_> = Box::pin(client::conn::http1::handshake(Io::new(stream)?));
        let Poll::Ready(made) = turn(&mut handshake) else {
            return Err("an HTTP connection has no handshake to wait for".into());
        };
        let (sender, connection) = made?;
        let connection: Task<()> = Box::pin(async { drop(connection.await) });
        Ok(Self { address, sender, connection, waiting: None })
    }

    /// Our end.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the last request has its answer.
    pub(crate) const fn is_free(&self) -> bool {
        self.waiting.is_none()
    }

    pub(crate) fn send(&mut self, request: Request<Full<Bytes>>) {
        let answer = self.sender.send_request(request);
        self.waiting = Some(Box::pin(async move {
            let answer = answer.await.ok()?;
            let status = answer.status().as_u16();
            // The connection is free when the body was read, even an empty one.
            answer.into_body().collect().await.ok()?;
            Some(status)
        }));
    }

    /// The status of the answer, once it is there; `None` inside when the connection broke.
    pub(crate) fn poll(&mut self) -> Option<Option<u16>> {
        let _ = turn(&mut self.connection);
        let Poll::Ready(status) = turn(self.waiting.as_mut()?) else { return None };
        self.waiting = None;
        Some(status)
    }
}
