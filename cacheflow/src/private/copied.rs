//! Copies of arguments, for loads that go on without their call.

use std::borrow::Borrow;

/// What a copy can be made of: whatever is `Clone`, `str`, slices, paths.
#[diagnostic::on_unimplemented(
    message = "a load in the background outlives the call and needs a copy of this argument: `{Self}` must be `Clone`",
    label = "`{Self}` is borrowed from the caller",
    note = "derive `Clone` for it, or take it by value, for example as an `Arc`"
)]
pub trait Copyable {
    /// The copy.
    type Owned;

    /// Makes a copy.
    fn copy(&self) -> Self::Owned;

    /// What the copy stands for.
    fn lend(owned: &Self::Owned) -> &Self;
}

// Else the compiler would say that `ToOwned` is missing, and not why.
#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned> Copyable for T {
    type Owned = T::Owned;

    fn copy(&self) -> T::Owned {
        self.to_owned()
    }

    fn lend(owned: &T::Owned) -> &T {
        owned.borrow()
    }
}

/// A copy, which is lent as what it was made of.
pub trait Lend {
    /// What the argument refers to.
    type Lent: ?Sized;

    /// The argument again.
    fn lend(&self) -> &Self::Lent;
}

struct Copied<T: ?Sized + Copyable>(T::Owned);

impl<T: ?Sized + Copyable> Lend for Copied<T> {
    type Lent = T;

    fn lend(&self) -> &T {
        T::lend(&self.0)
    }
}

/// Makes a copy of an argument.
///
/// Its type has no name, so that of an argument that cannot be copied the
/// compiler says so and nothing else.
pub fn copied<T: ?Sized + Copyable>(argument: &T) -> impl Lend<Lent = T> + use<T> {
    Copied::<T>(argument.copy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_lent_as_what_it_was_made_of() {
        assert_eq!(copied("text").lend(), "text");
        assert_eq!(copied::<[u8]>(&[1, 2]).lend(), [1, 2]);
        assert_eq!(copied(&7).lend(), &7);
    }
}
