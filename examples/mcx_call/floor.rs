//! Floor control in RTCP APP packets (TS 24.380 §8.2).
//!
//! ```text
//! | V 2, subtype 5 bits | 204 | length | SSRC 4 | "MCPT" | field ID, length, value .. |
//! ```

/// Floor control messages of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    Request,
    Granted,
    Taken,
    Release,
    Idle,
}

impl Floor {
    const fn subtype(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Granted => 1,
            Self::Taken => 2,
            Self::Release => 4,
            Self::Idle => 5,
        }
    }

    /// The packet, with the field Floor Priority.
    pub(crate) fn packet(self, ssrc: u32, priority: u8) -> Vec<u8> {
        let mut packet = vec![0x80 | self.subtype(), 204, 0, 3];
        packet.extend(ssrc.to_be_bytes());
        packet.extend(b"MCPT");
        packet.extend([0, 2, priority, 0]);
        packet
    }
}
