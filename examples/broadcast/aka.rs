//! Where the keys start: an AKA run for each subscriber, bootstrapped to a MUK (TS 33.220 §4.5, TS 33.246 §6.1).
//!
//! ```text
//! K, OP, RAND --Milenage--> CK, IK --> Ks --"gba-me"--> Ks_NAF = MUK
//!                    RAND --base64--> B-TID
//! ```

use base64ct::{Base64, Encoding};
use castkey::keys::{DigestPassword, Ks, KsNaf, Mrk, Muk, MukId, MukOctets, NafId};
use castkey::secret::Secret;
use castkey::settings::Settings;
use milenage::Milenage;

use crate::Outcome;

const BM_SC: &str = "bmsc.mnc001.mcc001.pub.3gppnetwork.org";
const BSF: &str = "bsf.mnc001.mcc001.pub.3gppnetwork.org";

/// Test set 1 of TS 35.207 and TS 35.208.
const K: &str = "465b5ce8b199b49faa5f0a2ee238a6bc";
const RAND: &str = "23553cbe9637a89d218ae64dae47bf35";
const OP: &str = "cdc202d5123e20f62b6d676ac72cb318";
const CK: &str = "b40ba9a3c58b2a05bbf0d987b21bf8cb";
const IK: &str = "f769bcd751044604127672711c6d3441";
const RES: &str = "a54211d5e3ba50bf";

fn octets<const N: usize>(digits: &str) -> Outcome<[u8; N]> {
    let mut octets = [0; N];
    hex::decode_to_slice(digits, &mut octets)?;
    Ok(octets)
}

/// Runs the published test set, so that nothing else starts on a wrong Milenage.
pub(crate) fn check_test_set() -> Outcome<()> {
    let (res, ck, ik, _) = Milenage::new_with_op(octets(K)?, octets(OP)?).f2345(&octets(RAND)?);
    let expected = (octets(RES)?, octets(CK)?, octets(IK)?);
    if (res, ck, ik) == expected { Ok(()) } else { Err("Milenage fails test set 1 of TS 35.208".into()) }
}

/// What both ends know of a subscriber after the bootstrapping run.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    number: u32,
    naf: Vec<u8>,
    btid: String,
}

impl Subscriber {
    /// The subscriber with this number; 0 has the K and RAND of the test set, the others change its last 4 octets.
    pub(crate) fn new(number: u32) -> Outcome<Self> {
        let mut naf = [0; 64];
        let naf = NafId::join(BM_SC, NafId::UA_MBMS, &mut naf)?.octets().to_vec();
        let mut text = [0; 24];
        let rand = Base64::encode(&varied(RAND, number)?, &mut text).map_err(|e| e.to_string())?;
        let btid = format!("{rand}@{BSF}");
        Ok(Self { number, naf, btid })
    }

    /// The name of the MUK in MSK messages.
    pub(crate) fn id(&self) -> MukId<'_> {
        MukId { idi: &self.naf, idr: self.btid.as_bytes() }
    }

    pub(crate) fn btid(&self) -> &[u8] {
        self.btid.as_bytes()
    }

    /// The MUK, the key of MSK messages.
    pub(crate) fn muk(&self) -> Outcome<Muk> {
        Ok(Muk::from_gba_me(&self.ks_naf()?, MukOctets::All))
    }

    /// The password of HTTP Digest, made of the MRK: the key of MSK requests.
    pub(crate) fn password(&self) -> Outcome<DigestPassword> {
        let Settings { mrk, digest_password, .. } = Settings::DEFAULT;
        Ok(Mrk::from_gba_me(&self.ks_naf()?, mrk)?.digest_password(digest_password))
    }

    /// Runs AKA and derives Ks_NAF. The terminal and the BM-SC each do it: they share K and RAND, not the key. (In a
    /// network the home subscriber server holds K, the BSF Ks, and the BM-SC gets Ks_NAF only.)
    fn ks_naf(&self) -> Outcome<KsNaf> {
        let rand = varied(RAND, self.number)?;
        let (_, ck, ik, _) = Milenage::new_with_op(varied(K, self.number)?, octets(OP)?).f2345(&rand);
        let ks = Ks::from_aka(&Secret::new(ck), &Secret::new(ik));
        let impi = format!("00101{:010}@ims.mnc001.mcc001.3gppnetwork.org", self.number);
        Ok(KsNaf::derive(&ks, &rand, &impi, NafId::new(&self.naf))?)
    }
}

/// The octets of the test set with the last four changed by `number`.
fn varied(digits: &str, number: u32) -> Outcome<[u8; 16]> {
    let value = u128::from_be_bytes(octets(digits)?) ^ u128::from(number);
    Ok(value.to_be_bytes())
}
