//! The keys of ECCSI and SAKKE, and what is made ready from them.

use castkey::sakke::eccsi::{Kpak, Ksak, Pvt, SigningKey, Ssk};
use castkey::sakke::field::{ModP, Narrow, Residue, Wide};
use castkey::sakke::{Decapsulator, Device, Encapsulator, KmsMasterSecret, Server, Ssv};
use castkey::secret::Secret;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{S, check, check_derived};

const ID: &[u8] = b"sip:alice@example.org";

#[test]
fn the_keys_of_eccsi_are_not_shown() {
    let ksak = Ksak::<Device>::from_octets(Secret::new([S; 32])).unwrap();
    check("Ksak", &ksak);
    check("Ssk", &Ssk::new(Secret::new([S; 32])));
    let (ssk, pvt): (Ssk, Pvt) = ksak.extract(ID, &mut StdRng::seed_from_u64(1)).unwrap();
    let octets = *ssk.octets().expose();
    check_derived("Ssk", &ssk, &octets);
    let kpak: &Kpak = ksak.kpak();
    check_derived("SigningKey", &SigningKey::<Server>::validate(ID, kpak, ssk, &pvt).unwrap(), &octets);
}

#[test]
fn the_keys_of_sakke_are_not_shown() {
    check("Ssv", &Ssv::new(Secret::new([S; 16])));
    let mut z = [S; 128];
    z[0] = 0;
    let master = KmsMasterSecret::import(&Secret::new(z)).unwrap();
    check("KmsMasterSecret", &master);
    let (public, rsk) = (master.public_key(), master.extract(ID).unwrap());
    let octets = rsk.export().expose().to_vec();
    check_derived("ReceiverSecretKey", &rsk, &octets[1..]);
    let mut decapsulator = Decapsulator::<Device>::blank();
    decapsulator.prepare(&public, ID, &rsk).unwrap();
    check_derived("Decapsulator", &decapsulator, &octets[1..]);
    let mut encapsulator = Encapsulator::<Device>::blank();
    encapsulator.prepare(&public);
    check("Encapsulator", &encapsulator);
    check("Narrow", &Narrow::<ModP>::from_octets(&z).0);
    check("Wide", &Wide::<ModP>::from_octets(&z).0);
    check("Stored", &Wide::<ModP>::from_octets(&z).0.store());
}
