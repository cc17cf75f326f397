//! Negotiation of the algorithm: offers and selections of any octets, and of any two parties.

use castkey::id::CsbId;
use castkey::keys::{Csk, KeyId, McKey, McService, PurposeTag};
use castkey::mcx::{
    AlgorithmList, AlgorithmOffer, AlgorithmPolicy, AlgorithmSelection, CskDownload, CskUpload,
    DEFAULT_SRTCP_PARAMS, KeyParametersInit, MAX_OFFER_LEN, McxClient, McxClientAction, McxClientConfig,
    McxClientEvent, McxError, McxServer, McxServerAction, McxServerConfig, McxServerEvent, McxSettings,
    MessageForm, NegotiationEncoding, UserRow, seal_key_parameters,
};
use castkey::message::{EncapsulateTo, IMessageInit, Party, seal_i_message};
use castkey::sakke::Ssv;
use castkey::secret::Secret;
use castkey::wire::{
    CsIdMap, ExtType, Extension, GenericId, GenericIdMap, Policy, ProtType, SAKKE_ID_SCHEME_MC,
};

use crate::choice::Choices;
use crate::rng::Repeating;
use crate::stub::{ALICE, KMS, Kms, MDSI, NOW, PERIODS, Someone, Stub, periods, stub_kms, stub_someone};

const ENCODINGS: [NegotiationEncoding; 3] = [
    NegotiationEncoding::Extension,
    NegotiationEncoding::SignallingAlgorithm,
    NegotiationEncoding::SpParameters,
];

const IMPU: &[u8] = b"sip:+49123@ims.example.org";

/// What decodes encodes to the same octets and follows rule 1; policies answer as the rules say; what two parties agree on
/// is in the offer and in the floor of both, whatever they are set to.
pub fn negotiation(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    match choices.below(4) {
        Some(0) => forms(octets.get(1..).unwrap_or_default()),
        Some(1) => rules(&mut choices),
        Some(2) => crafted(&mut choices),
        Some(_) => exchange(&mut choices),
        None => None,
    }
    .unwrap_or_default();
}

/// Form A of any octets.
fn forms(octets: &[u8]) -> Option<()> {
    let (offer, selection) = (AlgorithmOffer::decode(octets), AlgorithmSelection::decode(octets));
    let mut out = [0; MAX_OFFER_LEN];
    assert_eq!(offer.is_ok(), is_offer(octets), "{octets:02x?}");
    let is_selection = matches!(octets, [1, 2, 1..=255, 0] | [1, 2, 1..=255, 0, _, _, _, _, _, _, _, _]);
    assert_eq!(selection.is_ok(), is_selection, "{octets:02x?}");
    if let Ok(offer) = offer {
        assert_eq!(offer.encode(&mut out), octets);
        assert_eq!((offer.selected(), offer.list().ids()), (octets[2], &octets[4..]));
    }
    if let Ok(selection) = selection {
        assert_eq!(selection.encode(&mut out), octets);
    }
    Some(())
}

/// Rule 1: version 1, as many as it says, at most 16, none twice, no 0, the selected one among them.
fn is_offer(octets: &[u8]) -> bool {
    let [1, 1, selected, count, ids @ ..] = octets else { return false };
    usize::from(*count) == ids.len() && is_list(ids) && ids.contains(selected)
}

fn is_list(ids: &[u8]) -> bool {
    let mut seen = [false; 256];
    (1..=16).contains(&ids.len())
        && ids.iter().all(|id| *id != 0 && !std::mem::replace(&mut seen[usize::from(*id)], true))
}

fn list(choices: &mut Choices<'_>) -> Option<AlgorithmList> {
    // Small numbers, so that lists have something in common.
    let count = choices.below(5)?;
    let mut ids = Vec::new();
    for _ in 0..=count {
        ids.push(choices.below(6)?);
    }
    let list = AlgorithmList::new(&ids);
    assert_eq!(list.is_ok(), is_list(&ids));
    list.ok()
}

fn policy(choices: &mut Choices<'_>) -> Option<AlgorithmPolicy> {
    let (supported, floor) = (list(choices)?, list(choices)?);
    let octet = choices.octet()?;
    Some(AlgorithmPolicy { supported, default: octet % 6, floor, strict_preference: octet & 0x80 != 0 })
}

fn offer(choices: &mut Choices<'_>) -> Option<Option<AlgorithmOffer>> {
    let list = list(choices)?;
    let selected = choices.below(7)?;
    let offer = AlgorithmOffer::new(list, selected);
    assert_eq!(offer.is_ok(), list.ids().contains(&selected));
    Some(offer.ok())
}

/// The answers of a policy, against the rules as they are written.
fn rules(choices: &mut Choices<'_>) -> Option<()> {
    let (policy, offer, other) = (policy(choices)?, offer(choices)?, offer(choices)?);
    let id = choices.below(7)?;
    let allowed = |id: u8| policy.supported.ids().contains(&id) && policy.floor.ids().contains(&id);
    assert_eq!(policy.allows(id), allowed(id));
    // What a client offers.
    let own = policy.offer(id);
    assert_eq!(own.is_ok(), allowed(id));
    if let Ok(own) = own {
        let wanted: Vec<u8> = policy.supported.ids().iter().copied().filter(|id| allowed(*id)).collect();
        assert_eq!((own.list().ids(), own.selected()), (wanted.as_slice(), id));
    }
    // Rules 2 and 6.
    let taken = offer.map_or(policy.default, |offer| offer.selected());
    let expected = if allowed(taken) { Ok(taken) } else { Err(McxError::NoCommonAlgorithm) };
    assert_eq!(policy.accept_offer(offer.as_ref()), expected);
    // Rules 3 and 7.
    let offered = |offer: Option<AlgorithmOffer>| offer.is_some_and(|offer| offer.list().ids().contains(&id));
    let selected = policy.select(id, offer.as_ref());
    assert_eq!(selected.is_ok(), offered(offer) && allowed(id));
    let both = policy.select_for_all(id, [offer.as_ref(), other.as_ref()].into_iter());
    assert_eq!(both.is_ok(), allowed(id) && offered(offer) && offered(other));
    // Rules 4 and 6.
    let current = choices.below(7)?;
    let tag = match choices.below(3)? {
        0 => None,
        1 => offer.map(|offer| offer.tag()),
        _ => other.map(|other| other.tag()),
    };
    let selection = AlgorithmSelection { selected: id, tag };
    let rank = |id: u8| policy.supported.ids().iter().position(|known| *known == id);
    let good = offered(offer)
        && allowed(id)
        && tag.is_none_or(|tag| offer.is_some_and(|offer| offer.tag() == tag))
        && (!policy.strict_preference || rank(current).is_none_or(|current| rank(id) <= Some(current)));
    let accepted = policy.accept_selection(Some(&selection), offer.as_ref(), current);
    if rank(current).is_some() || !policy.strict_preference {
        assert_eq!(accepted.is_ok(), good, "{policy:?} {selection:?} {offer:?} {current}");
    }
    if let Ok(accepted) = accepted {
        assert!(accepted == id && allowed(id));
    }
    let kept = if allowed(current) { Ok(current) } else { Err(McxError::AlgorithmBelowFloor) };
    assert_eq!(policy.accept_selection(None, offer.as_ref(), current), kept);
    Some(())
}

/// A server, and a client that need not be one.
struct Scene {
    kms: [Kms<Stub>; 2],
    alice: Someone<Stub>,
    home: Someone<Stub>,
    server: McxServer<8, 1>,
    rows: [UserRow; 2],
    rng: Repeating,
}

impl Scene {
    fn new(settings: McxSettings, algorithms: AlgorithmPolicy) -> Self {
        Self {
            kms: stub_kms(),
            alice: stub_someone(ALICE),
            home: stub_someone(MDSI),
            server: McxServer::new(McxServerConfig { settings, algorithms, ..McxServerConfig::default() }),
            rows: [(); 2].map(|()| UserRow::default()),
            rng: Repeating::default(),
        }
    }

    fn server<T>(
        &mut self, event: McxServerEvent<'_>, f: impl FnOnce(McxServerAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let Self { kms, home, server, rows, rng, .. } = self;
        let mut out = [0; 4096];
        home.with(kms, |own| {
            let handled = server.handle(event, own, rows.as_mut_slice(), NOW, rng, &mut out);
            handled.map(f).map_err(|refused| refused.error())
        })
    }

    /// The algorithm of the key, and the offer that is remembered.
    fn bind(&mut self, octets: &[u8]) -> Result<(KeyId, u8, Option<AlgorithmOffer>), McxError> {
        let upload = CskUpload { octets, impu: IMPU, user: ALICE, sdp_ids: None };
        let (id, algorithm) = self.server(McxServerEvent::Upload(upload), |action| match action {
            McxServerAction::CskBound { id, algorithm, .. } => (id, algorithm),
            other => panic!("{other:?}"),
        })?;
        Ok((id, algorithm, self.rows[0].offer().copied()))
    }
}

/// An upload with anything where an offer stands, in all encodings at once; the server reads the one that it is set to.
fn crafted(choices: &mut Choices<'_>) -> Option<()> {
    let encoding = ENCODINGS[usize::from(choices.below(3)?)];
    let policy = policy(choices)?;
    let present = choices.octet()?;
    let (extension, ids, selected) = (choices.slice()?, choices.slice()?, choices.slice()?);
    let octet = (present & 8 != 0).then(|| choices.octet()).flatten();
    let mut scene = Scene::new(McxSettings { encoding, ..McxSettings::DEFAULT }, policy);
    let mut params = DEFAULT_SRTCP_PARAMS.to_vec();
    for (bit, kind, value) in [(1, 241, ids), (2, 242, selected)] {
        if present & bit != 0 {
            params.extend([kind, u8::try_from(value.len()).unwrap()]);
            params.extend_from_slice(value);
        }
    }
    let extension = (present & 4 != 0).then_some(extension);
    let message = scene.craft(&params, extension, octet);
    // The rules, by hand.
    let well_formed = match encoding {
        NegotiationEncoding::Extension => {
            extension.map(|octets| is_offer(octets).then(|| (octets[2], &octets[4..])))
        }
        NegotiationEncoding::SpParameters => match (present & 1 != 0, present & 2 != 0) {
            (false, false) => None,
            (true, true) => Some(match selected {
                [selected] if is_list(ids) && ids.contains(selected) => Some((*selected, ids)),
                _ => None,
            }),
            _ => Some(None),
        },
        _ => None,
    };
    let bound = scene.bind(&message);
    let expected = match (well_formed, octet) {
        (Some(None), _) => None,
        (Some(Some((selected, _))), Some(octet)) if selected != octet => None,
        (Some(Some((selected, ids))), _) => Some((selected, Some(ids.to_vec()))),
        (None, Some(0)) => None,
        (None, Some(octet)) => Some((octet, Some(vec![octet]))),
        (None, None) => Some((policy.default, None)),
    };
    // In the other encodings a parameter of a private number is an unknown one.
    let is_foreign = encoding != NegotiationEncoding::SpParameters && present & 3 != 0;
    let expected = expected.filter(|(selected, _)| policy.allows(*selected) && !is_foreign);
    let bound =
        bound.ok().map(|(_, algorithm, offer)| (algorithm, offer.map(|offer| offer.list().ids().to_vec())));
    assert_eq!(bound, expected, "{encoding:?} {policy:?}");
    Some(())
}

impl Scene {
    fn craft(&mut self, params: &[u8], algorithms: Option<&[u8]>, octet: Option<u8>) -> Vec<u8> {
        let Self { kms, alice, home, rng, .. } = self;
        let id = KeyId::new(PurposeTag::Csk, 0x00BA_DCAB);
        let key = McKey::Csk(Csk::new(Secret::new([0x42; 16])));
        let mut out = [0; 1024];
        let parameters = octet.map(|octet| {
            let init = KeyParametersInit {
                signalling_algorithm: Some(octet),
                ..KeyParametersInit::of(PurposeTag::Csk, NOW)
            };
            seal_key_parameters(&init, &key, id.csb(), rng, &mut out).unwrap().to_vec()
        });
        let mut map = [0; 24];
        let spi = id.to_octets();
        let entry = GenericId {
            cs_id: 6,
            prot_type: ProtType::SRTP,
            s: false,
            policies: &[0],
            session_data: &[],
            spi: &spi,
        };
        let len = entry.encode(&mut map, 0).unwrap();
        let mut extensions = Vec::new();
        if let Some(octets) = &parameters {
            extensions.push(Extension { ext_type: ExtType::MC_KEY_PARAMETERS, octets });
        }
        if let Some(octets) = algorithms {
            extensions.push(Extension { ext_type: ExtType::KEY_ALGORITHMS, octets });
        }
        let init = IMessageInit {
            csb_id: CsbId(id.to_u32()),
            map: CsIdMap::GenericId(GenericIdMap::from_octets(1, &map[..len]).unwrap()),
            time: NOW.to_wire(),
            rand: &[7; 16],
            initiator: Party::Uri(ALICE),
            responder: Party::Uri(MDSI),
            initiator_kms: KMS,
            responder_kms: KMS,
            policies: &[Policy::new(0, ProtType::SRTP, params).unwrap()],
            id_scheme: SAKKE_ID_SCHEME_MC,
            extensions: &extensions,
        };
        let uid = castkey::mcx::Uid::derive(home.uri, KMS, periods(), PERIODS[0]).unwrap();
        let to = EncapsulateTo { kms: &*kms[0].encapsulate, id: uid.octets() };
        let ssv = Ssv::new(Secret::new([0x42; 16]));
        let mut out = [0; 4096];
        seal_i_message(&init, &ssv, to, None, &alice.keys[0].sign, rng, &mut out).unwrap().to_vec()
    }
}

/// A client and a server of any policies: an upload, and downloads that select.
fn exchange(choices: &mut Choices<'_>) -> Option<()> {
    let flags = choices.octet()?;
    let encoding = ENCODINGS[usize::from(flags % 3)];
    let settings =
        McxSettings { encoding, emit_signalling_algorithm: flags & 0x80 != 0, ..McxSettings::DEFAULT };
    let (own, theirs) = (policy(choices)?, policy(choices)?);
    let mut scene = Scene::new(settings, theirs);
    let config = McxClientConfig { settings, algorithms: own, no_offer: flags & 0x40 != 0 };
    let mut client = McxClient::<1, 8>::new(config);
    let form = MessageForm { services: &[McService::Mcptt], ..MessageForm::default() };
    let mut event = |scene: &mut Scene, event: McxClientEvent<'_>| {
        let Scene { kms, alice, rng, .. } = scene;
        let mut out = [0; 4096];
        alice.with(kms, |own| match client.handle(event, own, NOW, rng, &mut out) {
            Ok(McxClientAction::Send(message)) => Ok((0, message.to_vec())),
            Ok(McxClientAction::CskStored { algorithm, .. }) => Ok((algorithm, Vec::new())),
            Ok(_) => Ok((0, Vec::new())),
            Err(refused) => Err(refused.error()),
        })
    };
    event(&mut scene, McxClientEvent::Register { mdsi: MDSI, kms: KMS }).unwrap();
    let select = choices.below(7)?;
    let select = Some(select).filter(|id| *id != 0);
    let (_, message) = event(&mut scene, McxClientEvent::Upload { select, form }).ok()?;
    let Ok((_, algorithm, offer)) = scene.bind(&message) else { return None };
    assert!(theirs.allows(algorithm), "the server takes what its policy does not allow");
    if let Some(offer) = offer {
        assert!(
            offer.list().ids().iter().all(|id| own.allows(*id)),
            "an offer that the policy does not allow"
        );
        assert_eq!(offer.selected(), algorithm);
        assert!(select.is_none_or(|select| select == algorithm));
        if encoding != NegotiationEncoding::SignallingAlgorithm {
            assert_eq!(Ok(offer), own.offer(algorithm), "read otherwise than it was written");
        }
    }
    event(&mut scene, McxClientEvent::UploadAccepted).unwrap();
    let mut current = algorithm;
    let mut agreed = offer.is_some() || own.default == theirs.default;
    // As many as the replay cache of the client holds.
    for _ in 0..8 {
        let select = choices.below(7)?;
        let select = Some(select).filter(|id| *id != 0);
        let download = CskDownload { user: ALICE, kms: KMS, select, form };
        let sent = scene.server(McxServerEvent::SendCsk(download), |action| match action {
            McxServerAction::Send { message, .. } => message.to_vec(),
            other => panic!("{other:?}"),
        });
        let Ok(message) = sent else {
            let selectable = |id| theirs.allows(id) && offer.is_some_and(|offer| offer.list().has(id));
            assert!(select.is_some_and(|id| !selectable(id)), "{sent:?} of {select:?}");
            continue;
        };
        match event(&mut scene, McxClientEvent::Download { octets: &message, sdp_ids: None }) {
            Ok((algorithm, _)) => {
                agreed |= select.is_some();
                assert!(own.allows(algorithm), "{algorithm} is used below the floor of {own:?}");
                if let Some(select) = select {
                    assert_eq!(algorithm, select);
                    assert!(offer.is_some_and(|offer| offer.list().has(select)));
                }
                let user = McxServerEvent::CskTaken { user: ALICE };
                let theirs = scene.server(user, |action| match action {
                    McxServerAction::CskBound { algorithm, .. } => algorithm,
                    other => panic!("{other:?}"),
                });
                assert!(!agreed || theirs == Ok(algorithm), "{theirs:?}, {algorithm}");
                current = algorithm;
            }
            Err(e) => {
                assert!(own.strict_preference || !own.allows(current), "{e:?}");
                scene.server(McxServerEvent::CskRefused { user: ALICE }, |_| ()).unwrap();
            }
        }
    }
    Some(())
}
