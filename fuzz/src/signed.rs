//! Messages whose content was changed before it was signed: the signature is good, whatever it covers.

mod parts;
mod scene;

use std::sync::OnceLock;

use castkey::mcx::{
    CskUpload, McCrypto, McxClient, McxClientAction, McxClientConfig, McxClientEvent, McxError, McxServer,
    McxServerAction, McxServerConfig, McxServerEvent, McxSettings, MessageForm, MikeySakke,
    NegotiationEncoding, Rejected, UserRow,
};
use castkey::message::{Quirk, Quirks};
use castkey::sakke::Server;

use self::parts::edited;
use self::scene::{Direction, IMPU, Scene, Sealed, policy};
use crate::choice::Choices;
use crate::rng::Repeating;
use crate::stub::{ALICE, KMS, MDSI, NOW, Stub};

/// The first octet chooses a sealed message and how its receiver is set, the rest edits its content. It is signed again
/// by its initiator, and received.
///
/// | must hold | |
/// |---|---|
/// | what is accepted brings the key that was sealed | |
/// | what is refused changes nothing but the replay cache | which has the message when and only when its signature counts |
/// | a message is accepted or refused for its content once | the second copy is refused, and changes nothing |
/// | what was sealed is still accepted behind a refused one | unless that one took its place in the replay cache |
pub fn open_signed(octets: &[u8]) {
    static STUBS: OnceLock<Scene<Stub>> = OnceLock::new();
    static REAL: OnceLock<Scene<MikeySakke<'static, Server>>> = OnceLock::new();
    let mut choices = Choices::new(octets);
    let Some(kind) = choices.octet() else { return };
    // The real mathematics now and then: it is slow, and what surrounds it is the same.
    if kind >> 4 == 0x0F {
        receive(REAL.get_or_init(Scene::real), kind, choices);
    } else {
        receive(STUBS.get_or_init(Scene::stubs), kind, choices);
    }
}

fn receive<M: McCrypto>(scene: &Scene<M>, kind: u8, mut choices: Choices<'_>) {
    let sealed = &scene.sealed[usize::from(kind & 0x0F) % scene.sealed.len()];
    let Some(flags) = choices.octet() else { return };
    let quirks = Quirk::ALL
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| flags >> bit & 1 == 1)
        .fold(Quirks::NONE, |set, (_, quirk)| set.with(quirk));
    let encoding = match flags >> 4 & 3 {
        0 | 1 => NegotiationEncoding::Extension,
        2 => NegotiationEncoding::SignallingAlgorithm,
        _ => NegotiationEncoding::SpParameters,
    };
    let settings = McxSettings { quirks, encoding, ..McxSettings::DEFAULT };
    let octets = scene.sign(sealed, &edited(&sealed.octets, &mut choices));
    match sealed.direction {
        Direction::Upload => check(&mut UploadTo::new(scene, settings), sealed, &octets),
        Direction::Download => check(&mut DownloadTo::new(scene, settings), sealed, &octets),
    }
}

/// Somebody who receives messages.
trait Receiver {
    /// What he says of a message: the octets of its key, where it may be used already.
    fn take(&mut self, octets: &[u8]) -> Result<Option<[u8; 16]>, McxError>;
    /// All of him that a refused message leaves alone.
    fn state(&self) -> String;
    /// How he is set.
    fn settings(&self) -> McxSettings;
}

/// Receives the octets twice, then what was sealed.
fn check(receiver: &mut impl Receiver, sealed: &Sealed, octets: &[u8]) {
    let before = receiver.state();
    let outcome = receiver.take(octets);
    let after = receiver.state();
    match outcome {
        Ok(key) => assert!(key.is_none_or(|key| key == sealed.key), "another key: {octets:02x?}"),
        Err(_) => assert_eq!(before, after, "a refused message changed something: {octets:02x?}"),
    }
    let again = receiver.take(octets).expect_err("accepted twice");
    assert_eq!(receiver.state(), after, "a copy changed something");
    match outcome {
        // A signature that counts is remembered; a download is known by its T before that.
        Ok(_) => assert!(matches!(again, McxError::Replay | McxError::NotNewer), "{again:?}"),
        Err(first) => assert!(again == first || again == McxError::Replay, "{first:?}, then {again:?}"),
    }
    if octets == sealed.octets
        || outcome.is_ok()
        || receiver.settings().encoding != NegotiationEncoding::Extension
    {
        return;
    }
    match receiver.take(&sealed.octets) {
        Ok(key) => assert_eq!(key, Some(sealed.key)),
        Err(e) => assert!(e == McxError::Replay && again == McxError::Replay, "{e:?} behind {outcome:?}"),
    }
}

/// A server that knows nobody.
struct UploadTo<'s, M: McCrypto> {
    scene: &'s Scene<M>,
    server: McxServer<4, 1>,
    rows: [UserRow; 2],
    settings: McxSettings,
}

impl<'s, M: McCrypto> UploadTo<'s, M> {
    fn new(scene: &'s Scene<M>, settings: McxSettings) -> Self {
        let config = McxServerConfig { settings, algorithms: policy(), ..McxServerConfig::default() };
        let rows = [(); 2].map(|()| UserRow::default());
        Self { scene, server: McxServer::new(config), rows, settings }
    }
}

impl<M: McCrypto> Receiver for UploadTo<'_, M> {
    fn take(&mut self, octets: &[u8]) -> Result<Option<[u8; 16]>, McxError> {
        let Self { scene, server, rows, .. } = self;
        let upload = CskUpload { octets, impu: IMPU, user: ALICE, sdp_ids: None };
        let (mut rng, mut out) = (Repeating::default(), [0; 4096]);
        let event = McxServerEvent::Upload(upload);
        let action = scene.home.with(&scene.kms, |own| {
            let handled = server.handle(event, own, rows.as_mut_slice(), NOW, &mut rng, &mut out);
            handled.map_err(|refused| refused.error())
        })?;
        let McxServerAction::CskBound { id, .. } = action else { panic!("{action:?}") };
        let key = server.received_under(&rows[0], id, NOW);
        Ok(key.ok().map(|key| *key.key().secret().expose()))
    }

    fn state(&self) -> String {
        let key = self.server.csk(&self.rows[0], NOW).map(|key| *key.key().secret().expose());
        format!("{:?} {key:?}", self.rows)
    }

    fn settings(&self) -> McxSettings {
        self.settings
    }
}

/// A client that has uploaded a CSK, with an offer.
struct DownloadTo<'s, M: McCrypto> {
    scene: &'s Scene<M>,
    client: McxClient<2, 4>,
    settings: McxSettings,
}

impl<'s, M: McCrypto> DownloadTo<'s, M> {
    fn new(scene: &'s Scene<M>, settings: McxSettings) -> Self {
        let config = McxClientConfig { settings, algorithms: policy(), no_offer: false };
        let mut new = Self { scene, client: McxClient::new(config), settings };
        let form = MessageForm::default();
        new.client(McxClientEvent::Register { mdsi: MDSI, kms: KMS }, |_| ()).unwrap();
        // Beside the empty map there is no SP for an offer in form C.
        let form = MessageForm { services: scene::SERVICES, ..form };
        new.client(McxClientEvent::Upload { select: Some(1), form }, |_| ()).unwrap();
        new.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
        new
    }

    fn client<T>(
        &mut self, event: McxClientEvent<'_>, f: impl FnOnce(McxClientAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let (mut rng, mut out) = (Repeating::default(), [0; 4096]);
        let Self { scene, client, .. } = self;
        scene.alice.with(&scene.kms, |own| {
            client
                .handle(event, own, NOW, &mut rng, &mut out)
                .map(f)
                .map_err(|refused| Rejected::error(&refused))
        })
    }
}

impl<M: McCrypto> Receiver for DownloadTo<'_, M> {
    fn take(&mut self, octets: &[u8]) -> Result<Option<[u8; 16]>, McxError> {
        let id = self.client(McxClientEvent::Download { octets, sdp_ids: None }, |action| match action {
            McxClientAction::CskStored { id, .. } | McxClientAction::MuSikStored { id, .. } => id,
            other => panic!("{other:?}"),
        })?;
        Ok(self.client.key(id, NOW).ok().map(|key| *key.key().secret().expose()))
    }

    fn state(&self) -> String {
        let key = self.client.csk(NOW).map(|key| *key.key().secret().expose());
        format!("{:?} {key:?}", self.client)
    }

    fn settings(&self) -> McxSettings {
        self.settings
    }
}
