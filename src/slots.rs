//! Places for a fixed number of values, which are found and freed one by one and never move.
//!
//! ```text
//! | used before: Some or None | ... | never used: nothing is written there |
//! ```
//!
//! An array of options would be the same but for its beginning: it is written from end to end, and mostly somewhere else than
//! where it is to stay. Here the beginning is a length of 0, so that a large state begins where it lies, without a copy of it
//! on the stack.

use core::slice::{Iter, IterMut};

/// At most `N` values of type `T`, each in a place of its own.
pub(crate) struct Slots<T, const N: usize>(heapless::Vec<Option<T>, N>);

impl<T, const N: usize> Slots<T, N> {
    /// No value.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// The values, in the order of their places.
    pub(crate) fn iter(&self) -> core::iter::Flatten<Iter<'_, Option<T>>> {
        self.0.iter().flatten()
    }

    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> core::iter::Flatten<IterMut<'_, Option<T>>> {
        self.0.iter_mut().flatten()
    }

    /// The places that were ever used.
    pub(crate) fn places(&self) -> &[Option<T>] {
        self.0.as_slice()
    }

    /// The same, to be changed.
    pub(crate) fn places_mut(&mut self) -> &mut [Option<T>] {
        &mut self.0
    }

    /// Takes all `N` places into use.
    pub(crate) fn use_all(&mut self) {
        while self.0.push(None).is_ok() {}
    }

    /// Drops all values.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there are `N` values.
    pub(crate) fn is_full(&self) -> bool {
        self.iter().count() == N
    }

    /// The first place without a value, which is taken into use; none when there are `N`.
    pub(crate) fn free(&mut self) -> Option<&mut Option<T>> {
        let at = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push(None).ok()?;
        }
        self.0.get_mut(at)
    }

    /// Drops the first value of which `is_it` holds; false when there is none.
    pub(crate) fn remove(&mut self, is_it: impl Fn(&T) -> bool) -> bool {
        let found = self.0.iter_mut().find(|slot| slot.as_ref().is_some_and(&is_it));
        found.map(|slot| *slot = None).is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_freed_place_is_taken_again_before_a_new_one() {
        let mut slots = Slots::<u8, 3>::new();
        for value in 1..=3 {
            *slots.free().unwrap() = Some(value);
        }
        assert!(slots.is_full() && slots.free().is_none(), "three values, three places");
        assert!(slots.remove(|value| *value == 2));
        assert!(!slots.remove(|value| *value == 2), "it is gone");
        *slots.free().unwrap() = Some(4);
        assert_eq!(slots.iter().copied().collect::<heapless::Vec<u8, 3>>(), [1, 4, 3]);
    }

    #[test]
    fn a_place_that_was_asked_for_and_left_empty_is_no_value() {
        let mut slots = Slots::<u8, 1>::new();
        assert!(slots.free().unwrap().is_none());
        assert!(slots.free().unwrap().is_none(), "it is free still");
        assert_eq!(slots.iter_mut().count(), 0);
    }

    #[test]
    fn all_places_are_there_once_they_are_taken_into_use_and_none_once_they_are_cleared() {
        let mut slots = Slots::<u8, 3>::new();
        *slots.free().unwrap() = Some(1);
        assert_eq!(slots.places(), [Some(1)]);
        slots.use_all();
        assert_eq!(slots.places_mut(), [Some(1), None, None]);
        slots.clear();
        assert!(slots.places().is_empty());
    }
}
