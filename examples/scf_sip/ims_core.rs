//! What stands for the P-CSCF between a terminal and the SCF: it knows who has registered (TS 33.203), takes a terminal's
//! wish for an identity as a hint, and asserts one (RFC 3325 §5).

use castkey::ims::Impu;
use castkey::ims::request::PublicIdentities;

use crate::Outcome;
use crate::sip::Payload;

/// The registration of one terminal.
#[derive(Clone, Debug)]
pub(crate) struct Registration(PublicIdentities);

impl Registration {
    pub(crate) fn new(impu: &Impu) -> Outcome<Self> {
        Ok(Self(PublicIdentities::new(impu.clone())?))
    }

    /// The request as it goes on to the SCF. What the terminal asserts of itself does not get through.
    pub(crate) fn forward(&self, mut payload: Payload) -> Outcome<Payload> {
        let is = |name: &str, header: &str| name.eq_ignore_ascii_case(header);
        payload.headers.retain(|(name, _)| {
            !is(name, PublicIdentities::ASSERTED) && !is(name, PublicIdentities::PREFERRED)
        });
        let mut out = [0; 256];
        let value = self.0.write(&mut out)?.to_owned();
        Ok(payload.with(PublicIdentities::ASSERTED, &value))
    }
}

/// The header in which a terminal names the identity it wants.
pub(crate) fn intended(payload: Payload, impu: &Impu) -> Outcome<Payload> {
    let mut out = [0; 256];
    let value = PublicIdentities::new(impu.clone())?.write(&mut out)?.to_owned();
    Ok(payload.with(PublicIdentities::INTENDED, &value))
}
