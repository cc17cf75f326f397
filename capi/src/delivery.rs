//! A user's row, and how far the delivery of an MSK to him is.

#![allow(unsafe_code, reason = "marks types")]

use castkey::id::Counter;
use castkey::role::Delivery;
use castkey::time::Tick;

use crate::bytes::Plain;
use crate::muk::{castkey_muk, castkey_muk_id};
use crate::name::castkey_name;
use crate::settings::octet;
use crate::status::Status;

/// Nothing was sent.
pub const CASTKEY_DELIVERY_IDLE: u32 = 0;
/// Sent, not acknowledged yet.
pub const CASTKEY_DELIVERY_WAITING: u32 = 1;
/// Acknowledged, or sent without asking for it.
pub const CASTKEY_DELIVERY_DELIVERED: u32 = 2;
/// Never acknowledged.
pub const CASTKEY_DELIVERY_FAILED: u32 = 3;

/// A user as his row knows him. One row serves all Key Groups that use the same MUK.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_user {
    /// The identities of the MUK.
    pub muk_id: castkey_muk_id,
    /// The MUK.
    pub muk: castkey_muk,
    /// The counter of the last message sent under this MUK, if `has_counter`.
    pub counter: u32,
    /// Flag: a message was sent under this MUK.
    pub has_counter: u32,
}

/// How far the delivery of an MSK to a user is: a value that the caller keeps with the user's row. All zero is the start.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_delivery {
    /// CASTKEY_DELIVERY_*.
    pub kind: u32,
    /// The MSK.
    pub name: castkey_name,
    /// 0.
    pub reserved: u16,
    /// While waiting: the counter of the message.
    pub counter: u32,
    /// While waiting: messages sent, at most 255.
    pub attempt: u32,
    /// While waiting: when to tell CASTKEY_BM_SC_RETRY, milliseconds.
    pub due: u64,
}

// SAFETY: integers.
unsafe impl Plain for castkey_delivery {}
#[cfg(feature = "poc")]
// SAFETY: integers and pointers.
unsafe impl Plain for castkey_user {}

impl castkey_delivery {
    pub(crate) const IDLE: Self = Self {
        kind: CASTKEY_DELIVERY_IDLE,
        name: castkey_name::NONE,
        reserved: 0,
        counter: 0,
        attempt: 0,
        due: 0,
    };

    pub(crate) fn delivery(&self) -> Result<Delivery, Status> {
        let name = self.name.msk();
        Ok(match self.kind {
            CASTKEY_DELIVERY_IDLE => Delivery::Idle,
            CASTKEY_DELIVERY_WAITING => Delivery::Waiting {
                name,
                counter: Counter(self.counter),
                attempt: octet(self.attempt)?,
                due: Tick::from_millis(self.due),
            },
            CASTKEY_DELIVERY_DELIVERED => Delivery::Delivered(name),
            CASTKEY_DELIVERY_FAILED => Delivery::Failed(name),
            _ => return Err(Status::BAD_ENUM),
        })
    }

    pub(crate) fn of(delivery: Delivery) -> Self {
        let named = |kind, name| Self { kind, name: castkey_name::of_msk(name), ..Self::IDLE };
        match delivery {
            Delivery::Waiting { name, counter, attempt, due } => Self {
                counter: counter.0,
                attempt: attempt.into(),
                due: due.as_millis(),
                ..named(CASTKEY_DELIVERY_WAITING, name)
            },
            Delivery::Delivered(name) => named(CASTKEY_DELIVERY_DELIVERED, name),
            Delivery::Failed(name) => named(CASTKEY_DELIVERY_FAILED, name),
            _ => Self::IDLE,
        }
    }
}
