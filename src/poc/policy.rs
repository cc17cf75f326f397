//! When an MSK is updated, as one pure function (OMA PoC, key management of a Multicast PoC Channel).
//!
//! | event | condition | MSK | MTK |
//! |---|---|---|---|
//! | `ClientExpelled` | served here, whether it ever held the MSK or not | yes, urgent | yes |
//! | `ClientExpelled` | served by another function | no | no |
//! | `ClientLeft` | last member | no | no |
//! | `ClientLeft` | `OnLeave::Never` | no | no |
//! | `ClientLeft` | `OnLeave::Always` | yes | yes |
//! | `ClientLeft` | `OnLeave::Coalesce` | coalesced | yes, with it |
//! | `ClientJoined` | `OnJoin::Never` | no | no |
//! | `ClientJoined` | `OnJoin::Always` | yes | yes |
//! | `MskLifetime` | age or packets at their limit | yes | yes |
//! | `MtkRangeExhausted` | | yes, urgent | yes |
//! | `MtkPeriodic` | | no | yes |
//! | `Compromise` | | yes, urgent | yes |
//! | `MukRenewed` | | no; the current MSK again to that client | no |
//! | `Deauthorised` | | as `ClientExpelled` | |
//! | `AdminRequest`, `Other` | | yes | yes |
//!
//! An update that is wanted while another is being distributed supersedes that one for expulsion, de-authorisation and
//! compromise, and merges with it otherwise; after its indication it is chained. No configuration turns an expulsion
//! into anything but an update, and no MSK is updated without its MTK.

/// What a client that leaves causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnLeave {
    /// Nothing.
    Never,
    /// An update.
    Always,
    /// One update for all that leave within so many milliseconds of the first.
    Coalesce(u32),
}

/// What a client that joins causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnJoin {
    /// Nothing.
    #[default]
    Never,
    /// An update, so that it cannot read what was recorded before.
    Always,
}

/// The choices that the standard leaves to local policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyConfig {
    /// A client leaves. Default `Coalesce(5000)`.
    pub on_leave: OnLeave,
    /// A client joins. Default `Never`.
    pub on_join: OnJoin,
    /// Oldest MSK, milliseconds. Default 24 hours.
    pub msk_max_age_ms: u64,
    /// Most packets under one MSK. Default 2^48, the limit of one SRTP master key (RFC 3711 §9.2).
    pub msk_max_packets: u64,
    /// Whether a client that leaves under `Always` while an update is being distributed supersedes it rather than merges:
    /// it may have got the new MSK already. Default no.
    pub leave_supersedes: bool,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            on_leave: OnLeave::Coalesce(5_000),
            on_join: OnJoin::Never,
            msk_max_age_ms: 24 * 60 * 60 * 1_000,
            msk_max_packets: 1 << 48,
            leave_supersedes: false,
        }
    }
}

/// What may call for an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyEvent {
    /// A client was thrown out of the session.
    ClientExpelled {
        /// Whether this function serves it; another one protects its own channel with its own MSK.
        served_here: bool,
        /// Whether it ever held an MSK of this channel. It makes no difference.
        held_msk: bool,
    },
    /// A client left.
    ClientLeft,
    /// A client joined.
    ClientJoined,
    /// The MSK in use is so old, and has protected so many packets.
    MskLifetime {
        /// Its age, milliseconds.
        age_ms: u64,
        /// Packets under its MTKs.
        packets: u64,
    },
    /// The MTK IDs of the MSK in use are used up.
    MtkRangeExhausted,
    /// The MTK in use has reached its age.
    MtkPeriodic,
    /// The operator says that a key is known to outsiders.
    Compromise,
    /// A client has bootstrapped again.
    MukRenewed,
    /// The subscription of a client has ended (TS 26.237 §10.4.2).
    Deauthorised {
        /// Whether this function serves it.
        served_here: bool,
    },
    /// The operator wants one.
    AdminRequest,
    /// Any other reason of local policy, by a number of the operator's.
    Other(u16),
}

/// How far the update in progress is, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Progress {
    /// None is.
    #[default]
    Steady,
    /// The new MSK is being handed out; the indication has not left.
    Distributing,
    /// The indication has left.
    Indicated,
}

/// What the decision depends on besides the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyStatus {
    /// The update in progress.
    pub progress: Progress,
    /// Members that remain when the event has happened.
    pub members: u32,
}

/// Whether the MSK is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateMsk {
    /// No.
    No,
    /// Yes, now.
    Yes,
    /// Yes, once for everything of this kind within so many milliseconds.
    Coalesce(u32),
}

/// How an update goes with the one in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Course {
    /// None is in progress.
    Start,
    /// It takes the place of the one in progress, whose MSK is never indicated.
    Supersede,
    /// The one in progress will do.
    Merge,
    /// It follows the one in progress at once.
    Chain,
}

/// Why an MSK is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A client was expelled.
    Expelled,
    /// A client left.
    Left,
    /// A client joined.
    Joined,
    /// The MSK is too old or too much used.
    Lifetime,
    /// Its MTK IDs are used up.
    MtkRange,
    /// The MTK is too old.
    MtkPeriodic,
    /// A key is known to outsiders.
    Compromise,
    /// A client has a new MUK.
    MukRenewed,
    /// A subscription has ended.
    Deauthorised,
    /// The operator wants it.
    Admin,
    /// Another reason of local policy.
    Other(u16),
}

impl Reason {
    /// Whether somebody must be shut out: such an update is never given up, and its timers are short.
    #[must_use]
    pub const fn excludes(self) -> bool {
        matches!(self, Self::Expelled | Self::Deauthorised)
    }
}

/// How pressing an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Urgency {
    /// It may wait its turn.
    Normal,
    /// It comes before everything else.
    High,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Decision {
    /// Whether the MSK is updated.
    pub update_msk: UpdateMsk,
    /// Whether the MTK is updated; always when the MSK is.
    pub update_mtk: bool,
    /// Whether the current MSK goes to the client of the event once more.
    pub redeliver: bool,
    /// Why.
    pub reason: Reason,
    /// How pressing it is.
    pub urgency: Urgency,
    /// How it goes with the update in progress; counts only when the MSK is updated now.
    pub course: Course,
}

/// Decides what `event` causes. The answer depends on nothing but the arguments.
pub const fn decide(event: &PolicyEvent, config: &PolicyConfig, status: &KeyStatus) -> Decision {
    let reason = reason(event);
    let update_msk = match *event {
        PolicyEvent::ClientExpelled { served_here, .. } | PolicyEvent::Deauthorised { served_here } => {
            if served_here {
                UpdateMsk::Yes
            } else {
                UpdateMsk::No
            }
        }
        PolicyEvent::ClientLeft if status.members == 0 => UpdateMsk::No,
        PolicyEvent::ClientLeft => match config.on_leave {
            OnLeave::Never => UpdateMsk::No,
            OnLeave::Always => UpdateMsk::Yes,
            OnLeave::Coalesce(ms) => UpdateMsk::Coalesce(ms),
        },
        PolicyEvent::ClientJoined => match config.on_join {
            OnJoin::Never => UpdateMsk::No,
            OnJoin::Always => UpdateMsk::Yes,
        },
        PolicyEvent::MskLifetime { age_ms, packets } => {
            if age_ms >= config.msk_max_age_ms || packets >= config.msk_max_packets {
                UpdateMsk::Yes
            } else {
                UpdateMsk::No
            }
        }
        PolicyEvent::MtkPeriodic | PolicyEvent::MukRenewed => UpdateMsk::No,
        PolicyEvent::MtkRangeExhausted
        | PolicyEvent::Compromise
        | PolicyEvent::AdminRequest
        | PolicyEvent::Other(_) => UpdateMsk::Yes,
    };
    let supersedes = match reason {
        Reason::Expelled | Reason::Deauthorised | Reason::Compromise => true,
        Reason::Left => config.leave_supersedes,
        _ => false,
    };
    let course = match status.progress {
        Progress::Steady => Course::Start,
        Progress::Distributing if supersedes => Course::Supersede,
        Progress::Distributing => Course::Merge,
        Progress::Indicated => Course::Chain,
    };
    let urgent =
        matches!(reason, Reason::Expelled | Reason::Deauthorised | Reason::Compromise | Reason::MtkRange);
    Decision {
        update_msk,
        update_mtk: !matches!(update_msk, UpdateMsk::No) || matches!(reason, Reason::MtkPeriodic),
        redeliver: matches!(reason, Reason::MukRenewed),
        reason,
        urgency: if urgent && !matches!(update_msk, UpdateMsk::No) { Urgency::High } else { Urgency::Normal },
        course,
    }
}

const fn reason(event: &PolicyEvent) -> Reason {
    match *event {
        PolicyEvent::ClientExpelled { .. } => Reason::Expelled,
        PolicyEvent::ClientLeft => Reason::Left,
        PolicyEvent::ClientJoined => Reason::Joined,
        PolicyEvent::MskLifetime { .. } => Reason::Lifetime,
        PolicyEvent::MtkRangeExhausted => Reason::MtkRange,
        PolicyEvent::MtkPeriodic => Reason::MtkPeriodic,
        PolicyEvent::Compromise => Reason::Compromise,
        PolicyEvent::MukRenewed => Reason::MukRenewed,
        PolicyEvent::Deauthorised { .. } => Reason::Deauthorised,
        PolicyEvent::AdminRequest => Reason::Admin,
        PolicyEvent::Other(number) => Reason::Other(number),
    }
}
