//! The datagrams between server and distribution.

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::keys::MskRand;
use castkey::poc::{UpdateSeq, UpdatedMsk};
use castkey::secret::Secret;

use crate::control::{Frame, decode, encode};

fn name() -> MskName {
    MskName::new(KeyDomainId::new([0x68, 0xCA, 0x0C]), MskId::new(KeyGroup(1), KeyNumber(8)))
}

fn request(rand_len: usize) -> Frame {
    let msk = UpdatedMsk {
        name: name(),
        msk: Secret::new([0x5A; 16]),
        rand: MskRand::new(&vec![0xC3; rand_len]).unwrap(),
        seq_low: MtkId(2),
        seq_high: MtkId(0x0403),
        mtk: None,
    };
    Frame::Update {
        access: "MBMS".into(),
        broadcast: true,
        msk: Some(msk),
        areas: "x,y".into(),
        qoe: String::new(),
    }
}

#[test]
fn a_session_update_request_is_its_elements_one_after_the_other() {
    let mut expected = vec![1, 0, 0, 1, 2];
    expected.extend(b"a\x00\x04MBMSb\x00\x01\x01c\x00\x2B");
    expected.extend([0x68, 0xCA, 0x0C, 0, 1, 0, 8]);
    expected.extend([0x5A; 16]);
    expected.extend([0, 2, 4, 3]);
    expected.extend([0xC3; 16]);
    expected.extend(b"d\x00\x03x,ye\x00\x00");
    assert_eq!(encode(0x102, &request(16)), expected);
}

#[test]
fn every_frame_comes_back_as_it_went() {
    let frames = [
        request(16),
        request(32),
        Frame::Update {
            access: "a".into(),
            broadcast: false,
            msk: None,
            areas: String::new(),
            qoe: "q".into(),
        },
        Frame::Stored { msk: name(), media: "239.0.0.1 97".into() },
        Frame::Rejected(180),
        Frame::Mbcp(vec![1, 2, 3]),
        Frame::Media(vec![0; 1_500]),
        Frame::IndicationRejected(UpdateSeq(5)),
        Frame::Acknowledged,
        Frame::BearerUp,
        Frame::Switched(name()),
        Frame::Roll,
        Frame::Exhausted,
    ];
    for frame in frames {
        let octets = encode(7, &frame);
        let (transaction, back) = decode(&octets).unwrap();
        assert_eq!((transaction, encode(7, &back)), (7, octets.clone()), "{frame:?}");
        assert_eq!(format!("{back:?}"), format!("{frame:?}"));
        // One octet less, and one more, are something else.
        for cut in 0..octets.len() {
            if let Some((_, other)) = decode(&octets[..cut]) {
                assert_ne!(encode(7, &other), octets, "{frame:?} cut to {cut}");
            }
        }
        assert!(decode(&[&octets[..], &[0]].concat()).is_none(), "{frame:?}");
    }
}

#[test]
fn an_element_that_stands_twice_or_has_another_letter_is_refused() {
    assert!(decode(b"\x05\0\0\0\0a\0\x01xa\0\x01y").is_none());
    assert!(decode(b"\x05\0\0\0\0f\0\x01x").is_none());
    assert!(decode(b"\x05\0\0\0\0A\0\x01x").is_none());
    assert!(decode(b"\x0C\0\0\0\0").is_none());
    assert!(decode(b"").is_none());
}
