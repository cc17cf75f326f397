//! A client: the terminal of an MC user.

use core::net::SocketAddr;

use castkey::keys::{KeyId, McService};
use castkey::mcx::{
    KeyUse, McxClient, McxClientAction, McxClientConfig, McxClientEvent, McxError, MessageForm, Ntp64,
    Rejected, SrtcpEndpoint,
};
use castkey::sakke::Device;

use crate::Outcome;
use crate::keyring::Keyring;
use crate::kms::{Kms, Wish};
use crate::plan::{HOME_KMS, LOCALHOST};
use crate::sip::{Letter, Pager, Payload};
use crate::site::Site;
use crate::stage::Stage;
use crate::wire::{self, ASSERTED};

/// What a key download brought: its key ID, and its algorithm.
pub(crate) type Taken = Result<(KeyId, u8), McxError>;

/// What came of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The CSK is in use.
    Accepted(KeyId),
    /// The server wants another KMS. The upload is still under way.
    Redirected(String),
    /// The upload has failed.
    Refused(u16),
}

pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) impu: &'static str,
    pub(crate) keys: Keyring<Device>,
    pub(crate) machine: McxClient<4, 64>,
    pub(crate) sip: Pager,
    pub(crate) floor: SrtcpEndpoint<16>,
    /// Where its requests go.
    pub(crate) next_hop: SocketAddr,
    mdsi: &'static str,
    server: &'static str,
    /// Whether it writes base64.
    base64: bool,
}

impl User {
    pub(crate) fn new(
        name: &'static str, (uri, impu): (&'static str, &'static str), ssrc: u32, base64: bool,
    ) -> Outcome<Self> {
        Ok(Self {
            name,
            uri,
            impu,
            keys: Keyring::new(uri, HOME_KMS),
            machine: McxClient::new(McxClientConfig::default()),
            sip: Pager::bind(LOCALHOST, uri)?,
            floor: SrtcpEndpoint::new(ssrc, 0),
            next_hop: LOCALHOST,
            mdsi: "",
            server: "",
            base64,
        })
    }

    /// Gets the certificate of the own KMS, with what it says about algorithms.
    pub(crate) fn init(&mut self, kms: &mut Kms, stage: &mut Stage) -> Outcome<()> {
        let answer = kms.ask(self.name, &mut self.sip, Wish::Init, stage)?;
        let values = answer.ok_or("no certificate")?.certificate()?;
        let algorithms = values.algorithms;
        self.machine = McxClient::new(McxClientConfig { algorithms, ..McxClientConfig::default() });
        Ok(self.keys.accept(values, stage.now)?)
    }

    /// Gets the key set for the period of `time`, and checks it; whether there is one.
    pub(crate) fn provision(&mut self, kms: &mut Kms, time: Ntp64, stage: &mut Stage) -> Outcome<bool> {
        let Some(answer) = kms.ask(self.name, &mut self.sip, Wish::KeyProv(self.uri, time), stage)? else {
            return Ok(false);
        };
        self.keys.take(&answer.key_set()?)?;
        Ok(true)
    }

    /// Gives the machine an event, and its action to `f`.
    fn drive<T>(
        &mut self, event: McxClientEvent<'_>, stage: &mut Stage,
        f: impl FnOnce(McxClientAction<'_>) -> Option<T>,
    ) -> Result<T, Rejected<'static>> {
        let mut out = [0; 4_096];
        let Self { keys, machine, .. } = self;
        let done = keys.with(|own| {
            machine
                .handle(event, own, stage.now, &mut stage.rng, &mut out)
                .map(f)
                .map_err(Rejected::into_owned)
        })?;
        done.ok_or(Rejected::Refused(McxError::WrongState))
    }

    /// Registers at `site`, whose KMS he takes to be `kms`.
    pub(crate) fn register(&mut self, site: &Site, kms: &str, stage: &mut Stage) -> Outcome<()> {
        let event = McxClientEvent::Register { mdsi: site.mdsi.as_bytes(), kms: kms.as_bytes() };
        self.drive(event, stage, |action| matches!(action, McxClientAction::Registered).then_some(()))?;
        (self.mdsi, self.server, self.next_hop) = (site.mdsi, site.name, site.sip.address());
        Ok(())
    }

    pub(crate) fn log_off(&mut self, stage: &mut Stage) -> Outcome<()> {
        let is_off = |action: McxClientAction<'_>| matches!(action, McxClientAction::LoggedOff).then_some(());
        Ok(self.drive(McxClientEvent::LogOff, stage, is_off)?)
    }

    /// Makes a CSK and sends it; the message that went out.
    pub(crate) fn upload(
        &mut self, form: MessageForm<'_>, stage: &mut Stage,
    ) -> Outcome<Result<Vec<u8>, Rejected<'static>>> {
        self.send(McxClientEvent::Upload { select: None, form }, "CSK upload", stage)
    }

    /// Follows a redirect: the same CSK in a new message.
    pub(crate) fn follow(
        &mut self, kms: &str, stage: &mut Stage,
    ) -> Outcome<Result<Vec<u8>, Rejected<'static>>> {
        let form = MessageForm::default();
        self.send(McxClientEvent::Redirected { kms: kms.as_bytes(), form }, "CSK upload, redirected", stage)
    }

    fn send(
        &mut self, event: McxClientEvent<'_>, what: &str, stage: &mut Stage,
    ) -> Outcome<Result<Vec<u8>, Rejected<'static>>> {
        let sent = self.drive(event, stage, |action| match action {
            McxClientAction::Send(message) => Some(message.to_vec()),
            _ => None,
        });
        match sent {
            Ok(message) => {
                self.send_message(&message, what, stage)?;
                Ok(Ok(message))
            }
            Err(why) => Ok(Err(why)),
        }
    }

    /// Sends an I_MESSAGE to the server.
    pub(crate) fn send_message(&mut self, message: &[u8], what: &str, stage: &mut Stage) -> Outcome<()> {
        let payload = wire::carry(message, self.base64)?.with(ASSERTED, &format!("<{}>", self.impu));
        let octets = self.sip.send(self.mdsi, self.next_hop, &payload)?;
        stage.sent(self.name, self.server, &format!("{what}, {} octets of MIKEY", message.len()), octets);
        Ok(())
    }

    /// Takes the answer to an upload.
    pub(crate) fn reply(&mut self, stage: &mut Stage) -> Outcome<Reply> {
        let Some(Letter::Answer { code, payload }) = self.sip.receive() else {
            return Err(format!("{} got no answer", self.name).into());
        };
        match code {
            200 => Ok(Reply::Accepted(self.drive(
                McxClientEvent::UploadAccepted,
                stage,
                |action| match action {
                    McxClientAction::CskInUse(id) => Some(id),
                    _ => None,
                },
            )?)),
            488 => Ok(Reply::Redirected(wire::proposed(&payload)?)),
            _ => Ok(Reply::Refused(code)),
        }
    }

    /// Gives an upload up; what was in use still is.
    pub(crate) fn give_up(&mut self, stage: &mut Stage) -> Outcome<()> {
        let is_kept = |action: McxClientAction<'_>| matches!(action, McxClientAction::KeptOld).then_some(());
        Ok(self.drive(McxClientEvent::UploadFailed, stage, is_kept)?)
    }

    /// Takes a key download that waits on the socket, and answers it.
    pub(crate) fn download(&mut self, stage: &mut Stage) -> Outcome<Taken> {
        let Some(Letter::Request(page)) = self.sip.receive() else {
            return Err(format!("{} got no download", self.name).into());
        };
        let taken = match wire::carried(&page.payload) {
            Ok(message) => self.take(&message, stage),
            Err(why) => Err(Rejected::Refused(why)),
        };
        let (code, payload) = match &taken {
            Ok(_) => (200, Payload::EMPTY),
            Err(why) => wire::refusal(why, HOME_KMS),
        };
        let octets = self.sip.answer(&page, code, &payload)?;
        stage.sent(self.name, self.server, &format!("{code}"), octets);
        Ok(taken.map_err(|why| why.error()))
    }

    fn take(&mut self, message: &[u8], stage: &mut Stage) -> Result<(KeyId, u8), Rejected<'static>> {
        let event = McxClientEvent::Download { octets: message, sdp_ids: None };
        self.drive(event, stage, |action| match action {
            McxClientAction::CskStored { id, algorithm, .. }
            | McxClientAction::MuSikStored { id, algorithm, .. } => Some((id, algorithm)),
            _ => None,
        })
    }

    /// Floor control to the server, under the CSK in use.
    pub(crate) fn floor_up(&mut self, rtcp: &[u8], now: Ntp64) -> Result<Vec<u8>, McxError> {
        let keys = self.machine.uplink_srtcp(McService::Mcptt, now)?;
        let mut out = [0; 256];
        self.floor.protect(&keys, rtcp, &mut out).map(<[u8]>::to_vec)
    }

    /// A packet that waits on the socket.
    pub(crate) fn packet(&mut self) -> Outcome<Vec<u8>> {
        match self.sip.receive() {
            Some(Letter::Packet(packet)) => Ok(packet),
            _ => Err(format!("{} got no packet", self.name).into()),
        }
    }

    /// Opens floor control of the server, under whatever key it names.
    pub(crate) fn open(&mut self, packet: &[u8], key_use: KeyUse, now: Ntp64) -> Result<Vec<u8>, McxError> {
        let keys = self.machine.received_srtcp(packet, key_use, McService::Mcptt, now)?;
        let mut out = [0; 256];
        self.floor.unprotect(&keys, packet, &mut out).map(<[u8]>::to_vec)
    }

    /// Everything that a refused message must leave as it was.
    pub(crate) fn state(&self, now: Ntp64) -> String {
        let key = self.machine.csk(now).map(|key| (key.id(), *key.key().secret().expose()));
        format!("{:?} {key:?} {:?}", self.machine, self.floor)
    }
}
