//! The BCAST Service distribution: its [`Bearer`] together with the MSKs it was given, the MTKs it makes, and the
//! protection of what it sends.
//!
//! ```text
//! MTK message     under the MSK that the control names (TS 33.246 §6.4.5.2)
//! indication      RTCP APP under SRTCP with the MTK in use, so under the old MSK
//! ```
//!
//! The state table is that of [`Bearer`].

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::bearer::{Bearer, BearerAction, BearerEvent, BearerRefusal, Known};
use super::indication::{IndicationCoding, MAX_INDICATION_LEN};
use super::srtcp::{SrtcpKeys, SrtcpSender};
use super::timing::Timing;
use super::{PocError, Refused};
use crate::crypto::{Primitives, RustCrypto};
use crate::error::{EncodeError, Error};
use crate::id::{KeyDomainId, Mki, MskName, MtkId};
use crate::keys::{Algorithms, KeyedMsk, Msk, MskEntry, MskRand, Mtk, MtkSalt, MtkWindow};
use crate::role::Actions;
use crate::role::sender::{Sender, Traffic};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::time::Tick;

/// MSKs a distribution holds: in use, announced or stored, to come after that; or the one before.
const MSKS: usize = 3;

/// How a distribution is set up.
#[derive(Clone, Copy, Debug)]
pub struct DistributionConfig {
    /// The times.
    pub timing: Timing,
    /// The uncertain points of the key messages.
    pub settings: Settings,
    /// The suite of MTK messages.
    pub algorithms: Algorithms,
    /// Name and subtype of the indication.
    pub coding: IndicationCoding,
    /// The SSRC of what it sends itself.
    pub ssrc: u32,
}

impl Default for DistributionConfig {
    fn default() -> Self {
        Self {
            timing: Timing::DEFAULT,
            settings: Settings::DEFAULT,
            algorithms: Algorithms::SHA1,
            coding: IndicationCoding::DEFAULT,
            ssrc: 0,
        }
    }
}

/// The MSK in a Session Update Request.
pub struct UpdatedMsk {
    /// Its name.
    pub name: MskName,
    /// The key.
    pub msk: Secret<16>,
    /// The RAND its MTK messages are keyed with.
    pub rand: MskRand,
    /// SEQl.
    pub seq_low: MtkId,
    /// SEQu.
    pub seq_high: MtkId,
    /// The first MTK under it, where the server makes it (point U-15); by default the distribution does.
    pub mtk: Option<(Mtk, MtkSalt)>,
}

impl fmt::Debug for UpdatedMsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdatedMsk").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What happens to a distribution.
#[derive(Debug)]
#[non_exhaustive]
pub enum DistributionEvent {
    /// A Session Update Request; without an MSK it is refused.
    SessionUpdate(Option<UpdatedMsk>),
    /// Anything else.
    Bearer(BearerEvent),
}

/// What a distribution wants done.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum DistributionAction<'o> {
    /// Send this datagram over the bearer: an MTK message.
    MulticastMikey(&'o [u8]),
    /// Send this datagram over the bearer: the indication under SRTCP.
    MulticastMbcp(&'o [u8]),
    /// The MTK IDs of the MSK in use are used up: tell the server.
    MtkRangeExhausted,
    /// Whatever else the control wants.
    Bearer(BearerAction),
}

impl fmt::Debug for DistributionAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Under NULL encryption the octets hold keys.
            Self::MulticastMikey(octets) => write!(f, "MulticastMikey({} octets)", octets.len()),
            Self::MulticastMbcp(octets) => write!(f, "MulticastMbcp({} octets)", octets.len()),
            Self::MtkRangeExhausted => f.write_str("MtkRangeExhausted"),
            Self::Bearer(action) => action.fmt(f),
        }
    }
}

/// The MTK that protects what goes over the bearer.
struct InUse<P> {
    traffic: Traffic,
    srtcp: SrtcpKeys<P>,
}

/// A distribution for one Multicast PoC Channel.
pub struct Distribution<P = RustCrypto> {
    config: DistributionConfig,
    bearer: Bearer,
    keys: [Option<KeyedMsk<P>>; MSKS],
    in_use: Option<InUse<P>>,
    coming: Option<Traffic>,
    /// The first MTK under an MSK, from the server.
    given: Option<Traffic>,
    sender: SrtcpSender,
    p: P,
}

impl Distribution {
    /// A distribution without any key.
    #[must_use]
    pub const fn new(config: DistributionConfig, domain: KeyDomainId) -> Self {
        Self::with(config, domain, RustCrypto)
    }
}

impl<P: Primitives> Distribution<P> {
    /// Octets of `out` that are enough for any event: an MTK message or a protected indication.
    pub const MAX_OUT_LEN: usize = 256;

    /// [`new`](Distribution::new) with the caller's primitives.
    #[must_use]
    pub const fn with(config: DistributionConfig, domain: KeyDomainId, p: P) -> Self {
        Self {
            config,
            bearer: Bearer::new(domain),
            keys: [const { None }; MSKS],
            in_use: None,
            coming: None,
            given: None,
            sender: SrtcpSender::new(),
            p,
        }
    }

    /// The control: names and deadlines.
    #[must_use]
    pub const fn bearer(&self) -> &Bearer {
        &self.bearer
    }

    /// The MTK, salt and MKI that protect media now.
    ///
    /// # Errors
    ///
    /// [`PocError::NoMtk`] before the first one is in use: then nothing may be sent.
    pub fn traffic(&self) -> Result<(Mki, &Mtk, Option<&MtkSalt>), PocError> {
        let Traffic { mki, mtk, salt } = &self.in_use.as_ref().ok_or(PocError::NoMtk)?.traffic;
        Ok((*mki, mtk, salt.as_ref()))
    }

    /// Protects a Media Burst Control packet with the MTK in use.
    ///
    /// # Errors
    ///
    /// [`PocError::NoMtk`], and as [`SrtcpSender::protect`]. Nothing has changed then.
    pub fn protect_mbcp<'o>(&mut self, packet: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], PocError> {
        let in_use = self.in_use.as_ref().ok_or(PocError::NoMtk)?;
        self.sender.protect(&in_use.srtcp, in_use.traffic.mki, packet, out)
    }

    /// Handles one event; `out` takes the one datagram of its actions, at most [`MAX_OUT_LEN`](Self::MAX_OUT_LEN) octets.
    ///
    /// # Errors
    ///
    /// [`PocError::MtkReuse`] when the server gives an MTK that is in use or the generator repeats it, [`PocError::NoMtk`] when there is nothing to
    /// protect an indication with, [`PocError::MissingMsk`] for a bare `Update`, which has no key, [`Refused::Key`] when
    /// the MSK has no MTK IDs, the generator fails or `out` is too small. Nothing has changed then.
    pub fn handle<'o, R: TryCryptoRng + ?Sized>(
        &mut self, event: DistributionEvent, now: Tick, rng: &mut R, out: &'o mut [u8],
    ) -> Result<Actions<DistributionAction<'o>>, Refused> {
        let mut actions = Actions::new();
        self.handle_into(event, now, rng, out, &mut actions)?;
        Ok(actions)
    }

    /// [`handle`](Self::handle) with a list of the caller's for the actions, for where stack is scarce. What was in the list is
    /// taken out; after an error what it holds means nothing.
    ///
    /// # Errors
    ///
    /// As [`handle`](Self::handle).
    pub fn handle_into<'o, R: TryCryptoRng + ?Sized>(
        &mut self, event: DistributionEvent, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<DistributionAction<'o>>,
    ) -> Result<(), Refused> {
        actions.clear();
        let before = self.bearer.deadline();
        let (event, fresh) = match event {
            DistributionEvent::Bearer(BearerEvent::Update(..)) => return Err(PocError::MissingMsk.into()),
            DistributionEvent::Bearer(event) => (event, None),
            DistributionEvent::SessionUpdate(None) => {
                actions.push(DistributionAction::Bearer(BearerAction::Refused(BearerRefusal::NoMsk)));
                return Ok(());
            }
            DistributionEvent::SessionUpdate(Some(updated)) => {
                let (name, known, fresh) = self.updated(updated)?;
                (BearerEvent::Update(name, known), fresh)
            }
        };
        let (bearer, wanted) = self.bearer.step(event, &self.config.timing, now);
        self.carry_out(bearer, fresh, &wanted, actions, rng, out)?;
        if let Some(at) = self.bearer.deadline().filter(|at| Some(*at) != before) {
            actions.push(DistributionAction::Bearer(BearerAction::ArmTimer(at)));
        }
        Ok(())
    }

    /// The MSK of a request, and how it stands to what is held.
    #[inline(never)]
    fn updated(&self, updated: UpdatedMsk) -> Result<(MskName, Known, Option<Fresh<P>>), Refused> {
        let UpdatedMsk { name, msk, rand, seq_low, seq_high, mtk } = updated;
        let msk = Msk::with(msk, self.p);
        let held = self.keys.iter().flatten().find(|entry| entry.name() == name);
        let known = match held {
            None => Known::No,
            Some(held) if bool::from(held.entry.msk().ct_eq(&msk)) => Known::Same,
            Some(_) => Known::OtherKey,
        };
        if known != Known::No {
            return Ok((name, known, None));
        }
        let window = MtkWindow::new(seq_low, seq_high, self.config.settings.seq_lower);
        // Without room for an MTK the switch to it could never end.
        let first = window.next().ok_or(EncodeError::Inconsistent)?;
        let given = match mtk {
            Some((mtk, salt)) => {
                self.check_reuse(&mtk)?;
                Some(Traffic { mki: Mki::new(name.id, first), mtk, salt: Some(salt) })
            }
            None => None,
        };
        Ok((
            name,
            known,
            Some(Fresh { entry: KeyedMsk::new(MskEntry::new(name, msk, Some(rand), window)), given }),
        ))
    }

    /// An MSK never protects an MTK that served before.
    fn check_reuse(&self, mtk: &Mtk) -> Result<(), PocError> {
        let in_use = self.in_use.iter().map(|in_use| &in_use.traffic);
        let used = in_use.chain(&self.coming).any(|traffic| traffic.mtk.ct_eq(mtk).into());
        if used { Err(PocError::MtkReuse) } else { Ok(()) }
    }

    /// The MTK to come under the MSK called `name`.
    fn next_mtk<R: TryCryptoRng + ?Sized>(
        &self, name: MskName, fresh: Option<&KeyedMsk<P>>, given: Option<Traffic>, rng: &mut R,
    ) -> Result<Traffic, Refused> {
        let held = self.keys.iter().flatten().chain(fresh).find(|entry| entry.name() == name);
        let traffic = match given {
            Some(given) => given,
            None => sender(&self.config).fresh_traffic(&held.ok_or(Error::Unknown)?.entry, rng)?,
        };
        self.check_reuse(&traffic.mtk)?;
        Ok(traffic)
    }

    /// Does what the control wants, then takes its state over; nothing before the last thing that can fail.
    #[inline(never)]
    fn carry_out<'o, R: TryCryptoRng + ?Sized>(
        &mut self, bearer: Bearer, fresh: Option<Fresh<P>>, wanted: &Actions<BearerAction>,
        actions: &mut Actions<DistributionAction<'o>>, rng: &mut R, out: &'o mut [u8],
    ) -> Result<(), Refused> {
        let (fresh, given) = match fresh {
            Some(Fresh { entry, given }) => (Some(entry), given),
            None => (None, None),
        };
        let mut out = Some(out);
        let mut fresh = fresh;
        let mut made = None;
        for action in wanted {
            match (*action, out.take()) {
                (BearerAction::NewMtk(msk), Some(out)) => {
                    let name = bearer.name(msk);
                    let given = self.given.as_ref().or(given.as_ref()).filter(|given| given.mki.msk == msk);
                    let given = given.map(Traffic::duplicate);
                    match self.new_mtk(name, fresh.as_mut(), given, rng, out) {
                        Ok((traffic, message, left)) => {
                            made = Some(traffic);
                            actions.push(DistributionAction::MulticastMikey(message));
                            if left == 0 {
                                actions.push(DistributionAction::MtkRangeExhausted);
                            }
                        }
                        Err(Refused::Key(Error::IntervalExhausted)) => {
                            // The control stays as it is: the server has to bring the next MSK.
                            actions.push(DistributionAction::MtkRangeExhausted);
                            return Ok(());
                        }
                        Err(refused) => return Err(refused),
                    }
                }
                (BearerAction::RepeatMtk, Some(out)) => {
                    let newest = self.coming.as_ref().or(self.in_use.as_ref().map(|in_use| &in_use.traffic));
                    let newest = newest.ok_or(PocError::NoMtk)?;
                    let entry =
                        self.keys.iter_mut().flatten().find(|entry| entry.name().id == newest.mki.msk);
                    let message =
                        sender(&self.config).mtk_message(entry.ok_or(Error::Unknown)?, newest, out)?;
                    actions.push(DistributionAction::MulticastMikey(message));
                }
                (BearerAction::SendIndication(indication), Some(out)) => {
                    let mut plain = [0; MAX_INDICATION_LEN];
                    let plain = self.config.coding.encode(self.config.ssrc, &indication, &mut plain)?;
                    actions.push(DistributionAction::MulticastMbcp(self.protect_mbcp(plain, out)?));
                }
                (action, left) => {
                    out = left;
                    actions.push(DistributionAction::Bearer(action));
                }
            }
        }
        self.commit(bearer, fresh, given, made, wanted);
        Ok(())
    }

    #[inline(never)]
    fn new_mtk<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: MskName, fresh: Option<&mut KeyedMsk<P>>, given: Option<Traffic>, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<(Traffic, &'o [u8], u32), Refused> {
        let traffic = self.next_mtk(name, fresh.as_deref(), given, rng)?;
        let entry = self.keys.iter_mut().flatten().chain(fresh).find(|entry| entry.name() == name);
        let entry = entry.ok_or(Error::Unknown)?;
        let message = sender(&self.config).mtk_message(entry, &traffic, out)?;
        Ok((traffic, message, entry.window().left()))
    }

    #[inline(never)]
    fn commit(
        &mut self, bearer: Bearer, fresh: Option<KeyedMsk<P>>, given: Option<Traffic>, made: Option<Traffic>,
        wanted: &Actions<BearerAction>,
    ) {
        let needed = bearer.needed();
        for slot in &mut self.keys {
            if slot.as_ref().is_some_and(|entry| !needed.contains(&Some(entry.name()))) {
                *slot = None;
            }
        }
        if let Some(slot) = self.keys.iter_mut().find(|slot| fresh.is_some() && slot.is_none()) {
            *slot = fresh;
        }
        if given.is_some() {
            self.given = given;
        }
        if wanted.iter().any(|action| matches!(action, BearerAction::SendIndication(_))) {
            // An MTK that was being rolled in under the old MSK is not used any more.
            self.coming = None;
        }
        if let Some(made) = made {
            if self.given.as_ref().is_some_and(|given| given.mki.msk == made.mki.msk) {
                self.given = None;
            }
            self.coming = Some(made);
        }
        let switch = wanted.iter().any(|action| matches!(action, BearerAction::UseMtk));
        if let Some(traffic) = self.coming.take_if(|_| switch) {
            let srtcp = SrtcpKeys::derive(self.p, &traffic.mtk, traffic.salt.as_ref());
            self.in_use = Some(InUse { traffic, srtcp });
        }
        self.bearer = bearer;
    }
}

/// What a Session Update Request brings.
struct Fresh<P> {
    entry: KeyedMsk<P>,
    given: Option<Traffic>,
}

const fn sender(config: &DistributionConfig) -> Sender<'_> {
    let DistributionConfig { ref settings, algorithms, .. } = *config;
    Sender { settings, algorithms, seq_low: MtkId(0), seq_high: MtkId(0xFFFF), salt: true }
}

impl<P> fmt::Debug for Distribution<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution").field("bearer", &self.bearer).finish_non_exhaustive()
    }
}
