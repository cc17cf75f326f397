//! Mission-critical keys, their machines, events and actions, over keys full of the sentinel.

use castkey::keys::*;
use castkey::mcx::*;
use castkey::message::{IMessage, Quirks};
use castkey::sakke::eccsi::Ksak;
use castkey::sakke::{Device, KmsMasterSecret, Ssv};
use castkey::secret::Secret;
use rand::rand_core::{TryCryptoRng, TryRng};

use super::mcx_world::{ALICE, KMS, MDSI, NOW, Someone, periods};
use super::{S, check};

/// A generator of the sentinel for keys, and of other octets for key IDs and for the RAND behind each key, which travel in
/// the clear.
struct Sentinel(u8, bool);

impl TryRng for Sentinel {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 += 1;
        Ok(self.0.into())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        self.1 = !self.1;
        octets.fill(if self.1 { S } else { 1 });
        Ok(())
    }
}

impl TryCryptoRng for Sentinel {}

fn key() -> Secret<16> {
    Secret::new([S; 16])
}

#[test]
fn mission_critical_keys_and_what_is_derived_from_them_do_not_show() {
    check("Gmk", &Gmk::new(key()));
    check("Pck", &Pck::new(key()));
    check("Csk", &Csk::new(key()));
    check("Spk", &Spk::new(key()));
    check("Mkfc", &Mkfc::new(key()));
    check("Mscck", &Mscck::new(key()));
    check("MuSik", &MuSik::new(key()));
    check("Ssv", &Ssv::new(key()));
    check("McKey", &McKey::new(PurposeTag::Csk, key()));
    check("MasterKey", &MasterKey::Aes128(key()));
    check("MasterKey", &MasterKey::Aes256(Secret::new([S; 32])));
    let master = SrtpMaster { key: MasterKey::Aes128(key()), salt: Secret::new([S; 12]) };
    check("SrtpMaster", &master);
    check("SignallingKeys", &SignallingKeys { confidentiality: key(), integrity: key() });
    let id = KeyId::new(PurposeTag::Csk, 1);
    let srtcp = SignallingSrtcp::from_session_keys(&key(), Secret::new([S; 12]), id);
    check("SignallingSrtcp", &srtcp);
    check("SrtcpEndpoint", &SrtcpEndpoint::<1>::new(1, 0));
    let set = KmsKeySet {
        kms_uri: KMS,
        user_uri: ALICE,
        user_id: Uid::new([1; 32]),
        period: 1500,
        decrypt_key: Secret::new([S; 257]),
        signing_key: Secret::new([S; 32]),
        pub_token: [4; 65],
        validity: Validity::ALWAYS,
    };
    check("KmsKeySet", &set);
    let master = [[0; 64], [S; 64]].concat().try_into().unwrap();
    let master = KmsMasterSecret::import(&Secret::new(master)).unwrap();
    let ksak = Ksak::<Device>::from_octets(Secret::new([S; 32])).unwrap();
    check("KmsSecrets", &KmsSecrets::new(master, ksak));
}

#[test]
fn client_and_server_of_mission_critical_keys_do_not_show_them() {
    let (alice, home) = (Someone::now(ALICE), Someone::now(MDSI));
    let mut client = McxClient::<2, 4>::new(McxClientConfig::default());
    let mut server = McxServer::<4, 1>::new(McxServerConfig::default());
    let mut rows = [UserRow::default()];
    let (mut rng, mut out, mut room) = (Sentinel(0, false), [0; 2048], [0; 2048]);
    server.install_spk(KeyId::new(PurposeTag::Spk, 1), Spk::new(key())).unwrap();
    alice.with(|alice| {
        home.with(|home| {
            client
                .handle(McxClientEvent::Register { mdsi: MDSI, kms: KMS }, alice, NOW, &mut rng, &mut out)
                .unwrap();
            let upload = McxClientEvent::Upload { select: None, form: MessageForm::default() };
            check("McxClientEvent", &upload);
            let McxClientAction::Send(message) =
                client.handle(upload, alice, NOW, &mut rng, &mut out).unwrap()
            else {
                unreachable!()
            };
            let message = message.to_vec();
            check("McxClient", &client);
            let parsed = IMessage::decode(&message).unwrap();
            check("IMessage", &parsed);
            let uid = Uid::derive(ALICE, KMS, periods(), 1500).unwrap();
            let verified = parsed.verify(alice.kms[0].verify, uid.octets(), Quirks::NONE).unwrap();
            check("VerifiedIMessage", &verified);
            let envelope = Envelope { direction: Direction::Upload, initiator: Some(ALICE), sdp_ids: None };
            let mut cache = ReplayCache::<1>::new();
            let settings = McxSettings::DEFAULT;
            let screened = screen(&message, &envelope, home, &cache, &settings, NOW).unwrap();
            check("ScreenedMessage", &screened);
            let received = screened.open(&mut cache, &settings, NOW, &mut room).unwrap();
            // UIDs are printed: they travel in the clear, and are no secret.
            check("Received", &received.parameters());
            assert!(!format!("{received:?}").contains("Secret"));
            let upload = CskUpload { octets: &message, impu: b"sip:impu", user: ALICE, sdp_ids: None };
            let event = McxServerEvent::Upload(upload);
            check("McxServerEvent", &event);
            let action = server.handle(event, home, rows.as_mut_slice(), NOW, &mut rng, &mut room).unwrap();
            check("McxServerAction", &action);
            let action =
                client.handle(McxClientEvent::UploadAccepted, alice, NOW, &mut rng, &mut out).unwrap();
            check("McxClientAction", &action);
            let form = MessageForm::default();
            let musik = server.new_musik(1, &form, |_| false, NOW, &mut rng).unwrap();
            check("HeldKey", &musik);
            check("MuSikDownload", &MuSikDownload { user: ALICE, kms: KMS, musik: &musik, form });
            let (key, id, rand, negotiated) = (musik.key(), musik.id(), musik.rand(), Negotiated::Nothing);
            let (responder, responder_kms, algorithm, form) = (ALICE, KMS, 1, &form);
            check(
                "Outgoing",
                &Outgoing { key, id, rand, responder, responder_kms, negotiated, algorithm, form },
            );
            check("McxClient", &client);
            check("McxServer", &server);
            check("UserRow", &rows);
        });
    });
}
