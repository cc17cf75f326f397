//! State machines: events in, actions out.
//!
//! A role has one method that changes its state, `handle`. It either succeeds, or refuses the event with a typed error
//! and changes nothing. All actions of an event come back at once; octets to send or to store lie in the buffer the
//! caller gave. The caller carries the actions out in order: [`UeAction::Persist`] stands before whatever depends on it.
//!
//! There is no clock: every call says what time it is, `deadline()` says when the role wants to be called again, and a
//! `Timeout` that comes too early, too late or twice does no harm. There is no hidden randomness: only the
//! [`BmSc`] makes keys, and it takes the generator as an argument.
//!
//! | role | is | state |
//! |---|---|---|
//! | [`Ue`] | the terminal | MUKs, two MSKs a Key Group, their newest MTKs |
//! | [`BmSc`] | the Broadcast Multicast Service Centre | two MSKs a Key Group; of a user nothing: his row comes with the event |
//! | [`Switchover`] | the move from one MSK to the next | which MSK is in use and which may come; both roles share it |

mod actions;
mod bm_sc;
pub(crate) mod sender;
pub(crate) mod switch_core;
mod switchover;
mod ue;

pub use actions::{Actions, IntoIter, MAX_ACTIONS};
pub use bm_sc::{BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Resend, User};
pub use switchover::{SwitchAction, SwitchEvent, SwitchTiming, Switchover};
pub use ue::{BackOff, Cause, HeldMsks, State, Ue, UeAction, UeConfig, UeEvent};
