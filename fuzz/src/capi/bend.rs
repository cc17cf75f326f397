//! The one argument of a call that is not what it should be.

use core::ptr;

use crate::choice::Choices;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Null,
    Misaligned,
    /// Where another argument is, which is written.
    Over,
    Short,
}

/// Which argument is bent, and how. Arguments are counted as they are asked for.
#[derive(Debug)]
pub(super) struct Bend {
    which: Option<u8>,
    how: How,
    amount: u8,
    next: u8,
    must_fail: bool,
}

impl Bend {
    /// Most calls are straight.
    pub(super) fn draw(choices: &mut Choices<'_>) -> Option<Self> {
        let choice = choices.octet()?;
        let how = [How::Null, How::Misaligned, How::Over, How::Short][usize::from(choice % 4)];
        let which = (choice >= 160).then_some((choice >> 2) % 12);
        let amount = if how == How::Short && which.is_some() { choices.octet()? } else { 0 };
        Some(Self { which, how, amount, next: 0, must_fail: false })
    }

    /// Whether the header promises that the call refuses.
    pub(super) const fn must_fail(&self) -> bool {
        self.must_fail
    }

    fn is_next(&mut self) -> bool {
        let this = self.next;
        self.next += 1;
        self.which == Some(this)
    }

    /// A pointer that must be there: NULL and a misaligned one are refused.
    pub(super) fn at<T>(&mut self, at: *mut T) -> *mut T {
        if !self.is_next() {
            return at;
        }
        match self.how {
            How::Null => {
                self.must_fail = true;
                ptr::null_mut()
            }
            How::Misaligned if align_of::<T>() > 1 => {
                self.must_fail = true;
                at.wrapping_byte_add(1)
            }
            _ => at,
        }
    }

    /// The same of what is read.
    pub(super) fn read<T>(&mut self, at: *const T) -> *const T {
        self.at(at.cast_mut()).cast_const()
    }

    /// The place of an output, which must not lie over `object`, of which at least as many octets are given.
    pub(super) fn output<T, O>(&mut self, at: *mut T, object: *mut O) -> *mut T {
        let is_this = self.which == Some(self.next) && self.how == How::Over;
        let at = self.at(at);
        if is_this && size_of::<T>() <= size_of::<O>() && object.cast::<T>().is_aligned() {
            self.must_fail = true;
            return object.cast();
        }
        at
    }

    /// Octets of a room, which may be said to be less.
    pub(super) fn size(&mut self, len: usize) -> usize {
        if self.is_next() && self.how == How::Short { len.min(usize::from(self.amount)) } else { len }
    }

    /// A size of which nothing less will do.
    pub(super) fn whole(&mut self, len: usize) -> usize {
        let size = self.size(len);
        self.must_fail |= size < len;
        size
    }
}
