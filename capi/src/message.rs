//! MSK messages, solicited pulls and their acknowledgements as plain functions, for programs that keep their keys themselves.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::id::{Counter, CsbId, MtkId};
use castkey::keys::{Msk, MskRand, MukId};
use castkey::message::{
    MskAddress, MskContent, MskMessage, Sent, VerificationMessage, seal_msk, seal_pull, seal_verification,
};
use castkey::secret::Secret;
use castkey::settings::Settings;

use crate::bytes::{Plain, Promise, Slot};
use crate::env::{Call, castkey_env};
use crate::key::CASTKEY_MSK_LEN;
use crate::muk::{Key, castkey_muk, castkey_muk_id};
use crate::name::castkey_name;
use crate::octets::castkey_octets;
use crate::policy::{Security, castkey_security};
use crate::settings::{castkey_settings, flag, suite};
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};
use crate::ue_types::place_of;

/// The message delivers an MSK.
pub const CASTKEY_MSK_KEY: u32 = 1;
/// The message deletes the MSK of its name: SEQl is above SEQu.
pub const CASTKEY_MSK_INVALIDATED: u32 = 2;
/// The message asks for a request for the MSK of its Key Group.
pub const CASTKEY_MSK_PULL: u32 = 3;

/// Longest RAND, octets.
pub const CASTKEY_RAND_MAX: usize = 32;

/// Everything in an MSK message or a solicited pull but the key (TS 33.246, 6.4.2 and 6.4.5.1).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_msk_address {
    /// The MSK; Key Number 0 for a pull.
    pub name: castkey_name,
    /// The counter: newer than that of every message under this MUK before.
    pub counter: u32,
    /// CSB ID; MBMS sends 0.
    pub csb: u32,
    /// RAND, 16 to 32 octets: the same in every message that delivers this MSK.
    pub rand: castkey_octets,
    /// The identities of the MUK.
    pub muk_id: castkey_muk_id,
    /// Flag: the terminal is to acknowledge.
    pub v: u32,
    /// The suite: CASTKEY_SUITE_*.
    pub suite: u32,
    /// Policies and crypto sessions.
    pub security: castkey_security,
    /// The key management protocols that the SDP around this message names; none where no SDP carries it.
    pub sdp_ids: castkey_octets,
}

/// What stands in a message before it is opened: nothing of it is authentic, it serves to find the key.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_message_head {
    /// The MSK or MTK; Key Number 0 marks a pull.
    pub name: castkey_name,
    /// The counter.
    pub counter: u32,
    /// Where IDi begins in the message; MSK messages only.
    pub idi_offset: u32,
    /// Its length; 0 in the draft profile.
    pub idi_len: u32,
    /// Where IDr begins in the message; MSK messages only.
    pub idr_offset: u32,
    /// Its length.
    pub idr_len: u32,
    /// Flag: an acknowledgement is asked for.
    pub v: u32,
}

/// What an authentic MSK message says. Wipe it after use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_msk_opened {
    /// CASTKEY_MSK_KEY, CASTKEY_MSK_INVALIDATED or CASTKEY_MSK_PULL; only the first has what follows.
    pub kind: u32,
    /// The MSK.
    pub msk: [u8; CASTKEY_MSK_LEN],
    /// The RAND that its MTK messages are keyed with.
    pub rand: [u8; CASTKEY_RAND_MAX],
    /// How many octets of it.
    pub rand_len: u32,
    /// SEQl.
    pub seq_low: u16,
    /// SEQu.
    pub seq_high: u16,
}

// SAFETY: integers and pointers.
unsafe impl Plain for castkey_msk_address {}
// SAFETY: integers.
unsafe impl Plain for castkey_message_head {}
// SAFETY: integers.
unsafe impl Plain for castkey_msk_opened {}

impl castkey_msk_address {
    fn spans(&self) -> [Span; 6] {
        let ([idi, idr], [policies, sessions]) = (self.muk_id.spans(), self.security.spans());
        [self.rand.span(), idi, idr, policies, sessions, self.sdp_ids.span()]
    }

    fn address<'c>(
        &self, promise: &'c Promise, security: &'c Security<'c>,
    ) -> Result<MskAddress<'c>, Status> {
        Ok(MskAddress {
            name: self.name.msk(),
            counter: Counter(self.counter),
            csb: CsbId(self.csb),
            rand: MskRand::new(self.rand.read(promise)?).ok_or(Status::LENGTH)?,
            muk_id: self.muk_id.of(promise)?,
            v: flag(self.v)?,
            algorithms: suite(self.suite)?,
            policies: security.policies(),
            sessions: security.sessions(),
            sdp_ids: match self.sdp_ids.read(promise)? {
                [] => None,
                ids => Some(ids),
            },
        })
    }
}

/// A settings argument.
pub(crate) fn settings(promise: &Promise, settings: *const castkey_settings) -> Result<Settings, Status> {
    promise.read(settings)?.settings()
}

/// Builds an MSK message that delivers the 16 octets at `msk` with the MTK IDs from `seq_low` to `seq_high` (TS 33.246, 6.4.5.1),
/// or with `msk` NULL a solicited pull. Never protect two messages by one MUK with the same counter: their key stream would be the
/// same.
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MESSAGE_MAX are always enough; it is working space, and after an error
/// its octets mean nothing and hold no key. `*len` becomes the length of the message.
///
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_FIELD_TOO_LONG: a field does not fit its length prefix.
/// - CASTKEY_ERR_INCONSISTENT: Key Number 0 with a key or another one without, `seq_low` above `seq_high`, or policies and sessions
///   that contradict each other.
/// - CASTKEY_ERR_TRUNCATED: the parameters of a policy are not whole.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_BAD_ENUM: a setting, a kind, a flag, a number or a count is not defined or over its limit.
/// - CASTKEY_ERR_LENGTH: the MUK, its handle, RAND or another length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 4,096 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_msk_seal(
    env: *const castkey_env, settings: *const castkey_settings, address: *const castkey_msk_address,
    muk: *const castkey_muk, msk: *const u8, seq_low: u16, seq_high: u16, out: *mut u8, out_cap: usize,
    len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, address, muk) = (Call::read(&promise, env)?, promise.read(address)?, promise.read(muk)?);
        let [a, b, c, d, e, f] = address.spans();
        let (g, h) = (muk.octets.span(), Span::read(msk, CASTKEY_MSK_LEN));
        let outputs = (Span::write(out, out_cap), Span::write(len, 1));
        apart(&[a, b, c, d, e, f, g, h, outputs.0, outputs.1])?;
        let (len, settings) = (promise.place(len)?, self::settings(&promise, settings)?);
        let (slot, security) = (Slot::of(&call), address.security.read(&promise)?);
        let muk = Key::of(&promise, muk, slot.engine())?;
        let (address, out) = (address.address(&promise, &security)?, promise.room(out, out_cap)?);
        let sealed = match promise.optional_array(msk)? {
            None => seal_pull(&address, &muk, &settings, out)?,
            Some(msk) => {
                let msk = Msk::with(Secret::new(*msk), slot.engine());
                seal_msk(&address, &msk, MtkId(seq_low), MtkId(seq_high), &muk, &settings, out)?
            }
        };
        len.set(sealed.len());
        Ok(())
    })())
}

/// Reads what stands in the MSK message or solicited pull in the `octets_len` octets at `octets`, to find its MUK (TS 33.246,
/// 6.4.2 and 6.4.5.1). Nothing of it is authentic.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: this is no such message.
/// - CASTKEY_ERR_BAD_ENUM: a setting has a value that is not defined.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 1,024 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_msk_peek(
    settings: *const castkey_settings, octets: *const u8, octets_len: usize, head: *mut castkey_message_head,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::read(settings, 1), Span::read(octets, octets_len), Span::write(head, 1)])?;
        let (settings, head) = (self::settings(&promise, settings)?, promise.place(head)?);
        let message = MskMessage::decode(promise.octets(octets, octets_len)?, &settings)?;
        let MukId { idi, idr } = message.muk_id();
        let place = |of: &[u8]| if of.is_empty() { (0, 0) } else { place_of(of, octets.addr()) };
        let ((idi_offset, idi_len), (idr_offset, idr_len)) = (place(idi), place(idr));
        let (name, counter) = (castkey_name::of_msk(message.name()), message.counter().0);
        let v = message.v().into();
        head.set(castkey_message_head { name, counter, idi_offset, idi_len, idr_offset, idr_len, v });
        Ok(())
    })())
}

/// Opens the MSK message or solicited pull in the `octets_len` octets at `octets` (TS 33.246, 6.5.3): counter, MAC, content. It
/// changes nothing: the caller stores counter, key and RAND.
///
/// `last_counter` points to the counter of the last message accepted under this MUK, NULL before the first.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: this is no such message.
/// - CASTKEY_ERR_REPLAY: the counter is not newer.
/// - CASTKEY_ERR_MAC_INVALID, CASTKEY_ERR_BAD_CONTENT, CASTKEY_ERR_INVALID_INTERVAL: the message is refused.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_BAD_ENUM: a setting or a kind is not defined.
/// - CASTKEY_ERR_LENGTH: the MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,584 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_msk_open(
    env: *const castkey_env, settings: *const castkey_settings, octets: *const u8, octets_len: usize,
    muk: *const castkey_muk, last_counter: *const u32, opened: *mut castkey_msk_opened,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, muk) = (Call::read(&promise, env)?, promise.read(muk)?);
        let inputs = (Span::read(octets, octets_len), muk.octets.span());
        apart(&[inputs.0, inputs.1, Span::read(last_counter, 1), Span::write(opened, 1)])?;
        let (place, settings) = (promise.place(opened)?, self::settings(&promise, settings)?);
        let last = if last_counter.is_null() { None } else { Some(Counter(promise.read(last_counter)?)) };
        let slot = Slot::of(&call);
        let muk = Key::of(&promise, muk, slot.engine())?;
        let message = MskMessage::decode(promise.octets(octets, octets_len)?, &settings)?;
        let opened = message.open(&muk, last, None, &settings)?;
        place.fill(|place| place.hold(&opened.content));
        Ok(())
    })())
}

impl castkey_msk_opened {
    fn hold(&mut self, content: &MskContent) {
        self.kind = match content {
            MskContent::Key { .. } => CASTKEY_MSK_KEY,
            MskContent::Pull => CASTKEY_MSK_PULL,
            _ => CASTKEY_MSK_INVALIDATED,
        };
        let MskContent::Key { msk, rand, seq_low, seq_high } = content else { return };
        self.msk = *msk.expose();
        for (to, from) in self.rand.iter_mut().zip(rand.iter().flat_map(MskRand::octets)) {
            *to = *from;
        }
        self.rand_len = rand.as_ref().and_then(|rand| u32::try_from(rand.octets().len()).ok()).unwrap_or(0);
        (self.seq_low, self.seq_high) = (seq_low.0, seq_high.0);
    }
}

/// Builds the verification message that acknowledges the MSK message in the `octets_len` octets at `octets`, which castkey_msk_open()
/// has opened with the same MUK (RFC 3830, 5.2; TS 33.246, 6.4.5.1).
///
/// `out` has room for `out_cap` octets, of which CASTKEY_MESSAGE_MAX are always enough; it is working space. `*len` becomes the
/// length of the message.
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: what is to be acknowledged is no MSK message.
/// - CASTKEY_ERR_BUFFER_TOO_SMALL: `out_cap` is too small.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_BAD_ENUM: a setting or a kind is not defined.
/// - CASTKEY_ERR_LENGTH: the MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_verification_seal(
    env: *const castkey_env, settings: *const castkey_settings, octets: *const u8, octets_len: usize,
    muk: *const castkey_muk, out: *mut u8, out_cap: usize, len: *mut usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, muk) = (Call::read(&promise, env)?, promise.read(muk)?);
        let inputs = (Span::read(octets, octets_len), muk.octets.span());
        apart(&[inputs.0, inputs.1, Span::write(out, out_cap), Span::write(len, 1)])?;
        let (len, settings) = (promise.place(len)?, self::settings(&promise, settings)?);
        let slot = Slot::of(&call);
        let muk = Key::of(&promise, muk, slot.engine())?;
        let message = MskMessage::decode(promise.octets(octets, octets_len)?, &settings)?;
        let keys = message.psk().keys(&muk, None)?;
        len.set(seal_verification(message.psk(), &keys, &settings, promise.room(out, out_cap)?)?.len());
        Ok(())
    })())
}

/// Verifies that the `answer_len` octets at `answer` acknowledge the MSK message in the `sent_len` octets at `sent` (RFC 3830, 5.2).
///
/// - CASTKEY_ERR_TRUNCATED to CASTKEY_ERR_BAD_EXTENSION: these are no such messages.
/// - CASTKEY_ERR_REPLAY: it answers another message.
/// - CASTKEY_ERR_MAC_INVALID: it is not authentic.
/// - CASTKEY_ERR_KEY_UNAVAILABLE: the holder of the MUK does not answer, or there is none.
/// - CASTKEY_ERR_BAD_ENUM: a setting or a kind is not defined.
/// - CASTKEY_ERR_LENGTH: the MUK, its handle or another length is out of range.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_PRIMITIVES: of the arguments.
///
/// Stack: 3,072 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_verification_open(
    env: *const castkey_env, settings: *const castkey_settings, sent: *const u8, sent_len: usize,
    muk: *const castkey_muk, answer: *const u8, answer_len: usize,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (call, muk) = (Call::read(&promise, env)?, promise.read(muk)?);
        let (slot, settings) = (Slot::of(&call), self::settings(&promise, settings)?);
        let muk = Key::of(&promise, muk, slot.engine())?;
        let sent = MskMessage::decode(promise.octets(sent, sent_len)?, &settings)?;
        let answer = VerificationMessage::decode(promise.octets(answer, answer_len)?)?;
        answer.verify(&Sent::of(sent.psk()), &sent.psk().keys(&muk, None)?)?;
        Ok(())
    })())
}
