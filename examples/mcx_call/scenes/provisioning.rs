//! Everybody gets his certificate and key sets, and checks them.

use castkey::mcx::McxError;
use castkey::secret::Secret;

use crate::Outcome;
use crate::keyring::Keyring;
use crate::kms::Wish;
use crate::kms_xml::KeySetValues;
use crate::plan::{self, ALICE, AWAY_MDSI, BOB, FIRST_PERIOD, HOME_KMS, HOME_MDSI};
use crate::world::World;

pub(crate) fn play(w: &mut World) -> Outcome<()> {
    let World { stage, home_kms, away_kms, home, away, alice, bob, mallory, .. } = w;
    home_kms.enrol(alice.sip.address(), ALICE.0);
    home_kms.enrol(bob.sip.address(), BOB.0);
    home_kms.enrol(home.sip.address(), HOME_MDSI);
    away_kms.enrol(away.sip.address(), AWAY_MDSI);
    home_kms.partners.push(away_kms.values.clone());
    away_kms.partners.push(home_kms.values.clone());

    let next = plan::periods()?.start(FIRST_PERIOD + 1);
    for user in [&mut *alice, &mut *bob] {
        user.init(home_kms, stage)?;
        for time in [stage.now, next] {
            user.provision(home_kms, time, stage)?;
        }
    }
    for (site, kms) in [(&mut *home, &mut *home_kms), (&mut *away, &mut *away_kms)] {
        site.init(kms, stage)?;
        for time in [stage.now, next] {
            site.provision(kms, time, stage)?;
        }
    }
    away.accept_partner(away_kms, HOME_KMS, stage)?;

    let both = vec![FIRST_PERIOD, FIRST_PERIOD + 1];
    for (name, periods) in [
        ("alice", alice.keys.periods()),
        ("bob", bob.keys.periods()),
        ("the server", home.keys.periods()),
        ("the server away", away.keys.periods()),
    ] {
        stage.expect(&format!("{name} holds checked keys of this period and the next"), &periods, &both);
    }
    let later = plan::periods()?.start(FIRST_PERIOD + 2);
    let given = alice.provision(home_kms, later, stage)?;
    stage.check("the KMS gives no keys of the period after the next", !given);
    let stolen = home_kms.ask("mallory", &mut mallory.sip, Wish::KeyProv(ALICE.0, stage.now), stage)?;
    stage.check("the KMS gives nobody the keys of somebody else", stolen.is_none());
    forged_provisions(w)
}

/// What a KMS never made.
fn forged_provisions(w: &mut World) -> Outcome<()> {
    let World { stage, home_kms, .. } = w;
    let mut keys = Keyring::<castkey::sakke::Device>::new(ALICE.0, HOME_KMS);
    let mut z = home_kms.values.clone();
    z.pub_enc_key[200] ^= 1;
    let mut kpak = home_kms.values.clone();
    kpak.pub_auth_key[40] ^= 1;
    for (what, values) in [("Z", z), ("KPAK", kpak)] {
        let refused = keys.accept(values, stage.now);
        stage.expect(
            &format!("a certificate with one bit of {what} changed is refused"),
            &refused,
            &Err(McxError::BadCertificate),
        );
    }
    keys.accept(home_kms.values.clone(), stage.now)?;
    let other_uid = home_kms.issue(BOB.0, FIRST_PERIOD, stage)?.user_id;
    let mut flipped = |flip: &dyn Fn(&mut KeySetValues)| -> Outcome<_> {
        let mut set = home_kms.issue(ALICE.0, FIRST_PERIOD, stage)?;
        flip(&mut set);
        Ok(keys.take(&set))
    };
    let refusals = [
        ("RSK", flipped(&|set| set.decrypt_key = flip(&set.decrypt_key, 100))?),
        ("SSK", flipped(&|set| set.signing_key = flip(&set.signing_key, 9))?),
        ("PVT", flipped(&|set| set.pub_token[50] ^= 4)?),
        ("the period number", flipped(&|set| set.period += 1)?),
    ];
    let swapped = flipped(&|set| set.user_id = other_uid)?;
    for (what, refused) in refusals {
        stage.expect(
            &format!("a key set with one bit of {what} changed is refused"),
            &refused,
            &Err(McxError::BadKeySet),
        );
    }
    stage.expect("a key set with the UID of somebody else is refused", &swapped, &Err(McxError::BadKeySet));
    stage.expect("of all these nothing is held", &keys.periods(), &Vec::new());
    Ok(())
}

fn flip<const N: usize>(secret: &Secret<N>, at: usize) -> Secret<N> {
    let mut octets = *secret.expose();
    if let Some(octet) = octets.get_mut(at) {
        *octet ^= 1;
    }
    Secret::new(octets)
}
