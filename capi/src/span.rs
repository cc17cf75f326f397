//! The caller's memory as stretches of addresses: what a call writes must stand apart from everything else.

use crate::bytes::{Object, Opaque};
use crate::status::Status;

/// A stretch of the caller's memory that a call reads or writes.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    from: usize,
    len: usize,
    written: bool,
}

impl Span {
    /// `n` values that are read.
    pub(crate) fn read<T>(at: *const T, n: usize) -> Self {
        Self::new(at, n, false)
    }

    /// `n` values that are written.
    pub(crate) fn write<T>(at: *mut T, n: usize) -> Self {
        Self::new(at, n, true)
    }

    /// NULL is no memory: whether it may stand there is looked at elsewhere.
    fn new<T>(at: *const T, n: usize, written: bool) -> Self {
        let len = if at.is_null() { 0 } else { n.saturating_mul(size_of::<T>()) };
        Self { from: at.addr(), len, written }
    }

    /// An object.
    pub(crate) fn object<T: Opaque>(at: *const T) -> Self {
        Self::new(at.cast::<Object<T::Body>>(), 1, true)
    }

    /// An object that is looked at.
    #[cfg(any(feature = "mcx", feature = "poc"))]
    pub(crate) fn looked<T: Opaque>(at: *const T) -> Self {
        Self::new(at.cast::<Object<T::Body>>(), 1, false)
    }

    const fn meets(self, other: Self) -> bool {
        self.len != 0
            && other.len != 0
            && self.from < other.from.saturating_add(other.len)
            && other.from < self.from.saturating_add(self.len)
    }
}

/// Refuses a call that writes where it also reads or writes otherwise, or that names more memory than there can be.
pub(crate) fn apart(spans: &[Span]) -> Result<(), Status> {
    if spans.iter().any(|span| isize::try_from(span.len).is_err()) {
        return Err(Status::LENGTH);
    }
    for (n, one) in spans.iter().enumerate() {
        for other in spans.iter().skip(n.saturating_add(1)) {
            if (one.written || other.written) && one.meets(*other) {
                return Err(Status::OVERLAP);
            }
        }
    }
    Ok(())
}

/// Refuses a call that writes in `written` where it reads or writes in `others`.
#[cfg(feature = "mcx")]
#[inline(never)]
pub(crate) fn apart_from(written: &[Span], others: &[Span]) -> Result<(), Status> {
    written.iter().try_for_each(|one| others.iter().try_for_each(|other| apart(&[*one, *other])))
}
