//! What every sender of media keys does: makes MSKs and MTKs, and writes MTK messages (TS 33.246 §6.3.3).

use rand_core::TryCryptoRng;

use crate::crypto::Primitives;
use crate::error::{EncodeError, Error};
use crate::id::{Counter, CsbId, Mki, MskName, MtkId};
use crate::keys::{Algorithms, KeyedMsk, Msk, MskEntry, MskRand, Mtk, MtkSalt, MtkWindow};
use crate::message::{MtkAddress, carried_csb, seal_mtk};
use crate::settings::Settings;

/// An MTK with its salt and name.
pub(crate) struct Traffic {
    pub(crate) mki: Mki,
    pub(crate) mtk: Mtk,
    pub(crate) salt: Option<MtkSalt>,
}

impl Traffic {
    /// A second copy.
    #[cfg(feature = "poc")]
    pub(crate) fn duplicate(&self) -> Self {
        Self { mki: self.mki, mtk: self.mtk.duplicate(), salt: self.salt.as_ref().map(MtkSalt::duplicate) }
    }
}

/// How keys are made and messages written.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) algorithms: Algorithms,
    pub(crate) seq_low: MtkId,
    pub(crate) seq_high: MtkId,
    /// Whether MTKs carry an SRTP salt.
    pub(crate) salt: bool,
}

impl Sender<'_> {
    /// A fresh MSK called `name`; [`EncodeError::Inconsistent`] when its MTK IDs would end before they begin.
    pub(crate) fn fresh_msk<P: Primitives, R: TryCryptoRng + ?Sized>(
        &self, name: MskName, p: P, rng: &mut R,
    ) -> Result<MskEntry<P>, Error> {
        if self.seq_low > self.seq_high {
            return Err(EncodeError::Inconsistent.into());
        }
        let msk = Msk::generate(p, rng)?;
        let rand = MskRand::generate(rng)?;
        let window = MtkWindow::new(self.seq_low, self.seq_high, self.settings.seq_lower);
        Ok(MskEntry::new(name, msk, Some(rand), window))
    }

    /// A fresh MTK under `keyed`, with its MTK message written to `out`. Changes nothing but `keyed`, and that only on
    /// success.
    pub(crate) fn fresh_mtk<'o, P: Primitives, R: TryCryptoRng + ?Sized>(
        &self, keyed: &mut KeyedMsk<P>, rng: &mut R, out: &'o mut [u8],
    ) -> Result<(Traffic, &'o [u8]), Error> {
        let traffic = self.fresh_traffic(&keyed.entry, rng)?;
        let message = self.mtk_message(keyed, &traffic, out)?;
        Ok((traffic, message))
    }

    /// A fresh MTK with the next MTK ID of `entry`, which is not used up before its message is written.
    pub(crate) fn fresh_traffic<P: Primitives, R: TryCryptoRng + ?Sized>(
        &self, entry: &MskEntry<P>, rng: &mut R,
    ) -> Result<Traffic, Error> {
        let id = entry.window().next().ok_or(Error::IntervalExhausted)?;
        let mtk = Mtk::generate(rng)?;
        let salt = if self.salt { Some(MtkSalt::generate(rng)?) } else { None };
        Ok(Traffic { mki: Mki::new(entry.name().id, id), mtk, salt })
    }

    /// An MTK message that delivers `traffic` under `entry`, with a counter of its own.
    pub(crate) fn mtk_message<'o, P: Primitives>(
        &self, keyed: &mut KeyedMsk<P>, traffic: &Traffic, out: &'o mut [u8],
    ) -> Result<&'o [u8], Error> {
        let KeyedMsk { entry, keys } = keyed;
        let counter = entry.counter().map_or(Counter(1), Counter::next);
        let csb = carried_csb(entry.name(), CsbId(0), self.settings);
        let algorithms = self.algorithms;
        let address = MtkAddress { msk: entry.name(), mtk: traffic.mki.mtk, counter, csb, algorithms };
        let message = keys.with(entry, algorithms, csb, |keys| {
            let sealed = seal_mtk(&address, &traffic.mtk, traffic.salt.as_ref(), keys, self.settings, out);
            sealed.map_err(Error::from)
        })?;
        entry.accept(counter, traffic.mki.mtk);
        Ok(message)
    }
}
