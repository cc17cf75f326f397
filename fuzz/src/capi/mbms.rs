//! MBMS: a terminal and a BM-SC that hear each other, and the plain functions.

use core::mem::zeroed;
use core::ptr;

use castkey_capi::*;

use super::bend::Bend;
use super::room::{Room, Watch, object};
use super::{OUT, World, copied, octets, wiped};

const ACTIONS: usize = CASTKEY_MAX_ACTIONS;

object!(castkey_ue, castkey_ue_size, castkey_ue_wipe, |at| {
    let mut deadline = 0;
    castkey_ue_deadline(at, &raw mut deadline)
});
object!(castkey_bm_sc, castkey_bm_sc_size, castkey_bm_sc_wipe, |at| {
    let mut deadline = 0;
    castkey_bm_sc_deadline(at, &raw mut deadline)
});

#[derive(Default)]
pub(super) struct Objects {
    ue: Room<castkey_ue>,
    bm_sc: Room<castkey_bm_sc>,
    ue_actions: Room<[castkey_ue_action; ACTIONS]>,
    bm_sc_actions: Room<[castkey_bm_sc_action; ACTIONS]>,
    mtk: Room<castkey_mtk>,
    names: Room<[castkey_name; 16]>,
    switchover: Room<castkey_switchover>,
    stored: Vec<u8>,
    delivery: Option<castkey_delivery>,
    counter: Option<u32>,
}

const MUKS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

pub(super) fn muk_id(which: u8) -> castkey_muk_id {
    castkey_muk_id { idi: octets(b"bmsc"), idr: octets(if which == 0 { b"one" } else { b"two" }) }
}

impl World<'_> {
    pub(super) fn mbms_call(&mut self, kind: u8) -> Option<()> {
        match kind {
            0 => self.ue_init(),
            1..5 => self.ue_handle(),
            5 => self.ue_restore(),
            6 => self.ue_looks(),
            7 => self.bm_sc_init(),
            8..12 => self.bm_sc_handle(),
            12 => self.bm_sc_looks(),
            13 | 14 => self.plain(),
            _ => {
                match self.choices.below(8)? {
                    0..3 => copied(&self.mbms.ue),
                    3..6 => copied(&self.mbms.bm_sc),
                    6 => wiped(&self.mbms.ue),
                    _ => wiped(&self.mbms.bm_sc),
                }
                Some(())
            }
        }
    }

    pub(super) fn name(&mut self) -> Option<castkey_name> {
        // SAFETY: a structure of integers.
        let mut name: castkey_name = unsafe { zeroed() };
        name.domain = [0x32, 0xF4, 0x51];
        let choice = self.choices.octet()?;
        name.group = u16::from(choice & 1);
        name.number = u16::from(choice >> 1 & 3);
        name.mtk = u16::from(choice >> 3);
        Some(name)
    }

    /// A MUK, mostly a good one. `held` has a key under a handle, or of another length.
    pub(super) fn muk(&mut self) -> Option<castkey_muk> {
        let choice = self.choices.octet()?;
        let key = octets(&MUKS[usize::from(choice & 1)]);
        Some(match choice {
            0..200 => castkey_muk { kind: CASTKEY_MUK_OCTETS, octets: key },
            200..220 => castkey_muk { kind: CASTKEY_MUK_HANDLE, octets: octets(b"slot") },
            220..240 => castkey_muk { kind: CASTKEY_MUK_OCTETS, octets: octets(&MUKS[0][..15]) },
            240..250 => castkey_muk { kind: u32::from(choice), octets: key },
            _ => castkey_muk {
                kind: CASTKEY_MUK_OCTETS,
                octets: castkey_octets { octets: ptr::null(), len: 16 },
            },
        })
    }

    fn ue_config(&mut self) -> Option<castkey_ue_config> {
        // SAFETY: a structure of integers.
        let mut config: castkey_ue_config = unsafe { zeroed() };
        // SAFETY: the one argument is there.
        assert_eq!(unsafe { castkey_ue_config_default(&raw mut config) }, CASTKEY_OK);
        let choice = self.choices.octet()?;
        match choice {
            0..128 => {}
            128..160 => config.settings.sha256_suite = u32::from(choice & 3),
            160..192 => config.settings.same_msk_id = u32::from(choice & 3),
            192..224 => config.settings.reack_duplicate = u32::from(choice & 3),
            _ => config.settings.profile = u32::from(choice & 3),
        }
        Some(config)
    }

    fn ue_init(&mut self) -> Option<()> {
        let config = self.ue_config()?;
        let mut bend = Bend::draw(&mut self.choices)?;
        let ue = &self.mbms.ue;
        let watch = Watch::default().on(ue);
        // SAFETY: memory that is as long as it is said to be.
        let status = unsafe {
            castkey_ue_init(bend.at(ue.at()), bend.size(CASTKEY_UE_SIZE), bend.read(&raw const config))
        };
        if self.judge(status, &bend, &watch) {
            self.mbms.ue.set_live(true);
        }
        Some(())
    }

    fn ue_restore(&mut self) -> Option<()> {
        let config = self.ue_config()?;
        let mut stored = self.mbms.stored.clone();
        if self.choices.below(3)? == 0 {
            let (at, octet) = (self.choices.u16()?, self.choices.octet()?);
            if let Some(changed) = stored.get_mut(usize::from(at)) {
                *changed ^= octet;
            }
        }
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, ue) = (self.env(ptr::null()), &self.mbms.ue);
        let watch = Watch::default().making(ue);
        // SAFETY: as above.
        let status = unsafe {
            castkey_ue_restore(
                bend.at(ue.at()),
                bend.size(CASTKEY_UE_SIZE),
                bend.read(&raw const config),
                bend.read(&raw const env),
                stored.as_ptr(),
                bend.size(stored.len()),
                self.now,
            )
        };
        if self.judge(status, &bend, &watch) {
            self.mbms.ue.set_live(true);
        }
        Some(())
    }

    fn ue_handle(&mut self) -> Option<()> {
        let datagram = self.datagram()?;
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_ue_event = unsafe { zeroed() };
        let choice = self.choices.octet()?;
        event.kind = u32::from(choice % 11);
        event.name = self.name()?;
        event.to = self.name()?;
        event.seq_high = u16::from(choice);
        event.octets = octets(&datagram);
        event.muk_id = muk_id(choice >> 7);
        event.muk = self.muk()?;
        if event.kind == CASTKEY_UE_INSTALL {
            event.octets = octets(&MUKS[0][..16]);
            event.rand = octets(&MUKS[1][..usize::from(choice >> 4) * 2]);
        }
        let mut bend = Bend::draw(&mut self.choices)?;
        let (env, held) = (self.env(ptr::null()), &self.mbms);
        let ue = held.ue.at();
        let watch = Watch::default().on(&held.ue).on(&held.ue_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_ue_handle(
                bend.at(ue),
                bend.read(&raw const env),
                bend.read(&raw const event),
                self.now,
                bend.output(self.out.at(), ue).cast(),
                bend.size(OUT),
                bend.output(held.ue_actions.at(), ue).cast(),
                bend.whole(ACTIONS),
                bend.output(self.number.at(), ue).cast(),
            )
        };
        if !self.judge(status, &bend, &watch) {
            return Some(());
        }
        assert!(self.mbms.ue.is_live(), "a call with what is no object");
        let n = self.count();
        // SAFETY: so many were written.
        for action in &unsafe { self.mbms.ue_actions.at().read() }[..n] {
            let (kind, offset, len) = (action.kind, action.offset, action.len);
            if kind == CASTKEY_UE_SEND {
                self.keep(offset, len);
            } else if kind == CASTKEY_UE_PERSIST {
                let message = core::mem::take(&mut self.message);
                self.keep(offset, len);
                self.mbms.stored = core::mem::replace(&mut self.message, message);
            }
        }
        Some(())
    }

    /// What was written to where numbers go.
    pub(super) fn count(&self) -> usize {
        // SAFETY: aligned memory for it, which was written.
        unsafe { self.number.at().cast::<usize>().read() }
    }

    fn ue_looks(&mut self) -> Option<()> {
        let (which, name) = (self.choices.below(4)?, self.name()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let held = &self.mbms;
        let ue = held.ue.at();
        let watch = Watch::default().on(&held.ue).on(&held.mtk).on(&held.names);
        let watch = watch.on(&held.switchover).on(&self.number);
        let (at, name) = (bend.read(ue), &raw const name);
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => castkey_ue_mtk(at, bend.read(name), bend.output(held.mtk.at(), ue)),
                1 => {
                    let cap = bend.size(16);
                    let names = bend.output(held.names.at(), ue).cast();
                    castkey_ue_mtk_names(at, names, cap, bend.output(self.number.at(), ue).cast())
                }
                2 => castkey_ue_deadline(at, bend.output(self.number.at(), ue).cast()),
                _ => castkey_ue_switchover(at, bend.read(name), bend.output(held.switchover.at(), ue)),
            }
        };
        if self.judge(status, &bend, &watch) {
            assert!(self.mbms.ue.is_live());
        }
        Some(())
    }

    fn bm_sc_init(&mut self) -> Option<()> {
        // SAFETY: a structure of integers.
        let mut config: castkey_bm_sc_config = unsafe { zeroed() };
        // SAFETY: the one argument is there.
        assert_eq!(unsafe { castkey_bm_sc_config_default(&raw mut config) }, CASTKEY_OK);
        config.suite = u32::from(self.choices.octet()? >> 6);
        let mut bend = Bend::draw(&mut self.choices)?;
        let bm_sc = &self.mbms.bm_sc;
        let watch = Watch::default().on(bm_sc);
        // SAFETY: as above.
        let status = unsafe {
            let at = bend.at(bm_sc.at());
            castkey_bm_sc_init(at, bend.size(CASTKEY_BM_SC_SIZE), bend.read(&raw const config))
        };
        if self.judge(status, &bend, &watch) {
            self.mbms.bm_sc.set_live(true);
        }
        Some(())
    }

    /// The row of the one user.
    pub(super) fn user(&mut self) -> Option<castkey_user> {
        let muk = self.muk()?;
        Some(castkey_user {
            muk_id: muk_id(0),
            muk,
            counter: self.mbms.counter.unwrap_or(0),
            has_counter: u32::from(self.mbms.counter.is_some()),
        })
    }

    /// The counter of the one user is to be stored.
    pub(super) fn save_counter(&mut self, counter: u32) {
        self.mbms.counter = Some(counter);
    }

    fn bm_sc_handle(&mut self) -> Option<()> {
        let datagram = self.datagram()?;
        // SAFETY: a structure of integers and pointers that may be NULL.
        let mut event: castkey_bm_sc_event = unsafe { zeroed() };
        event.kind = u32::from(self.choices.below(15)?);
        event.name = self.name()?;
        event.name.mtk = 0;
        event.user = self.user()?;
        if let Some(delivery) = self.mbms.delivery {
            event.delivery = delivery;
        }
        event.octets = octets(&datagram);
        let mut bend = Bend::draw(&mut self.choices)?;
        let calls_back = if self.mbms.bm_sc.is_live() { self.mbms.bm_sc.at() } else { ptr::null_mut() };
        let (env, held) = (self.env(calls_back), &self.mbms);
        let bm_sc = held.bm_sc.at();
        let watch = Watch::default().on(&held.bm_sc).on(&held.bm_sc_actions).on(&self.number);
        // SAFETY: as above.
        let status = unsafe {
            castkey_bm_sc_handle(
                bend.at(bm_sc),
                bend.read(&raw const env),
                bend.read(&raw const event),
                self.now,
                bend.output(self.out.at(), bm_sc).cast(),
                bend.size(OUT),
                bend.output(held.bm_sc_actions.at(), bm_sc).cast(),
                bend.whole(ACTIONS),
                bend.output(self.number.at(), bm_sc).cast(),
            )
        };
        if !self.judge(status, &bend, &watch) {
            return Some(());
        }
        assert!(self.mbms.bm_sc.is_live(), "a call with what is no object");
        let n = self.count();
        // SAFETY: so many were written.
        for action in &unsafe { self.mbms.bm_sc_actions.at().read() }[..n] {
            match action.kind {
                CASTKEY_BM_SC_SAVE_COUNTER => self.save_counter(action.counter),
                CASTKEY_BM_SC_SAVE_DELIVERY => self.mbms.delivery = Some(action.delivery),
                CASTKEY_BM_SC_SEND | CASTKEY_BM_SC_MULTICAST => self.keep(action.offset, action.len),
                _ => {}
            }
        }
        Some(())
    }

    fn bm_sc_looks(&mut self) -> Option<()> {
        let (which, name) = (self.choices.below(3)?, self.name()?);
        let mut bend = Bend::draw(&mut self.choices)?;
        let held = &self.mbms;
        let bm_sc = held.bm_sc.at();
        let watch = Watch::default().on(&held.bm_sc).on(&held.mtk).on(&held.names);
        let watch = watch.on(&held.switchover).on(&self.number);
        let (at, group) = (bend.read(bm_sc), &raw const name);
        // SAFETY: as above.
        let status = unsafe {
            match which {
                0 => {
                    let (group, name) = (bend.read(group), bend.output(held.names.at(), bm_sc).cast());
                    castkey_bm_sc_traffic(at, group, name, bend.output(held.mtk.at(), bm_sc))
                }
                1 => castkey_bm_sc_deadline(at, bend.output(self.number.at(), bm_sc).cast()),
                _ => {
                    let (group, place) = (bend.read(group), bend.output(held.switchover.at(), bm_sc));
                    castkey_bm_sc_switchover(at, group, place, bend.output(self.number.at(), bm_sc).cast())
                }
            }
        };
        if self.judge(status, &bend, &watch) {
            assert!(self.mbms.bm_sc.is_live());
        }
        Some(())
    }
}
