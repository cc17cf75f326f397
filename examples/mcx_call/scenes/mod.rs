//! The steps, one after the other in one world.

mod attack;
mod floor;
mod keys;
mod provisioning;
mod relayed;
mod time;

use crate::Outcome;
use crate::world::World;

type Play = fn(&mut World) -> Outcome<()>;

pub(crate) const ALL: [(&str, Play); 9] = [
    ("provision", provisioning::play),
    ("CSK upload with an offer", keys::upload),
    ("another algorithm by key download", keys::force),
    ("MuSiK download", keys::musik),
    ("floor control in SRTCP", floor::play),
    ("CSK update with overlap", time::update),
    ("key-period roll-over", time::roll_over),
    ("redirect to another KMS", keys::redirect),
    ("attacker on the path", attack::play),
];
