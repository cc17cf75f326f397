//! A server: the participating function of an operator.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use castkey::keys::{KeyId, McService};
use castkey::mcx::{
    BindingTable, CskDownload, CskUpload, HeldKey, KeyUse, McxError, McxServer, McxServerAction,
    McxServerConfig, McxServerEvent, McxSettings, MessageForm, MuSikDownload, Ntp64, Rejected, SrtcpEndpoint,
    UserRow, srtcp_key_id,
};
use castkey::sakke::Server;

use crate::Outcome;
use crate::keyring::Keyring;
use crate::kms::{Kms, Wish};
use crate::plan::{HOME_KMS, LOCALHOST};
use crate::sip::{Letter, Page, Pager, Payload};
use crate::stage::Stage;
use crate::user::{Reply, User};
use crate::wire::{self, ASSERTED};

/// What an upload was answered with, and the key ID and algorithm that were bound, or why they were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) code: u16,
    pub(crate) bound: Result<(KeyId, u8), Rejected<'static>>,
}

impl Heard {
    /// Whether the server took the upload, and the client knows it for the same key ID.
    pub(crate) fn agrees(&self, reply: &Reply) -> bool {
        self.code == 200 && self.bound.is_ok_and(|(id, _)| *reply == Reply::Accepted(id))
    }

    /// Answer and reason of a refusal.
    pub(crate) fn refused(&self) -> (u16, Option<McxError>) {
        (self.code, self.bound.as_ref().err().map(Rejected::error))
    }
}

pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) mdsi: &'static str,
    kms_uri: &'static str,
    pub(crate) keys: Keyring<Server>,
    pub(crate) machine: McxServer<256, 2>,
    pub(crate) rows: Vec<UserRow>,
    pub(crate) sip: Pager,
    pub(crate) floor: SrtcpEndpoint<32>,
    /// Where the users are, by what they sent last.
    contacts: BTreeMap<String, SocketAddr>,
    /// The answer under way is not a line of the timeline.
    pub(crate) hushed: bool,
}

impl Site {
    pub(crate) fn new(
        name: &'static str, mdsi: &'static str, kms_uri: &'static str, ssrc: u32,
    ) -> Outcome<Self> {
        Ok(Self {
            name,
            mdsi,
            kms_uri,
            keys: Keyring::new(mdsi, kms_uri),
            machine: McxServer::new(McxServerConfig::default()),
            rows: (0..4).map(|_| UserRow::default()).collect(),
            sip: Pager::bind(LOCALHOST, mdsi)?,
            floor: SrtcpEndpoint::new(ssrc, 0),
            contacts: BTreeMap::new(),
            hushed: false,
        })
    }

    /// Gets the certificate of its KMS, with what it says about algorithms, and of those whose users it may meet.
    pub(crate) fn init(&mut self, kms: &mut Kms, stage: &mut Stage) -> Outcome<()> {
        let answer = kms.ask(self.name, &mut self.sip, Wish::Init, stage)?;
        let values = answer.ok_or("no certificate")?.certificate()?;
        let algorithms = values.algorithms;
        self.machine = McxServer::new(McxServerConfig { algorithms, ..McxServerConfig::default() });
        Ok(self.keys.accept(values, stage.now)?)
    }

    pub(crate) fn accept_partner(&mut self, kms: &mut Kms, uri: &str, stage: &mut Stage) -> Outcome<()> {
        let answer = kms.ask(self.name, &mut self.sip, Wish::CertCache(uri), stage)?;
        Ok(self.keys.accept(answer.ok_or("no certificate")?.certificate()?, stage.now)?)
    }

    /// Gets the key set for the period of `time`, and checks it.
    pub(crate) fn provision(&mut self, kms: &mut Kms, time: Ntp64, stage: &mut Stage) -> Outcome<()> {
        let answer = kms.ask(self.name, &mut self.sip, Wish::KeyProv(self.mdsi, time), stage)?;
        Ok(self.keys.take(&answer.ok_or("no key set")?.key_set()?)?)
    }

    fn drive<'a, T>(
        &mut self, event: McxServerEvent<'a>, stage: &mut Stage,
        f: impl FnOnce(McxServerAction<'_>) -> Option<T>,
    ) -> Result<T, Rejected<'a>> {
        let mut out = [0; 4_096];
        let Self { keys, machine, rows, .. } = self;
        let done = keys.with(|own| {
            machine.handle(event, own, rows.as_mut_slice(), stage.now, &mut stage.rng, &mut out).map(f)
        })?;
        done.ok_or(Rejected::Refused(McxError::WrongState))
    }

    /// Takes an upload that waits on the socket, and answers it. What stands in the header fields is believed, as if a
    /// SIP core had written it: everything that is refused here is refused for what MIKEY says.
    pub(crate) fn upload(&mut self, stage: &mut Stage) -> Outcome<Heard> {
        let Some(Letter::Request(page)) = self.sip.receive() else {
            return Err(format!("{} got no upload", self.name).into());
        };
        let message = wire::carried(&page.payload);
        let impu = page.payload.header(ASSERTED).unwrap_or_default().trim_matches(['<', '>']).to_owned();
        let bound = match &message {
            Ok(message) => {
                let (impu, user) = (impu.as_bytes(), page.from.as_bytes());
                let upload = CskUpload { octets: message, impu, user, sdp_ids: None };
                self.drive(McxServerEvent::Upload(upload), stage, |action| match action {
                    McxServerAction::CskBound { id, algorithm, .. } => Some((id, algorithm)),
                    _ => None,
                })
            }
            Err(why) => Err(Rejected::Refused(*why)),
        };
        let (code, payload) = match &bound {
            Ok(_) => {
                self.contacts.insert(page.from.clone(), page.source());
                (200, Payload::EMPTY)
            }
            Err(why) => wire::refusal(why, self.kms_uri),
        };
        self.answer(&page, code, &payload, bound.as_ref().err(), stage)?;
        Ok(Heard { code, bound: bound.map_err(Rejected::into_owned) })
    }

    fn answer(
        &mut self, page: &Page, code: u16, payload: &Payload, why: Option<&Rejected<'_>>, stage: &mut Stage,
    ) -> Outcome<()> {
        let octets = self.sip.answer(page, code, payload)?;
        if self.hushed {
            stage.hop();
        } else {
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            let to = page.from.split([':', '@']).nth(1).unwrap_or_default();
            stage.sent(self.name, to, &format!("{code}{why}"), octets);
        }
        Ok(())
    }

    /// Sends `user` a new CSK; the message.
    pub(crate) fn send_csk(
        &mut self, user: &User, select: Option<u8>, stage: &mut Stage,
    ) -> Outcome<Result<(KeyId, Vec<u8>), McxError>> {
        let (uri, kms) = (user.uri.as_bytes(), HOME_KMS.as_bytes());
        let form = MessageForm { hide_initiator: true, ..MessageForm::default() };
        let event = McxServerEvent::SendCsk(CskDownload { user: uri, kms, select, form });
        self.send_key(event, user, "CSK download", stage)
    }

    /// Sends `user` a MuSiK; the message.
    pub(crate) fn send_musik(
        &mut self, user: &User, musik: &HeldKey, form: MessageForm<'_>, stage: &mut Stage,
    ) -> Outcome<Result<(KeyId, Vec<u8>), McxError>> {
        let (uri, kms) = (user.uri.as_bytes(), HOME_KMS.as_bytes());
        let download = MuSikDownload { user: uri, kms, musik, form };
        self.send_key(McxServerEvent::SendMuSik(download), user, "MuSiK download", stage)
    }

    fn send_key(
        &mut self, event: McxServerEvent<'_>, user: &User, what: &str, stage: &mut Stage,
    ) -> Outcome<Result<(KeyId, Vec<u8>), McxError>> {
        let sent = self.drive(event, stage, |action| match action {
            McxServerAction::Send { id, message } => Some((id, message.to_vec())),
            _ => None,
        });
        let (id, message) = match sent {
            Ok(sent) => sent,
            Err(why) => return Ok(Err(why.error())),
        };
        let at = *self.contacts.get(user.uri).ok_or("a user without a contact")?;
        let octets = self.sip.send(user.uri, at, &wire::carry(&message, false)?)?;
        let what = format!("{what}, {} octets of MIKEY", message.len());
        stage.sent(self.name, user.name, &what, octets);
        Ok(Ok((id, message)))
    }

    /// Takes the answer of `user` to a download; of a CSK it says which one is bound then.
    pub(crate) fn answered(
        &mut self, user: &User, is_csk: bool, stage: &mut Stage,
    ) -> Outcome<Option<KeyId>> {
        let Some(Letter::Answer { code, .. }) = self.sip.receive() else {
            return Err(format!("{} got no answer", self.name).into());
        };
        if !is_csk {
            return Ok(None);
        }
        let user = user.uri.as_bytes();
        let event =
            if code == 200 { McxServerEvent::CskTaken { user } } else { McxServerEvent::CskRefused { user } };
        let bound = self.drive(event, stage, |action| match action {
            McxServerAction::CskBound { id, .. } => Some(Some(id)),
            McxServerAction::KeptOld => Some(None),
            _ => None,
        });
        Ok(bound.map_err(Rejected::into_owned)?)
    }

    /// The row of a user.
    pub(crate) fn row(&self, user: &User) -> Outcome<&UserRow> {
        let row = self.rows.iter().find(|row| row.user() == Some(user.uri.as_bytes()));
        Ok(row.ok_or("a user without a row")?)
    }

    /// The CSK for what goes to `user`.
    pub(crate) fn csk(&self, user: &User, now: Ntp64) -> Outcome<&HeldKey> {
        Ok(self.machine.csk(self.row(user)?, now)?)
    }

    /// Floor control to one user, under his CSK.
    pub(crate) fn floor_down(&mut self, user: &User, rtcp: &[u8], now: Ntp64) -> Outcome<Vec<u8>> {
        let keys = self.machine.downlink_srtcp(self.row(user)?, McService::Mcptt, now)?;
        let mut out = [0; 256];
        Ok(self.floor.protect(&keys, rtcp, &mut out)?.to_vec())
    }

    /// Floor control to everybody who has the MuSiK.
    pub(crate) fn floor_to_all(&mut self, musik: &HeldKey, rtcp: &[u8], now: Ntp64) -> Outcome<Vec<u8>> {
        let keys = musik.srtcp(KeyUse::MulticastDownlink, McService::Mcptt, &McxSettings::DEFAULT, now)?;
        let mut out = [0; 256];
        Ok(self.floor.protect(&keys, rtcp, &mut out)?.to_vec())
    }

    pub(crate) fn send_packet(
        &mut self, user: &User, packet: &[u8], what: &str, stage: &mut Stage,
    ) -> Outcome<()> {
        self.sip.send_octets(user.sip.address(), packet);
        stage.sent(self.name, user.name, what, packet.len());
        Ok(())
    }

    /// Opens a packet that waits on the socket: whose it is, and what it says.
    pub(crate) fn packet(&mut self, now: Ntp64) -> Outcome<Result<(String, Vec<u8>), McxError>> {
        match self.sip.receive() {
            Some(Letter::Packet(packet)) => Ok(self.open(&packet, now)),
            _ => Err(format!("{} got no packet", self.name).into()),
        }
    }

    fn open(&mut self, packet: &[u8], now: Ntp64) -> Result<(String, Vec<u8>), McxError> {
        let id = srtcp_key_id(packet)?;
        KeyUse::UnicastUplink.check(id)?;
        let owner = self.rows.as_slice().owner(id).ok_or(McxError::UnknownKey)?;
        let row = self.rows.iter().find(|row| row.user() == Some(owner)).ok_or(McxError::UnknownKey)?;
        let keys = self.machine.received_srtcp(row, packet, McService::Mcptt, now)?;
        let user = String::from_utf8_lossy(owner).into_owned();
        let mut out = [0; 256];
        Ok((user, self.floor.unprotect(&keys, packet, &mut out)?.to_vec()))
    }

    /// Everything that a refused message must leave as it was, what is remembered against replays included.
    pub(crate) fn state(&self, now: Ntp64) -> String {
        format!("{:?} {}", self.machine, self.bindings(now))
    }

    /// The same without what is remembered against replays.
    pub(crate) fn bindings(&self, now: Ntp64) -> String {
        let keys: Vec<_> = self
            .rows
            .iter()
            .map(|row| self.machine.csk(row, now).map(|key| *key.key().secret().expose()))
            .collect();
        format!("{:?} {keys:?} {:?}", self.rows, self.floor)
    }
}
