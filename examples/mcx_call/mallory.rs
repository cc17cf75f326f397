//! Somebody on the path between clients and server: reads, holds back, changes and repeats what he likes, and writes
//! header fields that are believed. He is an MC user himself, with keys of his own, and runs a KMS that nobody asked for.

use core::net::SocketAddr;

use castkey::keys::KeyId;
use castkey::mcx::Uid;
use castkey::message::{EncapsulateTo, IMessageInit, Party, seal_i_message};
use castkey::sakke::{Device, Ssv};
use castkey::wire::{CsIdMap, SAKKE_ID_SCHEME_MC};
use rand::RngExt;

use crate::Outcome;
use crate::keyring::Keyring;
use crate::kms::Kms;
use crate::plan::{self, ALICE, HOME_KMS, HOME_MDSI, LOCALHOST, MALLORY};
use crate::sip::{Letter, Page, Pager};
use crate::site::{Heard, Site};
use crate::stage::Stage;
use crate::user::{Taken, User};
use crate::wire::{self, ASSERTED};

pub(crate) const ROGUE_KMS: &str = "kms.mallory.example";

pub(crate) struct Mallory {
    pub(crate) sip: Pager,
    /// His own keys, and keys for the name of Alice that his own KMS made.
    pub(crate) keys: Keyring<Device>,
    pub(crate) rogue: Keyring<Device>,
}

impl Mallory {
    pub(crate) fn new() -> Outcome<Self> {
        let sip = Pager::bind(LOCALHOST, MALLORY.0)?;
        let (keys, rogue) = (Keyring::new(MALLORY.0, HOME_KMS), Keyring::new(ALICE.0, ROGUE_KMS));
        Ok(Self { sip, keys, rogue })
    }

    /// Gets keys like every other user, and makes some more, for the period of now.
    pub(crate) fn prepare(&mut self, home: &Kms, rogue: &Kms, stage: &mut Stage) -> Outcome<()> {
        let period = plan::periods()?.number(stage.now)?;
        self.keys.accept(home.values.clone(), stage.now)?;
        self.keys.take(&home.issue(MALLORY.0, period, stage)?)?;
        self.rogue.accept(home.values.clone(), stage.now)?;
        self.rogue.accept(rogue.values.clone(), stage.now)?;
        Ok(self.rogue.take(&rogue.issue(ALICE.0, period, stage)?)?)
    }

    /// A MESSAGE that somebody sent by way of him, and the MIKEY in it.
    pub(crate) fn intercept(&mut self) -> Outcome<(Box<Page>, Vec<u8>)> {
        match self.sip.receive() {
            Some(Letter::Request(page)) => {
                let message = wire::carried(&page.payload)?;
                Ok((page, message))
            }
            _ => Err("mallory intercepted nothing".into()),
        }
    }

    /// Passes a datagram on as it is.
    pub(crate) fn pass_on(&mut self, datagram: &[u8], (name, to): (&str, SocketAddr), stage: &mut Stage) {
        self.sip.send_octets(to, datagram);
        stage.sent("mallory", name, "passed on as it is", datagram.len());
    }

    /// Passes the answer on that comes back to him.
    pub(crate) fn pass_answer(&mut self, to: (&str, SocketAddr), stage: &mut Stage) -> Outcome<()> {
        let answer = self.sip.receive_octets().ok_or("mallory got no answer")?;
        self.pass_on(&answer, to, stage);
        Ok(())
    }

    /// Sends MIKEY in the name of `(user, impu)`, and what the server says of it.
    pub(crate) fn upload(
        &mut self, message: &[u8], (user, impu): (&str, &str), what: &str, site: &mut Site, stage: &mut Stage,
    ) -> Outcome<Heard> {
        let payload = wire::carry(message, false)?.with(ASSERTED, &format!("<{impu}>"));
        let octets = self.sip.send_as(user, site.mdsi, site.sip.address(), &payload)?;
        if site.hushed {
            stage.hop();
        } else {
            stage.sent("mallory", site.name, what, octets);
        }
        let heard = site.upload(stage)?;
        match self.sip.receive() {
            Some(Letter::Answer { code, .. }) if code == heard.code => Ok(heard),
            _ => Err("mallory got another answer than the server gave".into()),
        }
    }

    /// Sends MIKEY to a client in the name of the server, and what the client says of it.
    pub(crate) fn download(
        &mut self, message: &[u8], what: &str, to: &mut User, stage: &mut Stage,
    ) -> Outcome<Taken> {
        let payload = wire::carry(message, false)?;
        let octets = self.sip.send_as(HOME_MDSI, to.uri, to.sip.address(), &payload)?;
        stage.sent("mallory", to.name, what, octets);
        let taken = to.download(stage)?;
        self.sip.receive().ok_or("mallory got no answer")?;
        Ok(taken)
    }

    /// An I_MESSAGE with a key of his own, which says that it is from `initiator` and is signed with keys of `signer`.
    pub(crate) fn seal(
        signer: &Keyring<Device>, id: KeyId, initiator: &str, initiator_kms: &str, responder: &str,
        stage: &mut Stage,
    ) -> Outcome<Vec<u8>> {
        let (periods, now) = (plan::periods()?, stage.now);
        let uid = Uid::derive(responder.as_bytes(), HOME_KMS.as_bytes(), periods, periods.number(now)?)?;
        let rand: [u8; 16] = stage.rng.random();
        let ssv = Ssv::generate(&mut stage.rng)?;
        let init = IMessageInit {
            csb_id: id.csb(),
            map: CsIdMap::Empty { cs_count: 0 },
            time: now.to_wire(),
            rand: &rand,
            initiator: Party::Uri(initiator.as_bytes()),
            responder: Party::Uri(responder.as_bytes()),
            initiator_kms: initiator_kms.as_bytes(),
            responder_kms: HOME_KMS.as_bytes(),
            policies: &[],
            id_scheme: SAKKE_ID_SCHEME_MC,
            extensions: &[],
        };
        let mut out = [0; 2_048];
        signer.with(|own| {
            let (keys, ..) = own.keys_for(now).map_err(|_| "mallory has no keys")?;
            let kms = own.accepted(HOME_KMS.as_bytes(), now).ok_or("mallory has no certificate")?;
            let to = EncapsulateTo { kms: kms.encapsulate, id: uid.octets().as_slice() };
            Ok(seal_i_message(&init, &ssv, to, None, keys.sign, &mut stage.rng, &mut out)?.to_vec())
        })
    }
}
