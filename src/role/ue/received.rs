//! MIKEY datagrams at the terminal: what an MSK or MTK message changes once its MAC is good. The table is that of the parent.

use super::channel::Cause;
use super::{PERSIST, Ue, UeAction};
use crate::crypto::Primitives;
use crate::error::{Error, OpenError};
use crate::id::{Mki, MskName};
use crate::keys::{Msk, MskEntry, MskRand, MtkWindow, PreSharedKey, StoredKey, check_counter};
use crate::message::psk::PskMessage;
use crate::message::{
    MskContent, MskMessage, MskSecurity, MtkMessage, OpenedMsk, error_number, read_names, seal_error,
    seal_verification, verification_len,
};
use crate::role::{Actions, SwitchEvent};
use crate::settings::ErrorMessages;
use crate::time::Tick;
use crate::wire::DataType;

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize>
    Ue<GROUPS, K, P, MUKS>
{
    #[inline(never)]
    pub(super) fn mikey<'a>(
        &mut self, octets: &'a [u8], now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        // These are for a BM-SC, whatever is in them.
        if let Some(DataType::PSK_VER | DataType::ERROR) = octets.get(1).map(|data_type| DataType(*data_type))
        {
            return Err(Error::WrongState);
        }
        let settings = &self.config.settings;
        // By reference: what is decoded is large, and lies on the stack once.
        let psk = &PskMessage::decode(octets);
        let psk = psk.as_ref().map_err(|e| *e)?;
        let named = read_names(psk, self.config.draft_domain, settings)?;
        if named.mtk.is_some() {
            match &MtkMessage::of(psk, named, settings) {
                Ok(message) => self.mtk_message(message, now, out, actions),
                Err(e) => Err((*e).into()),
            }
        } else {
            match &MskMessage::of(psk, named, settings) {
                Ok(message) => self.msk_message(message, now, out, actions),
                Err(e) => Err((*e).into()),
            }
        }
    }

    #[inline(never)]
    fn msk_message<'a>(
        &mut self, message: &MskMessage<'a>, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let settings = &self.config.settings;
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let last = settings.reack_duplicate.then(|| self.fingerprint(message));
        let again = last.is_some() && slot.last == last;
        // A copy was fresh once.
        let counter = slot.counter.filter(|_| !again);
        let opened = &message.open(&slot.muk, counter, slot.rand.as_ref(), settings);
        let OpenedMsk { content, keys } = match opened {
            Ok(opened) => opened,
            Err(OpenError::MacInvalid) if settings.error_messages == ErrorMessages::OnBadMac && !again => {
                return self.complain(message, OpenError::MacInvalid, out, actions);
            }
            Err(e) => return Err((*e).into()),
        };
        if again {
            if message.v() {
                actions.push(UeAction::Send(seal_verification(message.psk(), keys, settings, out)?));
            }
            return Ok(());
        }
        if !matches!(content, MskContent::Invalidated) && !self.has_room(message.name().group()) {
            return Err(Error::GroupStoreFull);
        }
        actions.push(PERSIST);
        let state = if message.v() && !matches!(content, MskContent::Pull) {
            // The verification message, and room for the state behind it.
            let needed = verification_len(message.psk(), settings)?;
            Self::check_room(out, needed)?;
            let (answer, state) = out.split_at_mut_checked(needed).ok_or(Error::WrongState)?;
            actions.push(UeAction::Send(seal_verification(message.psk(), keys, settings, answer)?));
            state
        } else {
            Self::check_room(out, 0)?;
            out
        };
        self.take_msk_message(message, content, last, now, actions)?;
        self.persist(now, state, actions);
        Ok(())
    }

    /// Does what an authentic MSK message says.
    #[inline(never)]
    fn take_msk_message<'a>(
        &mut self, message: &MskMessage<'a>, content: &MskContent, last: Option<[u8; 16]>, now: Tick,
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let name = message.name();
        let mut rand = None;
        match content {
            MskContent::Key { msk, rand: of_msk, seq_low, seq_high } => {
                let window = MtkWindow::new(*seq_low, *seq_high, self.config.settings.seq_lower);
                let entry = MskEntry::new(name, Msk::with(msk.duplicate(), self.p), *of_msk, window);
                self.store(entry, Some(MskSecurity::of(message)), now, actions)?;
                rand = *of_msk;
            }
            MskContent::Invalidated => {
                self.msks.forget_msk(name);
                actions.push(UeAction::MskInvalidated(name));
                self.step(name.group(), SwitchEvent::Forgotten(name.id), now, actions);
            }
            MskContent::Pull => {
                let _ = self.channel_or_new(name.group());
                self.schedule(name, Cause::Pull, now, actions);
            }
        }
        self.muks.accept(message.muk_id(), message.counter(), rand, last);
        Ok(())
    }

    #[inline(never)]
    fn complain<'a>(
        &self, message: &MskMessage<'_>, error: OpenError, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let keys = message.psk().keys(&slot.muk, slot.rand.as_ref().map(MskRand::octets))?;
        let sent = seal_error(message.psk(), error_number(&error), Some(&keys), out)?;
        actions.push(UeAction::Refused(error));
        actions.push(UeAction::Send(sent));
        Ok(())
    }

    #[inline(never)]
    fn mtk_message<'a>(
        &mut self, message: &MtkMessage<'_>, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let settings = &self.config.settings;
        let (name, group) = (message.msk(), message.msk().group());
        let channel = self.channel(group).ok_or(OpenError::MskUnknown)?;
        let Some(entry) = self.msks.get(name) else {
            self.schedule(name, Cause::MissedUpdate, now, actions);
            return Ok(());
        };
        if !channel.switch.takes_mtk_under(name.id) {
            return Err(OpenError::MskRetired.into());
        }
        check_counter(message.counter(), entry.counter().or(settings.initial_counter))?;
        if channel.mtks.newest(name.id).is_some_and(|newest| newest >= message.mtk()) {
            return Ok(());
        }
        Self::check_room(out, 0)?;
        let (opened, derived) = message.open_under(entry, settings)?;
        let mki = Mki::new(name.id, message.mtk());
        let active = channel.switch.active().map(|active| MskName::new(name.domain, active));
        let active = active.and_then(|active| self.msks.get(active));
        let unused = active.is_some_and(|active| active.name() != name && active.counter().is_none());
        if let Some(entry) = self.msks.get_mut(name) {
            entry.accept(message.counter(), message.mtk(), derived);
        }
        actions.push(PERSIST);
        let verified =
            if unused { SwitchEvent::Reordered(name.id) } else { SwitchEvent::MtkVerified(name.id) };
        self.step(group, verified, now, actions);
        if let Some(channel) = self.channel_mut(group) {
            channel.keep(mki, opened);
        }
        actions.push(UeAction::MtkReady(name.domain, mki));
        self.persist(now, out, actions);
        Ok(())
    }

    /// What recognises an octet-identical copy of a message.
    fn fingerprint(&self, message: &MskMessage<'_>) -> [u8; 16] {
        crate::crypto::fingerprint(&self.p, message.psk().octets())
    }
}
