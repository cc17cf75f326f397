//! A client and a server with the table of its users.

use castkey::keys::KeyId;
use castkey::mcx::{
    AlgorithmList, AlgorithmPolicy, CskDownload, CskUpload, McxClient, McxClientAction, McxClientConfig,
    McxClientEvent, McxError, McxServer, McxServerAction, McxServerConfig, McxServerEvent, McxSettings,
    MessageForm, Ntp64, Rejected, UserRow,
};

use super::mcx_world::{ALICE, KMS, MDSI, NOW, Rng, Someone};

pub(crate) const IMPU: &[u8] = b"sip:+49123@ims.example.org";

/// What a server says of an upload, without its borrow.
pub(crate) type Bound = Result<(KeyId, u8), McxError>;

pub(crate) struct Pair {
    pub(crate) alice: Someone,
    pub(crate) home: Someone,
    pub(crate) client: McxClient<2, 8>,
    pub(crate) server: McxServer<8, 2>,
    pub(crate) rows: [UserRow; 3],
    pub(crate) rng: Rng,
    pub(crate) now: Ntp64,
}

pub(crate) fn policy(supported: &[u8], floor: &[u8]) -> AlgorithmPolicy {
    AlgorithmPolicy {
        supported: AlgorithmList::new(supported).unwrap(),
        default: 1,
        floor: AlgorithmList::new(floor).unwrap(),
        strict_preference: false,
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(McxSettings::DEFAULT, AlgorithmPolicy::default(), AlgorithmPolicy::default())
    }

    pub(crate) fn with(settings: McxSettings, client: AlgorithmPolicy, server: AlgorithmPolicy) -> Self {
        let mut pair = Self {
            alice: Someone::now(ALICE),
            home: Someone::now(MDSI),
            client: McxClient::new(McxClientConfig { settings, algorithms: client, no_offer: false }),
            server: McxServer::new(McxServerConfig {
                settings,
                algorithms: server,
                ..McxServerConfig::default()
            }),
            rows: [(); 3].map(|()| UserRow::default()),
            rng: Rng::seeded(7),
            now: NOW,
        };
        pair.client(McxClientEvent::Register { mdsi: MDSI, kms: KMS }, |_| ()).unwrap();
        pair
    }

    /// Gives the client an event, and its action to `f`.
    pub(crate) fn client<T>(
        &mut self, event: McxClientEvent<'_>, f: impl FnOnce(McxClientAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let mut out = [0; 4096];
        let Self { client, alice, rng, now, .. } = self;
        alice.with_kms(2, |own| {
            client.handle(event, own, *now, rng, &mut out).map(f).map_err(|e| Rejected::error(&e))
        })
    }

    pub(crate) fn server<T>(
        &mut self, event: McxServerEvent<'_>, f: impl FnOnce(McxServerAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let mut out = [0; 4096];
        let Self { server, home, rows, rng, now, .. } = self;
        home.with(|own| {
            let result = server.handle(event, own, rows.as_mut_slice(), *now, rng, &mut out);
            result.map(f).map_err(|e| Rejected::error(&e))
        })
    }

    /// An upload message of the client.
    pub(crate) fn upload_with(
        &mut self, select: Option<u8>, form: MessageForm<'_>,
    ) -> Result<Vec<u8>, McxError> {
        self.client(McxClientEvent::Upload { select, form }, |action| match action {
            McxClientAction::Send(message) => message.to_vec(),
            other => panic!("{other:?}"),
        })
    }

    pub(crate) fn upload(&mut self) -> Vec<u8> {
        self.upload_with(None, MessageForm::default()).unwrap()
    }

    /// What the server says of `octets`, as an upload of `user`.
    pub(crate) fn bind_as(&mut self, octets: &[u8], impu: &[u8], user: &[u8]) -> Bound {
        let upload = CskUpload { octets, impu, user, sdp_ids: None };
        self.server(McxServerEvent::Upload(upload), |action| match action {
            McxServerAction::CskBound { id, algorithm, .. } => (id, algorithm),
            other => panic!("{other:?}"),
        })
    }

    pub(crate) fn bind(&mut self, octets: &[u8]) -> Bound {
        self.bind_as(octets, IMPU, ALICE)
    }

    /// A whole upload, accepted by both.
    pub(crate) fn set_up(&mut self) -> KeyId {
        let message = self.upload();
        let (id, _) = self.bind(&message).unwrap();
        self.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
        id
    }

    /// A message of the server with a new CSK.
    pub(crate) fn send_csk(
        &mut self, select: Option<u8>, form: MessageForm<'_>,
    ) -> Result<Vec<u8>, McxError> {
        let download = CskDownload { user: ALICE, kms: KMS, select, form };
        self.server(McxServerEvent::SendCsk(download), |action| match action {
            McxServerAction::Send { message, .. } => message.to_vec(),
            other => panic!("{other:?}"),
        })
    }

    /// What the client says of `octets`: key ID, algorithm, activation.
    pub(crate) fn take(&mut self, octets: &[u8]) -> Result<(KeyId, u8, Ntp64), McxError> {
        self.client(McxClientEvent::Download { octets, sdp_ids: None }, |action| match action {
            McxClientAction::CskStored { id, active_from, algorithm }
            | McxClientAction::MuSikStored { id, active_from, algorithm } => (id, algorithm, active_from),
            other => panic!("{other:?}"),
        })
    }

    /// Everything of the server that a refused message must leave as it was.
    pub(crate) fn server_state(&self) -> String {
        let keys: Vec<_> = self
            .rows
            .iter()
            .map(|row| self.server.csk(row, self.now).map(|key| *key.key().secret().expose()))
            .collect();
        format!("{:?} {keys:?}", self.rows)
    }

    pub(crate) fn client_state(&self) -> String {
        let csk = self.client.csk(self.now).map(|key| *key.key().secret().expose());
        format!("{:?} {csk:?}", self.client)
    }

    pub(crate) fn later(&mut self, seconds: u64) {
        self.now = self.now.after_s(seconds);
    }
}

/// `message` with its last 129 octets signed anew by `signer`.
pub(crate) fn resign(message: &[u8], signer: &super::mcx_world::Fake, nonce: u64) -> Vec<u8> {
    let signed = &message[..message.len() - 129];
    [signed, signer.sign_octets(signed, nonce).as_slice()].concat()
}
