//! The documents, small and large, against `quick-xml`.

use core::hint::black_box;

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::ims::xml::{self, MAX_BODY_LEN, MskRequest, ServiceList, XmlSettings};
use castkey::ims::{BTid, ServiceId};

use crate::common::Case;
use crate::reference;

/// What is compared: the ratio, our case, theirs.
pub(crate) const PAIRS: [(&str, &str, &str); 6] = [
    ("XML B-TID, castkey / quick-xml", "XML B-TID: castkey", "XML B-TID: quick-xml"),
    ("XML 1 service, castkey / quick-xml", "XML 1 service: castkey", "XML 1 service: quick-xml"),
    ("XML 64 services, castkey / quick-xml", "XML 64 services: castkey", "XML 64 services: quick-xml"),
    (
        "XML 64 services with references, castkey / quick-xml",
        "XML 64 services with references: castkey",
        "XML 64 services with references: quick-xml",
    ),
    ("XML 1 MSK, castkey / quick-xml", "XML 1 MSK: castkey", "XML 1 MSK: quick-xml"),
    ("XML 64 MSKs, castkey / quick-xml", "XML 64 MSKs: castkey", "XML 64 MSKs: quick-xml"),
];

const SETTINGS: XmlSettings =
    XmlSettings { strict_namespaces: false, muk_life_time: xml::MukLifeTimeForm::DateTime };

fn btid() -> Vec<u8> {
    let btid = BTid::new("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net").unwrap();
    xml::btid::encode(&btid, &mut [0; 1_024]).unwrap().to_vec()
}

fn services(count: usize, references: bool) -> Vec<u8> {
    let end = if references { "&edition=<1>" } else { "" };
    let name = |n| ServiceId::new(&format!("urn:3gpp:mbms:service:home1:news-{n}{end}")).unwrap();
    let list: Vec<ServiceId> = (0..count).map(name).collect();
    let list = ServiceList::new(&list).unwrap();
    xml::register::encode(&list, &mut [0; MAX_BODY_LEN]).unwrap().to_vec()
}

fn msks(count: u16) -> Vec<u8> {
    let domain = KeyDomainId::new([0x68, 0xCA, 0x0C]);
    let name = |n| MskName::new(domain, MskId::new(KeyGroup(n), KeyNumber(0)));
    MskRequest::new((0..count).map(name)).unwrap().encode(&mut [0; MAX_BODY_LEN]).unwrap().to_vec()
}

fn btid_cases([ours, theirs]: [&'static str; 2]) -> [Case; 2] {
    let body = btid();
    assert_eq!(xml::btid::decode(&body, SETTINGS).unwrap(), reference::btid(&body).unwrap());
    let other = body.clone();
    [
        Case::new(ours, move || {
            black_box(xml::btid::decode(black_box(&body), SETTINGS).unwrap());
        }),
        Case::new(theirs, move || {
            black_box(reference::btid(black_box(&other)).unwrap());
        }),
    ]
}

fn service_cases([ours, theirs]: [&'static str; 2], body: Vec<u8>) -> [Case; 2] {
    let (mut list, mut other_list) = (Vec::with_capacity(64), Vec::with_capacity(64));
    reference::register(&body, &mut other_list).unwrap();
    assert!(xml::register::decode(&body, SETTINGS).unwrap().iter().eq(other_list.iter().cloned()));
    let other = body.clone();
    [
        Case::new(ours, move || {
            list.clear();
            list.extend(xml::register::decode(black_box(&body), SETTINGS).unwrap().iter());
            black_box(&list);
        }),
        Case::new(theirs, move || {
            other_list.clear();
            reference::register(black_box(&other), &mut other_list).unwrap();
            black_box(&other_list);
        }),
    ]
}

fn msk_cases([ours, theirs]: [&'static str; 2], body: Vec<u8>) -> [Case; 2] {
    let mut other_list = Vec::with_capacity(64);
    reference::msk_request(&body, &mut other_list).unwrap();
    assert_eq!(MskRequest::decode(&body, SETTINGS).unwrap().names(), other_list);
    let other = body.clone();
    [
        Case::new(ours, move || {
            black_box(MskRequest::decode(black_box(&body), SETTINGS).unwrap());
        }),
        Case::new(theirs, move || {
            other_list.clear();
            reference::msk_request(black_box(&other), &mut other_list).unwrap();
            black_box(&other_list);
        }),
    ]
}

pub(crate) fn all() -> Vec<Case> {
    let [b_tid, one, many, references, msk, all_msks] = PAIRS.map(|(_, ours, theirs)| [ours, theirs]);
    btid_cases(b_tid)
        .into_iter()
        .chain(service_cases(one, services(1, false)))
        .chain(service_cases(many, services(64, false)))
        .chain(service_cases(references, services(64, true)))
        .chain(msk_cases(msk, msks(1)))
        .chain(msk_cases(all_msks, msks(64)))
        .collect()
}
