//! Values and the return types that they are parts of.

/// A value as a part of a return type: what a companion takes where its function
/// returns something around it. `Level` tells how deep it lies, for the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what the function returns, nor the value in it",
    label = "not a part of `{Whole}`"
)]
pub trait PartOf<Whole, Level> {
    /// The return with this value.
    fn whole(self) -> Whole;
}

/// The whole itself.
#[derive(Debug)]
pub struct Itself;
/// In `Some`.
#[derive(Debug)]
pub struct InSome;
/// In `Ok`.
#[derive(Debug)]
pub struct InOk;
/// In `Ok(Some(_))`.
#[derive(Debug)]
pub struct InOkSome;

impl<T> PartOf<T, Itself> for T {
    fn whole(self) -> T {
        self
    }
}

impl<T> PartOf<Option<T>, InSome> for T {
    fn whole(self) -> Option<T> {
        Some(self)
    }
}

impl<T, E> PartOf<Result<T, E>, InOk> for T {
    fn whole(self) -> Result<T, E> {
        Ok(self)
    }
}

impl<T, E> PartOf<Result<Option<T>, E>, InOkSome> for T {
    fn whole(self) -> Result<Option<T>, E> {
        Ok(Some(self))
    }
}

/// What is in a `Result` or an `Option`.
#[diagnostic::on_unimplemented(
    message = "the companions of this function take `{Self}` for the standard library's, and it is another",
    label = "named like `Result` or `Option`",
    note = "write `companions = false`"
)]
pub trait Inner {
    /// The type of the value.
    type Value;
}

impl<T> Inner for Option<T> {
    type Value = T;
}

impl<T, E> Inner for Result<T, E> {
    type Value = T;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_finds_its_place_in_the_return() {
        let plain: u8 = 1.whole();
        let some: Option<u8> = 1.whole();
        let ok: Result<u8, ()> = 1.whole();
        let ok_some: Result<Option<u8>, ()> = 1.whole();
        let ok_none: Result<Option<u8>, ()> = None.whole();
        assert_eq!((plain, some, ok), (1, Some(1), Ok(1)));
        assert_eq!((ok_some, ok_none), (Ok(Some(1)), Ok(None)));
    }
}
