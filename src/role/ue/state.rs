//! The terminal's state as octets: what [`UeAction::Persist`](super::UeAction::Persist) hands out.
//!
//! ```text
//! "CKUE" version (1) length (4) | MUKs: count (1), slots | MSKs: count (1), entries | channels: count (1), each | check (8)
//! ```
//!
//! The check finds damage; it does not find forgery, so keep the octets where keys may be kept. Times are written as what is
//! left of them, because the clock after a restart has another origin. MSK requests are not written: what is missing will be
//! missed again.

use super::channel::Channel;
use super::{State, Ue, UeConfig};
use crate::crypto::{Primitives, key_octets};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::{Counter, GroupName, KeyDomainId, KeyGroup, Mki, MskId, MskName};
use crate::keys::{
    MAX_MUK_ID_LEN, MAX_STORED_KEY_LEN, MTKS, Msk, MskEntry, MskRand, Mtk, MtkSalt, MtkWindow, MukId,
    PreSharedKey, SameMskId, StoredKey,
};
use crate::message::OpenedMtk;
use crate::role::Switchover;
use crate::time::Tick;

const VERSION: u8 = 2;
const CHECK_LEN: usize = 8;
/// What stands first, its length still to come.
const FRAME: [u8; 9] = [b'C', b'K', b'U', b'E', VERSION, 0, 0, 0, 0];

const RAND_LEN: usize = 1 + MskRand::MAX_LEN;
const COUNTER_LEN: usize = 5;
const MUK_LEN: usize = 2 + MAX_MUK_ID_LEN + 1 + MAX_STORED_KEY_LEN + COUNTER_LEN + RAND_LEN + 17;
const MSK_LEN: usize = 7 + 16 + RAND_LEN + 6 + COUNTER_LEN;
const SWITCH_LEN: usize = 1 + 3 * 5 + 8;
const MTK_LEN: usize = 6 + 16 + 1 + 14;
const CHANNEL_LEN: usize = 5 + SWITCH_LEN + 1 + MTKS * MTK_LEN;
const FRAME_LEN: usize = 4 + 1 + 4 + 3 + CHECK_LEN;

/// Appends to a buffer whose size was checked before.
struct Out<'o> {
    octets: &'o mut [u8],
    at: usize,
}

impl Out<'_> {
    // Called from everywhere, and as large as several calls.
    #[inline(never)]
    fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.octets.get_mut(self.at..end) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    fn put_octet(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// One octet of length, then the octets. None of them is over 255.
    #[inline(never)]
    fn put_short(&mut self, octets: &[u8]) {
        self.put_count(octets.len());
        self.put(octets);
    }

    #[inline(never)]
    fn put_optional(&mut self, octets: Option<&[u8]>) {
        self.put_octet(u8::from(octets.is_some()));
        self.put(octets.unwrap_or_default());
    }

    fn put_counter(&mut self, counter: Option<Counter>) {
        self.put_optional(counter.map(|counter| counter.0.to_be_bytes()).as_ref().map(|o| o.as_slice()));
    }

    fn put_rand(&mut self, rand: Option<&MskRand>) {
        self.put_short(rand.map_or(&[], MskRand::octets));
    }

    fn put_count(&mut self, count: usize) {
        self.put_octet(u8::try_from(count).unwrap_or(u8::MAX));
    }
}

/// Takes from the front of stored octets. What is not there reads as zeros, and is remembered.
struct In<'a> {
    rest: &'a [u8],
    sound: bool,
}

impl<'a> In<'a> {
    // Called from everywhere, and as large as several calls.
    #[inline(never)]
    fn slice(&mut self, len: usize) -> &'a [u8] {
        let (octets, rest) = self.rest.split_at_checked(len).unwrap_or_else(|| {
            self.sound = false;
            (&[], &[])
        });
        self.rest = rest;
        octets
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.slice(N).first_chunk().copied().unwrap_or([0; N])
    }

    #[inline(never)]
    fn octet(&mut self) -> u8 {
        let [octet] = self.take();
        octet
    }

    fn short(&mut self) -> &'a [u8] {
        let len = self.octet();
        self.slice(usize::from(len))
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    #[inline(never)]
    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take())
    }

    /// `N` octets behind an octet 1, or none behind an octet 0.
    fn optional<const N: usize>(&mut self) -> Option<[u8; N]> {
        let there = self.octet();
        self.sound &= there <= 1;
        if there == 1 { Some(self.take()) } else { None }
    }

    #[inline(never)]
    fn rand(&mut self) -> Option<MskRand> {
        let octets = self.short();
        let rand = MskRand::new(octets);
        self.sound &= rand.is_some() || octets.is_empty();
        rand
    }

    #[inline(never)]
    fn counter(&mut self) -> Option<Counter> {
        self.optional().map(|octets| Counter(u32::from_be_bytes(octets)))
    }

    #[inline(never)]
    fn msk_id(&mut self) -> MskId {
        MskId::from_octets(self.take())
    }

    /// One turn for each entry that follows.
    fn entries(&mut self) -> impl Iterator<Item = ()> + use<> {
        core::iter::repeat_n((), usize::from(self.octet()))
    }
}

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize>
    Ue<GROUPS, K, P, MUKS>
{
    /// Most octets that the state takes.
    pub const MAX_STATE_LEN: usize = FRAME_LEN
        .saturating_add(MUKS.saturating_mul(MUK_LEN))
        .saturating_add(GROUPS.saturating_mul(2 * MSK_LEN + CHANNEL_LEN));

    /// Octets of `out` that are enough for any event.
    pub const MAX_OUT_LEN: usize = Self::MAX_STATE_LEN.saturating_add(crate::wire::MAX_MSK_MESSAGE_LEN);

    /// Writes the state into `out`, which has at least `MAX_STATE_LEN` octets; every caller has made sure.
    pub(super) fn export<'o>(&self, now: Tick, out: &'o mut [u8]) -> State<'o> {
        let mut w = Out { octets: out, at: 0 };
        w.put(&FRAME);
        w.put_count(self.muks.iter().count());
        for slot in self.muks.iter() {
            w.put_short(slot.id().idi);
            w.put_short(slot.id().idr);
            w.put_short(slot.muk.export());
            w.put_counter(slot.counter);
            w.put_rand(slot.rand.as_ref());
            w.put_optional(slot.last.as_ref().map(|last| last.as_slice()));
        }
        w.put_count(self.msks.iter().count());
        for entry in self.msks.iter() {
            w.put(&entry.name().domain.to_octets());
            w.put(&entry.name().id.to_octets());
            w.put(key_octets::export(entry.msk().secret()));
            w.put_rand(entry.rand());
            let (lowest, highest) = entry.window().export();
            w.put(&lowest.to_be_bytes());
            w.put(&highest.to_be_bytes());
            w.put_counter(entry.counter());
        }
        w.put_count(self.channels.iter().flatten().count());
        for channel in self.channels.iter().flatten() {
            export_channel(channel, now, &mut w);
        }
        w.finish()
    }

    /// Restores a terminal from the octets of its last [`UeAction::Persist`](super::UeAction::Persist). `muk` turns the
    /// stored octets of a MUK, or of its handle, back into the key. Whatever was accepted before stays a replay. Arm a timer
    /// for [`deadline`](Self::deadline) afterwards.
    ///
    /// # Errors
    ///
    /// [`DecodeErrorKind::DamagedState`] when the octets are damaged, of another version, or do not fit this type;
    /// nothing of them is used then.
    pub fn restore(
        config: UeConfig, p: P, octets: &[u8], now: Tick, muk: impl Fn(&[u8]) -> Option<K>,
    ) -> Result<Self, DecodeError> {
        let mut this = Self::with(config, p);
        this.restore_in_place(octets, now, muk)?;
        Ok(this)
    }

    /// As [`restore`](Self::restore), for a terminal that lies where it is to stay, such as in static memory. What it held
    /// before is forgotten; its configuration stays.
    ///
    /// # Errors
    ///
    /// As [`restore`](Self::restore); the terminal holds nothing then.
    pub fn restore_in_place(
        &mut self, octets: &[u8], now: Tick, muk: impl Fn(&[u8]) -> Option<K>,
    ) -> Result<(), DecodeError> {
        self.clear();
        let body = intact(octets).ok_or(DecodeError::new(DecodeErrorKind::DamagedState, 0))?;
        let mut r = In { rest: body, sound: true };
        let whole = self.restore_body(&mut r, now, &muk).is_some();
        if whole && r.sound && r.rest.is_empty() {
            return Ok(());
        }
        self.clear();
        Err(DecodeError::new(DecodeErrorKind::DamagedState, octets.len().saturating_sub(r.rest.len())))
    }

    fn clear(&mut self) {
        self.muks.clear();
        self.msks.clear();
        for channel in &mut self.channels {
            *channel = None;
        }
    }

    /// `None` when something is twice there or does not fit; what is not sound, `r` knows.
    fn restore_body(&mut self, r: &mut In<'_>, now: Tick, muk: &impl Fn(&[u8]) -> Option<K>) -> Option<()> {
        for () in r.entries() {
            let (idi, idr) = (r.short(), r.short());
            let id = MukId { idi, idr };
            let muk = muk(r.short())?;
            if self.muks.get(id).is_some() {
                return None;
            }
            let slot = self.muks.restore(id, muk)?;
            slot.counter = r.counter();
            slot.rand = r.rand();
            slot.last = r.optional();
        }
        for () in r.entries() {
            let name = MskName::new(KeyDomainId::new(r.take()), r.msk_id());
            let msk = Msk::with(key_octets::import(r.slice(16))?, self.p);
            let rand = r.rand();
            let window = MtkWindow::import(r.u32(), r.u16())?;
            let entry = MskEntry::new(name, msk, rand, window).with_counter(r.counter());
            match self.msks.insert(entry, SameMskId::Refuse) {
                Ok(crate::keys::Inserted::New) => {}
                _ => return None,
            }
        }
        for () in r.entries() {
            let name = GroupName::new(KeyDomainId::new(r.take()), KeyGroup(r.u16()));
            if self.channel(name).is_some() {
                return None;
            }
            restore_channel(r, now, self.channel_or_new(name)?)?;
        }
        Some(())
    }
}

impl<'o> Out<'o> {
    /// Puts the length and the check in their places.
    fn finish(mut self) -> State<'o> {
        let length = u32::try_from(self.at.saturating_add(CHECK_LEN)).unwrap_or(u32::MAX).to_be_bytes();
        for (to, from) in self.octets.iter_mut().skip(5).zip(length) {
            *to = from;
        }
        self.put(&check(self.octets.get(..self.at).unwrap_or_default()));
        State::new(self.octets.get(..self.at).unwrap_or_default())
    }
}

/// What is behind the frame of octets that are undamaged, of this version and complete.
fn intact(octets: &[u8]) -> Option<&[u8]> {
    let (body, checked) = octets.split_last_chunk::<CHECK_LEN>()?;
    let (frame, rest) = body.split_first_chunk::<9>()?;
    let mut expected = FRAME;
    let [.., a, b, c, d] = &mut expected;
    [*a, *b, *c, *d] = u32::try_from(octets.len()).ok()?.to_be_bytes();
    (*frame == expected && check(body) == *checked).then_some(rest)
}

/// What finds damage: each word of four octets goes through two one-to-one maps, so that damage within one word is always
/// found, and damage by chance in several all but never. Against who makes it on purpose it does nothing, nor did a hash without
/// a key, which would cost more than the message that is accepted.
fn check(octets: &[u8]) -> [u8; CHECK_LEN] {
    let (words, rest) = octets.as_chunks::<4>();
    let mut last = [0xFF; 4];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let (mut a, mut b) = (0x9E37_79B9_u32, 0x7F4A_7C15_u32);
    for word in words.iter().chain([&last]) {
        let word = u32::from_le_bytes(*word);
        a = (a ^ word).wrapping_mul(0x85EB_CA6B).rotate_left(13);
        b = (b ^ word).wrapping_mul(0xC2B2_AE35).rotate_left(17);
    }
    let ([a, b, c, d], [e, f, g, h]) = (a.to_be_bytes(), b.to_be_bytes());
    [a, b, c, d, e, f, g, h]
}

fn export_channel(channel: &Channel, now: Tick, w: &mut Out<'_>) {
    w.put(&channel.name.domain.to_octets());
    w.put(&channel.name.group.0.to_be_bytes());
    let (state, msks, until) = channel.switch.parts();
    w.put_octet(state);
    for msk in msks {
        w.put_optional(msk.map(MskId::to_octets).as_ref().map(|octets| octets.as_slice()));
    }
    let left = until.map_or(0, |until| until.as_millis().saturating_sub(now.as_millis()));
    w.put(&left.to_be_bytes());
    w.put_count(channel.mtks.iter().count());
    for (mki, held) in channel.mtks.iter() {
        w.put(&mki.to_octets());
        w.put(key_octets::export(held.mtk.secret()));
        w.put_optional(held.salt.as_ref().map(|salt| key_octets::export(salt.secret()).as_slice()));
    }
}

fn restore_channel(r: &mut In<'_>, now: Tick, channel: &mut Channel) -> Option<()> {
    let state = r.octet();
    let msks = [(); 3].map(|()| r.optional().map(MskId::from_octets));
    let left = u64::from_be_bytes(r.take());
    channel.switch = Switchover::from_parts(state, msks, now.after_millis(left))?;
    for () in r.entries() {
        let mki = Mki::from_octets(r.take());
        let mtk = Mtk::new(key_octets::import(r.slice(16))?);
        let salt = r.octet();
        r.sound &= salt <= 1;
        let salt = if salt == 1 { Some(MtkSalt::new(key_octets::import(r.slice(14))?)) } else { None };
        channel.mtks.restore(mki, OpenedMtk { mtk, salt })?;
    }
    Some(())
}
