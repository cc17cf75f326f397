//! `eccsi.*`: signatures and their keys. Whatever is refused is an error; `valid` is only ever true.

use castkey::sakke::eccsi::{Device, Kpak, KpakTable, Pvt, SigningKey, Ssk};
use castkey::sakke::{EccsiError, EccsiSign, EccsiVerify, SIGNATURE_LEN};
use castkey::secret::Secret;
use serde_json::json;

use super::{exactly, identity};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::Input;
use crate::refusal::Refusal;

/// The KPAK of a request.
pub(super) fn kpak(input: Input<'_>) -> Result<Kpak, Refusal> {
    Ok(Kpak::from_octets(&exactly(input, "kpak", EccsiError::KpakInvalid)?)?)
}

fn signing_key(input: Input<'_>) -> Result<SigningKey<Device>, Refusal> {
    let (id, kpak) = (identity(input)?, kpak(input)?);
    let ssk = Ssk::new(Secret::new(exactly(input, "ssk", EccsiError::SskInvalid)?));
    let pvt = Pvt(exactly(input, "pvt", EccsiError::PvtInvalid)?);
    Ok(SigningKey::validate(&id, &kpak, ssk, &pvt)?)
}

/// With `j` that nonce is taken, else `seed` makes one.
pub(crate) fn sign(input: Input<'_>) -> Answer {
    let (key, message) = (signing_key(input)?, input.octets("message")?);
    let signature = match input.get("j") {
        Some(_) => with_nonce(input, &key, &message)?,
        None => {
            let mut signature = [0; SIGNATURE_LEN];
            key.sign(&message, &mut seeded(input)?.unwrap_or(Generator::NONE), &mut signature)?;
            signature
        }
    };
    Ok(json!({ "signature": hex::encode(signature) }))
}

#[cfg(feature = "hazmat")]
fn with_nonce(
    input: Input<'_>, key: &SigningKey<Device>, message: &[u8],
) -> Result<[u8; SIGNATURE_LEN], Refusal> {
    use super::scalar;
    use crate::input::wrong;
    use castkey::sakke::eccsi::hazmat;

    let (ssk, j) = (Ssk::new(input.secret("ssk")?), scalar(input, "j")?);
    let size = hazmat::WordSize::Bits64;
    hazmat::sign::<Device>(size, &ssk, &key.pvt(), key.hs(), message, &j).ok_or_else(|| wrong("j"))
}

#[cfg(not(feature = "hazmat"))]
fn with_nonce(_: Input<'_>, _: &SigningKey<Device>, _: &[u8]) -> Result<[u8; SIGNATURE_LEN], Refusal> {
    Err(Refusal::bad_request("built without the feature hazmat"))
}

pub(crate) fn verify(input: Input<'_>) -> Answer {
    let (id, message) = (identity(input)?, input.octets("message")?);
    let mut table = KpakTable::<Device>::new();
    let kpak = kpak(input)?;
    let signature = exactly(input, "signature", EccsiError::SignatureInvalid)?;
    table.prepare(&kpak)?.verify(&id, &message, &signature)?;
    Ok(json!({ "valid": true }))
}

pub(crate) fn validate_ssk(input: Input<'_>) -> Answer {
    signing_key(input)?;
    Ok(json!({ "valid": true }))
}
