//! Who takes part, and the messages that were sealed.

use castkey::keys::{McKey, McService, PurposeTag};
use castkey::mcx::{
    AlgorithmList, AlgorithmPolicy, CskDownload, CskUpload, KeyParametersInit, KmsCertificate, KmsSecrets,
    McCrypto, McxClient, McxClientAction, McxClientConfig, McxClientEvent, McxServer, McxServerAction,
    McxServerConfig, McxServerEvent, MessageForm, MikeySakke, MuSikDownload, Ntp64, UserRow, Validity,
};
use castkey::sakke::eccsi::KpakTable;
use castkey::sakke::{Decapsulator, EccsiSign, Encapsulator, Server};

use crate::rng::Repeating;
use crate::stub::{
    ALICE, KMS, Keys, Kms, MDSI, NOW, PERIODS, Someone, Stub, periods, stub_kms, stub_someone,
};

pub(super) const IMPU: &[u8] = b"sip:+49123@ims.example.org";
pub(super) const SERVICES: &[McService] = &[McService::Mcptt, McService::McVideo];

#[derive(Clone, Copy)]
pub(super) enum Direction {
    Upload,
    Download,
}

/// A message and the key in it.
pub(super) struct Sealed {
    pub(super) direction: Direction,
    pub(super) octets: Vec<u8>,
    pub(super) key: [u8; 16],
}

pub(super) struct Scene<M: McCrypto> {
    pub(super) kms: Vec<Kms<M>>,
    pub(super) alice: Someone<M>,
    pub(super) home: Someone<M>,
    pub(super) sealed: Vec<Sealed>,
}

pub(super) fn policy() -> AlgorithmPolicy {
    let list = AlgorithmList::new(&[2, 1]).unwrap();
    AlgorithmPolicy { supported: list, default: 1, floor: list, strict_preference: false }
}

impl Scene<Stub> {
    pub(super) fn stubs() -> Self {
        Self::with(stub_kms().into(), stub_someone(ALICE), stub_someone(MDSI))
    }
}

impl Scene<MikeySakke<'static, Server>> {
    pub(super) fn real() -> Self {
        let mut rng = Repeating::default();
        let secrets = KmsSecrets::<Server>::generate(&mut rng).unwrap();
        let (z, kpak) = (secrets.pub_enc_key(), *secrets.pub_auth_key());
        let certificate = KmsCertificate {
            kms_uri: KMS,
            periods: periods(),
            user_id_format: 2,
            parameter_set: 1,
            pub_enc_key: &z,
            pub_auth_key: &kpak,
            algorithms: policy(),
            validity: Validity::ALWAYS,
        };
        let mut encapsulate = Box::new(Encapsulator::blank());
        let table = Box::leak(Box::new(KpakTable::new()));
        let verify = certificate.prepare(&mut encapsulate, table, NOW).unwrap();
        let [alice, home] = [ALICE, MDSI].map(|uri| {
            let set = certificate.issue(&secrets, uri, PERIODS[0], &mut rng).unwrap();
            let mut decapsulate = Box::new(Decapsulator::blank());
            let sign = set.prepare(&certificate, &mut decapsulate).unwrap();
            Someone { uri, keys: vec![Keys { period: PERIODS[0], sign, decapsulate }] }
        });
        Self::with(vec![Kms { uri: KMS, periods: periods(), encapsulate, verify }], alice, home)
    }
}

impl<M: McCrypto> Scene<M> {
    fn with(kms: Vec<Kms<M>>, alice: Someone<M>, home: Someone<M>) -> Self {
        let mut scene = Self { kms, alice, home, sealed: Vec::new() };
        let full = |tag| MessageForm {
            hide_initiator: false,
            hide_responder: false,
            services: SERVICES,
            to_self: true,
            parameters: Some(KeyParametersInit {
                text: "name",
                expiry: Some(NOW.after_s(86_400)),
                ..KeyParametersInit::of(tag, NOW)
            }),
            sdp_ids: Some(b"mikey"),
        };
        let hidden = MessageForm { hide_initiator: true, hide_responder: true, ..MessageForm::default() };
        for (at, form) in [MessageForm::default(), full(PurposeTag::Csk), hidden].into_iter().enumerate() {
            scene.seal_upload(&form, NOW.after_s(at.try_into().unwrap()));
        }
        let musik = full(PurposeTag::MuSik);
        for (at, (form, is_musik)) in
            [(MessageForm::default(), false), (full(PurposeTag::Csk), false), (hidden, true), (musik, true)]
                .into_iter()
                .enumerate()
        {
            scene.seal_download(&form, is_musik, NOW.after_s(at.try_into().unwrap()));
        }
        scene
    }

    fn client(&self) -> McxClient<2, 4> {
        McxClient::new(McxClientConfig { algorithms: policy(), ..McxClientConfig::default() })
    }

    fn seal_upload(&mut self, form: &MessageForm<'_>, now: Ntp64) {
        let (octets, key) = self.upload(form, now);
        self.sealed.push(Sealed { direction: Direction::Upload, octets, key });
    }

    fn upload(&self, form: &MessageForm<'_>, now: Ntp64) -> (Vec<u8>, [u8; 16]) {
        let (mut client, mut rng, mut out) = (self.client(), Repeating::default(), [0; 4096]);
        self.alice.with(&self.kms, |own| {
            let mut handle = |event| {
                let action = client.handle(event, own, now, &mut rng, &mut out).unwrap();
                if let McxClientAction::Send(message) = action { message.to_vec() } else { Vec::new() }
            };
            handle(McxClientEvent::Register { mdsi: MDSI, kms: KMS });
            let octets = handle(McxClientEvent::Upload { select: Some(1), form: *form });
            handle(McxClientEvent::UploadAccepted);
            let key = *client.csk(now).unwrap().key().secret().expose();
            (octets, key)
        })
    }

    fn seal_download(&mut self, form: &MessageForm<'_>, is_musik: bool, now: Ntp64) {
        let config = McxServerConfig { algorithms: policy(), ..McxServerConfig::default() };
        let (mut server, mut rng, mut out) =
            (McxServer::<4, 1>::new(config), Repeating::default(), [0; 4096]);
        let mut rows = [UserRow::default()];
        let (upload, _) = self.upload(&MessageForm::default(), NOW);
        let sealed = self.home.with(&self.kms, |own| {
            let upload = CskUpload { octets: &upload, impu: IMPU, user: ALICE, sdp_ids: None };
            server
                .handle(McxServerEvent::Upload(upload), own, rows.as_mut_slice(), NOW, &mut rng, &mut out)
                .unwrap();
            // It takes draws as well, so that a CSK behind it is another one than that of the client.
            let musik = server.new_musik(2, form, |_| false, now, &mut rng).unwrap();
            let event = if is_musik {
                let download = MuSikDownload { user: ALICE, kms: KMS, musik: &musik, form: *form };
                McxServerEvent::SendMuSik(download)
            } else {
                McxServerEvent::SendCsk(CskDownload { user: ALICE, kms: KMS, select: Some(2), form: *form })
            };
            let action = server.handle(event, own, rows.as_mut_slice(), now, &mut rng, &mut out).unwrap();
            let McxServerAction::Send { id, message } = action else { panic!("{action:?}") };
            let octets = message.to_vec();
            let octets_of = |key: &McKey| *key.secret().expose();
            let key = if is_musik {
                octets_of(musik.key())
            } else {
                octets_of(server.received_under(&rows[0], id, now).unwrap().key())
            };
            Sealed { direction: Direction::Download, octets, key }
        });
        self.sealed.push(sealed);
    }

    /// `content` with the signature of whoever sealed it.
    pub(super) fn sign(&self, sealed: &Sealed, content: &[u8]) -> Vec<u8> {
        let signer = match sealed.direction {
            Direction::Upload => &self.alice,
            Direction::Download => &self.home,
        };
        let mut signature = [0; 129];
        // What was not edited is signed as it was before, so that it is the message that was sealed.
        if sealed.octets.starts_with(content) && content.len() + signature.len() == sealed.octets.len() {
            return sealed.octets.clone();
        }
        signer.keys[0].sign.sign(content, &mut Repeating::default(), &mut signature).unwrap();
        [content, &signature].concat()
    }
}
