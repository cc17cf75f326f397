//! The MUK of one user in one variant, with the names and the counter that go with it.

use core::fmt;
use core::mem;

use subtle::ConstantTimeEq as _;

use crate::id::Counter;
use crate::ims::facts::Variant;
use crate::ims::{BTid, ImsError, NafFqdn, UeAddress};
use crate::keys::{Muk, MukId, NafId};
use crate::role::User;
use crate::time::Tick;

/// Longest NAF-Id, octets.
const MAX_NAF_ID_LEN: usize = NafFqdn::MAX_LEN + 5;

/// The MUK of a user, as GBA usage or H5 brings it.
#[derive(Debug)]
pub struct NafKey {
    /// The bootstrapping run it comes from: IDr of MSK messages.
    pub btid: BTid,
    /// The NAF it was made for: that of the UPF in the HTTP variant, of the SCF in the SIP variant.
    pub naf: NafFqdn,
    /// The MUK.
    pub muk: Muk,
    /// Where the terminal takes MIKEY datagrams.
    pub address: UeAddress,
    /// When the key's lifetime ends.
    pub expires: Tick,
}

/// A MUK under its MIKEY identities.
pub(super) struct NamedMuk {
    /// FQDN and Ua security protocol identifier: IDi.
    naf_id: heapless::Vec<u8, MAX_NAF_ID_LEN>,
    btid: BTid,
    muk: Muk,
    /// The counter of the last message sent under it.
    counter: Option<Counter>,
}

impl NamedMuk {
    fn new(naf: &NafFqdn, btid: BTid, muk: Muk, variant: Variant) -> Result<Self, ImsError> {
        let ua = match variant {
            Variant::Http => NafId::UA_IMS_MBMS_HTTP,
            Variant::Sip => NafId::UA_IMS_MBMS_SIP,
        };
        let mut octets = [0; MAX_NAF_ID_LEN];
        let joined = NafId::join(naf.as_str(), ua, &mut octets).map_err(|_| ImsError::TooLong)?;
        let naf_id = heapless::Vec::from_slice(joined.octets()).map_err(|_| ImsError::TooLong)?;
        Ok(Self { naf_id, btid, muk, counter: None })
    }

    fn is(&self, other: &Self) -> bool {
        self.naf_id == other.naf_id && self.btid == other.btid && bool::from(self.muk.ct_eq(&other.muk))
    }

    pub(super) fn user(&self) -> User<'_, Muk> {
        let id = MukId { idi: &self.naf_id, idr: self.btid.as_str().as_bytes() };
        User { id, muk: &self.muk, counter: self.counter }
    }
}

impl fmt::Debug for NamedMuk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.user().fmt(f)
    }
}

/// The MUK in use, and for a while the one before it.
#[derive(Debug)]
pub(super) struct Held {
    current: NamedMuk,
    previous: Option<(NamedMuk, Tick)>,
    pub(super) address: UeAddress,
    pub(super) expires: Tick,
}

/// A key that is ready to be taken over, so that taking it over cannot fail.
pub(super) struct Fresh {
    named: NamedMuk,
    address: UeAddress,
    expires: Tick,
}

impl Fresh {
    pub(super) fn new(key: NafKey, variant: Variant) -> Result<Self, ImsError> {
        let NafKey { btid, naf, muk, address, expires } = key;
        Ok(Self { named: NamedMuk::new(&naf, btid, muk, variant)?, address, expires })
    }

    /// Whether `held` is this very key.
    pub(super) fn is_held(&self, held: Option<&Held>) -> bool {
        held.is_some_and(|held| held.current.is(&self.named))
    }
}

impl Held {
    /// Takes `fresh` over. Another key displaces the current one, which then only serves to verify acknowledgements,
    /// until `keep`; the same key again only brings its address and lifetime.
    pub(super) fn take_over(slot: &mut Option<Self>, fresh: Fresh, now: Tick, keep: Tick) {
        let Fresh { named, address, expires } = fresh;
        let Some(held) = slot else {
            *slot = Some(Self { current: named, previous: None, address, expires });
            return;
        };
        (held.address, held.expires) = (address, expires);
        if held.current.is(&named) {
            return;
        }
        // A key that comes back must go on counting: its counters are spent.
        let counter = held.previous_at(now).filter(|previous| previous.is(&named)).and_then(|k| k.counter);
        let displaced = mem::replace(&mut held.current, NamedMuk { counter, ..named });
        held.previous = Some((displaced, keep));
    }

    pub(super) fn user(&self) -> User<'_, Muk> {
        self.current.user()
    }

    /// The key before this one, while acknowledgements under it count.
    pub(super) fn previous_at(&self, now: Tick) -> Option<&NamedMuk> {
        self.previous.as_ref().filter(|(_, until)| now < *until).map(|(named, _)| named)
    }

    pub(super) const fn save_counter(&mut self, counter: Counter) {
        self.current.counter = Some(counter);
    }

    pub(super) fn forget_previous(&mut self, now: Tick) {
        self.previous.take_if(|(_, until)| now >= *until);
    }

    pub(super) fn deadline(&self) -> Option<Tick> {
        self.previous.as_ref().map(|(_, until)| *until)
    }
}
