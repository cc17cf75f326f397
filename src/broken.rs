//! Rules that the model checker of [`poc`](crate::poc) breaks on purpose, to see that it notices.
#![cfg(test)]

use core::cell::Cell;

/// A rule that can be broken. The property that must then fail stands beside it in `poc::model`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Whoever is expelled is taken out before the new MSK is made.
    RemovedFirst,
    /// An expulsion supersedes an MSK that the expelled member was sent.
    Superseded,
    /// A client switches to an MSK that it holds.
    HeldBeforeUse,
    /// A distribution announces an MSK that it has stored.
    StoredBeforeAnnounced,
    /// A stored MSK waits for its indication.
    AnnouncedBeforeUse,
    /// Only the response that names the MSK to come counts.
    NamedResponse,
    /// A third MSK of a Key Group pushes out the oldest.
    TwoPerGroup,
    /// An MSK that would push out a needed one takes the spare Key Group.
    SpareGroup,
    /// Old MTKs serve until one under the new MSK is verified.
    MakeBeforeBreak,
    /// The indication waits for the distribution.
    GateOfBcast,
    /// The indication waits for the members.
    GateOfMembers,
    /// An MTK under the MSK to come switches without an indication.
    ImplicitSwitch,
}

std::thread_local! {
    static BROKEN: Cell<Option<Rule>> = const { Cell::new(None) };
}

/// Breaks this rule, and no other, in this thread.
pub(crate) fn set(rule: Option<Rule>) {
    BROKEN.set(rule);
}

/// Whether this rule is broken in this thread.
pub(crate) fn is(rule: Rule) -> bool {
    BROKEN.get() == Some(rule)
}

/// Whether the gate before the indication opens, where it may not wait for everybody.
pub(crate) fn opens(open: bool, answered: bool, stored: bool) -> bool {
    open || answered && is(Rule::GateOfBcast) || stored && is(Rule::GateOfMembers)
}
