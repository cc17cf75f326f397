//! What the messages of an MSK update must carry (OMA PoC SD, MSK update, steps 1 to 9).
//!
//! ```text
//!     re-INVITE                           OK                              Session Update Request
//! a   PoC Session Identity                PoC Session Identity            access technology
//! b   client address                      client address                  multicast or broadcast with counting
//! c   PoC Address of the user             PoC Address of the user         updated MSK
//! d   media parameters, server's choice   media parameters, client's      geographical areas of the channel
//! e   floor control, unicast leg          floor control, unicast leg      QoE profile
//! f   floor control, channel              floor control, channel
//! g   media parameters of the channel     media parameters of the channel
//! h   Multicast PoC Channel Identity
//! i   updated MSK
//! j   geographical areas
//!
//! Session Update Response: a acknowledgement of storage, b media parameters
//! ```
//!
//! How an element is spelled in SIP, SDP or between servers is not decided here: texts pass through as they are. Each
//! message has two types, what was gathered or received so far (`..Elements`, any of it may be missing), and the whole.
//! An empty text, message or list is missing too.

use super::error::PocError;
use crate::crypto::RustCrypto;
use crate::id::MskName;
use crate::keys::MskEntry;

/// The element with this letter is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MissingElement(pub char);

impl From<MissingElement> for PocError {
    fn from(_: MissingElement) -> Self {
        Self::MissingElement
    }
}

impl core::fmt::Display for MissingElement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "element {} is missing", self.0)
    }
}

impl core::error::Error for MissingElement {}

/// The octets of a MIKEY message. `Debug` shows how many: a deployment may let keys travel unencrypted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MikeyOctets<'a>(pub &'a [u8]);

impl core::fmt::Debug for MikeyOctets<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MikeyOctets({} octets)", self.0.len())
    }
}

/// What can be empty, and then counts as missing.
trait Element: Copy {
    fn is_empty(self) -> bool;

    fn required(option: Option<Self>, letter: char) -> Result<Self, MissingElement> {
        option.filter(|element| !element.is_empty()).ok_or(MissingElement(letter))
    }
}

impl Element for &str {
    fn is_empty(self) -> bool {
        str::is_empty(self)
    }
}

impl Element for MikeyOctets<'_> {
    fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Element for &[T] {
    fn is_empty(self) -> bool {
        <[T]>::is_empty(self)
    }
}

/// The elements of a re-INVITE that were gathered, or received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReInviteElements<'a> {
    /// a: PoC Session Identity.
    pub session: Option<&'a str>,
    /// b: address of the client.
    pub client: Option<&'a str>,
    /// c: PoC Address of the user.
    pub user: Option<&'a str>,
    /// d: media parameters that the server selected.
    pub media: Option<&'a str>,
    /// e: media-floor control entities of the unicast leg.
    pub floor_control: Option<&'a str>,
    /// f: media-floor control entities of the Multicast PoC Channel.
    pub channel_floor_control: Option<&'a str>,
    /// g: media parameters of the Multicast PoC Channel.
    pub channel_media: Option<&'a str>,
    /// h: Multicast PoC Channel Identity.
    pub channel: Option<&'a str>,
    /// i: updated MSK, a MIKEY message under the MUK of this one client.
    pub msk: Option<MikeyOctets<'a>>,
    /// j: geographical areas.
    pub areas: Option<&'a [&'a str]>,
}

/// A re-INVITE with all its elements, in the order of their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReInvite<'a> {
    /// a: PoC Session Identity.
    pub session: &'a str,
    /// b: address of the client.
    pub client: &'a str,
    /// c: PoC Address of the user.
    pub user: &'a str,
    /// d: media parameters that the server selected.
    pub media: &'a str,
    /// e: media-floor control entities of the unicast leg.
    pub floor_control: &'a str,
    /// f: media-floor control entities of the Multicast PoC Channel.
    pub channel_floor_control: &'a str,
    /// g: media parameters of the Multicast PoC Channel.
    pub channel_media: &'a str,
    /// h: Multicast PoC Channel Identity.
    pub channel: &'a str,
    /// i: updated MSK, a MIKEY message under the MUK of this one client.
    pub msk: MikeyOctets<'a>,
    /// j: geographical areas.
    pub areas: &'a [&'a str],
}

/// The part of a re-INVITE that updates the MSK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUpdate<'a> {
    /// h: Multicast PoC Channel Identity.
    pub channel: &'a str,
    /// i: the MIKEY message with the updated MSK.
    pub msk: MikeyOctets<'a>,
}

impl<'a> ReInviteElements<'a> {
    /// The whole re-INVITE, to be sent.
    ///
    /// # Errors
    ///
    /// [`MissingElement`] with the first letter that is missing.
    pub fn build(self) -> Result<ReInvite<'a>, MissingElement> {
        Ok(ReInvite {
            session: Element::required(self.session, 'a')?,
            client: Element::required(self.client, 'b')?,
            user: Element::required(self.user, 'c')?,
            media: Element::required(self.media, 'd')?,
            floor_control: Element::required(self.floor_control, 'e')?,
            channel_floor_control: Element::required(self.channel_floor_control, 'f')?,
            channel_media: Element::required(self.channel_media, 'g')?,
            channel: Element::required(self.channel, 'h')?,
            msk: Element::required(self.msk, 'i')?,
            areas: Element::required(self.areas, 'j')?,
        })
    }

    /// The update in a re-INVITE that was received. `None` without a channel or without an MSK: it is then an ordinary
    /// renegotiation. The other elements are not the key management's to demand.
    #[must_use]
    pub fn key_update(&self) -> Option<KeyUpdate<'a>> {
        let channel = Element::required(self.channel, 'h').ok()?;
        let msk = Element::required(self.msk, 'i').ok()?;
        Some(KeyUpdate { channel, msk })
    }
}

/// The elements of a client's OK that were gathered, or received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AnswerElements<'a> {
    /// a: PoC Session Identity.
    pub session: Option<&'a str>,
    /// b: address of the client.
    pub client: Option<&'a str>,
    /// c: PoC Address of the user.
    pub user: Option<&'a str>,
    /// d: media parameters that the client selected.
    pub media: Option<&'a str>,
    /// e: media-floor control entities of the unicast leg.
    pub floor_control: Option<&'a str>,
    /// f: media-floor control entities of the Multicast PoC Channel.
    pub channel_floor_control: Option<&'a str>,
    /// g: media parameters of the Multicast PoC Channel.
    pub channel_media: Option<&'a str>,
}

/// A client's OK with all its elements, in the order of their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer<'a> {
    /// a: PoC Session Identity.
    pub session: &'a str,
    /// b: address of the client.
    pub client: &'a str,
    /// c: PoC Address of the user.
    pub user: &'a str,
    /// d: media parameters that the client selected.
    pub media: &'a str,
    /// e: media-floor control entities of the unicast leg.
    pub floor_control: &'a str,
    /// f: media-floor control entities of the Multicast PoC Channel.
    pub channel_floor_control: &'a str,
    /// g: media parameters of the Multicast PoC Channel.
    pub channel_media: &'a str,
}

impl<'a> AnswerElements<'a> {
    /// The whole OK.
    ///
    /// # Errors
    ///
    /// [`MissingElement`] with the first letter that is missing.
    pub fn build(self) -> Result<Answer<'a>, MissingElement> {
        Ok(Answer {
            session: Element::required(self.session, 'a')?,
            client: Element::required(self.client, 'b')?,
            user: Element::required(self.user, 'c')?,
            media: Element::required(self.media, 'd')?,
            floor_control: Element::required(self.floor_control, 'e')?,
            channel_floor_control: Element::required(self.channel_floor_control, 'f')?,
            channel_media: Element::required(self.channel_media, 'g')?,
        })
    }
}

/// How the bearer reaches its receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerMode {
    /// Multicast.
    Multicast,
    /// Broadcast, with the receivers counted.
    BroadcastWithCounting,
}

/// The elements of a Session Update Request that were gathered, or received.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionUpdateElements<'a, P = RustCrypto> {
    /// a: access technology.
    pub access_technology: Option<&'a str>,
    /// b: how the bearer reaches its receivers.
    pub bearer: Option<BearerMode>,
    /// c: updated MSK, with what its MTK messages need.
    pub msk: Option<&'a MskEntry<P>>,
    /// d: geographical areas of the channel.
    pub areas: Option<&'a [&'a str]>,
    /// e: QoE profile.
    pub qoe_profile: Option<&'a str>,
}

/// A Session Update Request with all its elements, in the order of their letters.
#[derive(Clone, Copy, Debug)]
pub struct SessionUpdateRequest<'a, P = RustCrypto> {
    /// a: access technology.
    pub access_technology: &'a str,
    /// b: how the bearer reaches its receivers.
    pub bearer: BearerMode,
    /// c: updated MSK, with what its MTK messages need.
    pub msk: &'a MskEntry<P>,
    /// d: geographical areas of the channel.
    pub areas: &'a [&'a str],
    /// e: QoE profile.
    pub qoe_profile: &'a str,
}

impl<'a, P> SessionUpdateElements<'a, P> {
    /// The whole request.
    ///
    /// # Errors
    ///
    /// [`MissingElement`] with the first letter that is missing.
    pub fn build(self) -> Result<SessionUpdateRequest<'a, P>, MissingElement> {
        Ok(SessionUpdateRequest {
            access_technology: Element::required(self.access_technology, 'a')?,
            bearer: self.bearer.ok_or(MissingElement('b'))?,
            msk: self.msk.ok_or(MissingElement('c'))?,
            areas: Element::required(self.areas, 'd')?,
            qoe_profile: Element::required(self.qoe_profile, 'e')?,
        })
    }

    /// The MSK of a request that was received.
    ///
    /// # Errors
    ///
    /// [`PocError::MissingMsk`]: the request is to be refused.
    pub fn required_msk(&self) -> Result<&'a MskEntry<P>, PocError> {
        self.msk.ok_or(PocError::MissingMsk)
    }
}

/// The elements of a positive Session Update Response that were gathered, or received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionUpdateResponseElements<'a> {
    /// a: acknowledgement: the MSK that is stored.
    pub stored: Option<MskName>,
    /// b: what the server needs to send media and Media Burst Control to the distribution.
    pub media: Option<&'a str>,
}

/// The answer to a Session Update Request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionUpdateResponse<'a> {
    /// The MSK is stored.
    Stored {
        /// a: its name.
        msk: MskName,
        /// b: what the server needs to send media and Media Burst Control to the distribution.
        media: &'a str,
    },
    /// It is not.
    Rejected(PocError),
}

impl<'a> SessionUpdateResponseElements<'a> {
    /// The whole positive response.
    ///
    /// # Errors
    ///
    /// [`MissingElement`] with the first letter that is missing.
    pub fn build(self) -> Result<SessionUpdateResponse<'a>, MissingElement> {
        Ok(SessionUpdateResponse::Stored {
            msk: self.stored.ok_or(MissingElement('a'))?,
            media: Element::required(self.media, 'b')?,
        })
    }
}
