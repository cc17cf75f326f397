//! Key download: CSK updates and MuSiKs.

use castkey::keys::{KeyId, McService, PurposeTag, Spk};
use castkey::mcx::{
    HeldKey, KeyParametersInit, KeyUse, McxClientAction, McxClientEvent, McxError, McxServerAction,
    McxServerEvent, McxSettings, MessageForm, MuSikDownload, Ntp64,
};
use castkey::message::{IMessage, Party};
use castkey::secret::Secret;

use super::mcx_world::{ALICE, BOB, KMS, MDSI, NOW, Someone};
use super::pair::{Pair, resign};

fn octets(key: &HeldKey) -> [u8; 16] {
    *key.key().secret().expose()
}

impl Pair {
    /// The client refused a CSK, or did not answer.
    fn refused(&mut self) {
        self.server(McxServerEvent::CskRefused { user: ALICE }, |_| ()).unwrap();
    }

    fn musik(&mut self, form: &MessageForm<'_>) -> HeldKey {
        self.server.new_musik(1, form, |_| false, self.now, &mut self.rng).unwrap()
    }

    fn send_musik(&mut self, musik: &HeldKey, form: MessageForm<'_>) -> Result<Vec<u8>, McxError> {
        let download = MuSikDownload { user: ALICE, kms: KMS, musik, form };
        self.server(McxServerEvent::SendMuSik(download), |action| match action {
            McxServerAction::Send { message, .. } => message.to_vec(),
            other => panic!("{other:?}"),
        })
    }
}

/// Covers: MCX-T-72, R-MCX-9, R-MCX-14
#[test]
fn a_csk_that_the_server_sends_replaces_the_old_one_which_is_read_for_the_overlap() {
    let mut pair = Pair::new();
    let old = pair.set_up();
    let message = pair.send_csk(None, MessageForm::default()).unwrap();
    let parsed = IMessage::decode(&message).unwrap();
    assert_eq!((parsed.initiator(), parsed.responder()), (Party::Uri(MDSI), Party::Uri(ALICE)));
    // Sent, but not known to be taken: the server sends with the old one and reads both.
    let new = KeyId::from_u32(parsed.csb_id().0).unwrap();
    assert_ne!(new, old);
    assert_eq!(pair.server.csk(&pair.rows[0], NOW).unwrap().id(), old);
    for id in [old, new] {
        assert_eq!(pair.server.received_under(&pair.rows[0], id, NOW).unwrap().id(), id);
    }
    assert_eq!(pair.take(&message).unwrap().0, new);
    pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
    let (client, server) = (pair.client.csk(NOW).unwrap(), pair.server.csk(&pair.rows[0], NOW).unwrap());
    assert_eq!((client.id(), server.id(), octets(client)), (new, new, octets(server)));
    for (seconds, outcome) in [(60, None), (61, Some(McxError::UnknownKey))] {
        let now = NOW.after_s(seconds);
        assert_eq!(pair.client.key(old, now).err(), outcome);
        assert_eq!(pair.server.received_under(&pair.rows[0], old, now).err(), outcome);
        assert_eq!(pair.client.key(new, now).unwrap().id(), new);
    }
    assert_eq!(pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()), Err(McxError::WrongState));
}

#[test]
fn a_csk_that_the_client_refuses_leaves_the_old_one_in_use() {
    let mut pair = Pair::new();
    let old = pair.set_up();
    let message = pair.send_csk(None, MessageForm::default()).unwrap();
    let new = KeyId::from_u32(IMessage::decode(&message).unwrap().csb_id().0).unwrap();
    pair.server(McxServerEvent::CskRefused { user: ALICE }, |_| ()).unwrap();
    assert_eq!(pair.server.csk(&pair.rows[0], NOW).unwrap().id(), old);
    assert!(pair.server.received_under(&pair.rows[0], new, NOW).is_err());
}

/// Covers: R-MCX-27, MCX-T-76
#[test]
fn a_csk_of_tomorrow_is_stored_and_used_from_its_activation_on() {
    let mut pair = Pair::new();
    let old = pair.set_up();
    let (active, expiry) = (NOW.after_s(1000), NOW.after_s(5000));
    let parameters = KeyParametersInit {
        activation: Some(active),
        expiry: Some(expiry),
        ..KeyParametersInit::of(PurposeTag::Csk, NOW)
    };
    let form = MessageForm { parameters: Some(parameters), ..MessageForm::default() };
    let message = pair.send_csk(None, form).unwrap();
    let (new, _, from) = pair.take(&message).unwrap();
    // Key parameters have whole seconds.
    assert_eq!(from, Ntp64::from_seconds(active.seconds));
    pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
    for (seconds, sending, old_is_read) in [
        (0, Ok(old), true),
        (939, Ok(old), true),
        (940, Ok(old), true),
        (999, Ok(old), true),
        (1000, Ok(new), true),
        (1060, Ok(new), true),
        (1061, Ok(new), false),
        (4999, Ok(new), false),
        (5000, Err(McxError::KeyExpired), false),
    ] {
        let now = NOW.after_s(seconds);
        assert_eq!(pair.client.csk(now).map(HeldKey::id), sending, "{seconds}");
        assert_eq!(pair.server.csk(&pair.rows[0], now).map(HeldKey::id), sending, "{seconds}");
        assert_eq!(pair.client.key(old, now).is_ok(), old_is_read, "{seconds}");
        let read = match seconds {
            // The server's clock may be ahead by the skew.
            ..940 => Some(McxError::NotYetActive),
            940..5000 => None,
            _ => Some(McxError::KeyExpired),
        };
        assert_eq!(pair.client.key(new, now).err(), read, "{seconds}");
    }
    // Behind the expiry of the new one the old one, which never expires, came back neither for sending nor for reading.
    assert_eq!(pair.client.key(old, NOW.after_s(5000)).err(), Some(McxError::UnknownKey));
}

/// Covers: MCX-T-45, MCX-T-69, R-MCX-21, R-MCX-26
#[test]
fn a_download_that_is_not_newer_than_the_last_one_is_refused() {
    let mut pair = Pair::new();
    pair.set_up();
    let first = pair.send_csk(None, MessageForm::default()).unwrap();
    // The next one has to wait for the answer, or for its not coming.
    assert_eq!(pair.send_csk(None, MessageForm::default()), Err(McxError::WrongState));
    pair.refused();
    let second = pair.send_csk(None, MessageForm::default()).unwrap();
    let newest = pair.take(&second).unwrap().0;
    pair.alice.calls.received();
    // The first one was held back on the way.
    let state = pair.client_state();
    assert_eq!(pair.take(&first), Err(McxError::NotNewer));
    // Another one with the very T of the last.
    let mut same_time = second.clone();
    same_time[7] ^= 1;
    let same_time = resign(&same_time, pair.home.keys(), 1);
    assert_eq!(pair.take(&same_time), Err(McxError::NotNewer));
    assert_eq!(pair.take(&second), Err(McxError::Replay));
    assert_eq!(pair.alice.calls.received(), (0, 0));
    assert_eq!(pair.client_state(), state);
    assert_eq!(pair.client.csk(NOW).unwrap().id(), newest);
    // The order is kept for each kind of key: a MuSiK does not stand in the way of a CSK.
    pair.refused();
    let csk = pair.send_csk(None, MessageForm::default()).unwrap();
    let musik = pair.musik(&MessageForm::default());
    let musik = pair.send_musik(&musik, MessageForm::default()).unwrap();
    pair.take(&musik).unwrap();
    assert!(pair.take(&csk).is_ok());
}

/// Covers: MCX-T-73, R-MCX-9, R-MCX-12, R-MCX-16, R-MCX-17
#[test]
fn a_musik_serves_what_the_server_sends_to_many_and_nothing_else() {
    let mut pair = Pair::new();
    let csk = pair.set_up();
    let form = MessageForm { services: &[McService::Mcptt, McService::McVideo], ..MessageForm::default() };
    let musik = pair.musik(&form);
    let message = pair.send_musik(&musik, form).unwrap();
    let castkey::wire::CsIdMap::GenericId(map) = IMessage::decode(&message).unwrap().map() else { panic!() };
    assert_eq!(map.iter().map(|entry| entry.cs_id).collect::<Vec<_>>(), [7, 9]);
    let id = pair.take(&message).unwrap().0;
    assert_eq!((id, id.tag()), (musik.id(), PurposeTag::MuSik));
    let held = pair.client.key(id, NOW).unwrap();
    assert_eq!(octets(held), octets(&musik));
    let settings = McxSettings::DEFAULT;
    let csk = pair.client.key(csk, NOW).unwrap();
    for (key, key_use, allowed) in [
        (held, KeyUse::MulticastDownlink, true),
        (held, KeyUse::UnicastDownlink, true),
        (held, KeyUse::UnicastUplink, false),
        (csk, KeyUse::MulticastDownlink, false),
        (csk, KeyUse::UnicastDownlink, true),
        (csk, KeyUse::UnicastUplink, true),
    ] {
        for service in [McService::Mcptt, McService::McVideo] {
            let outcome = key.srtcp(key_use, service, &settings, NOW).err();
            assert_eq!(outcome, (!allowed).then_some(McxError::WrongUse), "{key_use:?}");
        }
        assert_eq!(key.signalling_keys(key_use, ALICE, &settings, NOW).is_ok(), allowed);
        assert_eq!(key_use.check(key.id()).is_ok(), allowed);
    }
    // Both have two sessions with keys of their own.
    let only = MessageForm { services: &[McService::Mcptt], ..MessageForm::default() };
    let single = pair.musik(&only);
    let message = pair.send_musik(&single, only).unwrap();
    let id = pair.take(&message).unwrap().0;
    let single = pair.client.key(id, NOW).unwrap();
    let video = single.srtcp(KeyUse::MulticastDownlink, McService::McVideo, &settings, NOW);
    assert_eq!(video.err(), Some(McxError::WrongUse));
    // A message that promised other sessions than the key has would mislead its recipient.
    let other = pair.musik(&only);
    assert_eq!(pair.send_musik(&other, form), Err(McxError::Inconsistent));
}

/// Covers: MCX-T-74
#[test]
fn another_key_under_the_id_of_a_held_one_is_refused() {
    let mut pair = Pair::new();
    pair.set_up();
    for is_musik in [false, true] {
        let message = if is_musik {
            let musik = pair.musik(&MessageForm::default());
            pair.send_musik(&musik, MessageForm::default()).unwrap()
        } else {
            pair.send_csk(None, MessageForm::default()).unwrap()
        };
        let first = pair.take(&message).unwrap();
        let state = pair.client_state();
        let newer = |change: u8, fraction: u8| {
            let mut other = message.clone();
            let at = other.windows(5).position(|window| window == [1, 2, 1, 0x11, 4]).unwrap() + 4;
            other[at + 272] ^= change;
            let t = NOW.to_wire().to_bits().to_be_bytes();
            let at = other.windows(4).position(|window| window == &t[..4]).unwrap();
            other[at + 4] = fraction;
            resign(&other, pair.home.keys(), 5)
        };
        let (other, same) = (newer(1, 1), newer(0, 2));
        assert_eq!(pair.take(&other), Err(McxError::KeyIdInUse));
        assert_eq!(pair.client_state(), state);
        // The same key again is no harm.
        assert_eq!(pair.take(&same).unwrap().0, first.0);
    }
}

#[test]
fn musiks_beyond_the_capacity_are_refused_until_one_expires_or_is_forgotten() {
    let mut pair = Pair::new();
    pair.set_up();
    let mut ids = Vec::new();
    for lifetime in [1000, 2000, 3000] {
        let parameters = KeyParametersInit {
            expiry: Some(NOW.after_s(lifetime)),
            ..KeyParametersInit::of(PurposeTag::MuSik, NOW)
        };
        let form = MessageForm { parameters: Some(parameters), ..MessageForm::default() };
        let musik = pair.musik(&form);
        let message = pair.send_musik(&musik, form).unwrap();
        match pair.take(&message) {
            Ok((id, ..)) => ids.push(id),
            Err(e) => assert_eq!((e, lifetime), (McxError::CapacityExceeded, 3000)),
        }
    }
    assert_eq!(ids.len(), 2);
    pair.later(1000);
    let musik = pair.musik(&MessageForm::default());
    let message = pair.send_musik(&musik, MessageForm::default()).unwrap();
    assert!(pair.take(&message).is_ok());
    assert_eq!(pair.client.key(ids[0], pair.now).err(), Some(McxError::UnknownKey));
    assert!(pair.client.forget_musik(ids[1]));
    assert!(!pair.client.forget_musik(ids[1]));
}

/// Covers: R-MCX-12, R-MCX-13, R-MCX-10
#[test]
fn only_the_server_of_the_registration_and_only_with_its_keys_downloads() {
    let mut pair = Pair::new();
    pair.set_up();
    let message = pair.send_csk(None, MessageForm::default()).unwrap();
    let state = pair.client_state();
    // Another server, with good keys of its own.
    let mut other = Pair::new();
    other.home = Someone::now(b"mcx.elsewhere.org");
    other.client(McxClientEvent::LogOff, |_| ()).unwrap();
    other.client(McxClientEvent::Register { mdsi: b"mcx.elsewhere.org", kms: KMS }, |_| ()).unwrap();
    other.set_up();
    for hide_initiator in [false, true] {
        let form = MessageForm { hide_initiator, ..MessageForm::default() };
        let foreign = other.send_csk(None, form).unwrap();
        other.refused();
        assert_eq!(pair.take(&foreign), Err(McxError::WrongServer), "hidden: {hide_initiator}");
    }
    // Alice herself, with her own keys, in the name of the server.
    let forged = resign(&message, pair.alice.keys(), 3);
    assert_eq!(pair.take(&forged), Err(McxError::Unauthentic));
    assert_eq!(pair.client_state(), state);
    // A server without keys of the period sends nothing.
    let mut bare = Pair::new();
    bare.set_up();
    bare.home = Someone::new(MDSI, &[1499]);
    assert_eq!(bare.send_csk(None, MessageForm::default()), Err(McxError::NoKeyMaterial));
    // A user who never uploaded has nobody to answer.
    let mut unknown = Pair::new();
    assert_eq!(unknown.send_csk(None, MessageForm::default()), Err(McxError::UnknownKey));
    // A client without keys of the period of T says so, and which.
    pair.alice = Someone::new(ALICE, &[1499]);
    assert_eq!(pair.take(&message), Err(McxError::NoKeyMaterial));
}

/// Covers: MCX-T-77, R-MCX-15
#[test]
fn a_key_encapsulated_to_its_sender_too_opens_for_both() {
    use castkey::message::Quirks;
    let mut pair = Pair::new();
    let form = MessageForm { to_self: true, ..MessageForm::default() };
    let message = pair.upload_with(None, form).unwrap();
    assert_eq!(pair.alice.calls.sent(), (2, 1));
    let parsed = IMessage::decode(&message).unwrap();
    let uid = castkey::mcx::Uid::derive(ALICE, KMS, super::mcx_world::periods(), 1500).unwrap();
    let keys = &pair.alice.keys().clone();
    let verified = parsed.verify(keys, uid.octets(), Quirks::NONE).unwrap();
    let own = verified.decapsulate_to_self(keys, uid.octets()).unwrap().unwrap();
    pair.bind(&message).unwrap();
    assert_eq!(own.secret().expose(), &octets(pair.server.csk(&pair.rows[0], NOW).unwrap()));
    let plain = Pair::new().upload();
    let parsed = IMessage::decode(&plain).unwrap().verify(keys, uid.octets(), Quirks::NONE).unwrap();
    assert!(parsed.decapsulate_to_self(keys, uid.octets()).unwrap().is_none());
    let bob = Someone::now(BOB);
    let bob_uid = castkey::mcx::Uid::derive(BOB, KMS, super::mcx_world::periods(), 1500).unwrap();
    assert!(verified.decapsulate_to_self(bob.keys(), bob_uid.octets()).is_err());
}

/// Covers: R-MCX-25
#[test]
fn keys_between_servers_are_installed_by_hand() {
    let mut pair = Pair::new();
    let id = KeyId::new(PurposeTag::Spk, 7);
    let key = |octet| Spk::new(Secret::new([octet; 16]));
    pair.server.install_spk(id, key(1)).unwrap();
    assert_eq!(pair.server.install_spk(id, key(1)), Ok(()));
    assert_eq!(pair.server.install_spk(id, key(2)), Err(McxError::KeyIdInUse));
    let wrong = KeyId::new(PurposeTag::Csk, 7);
    assert_eq!(pair.server.install_spk(wrong, key(1)), Err(McxError::WrongPurposeTag));
    pair.server.install_spk(KeyId::new(PurposeTag::Spk, 8), key(2)).unwrap();
    let third = KeyId::new(PurposeTag::Spk, 9);
    assert_eq!(pair.server.install_spk(third, key(3)), Err(McxError::CapacityExceeded));
    assert_eq!(pair.server.spk(id).unwrap().secret().expose(), &[1; 16]);
    assert!(pair.server.remove_spk(id) && pair.server.spk(id).is_none());
}

/// Covers: R-MCX-23
#[test]
fn logging_off_leaves_no_key_and_no_way_back() {
    let mut pair = Pair::new();
    let csk = pair.set_up();
    let message = pair.send_csk(None, MessageForm::default()).unwrap();
    pair.take(&message).unwrap();
    pair.client(McxClientEvent::LogOff, |_| ()).unwrap();
    assert!(pair.client.csk(NOW).is_err() && pair.client.key(csk, NOW).is_err());
    pair.client(McxClientEvent::Register { mdsi: MDSI, kms: KMS }, |_| ()).unwrap();
    assert_eq!(pair.take(&message), Err(McxError::Replay));
    pair.server(McxServerEvent::LogOff { user: ALICE }, |_| ()).unwrap();
    assert!(pair.server.csk(&pair.rows[0], NOW).is_err());
}

/// A download and an upload that crossed, with T of each: the IDs of both, and the messages.
fn crossed(sent_at: Ntp64, uploaded_at: Ntp64) -> (Pair, KeyId, KeyId, Vec<u8>, Vec<u8>) {
    let mut pair = Pair::new();
    pair.set_up();
    pair.now = sent_at;
    let download = pair.send_csk(None, MessageForm::default()).unwrap();
    pair.now = uploaded_at;
    let upload = pair.upload();
    pair.now = sent_at.max(uploaded_at);
    let parsed = [&download, &upload].map(|octets| IMessage::decode(octets).unwrap());
    assert_eq!(parsed.map(|message| Ntp64::resolve(message.time(), NOW)), [sent_at, uploaded_at]);
    let [sent, uploaded] = parsed.map(|message| KeyId::from_u32(message.csb_id().0).unwrap());
    (pair, sent, uploaded, download, upload)
}

impl Pair {
    fn both_use(&self, used: KeyId, read: KeyId) {
        let row = &self.rows[0];
        assert_eq!(self.client.csk(self.now).unwrap().id(), used);
        assert_eq!(self.server.csk(row, self.now).unwrap().id(), used);
        assert_eq!(self.client.key(read, self.now).unwrap().id(), read);
        assert_eq!(self.server.received_under(row, read, self.now).unwrap().id(), read);
        let over = self.now.after_s(61);
        assert_eq!(self.client.key(read, over).err(), Some(McxError::UnknownKey));
        assert_eq!(self.server.received_under(row, read, over).err(), Some(McxError::UnknownKey));
    }
}

/// Covers: R-MCX-27
#[test]
fn of_an_upload_and_a_download_that_cross_both_ends_use_that_of_the_later_time() {
    let (early, late) = (NOW.after_s(5), NOW.after_s(9));
    for (sent_at, uploaded_at) in [(early, late), (late, early), (late, late)] {
        // Whichever answer comes first.
        for upload_is_answered_first in [false, true] {
            let (mut pair, sent, uploaded, download, upload) = crossed(sent_at, uploaded_at);
            pair.bind(&upload).unwrap();
            assert_eq!(pair.take(&download).unwrap().0, sent);
            let (used, read) = if sent_at >= uploaded_at { (sent, uploaded) } else { (uploaded, sent) };
            let answers = |pair: &mut Pair, is_upload: bool| {
                if is_upload {
                    pair.client(McxClientEvent::UploadAccepted, |action| {
                        assert_eq!(action, McxClientAction::CskInUse(used));
                    })
                    .unwrap();
                } else {
                    pair.server(McxServerEvent::CskTaken { user: ALICE }, |action| match action {
                        McxServerAction::CskBound { id, .. } => assert_eq!(id, used),
                        other => panic!("{other:?}"),
                    })
                    .unwrap();
                }
            };
            answers(&mut pair, upload_is_answered_first);
            answers(&mut pair, !upload_is_answered_first);
            pair.both_use(used, read);
        }
    }
}

#[test]
fn an_upload_that_comes_behind_the_answer_to_a_later_download_is_refused() {
    let (mut pair, sent, uploaded, download, upload) = crossed(NOW.after_s(9), NOW.after_s(5));
    pair.take(&download).unwrap();
    pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
    let state = pair.server_state();
    assert_eq!(pair.bind(&upload), Err(McxError::NotNewer));
    assert_eq!(pair.server_state(), state);
    pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
    assert_eq!(pair.client.csk(pair.now).unwrap().id(), sent);
    assert_eq!(pair.client.key(uploaded, pair.now).err(), Some(McxError::UnknownKey));
}

#[test]
fn an_answer_has_a_later_time_than_what_it_answers_whatever_the_clocks_say() {
    let mut pair = Pair::new();
    pair.now = NOW.after_s(30);
    pair.set_up();
    // The clock of the server is half a minute behind: its CSK counts all the same.
    pair.now = NOW;
    let download = pair.send_csk(None, MessageForm::default()).unwrap();
    assert!(Ntp64::resolve(IMessage::decode(&download).unwrap().time(), NOW) > NOW.after_s(30));
    pair.now = NOW.after_s(30);
    let (sent, ..) = pair.take(&download).unwrap();
    pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
    assert_eq!(pair.server.csk(&pair.rows[0], pair.now).unwrap().id(), sent);
    // And the other way round.
    pair.now = NOW;
    let upload = pair.upload();
    pair.now = NOW.after_s(30);
    let (uploaded, _) = pair.bind(&upload).unwrap();
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    assert_eq!(pair.server.csk(&pair.rows[0], pair.now).unwrap().id(), uploaded);
    assert_eq!(pair.client.csk(pair.now).unwrap().id(), uploaded);
}

#[test]
fn an_upload_that_follows_a_download_is_in_use_though_the_answer_to_that_comes_with_it() {
    let mut pair = Pair::new();
    pair.set_up();
    let download = pair.send_csk(None, MessageForm::default()).unwrap();
    let (sent, ..) = pair.take(&download).unwrap();
    let upload = pair.upload();
    let uploaded = KeyId::from_u32(IMessage::decode(&upload).unwrap().csb_id().0).unwrap();
    pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
    pair.bind(&upload).unwrap();
    pair.client(McxClientEvent::UploadAccepted, |action| {
        assert_eq!(action, McxClientAction::CskInUse(uploaded));
    })
    .unwrap();
    pair.both_use(uploaded, sent);
}

#[test]
fn a_csk_of_tomorrow_that_is_superseded_takes_no_place_of_one_in_its_overlap() {
    let mut pair = Pair::new();
    let first = pair.set_up();
    let second = pair.set_up();
    let activation = Some(NOW.after_s(5000));
    let parameters = KeyParametersInit { activation, ..KeyParametersInit::of(PurposeTag::Csk, NOW) };
    let form = MessageForm { parameters: Some(parameters), ..MessageForm::default() };
    let tomorrow = pair.upload_with(None, form).unwrap();
    let (tomorrow, _) = pair.bind(&tomorrow).unwrap();
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    let third = pair.set_up();
    for id in [first, second, third] {
        assert_eq!(pair.client.key(id, NOW).unwrap().id(), id);
        assert_eq!(pair.server.received_under(&pair.rows[0], id, NOW).unwrap().id(), id);
    }
    assert!(pair.client.key(tomorrow, NOW.after_s(5000)).is_err());
}
