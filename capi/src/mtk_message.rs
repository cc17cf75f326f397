//! MTK messages as plain functions, for programs that keep their keys themselves.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::id::{Counter, CsbId, KeyDomainId, MtkId};
use castkey::keys::{Msk, MskRand, Mtk, MtkSalt, MtkWindow, PreSharedKey, Protection};
use castkey::message::{MtkAddress, MtkMessage, carried_csb, seal_mtk};
use castkey::secret::Secret;

use crate::bytes::{Plain, Promise, Slot};
use crate::env::{Call, castkey_env};
use crate::key::{CASTKEY_MSK_LEN, castkey_mtk};
use crate::message::castkey_message_head;
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::settings::{castkey_settings, flag, suite};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Everything in an MTK message but the key (TS 33.246, 6.4.3 and 6.4.5.2).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mtk_address {
    /// The MTK, with the MSK that protects the message.
    pub name: castkey_name,
    /// The counter: newer than that of every message under this MSK before.
    pub counter: u32,
    /// CSB ID; MBMS sends 0.
    pub csb: u32,
    /// The suite: CASTKEY_SUITE_*.
    pub suite: u32,
}

/// An MSK with what is kept beside it, to open MTK messages under it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_msk {
    /// The 16 octets of the key.
    pub octets: castkey_octets,
    /// The RAND of the MSK message that delivered it, 16 to 32 octets.
    pub rand: castkey_octets,
    /// SEQl; once an MTK was accepted, its MTK ID.
    pub seq_low: u16,
    /// SEQu.
    pub seq_high: u16,
    /// The counter of the last MTK message accepted, if `has_counter`.
    pub counter: u32,
    /// Flag: an MTK message was accepted.
    pub has_counter: u32,
}

// SAFETY: integers.
unsafe impl Plain for castkey_mtk_address {}
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_msk {}

/// Builds an MTK message that delivers `mtk` under the 16 octets of the MSK at `msk`, whose RAND has `rand_len` octets, 16 to 32
/// (TS 33.246, 6.4.5.2).
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MESSAGE_MAX are always enough; it is working space, and after an error
/// its octets mean nothing and hold no key. `*len` becomes the length of the message.
///
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_BAD_ENUM: a setting, the suite or the flag of the salt is not defined.
/// - CASTKEY_ERR_LENGTH: RAND is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 2,560 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mtk_seal(
    env: *const castkey_env, settings: *const castkey_settings, address: *const castkey_mtk_address,
    mtk: *const castkey_mtk, msk: *const u8, rand: *const u8, rand_len: usize, out: *mut u8, out_cap: usize,
    len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::read(msk, CASTKEY_MSK_LEN), Span::read(rand, rand_len));
        let (a, b) = (Span::read(address, 1), Span::read(mtk, 1));
        apart(&[inputs.0, inputs.1, a, b, Span::write(out, out_cap), Span::write(len, 1)])?;
        let (call, told) = (Call::read(&promise, env)?, promise.read(address)?);
        let (len, settings) = (promise.place(len)?, crate::message::settings(&promise, settings)?);
        let slot = Slot::of(&call);
        let msk = Msk::with(Secret::new(*promise.array(msk)?), slot.engine());
        let rand = MskRand::new(promise.octets(rand, rand_len)?).ok_or(Status::LENGTH)?;
        let address = MtkAddress {
            msk: told.name.msk(),
            mtk: told.name.mki().mtk,
            counter: Counter(told.counter),
            csb: CsbId(told.csb),
            algorithms: suite(told.suite)?,
        };
        let csb = carried_csb(address.msk, address.csb, &settings);
        let keys = msk.keys(&Protection { algorithms: address.algorithms, csb, rand: rand.octets() })?;
        let held = promise.slice(mtk, 1)?.first().ok_or(Status::NULL)?;
        let salt = flag(held.has_salt.into())?.then(|| MtkSalt::new(Secret::new(held.salt)));
        let (mtk, out) = (Mtk::new(Secret::new(held.key)), promise.room(out, out_cap)?);
        len.set(seal_mtk(&address, &mtk, salt.as_ref(), &keys, &settings, out)?.len());
        Ok(())
    })())
}

/// Reads what stands in the MTK message in the `octets_len` octets at `octets`, to find its MSK (TS 33.246, 6.4.3 and
/// 6.4.5.2). Nothing of it is authentic. `domain`, 3 octets, is the Key Domain of the channel, which only the draft profile
/// needs; NULL else.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: this is no such message.
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mtk_peek(
    settings: *const castkey_settings, octets: *const u8, octets_len: usize, domain: *const u8,
    head: *mut castkey_message_head,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let inputs = (Span::read(octets, octets_len), Span::read(domain, 3));
        apart(&[Span::read(settings, 1), inputs.0, inputs.1, Span::write(head, 1)])?;
        let (settings, head) = (crate::message::settings(&promise, settings)?, promise.place(head)?);
        let domain = promise.optional_array(domain)?.map(|domain| KeyDomainId::new(*domain));
        let message = MtkMessage::decode(promise.octets(octets, octets_len)?, domain, &settings)?;
        let name = castkey_name { mtk: message.mtk().0, ..castkey_name::of_msk(message.msk()) };
        let counter = message.counter().0;
        head.set(castkey_message_head {
            name,
            counter,
            idi_offset: 0,
            idi_len: 0,
            idr_offset: 0,
            idr_len: 0,
            v: 0,
        });
        Ok(())
    })())
}

/// Opens the MTK message in the `octets_len` octets at `octets` under `msk` (TS 33.246, 6.5.4): counter, MTK ID, MAC, content. It
/// changes nothing: the caller stores the counter, and the MTK ID as the new `seq_low` of the MSK. `domain` is that of
/// castkey_mtk_peek().
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: this is no such message.
/// - CASTKEY_ERR_REPLAY, CASTKEY_ERR_KEY_NOT_FRESH: counter or MTK ID are not newer, or the interval is over.
/// - CASTKEY_ERR_MAC_INVALID, CASTKEY_ERR_BAD_CONTENT: the message is refused.
/// - CASTKEY_ERR_BAD_ENUM: a setting or a flag is not defined.
/// - CASTKEY_ERR_LENGTH: the MSK, RAND or another length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 2,560 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mtk_open(
    env: *const castkey_env, settings: *const castkey_settings, octets: *const u8, octets_len: usize,
    domain: *const u8, msk: *const castkey_msk, mtk: *mut castkey_mtk,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, told) = (Call::read(&promise, env)?, promise.read(msk)?);
        let (a, b, c) = (Span::read(octets, octets_len), told.octets.span(), told.rand.span());
        apart(&[a, b, c, Span::read(msk, 1), Span::read(domain, 3), Span::write(mtk, 1)])?;
        let (place, settings) = (promise.place(mtk)?, crate::message::settings(&promise, settings)?);
        let slot = Slot::of(&call);
        let octets = promise.octets(octets, octets_len)?;
        let domain = promise.optional_array(domain)?.map(|domain| KeyDomainId::new(*domain));
        let message = MtkMessage::decode(octets, domain, &settings)?;
        let key = told.octets.read(&promise)?.try_into().map_err(|_| Status::LENGTH)?;
        let rand = MskRand::new(told.rand.read(&promise)?).ok_or(Status::LENGTH)?;
        let csb = message.psk().hdr().csb_id;
        let protection = Protection { algorithms: message.algorithms(), csb, rand: rand.octets() };
        let keys = Msk::with(Secret::new(key), slot.engine()).keys(&protection)?;
        let last = flag(told.has_counter)?.then_some(Counter(told.counter));
        let window = MtkWindow::new(MtkId(told.seq_low), MtkId(told.seq_high), settings.seq_lower);
        let opened = message.open(&keys, last, window, &settings)?;
        place.fill(|place| place.hold(&opened.mtk, opened.salt.as_ref()));
        Ok(())
    })())
}
