//! The plain functions of MBMS: messages and derivations.

use core::mem::zeroed;
use core::ptr;

use castkey_capi::*;

use super::bend::Bend;
use super::room::{Room, Watch};
use super::{OUT, World, octets};

const RAND: [u8; 16] = [9; 16];

impl World<'_> {
    pub(super) fn plain(&mut self) -> Option<()> {
        // SAFETY: structures of integers and pointers that may be NULL.
        let (mut settings, mut address, mut of_mtk): (
            castkey_settings,
            castkey_msk_address,
            castkey_mtk_address,
        ) = unsafe { zeroed() };
        // SAFETY: the one argument is there.
        assert_eq!(unsafe { castkey_settings_default(&raw mut settings) }, CASTKEY_OK);
        let which = self.choices.below(12)?;
        let (datagram, muk) = (self.datagram()?, self.muk()?);
        let choice = self.choices.octet()?;
        address.name = self.name()?;
        address.counter = u32::from(choice);
        address.rand = octets(&RAND);
        address.muk_id = super::mbms::muk_id(0);
        address.v = u32::from(choice & 1);
        of_mtk.name = address.name;
        of_mtk.counter = address.counter;
        let last = u32::from(choice >> 4);
        // SAFETY: as above.
        let mtk: castkey_mtk = unsafe { zeroed() };
        let msk = castkey_msk {
            octets: octets(&RAND),
            rand: octets(&RAND),
            seq_low: 0,
            seq_high: 255,
            counter: 0,
            has_counter: 0,
        };
        let mut bend = Bend::draw(&mut self.choices)?;
        let env = self.env(ptr::null());
        let (head, opened, key) = (
            Room::<castkey_message_head>::zeroed(),
            Room::<castkey_msk_opened>::zeroed(),
            Room::<castkey_mtk>::zeroed(),
        );
        let (srtp, files) = (Room::<castkey_srtp_keys>::zeroed(), Room::<castkey_download_keys>::zeroed());
        let watch = Watch::default().on(&head).on(&opened).on(&key).on(&srtp).on(&files).on(&self.number);
        let (at, len, out) = (datagram.as_ptr(), datagram.len(), self.out.at());
        let (env, settings, muk) = (&raw const env, &raw const settings, &raw const muk);
        let number = self.number.at();
        // SAFETY: memory that is as long as it is said to be.
        let status = unsafe {
            match which {
                0 => {
                    let (env, settings) = (bend.read(env), bend.read(settings));
                    let (address, muk) = (bend.read(&raw const address), bend.read(muk));
                    let msk = if choice & 2 == 0 { RAND.as_ptr() } else { ptr::null() };
                    let (to, cap) = (bend.at(out).cast(), bend.size(OUT));
                    castkey_msk_seal(
                        env,
                        settings,
                        address,
                        muk,
                        msk,
                        0,
                        255,
                        to,
                        cap,
                        bend.output(number, out).cast(),
                    )
                }
                1 => {
                    let (env, settings, muk) = (bend.read(env), bend.read(settings), bend.read(muk));
                    let last = if choice & 4 == 0 { ptr::null() } else { &raw const last };
                    castkey_msk_open(env, settings, at, bend.size(len), muk, last, bend.at(opened.at()))
                }
                2 => castkey_msk_peek(bend.read(settings), at, bend.size(len), bend.at(head.at())),
                3 => {
                    let (env, settings, muk) = (bend.read(env), bend.read(settings), bend.read(muk));
                    let (to, cap) = (bend.at(out).cast(), bend.size(OUT));
                    castkey_verification_seal(
                        env,
                        settings,
                        at,
                        len,
                        muk,
                        to,
                        cap,
                        bend.output(number, out).cast(),
                    )
                }
                4 => {
                    let (env, settings, muk) = (bend.read(env), bend.read(settings), bend.read(muk));
                    castkey_verification_open(env, settings, at, bend.size(len), muk, at, len)
                }
                5 => {
                    let (env, settings, address) =
                        (bend.read(env), bend.read(settings), bend.read(&raw const of_mtk));
                    let (mtk, msk) = (bend.read(&raw const mtk), bend.read(RAND.as_ptr()));
                    let (to, cap) = (bend.at(out).cast(), bend.size(OUT));
                    let number = bend.output(number, out).cast();
                    castkey_mtk_seal(env, settings, address, mtk, msk, RAND.as_ptr(), 16, to, cap, number)
                }
                6 => {
                    castkey_mtk_peek(bend.read(settings), at, bend.size(len), ptr::null(), bend.at(head.at()))
                }
                7 => {
                    let (env, settings, msk) =
                        (bend.read(env), bend.read(settings), bend.read(&raw const msk));
                    castkey_mtk_open(env, settings, at, bend.size(len), ptr::null(), msk, bend.at(key.at()))
                }
                8 => {
                    let (env, mtk) = (bend.read(env), bend.read(RAND.as_ptr()));
                    castkey_srtp_session_keys(env, mtk, bend.read(RAND.as_ptr()), bend.at(srtp.at()))
                }
                9 => {
                    let (env, mtk) = (bend.read(env), bend.read(RAND.as_ptr()));
                    castkey_download_session_keys(env, mtk, at, bend.size(len), bend.at(files.at()))
                }
                10 => {
                    let (to, cap) = (bend.at(out).cast(), bend.size(OUT));
                    castkey_naf_id(at, bend.size(len), last, to, cap, bend.output(number, out).cast())
                }
                _ => castkey_name_to_mki(bend.read(&raw const address.name), bend.at(out).cast()),
            }
        };
        if self.judge(status, &bend, &watch) && matches!(which, 0 | 3 | 5) {
            let len = self.count();
            self.keep(0, u32::try_from(len).expect("a datagram is short"));
        }
        Some(())
    }
}
