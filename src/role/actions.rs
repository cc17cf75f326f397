//! What a role wants done, all at once.

use core::fmt;

/// Most actions that one event can cause, where the machine does not say otherwise.
pub const MAX_ACTIONS: usize = 8;

/// The actions that one event caused, in the order in which they are to be carried out.
#[must_use = "the state has changed; its actions must be carried out"]
pub struct Actions<A, const N: usize = MAX_ACTIONS>(heapless::Vec<A, N>);

impl<A, const N: usize> Actions<A, N> {
    /// No action yet, for a machine that adds to a list of the caller's.
    pub const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// INVARIANT: no event causes more than `N`; the role's tests run every row of its table.
    // Called from everywhere, and as large as several calls.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn push(&mut self, action: A) {
        let pushed = self.0.push(action);
        debug_assert!(pushed.is_ok(), "an event caused more actions than there is room for");
    }

    /// Takes all actions out.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Puts `action` in the place of the first.
    pub(crate) fn replace_first(&mut self, action: A) {
        if let Some(first) = self.0.first_mut() {
            *first = action;
        }
    }

    /// Pushes the action, if there is one.
    #[cfg(feature = "poc")]
    pub(crate) fn extend(&mut self, action: Option<A>) {
        if let Some(action) = action {
            self.push(action);
        }
    }

    /// The actions, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[A] {
        &self.0
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The actions, in order.
    pub fn iter(&self) -> core::slice::Iter<'_, A> {
        self.0.iter()
    }
}

impl<A, const N: usize> Default for Actions<A, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Iterates over the actions by value.
#[derive(Debug)]
pub struct IntoIter<A, const N: usize = MAX_ACTIONS>(<heapless::Vec<A, N> as IntoIterator>::IntoIter);

impl<A, const N: usize> Iterator for IntoIter<A, N> {
    type Item = A;

    fn next(&mut self) -> Option<A> {
        self.0.next()
    }
}

impl<A, const N: usize> IntoIterator for Actions<A, N> {
    type Item = A;
    type IntoIter = IntoIter<A, N>;

    fn into_iter(self) -> IntoIter<A, N> {
        IntoIter(self.0.into_iter())
    }
}

impl<'a, A, const N: usize> IntoIterator for &'a Actions<A, N> {
    type Item = &'a A;
    type IntoIter = core::slice::Iter<'a, A>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<A: fmt::Debug, const N: usize> fmt::Debug for Actions<A, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
