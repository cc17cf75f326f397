//! MIKEY datagrams at the terminal: what an MSK or MTK message changes once its MAC is good. The table is that of the parent.

use super::channel::{Cause, HeldMtk, find_mut};
use super::{PERSIST, ToPersist, Ue, UeAction};
use crate::crypto::Primitives;
use crate::error::{Error, OpenError};
use crate::id::{KeyNumber, Mki};
use crate::keys::{
    Held, KeptMukId, Msk, MskEntry, MskRand, MtkWindow, PreSharedKey, StoredKey, check_counter,
};
use crate::message::psk::PskMessage;
use crate::message::{
    MskContent, MskMessage, MskSecurity, MtkMessage, error_number, read_names, seal_error, seal_verification,
    verification_len,
};
use crate::role::{Actions, SwitchEvent};
use crate::settings::ErrorMessages;
use crate::time::Tick;
use crate::wire::DataType;

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize, I: KeptMukId>
    Ue<GROUPS, K, P, MUKS, I>
{
    #[inline(never)]
    pub(super) fn mikey<'a>(
        &mut self, octets: &'a [u8], now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        // These are for a BM-SC, whatever is in them.
        if let Some(DataType::PSK_VER | DataType::ERROR) = octets.get(1).map(|data_type| DataType(*data_type))
        {
            return Err(Error::WrongState);
        }
        let settings = &self.config.settings;
        let psk = &PskMessage::decode(octets)?;
        let named = read_names(psk, self.config.draft_domain, settings)?;
        if named.mtk.is_some() {
            let message = &MtkMessage::of(psk, named, settings)?;
            self.mtk_message(message, now, out, actions)
        } else {
            let message = &MskMessage::of(psk, named, settings)?;
            self.msk_message(message, now, out, actions)
        }
    }

    #[inline(never)]
    fn msk_message<'a>(
        &mut self, message: &MskMessage<'a>, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        let settings = &self.config.settings;
        let id = &I::name(&self.p, message.muk_id());
        let slot = self.muks.find(id).ok_or(OpenError::MukUnknown)?;
        let again = settings.reack_duplicate
            && slot.counter() == Some(message.counter())
            && slot.last == first_of_mac(message);
        // A copy was fresh once.
        let counter = slot.counter().filter(|_| !again);
        check_counter(message.counter(), counter.or(settings.initial_counter))?;
        let stored_rand = slot.rand.as_ref();
        let keys = &message.psk().keys(&slot.muk, stored_rand.map(MskRand::octets))?;
        let content = match message.content(keys, stored_rand, settings) {
            Ok(content) => content,
            Err(OpenError::MacInvalid) if settings.error_messages == ErrorMessages::OnBadMac && !again => {
                let refused = OpenError::MacInvalid;
                let sent = seal_error(message.psk(), error_number(&refused), Some(keys), out)?;
                actions.push(UeAction::Refused(refused));
                actions.push(UeAction::Send(sent));
                return Ok(None);
            }
            Err(e) => return Err(e.into()),
        };
        if again {
            if message.v() {
                actions.push(UeAction::Send(seal_verification(message.psk(), keys, settings, out)?));
            }
            return Ok(None);
        }
        // The verification message, and room for the state behind it.
        let acknowledged = message.v() && !matches!(content, MskContent::Pull);
        let needed = if acknowledged { verification_len(message.psk(), settings)? } else { 0 };
        let invalidated = matches!(content, MskContent::Invalidated);
        if !invalidated {
            Self::check_channel(&self.channels, message.name().group())?;
        }
        Self::check_room(out, needed)?;
        let (answer, state) = out.split_at_mut_checked(needed).ok_or(Error::WrongState)?;
        actions.push(PERSIST);
        if acknowledged {
            actions.push(UeAction::Send(seal_verification(message.psk(), keys, settings, answer)?));
        }
        self.take_msk_message(message, content, id, now, actions)?;
        Ok(Some(state))
    }

    /// Does what an authentic MSK message says.
    #[inline(never)]
    fn take_msk_message<'a>(
        &mut self, message: &MskMessage<'a>, content: MskContent, id: &I::Name<'_>, now: Tick,
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let name = message.name();
        let (group, number) = (name.group(), name.id.number);
        let mut rand = None;
        match content {
            MskContent::Key { msk, rand: of_msk, seq_low, seq_high } => {
                rand = of_msk;
                let window = MtkWindow::new(seq_low, seq_high, self.config.settings.seq_lower);
                let entry = MskEntry::new(name, Msk::with(msk, self.p), rand, window);
                self.store(entry, Some(MskSecurity::of(message)), now, actions)?;
            }
            MskContent::Invalidated => {
                actions.push(UeAction::MskInvalidated(name));
                self.keys.forget();
                if let Some(channel) = find_mut(self.channels.places_mut(), group) {
                    Held::forget(&mut channel.msks, name);
                    channel.step(SwitchEvent::Forgotten(number), &self.config.timing, now, actions);
                }
            }
            MskContent::Pull => {
                self.channel_or_new(group)?;
                self.schedule(group, KeyNumber::CURRENT, Cause::Pull, now, actions);
            }
        }
        self.muks.accept(id, message.counter(), rand, first_of_mac(message));
        Ok(())
    }

    #[inline(never)]
    fn mtk_message<'a>(
        &mut self, message: &MtkMessage<'_>, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        let settings = &self.config.settings;
        let (group, number) = (message.msk().group(), message.msk().id.number);
        let channel = find_mut(self.channels.places_mut(), group).ok_or(OpenError::MskUnknown)?;
        let Some(entry) = channel.msk(number) else {
            self.schedule(group, number, Cause::MissedUpdate, now, actions);
            return Ok(None);
        };
        if !channel.switch.takes_mtk_under(number) {
            return Err(OpenError::MskRetired.into());
        }
        check_counter(message.counter(), entry.counter().or(settings.initial_counter))?;
        if channel.has_newer(number, message.mtk()) {
            return Ok(None);
        }
        Self::check_room(out, 0)?;
        let opened = message.open_under(entry, &mut self.keys, settings)?;
        let active = channel.switch.active().filter(|active| *active != number);
        let unused = active.and_then(|active| channel.msk(active)).is_some_and(|msk| msk.counter().is_none());
        if let Some(entry) = channel.msk_mut(number) {
            entry.accept(message.counter(), message.mtk());
        }
        actions.push(PERSIST);
        let verified = if unused { SwitchEvent::Reordered(number) } else { SwitchEvent::MtkVerified(number) };
        channel.step(verified, &self.config.timing, now, actions);
        channel.keep(HeldMtk { msk: number, mtk: message.mtk(), opened });
        let mki = Mki::new(message.msk().id, message.mtk());
        actions.push(UeAction::MtkReady(group.domain, mki));
        Ok(Some(out))
    }
}

/// What recognises, together with the counter, an octet-identical copy of an authentic message.
fn first_of_mac(message: &MskMessage<'_>) -> [u8; 4] {
    message.psk().kemac().mac.first_chunk().copied().unwrap_or_default()
}
