//! The `settings` of a request: the fields of the library's settings by name, everything else at its default.

use castkey::id::Counter;
use castkey::keys::{Algorithms, DigestPasswordForm, MrkDerivation, MukOctets, SameMskId, SeqLower};
use castkey::message::psk::ExtPlace;
use castkey::settings::{
    DraftExt, DraftGroup, ErrorMessages, InvalidInterval, Profile, Settings, Sha256Suite, VerificationMap,
};
use castkey::wire::{IdType, KeyDataType};
use serde_json::Value;

use crate::input::{Input, number, octets, word, wrong};
use crate::refusal::Refusal;

/// The settings of an operation on a message. `profile` may also stand beside them.
pub(crate) fn of_request(input: Input<'_>) -> Result<Settings, Refusal> {
    let mut settings = of(input, |_, _| Ok(false))?;
    if let Some(value) = input.get("profile") {
        settings.profile = profile(value)?;
    }
    Ok(settings)
}

/// The settings in `input`. A name that is none of them is offered to `other`, which answers whether it took it.
pub(crate) fn of(
    input: Input<'_>, mut other: impl FnMut(&str, &Value) -> Result<bool, Refusal>,
) -> Result<Settings, Refusal> {
    let mut settings = Settings::DEFAULT;
    let Some(value) = input.get("settings") else { return Ok(settings) };
    for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
        if !set(&mut settings, name, value)? && !other(name, value)? {
            return Err(Refusal::bad_request(format!("unknown setting {name}")));
        }
    }
    Ok(settings)
}

fn set(to: &mut Settings, name: &str, value: &Value) -> Result<bool, Refusal> {
    match name {
        "profile" => to.profile = profile(value)?,
        "mrk" => to.mrk = mrk(value)?,
        "muk" => {
            to.muk = word(
                name,
                value,
                &[("all", MukOctets::All), ("first16", MukOctets::First16), ("last16", MukOctets::Last16)],
            )?;
        }
        "digest_password" => {
            to.digest_password = word(
                name,
                value,
                &[
                    ("base64", DigestPasswordForm::Base64),
                    ("raw", DigestPasswordForm::Raw),
                    ("hex", DigestPasswordForm::Hex),
                ],
            )?;
        }
        "idi_type" => to.idi_type = id_type(name, value)?,
        "idr_type" => to.idr_type = id_type(name, value)?,
        "draft_idi_type" => to.draft_idi_type = id_type(name, value)?,
        "ext_place" => {
            to.ext_place = word(
                name,
                value,
                &[
                    ("first", ExtPlace::First),
                    ("after_t", ExtPlace::AfterT),
                    ("before_kemac", ExtPlace::BeforeKemac),
                ],
            )?;
        }
        "error_messages" => {
            to.error_messages = word(
                name,
                value,
                &[("never", ErrorMessages::Never), ("on_bad_mac", ErrorMessages::OnBadMac)],
            )?;
        }
        "key_data" => {
            let types = Input::of(value).ok_or_else(|| wrong(name))?;
            for (member, value) in types.members() {
                let slot = match member {
                    "msk" => &mut to.key_data.msk,
                    "mtk_with_salt" => &mut to.key_data.mtk_with_salt,
                    "mtk" => &mut to.key_data.mtk,
                    _ => return Err(wrong(name)),
                };
                *slot = key_data_type(member, value)?;
            }
        }
        "rand_optional" => to.rand_optional = flag(name, value)?,
        "rand_max_len" => to.rand_max_len = number(name, value)?,
        "reack_duplicate" => to.reack_duplicate = flag(name, value)?,
        "initial_counter" if value.is_null() => to.initial_counter = None,
        "initial_counter" => to.initial_counter = Some(Counter(number(name, value)?)),
        "seq_lower" => {
            to.seq_lower =
                word(name, value, &[("exclusive", SeqLower::Exclusive), ("inclusive", SeqLower::Inclusive)])?;
        }
        "invalid_interval" => {
            to.invalid_interval = word(
                name,
                value,
                &[("delete", InvalidInterval::Delete), ("reject", InvalidInterval::Reject)],
            )?;
        }
        "same_msk_id" => {
            to.same_msk_id = word(
                name,
                value,
                &[
                    ("merge", SameMskId::Merge),
                    ("replace", SameMskId::Replace),
                    ("refuse", SameMskId::Refuse),
                ],
            )?;
        }
        "sha256_suite" => to.sha256_suite = sha256_suite(name, value)?,
        "verification_map" => {
            to.verification_map =
                word(name, value, &[("repeat", VerificationMap::Repeat), ("empty", VerificationMap::Empty)])?;
        }
        "allow_null_encryption" => to.allow_null_encryption = flag(name, value)?,
        "any_timestamp" => to.any_timestamp = flag(name, value)?,
        "draft_group" => {
            to.draft_group = word(name, value, &[("right", DraftGroup::Right), ("left", DraftGroup::Left)])?;
        }
        "draft_ext" => {
            to.draft_ext = word(name, value, &[("bare", DraftExt::Bare), ("key_ids", DraftExt::KeyIds)])?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn profile(value: &Value) -> Result<Profile, Refusal> {
    word("profile", value, &[("rel6", Profile::Rel6), ("draft", Profile::Draft)])
}

fn mrk(value: &Value) -> Result<MrkDerivation, Refusal> {
    let input = Input::of(value).ok_or_else(|| wrong("mrk"))?;
    let mut derivation = Settings::DEFAULT.mrk;
    for (member, value) in input.members() {
        match member {
            "fc" => derivation.fc = number(member, value)?,
            // The library takes a constant here; a harness has none, so what it was given lives on.
            "p0" => derivation.p0 = octets(member, value)?.leak(),
            "p0_text" => derivation.p0 = input.text(member)?.as_bytes().to_vec().leak(),
            _ => return Err(wrong("mrk")),
        }
    }
    Ok(derivation)
}

fn sha256_suite(name: &str, value: &Value) -> Result<Sha256Suite, Refusal> {
    match value {
        Value::Bool(true) => Ok(Sha256Suite::Full),
        Value::Bool(false) => Ok(Sha256Suite::Off),
        _ => word(
            name,
            value,
            &[
                ("off", Sha256Suite::Off),
                ("full", Sha256Suite::Full),
                ("with_aes128", Sha256Suite::WithAes128),
            ],
        ),
    }
}

fn id_type(name: &str, value: &Value) -> Result<IdType, Refusal> {
    let names = [("nai", IdType::NAI), ("uri", IdType::URI), ("byte_string", IdType::BYTE_STRING)];
    if value.is_string() { word(name, value, &names) } else { number(name, value).map(IdType) }
}

fn key_data_type(name: &str, value: &Value) -> Result<KeyDataType, Refusal> {
    let names = [
        ("tgk", KeyDataType::TGK),
        ("tgk_salt", KeyDataType::TGK_SALT),
        ("tek", KeyDataType::TEK),
        ("tek_salt", KeyDataType::TEK_SALT),
    ];
    if value.is_string() { word(name, value, &names) } else { number(name, value).map(KeyDataType) }
}

/// A value that is true or false.
pub(crate) fn flag(name: &str, value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| wrong(name))
}

/// The algorithms of a message to be built: `sha1` unless said otherwise; `sha256` as the setting cuts it.
pub(crate) fn suite(value: Option<&Value>, settings: &Settings) -> Result<Algorithms, Refusal> {
    let sha256 = match settings.sha256_suite {
        Sha256Suite::WithAes128 => Algorithms::SHA256_AES128,
        _ => Algorithms::SHA256,
    };
    value.map_or(Ok(Algorithms::SHA1), |value| {
        word("suite", value, &[("sha1", Algorithms::SHA1), ("sha256", sha256)])
    })
}
