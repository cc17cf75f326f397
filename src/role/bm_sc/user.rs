//! What the BM-SC sends to one user, and what he answers: MSK messages, their repetitions, solicited pulls.

use rand_core::TryCryptoRng;

use super::{BmSc, BmScAction, BmScConfig, Delivery, Resend, User};
use crate::crypto::Primitives;
use crate::error::Error;
use crate::id::{Counter, CsbId, GroupName, KeyNumber, MskName};
use crate::keys::{KeyedMsk, MskRand, PreSharedKey, Protection};
use crate::message::{
    MskAddress, Sent, VerificationMessage, carried_csb, carried_idi, prf_func, seal_msk, seal_pull,
};
use crate::role::Actions;
use crate::time::Tick;
use crate::wire::{CryptoSession, Policy, Timestamp};

/// Policies and crypto sessions of an MSK message.
type Security<'a> = (&'a [Policy<'a>], Option<&'a [CryptoSession]>);

impl<const GROUPS: usize, P: Primitives> BmSc<GROUPS, P> {
    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    pub(super) fn push<'o, K: PreSharedKey>(
        &mut self, name: MskName, user: &User<'_, K>, delivery: Delivery, with: Security<'_>, now: Tick,
        out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let attempt = match delivery {
            Delivery::Waiting { name: waiting, attempt, .. } if waiting == name => attempt,
            _ => 0,
        };
        let counter = next_counter(user);
        let message = self.seal(name, counter, user, with, out)?;
        let config = self.config;
        let group = self.group_mut(name.group()).ok_or(Error::Unknown)?;
        let is_next = |name: MskName| group.next.as_ref().is_some_and(|next| next.name() == name);
        // A delivery of the next MSK that gives way to one of another MSK is no longer waited for.
        let (waited, waits) = (delivery.awaits().is_some_and(is_next), config.acknowledge && is_next(name));
        match (waited, waits) {
            (false, true) => group.outstanding = group.outstanding.saturating_add(1),
            (true, false) => group.outstanding = group.outstanding.saturating_sub(1),
            _ => {}
        }
        let delivery = if config.acknowledge {
            self.waiting(name, counter, attempt, now)
        } else {
            Delivery::Delivered(name)
        };
        actions.push(BmScAction::SaveCounter(counter));
        actions.push(BmScAction::SaveDelivery(delivery));
        actions.push(BmScAction::Send(message));
        Ok(())
    }

    /// Answers with the MSK asked for if it is the next one, else with the current one. That makes the current one the
    /// newest in the terminal's store, where the MSK after the next would then push out the next: so the next follows.
    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    pub(super) fn requested<'o, K: PreSharedKey>(
        &mut self, name: MskName, user: &User<'_, K>, delivery: Delivery, with: Security<'_>, now: Tick,
        out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let group = self.group(name.group()).ok_or(Error::Unknown)?;
        let (current, next) = (group.current.name(), group.next.as_ref().map(KeyedMsk::name));
        if next == Some(name) {
            return self.push(name, user, delivery, with, now, out, actions);
        }
        self.push(current, user, delivery, with, now, out, actions)?;
        if let Some(next) = next {
            actions.push(BmScAction::PushAlso(next));
        }
        Ok(())
    }

    /// Sends the message of a waiting delivery again. Its counter may serve twice because everything else is the same.
    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    fn resend<'o, K: PreSharedKey>(
        &self, (name, counter, attempt): (MskName, Counter, u8), user: &User<'_, K>, with: Security<'_>,
        now: Tick, out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let message = self.seal(name, counter, user, with, out)?;
        actions.push(BmScAction::SaveDelivery(self.waiting(name, counter, attempt, now)));
        actions.push(BmScAction::Send(message));
        Ok(())
    }

    /// The delivery after message number `attempt` + 1.
    fn waiting(&self, name: MskName, counter: Counter, attempt: u8, now: Tick) -> Delivery {
        let wait = u64::from(self.config.retry_ms).saturating_mul(1 << attempt.min(16));
        Delivery::Waiting { name, counter, attempt: attempt.saturating_add(1), due: now.after_millis(wait) }
    }

    /// Builds the MSK message that delivers `name` to `user`.
    #[inline(never)]
    fn seal<'o, K: PreSharedKey>(
        &self, name: MskName, counter: Counter, user: &User<'_, K>, (policies, sessions): Security<'_>,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], Error> {
        let entry = self.group(name.group()).and_then(|group| group.entry(name)).ok_or(Error::Unknown)?;
        let mut address = self.address(name, counter, user, entry.rand().copied())?;
        (address.policies, address.sessions) = (policies, sessions);
        let BmScConfig { seq_low, seq_high, ref settings, .. } = self.config;
        Ok(seal_msk(&address, entry.msk(), seq_low, seq_high, user.muk, settings, out)?)
    }

    fn address<'a, K>(
        &self, name: MskName, counter: Counter, user: &User<'a, K>, rand: Option<MskRand>,
    ) -> Result<MskAddress<'a>, Error> {
        Ok(MskAddress {
            sdp_ids: None,
            name,
            counter,
            csb: CsbId(0),
            rand: rand.ok_or(Error::WrongState)?,
            muk_id: user.id,
            v: self.config.acknowledge,
            algorithms: self.config.algorithms,
            policies: &[],
            sessions: None,
        })
    }

    #[inline(never)]
    pub(super) fn pull<'o, K: PreSharedKey>(
        &self, name: GroupName, user: &User<'_, K>, out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let group = self.group(name).ok_or(Error::Unknown)?;
        let rand = group.current.entry.rand().copied();
        let address = self.address(name.msk(KeyNumber::CURRENT), next_counter(user), user, rand)?;
        let message = seal_pull(&address, user.muk, &self.config.settings, out)?;
        actions.push(BmScAction::SaveCounter(address.counter));
        actions.push(BmScAction::Send(message));
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    pub(super) fn acknowledged<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, user: &User<'_, K>, delivery: Delivery, octets: &[u8], now: Tick, rng: &mut R,
        out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let message = VerificationMessage::decode(octets)?;
        let Delivery::Waiting { name, counter, .. } = delivery else { return Err(Error::WrongState) };
        let entry = self.group(name.group()).and_then(|group| group.entry(name)).ok_or(Error::Unknown)?;
        let rand = entry.rand().copied().ok_or(Error::WrongState)?;
        let csb = carried_csb(name, CsbId(0), &self.config.settings);
        let network = name.domain.to_octets();
        let algorithms = self.config.algorithms;
        let keys = user.muk.keys(&Protection { algorithms, csb, rand: rand.octets() })?;
        let sent = Sent {
            prf: prf_func(algorithms.prf),
            timestamp: Timestamp::Counter(counter),
            idi: carried_idi(&network, user.id.idi, &self.config.settings),
            idr: user.id.idr,
        };
        message.verify(&sent, &keys)?;
        actions.push(BmScAction::SaveDelivery(Delivery::Delivered(name)));
        actions.push(BmScAction::Delivered(name));
        self.settled(name, now, rng, out, actions)
    }

    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    pub(super) fn retry<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, user: &User<'_, K>, delivery: Delivery, with: Security<'_>, now: Tick, rng: &mut R,
        out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let Delivery::Waiting { name, counter, attempt, due } = delivery else { return Ok(()) };
        if now < due {
            return Ok(());
        }
        let held = self.group(name.group()).is_some_and(|group| group.entry(name).is_some());
        if attempt < self.config.attempts && held {
            return match self.config.resend {
                Resend::NewCounter => self.push(name, user, delivery, with, now, out, actions),
                Resend::Identical => self.resend((name, counter, attempt), user, with, now, out, actions),
            };
        }
        actions.push(BmScAction::SaveDelivery(Delivery::Failed(name)));
        actions.push(BmScAction::Undelivered(name));
        self.settled(name, now, rng, out, actions)
    }
}

/// The counter of the next message under the user's MUK.
fn next_counter<K>(user: &User<'_, K>) -> Counter {
    user.counter.map_or(Counter(1), Counter::next)
}
