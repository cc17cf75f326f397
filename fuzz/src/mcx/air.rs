//! What is under way.

use castkey::mcx::{McxClientAction, McxClientEvent, McxServerAction, McxServerEvent};

use super::{ATTACKER, USERS, World};

/// A message, or the SIP answer to one. Anything may be lost or overtaken; messages may be repeated as well, answers have
/// transactions.
#[derive(Clone)]
pub(super) enum Parcel {
    Upload { of: usize, transaction: u64, octets: Vec<u8> },
    Taken { of: usize, transaction: u64, good: bool },
    Download { to: usize, transaction: Option<u64>, octets: Vec<u8> },
    CskTaken { by: usize, transaction: u64, good: bool, octets: Vec<u8> },
}

impl Parcel {
    pub(super) fn user(&self) -> usize {
        match self {
            Self::Upload { of: user, .. }
            | Self::Taken { of: user, .. }
            | Self::Download { to: user, .. }
            | Self::CskTaken { by: user, .. } => *user,
        }
    }
}

impl World {
    pub(super) fn lose(&mut self, which: u8) {
        if let Some(at) = usize::from(which).checked_rem(self.air.len()) {
            let lost = self.air.remove(at);
            self.disturbed[lost.user()] = true;
        }
    }

    pub(super) fn deliver(&mut self, which: u8, again: bool) {
        let Some(at) = usize::from(which).checked_rem(self.air.len()) else { return };
        let is_repeated = matches!(self.air[at], Parcel::Upload { .. } | Parcel::Download { .. });
        let parcel = if again && is_repeated {
            self.disturbed[self.air[at].user()] = true;
            self.air[at].clone()
        } else {
            self.air.remove(at)
        };
        match parcel {
            Parcel::Upload { of, transaction, octets } => {
                let good = self.arrives(of, &octets);
                self.air.push(Parcel::Taken { of, transaction, good });
            }
            Parcel::Download { to: ATTACKER, .. } => {}
            Parcel::Download { to, transaction, octets } => {
                let good = self.downloads(to, &octets);
                if let Some(transaction) = transaction {
                    self.air.push(Parcel::CskTaken { by: to, transaction, good, octets });
                }
            }
            Parcel::Taken { of, transaction, good } => self.answered(of, transaction, good),
            Parcel::CskTaken { by, transaction, good, octets } => {
                self.csk_answered(by, transaction, good, &octets);
            }
        }
    }

    fn answered(&mut self, of: usize, transaction: u64, good: bool) {
        if self.clients.get(of).is_none_or(|client| client.upload != Some(transaction)) {
            return;
        }
        self.clients[of].upload = None;
        let event = if good { McxClientEvent::UploadAccepted } else { McxClientEvent::UploadFailed };
        let in_use = self.client(of, event, |action| match action {
            McxClientAction::CskInUse(id) => Some(id),
            _ => None,
        });
        let in_use = in_use.expect("an answer to an upload under way");
        assert_eq!(in_use.is_some(), good);
        self.clients[of].last = in_use.or(self.clients[of].last);
        self.clients[of].is_agreed |= good;
    }

    fn csk_answered(&mut self, by: usize, transaction: u64, good: bool, octets: &[u8]) {
        if self.bound[by].1 != Some(transaction) {
            return;
        }
        self.bound[by].1 = None;
        let user = USERS[by];
        let event =
            if good { McxServerEvent::CskTaken { user } } else { McxServerEvent::CskRefused { user } };
        let bound = self.server(event, |action| match action {
            McxServerAction::CskBound { id, algorithm, .. } => Some((id, algorithm)),
            _ => None,
        });
        let Ok(Some((id, algorithm))) = bound else { return };
        self.bound[by].0 = Some(id);
        let made = &self.made[super::content(octets)];
        // An upload of a later T stays in use.
        if id != made.id {
            return;
        }
        assert!(self.policy.allows(algorithm));
        assert!(made.selected.is_none_or(|selected| selected == algorithm));
        if made.algorithm != 0 {
            assert_eq!(algorithm, made.algorithm, "client and server go on with different algorithms");
        }
    }
}
