//! What clients and server send.

use castkey::keys::{KeyId, McService, PurposeTag};
use castkey::mcx::{
    CskDownload, HeldKey, KeyParametersInit, McxClientAction, McxClientEvent, McxServerAction,
    McxServerEvent, MessageForm, MuSikDownload, NegotiationEncoding,
};

use super::air::Parcel;
use super::{Made, USERS, World};
use crate::choice::Choices;
use crate::stub::{KMS, OTHER_KMS};

const SERVICES: &[McService] = &[McService::Mcptt, McService::McVideo];

impl World {
    /// How a message is written.
    fn form(&self, choices: &mut Choices<'_>) -> Option<MessageForm<'static>> {
        let octet = choices.octet()?;
        let after = |s| Some(self.now.after_s(s));
        let of = KeyParametersInit::of(PurposeTag::Csk, self.now);
        let parameters = match octet >> 5 {
            0..=2 => None,
            3 => Some(of),
            4 => Some(KeyParametersInit { activation: after(20), ..of }),
            5 => Some(KeyParametersInit { activation: after(100), ..of }),
            6 => Some(KeyParametersInit { expiry: after(200), ..of }),
            _ => Some(KeyParametersInit { activation: after(100), expiry: after(300), ..of }),
        };
        Some(MessageForm {
            hide_initiator: octet & 1 != 0,
            hide_responder: octet & 2 != 0,
            services: if octet & 4 == 0 { SERVICES } else { &[] },
            to_self: octet & 8 != 0,
            parameters,
            sdp_ids: None,
        })
    }

    pub(super) fn upload(&mut self, at: usize, choices: &mut Choices<'_>) -> Option<()> {
        let (form, select) = (self.form(choices)?, selected(choices)?);
        self.uploads(at, McxClientEvent::Upload { select, form });
        Some(())
    }

    pub(super) fn redirected(&mut self, at: usize, choices: &mut Choices<'_>) -> Option<()> {
        let kms = if choices.below(3)? == 0 { OTHER_KMS } else { KMS };
        let form = self.form(choices)?;
        self.uploads(at, McxClientEvent::Redirected { kms, form });
        Some(())
    }

    fn uploads(&mut self, at: usize, event: McxClientEvent<'_>) {
        let sent = self.client(at, event, |action| match action {
            McxClientAction::Send(message) => message.to_vec(),
            other => panic!("{other:?}"),
        });
        let Ok(octets) = sent else { return };
        let id = id_of(&octets);
        let key = self.clients[at].machine.key(id, self.now).expect("the key of an upload under way");
        let (key, algorithm) = (Some(*key.key().secret().expose()), key.algorithm());
        assert!(self.clients[at].policy.allows(algorithm), "{algorithm} is uploaded");
        let made = Made { by: Some(at), to: None, id, key, selected: None, algorithm, last: None };
        self.note(&octets, made);
        self.transaction += 1;
        // The answer to one before it is not waited for.
        self.disturbed[at] |= self.clients[at].upload.replace(self.transaction).is_some();
        self.air.push(Parcel::Upload { of: at, transaction: self.transaction, octets });
    }

    /// No answer came.
    pub(super) fn gives_up(&mut self, at: usize) {
        let under_way = self.clients[at].upload.take().is_some();
        self.disturbed[at] |= under_way;
        let result = self.client(at, McxClientEvent::UploadFailed, |_| ());
        assert_eq!(result.is_ok(), under_way);
    }

    /// No answer came to the server.
    pub(super) fn server_gives_up(&mut self, user: usize) {
        let under_way = self.bound[user].1.take().is_some();
        self.disturbed[user] |= under_way;
        let result = self.server(McxServerEvent::CskRefused { user: USERS[user] }, |_| ());
        assert_eq!(result.is_ok(), under_way);
    }

    pub(super) fn send_csk(&mut self, user: usize, choices: &mut Choices<'_>) -> Option<()> {
        let (form, select) = (self.form(choices)?, selected(choices)?);
        let download = CskDownload { user: USERS[user], kms: KMS, select, form };
        let sent = self.server(McxServerEvent::SendCsk(download), |action| match action {
            McxServerAction::Send { id, message } => (id, message.to_vec()),
            other => panic!("{other:?}"),
        });
        let Ok((id, octets)) = sent else { return Some(()) };
        let row = self.row(user).expect("a row of whom something is sent to");
        let key = self.server.received_under(row, id, self.now).ok();
        let offered = row.offer().copied();
        let algorithm = key.map_or(0, HeldKey::algorithm);
        let key = key.map(|key| *key.key().secret().expose());
        if let Some(select) = select {
            assert!(self.policy.allows(select) && offered.is_some_and(|offer| offer.list().has(select)));
        }
        self.transaction += 1;
        let last = self.bound[user].0;
        self.bound[user].1 = Some(self.transaction);
        // The algorithm of a key of tomorrow shows when it is bound.
        let is_said = algorithm != 0 && offered.is_some() && says_selection(self, &form);
        let selected = select.or(is_said.then_some(algorithm));
        let made = Made { by: None, to: Some(user), id, key, selected, algorithm, last };
        self.note(&octets, made);
        self.air.push(Parcel::Download { to: user, transaction: Some(self.transaction), octets });
        Some(())
    }

    pub(super) fn send_musik(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let user = usize::from(choices.below(3)?);
        let algorithm = [1, 2, 200, 7][usize::from(choices.below(4)?)];
        let (form, flags) = (self.form(choices)?, choices.octet()?);
        if flags & 1 == 0 || self.musiks.is_empty() {
            let Self { server, rng, now, ids, .. } = self;
            let Ok(musik) = server.new_musik(algorithm, &form, |id| ids.contains(&id), *now, rng) else {
                assert!(!self.policy.allows(algorithm));
                return Some(());
            };
            self.ids.insert(musik.id());
            self.musiks.push(musik);
        }
        // One of the last ones, taken out while it is sent.
        let at = self.musiks.len() - 1 - usize::from(flags >> 1 & 1) % self.musiks.len();
        let musik = self.musiks.remove(at);
        let offered = self.row(user).is_some_and(|row| row.offer().is_some());
        let download = MuSikDownload { user: USERS[user], kms: KMS, musik: &musik, form };
        let sent = self.server(McxServerEvent::SendMuSik(download), |action| match action {
            McxServerAction::Send { message, .. } => message.to_vec(),
            other => panic!("{other:?}"),
        });
        if let Ok(octets) = sent {
            let algorithm = musik.algorithm();
            let made = Made {
                by: None,
                to: Some(user),
                id: musik.id(),
                key: Some(*musik.key().secret().expose()),
                // Without a place for it in the message it is not said.
                selected: (offered && says_selection(self, &form)).then_some(musik.algorithm()),
                algorithm,
                last: self.bound[user].0,
            };
            self.note(&octets, made);
            self.air.push(Parcel::Download { to: user, transaction: None, octets });
        }
        self.musiks.insert(at, musik);
        Some(())
    }
}

/// Whether a message of this form has a place for a selection.
fn says_selection(world: &World, form: &MessageForm<'_>) -> bool {
    world.encoding != NegotiationEncoding::SpParameters || !form.services.is_empty()
}

fn id_of(octets: &[u8]) -> KeyId {
    let id = octets[4..8].try_into().expect("4 octets");
    KeyId::from_u32(u32::from_be_bytes(id)).expect("a key ID of this library")
}

fn selected(choices: &mut Choices<'_>) -> Option<Option<u8>> {
    Some([None, None, Some(1), Some(2), Some(200), Some(3)][usize::from(choices.below(6)?)])
}
