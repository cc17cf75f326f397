//! The messages known under the name `PoC1` (OMA PoC 1.0 User Plane); PoC 2.x calls a talk burst a media burst.
//!
//! ```text
//! subtype                            application-dependent octets
//!  0 Request                         [102 2 priority] [103 8 NTP timestamp]
//!  1 Granted                         101 2 stop-talking time, [100 2 participants]
//!  2 Taken (18: with acknowledgement) SSRC 4, 1 len CNAME, [2 len NAME], to a multiple of 4, [100 2 participants]
//!  3 Deny                            reason 1, len 1, phrase
//!  4 Release                         last RTP sequence number 2, ignore flag 1 bit, 0 15 bits
//!  5 Idle                            -
//!  6 Revoke                          reason 2, retry time 2
//!  7 Acknowledgement                 subtype 5 bits, reason 11 bits
//!  8 Queue Status Request            -
//!  9 Queue Status Response           priority 1, position 2
//! 11 Disconnect                      -
//! 15 Connect                         session content
//! ```
//!
//! Floor control itself is not the library's: the fields are recognised so that nothing else is taken for the MSK Update
//! indication, and so that a harness can show them.

use super::error::PocError;
use super::mbcp::{App, POC1};
use super::octets::{AppWriter, Fields, exactly, once};
use crate::time::NtpTime;

/// The bit of a subtype that asks for an acknowledgement.
pub const ACKNOWLEDGE: u8 = 16;

/// The subtypes of `PoC1` that have a meaning.
pub const KNOWN_SUBTYPES: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 18];

/// Number of participants, 2 octets.
const PARTICIPANTS: u8 = 100;
/// Stop-talking time, 2 octets.
const STOP_TALKING: u8 = 101;
/// Priority, 2 octets.
const PRIORITY: u8 = 102;
/// NTP timestamp, 8 octets.
const TIMESTAMP: u8 = 103;

/// SDES item types.
const CNAME: u8 = 1;
const NAME: u8 = 2;

/// One MBCP message. Texts are at most 255 octets of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MbcpMessage<'a> {
    /// A client asks for permission to send.
    Request {
        /// Priority.
        priority: Option<u16>,
        /// When the request was made.
        timestamp: Option<NtpTime>,
    },
    /// Permission is given.
    Granted {
        /// Seconds after which it is withdrawn; 0 unknown, 65,535 never.
        stop_talking_s: u16,
        /// How many take part.
        participants: Option<u16>,
    },
    /// Somebody else has the permission.
    Taken {
        /// Whether an acknowledgement is asked for: subtype 18 instead of 2.
        acknowledge: bool,
        /// SSRC of the client with the permission.
        ssrc: u32,
        /// Its SIP URI.
        cname: &'a str,
        /// Its display name.
        name: Option<&'a str>,
        /// How many take part.
        participants: Option<u16>,
    },
    /// Permission is refused.
    Deny {
        /// 1 another user has permission, 2 internal error, 3 only one participant, 4 retry-after not expired, 5 listen
        /// only.
        reason: u8,
        /// The same in words.
        phrase: &'a str,
    },
    /// Permission is given back.
    Release {
        /// Sequence number of the last RTP packet.
        last_sequence: u16,
        /// Whether that number means nothing.
        ignore_sequence: bool,
    },
    /// Nobody has the permission.
    Idle,
    /// Permission is withdrawn.
    Revoke {
        /// 1 only one user, 2 talked too long, 3 no permission, 4 pre-empted.
        reason: u16,
        /// Seconds before the next request, for reason 2.
        retry_s: u16,
    },
    /// A message has arrived.
    Acknowledgement {
        /// Subtype of that message, 5 bits.
        subtype: u8,
        /// For Connect: 0 accepted, 1 busy, 2 not accepted; 11 bits.
        reason: u16,
    },
    /// A client asks for its place in the queue.
    QueueStatusRequest,
    /// The place in the queue.
    QueueStatusResponse {
        /// Priority.
        priority: u8,
        /// Position; 0 not queued, 65,535 not available.
        position: u16,
    },
    /// The session of a pre-established one ends.
    Disconnect,
    /// A session begins inside a pre-established one.
    Connect {
        /// The session content, not looked into; a multiple of 4 octets.
        content: &'a [u8],
    },
    /// A subtype without a meaning here: to be ignored, the session goes on.
    Unknown(u8),
}

impl<'a> MbcpMessage<'a> {
    /// Reads the message in `app`. TLVs may stand in any order, and unknown ones are skipped.
    ///
    /// # Errors
    ///
    /// [`PocError::NotMbcp`] for a name other than [`POC1`]. [`PocError::Malformed`] when a field is missing, does not
    /// fit, or stands twice; when a text is not UTF-8; when octets other than 0 follow the last field.
    pub fn decode(app: &App<'a>) -> Result<Self, PocError> {
        if app.name != POC1 {
            return Err(PocError::NotMbcp);
        }
        let mut fields = Fields(app.octets);
        let message = match app.subtype {
            0 => {
                let [priority, timestamp] = tlvs(&mut fields, [PRIORITY, TIMESTAMP])?;
                let timestamp = timestamp.map(exactly).transpose()?;
                Self::Request {
                    priority: u16_in(priority)?,
                    timestamp: timestamp.map(u64::from_be_bytes).map(NtpTime::from_bits),
                }
            }
            1 => {
                let [stop_talking, participants] = tlvs(&mut fields, [STOP_TALKING, PARTICIPANTS])?;
                Self::Granted {
                    stop_talking_s: u16_in(stop_talking)?.ok_or(PocError::Malformed)?,
                    participants: u16_in(participants)?,
                }
            }
            2 | 18 => Self::taken(app.subtype == 18, &mut fields)?,
            3 => Self::Deny { reason: fields.u8()?, phrase: fields.text()? },
            4 => {
                let (last_sequence, flags) = (fields.u16()?, fields.u16()?);
                Self::Release { last_sequence, ignore_sequence: flags & 0x8000 != 0 }
            }
            5 => Self::Idle,
            6 => Self::Revoke { reason: fields.u16()?, retry_s: fields.u16()? },
            7 => {
                let [first, second] = fields.array()?;
                Self::Acknowledgement {
                    subtype: first >> 3,
                    reason: u16::from_be_bytes([first & 0x07, second]),
                }
            }
            8 => Self::QueueStatusRequest,
            9 => Self::QueueStatusResponse { priority: fields.u8()?, position: fields.u16()? },
            11 => Self::Disconnect,
            15 => return Ok(Self::Connect { content: app.octets }),
            subtype => return Ok(Self::Unknown(subtype)),
        };
        fields.zeros()?;
        Ok(message)
    }

    fn taken(acknowledge: bool, fields: &mut Fields<'a>) -> Result<Self, PocError> {
        let ssrc = u32::from_be_bytes(fields.array()?);
        if fields.u8()? != CNAME {
            return Err(PocError::Malformed);
        }
        let cname = fields.text()?;
        let name = match fields.0 {
            [NAME, rest @ ..] => {
                fields.0 = rest;
                Some(fields.text()?)
            }
            _ => None,
        };
        fields.align()?;
        let [participants] = tlvs(fields, [PARTICIPANTS])?;
        Ok(Self::Taken { acknowledge, ssrc, cname, name, participants: u16_in(participants)? })
    }

    /// The subtype of this message.
    #[must_use]
    pub const fn subtype(&self) -> u8 {
        match *self {
            Self::Request { .. } => 0,
            Self::Granted { .. } => 1,
            Self::Taken { acknowledge: false, .. } => 2,
            Self::Deny { .. } => 3,
            Self::Release { .. } => 4,
            Self::Idle => 5,
            Self::Revoke { .. } => 6,
            Self::Acknowledgement { .. } => 7,
            Self::QueueStatusRequest => 8,
            Self::QueueStatusResponse { .. } => 9,
            Self::Disconnect => 11,
            Self::Connect { .. } => 15,
            Self::Taken { acknowledge: true, .. } => 18,
            Self::Unknown(subtype) => subtype,
        }
    }

    /// Writes the message as one APP packet from `ssrc`.
    ///
    /// # Errors
    ///
    /// [`PocError::Malformed`] for [`Unknown`](Self::Unknown), whose content nobody knows, for a value wider than its
    /// field, for content that is no multiple of 4, and for a packet beyond
    /// [`MAX_DATAGRAM_LEN`](super::mbcp::MAX_DATAGRAM_LEN). [`PocError::BufferTooSmall`].
    pub fn encode<'o>(&self, ssrc: u32, out: &'o mut [u8]) -> Result<&'o [u8], PocError> {
        let mut w = AppWriter::new(self.subtype(), ssrc, POC1, out);
        match *self {
            Self::Request { priority, timestamp } => {
                if let Some(priority) = priority {
                    w.tlv(PRIORITY, &priority.to_be_bytes())?;
                }
                if let Some(timestamp) = timestamp {
                    w.tlv(TIMESTAMP, &timestamp.to_bits().to_be_bytes())?;
                }
            }
            Self::Granted { stop_talking_s, participants } => {
                w.tlv(STOP_TALKING, &stop_talking_s.to_be_bytes())?;
                put_participants(&mut w, participants)?;
            }
            Self::Taken { ssrc, cname, name, participants, .. } => {
                w.put(&ssrc.to_be_bytes());
                w.tlv(CNAME, cname.as_bytes())?;
                if let Some(name) = name {
                    w.tlv(NAME, name.as_bytes())?;
                }
                w.align();
                put_participants(&mut w, participants)?;
            }
            Self::Deny { reason, phrase } => {
                w.put(&[reason]);
                w.short(phrase.as_bytes())?;
            }
            Self::Release { last_sequence, ignore_sequence } => {
                w.put(&last_sequence.to_be_bytes());
                w.put(&[if ignore_sequence { 0x80 } else { 0 }, 0]);
            }
            Self::Revoke { reason, retry_s } => {
                w.put(&reason.to_be_bytes());
                w.put(&retry_s.to_be_bytes());
            }
            Self::Acknowledgement { subtype, reason } => {
                let [high, low] = reason.to_be_bytes();
                if subtype > super::mbcp::MAX_SUBTYPE || high > 0x07 {
                    return Err(PocError::Malformed);
                }
                w.put(&[subtype << 3 | high, low]);
            }
            Self::QueueStatusResponse { priority, position } => {
                w.put(&[priority]);
                w.put(&position.to_be_bytes());
            }
            Self::Connect { content } if content.len().is_multiple_of(4) => w.put(content),
            Self::Connect { .. } | Self::Unknown(_) => return Err(PocError::Malformed),
            Self::Idle | Self::QueueStatusRequest | Self::Disconnect => {}
        }
        w.finish()
    }
}

/// The TLVs with these codes, none twice.
fn tlvs<'a, const N: usize>(
    fields: &mut Fields<'a>, codes: [u8; N],
) -> Result<[Option<&'a [u8]>; N], PocError> {
    let mut found = [None; N];
    while let Some((code, octets)) = fields.tlv()? {
        for (slot, _) in found.iter_mut().zip(codes).filter(|(_, known)| *known == code) {
            once(slot, octets)?;
        }
    }
    Ok(found)
}

fn u16_in(octets: Option<&[u8]>) -> Result<Option<u16>, PocError> {
    octets.map(|octets| exactly(octets).map(u16::from_be_bytes)).transpose()
}

fn put_participants(w: &mut AppWriter<'_>, participants: Option<u16>) -> Result<(), PocError> {
    participants.map_or(Ok(()), |participants| w.tlv(PARTICIPANTS, &participants.to_be_bytes()))
}
