//! Session descriptions of the session: two media, and the MSK messages as key management lines (RFC 4567).
//!
//! ```text
//! v=0
//! o=pf 1 VERSION ..              raised with every offer
//! s=PoC Session Identity                                 element a
//! a=key-mgmt:mikey ..            the MSK in use, only beside one to come
//! m=audio ..  RTP/AVP            unicast leg             element d
//! a=rtcp:..                      its floor control       element e
//! m=audio ..  RTP/SAVP           Multicast PoC Channel   element g
//! i=Multicast PoC Channel Identity                       element h
//! c=IN IP4 group address
//! a=rtcp:..                      its floor control       element f
//! a=x-area:..                                            element j
//! a=x-roc:SSRC ROC               where the stream is, for who joins late (RFC 3711 §3.3.1)
//! a=key-mgmt:mikey ..            the updated MSK, or the only one; in an answer, its verification message: element i
//! ```
//!
//! Floor control is RTCP, so its entities are RTCP ports (RFC 3605). Attributes with `x-` are this example's own.

use castkey::poc::{
    AnswerElements, MAX_SDP_IDS_LEN, MikeyOctets, PocError, ReInviteElements, SdpKeyMgmt, SdpLevel,
    encode_key_mgmt, key_mgmt_line_len,
};
use castkey::wire::MAX_MESSAGE_LEN;
use sdp_types::Session;

use crate::Outcome;
use crate::setting::{AREAS, CHANNEL, GROUP_ADDRESS, SESSION};
use crate::sip::{Body, Payload};
use crate::srtp::SSRC;

/// The media of the channel, by its place in the description.
const CHANNEL_MEDIA: usize = 1;

const ATTRIBUTE: &str = "key-mgmt";
const ROLLOVER: &str = "x-roc";

/// MIKEY messages of an offer or answer.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    /// For the MSK in use.
    pub(crate) current: Option<Vec<u8>>,
    /// For the MSK to come.
    pub(crate) updated: Option<Vec<u8>>,
}

impl Keys {
    pub(crate) const NONE: Self = Self { current: None, updated: None };

    pub(crate) fn own(current: Option<&[u8]>, updated: Option<&[u8]>) -> Self {
        Self { current: current.map(<[u8]>::to_vec), updated: updated.map(<[u8]>::to_vec) }
    }
}

/// What was read of the key management lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) session: Option<Vec<u8>>,
    pub(crate) media: Option<Vec<u8>>,
    /// The protocols named, separated by `;`.
    pub(crate) protocols: Vec<u8>,
}

impl Lines {
    /// As the MSKs in use and to come. One line alone is for the MSK to come, if it is not the very first.
    pub(crate) fn keys(&self, alone_is_current: bool) -> Keys {
        match (&self.session, &self.media) {
            (None, Some(_)) if alone_is_current => Keys { current: self.media.clone(), updated: None },
            (session, media) => Keys { current: session.clone(), updated: media.clone() },
        }
    }
}

/// Who describes, and how often he did before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: u64,
    /// Port of the unicast leg.
    pub(crate) port: u16,
    /// Port of the channel.
    pub(crate) channel_port: u16,
}

/// An offer of the server, or its answer, which has no MSK in it where keys are confirmed.
pub(crate) fn of_server(
    author: Author<'_>, client: &str, user: &str, keys: &Keys, roc: u32,
) -> Outcome<Payload> {
    let lead = keys.updated.as_ref().or(keys.current.as_ref());
    if let Some(msk) = lead {
        let (port, channel_port) = (author.port.to_string(), author.channel_port.to_string());
        let (floor, channel_floor) = ((author.port + 1).to_string(), (author.channel_port + 1).to_string());
        // Whether all is there that the message must carry.
        ReInviteElements {
            session: Some(SESSION),
            client: Some(client),
            user: Some(user),
            media: Some(&port),
            floor_control: Some(&floor),
            channel_floor_control: Some(&channel_floor),
            channel_media: Some(&channel_port),
            channel: Some(CHANNEL),
            msk: Some(MikeyOctets(msk)),
            areas: Some(&AREAS),
        }
        .build()?;
    }
    let mut session = describe(author)?;
    let channel = session.medias.get_mut(CHANNEL_MEDIA).ok_or("no channel")?;
    channel.add_attribute_with_value("x-area", AREAS.join(","));
    channel.add_attribute_with_value(ROLLOVER, format!("{SSRC} {roc}"));
    put(&mut session, keys)?;
    Ok(Payload::new(Body::sdp(&session)?))
}

/// An offer or answer of a client; in an answer, with its verification messages.
pub(crate) fn of_client(author: Author<'_>, address: &str, user: &str, keys: &Keys) -> Outcome<Payload> {
    let (port, channel_port) = (author.port.to_string(), author.channel_port.to_string());
    let (floor, channel_floor) = ((author.port + 1).to_string(), (author.channel_port + 1).to_string());
    AnswerElements {
        session: Some(SESSION),
        client: Some(address),
        user: Some(user),
        media: Some(&port),
        floor_control: Some(&floor),
        channel_floor_control: Some(&channel_floor),
        channel_media: Some(&channel_port),
    }
    .build()?;
    let mut session = describe(author)?;
    put(&mut session, keys)?;
    Ok(Payload::new(Body::sdp(&session)?))
}

/// The key management lines of a message; `None` without a session description.
pub(crate) fn lines(payload: &Payload) -> Result<Option<Lines>, PocError> {
    let Some(sdp) = payload.body.part("application/sdp") else { return Ok(None) };
    let found = SdpKeyMgmt::parse(sdp)?;
    let mut list = [0; MAX_SDP_IDS_LEN];
    let mut lines = Lines { protocols: found.encode_sdp_ids(&mut list)?.to_vec(), ..Lines::default() };
    let mut octets = [0; MAX_MESSAGE_LEN];
    for (level, line) in found.iter() {
        let message = line.decode(&mut octets)?.to_vec();
        match level {
            SdpLevel::Session => lines.session = Some(message),
            SdpLevel::Media(CHANNEL_MEDIA) => lines.media = Some(message),
            SdpLevel::Media(_) => return Err(PocError::Malformed),
        }
    }
    Ok(Some(lines))
}

/// The rollover counter of the stream, as the server says.
pub(crate) fn rollover(payload: &Payload) -> Option<u32> {
    let session = payload.body.session().ok()??;
    let value = session.medias.get(CHANNEL_MEDIA)?.get_first_attribute_value(ROLLOVER)??;
    value.split_once(' ')?.1.parse().ok()
}

fn describe(author: Author<'_>) -> Outcome<Session> {
    let Author { name, version, port, channel_port } = author;
    let (floor, channel_floor) = (port + 1, channel_port + 1);
    let text = format!(
        "v=0\r\no={name} 1 {version} IN IP4 127.0.0.1\r\ns={SESSION}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 97\r\na=rtpmap:97 AMR/8000\r\na=rtcp:{floor}\r\n\
         m=audio {channel_port} RTP/SAVP 97\r\ni={CHANNEL}\r\nc=IN IP4 {GROUP_ADDRESS}/1\r\na=rtpmap:97 AMR/8000\r\n\
         a=rtcp:{channel_floor}\r\n"
    );
    Ok(Session::parse(text.as_bytes())?)
}

fn put(session: &mut Session, keys: &Keys) -> Outcome<()> {
    let (above, below) = match (&keys.current, &keys.updated) {
        (Some(current), Some(updated)) => (Some(current), Some(updated)),
        (one, other) => (None, one.as_ref().or(other.as_ref())),
    };
    if let Some(message) = above {
        session.add_attribute_with_value(ATTRIBUTE, value(message)?);
    }
    if let Some(message) = below {
        let channel = session.medias.get_mut(CHANNEL_MEDIA).ok_or("no channel")?;
        channel.add_attribute_with_value(ATTRIBUTE, value(message)?);
    }
    Ok(())
}

/// What stands behind `a=key-mgmt:`.
fn value(message: &[u8]) -> Outcome<String> {
    let mut line = vec![0; key_mgmt_line_len(message.len())];
    let line = encode_key_mgmt(message, &mut line)?;
    Ok(line.split_once(':').ok_or("no attribute")?.1.to_owned())
}
