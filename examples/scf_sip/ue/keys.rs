//! The terminal's keys: MUKs out of bootstrapping, MSKs and MTKs out of MIKEY, and what the dialog is told of them.

use core::net::SocketAddr;

use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, Mki};
use castkey::ims::{BTid, KeyFact, SipUeEvent, SipUeState, missed_by};
use castkey::keys::{Mtk, Muk, MukId, MukOctets, NafId};
use castkey::message::Incoming;
use castkey::role::{Cause, Ue, UeAction, UeEvent};
use castkey::settings::Settings;
use rand::TryRng;
use rand::rngs::SysRng;

use super::{Terminal, VARIANT};
use crate::Outcome;
use crate::plan::SCF;
use crate::script::Diary;

impl Terminal {
    /// Whether the terminal can read traffic under this MTK.
    pub(crate) fn reads(&self, group: GroupName, mki: Mki, mtk: &Mtk) -> bool {
        let held = self.role.mtk(group.domain, mki);
        held.is_some_and(|(held, _)| held.secret().expose() == mtk.secret().expose())
    }

    /// Derives the MUK of a run and installs it. For a run of somebody else it is a key that nobody else has.
    pub(super) fn derive(&mut self, btid: &BTid) -> Outcome<()> {
        let mut out = [0; 128];
        let naf = NafId::join(SCF, VARIANT.ua(), &mut out)?;
        let rand = self.rands.get(btid).ok_or("a run without its RAND")?;
        let muk = Muk::from_gba_me(&self.subscriber.ks_naf(rand, naf)?, MukOctets::All);
        let idi = naf.octets().to_vec();
        self.drive(UeEvent::Bootstrapped { id: MukId { idi: &idi, idr: btid.as_str().as_bytes() }, muk })?;
        Ok(())
    }

    pub(super) fn forget(&mut self, btid: &BTid) -> Outcome<()> {
        let mut out = [0; 128];
        let idi = NafId::join(SCF, VARIANT.ua(), &mut out)?.octets().to_vec();
        let id = MukId { idi: &idi, idr: btid.as_str().as_bytes() };
        if self.role.muks().get(id).is_some() {
            self.drive(UeEvent::ForgetMuk(id))?;
        }
        self.counts.muks_forgotten += 1;
        Ok(())
    }

    /// A MIKEY datagram.
    pub(super) fn mikey(&mut self, from: SocketAddr, octets: &[u8], diary: &mut Diary) -> Outcome<()> {
        if let Ok(Incoming::Mtk(message)) = Incoming::decode(octets, None, &Settings::DEFAULT) {
            let name = message.msk();
            if missed_by(&self.role, name.domain, name.id) {
                let rnd = SysRng.try_next_u32()?;
                self.events.push_back(SipUeEvent::Key(KeyFact::UnknownMsk { name, rnd }));
            }
        }
        let inviting = self.machine.state() == SipUeState::Inviting;
        let mut out = [0; Ue::<4>::MAX_OUT_LEN];
        let mut facts = Vec::new();
        match self.role.handle(UeEvent::Mikey(octets), self.clock.now(), &mut out) {
            Ok(actions) => {
                for action in actions {
                    match action {
                        UeAction::Send(octets) => self.link.send(from, octets),
                        UeAction::MskStored { name, .. } => facts.push(KeyFact::Stored(name)),
                        UeAction::MskInvalidated(name) => facts.push(KeyFact::Expired(name)),
                        UeAction::MissedKey { name, cause: Cause::Pull } => {
                            facts.push(KeyFact::Pull { group: name.group(), rnd: SysRng.try_next_u32()? });
                        }
                        // The dialog asks for keys in this variant, not the role.
                        _ => {}
                    }
                }
            }
            // Traffic of services that it does not follow, or not any more.
            Err(Error::Open(OpenError::MskUnknown | OpenError::MskRetired)) => {}
            Err(Error::Open(e)) => {
                diary.note(format!("{}: a MIKEY message is refused: {e}", self.name));
                self.counts.mikey_refused.push(e);
            }
            Err(e) => return Err(e.into()),
        }
        for fact in facts {
            if let KeyFact::Stored(name) = fact {
                self.counts.stored += 1;
                self.counts.before_200 += u64::from(inviting);
                diary.note(format!("{}: MSK {:?} is stored", self.name, name.id));
            }
            self.events.push_back(SipUeEvent::Key(fact));
        }
        Ok(())
    }

    /// An event whose actions nobody waits for.
    pub(super) fn drive(&mut self, event: UeEvent<'_>) -> Outcome<()> {
        let mut out = [0; Ue::<4>::MAX_OUT_LEN];
        let _ = self.role.handle(event, self.clock.now(), &mut out)?;
        Ok(())
    }
}
