//! Whole I_MESSAGEs against the sum of their parts, in both profiles: a CSK upload as the client makes it (encapsulate, sign) and
//! as the server takes it (verify, decapsulate), through the machines.
//!
//! Whole and parts take turns in one run; each figure is the best of many turns, which a busy machine disturbs least.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench"
)]

use core::hint::black_box;
use std::time::Instant;

use castkey::mcx::{
    AcceptedKms, AlgorithmPolicy, CskUpload, Entity, HeldKeys, KeyPeriods, KmsCertificate, KmsSecrets,
    McxClient, McxClientAction, McxClientConfig, McxClientEvent, McxServer, McxServerAction, McxServerConfig,
    McxServerEvent, MessageForm, MikeySakke, Ntp64, Uid, UserRow, Validity,
};
use castkey::sakke::eccsi::{self, KpakTable, SigningKey};
use castkey::sakke::{
    Decapsulator, Device, EccsiSign, EccsiVerify, Encapsulator, Profile, SED_LEN, SIGNATURE_LEN,
    SakkeDecapsulate, SakkeEncapsulate, Server, Ssv,
};
use castkey::secret::Secret;
use comfy_table::{Cell, CellAlignment, Table};
use rand::SeedableRng;
use rand::rngs::StdRng;

const ROUNDS: usize = 60;
const USER: &[u8] = b"sip:alice@example.org";
const SERVER: &[u8] = b"mcx.example.org";
const KMS: &[u8] = b"kms.example.org";
const PERIOD_S: u64 = 2_592_000;
const NOW: Ntp64 = Ntp64::from_seconds(1500 * PERIOD_S + PERIOD_S / 2);
/// What a whole may cost, of its parts.
const AIM: f64 = 1.1;

/// One user or server with the tables of its keys.
struct Keys<P: Profile + eccsi::Profile> {
    uri: &'static [u8],
    sign: SigningKey<P>,
    decapsulate: Box<Decapsulator<P>>,
}

type Math<P> = MikeySakke<'static, P>;

fn best(best: &mut f64, run: impl FnOnce()) {
    let begun = Instant::now();
    run();
    *best = best.min(begun.elapsed().as_secs_f64() * 1e6);
}

/// Microseconds: create, its parts, receive, its parts.
fn measure<P: Profile + eccsi::Profile>(rounds: usize) -> [f64; 4] {
    let rng = &mut StdRng::seed_from_u64(1);
    let kms = KmsSecrets::<P>::generate(rng).unwrap();
    let z = kms.pub_enc_key();
    let certificate = KmsCertificate {
        kms_uri: KMS,
        periods: KeyPeriods::new(PERIOD_S, 0).unwrap(),
        user_id_format: 2,
        parameter_set: 1,
        pub_enc_key: &z,
        pub_auth_key: kms.pub_auth_key(),
        algorithms: AlgorithmPolicy::default(),
        validity: Validity::ALWAYS,
    };
    let encapsulate = &mut *Box::leak(Box::new(Encapsulator::<P>::blank()));
    let verify = certificate.prepare(encapsulate, Box::leak(Box::new(KpakTable::new())), NOW).unwrap();
    let [user, server] = [USER, SERVER].map(|uri| {
        let set = certificate.issue(&kms, uri, 1500, rng).unwrap();
        let mut decapsulate = Box::new(Decapsulator::blank());
        Keys { uri, sign: set.prepare(&certificate, &mut decapsulate).unwrap(), decapsulate }
    });
    let accepted = [AcceptedKms::<Math<P>> {
        uri: KMS,
        periods: certificate.periods,
        validity: Validity::ALWAYS,
        encapsulate,
        verify: &verify,
    }];
    let held = |keys: &'static Keys<P>| {
        [HeldKeys::<Math<P>> {
            period: 1500,
            validity: Validity::ALWAYS,
            sign: &keys.sign,
            decapsulate: &*keys.decapsulate,
        }]
    };
    let (user, server) = (&*Box::leak(Box::new(user)), &*Box::leak(Box::new(server)));
    let (user_keys, server_keys) = (held(user), held(server));
    let user_entity = Entity { uri: user.uri, kms_uri: KMS, kms: &accepted, keys: &user_keys };
    let server_entity = Entity { uri: server.uri, kms_uri: KMS, kms: &accepted, keys: &server_keys };

    let uid = |uri| *Uid::derive(uri, KMS, certificate.periods, 1500).unwrap().octets();
    let (user_uid, server_uid) = (uid(USER), uid(SERVER));
    let ssv = Ssv::new(Secret::new([7; 16]));
    let (mut sed, mut signature) = ([0; SED_LEN], [0; SIGNATURE_LEN]);
    let mut times = [f64::INFINITY; 4];
    let [create, create_parts, receive, receive_parts] = &mut times;
    for _ in 0..rounds {
        let mut client = McxClient::<1, 4>::new(McxClientConfig::default());
        let mut out = [0; 1024];
        let register = McxClientEvent::Register { mdsi: SERVER, kms: KMS };
        client.handle(register, &user_entity, NOW, rng, &mut out).unwrap();
        let upload = McxClientEvent::Upload { select: None, form: MessageForm::default() };
        let mut sent = 0;
        best(create, || {
            let action = client.handle(black_box(upload), &user_entity, NOW, rng, &mut out).unwrap();
            let McxClientAction::Send(message) = action else { unreachable!() };
            sent = message.len();
        });
        let octets = &out[..sent];
        let signed = octets.len() - SIGNATURE_LEN;
        best(create_parts, || {
            encapsulate.encapsulate(black_box(&ssv), &server_uid, &mut sed).unwrap();
            user.sign.sign(black_box(&octets[..signed]), rng, &mut signature).unwrap();
        });
        let mut machine = McxServer::<4, 1>::new(McxServerConfig::default());
        let mut table = [UserRow::default()];
        let mut room = [0; 1024];
        best(receive, || {
            let upload =
                CskUpload { octets: black_box(octets), impu: b"sip:impu", user: USER, sdp_ids: None };
            let event = McxServerEvent::Upload(upload);
            let table = table.as_mut_slice();
            let action = machine.handle(event, &server_entity, table, NOW, rng, &mut room).unwrap();
            assert!(matches!(action, McxServerAction::CskBound { .. }));
        });
        best(receive_parts, || {
            verify.verify(&user_uid, black_box(&octets[..signed]), octets.last_chunk().unwrap()).unwrap();
            black_box(server.decapsulate.decapsulate(black_box(&sed), &server_uid).unwrap());
        });
    }
    times
}

fn main() {
    let test = std::env::args().any(|argument| argument == "--test");
    let rounds = if test { 1 } else { ROUNDS };
    let mut table = Table::new();
    table.set_header(["profile", "operation", "whole, µs", "parts, µs", "ratio", "aim", ""]);
    for (profile, times) in [("Server", measure::<Server>(rounds)), ("Device", measure::<Device>(rounds))] {
        let [create, create_parts, receive, receive_parts] = times;
        for (name, whole, parts) in
            [("create an I_MESSAGE", create, create_parts), ("receive an I_MESSAGE", receive, receive_parts)]
        {
            let ratio = whole / parts;
            let verdict = if ratio <= AIM { "met" } else { "missed" };
            let numbers =
                [format!("{whole:.1}"), format!("{parts:.1}"), format!("{ratio:.3}"), format!("{AIM}")];
            let mut row = vec![Cell::new(profile), Cell::new(name)];
            row.extend(numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right)));
            row.push(Cell::new(verdict));
            table.add_row(row);
        }
    }
    println!("{table}");
}
