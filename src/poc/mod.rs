//! The MSK update of OMA PoC: a Multicast PoC Channel moves to a new MSK during a session, and nobody loses media.
//!
//! | file | what it holds |
//! |---|---|
//! | `mbcp`, `mbcp_message` | RTCP APP packets, and the Media Burst Control messages known in them |
//! | `indication` | the MSK Update indication |
//! | `srtcp` | their protection under an MTK |
//! | `key_mgmt` | MIKEY messages in SDP |
//! | `elements` | what the re-INVITE, its OK and the Session Update messages must carry |

mod bearer;
mod client;
mod client_event;
mod distribution;
mod elements;
mod error;
mod follower;
mod indication;
mod key_mgmt;
mod mbcp;
mod mbcp_message;
#[cfg(test)]
mod model;
mod octets;
mod policy;
mod refused;
mod roster;
mod server;
mod session;
mod srtcp;
mod timing;

pub use bearer::{Bearer, BearerAction, BearerEvent, BearerRefusal, BearerTimer, Known};
pub use client::Client;
pub use client_event::{ClientAction, ClientConfig, ClientEvent, Offer};
pub use distribution::{Distribution, DistributionAction, DistributionConfig, DistributionEvent, UpdatedMsk};
pub use elements::{
    Answer, AnswerElements, BearerMode, KeyUpdate, MikeyOctets, MissingElement, ReInvite, ReInviteElements,
    SessionUpdateElements, SessionUpdateRequest, SessionUpdateResponse, SessionUpdateResponseElements,
};
pub use error::PocError;
pub use follower::{
    CHANNEL_GROUPS, Follower, FollowerAction, FollowerConfig, FollowerTimer, MAX_CLIENT_ACTIONS, Packet,
};
pub use indication::{
    Announced, ChannelTag, Indication, IndicationCoding, MAX_INDICATION_LEN, MAX_OVERLAP_S,
    MAX_PROTECTED_INDICATION_LEN, UpdateSeq,
};
pub use key_mgmt::{
    KeyMgmt, MAX_KEY_MGMT_LINES, MAX_SDP_IDS_LEN, MAX_SDP_LEN, MIKEY, SdpKeyMgmt, SdpLevel, encode_key_mgmt,
    key_mgmt_line_len,
};
pub use mbcp::{APP_HEADER_LEN, App, Apps, MAX_DATAGRAM_LEN, MAX_SUBTYPE, POC1, apps};
pub use mbcp_message::{ACKNOWLEDGE, KNOWN_SUBTYPES, MbcpMessage};
pub use policy::{
    Course, Decision, KeyStatus, OnJoin, OnLeave, PolicyConfig, PolicyEvent, Progress, Reason, UpdateMsk,
    Urgency, decide,
};
pub use refused::Refused;
pub use roster::Roster;
pub use server::{Confirmation, Server, ServerAction, ServerConfig};
pub use session::{
    Confirm, Failure, Leg, LegEvent, OnRekeyReject, Receipt, Session, SessionAction, SessionConfig,
    SessionEvent, SessionTimer, Unkeyed,
};
pub use srtcp::{
    MAX_SRTCP_PACKETS, SRTCP_TRAILER_LEN, SRTCP_WINDOW, SrtcpKeys, SrtcpReplay, SrtcpSender, srtcp_mki,
};
pub use timing::Timing;
