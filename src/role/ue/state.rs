//! The terminal's state as octets: what [`UeAction::Persist`](super::UeAction::Persist) hands out.
//!
//! ```text
//! "CKUE" version (1) length (4) | MUKs: count (1), slots | MSKs: count (1), entries | channels: count (1), each | digest (8)
//! ```
//!
//! The digest (SHA-256, first 8 octets) finds damage; it does not find forgery, so keep the octets where keys may be
//! kept. Times are written as what is left of them, because the clock after a restart has another origin. MSK
//! requests are not written: what is missing will be missed again.

use super::channel::Channel;
use super::{State, Ue, UeConfig};
use crate::crypto::{Primitives, key_octets};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::{Counter, GroupName, KeyDomainId, KeyGroup, Mki, MskId, MskName};
use crate::keys::{
    MAX_MUK_ID_LEN, MAX_STORED_KEY_LEN, MTKS, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt, MtkWindow,
    MukId, MukSlot, MukStore, PreSharedKey, SameMskId, StoredKey,
};
use crate::message::OpenedMtk;
use crate::role::Switchover;
use crate::time::Tick;

const TAG: [u8; 4] = *b"CKUE";
const VERSION: u8 = 1;
const DIGEST_LEN: usize = 8;

const RAND_LEN: usize = 1 + MskRand::MAX_LEN;
const COUNTER_LEN: usize = 5;
const MUK_LEN: usize = 2 + MAX_MUK_ID_LEN + 1 + MAX_STORED_KEY_LEN + COUNTER_LEN + RAND_LEN + 17;
const MSK_LEN: usize = 7 + 16 + RAND_LEN + 6 + COUNTER_LEN;
const SWITCH_LEN: usize = 1 + 3 * 4 + 8 + 1;
const MTK_LEN: usize = 6 + 16 + 1 + 14;
const CHANNEL_LEN: usize = 5 + SWITCH_LEN + 1 + MTKS * MTK_LEN;
const FRAME_LEN: usize = 4 + 1 + 4 + 3 + DIGEST_LEN;

/// Appends to a buffer whose size was checked before.
struct Out<'o> {
    octets: &'o mut [u8],
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.octets.get_mut(self.at..end) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    /// One octet of length, then the octets. None of them is over 255.
    fn put_short(&mut self, octets: &[u8]) {
        self.put(&[u8::try_from(octets.len()).unwrap_or(u8::MAX)]);
        self.put(octets);
    }

    fn put_optional(&mut self, octets: Option<&[u8]>) {
        self.put(&[u8::from(octets.is_some())]);
        self.put(octets.unwrap_or_default());
    }

    fn put_count(&mut self, count: usize) {
        self.put(&[u8::try_from(count).unwrap_or(u8::MAX)]);
    }
}

/// Takes from the front of stored octets.
struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (octets, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*octets)
    }

    fn slice(&mut self, len: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(octets)
    }

    fn octet(&mut self) -> Option<u8> {
        self.take().map(|[octet]| octet)
    }

    fn short(&mut self) -> Option<&'a [u8]> {
        let len = self.octet()?;
        self.slice(usize::from(len))
    }

    fn flag(&mut self) -> Option<bool> {
        match self.octet()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn optional<const N: usize>(&mut self) -> Option<Option<[u8; N]>> {
        if self.flag()? { self.take().map(Some) } else { Some(None) }
    }

    fn rand(&mut self) -> Option<Option<MskRand>> {
        match self.short()? {
            [] => Some(None),
            octets => MskRand::new(octets).map(Some),
        }
    }

    fn counter(&mut self) -> Option<Option<Counter>> {
        Some(self.optional()?.map(|octets| Counter(u32::from_be_bytes(octets))))
    }

    fn msk_id(&mut self) -> Option<MskId> {
        self.take().map(MskId::from_octets)
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
        w.put(&TAG);
        w.put(&[VERSION]);
        w.put(&[0; 4]);
        w.put_count(self.muks.iter().count());
        for slot in self.muks.iter() {
            w.put_short(slot.id().idi);
            w.put_short(slot.id().idr);
            w.put_short(slot.muk.export());
            w.put_optional(
                slot.counter.map(|counter| counter.0.to_be_bytes()).as_ref().map(|o| o.as_slice()),
            );
            w.put_short(slot.rand.as_ref().map_or(&[], MskRand::octets));
            w.put_optional(slot.last.as_ref().map(|last| last.as_slice()));
        }
        w.put_count(self.msks.iter().count());
        for entry in self.msks.iter() {
            w.put(&entry.name().domain.to_octets());
            w.put(&entry.name().id.to_octets());
            w.put(key_octets::export(entry.msk().secret()));
            w.put_short(entry.rand().map_or(&[], MskRand::octets));
            let (lowest, highest) = entry.window().export();
            w.put(&lowest.to_be_bytes());
            w.put(&highest.to_be_bytes());
            w.put_optional(
                entry.counter().map(|counter| counter.0.to_be_bytes()).as_ref().map(|o| o.as_slice()),
            );
        }
        w.put_count(self.channels.iter().flatten().count());
        for channel in self.channels.iter().flatten() {
            export_channel(channel, now, &mut w);
        }
        let len = w.at;
        let length = u32::try_from(len.saturating_add(DIGEST_LEN)).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(slot) = w.octets.get_mut(5..9) {
            slot.copy_from_slice(&length);
        }
        let digest = crate::crypto::digest(&self.p, &[w.octets.get(..len).unwrap_or_default()]);
        w.put(digest.first_chunk::<DIGEST_LEN>().unwrap_or(&[0; DIGEST_LEN]));
        let Out { octets, at } = w;
        State::new(octets.get(..at).unwrap_or_default())
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
        let damaged = DecodeError::new(DecodeErrorKind::DamagedState, 0);
        let at = octets.len().checked_sub(DIGEST_LEN).ok_or(damaged)?;
        let (body, digest) = octets.split_at_checked(at).ok_or(damaged)?;
        if !crate::crypto::digest(&p, &[body]).starts_with(digest) {
            return Err(damaged);
        }
        let mut r = In(body);
        Self::restore_body(&mut r, octets.len(), config, p, now, &muk)
            .filter(|_| r.0.is_empty())
            .ok_or(DecodeError::new(DecodeErrorKind::DamagedState, body.len().saturating_sub(r.0.len())))
    }

    fn restore_body(
        r: &mut In<'_>, len: usize, config: UeConfig, p: P, now: Tick, muk: &impl Fn(&[u8]) -> Option<K>,
    ) -> Option<Self> {
        let length = usize::try_from(u32::from_be_bytes({
            let frame = r.take::<9>()?;
            let [a, b, c, d, version, length @ ..] = frame;
            if [a, b, c, d] != TAG || version != VERSION {
                return None;
            }
            length
        }))
        .ok()?;
        if length != len {
            return None;
        }
        let mut this = Self::with(config, p);
        this.muks = restore_muks(r, muk)?;
        this.msks = restore_msks(r, p)?;
        for _ in 0..r.octet()? {
            let channel = restore_channel(r, now)?;
            if this.channel(channel.name).is_some() {
                return None;
            }
            *this.channels.iter_mut().find(|slot| slot.is_none())? = Some(channel);
        }
        Some(this)
    }
}

fn restore_muks<const MUKS: usize, K: StoredKey>(
    r: &mut In<'_>, muk: &impl Fn(&[u8]) -> Option<K>,
) -> Option<MukStore<MUKS, K>> {
    let mut muks = MukStore::new();
    for _ in 0..r.octet()? {
        let (idi, idr) = (r.short()?, r.short()?);
        let mut slot = MukSlot::new(MukId { idi, idr }, muk(r.short()?)?)?;
        slot.counter = r.counter()?;
        slot.rand = r.rand()?;
        slot.last = r.optional()?;
        if muks.get(slot.id()).is_some() {
            return None;
        }
        muks.restore(slot)?;
    }
    Some(muks)
}

fn restore_msks<const GROUPS: usize, P: Primitives>(
    r: &mut In<'_>, p: P,
) -> Option<MskStore<GROUPS, MskEntry<P>>> {
    let mut msks = MskStore::new();
    for _ in 0..r.octet()? {
        let name = MskName::new(KeyDomainId::new(r.take()?), r.msk_id()?);
        let msk = Msk::with(key_octets::import(&r.take::<16>()?)?, p);
        let rand = r.rand()?;
        let window = MtkWindow::import(u32::from_be_bytes(r.take()?), u16::from_be_bytes(r.take()?))?;
        let entry = MskEntry::new(name, msk, rand, window).with_counter(r.counter()?);
        match msks.insert(entry, SameMskId::Refuse) {
            Ok(crate::keys::Inserted::New) => {}
            _ => return None,
        }
    }
    Some(msks)
}

fn export_channel(channel: &Channel, now: Tick, w: &mut Out<'_>) {
    w.put(&channel.name.domain.to_octets());
    w.put(&channel.name.group.0.to_be_bytes());
    export_switchover(channel.switch, now, w);
    w.put_count(channel.mtks.iter().count());
    for (mki, held) in channel.mtks.iter() {
        w.put(&mki.to_octets());
        w.put(key_octets::export(held.mtk.secret()));
        w.put_optional(held.salt.as_ref().map(|salt| key_octets::export(salt.secret()).as_slice()));
    }
}

fn restore_channel(r: &mut In<'_>, now: Tick) -> Option<Channel> {
    let name = GroupName::new(KeyDomainId::new(r.take()?), KeyGroup(u16::from_be_bytes(r.take()?)));
    let mut channel = Channel::new(name);
    channel.switch = restore_switchover(r, now)?;
    for _ in 0..r.octet()? {
        let mki = Mki::from_octets(r.take()?);
        let mtk = Mtk::new(key_octets::import(&r.take::<16>()?)?);
        let salt = match r.optional::<14>()? {
            Some(salt) => Some(MtkSalt::new(key_octets::import(&salt)?)),
            None => None,
        };
        channel.mtks.restore(mki, OpenedMtk { mtk, salt })?;
    }
    Some(channel)
}

fn export_switchover(switch: Switchover, now: Tick, w: &mut Out<'_>) {
    let left = |until: Tick| until.as_millis().saturating_sub(now.as_millis()).to_be_bytes();
    let next = |w: &mut Out<'_>, next: Option<MskId>| {
        w.put_optional(next.map(MskId::to_octets).as_ref().map(|octets| octets.as_slice()));
    };
    match switch {
        Switchover::Idle => w.put(&[0]),
        Switchover::Steady { active } => {
            w.put(&[1]);
            w.put(&active.to_octets());
        }
        Switchover::Pending { active, next } => {
            w.put(&[2]);
            w.put(&active.to_octets());
            w.put(&next.to_octets());
        }
        Switchover::Expecting { active, next, until } => {
            w.put(&[3]);
            w.put(&active.to_octets());
            w.put(&next.to_octets());
            w.put(&left(until));
        }
        Switchover::Switching { active, retiring, next: coming } => {
            w.put(&[4]);
            w.put(&active.to_octets());
            w.put(&retiring.to_octets());
            next(w, coming);
        }
        Switchover::Overlap { active, retiring, until, next: coming } => {
            w.put(&[5]);
            w.put(&active.to_octets());
            w.put(&retiring.to_octets());
            w.put(&left(until));
            next(w, coming);
        }
    }
}

fn restore_switchover(r: &mut In<'_>, now: Tick) -> Option<Switchover> {
    let until = |r: &mut In<'_>| r.take().map(|left| now.after_millis(u64::from_be_bytes(left)));
    let next = |r: &mut In<'_>| Some(r.optional()?.map(MskId::from_octets));
    Some(match r.octet()? {
        0 => Switchover::Idle,
        1 => Switchover::Steady { active: r.msk_id()? },
        2 => Switchover::Pending { active: r.msk_id()?, next: r.msk_id()? },
        3 => Switchover::Expecting { active: r.msk_id()?, next: r.msk_id()?, until: until(r)? },
        4 => Switchover::Switching { active: r.msk_id()?, retiring: r.msk_id()?, next: next(r)? },
        5 => Switchover::Overlap {
            active: r.msk_id()?,
            retiring: r.msk_id()?,
            until: until(r)?,
            next: next(r)?,
        },
        _ => return None,
    })
}
