//! Every field of [`Settings`] changes the octets or the decision that it says it changes.
//!
//! Octets are compared with the worked examples, which the library did not make. [`rows!`] takes the settings apart
//! without `..`: a new field without a row does not compile.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "settings/build.rs"]
mod build;
mod common;

use build::{build, built, handmade, hear, inputs, mtk_message, muk, name, terminal};
use castkey::error::{DecodeErrorKind, Error, OpenError};
use castkey::id::{Counter, CsbId, MtkId};
use castkey::keys::{
    Algorithms, DigestPasswordForm, KsNaf, Mrk, MrkDerivation, MskRand, Muk, MukOctets, PreSharedKey,
    Protection, SameMskId, SeqLower,
};
use castkey::message::psk::{ExtPlace, PskMessage};
use castkey::message::{ErrorMessage, MskContent, MskMessage, seal_verification};
use castkey::role::Ue;
use castkey::secret::Secret;
use castkey::settings::{
    DraftExt, DraftGroup, ErrorMessages, InvalidInterval, KeyDataTypes, Profile, Settings, Sha256Suite,
    VerificationMap,
};
use castkey::time::NtpTime;
use castkey::wire::{ErrorNo, IdType, KeyDataType, Payload, Timestamp};
use common::example;

/// One row for each field, and the rows themselves as tests.
macro_rules! rows {
    ($($field:ident => $test:ident;)+) => {
        #[test]
        fn every_field_has_a_row_of_its_own() {
            let Settings { $($field: _,)+ } = Settings::DEFAULT;
            let rows: &[(&str, &str, fn())] = &[$((stringify!($field), stringify!($test), $test),)+];
            for (field, test, _) in rows {
                assert!(test.starts_with(field), "{test} is not about {field}");
            }
        }
    };
}

rows! {
    profile => profile_names_the_key_in_another_place;
    mrk => mrk_changes_fc_and_p0_of_the_derivation;
    muk => muk_takes_all_or_either_half_of_ks_naf;
    digest_password => digest_password_has_three_forms;
    idi_type => idi_type_changes_one_octet_and_no_receiver_minds;
    idr_type => idr_type_changes_one_octet_and_no_receiver_minds;
    ext_place => ext_place_moves_the_extension_and_readers_take_any_order;
    error_messages => error_messages_answer_a_wrong_mac;
    key_data => key_data_changes_the_type_in_the_plain_text;
    rand_optional => rand_optional_admits_a_message_that_leans_on_the_stored_rand;
    rand_max_len => rand_max_len_refuses_what_is_longer;
    reack_duplicate => reack_duplicate_answers_a_copy_again;
    initial_counter => initial_counter_makes_the_first_message_a_replay;
    seq_lower => seq_lower_admits_the_lowest_mtk_id;
    invalid_interval => invalid_interval_deletes_or_leaves_the_msk;
    same_msk_id => same_msk_id_merges_replaces_or_refuses;
    sha256_suite => sha256_suite_admits_one_suite_at_a_time;
    verification_map => verification_map_repeats_or_empties_the_map;
    allow_null_encryption => allow_null_encryption_admits_a_key_in_the_clear;
    any_timestamp => any_timestamp_takes_the_low_half_of_a_clock;
    draft_group => draft_group_moves_to_the_other_half_of_the_csb_id;
    draft_ext => draft_ext_puts_the_numbers_into_sub_payloads;
    draft_idi_type => draft_idi_type_changes_one_octet;
}

/// Where the type of the first Key data stands in its plain text.
const KEY_TYPE_AT: usize = 1;

/// Where two messages of one length differ, apart from the MAC of 20 octets at the end.
fn differences(a: &[u8], b: &[u8]) -> Vec<usize> {
    assert_eq!(a.len(), b.len());
    (0..a.len() - 20).filter(|at| a[*at] != b[*at]).collect()
}

fn refusal(octets: &[u8], settings: &Settings) -> Option<DecodeErrorKind> {
    MskMessage::decode(octets, settings).err().map(|e| e.kind)
}

fn opens(octets: &[u8], settings: &Settings) -> bool {
    MskMessage::decode(octets, settings)
        .is_ok_and(|message| message.open(&muk(), None, None, settings).is_ok())
}

#[test]
fn default_octets_are_those_of_the_worked_example() {
    assert_eq!(built(&Settings::DEFAULT), example("msk-message").hex("outputs/message"));
    assert_eq!(built(&Settings::default()), built(&Settings::DEFAULT));
}

/// Covers: R-MSK-2, R-MSK-3
/// Code: src/message/profile.rs
#[test]
fn profile_names_the_key_in_another_place() {
    let draft = Settings { profile: Profile::Draft, ..Settings::DEFAULT };
    let expected = example("draft-msk-message").hex("outputs/message");
    assert_eq!(built(&draft), expected);
    assert!(opens(&expected, &draft));
    assert_eq!(refusal(&expected, &Settings::DEFAULT), Some(DecodeErrorKind::BadKeyId));
    assert_eq!(refusal(&built(&Settings::DEFAULT), &draft), Some(DecodeErrorKind::BadKeyId));
}

#[test]
fn mrk_changes_fc_and_p0_of_the_derivation() {
    use hmac::{Hmac, KeyInit, Mac};
    let e = example("gba-me");
    let ks_naf = KsNaf::new(Secret::new(e.array("outputs/ks_naf")));
    let MrkDerivation { fc, p0 } = Settings::DEFAULT.mrk;
    for derivation in
        [Settings::DEFAULT.mrk, MrkDerivation { fc: 0x02, p0 }, MrkDerivation { fc, p0: b"another" }]
    {
        let len = u16::try_from(derivation.p0.len()).unwrap().to_be_bytes();
        let s = [&[derivation.fc], derivation.p0, &len].concat();
        let mac = Hmac::<sha2::Sha256>::new_from_slice(&e.hex("outputs/ks_naf")).unwrap().chain_update(&s);
        let mrk = Mrk::from_gba_me(&ks_naf, derivation).unwrap();
        assert_eq!(mrk.secret().expose()[..], mac.finalize().into_bytes()[..]);
        assert_eq!(mrk.secret().expose()[..] == e.hex("outputs/mrk"), derivation == Settings::DEFAULT.mrk);
    }
}

#[test]
fn muk_takes_all_or_either_half_of_ks_naf() {
    let octets = example("gba-me").array::<32>("outputs/ks_naf");
    let ks_naf = KsNaf::new(Secret::new(octets));
    assert_eq!(Settings::DEFAULT.muk, MukOctets::All);
    let rows = [
        (MukOctets::All, &octets[..]),
        (MukOctets::First16, &octets[..16]),
        (MukOctets::Last16, &octets[16..]),
    ];
    for (setting, expected) in rows {
        let muk = Muk::from_gba_me(&ks_naf, setting);
        assert_eq!(muk.export(), expected, "{setting:?}");
        let message = built(&Settings::DEFAULT);
        let opened = MskMessage::decode(&message, &Settings::DEFAULT)
            .unwrap()
            .open(&muk, None, None, &Settings::DEFAULT)
            .is_ok();
        assert_eq!(opened, setting == MukOctets::All);
    }
}

#[test]
fn digest_password_has_three_forms() {
    let e = example("gba-me");
    let mrk = Mrk::new(Secret::new(e.array("outputs/mrk")));
    assert_eq!(Settings::DEFAULT.digest_password, DigestPasswordForm::Base64);
    let rows = [
        (DigestPasswordForm::Base64, e.text("outputs/http_digest_password_text").as_bytes().to_vec()),
        (DigestPasswordForm::Hex, e.text("outputs/mrk").as_bytes().to_vec()),
        (DigestPasswordForm::Raw, e.hex("outputs/mrk")),
    ];
    for (form, expected) in rows {
        assert_eq!(mrk.digest_password(form).as_octets(), expected, "{form:?}");
    }
}

#[test]
fn idi_type_changes_one_octet_and_no_receiver_minds() {
    let other = built(&Settings { idi_type: IdType::BYTE_STRING, ..Settings::DEFAULT });
    assert_eq!(differences(&built(&Settings::DEFAULT), &other), [50]);
    assert_eq!(other[50], 2);
    assert!(opens(&other, &Settings::DEFAULT));
}

#[test]
fn idr_type_changes_one_octet_and_no_receiver_minds() {
    let other = built(&Settings { idr_type: IdType::BYTE_STRING, ..Settings::DEFAULT });
    assert_eq!(differences(&built(&Settings::DEFAULT), &other), [73]);
    assert_eq!(other[73], 2);
    assert!(opens(&other, &Settings::DEFAULT));
}

#[test]
fn ext_place_moves_the_extension_and_readers_take_any_order() {
    let order = |octets: &[u8]| -> Vec<u8> {
        let message = castkey::wire::Message::decode(octets).unwrap();
        message.payloads().map(|payload| payload.payload_type().0).collect()
    };
    // The numbers of RFC 3830 §6.1: EXT 21, T 5, RAND 11, ID 6, KEMAC 1.
    let rows = [
        (ExtPlace::First, [21, 5, 11, 6, 6, 1]),
        (ExtPlace::AfterT, [5, 21, 11, 6, 6, 1]),
        (ExtPlace::BeforeKemac, [5, 11, 6, 6, 21, 1]),
    ];
    for (ext_place, expected) in rows {
        let message = built(&Settings { ext_place, ..Settings::DEFAULT });
        assert_eq!(order(&message), expected);
        assert!(opens(&message, &Settings::DEFAULT));
    }
}

#[test]
fn error_messages_answer_a_wrong_mac() {
    let mut forged = built(&Settings::DEFAULT);
    *forged.last_mut().unwrap() ^= 1;
    let silent = hear(&mut terminal(Settings::DEFAULT), &forged);
    assert_eq!(silent.unwrap_err(), Error::Open(OpenError::MacInvalid));

    let settings = Settings { error_messages: ErrorMessages::OnBadMac, ..Settings::DEFAULT };
    let (actions, sent) = hear(&mut terminal(settings), &forged).unwrap();
    assert_eq!(actions, ["Refused", "Send"]);
    let error = ErrorMessage::decode(&sent).unwrap();
    assert_eq!((error.error(), error.timestamp()), (ErrorNo(0), Timestamp::Counter(Counter(1))));
    let (idi, idr, rand) = inputs();
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand };
    assert_eq!(error.verify(&idi, &idr, &muk().keys(&protection).unwrap()), Ok(()));
}

#[test]
fn key_data_changes_the_type_in_the_plain_text() {
    // Types in the upper four bits (RFC 3830 §6.13): TGK 0, TGK+SALT 1, TEK 2, TEK+SALT 3.
    const TEK_TO_TGK: u8 = 2 << 4;
    let KeyDataTypes { msk, mtk_with_salt, mtk } = Settings::DEFAULT.key_data;
    let with = |key_data| Settings { key_data, ..Settings::DEFAULT };
    let tgk = with(KeyDataTypes { msk: KeyDataType::TGK, mtk_with_salt, mtk });
    let tgk_salt = with(KeyDataTypes { msk, mtk_with_salt: KeyDataType::TGK_SALT, mtk });
    let mtk_tgk = with(KeyDataTypes { msk, mtk_with_salt, mtk: KeyDataType::TGK });
    // AES-CM: what differs in the plain text differs in the same place, by the same bits, in the message.
    let changed = |a: Vec<u8>, b: Vec<u8>| {
        let key_data_at = PskMessage::decode(&a).unwrap().kemac().encr_data.len();
        let start = a.len() - 21 - key_data_at;
        let at = differences(&a, &b);
        assert_eq!(at, [start + KEY_TYPE_AT]);
        a[at[0]] ^ b[at[0]]
    };
    assert_eq!(changed(built(&Settings::DEFAULT), built(&tgk)), TEK_TO_TGK);
    let salted = |settings: &Settings| mtk_message(settings, 1, 7, true);
    assert_eq!(salted(&Settings::DEFAULT), example("mtk-message-streaming").hex("outputs/message"));
    assert_eq!(changed(salted(&Settings::DEFAULT), salted(&tgk_salt)), TEK_TO_TGK);
    let bare = |settings: &Settings| mtk_message(settings, 2, 8, false);
    assert_eq!(bare(&Settings::DEFAULT), example("mtk-message-download").hex("outputs/message"));
    assert_eq!(changed(bare(&Settings::DEFAULT), bare(&mtk_tgk)), TEK_TO_TGK);
    // No field reaches into the messages of the others, and a reader takes them all.
    assert_eq!(built(&tgk_salt), built(&mtk_tgk));
    assert_eq!((salted(&tgk), bare(&tgk)), (salted(&mtk_tgk), bare(&tgk_salt)));
    assert!(opens(&built(&tgk), &Settings::DEFAULT));
}

#[test]
fn rand_optional_admits_a_message_that_leans_on_the_stored_rand() {
    let rand = inputs().2;
    let message = handmade(Timestamp::Counter(Counter(2)), None, &rand, (0, 1000));
    assert_eq!(refusal(&message, &Settings::DEFAULT), Some(DecodeErrorKind::MissingPayload));
    let settings = Settings { rand_optional: true, ..Settings::DEFAULT };
    let decoded = MskMessage::decode(&message, &settings).unwrap();
    let stored = MskRand::new(&rand);
    let opened = decoded.open(&muk(), None, stored.as_ref(), &settings).unwrap();
    let MskContent::Key { rand: its_rand, .. } = opened.content else { panic!("{opened:?}") };
    assert_eq!(its_rand, stored);

    let mut ue = terminal(settings);
    assert!(hear(&mut ue, &message).is_err(), "no RAND is stored yet");
    assert!(hear(&mut ue, &built(&settings)).is_ok());
    assert!(hear(&mut ue, &message).is_ok());
}

#[test]
fn rand_max_len_refuses_what_is_longer() {
    let of = |len: usize| vec![0x5A; len];
    let message = |len| build(&Settings::DEFAULT, 1, 0, &of(len), Algorithms::SHA1);
    for (limit, len, expected) in [
        (Settings::DEFAULT.rand_max_len, 32, None),
        (31, 32, Some(DecodeErrorKind::BadRand)),
        (31, 31, None),
        (16, 16, None),
        (16, 17, Some(DecodeErrorKind::BadRand)),
    ] {
        let settings = Settings { rand_max_len: limit, ..Settings::DEFAULT };
        assert_eq!(refusal(&message(len), &settings), expected, "{len} of {limit}");
    }
    let counter = Timestamp::Counter(Counter(1));
    for (rand, expected) in [(of(15), DecodeErrorKind::BadRand), (of(33), DecodeErrorKind::BadRand)] {
        let message = handmade(counter, Some(&rand), &rand, (0, 1000));
        assert_eq!(refusal(&message, &Settings::DEFAULT), Some(expected));
        // More than 32 octets are never kept, so they are never taken.
        let settings = Settings { rand_max_len: 40, ..Settings::DEFAULT };
        assert_eq!(refusal(&message, &settings), Some(expected));
    }
}

#[test]
fn reack_duplicate_answers_a_copy_again() {
    let message = built(&Settings::DEFAULT);
    let v_message = example("msk-verification").hex("outputs/message");
    for (reack_duplicate, second) in [(false, Err(Error::Open(OpenError::Replay))), (true, Ok(vec!["Send"]))]
    {
        let mut ue = terminal(Settings { reack_duplicate, ..Settings::DEFAULT });
        let (actions, sent) = hear(&mut ue, &message).unwrap();
        assert_eq!(actions, ["Persist", "Send", "MskStored", "Activated"]);
        assert_eq!(sent, v_message);
        assert_eq!(hear(&mut ue, &message).map(|(actions, _)| actions), second);
        if reack_duplicate {
            assert_eq!(hear(&mut ue, &message).unwrap().1, v_message);
        }
    }
}

#[test]
fn initial_counter_makes_the_first_message_a_replay() {
    let message = built(&Settings::DEFAULT);
    for (initial_counter, good) in [(None, true), (Some(Counter(0)), true), (Some(Counter(1)), false)] {
        let settings = Settings { initial_counter, ..Settings::DEFAULT };
        let opened = MskMessage::decode(&message, &settings).unwrap().open(&muk(), None, None, &settings);
        assert_eq!(opened.err(), (!good).then_some(OpenError::Replay), "{initial_counter:?}");
    }
}

#[test]
fn seq_lower_admits_the_lowest_mtk_id() {
    let rows = [
        (SeqLower::Exclusive, Err(Error::Open(OpenError::KeyNotFresh))),
        (SeqLower::Inclusive, Ok(vec!["Persist", "MtkReady"])),
    ];
    for (seq_lower, expected) in rows {
        let mut ue = terminal(Settings { seq_lower, ..Settings::DEFAULT });
        hear(&mut ue, &built(&Settings::DEFAULT)).unwrap();
        let lowest = mtk_message(&Settings::DEFAULT, 0, 1, true);
        assert_eq!(hear(&mut ue, &lowest).map(|(actions, _)| actions), expected);
    }
}

#[test]
fn invalid_interval_deletes_or_leaves_the_msk() {
    let rand = inputs().2;
    let backwards = handmade(Timestamp::Counter(Counter(2)), Some(&rand), &rand, (9, 8));
    for invalid_interval in [InvalidInterval::Delete, InvalidInterval::Reject] {
        let mut ue = terminal(Settings { invalid_interval, ..Settings::DEFAULT });
        hear(&mut ue, &built(&Settings::DEFAULT)).unwrap();
        let heard = hear(&mut ue, &backwards).map(|(actions, _)| actions);
        if invalid_interval == InvalidInterval::Delete {
            assert_eq!(heard.unwrap(), ["Persist", "Send", "MskInvalidated"]);
            assert!(ue.msks().get(name()).is_none());
        } else {
            assert_eq!(heard, Err(Error::Open(OpenError::InvalidInterval)));
            assert!(ue.msks().get(name()).is_some());
        }
    }
}

#[test]
fn same_msk_id_merges_replaces_or_refuses() {
    let rand = inputs().2;
    let again = |key| build(&Settings::DEFAULT, 2, key, &rand, Algorithms::SHA1);
    let used = |ue: &Ue<1>| ue.msks().get(name()).unwrap().window().seqs();
    // The setting, whether the same key comes again, what it does, and which MTK ID counts as used then.
    let rows = [
        (SameMskId::Merge, 0, true, Some(MtkId(5))),
        (SameMskId::Merge, 1, true, Some(MtkId(0))),
        (SameMskId::Replace, 0, true, Some(MtkId(0))),
        (SameMskId::Replace, 1, true, Some(MtkId(0))),
        (SameMskId::Refuse, 0, false, Some(MtkId(5))),
        (SameMskId::Refuse, 1, false, Some(MtkId(5))),
    ];
    for (same_msk_id, key, accepted, expected) in rows {
        let mut ue = terminal(Settings { same_msk_id, ..Settings::DEFAULT });
        hear(&mut ue, &built(&Settings::DEFAULT)).unwrap();
        hear(&mut ue, &mtk_message(&Settings::DEFAULT, 5, 1, true)).unwrap();
        let heard = hear(&mut ue, &again(key));
        if accepted {
            assert!(heard.unwrap().0.contains(&"MskStored"), "{same_msk_id:?}");
        } else {
            assert_eq!(heard.unwrap_err(), Error::Open(OpenError::SameMskId));
        }
        assert_eq!(used(&ue), expected, "{same_msk_id:?}, key changed by {key}");
    }
}

#[test]
fn sha256_suite_admits_one_suite_at_a_time() {
    let rand = inputs().2;
    let sha1 = example("msk-message").hex("outputs/message");
    let full = example("msk-message-sha256").hex("outputs/message");
    let with_aes128 = build(&Settings::DEFAULT, 1, 0, &rand, Algorithms::SHA256_AES128);
    let rows = [
        (
            Sha256Suite::Off,
            [None, Some(DecodeErrorKind::UnsupportedPrf), Some(DecodeErrorKind::UnsupportedPrf)],
        ),
        (Sha256Suite::Full, [None, None, Some(DecodeErrorKind::UnsupportedEncryption)]),
        (Sha256Suite::WithAes128, [None, Some(DecodeErrorKind::UnsupportedEncryption), None]),
    ];
    for (sha256_suite, expected) in rows {
        let settings = Settings { sha256_suite, ..Settings::DEFAULT };
        for (message, refused) in [&sha1, &full, &with_aes128].into_iter().zip(expected) {
            assert_eq!(refusal(message, &settings), refused, "{sha256_suite:?}");
            assert_eq!(opens(message, &settings), refused.is_none());
        }
    }
}

#[test]
fn verification_map_repeats_or_empties_the_map() {
    let e = example("msk-message-sp");
    let message = e.hex("outputs/message_two_streams");
    for verification_map in [VerificationMap::Repeat, VerificationMap::Empty] {
        let settings = Settings { verification_map, ..Settings::DEFAULT };
        let decoded = MskMessage::decode(&message, &settings).unwrap();
        let keys = decoded.open(&muk(), None, None, &settings).unwrap().keys;
        let mut out = [0; 256];
        let v = seal_verification(decoded.psk(), &keys, &settings, &mut out).unwrap();
        let expected = e.hex("outputs/v_message_two_streams");
        if verification_map == VerificationMap::Repeat {
            assert_eq!(v, expected);
        } else {
            // #CS 0, map type 1, and straight to T: the two entries of 9 octets are gone.
            assert_eq!(v[..8], expected[..8]);
            assert_eq!(v[8..10], [0, 1]);
            assert_eq!(v[10..v.len() - 20], expected[28..expected.len() - 20]);
        }
    }
}

#[test]
fn allow_null_encryption_admits_a_key_in_the_clear() {
    let message = example("csb-and-null").hex("outputs/null_message");
    assert_eq!(refusal(&message, &Settings::DEFAULT), Some(DecodeErrorKind::UnsupportedEncryption));
    let settings = Settings { allow_null_encryption: true, ..Settings::DEFAULT };
    assert!(opens(&message, &settings));
    assert!(!opens(&message, &Settings::DEFAULT));
}

#[test]
fn any_timestamp_takes_the_low_half_of_a_clock() {
    let rand = inputs().2;
    let clock = NtpTime::from_bits(0xE000_0001_0000_0007);
    for timestamp in [Timestamp::NtpUtc(clock), Timestamp::Ntp(clock)] {
        let message = handmade(timestamp, Some(&rand), &rand, (0, 1000));
        assert_eq!(refusal(&message, &Settings::DEFAULT), Some(DecodeErrorKind::UnsupportedTimestamp));
        let settings = Settings { any_timestamp: true, ..Settings::DEFAULT };
        assert_eq!(MskMessage::decode(&message, &settings).unwrap().counter(), Counter(7));
        assert!(opens(&message, &settings));
    }
}

/// A draft setting against the default of the draft.
fn draft(change: impl Fn(&mut Settings)) -> (Vec<u8>, Vec<u8>, Settings) {
    let default = Settings { profile: Profile::Draft, ..Settings::DEFAULT };
    let mut other = default;
    change(&mut other);
    assert_eq!(built(&default), example("draft-msk-message").hex("outputs/message"));
    assert!(opens(&built(&other), &other));
    (built(&default), built(&other), default)
}

#[test]
fn draft_group_moves_to_the_other_half_of_the_csb_id() {
    let (_, left, default) = draft(|settings| settings.draft_group = DraftGroup::Left);
    assert_eq!(left[4..8], [0x68, 0xCA, 0, 0]);
    assert_eq!(refusal(&left, &default), Some(DecodeErrorKind::BadKeyId));
}

#[test]
fn draft_ext_puts_the_numbers_into_sub_payloads() {
    let (bare, subs, default) = draft(|settings| settings.draft_ext = DraftExt::KeyIds);
    let ext = |octets: &[u8]| {
        let message = castkey::wire::Message::decode(octets).unwrap();
        let Some(Payload::Ext(ext)) = message.payloads().next() else { panic!("{message:?}") };
        ext.octets.to_vec()
    };
    assert_eq!((ext(&bare), ext(&subs)), (vec![0, 1], vec![1, 2, 0, 1]));
    assert!(!opens(&subs, &default));
}

#[test]
fn draft_idi_type_changes_one_octet() {
    let (nai, other, default) = draft(|settings| settings.draft_idi_type = IdType::BYTE_STRING);
    // Header 10, EXT 6, T 6, RAND 18, and the next payload octet of IDi.
    assert_eq!(differences(&nai, &other), [41]);
    assert_eq!((nai[41], other[41]), (0, 2));
    assert!(opens(&other, &default));
}
