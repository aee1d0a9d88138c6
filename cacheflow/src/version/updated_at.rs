//! What carries the time of its last change.

use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

/// A value that knows when it was last changed.
///
/// Derive it with [`macro@crate::HasUpdatedAt`], which implements [`SetUpdatedAt`] as
/// well; or by hand:
///
/// ```
/// use cacheflow::HasUpdatedAt;
/// use std::time::SystemTime;
///
/// struct Post { edited: SystemTime }
///
/// impl HasUpdatedAt for Post {
///     fn updated_at(&self) -> SystemTime { self.edited }
/// }
///
/// let post = Post { edited: SystemTime::UNIX_EPOCH };
/// assert_eq!((&post).updated_at(), SystemTime::UNIX_EPOCH);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say when it was last changed",
    label = "not `HasUpdatedAt`",
    note = "derive it: `#[derive(cacheflow::HasUpdatedAt)]`"
)]
pub trait HasUpdatedAt {
    /// When it was last changed.
    fn updated_at(&self) -> SystemTime;
}

/// A value whose time of the last change can be moved: an entity, before it is
/// written to its source.
///
/// A shared one (`Arc`) is cloned for it, if somebody else has it as well: that one
/// stays as it is.
pub trait SetUpdatedAt: HasUpdatedAt {
    /// Sets when it was last changed.
    fn set_updated_at(&mut self, at: SystemTime);

    /// Moves the time of the last change to `at`, unless it is later already; whether it
    /// was moved.
    fn touch(&mut self, at: SystemTime) -> bool {
        let moves = at > self.updated_at();
        if moves {
            self.set_updated_at(at);
        }
        moves
    }
}

macro_rules! read_through {
    ($($reference:ty),*) => {$(
        impl<T: HasUpdatedAt + ?Sized> HasUpdatedAt for $reference {
            fn updated_at(&self) -> SystemTime {
                (**self).updated_at()
            }
        }
    )*};
}
read_through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

macro_rules! write_through {
    ($([$($bound:tt)*] $reference:ty),*) => {$(
        impl<T: SetUpdatedAt + $($bound)*> SetUpdatedAt for $reference {
            fn set_updated_at(&mut self, at: SystemTime) {
                (**self).set_updated_at(at);
            }
        }
    )*};
}
write_through!([?Sized] &mut T, [?Sized] Box<T>);

impl<T: SetUpdatedAt + Clone> SetUpdatedAt for Arc<T> {
    fn set_updated_at(&mut self, at: SystemTime) {
        Self::make_mut(self).set_updated_at(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[derive(Clone)]
    struct Row(SystemTime);

    impl HasUpdatedAt for Row {
        fn updated_at(&self) -> SystemTime {
            self.0
        }
    }

    impl SetUpdatedAt for Row {
        fn set_updated_at(&mut self, at: SystemTime) {
            self.0 = at;
        }
    }

    fn second(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn a_touch_never_moves_backwards() {
        let mut row = Row(second(5));
        assert!(!row.touch(second(4)) && !row.touch(second(5)));
        assert_eq!(row.updated_at(), second(5));
        assert!(row.touch(second(6)));
        assert_eq!(row.updated_at(), second(6));
    }

    #[test]
    fn a_reference_has_the_time_of_what_it_refers_to() {
        let mut row = Row(second(1));
        let by_reference: &mut dyn SetUpdatedAt = &mut &mut row;
        by_reference.set_updated_at(second(2));
        let mut boxed: Box<dyn SetUpdatedAt> = Box::new(row);
        boxed.set_updated_at(second(3));
        let read: &dyn HasUpdatedAt = &Rc::new(&boxed);
        assert_eq!(read.updated_at(), second(3));
    }

    #[test]
    fn who_shares_a_value_keeps_its_time() {
        let mut mine = Arc::new(Row(second(1)));
        let other = Arc::clone(&mine);
        mine.touch(second(2));
        assert_eq!(
            (mine.updated_at(), other.updated_at()),
            (second(2), second(1))
        );
    }
}
