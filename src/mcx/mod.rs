//! Keys of mission-critical signalling: MIKEY-SAKKE messages, CSK upload, key download, negotiation (TS 33.180 §5.4, §5.8).
//!
//! ```text
//!            Z, KPAK, RSK, SSK for a period
//!   KMS ------------------------------------+----------------------.
//!                                           v                      v
//!   McxClient --I_MESSAGE(CSK, offer)--> McxServer         McxServer --I_MESSAGE(CSK or MuSiK, selection)--> McxClient
//!
//!   CSK, MuSiK --> SRTCP keys (SrtcpEndpoint), XML keys (SignallingKeys)
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `uid`, `tel_id`, `ntp` | identities, key periods, time without a wrap in 2036 |
//! | `kms` | certificates and key sets; what an entity holds |
//! | `mikey_sakke` | the mathematics of this library for them |
//! | `key_parameters`, `key_parameters_seal` | the parameters of a key, encrypted under it |
//! | `negotiation` | offer, selection, policy |
//! | `profile` | CS ID maps and security policies |
//! | `receive`, `received`, `build` | a message step by step, in and out |
//! | `client`, `server` | the two machines: state tables |
//! | `csk_upload`, `key_download` | the two procedures |
//! | `held_key`, `srtcp` | keys in use |
//! | `replay_cache`, `rate_limit` | what a receiver remembers and how much it takes |
//! | `carriage` | messages as body parts and in SDP |
//!
//! All mathematics comes through the traits of [`sakke`](crate::sakke), which [`MikeySakke`] names the library's own
//! implementations of; a machine is handed an [`Entity`] with each event.

mod build;
mod carriage;
mod client;
mod csk_upload;
mod error;
mod held_key;
mod key_download;
mod key_parameters;
mod key_parameters_seal;
mod kms;
mod mikey_sakke;
mod negotiation;
mod ntp;
mod profile;
mod rate_limit;
mod receive;
mod received;
mod rejected;
mod replay_cache;
mod server;
mod settings;
mod srtcp;
mod tel_id;
mod uid;

pub use build::{MessageForm, Outgoing, SentTime, build};
pub use carriage::{
    SDP_IDS_MIKEY, body_of_message, message_of_body, message_of_sdp_line, sdp_line_of_message,
};
pub use client::{MAX_REDIRECTS, McxClient, McxClientAction, McxClientConfig, McxClientEvent};
pub use csk_upload::CskUpload;
pub use error::McxError;
pub use held_key::{HeldKey, KeyUse};
pub use key_download::{CskDownload, MuSikDownload};
pub use key_parameters::{
    KEY_PARAMETERS_OVERHEAD, KeyParameters, OpenedParameters, PayloadAlgorithm, open_key_parameters,
};
pub use key_parameters_seal::{KeyParametersInit, MAX_KEY_PARAMETERS_LEN, seal_key_parameters};
pub use kms::{
    AcceptedKms, CheckKeys, ECCSI_POINT_LEN, Entity, HeldKeys, IssueKeys, KeysFor, KmsCertificate, KmsKeySet,
    McCrypto, SAKKE_POINT_LEN, USER_ID_FORMAT, Validity,
};
pub use mikey_sakke::{KmsSecrets, MikeySakke};
pub use negotiation::{
    ALGORITHM_AES_128, ALGORITHM_AES_256, AlgorithmList, AlgorithmOffer, AlgorithmPolicy, AlgorithmSelection,
    MAX_ALGORITHMS, MAX_OFFER_LEN, Negotiated, NegotiationEncoding, OFFER_TAG_LEN,
};
pub use ntp::Ntp64;
pub use profile::{DEFAULT_SRTCP_PARAMS, MAX_SESSIONS, McSession, McSessions};
pub use rate_limit::RateLimit;
pub use receive::{Direction, Envelope, OPEN_COST, PARAMETERS_ROOM_LEN, ScreenedMessage, screen};
pub use received::{CsbRand, Received};
pub use rejected::{KmsRole, PeerAnswer, Rejected};
pub use replay_cache::ReplayCache;
pub use server::{BindingTable, McxServer, McxServerAction, McxServerConfig, McxServerEvent, UserRow};
pub use settings::{McxSettings, SKEW_RANGE_S, SaltPlace};
pub use srtcp::{SRTCP_OVERHEAD, SRTCP_REPLAY_WINDOW, SignallingSrtcp, SrtcpEndpoint, srtcp_key_id};
pub use tel_id::{MAX_TEL_ID_LEN, TelId, TelMonth};
pub use uid::{KeyPeriods, UID_LEN, Uid};
