//! `sakke.*`: encapsulated keys. `kms.extract`: the keys of an identity, from the secrets of its KMS.

use castkey::sakke::eccsi::{Ksak, Pvt, Ssk};
use castkey::sakke::{
    Decapsulator, Device, Encapsulator, KmsMasterSecret, KmsPublicKey, Native, ReceiverSecretKey, SED_LEN,
    SakkeDecapsulate, SakkeEncapsulate, SakkeError, Ssv,
};
use serde_json::json;

use super::{exactly, identity, scalar};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::Input;
use crate::refusal::Refusal;

fn public_key(input: Input<'_>) -> Result<KmsPublicKey, Refusal> {
    Ok(KmsPublicKey::import(&input.octets("z")?)?)
}

fn receiver_key(input: Input<'_>) -> Result<ReceiverSecretKey, Refusal> {
    Ok(ReceiverSecretKey::import(&input.octets("rsk")?)?)
}

pub(crate) fn encapsulate(input: Input<'_>) -> Answer {
    let (id, ssv) = (identity(input)?, Ssv::new(input.secret("ssv")?));
    let mut tables = Box::new(Encapsulator::<Device>::blank());
    tables.prepare(&public_key(input)?);
    let mut sed = [0; SED_LEN];
    tables.encapsulate(&ssv, &id, &mut sed)?;
    Ok(json!({ "sed": hex::encode(sed) }))
}

/// The RSK is validated before it is used.
pub(crate) fn decapsulate(input: Input<'_>) -> Answer {
    let (id, z, rsk) = (identity(input)?, public_key(input)?, receiver_key(input)?);
    let sed = exactly(input, "sed", SakkeError::Refused)?;
    let mut tables = Box::new(Decapsulator::<Device>::blank());
    tables.prepare(&z, &id, &rsk)?;
    let ssv = tables.decapsulate(&sed, &id)?;
    Ok(json!({ "ssv": hex::encode(ssv.secret().expose()) }))
}

pub(crate) fn validate_rsk(input: Input<'_>) -> Answer {
    receiver_key(input)?.validate(&public_key(input)?, &identity(input)?)?;
    Ok(json!({ "valid": true }))
}

/// With `v` that value is taken, else `seed` makes one.
pub(crate) fn extract(input: Input<'_>) -> Answer {
    let id = identity(input)?;
    let ksak = Ksak::<Device>::from_octets(scalar(input, "ksak")?)?;
    let master = KmsMasterSecret::<Native>::import(&scalar(input, "z_secret")?)?;
    let (ssk, pvt) = match input.get("v") {
        Some(_) => with_v(input, &ksak, &id)?,
        None => ksak.extract(&id, &mut seeded(input)?.unwrap_or(Generator::NONE))?,
    };
    let rsk = master.extract(&id)?.export();
    Ok(json!({
        "kpak": hex::encode(ksak.kpak().octets()),
        "ssk": hex::encode(ssk.octets().expose()),
        "pvt": hex::encode(pvt.0),
        "z": hex::encode(master.public_key().export()),
        "rsk": hex::encode(rsk.expose()),
    }))
}

#[cfg(feature = "hazmat")]
fn with_v(input: Input<'_>, ksak: &Ksak<Device>, id: &[u8]) -> Result<(Ssk, Pvt), Refusal> {
    use crate::input::wrong;
    use castkey::sakke::eccsi::hazmat;

    let (size, v) = (hazmat::WordSize::Bits64, scalar(input, "v")?);
    hazmat::extract::<Device>(size, ksak.octets(), ksak.kpak(), id, &v).ok_or_else(|| wrong("v"))
}

#[cfg(not(feature = "hazmat"))]
fn with_v(_: Input<'_>, _: &Ksak<Device>, _: &[u8]) -> Result<(Ssk, Pvt), Refusal> {
    Err(Refusal::bad_request("built without the feature hazmat"))
}
