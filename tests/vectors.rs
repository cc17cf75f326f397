//! Every worked example of `vectors/mbms-oracle.json`: inputs in, every reachable intermediate and output out.
//!
//! The examples come from an independent model, so nothing here compares the library with itself. Intermediates that
//! the public API hides (encr_key, salt_key, IV, the bare PRF) are reached with the feature `hazmat`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod common;
#[path = "vectors/derivations.rs"]
mod derivations;
#[path = "vectors/messages.rs"]
mod messages;
#[path = "vectors/mtk_messages.rs"]
mod mtk_messages;
#[path = "vectors/refusals.rs"]
mod refusals;
#[path = "vectors/single.rs"]
mod single;

/// Which test runs which example.
const TESTED: &[(&str, fn())] = &[
    ("gba-me", derivations::gba_me_gives_the_muk_the_mrk_and_the_password),
    ("gba-u", derivations::gba_u_gives_the_muk_and_the_mrk),
    #[cfg(feature = "hazmat")]
    ("prf", derivations::the_prf_gives_one_two_and_three_blocks),
    #[cfg(feature = "hazmat")]
    ("prf-inkeys", derivations::the_prf_splits_the_inkey_at_32_octets),
    ("msk-message", messages::the_msk_message_is_built_and_opened),
    ("msk-verification", messages::the_verification_message_is_built_and_checked),
    ("mtk-message-streaming", mtk_messages::the_streaming_mtk_message_is_built_and_opened),
    ("mtk-message-download", mtk_messages::the_download_mtk_message_is_built_and_opened),
    ("solicited-pull", messages::the_pull_is_built_and_opened),
    ("draft-msk-message", messages::the_three_draft_messages_are_built_and_opened),
    ("msk-message-sha256", messages::the_sha256_msk_message_is_built_and_opened),
    ("msk-message-sp", messages::the_msk_message_with_policies_is_built_and_opened),
    ("csb-and-null", messages::null_encryption_is_accepted_only_where_allowed),
    ("pieces", single::every_single_payload_is_written_and_read),
    ("replay", single::counters_and_mtk_ids_are_fresh_or_not),
    ("negative", refusals::each_bad_message_is_refused_for_its_own_reason),
    ("http-digest", derivations::the_password_gives_the_http_digest_response),
];

/// Examples that another test file runs, with the text of that file.
const ELSEWHERE: &[(&str, &str)] =
    &[("uicc", include_str!("uicc.rs")), ("5g-mbs-key-set", include_str!("uicc.rs"))];

/// Examples of parts that the crate does not have yet.
const NOT_YET: &[&str] = &[];

/// Examples that the public API cannot reach.
const NEEDS_HAZMAT: &[&str] = &["prf", "prf-inkeys"];

#[test]
fn every_example_is_tested_or_listed_as_missing() {
    let tested = |id: &str| TESTED.iter().any(|(name, _)| *name == id);
    let elsewhere = |id: &str| ELSEWHERE.iter().any(|(name, _)| *name == id);
    let listed = |id: &str| {
        let hidden = !cfg!(feature = "hazmat") && NEEDS_HAZMAT.contains(&id);
        elsewhere(id) || NOT_YET.contains(&id) || hidden
    };
    for (id, file) in ELSEWHERE {
        assert!(file.contains(&format!("example(\"{id}\")")), "the other file does not run {id}");
    }
    let ids: Vec<String> =
        common::oracle().list("examples").iter().map(|e| e.text("id").to_owned()).collect();
    for id in &ids {
        assert!(tested(id) != listed(id), "{id} is neither tested nor listed, or both");
    }
    let named = TESTED.iter().map(|(id, _)| *id).chain(ELSEWHERE.iter().map(|(id, _)| *id));
    for id in named.chain(NOT_YET.iter().copied()) {
        assert!(ids.iter().any(|known| known == id), "{id} is not in the file");
    }
}
