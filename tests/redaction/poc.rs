//! The PoC functions, their events and their actions, over keys full of the sentinel.

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, KeyGroup, MskName, MtkId};
use castkey::keys::{MskRand, Mtk, MtkSalt, Muk, SrtpKeys};
use castkey::poc::*;
use castkey::role::User;
use castkey::secret::Secret;
use castkey::time::Tick;
use rand::rand_core::{TryCryptoRng, TryRng};

use super::{GROUP, ID, RAND, S, check, check_derived, entry, leak, msk_message, mtk_message, muk, settings};

/// A generator of nothing but the sentinel.
struct Sentinel;

impl TryRng for Sentinel {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_be_bytes([S; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_be_bytes([S; 8]))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        octets.fill(S);
        Ok(())
    }
}

impl TryCryptoRng for Sentinel {}

const GROUPS: [KeyGroup; 2] = [GROUP.group, KeyGroup(9)];

fn updated(number: u16) -> UpdatedMsk {
    UpdatedMsk {
        name: MskName::new(
            GROUP.domain,
            castkey::id::MskId::new(GROUP.group, castkey::id::KeyNumber(number)),
        ),
        msk: Secret::new([S; 16]),
        rand: MskRand::new(&RAND).unwrap(),
        seq_low: MtkId(0),
        seq_high: MtkId(9),
        mtk: Some((Mtk::new(Secret::new([S; 16])), MtkSalt::new(Secret::new([S; 14])))),
    }
}

#[test]
fn a_poc_server_and_its_offers_do_not_show_keys() {
    let mut server = Server::new(ServerConfig::default(), GROUP.domain, GROUPS, &mut Sentinel).unwrap();
    let muk = muk();
    let user = User { id: ID, muk: &muk, counter: Some(Counter(1)) };
    let (mut leg, mut out) = (Leg::OUTSIDE, [0; 2048]);
    let now = Tick::from_millis(0);
    let actions = server.handle_leg(&mut leg, &user, LegEvent::Join, now, &mut Sentinel, &mut out).unwrap();
    assert!(actions.iter().any(|action| matches!(action, ServerAction::DeliverMsk { .. })));
    check("Actions", &actions);
    for action in &actions {
        check("ServerAction", action);
    }
    check("Server", &server);
    check("ServerAction", &ServerAction::DeliverMsk { current: Some(&[S; 64]), updated: Some(&[S; 64]) });
    check("Confirmation", &Confirmation { current: Some(&[S; 20]), updated: Some(&[S; 20]) });
}

#[test]
fn a_distribution_and_what_it_is_given_do_not_show_keys() {
    let mut distribution = Distribution::new(DistributionConfig::default(), GROUP.domain);
    let (now, mut out) = (Tick::from_millis(0), [0; 512]);
    check("UpdatedMsk", &updated(1));
    let event = DistributionEvent::SessionUpdate(Some(updated(1)));
    check("DistributionEvent", &event);
    let actions = distribution.handle(event, now, &mut Sentinel, &mut out).unwrap();
    for action in &actions {
        check("DistributionAction", action);
    }
    check("DistributionAction", &DistributionAction::MulticastMikey(&[S; 64]));
    check("DistributionAction", &DistributionAction::MulticastMbcp(&[S; 64]));
    check("Distribution", &distribution);
    let keys = SrtcpKeys::derive(
        RustCrypto,
        &Mtk::new(Secret::new([S; 16])),
        Some(&MtkSalt::new(Secret::new([S; 14]))),
    );
    check("SrtcpKeys", &keys);
}

#[test]
fn a_poc_client_its_events_and_its_actions_do_not_show_keys() {
    let channel = FollowerConfig::new(GROUP.domain, GROUPS);
    let coding = IndicationCoding::DEFAULT;
    let config = ClientConfig { channel, settings: settings(), coding, require_sdp_ids: false };
    let mut client = Client::<Muk>::new(config);
    client.bootstrapped(ID, muk()).unwrap();
    let (msk, mtk) = (msk_message(), mtk_message(MtkId(1), 1));
    let offer = Offer { current: None, updated: Some(&msk), protocols: b"mikey" };
    check("Offer", &offer);
    let mut leaks = Vec::new();
    for event in [ClientEvent::Offer(offer), ClientEvent::Mikey(&mtk), ClientEvent::Mbcp(&[S; 64])] {
        leaks.extend(leak("ClientEvent", &event));
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        if let Ok(actions) = client.handle(event, Tick::from_millis(0), &mut out) {
            for action in &actions {
                leaks.extend(leak("ClientAction", action));
            }
        }
        leaks.extend(leak("Client", &client));
    }
    assert_eq!(client.msks().count(), 1, "there is a key to be shown");
    assert!(leaks.is_empty(), "{leaks:#?}");
    check("ClientAction", &ClientAction::Answer { current: Some(&[S; 20]), updated: None });
    check("ClientAction", &ClientAction::Mbcp(&[S; 20]));
    let mut follower = Follower::<castkey::keys::MskEntry, Secret<16>>::new();
    follower.clear();
    check("Follower", &follower);
}

#[test]
fn what_poc_holds_does_not_show_its_keys() {
    let (mtk, salt) = (Mtk::new(Secret::new([S; 16])), MtkSalt::new(Secret::new([S; 14])));
    let (keys, derived) =
        (SrtcpKeys::derive(RustCrypto, &mtk, Some(&salt)), SrtpKeys::derive(&mtk, Some(&salt)));
    check("SrtcpKeys", &keys);
    check_derived("SrtcpKeys", &keys, derived.rtcp_encr.expose());
    check_derived("SrtcpKeys", &keys, derived.rtcp_salt.expose());
    let entry = entry();
    let elements = SessionUpdateElements {
        access_technology: Some("MBMS"),
        bearer: Some(BearerMode::Multicast),
        msk: Some(&entry),
        areas: Some(&["here"]),
        qoe_profile: Some("-"),
    };
    check("SessionUpdateElements", &elements);
    check("SessionUpdateRequest", &elements.build().unwrap());

    let (message, mut line) = (msk_message(), [0; 1024]);
    let sdp = SdpKeyMgmt::parse(encode_key_mgmt(&message, &mut line).unwrap().as_bytes()).unwrap();
    check("SdpKeyMgmt", &sdp);
    check("KeyMgmt", &sdp.iter().next().unwrap());
    check("MikeyOctets", &MikeyOctets(&message));
    let elements = ReInviteElements {
        session: Some("a"),
        client: Some("b"),
        user: Some("c"),
        media: Some("d"),
        floor_control: Some("e"),
        channel_floor_control: Some("f"),
        channel_media: Some("g"),
        channel: Some("h"),
        msk: Some(MikeyOctets(&message)),
        areas: Some(&["j"]),
    };
    check("ReInviteElements", &elements);
    check("ReInvite", &elements.build().unwrap());
    check("KeyUpdate", &elements.key_update().unwrap());
}
