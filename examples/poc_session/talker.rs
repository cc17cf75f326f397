//! X, the function of the participant who speaks: media and Media Burst Control for the server, on the session dedicated
//! to Media Traffic Optimisation. That leg has keys of its own, which are not shown here.

use core::net::SocketAddr;
use std::io;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::poc::MbcpMessage;
use castkey::time::Tick;

use crate::Outcome;
use crate::clock::Now;
use crate::link::open_socket;
use crate::srtp::{self, FIRST_INDEX, SSRC};
use crate::stage::Stage;

/// Speech of 20 milliseconds a packet.
const PERIOD_MS: u64 = 20;

/// Packets between two Media Burst Control messages.
const CONTROL_EVERY: u64 = 25;

#[derive(Debug)]
pub(crate) struct Talker {
    socket: Rc<UdpSocket>,
    server: SocketAddr,
    next: u64,
    /// When the next packet goes out; `None` while nobody speaks.
    due: Option<Tick>,
}

impl Talker {
    pub(crate) fn new(server: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: open_socket()?, server, next: FIRST_INDEX, due: None })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(crate) const fn speak(&mut self, now: Now) {
        self.due = Some(now.tick);
    }

    pub(crate) const fn stop(&mut self) {
        self.due = None;
    }

    pub(crate) fn turn(&mut self, now: Now, stage: &mut Stage) -> Outcome<()> {
        while let Some(due) = self.due.filter(|due| *due <= now.tick) {
            stage.step(14, now, "X sends media into the SIP/IP Core");
            self.socket.send_to(&srtp::rtp(self.next), self.server)?;
            if self.next.is_multiple_of(CONTROL_EVERY) {
                let taken = MbcpMessage::Taken {
                    acknowledge: false,
                    ssrc: SSRC,
                    cname: "sip:x@home2.net",
                    name: None,
                    participants: None,
                };
                let mut octets = [0; 256];
                self.socket.send_to(taken.encode(SSRC, &mut octets)?, self.server)?;
            }
            self.next += 1;
            self.due = Some(due.after_millis(PERIOD_MS));
        }
        Ok(())
    }
}
