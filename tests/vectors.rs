//! Every example of the worked-examples file.
use castkey::id::*;
use castkey::keys::*;
use castkey::message::*;
use castkey::secret::Secret;
use castkey::settings::*;
#[test]
fn smoke() {
    let muk = Muk::from_octets(
        &hex::decode("dc514efb2aaa894ba7786495a9ac87c359c0a714896183e1412fabbe81a62425").unwrap(),
    )
    .unwrap();
    let msg = hex::decode("010015800000000000010503000b000332f451010468ca00010b02000000010610f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff06010013626d73632e686f6d65312e6e65740100000001010000266f4b47696f36536c7071656f71617172724b327572773d3d406273662e686f6d65312e6e65740001001a9c494711dd575bc3a77cf3fa1acdc850e76ab1c5d2c1daadfca90197a26b50d78e690445803ef3cb4ed1f9d717c4d8").unwrap();
    let s = Settings::DEFAULT;
    let m = MskMessage::decode(&msg, &s).unwrap();
    let o = m.open(&muk, None, None, &s).unwrap();
    println!("{:?} {:?}", m, o);
    let mut out = [0; 1024];
    let v = seal_verification(m.psk(), &o.keys, &s, &mut out).unwrap();
    assert_eq!(
        hex::encode(v),
        "01010500000000000001060200000001090000266f4b47696f36536c7071656f71617172724b327572773d3d406273662e686f6d65312e6e657400011c59abc4271d3e32f94a1a81d42144638fad055f"
    );
    let mut out = [0; 1024];
    let a = MskAddress {
        name: m.name(),
        counter: Counter(1),
        csb: CsbId(0),
        rand: MskRand::new(m.rand().unwrap()).unwrap(),
        muk_id: m.muk_id(),
        v: true,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
    };
    let msk = Msk::new(Secret::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));
    let sealed = seal_msk(&a, &msk, MtkId(0), MtkId(1000), &muk, &s, &mut out).unwrap();
    assert_eq!(hex::encode(sealed), hex::encode(&msg));
}
