//! A row of the server's table of users: his leg of the session, his MUK, his dialog.

use castkey::id::{Counter, MskName};
use castkey::keys::{Muk, MukId};
use castkey::poc::Leg;
use castkey::role::User;
use castkey::time::Tick;

use crate::client::idr;
use crate::sdp::{Keys, Lines};
use crate::setting::NAF;
use crate::sip::DialogId;

pub(crate) struct Row {
    pub(crate) name: String,
    idr: String,
    muk: Muk,
    pub(super) counter: Option<Counter>,
    pub(crate) leg: Leg,
    pub(super) dialog: Option<DialogId>,
    /// Version of the last session description sent.
    pub(super) version: u64,
    /// An offer that waits for the dialog to be free.
    pub(super) offer: Option<Keys>,
    /// Whether the offer that is out has a line for the MSK in use, and one for that to come.
    pub(super) offered: (bool, bool),
    pub(super) deliver_at: Option<Tick>,
    /// Thrown out for good.
    pub(super) expelled: bool,
    /// When he joined, was keyed, or went.
    pub(super) changed: Option<Tick>,
    /// The MSK he was last keyed with.
    pub(super) keyed: Option<MskName>,
    /// What the server last knew of his keys, in words.
    pub(crate) standing: &'static str,
}

impl Row {
    pub(super) fn new(name: &str, muk: Muk) -> Self {
        Self {
            name: name.to_owned(),
            idr: idr(name),
            muk,
            counter: None,
            leg: Leg::OUTSIDE,
            dialog: None,
            version: 0,
            offer: None,
            offered: (false, false),
            deliver_at: None,
            expelled: false,
            changed: None,
            keyed: None,
            standing: "outside",
        }
    }

    pub(super) fn label(&self) -> String {
        self.name.to_uppercase()
    }

    pub(super) fn uri(&self) -> String {
        format!("sip:{}@home1.net", self.name)
    }

    pub(super) fn user(&self) -> User<'_, Muk> {
        let id = MukId { idi: NAF.as_bytes(), idr: self.idr.as_bytes() };
        User { id, muk: &self.muk, counter: self.counter }
    }

    /// The verification messages of an answer stand where the MSK messages stood.
    pub(super) fn confirmations(&self, lines: &Lines) -> Keys {
        lines.keys(self.offered == (true, false))
    }
}
