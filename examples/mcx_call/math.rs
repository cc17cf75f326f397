//! The mathematics of the library, counted: what was verified, and what was decapsulated.

use core::cell::Cell;
use core::marker::PhantomData;
use std::rc::Rc;

use castkey::mcx::McCrypto;
use castkey::sakke::eccsi::{self, KpakTable, SigningKey};
use castkey::sakke::{
    Decapsulator, EccsiError, EccsiVerify, Encapsulator, Profile, SED_LEN, SIGNATURE_LEN, SakkeDecapsulate,
    SakkeError, Ssv,
};

/// How often each operation ran, for one party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Signatures that were good.
    pub(crate) verified: u64,
    /// Signatures that were not.
    pub(crate) forged: u64,
    pub(crate) decapsulated: u64,
}

impl Tally {
    /// What happened since `before`.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            verified: self.verified - before.verified,
            forged: self.forged - before.forged,
            decapsulated: self.decapsulated - before.decapsulated,
        }
    }
}

pub(crate) type Count = Rc<Cell<Tally>>;

fn count(tally: &Cell<Tally>, f: impl FnOnce(&mut Tally)) {
    let mut now = tally.get();
    f(&mut now);
    tally.set(now);
}

/// What a party runs: the profile is that of the party.
pub(crate) struct Math<P>(PhantomData<P>);

impl<P: Profile + eccsi::Profile> McCrypto for Math<P> {
    type Encapsulate = Encapsulator<P>;
    type Decapsulate = CountedDecapsulator<P>;
    type Sign = SigningKey<P>;
    type Verify = CountedVerifier<P>;
}

/// Decapsulates with one RSK, and counts.
pub(crate) struct CountedDecapsulator<P: Profile> {
    pub(crate) inner: Box<Decapsulator<P>>,
    pub(crate) tally: Count,
}

impl<P: Profile> SakkeDecapsulate for CountedDecapsulator<P> {
    fn decapsulate(&self, sed: &[u8; SED_LEN], identity: &[u8]) -> Result<Ssv, SakkeError> {
        count(&self.tally, |tally| tally.decapsulated += 1);
        self.inner.decapsulate(sed, identity)
    }
}

/// Verifies under one KPAK, and counts.
pub(crate) struct CountedVerifier<P: eccsi::Profile> {
    pub(crate) table: Box<KpakTable<P>>,
    pub(crate) tally: Count,
}

impl<P: eccsi::Profile> EccsiVerify for CountedVerifier<P> {
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), EccsiError> {
        let verdict = self.table.verifier()?.verify(id, message, signature);
        count(&self.tally, |tally| match verdict {
            Ok(()) => tally.verified += 1,
            Err(_) => tally.forged += 1,
        });
        verdict
    }
}
