//! Somebody with keys of his own, who hears everything.

use castkey::keys::KeyId;
use castkey::mcx::{SentTime, Uid};
use castkey::message::{EncapsulateTo, IMessageInit, Party, seal_i_message};
use castkey::sakke::{EccsiSign, Ssv};
use castkey::secret::Secret;
use castkey::wire::{CsIdMap, SAKKE_ID_SCHEME_MC};

use super::{ATTACKER, Made, SIGNATURE, USERS, World, content};
use crate::choice::Choices;
use crate::stub::{KMS, MDSI, periods};

impl World {
    pub(super) fn attack(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let (kind, whom) = (choices.below(5)?, usize::from(choices.below(5)?));
        if kind == 4 {
            let octets = self.forged(choices)?;
            self.put(whom, &octets);
            return Some(());
        }
        let which = usize::from(choices.octet()?).checked_rem(self.heard.len())?;
        let mut octets = self.heard[which].clone();
        let (place, octet) = (usize::from(choices.u16()?) % octets.len(), choices.octet()?);
        match kind {
            // Once more.
            0 => {}
            // Changed.
            1 => octets[place] ^= octet,
            // Signed once more by whoever made it: another signature for the same message.
            2 => {
                let made = &self.made[content(&octets)];
                let signer = made.by.map_or(&self.home, |by| &self.people[by]);
                let period = signer.keys.iter().position(|keys| {
                    let mut signature = [0; SIGNATURE];
                    signature.copy_from_slice(&octets[octets.len() - SIGNATURE..]);
                    is_signed_by(keys.period, signer.uri, &self.kms[0].verify, content(&octets), &signature)
                });
                let mut signature = [0; SIGNATURE];
                signer.keys[period?].sign.sign(content(&octets), &mut self.rng, &mut signature).unwrap();
                let at = octets.len() - SIGNATURE;
                octets[at..].copy_from_slice(&signature);
            }
            // Changed, and signed by himself.
            _ => {
                let at = octets.len() - SIGNATURE;
                octets[place % at] ^= octet;
                let mut signature = [0; SIGNATURE];
                let keys = &self.people[ATTACKER].keys[usize::from(octet & 1)];
                keys.sign.sign(&octets[..at], &mut self.rng, &mut signature).unwrap();
                octets[at..].copy_from_slice(&signature);
            }
        }
        self.put(whom, &octets);
        Some(())
    }

    /// Puts a message before a client, or before the server as one of the users.
    fn put(&mut self, whom: usize, octets: &[u8]) {
        let (user, is_taken) = if whom < ATTACKER {
            (whom, self.downloads(whom, octets))
        } else {
            (whom - ATTACKER, self.arrives(whom - ATTACKER, octets))
        };
        // Its answer goes nowhere.
        self.disturbed[user] |= is_taken;
    }

    /// A message signed with his own keys: his own under any key ID, or one that says it is another's.
    fn forged(&mut self, choices: &mut Choices<'_>) -> Option<Vec<u8>> {
        let (kind, which, back) = (choices.octet()?, usize::from(choices.octet()?), choices.below(4)?);
        let id = self.ids.iter().nth(which.checked_rem(self.ids.len())?).copied();
        let id =
            id.filter(|_| kind & 1 == 0).or(KeyId::from_u32(0x2000_0000 | u32::from(choices.octet()?)))?;
        let mut now = self.now;
        now.seconds -= u64::from(back);
        let time = SentTime::default().next(now);
        let period = periods().number(time).ok()?;
        let uid = |uri| Uid::derive(uri, KMS, periods(), period).unwrap();
        let claimed = USERS.iter().copied().chain([MDSI]).nth(usize::from(kind >> 1 & 3))?;
        let target = if kind & 0x20 == 0 { MDSI } else { USERS[usize::from(kind >> 6 & 1)] };
        let (claimed_uid, target_uid) = (uid(claimed), uid(target));
        let initiator = if kind & 8 == 0 { Party::Uri(claimed) } else { Party::Hidden(claimed_uid.octets()) };
        let rand = [which.to_be_bytes(), self.transaction.to_be_bytes()].concat();
        self.transaction += 1;
        let init = IMessageInit {
            csb_id: id.csb(),
            map: CsIdMap::Empty { cs_count: 0 },
            time: time.to_wire(),
            rand: &rand,
            initiator,
            responder: Party::Uri(target),
            initiator_kms: KMS,
            responder_kms: KMS,
            policies: &[],
            id_scheme: SAKKE_ID_SCHEME_MC,
            extensions: &[],
        };
        let key = [kind; 16];
        let Self { kms, people, rng, .. } = self;
        let signer = people[ATTACKER].keys.iter().find(|keys| keys.period == period)?;
        let to = EncapsulateTo { kms: &*kms[0].encapsulate, id: target_uid.octets() };
        let mut out = [0; 1024];
        let octets =
            seal_i_message(&init, &Ssv::new(Secret::new(key)), to, None, &signer.sign, rng, &mut out).ok()?;
        let octets = octets.to_vec();
        // What is his own is good, for the server.
        if claimed == USERS[ATTACKER] && target == MDSI {
            let made = Made {
                by: Some(ATTACKER),
                to: None,
                id,
                key: Some(key),
                selected: None,
                algorithm: 1,
                last: None,
            };
            self.note(&octets, made);
        }
        Some(octets)
    }
}

fn is_signed_by<V: castkey::sakke::EccsiVerify>(
    period: u64, uri: &[u8], verify: &V, content: &[u8], signature: &[u8; SIGNATURE],
) -> bool {
    let uid = Uid::derive(uri, KMS, periods(), period).unwrap();
    verify.verify(uid.octets(), content, signature).is_ok()
}
