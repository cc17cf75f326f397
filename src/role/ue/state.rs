//! The terminal's state as octets: what [`UeAction::Persist`](super::UeAction::Persist) hands out.
//!
//! ```text
//! "CKU" identities (1) version (1) length (4) | MUKs: count (1), slots | channels: count (1), each | check (8)
//!
//! channel = Key Group, MSKs: count (1), each | switchover | MTKs: count (1), each
//! ```
//!
//! The check finds damage; it does not find forgery, so keep the octets where keys may be kept. Times are written as what is
//! left of them, because the clock after a restart has another origin. MSK requests are not written: what is missing will be
//! missed again.
//!
//! One function goes over all fields of a thing, in either direction, so that what is written is what is read.

use super::channel::{Channel, HeldMtk, MTKS};
use super::{State, Ue, UeConfig};
use crate::crypto::{Primitives, key_octets};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::{Counter, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId, OptionalCounter};
use crate::keys::{
    Held, Inserted, KeptMukId, MAX_KEPT_LEN, MAX_STORED_KEY_LEN, Msk, MskEntry, MskFields, MskRand, Mtk,
    MtkSalt, MtkWindow, PreSharedKey, SameMskId, SeqLower, StoredKey,
};
use crate::message::OpenedMtk;
use crate::role::switch_core::Stage;
use crate::secret::Secret;
use crate::time::{KeptTick, Tick};

const VERSION: u8 = 3;
const CHECK_LEN: usize = 8;

const RAND_LEN: usize = 1 + MskRand::MAX_LEN;
const COUNTER_LEN: usize = 5;
const MUK_LEN: usize = MAX_KEPT_LEN + 1 + MAX_STORED_KEY_LEN + COUNTER_LEN + RAND_LEN + 4;
const MSK_LEN: usize = 2 + 16 + RAND_LEN + 6 + COUNTER_LEN;
const SWITCH_LEN: usize = 1 + 2 + 2 + 3 + 8;
const MTK_LEN: usize = 4 + 16 + 1 + 14;
const CHANNEL_LEN: usize = 5 + 1 + 2 * MSK_LEN + SWITCH_LEN + 1 + MTKS * MTK_LEN;
const FRAME_LEN: usize = 9 + 2 + CHECK_LEN;

/// Octets that are written, or read. What is not there reads as zeros, and is remembered.
struct Stream<'s> {
    /// Where to write; its size was checked before.
    out: &'s mut [u8],
    /// What is left to read, when it reads.
    rest: Option<&'s [u8]>,
    /// Octets written.
    at: usize,
    sound: bool,
    now: Tick,
}

impl<'s> Stream<'s> {
    // Called from everywhere, and as large as several calls.
    #[inline(never)]
    fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.out.get_mut(self.at..end) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    /// The next octets, when it reads.
    #[inline(never)]
    fn take(&mut self, len: usize) -> &'s [u8] {
        let taken = self.rest.unwrap_or_default().split_at_checked(len);
        self.sound &= taken.is_some();
        let (octets, rest) = taken.unwrap_or_default();
        self.rest = Some(rest);
        octets
    }

    const fn reads(&self) -> bool {
        self.rest.is_some()
    }

    /// Passes a field through.
    #[inline(never)]
    fn octets(&mut self, field: &mut [u8]) {
        if self.reads() {
            let octets = self.take(field.len());
            for (to, from) in field.iter_mut().zip(octets) {
                *to = *from;
            }
        } else {
            self.put(field);
        }
    }

    #[inline(never)]
    fn octet(&mut self, field: u8) -> u8 {
        let mut octets = [field];
        self.octets(&mut octets);
        let [octet] = octets;
        octet
    }

    #[inline(never)]
    fn u16(&mut self, field: &mut u16) {
        let mut octets = field.to_be_bytes();
        self.octets(&mut octets);
        *field = u16::from_be_bytes(octets);
    }

    fn flag(&mut self, field: bool) -> bool {
        let octet = self.octet(field.into());
        self.sound &= octet <= 1;
        octet == 1
    }

    /// How many follow: so many are written, or are to be read; more than `room` are not sound.
    fn count(&mut self, held: usize, room: usize) -> usize {
        let count = usize::from(self.octet(u8::try_from(held).unwrap_or(u8::MAX)));
        self.sound &= count <= room;
        count.min(room)
    }

    /// One octet of length, then the octets, none of them over 255: `field` is written, or what is read is answered.
    #[inline(never)]
    fn short<'a>(&mut self, field: &'a [u8]) -> &'a [u8]
    where
        's: 'a,
    {
        let len = self.count(field.len(), 255);
        if self.reads() {
            return self.take(len);
        }
        self.put(field);
        field
    }

    #[inline(never)]
    fn rand(&mut self, field: &mut Option<MskRand>) {
        let octets = self.short(field.as_ref().map_or(&[], MskRand::octets));
        let rand = MskRand::new(octets);
        self.sound &= rand.is_some() || octets.is_empty();
        *field = rand;
    }

    #[inline(never)]
    fn counter(&mut self, field: &mut OptionalCounter) {
        let mut octets = field.value().map_or([0; 4], |counter| counter.0.to_be_bytes());
        let there = self.flag(field.value().is_some());
        if there {
            self.octets(&mut octets);
        }
        *field = OptionalCounter::of(there.then_some(Counter(u32::from_be_bytes(octets))));
    }
}

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize, I: KeptMukId>
    Ue<GROUPS, K, P, MUKS, I>
{
    /// Most octets that the state takes.
    pub const MAX_STATE_LEN: usize = FRAME_LEN
        .saturating_add(MUKS.saturating_mul(MUK_LEN))
        .saturating_add(GROUPS.saturating_mul(CHANNEL_LEN));

    /// Octets of `out` that are enough for any event.
    pub const MAX_OUT_LEN: usize = Self::MAX_STATE_LEN.saturating_add(crate::wire::MAX_MSK_MESSAGE_LEN);

    /// What stands first.
    const FRAME: [u8; 5] = [b'C', b'K', b'U', I::TAG, VERSION];

    /// Writes the state into `out`, which has at least `MAX_STATE_LEN` octets; every caller has made sure.
    #[inline(never)]
    pub(super) fn export<'o>(&mut self, now: Tick, out: &'o mut [u8]) -> State<'o> {
        let mut s = Stream { out, rest: None, at: 0, sound: true, now };
        s.put(&Self::FRAME);
        // The length, still to come.
        s.put(&[0; 4]);
        s.count(self.muks.iter().count(), MUKS);
        for slot in self.muks.iter_mut() {
            for part in slot.id.export() {
                s.short(part);
            }
            s.short(slot.muk.export());
            s.counter(&mut slot.counter);
            s.rand(&mut slot.rand);
            s.put(&slot.last);
        }
        pass_channels(self.channels.places_mut(), self.p, &mut s);
        let length = u32::try_from(s.at.saturating_add(CHECK_LEN)).unwrap_or(u32::MAX).to_be_bytes();
        for (to, from) in s.out.iter_mut().skip(Self::FRAME.len()).zip(length) {
            *to = from;
        }
        let check = check(s.out.get(..s.at).unwrap_or_default());
        s.put(&check);
        State::new(s.out.get(..s.at).unwrap_or_default())
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
        let body = Self::intact(octets).ok_or(DecodeError::new(DecodeErrorKind::DamagedState, 0))?;
        let mut s = Stream { out: &mut [], rest: Some(body), at: 0, sound: true, now };
        let whole = self.restore_body(&mut s, &muk).is_some();
        let left = s.rest.unwrap_or_default().len();
        if whole && s.sound && left == 0 {
            return Ok(());
        }
        self.clear();
        Err(DecodeError::new(DecodeErrorKind::DamagedState, octets.len().saturating_sub(left)))
    }

    #[inline(never)]
    fn clear(&mut self) {
        self.muks.clear();
        self.keys.forget();
        self.channels.clear();
    }

    /// `None` when something is twice there or does not fit; what is not sound, `s` knows.
    fn restore_body(&mut self, s: &mut Stream<'_>, muk: &impl Fn(&[u8]) -> Option<K>) -> Option<()> {
        for _ in 0..s.count(0, MUKS) {
            let id = I::import([s.short(&[]), s.short(&[])])?;
            let slot = self.muks.restore(id, muk(s.short(&[]))?)?;
            s.counter(&mut slot.counter);
            s.rand(&mut slot.rand);
            s.octets(&mut slot.last);
        }
        self.channels.use_all();
        pass_channels(self.channels.places_mut(), self.p, s);
        Some(())
    }

    /// What is behind the frame of octets that are undamaged, of this version and complete.
    fn intact(octets: &[u8]) -> Option<&[u8]> {
        let (body, checked) = octets.split_last_chunk::<CHECK_LEN>()?;
        let (frame, rest) = body.split_first_chunk::<5>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let whole = usize::try_from(u32::from_be_bytes(*length)) == Ok(octets.len());
        (*frame == Self::FRAME && whole && check(body) == *checked).then_some(rest)
    }
}

/// Passes all channels; those that are read find their places empty.
#[inline(never)]
fn pass_channels<P: Primitives>(channels: &mut [Option<Channel<P>>], p: P, s: &mut Stream<'_>) {
    let mut left = s.count(channels.iter().flatten().count(), channels.len());
    for slot in channels.iter_mut() {
        if s.reads() && left != 0 {
            left = left.saturating_sub(1);
            *slot = Some(Channel::new(GroupName::new(KeyDomainId::new([0; 3]), KeyGroup(0))));
        }
        if let Some(channel) = slot {
            pass_channel(channel, p, s);
        }
    }
    let mut rest = &*channels;
    while let Some((first, behind)) = rest.split_first() {
        let again = |name| behind.iter().flatten().any(|channel| channel.name == name);
        s.sound &= first.as_ref().is_none_or(|channel| !again(channel.name));
        rest = behind;
    }
}

fn pass_channel<P: Primitives>(channel: &mut Channel<P>, p: P, s: &mut Stream<'_>) {
    let mut domain = channel.name.domain.to_octets();
    s.octets(&mut domain);
    channel.name.domain = KeyDomainId::new(domain);
    s.u16(&mut channel.name.group.0);
    pass_msks(channel, p, s);
    let switch = &mut channel.switch;
    let stage = Stage::of_number(s.octet(switch.stage.number()));
    s.sound &= stage.is_some();
    switch.stage = stage.unwrap_or(Stage::Idle);
    s.u16(&mut switch.active.0);
    s.u16(&mut switch.retiring.0);
    let mut coming = switch.coming.unwrap_or(KeyNumber::CURRENT);
    let there = s.flag(switch.coming.is_some());
    s.u16(&mut coming.0);
    switch.coming = there.then_some(coming);
    s.sound &= there || !matches!(switch.stage, Stage::Pending | Stage::Expecting);
    let left = switch.deadline().map_or(0, |until| until.as_millis().saturating_sub(s.now.as_millis()));
    let mut left = left.to_be_bytes();
    s.octets(&mut left);
    if s.reads() {
        switch.until = KeptTick::new(s.now.after_millis(u64::from_be_bytes(left)));
    }
    let mut mtks = s.count(channel.mtks.iter().flatten().count(), MTKS);
    for slot in &mut channel.mtks {
        if s.reads() && mtks != 0 {
            mtks = mtks.saturating_sub(1);
            let opened = OpenedMtk { mtk: Mtk::new(Secret::zeroed()), salt: None };
            *slot = Some(HeldMtk { msk: KeyNumber::CURRENT, mtk: MtkId(0), opened });
        }
        if let Some(held) = slot {
            s.u16(&mut held.msk.0);
            s.u16(&mut held.mtk.0);
            s.octets(key_octets::octets_mut(held.opened.mtk.secret_mut()));
            if s.flag(held.opened.salt.is_some()) {
                let salt = held.opened.salt.get_or_insert_with(|| MtkSalt::new(Secret::zeroed()));
                s.octets(key_octets::octets_mut(salt.secret_mut()));
            }
        }
    }
}

fn pass_msks<P: Primitives>(channel: &mut Channel<P>, p: P, s: &mut Stream<'_>) {
    let count = s.count(channel.msks.as_ref().map_or(0, |msks| msks.iter().count()), 2);
    if let Some(Held { older, newer }) = &mut channel.msks {
        if let Some(older) = older {
            pass_msk(older, s);
        }
        pass_msk(newer, s);
    } else if s.reads() {
        for _ in 0..count {
            let window = MtkWindow::new(MtkId(0), MtkId(0), SeqLower::Inclusive);
            let msk = Msk::with(Secret::zeroed(), p);
            let mut entry = MskEntry::new(channel.name.msk(KeyNumber::CURRENT), msk, None, window);
            pass_msk(&mut entry, s);
            match &mut channel.msks {
                Some(msks) => s.sound &= msks.insert(entry, SameMskId::Refuse) == Ok(Inserted::New),
                none => *none = Some(Held::one(entry)),
            }
        }
    }
}

#[inline(never)]
fn pass_msk<P: Primitives>(entry: &mut MskEntry<P>, s: &mut Stream<'_>) {
    let MskFields { number, msk, rand, window, counter } = entry.fields_mut();
    s.u16(&mut number.0);
    s.octets(key_octets::octets_mut(msk));
    s.rand(rand);
    let (lowest, mut highest) = window.export();
    let mut lowest = lowest.to_be_bytes();
    s.octets(&mut lowest);
    s.u16(&mut highest);
    match MtkWindow::import(u32::from_be_bytes(lowest), highest) {
        Some(passed) => *window = passed,
        None => s.sound = false,
    }
    s.counter(counter);
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
