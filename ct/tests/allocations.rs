//! Nothing in the library allocates: a counting allocator sees none from sealing to a whole delivery between roles, in an
//! update of a PoC channel with its members, in the verification of HTTP Digest, in the reading of every XML document, in the
//! mathematics of the mission-critical keys.
//!
//! This test stands here because an allocator needs `unsafe`, which castkey's own workspace forbids.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;

use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MskName, MtkId};
use castkey::ims::digest::{
    Authorization, BodyHash, ClientConfig, DigestAlgorithm, DigestClient, DigestServer, DigestUser, NonceRow,
    OfferedAlgorithms, ServerConfig, SignedRequest, Verdict,
};
use castkey::ims::xml::{self, MAX_BODY_LEN, MskRequest, ServiceList, XmlSettings};
use castkey::ims::{BTid, NafFqdn, ServiceId};
use castkey::keys::{
    Algorithms, DigestPasswordForm, Mrk, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt, MtkWindow, Muk,
    MukId, PreSharedKey, Protection, SameMskId, SeqLower,
};
use castkey::message::{
    MskAddress, MskContent, MskMessage, MtkAddress, MtkMessage, Sent, VerificationMessage, seal_msk,
    seal_mtk, seal_verification,
};
use castkey::poc::{
    Leg, LegEvent, PolicyEvent, Progress, Session, SessionAction, SessionConfig, SessionEvent,
};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::role::{
    BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Ue, UeAction, UeConfig, UeEvent, User,
};
use castkey::sakke::eccsi::{self, EccsiSign, EccsiVerify, KpakTable, Ksak, SIGNATURE_LEN, SigningKey};
use castkey::sakke::{
    Decapsulator, Device, Encapsulator, KmsMasterSecret, Profile, SED_LEN, SakkeDecapsulate,
    SakkeEncapsulate, Server, Ssv,
};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::time::Tick;

struct Counting;

thread_local! {
    // Of this thread only: the test harness allocates on others.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; the counter lies in memory that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(run: impl FnOnce() -> T) -> usize {
    let before = COUNT.get();
    let _ = std::hint::black_box(run());
    COUNT.get() - before
}

const SETTINGS: Settings = Settings::DEFAULT;
const ID: MukId<'static> = MukId { idi: b"bmsc.home1.net", idr: b"user@bsf.home1.net" };
const GROUP: GroupName = GroupName { domain: KeyDomainId::new([0x32, 0xF4, 0x51]), group: KeyGroup(0x68CA) };

fn muk() -> Muk {
    Muk::from_octets(&[0x4B; 32]).unwrap()
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| vec![0u8; 100]), 1);
    assert_eq!(allocations(|| [0u8; 100]), 0);
}

#[test]
fn an_msk_message_is_sealed_opened_stored_and_acknowledged_without_allocation() {
    for algorithms in [Algorithms::SHA1, Algorithms::SHA256] {
        let settings = Settings { sha256_suite: castkey::settings::Sha256Suite::Full, ..Settings::DEFAULT };
        let count = allocations(|| {
            let (muk, msk) = (muk(), Msk::new(Secret::new([0x17; 16])));
            let address = MskAddress {
                sdp_ids: None,
                name: GROUP.msk(KeyNumber(1)),
                counter: Counter(1),
                csb: CsbId(0),
                rand: MskRand::new(&[0xF0; 16]).unwrap(),
                muk_id: ID,
                v: true,
                algorithms,
                policies: &[],
                sessions: None,
            };
            let (mut out, mut answer) = ([0; 512], [0; 512]);
            let sealed = seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, &settings, &mut out).unwrap();
            let message = MskMessage::decode(sealed, &settings).unwrap();
            let opened = message.open(&muk, None, None, &settings).unwrap();
            let answer = seal_verification(message.psk(), &opened.keys, &settings, &mut answer).unwrap();
            let MskContent::Key { msk, rand, seq_low, seq_high } = opened.content else { panic!("a key") };
            let window = MtkWindow::new(seq_low, seq_high, SeqLower::Exclusive);
            let mut store = MskStore::<2>::new();
            let entry = MskEntry::new(message.name(), Msk::new(msk), rand, window);
            let _ = store.insert(entry, SameMskId::Merge).unwrap();
            let answer = VerificationMessage::decode(answer).unwrap();
            answer.verify(&Sent::of(message.psk()), &opened.keys).unwrap();
            store.get(message.name()).unwrap().window()
        });
        assert_eq!(count, 0, "{algorithms:?}");
    }
}

#[test]
fn an_mtk_message_is_sealed_and_opened_without_allocation() {
    let count = allocations(|| {
        let (msk, rand) = (Msk::new(Secret::new([0x17; 16])), MskRand::new(&[0xF0; 16]).unwrap());
        let algorithms = Algorithms::SHA1;
        let keys = msk.keys(&Protection { algorithms, csb: CsbId(0), rand: rand.octets() }).unwrap();
        let address = MtkAddress {
            msk: GROUP.msk(KeyNumber(1)),
            mtk: MtkId(5),
            counter: Counter(1),
            csb: CsbId(0),
            algorithms,
        };
        let (mtk, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
        let mut out = [0; 128];
        let sealed = seal_mtk(&address, &mtk, Some(&salt), &keys, &SETTINGS, &mut out).unwrap();
        let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
        MtkMessage::decode(sealed, None, &SETTINGS).unwrap().open(&keys, None, window, &SETTINGS).unwrap()
    });
    assert_eq!(count, 0);
}

/// Counts up; what the keys are does not matter here.
struct Counter8(u8);

impl TryRng for Counter8 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_be_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_be_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        for octet in octets {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter8 {}

/// The datagram among actions; the sizes are those of the library's longest messages.
struct Datagram([u8; 1024], usize);

impl Datagram {
    const fn new() -> Self {
        Self([0; 1024], 0)
    }

    fn keep(&mut self, octets: &[u8]) {
        self.0[..octets.len()].copy_from_slice(octets);
        self.1 = octets.len();
    }

    fn octets(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

#[test]
fn a_delivery_and_a_switch_between_the_roles_happen_without_allocation() {
    let count = allocations(|| {
        let (mut bm_sc, mut ue) = (BmSc::<1>::new(BmScConfig::default()), Ue::<1>::new(UeConfig::default()));
        let mut rng = Counter8(0);
        let (mut out, mut ue_out) = ([0; 1024], [0; Ue::<1>::MAX_OUT_LEN]);
        let now = Tick::from_millis(0);
        let muk = muk();
        let event = UeEvent::Bootstrapped { id: ID, muk: self::muk() };
        let _ = ue.handle(event, now, &mut ue_out).unwrap();
        let (mut msk_message, mut mtk_message, mut answer) =
            (Datagram::new(), Datagram::new(), Datagram::new());
        let (mut counter, mut delivery) = (None, Delivery::Idle);
        let mut name = GROUP.msk(KeyNumber(1));
        let mut ready = 0;
        for round in 0..2 {
            let event = if round == 0 { BmScEvent::Open(GROUP) } else { BmScEvent::<Muk>::Rekey(GROUP) };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::Distribute(msk) => name = msk,
                    BmScAction::Multicast(octets) => mtk_message.keep(octets),
                    _ => {}
                }
            }
            let user = User { id: ID, muk: &muk, counter };
            let event = BmScEvent::Push { name, user, delivery, policies: &[], sessions: None };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::SaveCounter(saved) => counter = Some(saved),
                    BmScAction::SaveDelivery(saved) => delivery = saved,
                    BmScAction::Send(octets) => msk_message.keep(octets),
                    _ => {}
                }
            }
            for action in ue.handle(UeEvent::Mikey(msk_message.octets()), now, &mut ue_out).unwrap() {
                if let UeAction::Send(octets) = action {
                    answer.keep(octets);
                }
            }
            let event = BmScEvent::<Muk>::Distributed(GROUP);
            if round == 1 {
                let _ = bm_sc.handle(event, now, &mut rng, &mut out).unwrap();
            }
            let user = User { id: ID, muk: &muk, counter };
            let event = BmScEvent::Acknowledged { user, delivery, octets: answer.octets() };
            for action in bm_sc.handle(event, now, &mut rng, &mut out).unwrap() {
                match action {
                    BmScAction::SaveDelivery(saved) => delivery = saved,
                    BmScAction::Multicast(octets) => mtk_message.keep(octets),
                    _ => {}
                }
            }
            for action in ue.handle(UeEvent::Mikey(mtk_message.octets()), now, &mut ue_out).unwrap() {
                ready += usize::from(matches!(action, UeAction::MtkReady(..)));
            }
        }
        assert_eq!(ready, 2, "an MTK under each of the two MSKs");
        assert_eq!(ue.mkis().count(), 2);
    });
    assert_eq!(count, 0);
}

/// The row of a member belongs to the caller; that it lies on the heap here is his business.
#[test]
fn an_update_of_a_channel_with_many_members_is_driven_to_indicated_without_allocation() {
    const MEMBERS: u32 = 10_000;
    let (config, now) = (SessionConfig::default(), Tick::from_millis(0));
    let mut legs = vec![Leg::OUTSIDE; usize::try_from(MEMBERS).unwrap()];
    let (mut indicated, mut invited, mut confirmed) = (false, 0, 0);
    let mut session = Session::new(GROUP.domain, [KeyGroup(1), KeyGroup(9)]);
    let count = allocations(|| {
        let mut tell = |session: &mut Session, event| {
            let (next, actions) = session.step(event, &config, now).unwrap();
            *session = next;
            indicated |= actions.into_iter().any(|action| matches!(action, SessionAction::SendIndication(_)));
        };
        let mut tell_all = |session: &mut Session, event: LegEvent| {
            let mut acting = 0;
            for leg in &mut legs {
                let (next, row, actions) = session.step_leg(*leg, event, &config, now).unwrap();
                (*session, *leg) = (next, row);
                acting += u32::from(actions.into_iter().next().is_some());
            }
            acting
        };
        tell(&mut session, SessionEvent::BearerReset);
        let _ = tell_all(&mut session, LegEvent::Join);
        let _ = tell_all(&mut session, LegEvent::Ok { confirmed: true });
        tell(&mut session, SessionEvent::Trigger(PolicyEvent::AdminRequest));
        let coming = session.coming().unwrap();
        invited = tell_all(&mut session, LegEvent::Deliver);
        confirmed = session.outstanding();
        let _ = tell_all(&mut session, LegEvent::Ok { confirmed: true });
        confirmed -= session.outstanding();
        tell(&mut session, SessionEvent::BcastStored(coming));
    });
    assert_eq!((session.progress(), indicated), (Progress::Indicated, true));
    assert_eq!((invited, confirmed), (MEMBERS, MEMBERS));
    assert_eq!(count, 0);
}

#[test]
fn a_digest_is_asked_for_sent_verified_and_proven_without_allocation() {
    const TARGET: &str = "/keymanagement?requesttype=msk-request";
    let offers = [
        (DigestAlgorithm::Md5, OfferedAlgorithms::Md5),
        (DigestAlgorithm::Sha256, OfferedAlgorithms::Sha256),
    ];
    for (algorithm, offered) in offers {
        let mut accepted = false;
        let count = allocations(|| {
            let (mut rng, now, fqdn) =
                (Counter8(0), Tick::from_millis(0), NafFqdn::new("bmsc.home1.net").unwrap());
            let password = Mrk::new(Secret::new([0x4B; 32])).digest_password(DigestPasswordForm::Base64);
            let config = ServerConfig { algorithms: offered, ..ServerConfig::new(fqdn.clone()) };
            let mut server = DigestServer::new(config, &mut rng).unwrap();
            let nonce = server.issue(now, &mut rng).unwrap();
            let (mut out, mut sent, mut info) = ([0; 1_024], [0; 2_048], [0; 512]);
            let challenge = server.write_challenge(&nonce, algorithm, false, &mut out).unwrap();
            let mut client = DigestClient::new(ClientConfig::new(fqdn));
            let _ = client.challenged(&[challenge.as_bytes()]).unwrap();
            let (b_tid, body) = (BTid::new("b@bsf.home1.net").unwrap(), [b'x'; 4_096]);
            let user = DigestUser { b_tid: &b_tid, password: &password };
            let body = BodyHash::of(algorithm, &body);
            let sent = client.authorize(user, "POST", TARGET, &body, &[3; 16], &mut sent).unwrap();

            let authorization = Authorization::parse(sent.as_bytes()).unwrap();
            let request = SignedRequest { method: "POST", target: TARGET, body };
            let mut row = NonceRow::default();
            let Verdict::Accepted(verdict) = server.verify(&mut row, authorization, &password, &request, now)
            else {
                return;
            };
            let answer = BodyHash::of(algorithm, b"");
            let info = verdict.write_info(&answer, None, &mut info).unwrap();
            accepted = client.authenticated(info.as_bytes(), &answer).is_ok();
        });
        assert!(accepted, "{algorithm:?}");
        assert_eq!(count, 0, "{algorithm:?}");
    }
}

#[test]
fn xml_documents_are_written_and_read_without_allocation() {
    let settings = XmlSettings { strict_namespaces: false, muk_life_time: xml::MukLifeTimeForm::DateTime };
    // As many entries as there may be, each with references in it.
    let services: Vec<ServiceId> =
        (0..64).map(|n| ServiceId::new(&format!("urn:news-{n}&edition=<1>")).unwrap()).collect();
    let msks: Vec<MskName> = (0..64).map(|n| GROUP.msk(KeyNumber(n))).collect();
    let b_tid = BTid::new("b@bsf.home1.net").unwrap();
    let count = allocations(|| {
        let mut out = [0; MAX_BODY_LEN];
        let list = ServiceList::new(&services).unwrap();
        let body = xml::register::encode(&list, &mut out).unwrap();
        assert!(xml::register::decode(body, settings).unwrap() == list);
        let body = xml::deregister::encode(&list, &mut out).unwrap();
        assert!(xml::deregister::decode(body, settings).unwrap() == list);
        let request = MskRequest::new(msks.iter().copied()).unwrap();
        let body = request.encode(&mut out).unwrap();
        assert!(MskRequest::decode(body, settings).unwrap() == request);
        let body = xml::btid::encode(&b_tid, &mut out).unwrap();
        assert!(xml::btid::decode(body, settings).unwrap() == b_tid);
        // Refused in the midst, too.
        assert!(xml::btid::decode(&body[..body.len() - 1], settings).is_err());
    });
    assert_eq!(count, 0);
}

const UID: &[u8] = b"2026-11\0tel:+447700900123\0";

/// The tables lie where the caller wants them, here on the heap.
fn sakke_without_allocation<P: Profile>() {
    let (mut sender, mut receiver) =
        (Box::new(Encapsulator::<P>::blank()), Box::new(Decapsulator::<P>::blank()));
    let count = allocations(|| {
        let kms = KmsMasterSecret::generate(&mut Counter8(0)).unwrap();
        let (z, rsk) = (kms.public_key(), kms.extract(UID).unwrap());
        rsk.validate(&z, UID).unwrap();
        sender.prepare(&z);
        receiver.prepare(&z, UID, &rsk).unwrap();
        receiver.validate(&z).unwrap();
        let (ssv, mut sed) = (Ssv::new(Secret::new([0x52; 16])), [0; SED_LEN]);
        sender.encapsulate(&ssv, UID, &mut sed).unwrap();
        assert_eq!(receiver.decapsulate(&sed, UID).unwrap().secret().expose(), &[0x52; 16]);
        // Refused at the very end, too.
        sed[SED_LEN - 1] ^= 1;
        assert!(receiver.decapsulate(&sed, UID).is_err());
    });
    assert_eq!(count, 0);
}

#[test]
fn an_ssv_is_encapsulated_and_decapsulated_and_an_rsk_validated_without_allocation() {
    sakke_without_allocation::<Device>();
    sakke_without_allocation::<Server>();
}

fn eccsi_without_allocation<P: eccsi::Profile>() {
    let mut table = Box::new(KpakTable::<P>::new());
    let count = allocations(|| {
        let kms = Ksak::<P>::generate(&mut Counter8(0)).unwrap();
        let (ssk, pvt) = kms.extract(UID, &mut Counter8(77)).unwrap();
        let key = SigningKey::<P>::validate(UID, kms.kpak(), ssk, &pvt).unwrap();
        let mut signature = [0; SIGNATURE_LEN];
        key.sign(b"message", &mut Counter8(5), &mut signature).unwrap();
        let verifier = table.prepare(kms.kpak()).unwrap();
        verifier.verify(UID, b"message", &signature).unwrap();
        assert!(verifier.verify(UID, b"another message", &signature).is_err());
    });
    assert_eq!(count, 0);
}

#[test]
fn a_message_is_signed_and_verified_without_allocation() {
    eccsi_without_allocation::<eccsi::Device>();
    eccsi_without_allocation::<eccsi::Server>();
}
