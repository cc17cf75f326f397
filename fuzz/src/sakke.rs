//! SAKKE: points and encapsulated data of any octets.

use std::sync::OnceLock;

use castkey::sakke::field::{ModP, ModQ, Modulus, RESIDUE_LEN, Residue, Wide};
use castkey::sakke::{
    Backend, Decapsulator, Device, Encapsulator, KmsMasterSecret, KmsPublicKey, Narrow32, POINT_LEN, Profile,
    ReceiverSecretKey, SED_LEN, SakkeDecapsulate, SakkeEncapsulate, SakkeError, Server, Ssv, Wide64,
};
use castkey::secret::Secret;

use crate::choice::Choices;

const ID: &[u8] = b"2011-02\0tel:+447700900123\0";
const KEY: [u8; 16] = [0x5A; 16];

type Fp = Wide<ModP>;

/// One KMS and one receiver, with tables of both profiles on both back-ends. Those of the 32-bit back-end are few: they take
/// long to fill.
struct World {
    z: [u8; POINT_LEN],
    rsk: [u8; POINT_LEN],
    sed: [u8; SED_LEN],
    to: (To<Server, Wide64>, To<Device, Wide64>, To<Device, Narrow32>),
    from: (From<Server, Wide64>, From<Device, Wide64>, From<Server, Narrow32>),
}

type To<P, B> = Box<Encapsulator<P, B>>;
type From<P, B> = Box<Decapsulator<P, B>>;

fn sender<P: Profile, B: Backend>(z: &[u8]) -> Box<Encapsulator<P, B>> {
    let mut to = Box::new(Encapsulator::blank());
    to.prepare(&KmsPublicKey::import(z).unwrap());
    to
}

fn receiver<P: Profile, B: Backend>(z: &[u8], rsk: &[u8]) -> Box<Decapsulator<P, B>> {
    let mut from = Box::new(Decapsulator::blank());
    let z = KmsPublicKey::import(z).unwrap();
    from.prepare(&z, ID, &ReceiverSecretKey::import(rsk).unwrap()).unwrap();
    from
}

fn encapsulate(to: &impl SakkeEncapsulate, key: [u8; 16], id: &[u8]) -> Result<[u8; SED_LEN], SakkeError> {
    let mut sed = [0; SED_LEN];
    to.encapsulate(&Ssv::new(Secret::new(key)), id, &mut sed).map(|()| sed)
}

fn decapsulate(from: &impl SakkeDecapsulate, sed: &[u8; SED_LEN], id: &[u8]) -> Result<[u8; 16], SakkeError> {
    from.decapsulate(sed, id).map(|ssv| *ssv.secret().expose())
}

impl World {
    fn new() -> Self {
        let mut octets = [0x31; RESIDUE_LEN];
        octets[0] = 0x12;
        let master = KmsMasterSecret::<Wide64>::import(&Secret::new(octets)).unwrap();
        let (z, rsk) = (master.public_key().export(), *master.extract(ID).unwrap().export().expose());
        let to = (sender(&z), sender(&z), sender(&z));
        let from = (receiver(&z, &rsk), receiver(&z, &rsk), receiver(&z, &rsk));
        let sed = encapsulate(&*to.0, KEY, ID).unwrap();
        Self { z, rsk, sed, to, from }
    }

    /// What the fastest says, and what another profile or another back-end does.
    fn decapsulate(&self, which: u8, sed: &[u8; SED_LEN], id: &[u8]) -> [Result<[u8; 16], SakkeError>; 2] {
        let (fast, device, narrow) = &self.from;
        let other =
            if which & 1 == 0 { decapsulate(&**device, sed, id) } else { decapsulate(&**narrow, sed, id) };
        [decapsulate(&**fast, sed, id), other]
    }

    fn encapsulate(&self, which: u8, key: [u8; 16], id: &[u8]) -> [Result<[u8; SED_LEN], SakkeError>; 2] {
        let (fast, device, narrow) = &self.to;
        let other =
            if which & 1 == 0 { encapsulate(&**device, key, id) } else { encapsulate(&**narrow, key, id) };
        [encapsulate(&**fast, key, id), other]
    }
}

/// Octets as Z, as RSK and as encapsulated data; a key to encapsulate. Both back-ends and both profiles say the same.
///
/// | must hold | |
/// |---|---|
/// | what is read as a point is written as the same octets | and has coordinates below p on the curve |
/// | an RSK counts when it is the receiver's | but for a point of order 2 or 4 added to it, which no pairing sees |
/// | encapsulated data count when they were encapsulated | for this receiver |
pub fn sakke_point(octets: &[u8]) {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(World::new);
    let mut choices = Choices::new(octets);
    let Some(kind) = choices.octet() else { return };
    match kind & 3 {
        0 => as_public_key(&point(world, &mut choices)),
        1 => as_secret_key(world, &point(world, &mut choices), kind >> 2),
        2 => as_sed(world, kind >> 2, &mut choices),
        _ => encapsulated(world, kind >> 2, &mut choices),
    }
}

fn as_public_key(octets: &[u8; POINT_LEN]) {
    let (wide, narrow) = (KmsPublicKey::<Wide64>::import(octets), KmsPublicKey::<Narrow32>::import(octets));
    let said = wide.as_ref().map(KmsPublicKey::export).map_err(|e| *e);
    assert_eq!(said, narrow.as_ref().map(KmsPublicKey::export).map_err(|e| *e));
    match said {
        Ok(again) => assert_eq!(again, *octets),
        Err(e) => assert_eq!(e == SakkeError::WrongOrder, is_point(octets), "{octets:02x?}"),
    }
    // One octet more or less is no point.
    assert!(KmsPublicKey::<Wide64>::import(&octets[1..]).is_err());
    assert!(KmsPublicKey::<Wide64>::import(&[octets.as_slice(), &[0]].concat()).is_err());
}

fn as_secret_key(world: &World, octets: &[u8; POINT_LEN], which: u8) {
    let wide = ReceiverSecretKey::<Wide64>::import(octets);
    assert_eq!(wide.is_ok(), is_point(octets), "{octets:02x?}");
    assert_eq!(wide.is_ok(), ReceiverSecretKey::<Narrow32>::import(octets).is_ok());
    let Ok(key) = wide else { return };
    assert_eq!(key.export().expose(), octets);
    let z = KmsPublicKey::import(&world.z).unwrap();
    let said = key.validate(&z, ID);
    let other = match which % 3 {
        0 => prepared::<Server>(world, octets),
        1 => prepared::<Device>(world, octets),
        _ => {
            let z = KmsPublicKey::<Narrow32>::import(&world.z).unwrap();
            ReceiverSecretKey::<Narrow32>::import(octets).unwrap().validate(&z, ID)
        }
    };
    assert_eq!(said, other, "{octets:02x?}");
    let own = said.is_ok();
    assert!(own || *octets != world.rsk);
    if own && *octets != world.rsk {
        // What is added to the RSK must vanish four times over, and leaves what it opens as it was.
        let mut from = Box::new(Decapsulator::<Server, Wide64>::blank());
        from.prepare(&z, ID, &key).unwrap();
        assert_eq!(decapsulate(&*from, &world.sed, ID), Ok(KEY), "a stranger's key: {octets:02x?}");
        assert_eq!(KmsPublicKey::<Wide64>::import(octets).err(), Some(SakkeError::WrongOrder));
    }
}

fn prepared<P: Profile>(world: &World, rsk: &[u8; POINT_LEN]) -> Result<(), SakkeError> {
    let mut from = Box::new(Decapsulator::<P, Wide64>::blank());
    let z = KmsPublicKey::import(&world.z)?;
    let result = from.prepare(&z, ID, &ReceiverSecretKey::import(rsk)?);
    if result.is_err() {
        assert_eq!(from.decapsulate(&world.sed, ID).err(), Some(SakkeError::NotPrepared));
    } else {
        assert_eq!(from.validate(&z), Ok(()));
    }
    result
}

fn as_sed(world: &World, which: u8, choices: &mut Choices<'_>) {
    let mut sed = world.sed;
    sed[..POINT_LEN].copy_from_slice(&point(world, choices));
    let id = if which & 0x20 == 0 { ID } else { choices.slice().unwrap_or_default() };
    while let (Some(place), Some(octet)) = (choices.below(16), choices.octet()) {
        sed[POINT_LEN + usize::from(place)] ^= octet;
    }
    let [fast, other] = world.decapsulate(which, &sed, id);
    assert_eq!(fast, other, "{sed:02x?}");
    let good = sed == world.sed && id == ID;
    assert_eq!(fast, if good { Ok(KEY) } else { Err(SakkeError::Refused) }, "{sed:02x?}");
}

fn encapsulated(world: &World, which: u8, choices: &mut Choices<'_>) {
    let mut key = KEY;
    key.iter_mut().for_each(|octet| *octet = choices.octet().unwrap_or(0));
    let id = if which & 0x20 == 0 { ID } else { choices.slice().unwrap_or_default() };
    let [fast, other] = world.encapsulate(which, key, id);
    assert_eq!(fast, other);
    let is_number = id.len() <= 127 && id.iter().rev().enumerate().any(|(at, o)| *o > u8::from(at == 0));
    assert_eq!(fast.is_ok(), is_number, "{id:02x?}");
    let Ok(sed) = fast else { return };
    let opened = decapsulate(&*world.from.0, &sed, id);
    assert_eq!(opened, if id == ID { Ok(key) } else { Err(SakkeError::Refused) });
}

/// 257 octets: a known point, one of small order, one with a given x, the negative of one of them, or given; then edits.
fn point(world: &World, choices: &mut Choices<'_>) -> [u8; POINT_LEN] {
    let kind = choices.octet().unwrap_or(0);
    let mut octets = [0; POINT_LEN];
    octets[0] = 4;
    match kind & 0x0F {
        0 | 1 => octets = world.z,
        2 | 3 => octets = world.rsk,
        4 | 5 => octets.copy_from_slice(&world.sed[..POINT_LEN]),
        // The point of order 2.
        6 => {}
        7..=9 => {
            for octet in octets[1..=RESIDUE_LEN].iter_mut().rev().take(usize::from(kind >> 4) * 8 + 8) {
                *octet = choices.octet().unwrap_or(0);
            }
            lift(&mut octets);
        }
        // x = 0, 1, p - 1 and so on.
        10 => {
            let (x, _) = Fp::from_octets(&{
                let mut small = [0; RESIDUE_LEN];
                small[RESIDUE_LEN - 1] = choices.octet().unwrap_or(0);
                small
            });
            octets[1..=RESIDUE_LEN].copy_from_slice(&x.negate().to_octets());
            lift(&mut octets);
        }
        // A coordinate that is not below p.
        11 | 12 => {
            let p = limbs(&ModP::LIMBS);
            let at = if kind & 1 == 0 { 1 } else { 1 + RESIDUE_LEN };
            octets[at..at + RESIDUE_LEN].copy_from_slice(&p);
        }
        _ => octets.iter_mut().for_each(|octet| *octet = choices.octet().unwrap_or(0)),
    }
    if kind & 0x40 != 0 {
        let (y, _) = Fp::from_octets(octets[1 + RESIDUE_LEN..].try_into().unwrap());
        octets[1 + RESIDUE_LEN..].copy_from_slice(&y.negate().to_octets());
    }
    if kind & 0x80 != 0 {
        while let (Some(place), Some(octet)) = (choices.u16(), choices.octet()) {
            octets[usize::from(place) % POINT_LEN] ^= octet;
        }
    }
    octets
}

/// x³ - 3x.
fn cubic(x: &Fp) -> Fp {
    x.square().sub(&Fp::ONE.double().add(&Fp::ONE)).mul(x)
}

/// Sets y to a root for x; where there is none, to something else.
fn lift(octets: &mut [u8; POINT_LEN]) {
    let (x, _) = Fp::from_octets(octets[1..=RESIDUE_LEN].try_into().unwrap());
    let square = cubic(&x);
    // (p + 1) / 4 = q.
    let mut root = Fp::ONE;
    for bit in limbs(&ModQ::LIMBS).iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1)) {
        root = root.square();
        if bit == 1 {
            root = root.mul(&square);
        }
    }
    octets[1..=RESIDUE_LEN].copy_from_slice(&x.to_octets());
    octets[1 + RESIDUE_LEN..].copy_from_slice(&root.to_octets());
}

fn is_point(octets: &[u8; POINT_LEN]) -> bool {
    let (tag, coordinates) = octets.split_first().unwrap();
    let (x, y) = coordinates.split_at(RESIDUE_LEN);
    let p = limbs(&ModP::LIMBS);
    let [x_of, y_of] = [x, y].map(|half| Fp::from_octets(half.try_into().unwrap()).0);
    *tag == 4 && x < &p[..] && y < &p[..] && bool::from(y_of.square().same(&cubic(&x_of)))
}

fn limbs(limbs: &[u64; 16]) -> [u8; RESIDUE_LEN] {
    let mut octets = [0; RESIDUE_LEN];
    let (chunks, _) = octets.as_chunks_mut::<8>();
    for (chunk, limb) in chunks.iter_mut().zip(limbs.iter().rev()) {
        *chunk = limb.to_be_bytes();
    }
    octets
}
