//! What a function returns, taken apart: which part is kept.
//!
//! Recognised by type, not by name, so that an alias of `Result` works. The
//! traits are tried in the order of how special they are, by the number of
//! references that method resolution takes off a [`Probe`].

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::cache::{CacheValue, ShareError};

/// Asks for the shape of `R`.
#[derive(Debug)]
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

/// How a return type is taken apart and put together.
pub trait Shape: Copy + Send + Sync + 'static {
    /// The whole.
    type Return;
    /// What is given with it.
    type Given;
    /// What is kept of that.
    type Value;
    /// What is not.
    type Error: 'static;

    /// Whether there may be no value.
    const TAKES_ABSENT: bool = false;

    /// The value, its absence or the error.
    ///
    /// # Errors
    ///
    /// The function's own error.
    fn split(returned: Self::Return) -> Result<Option<Self::Value>, Self::Error>;

    /// The value in a return.
    fn given(returned: &Self::Return) -> Option<&Self::Given>;

    /// What is kept as what was given.
    fn bare(value: Self::Value) -> Self::Given;

    /// A return with this value.
    fn value(value: Self::Value) -> Self::Return;

    /// A return without value.
    fn absent() -> Self::Return;

    /// A return with this error.
    fn error(error: Self::Error) -> Self::Return;

    /// How the error is handed to those who waited.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<Self::Error>;
}

/// The same shape, of which it is known that its values can be cached.
///
/// Whoever calls for a value that cannot be cached is told here, and nowhere else: what
/// comes back has all that is needed, as far as the compiler knows. In every companion
/// of a function it is the same fault at the same place, which is told once.
#[inline]
pub fn cacheable<S>(
    shape: S,
) -> impl Shape<Return = S::Return, Given = S::Given, Error = S::Error, Value: CacheValue>
where
    S: Shape<Value: CacheValue>,
{
    shape
}

/// `T`: all of it is kept.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T> Clone for Plain<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Plain<T> {}

impl<T: 'static> Shape for Plain<T> {
    type Return = T;
    type Given = T;
    type Value = T;
    type Error = Infallible;

    fn split(returned: T) -> Result<Option<T>, Infallible> {
        Ok(Some(returned))
    }

    fn given(returned: &T) -> Option<&T> {
        Some(returned)
    }

    fn bare(value: T) -> T {
        value
    }

    fn value(value: T) -> T {
        value
    }

    fn absent() -> T {
        unreachable!("this function always gives a value")
    }

    fn error(error: Infallible) -> T {
        match error {}
    }

    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<Infallible> {
        ShareError::never()
    }
}

/// `Option<T>`: a `Some` is kept.
#[derive(Debug)]
pub struct Optional<T>(PhantomData<fn() -> T>);

impl<T> Clone for Optional<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Optional<T> {}

impl<T: 'static> Shape for Optional<T> {
    type Return = Option<T>;
    type Given = T;
    type Value = T;
    type Error = Infallible;
    const TAKES_ABSENT: bool = true;

    fn split(returned: Option<T>) -> Result<Option<T>, Infallible> {
        Ok(returned)
    }

    fn given(returned: &Option<T>) -> Option<&T> {
        returned.as_ref()
    }

    fn bare(value: T) -> T {
        value
    }

    fn value(value: T) -> Option<T> {
        Some(value)
    }

    fn absent() -> Option<T> {
        None
    }

    fn error(error: Infallible) -> Option<T> {
        match error {}
    }

    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<Infallible> {
        ShareError::never()
    }
}

/// `Result<T, E>`: an `Ok` is kept.
pub struct Fallible<T, E> {
    errors: ShareError<E>,
    value: PhantomData<fn() -> T>,
}

impl<T, E> Clone for Fallible<T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E> Copy for Fallible<T, E> {}

impl<T: 'static, E: 'static> Shape for Fallible<T, E> {
    type Return = Result<T, E>;
    type Given = T;
    type Value = T;
    type Error = E;

    fn split(returned: Result<T, E>) -> Result<Option<T>, E> {
        returned.map(Some)
    }

    fn given(returned: &Result<T, E>) -> Option<&T> {
        returned.as_ref().ok()
    }

    fn bare(value: T) -> T {
        value
    }

    fn value(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn absent() -> Result<T, E> {
        unreachable!("this function gives a value or an error")
    }

    fn error(error: E) -> Result<T, E> {
        Err(error)
    }

    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<E> {
        self.errors
    }
}

/// `Result<Option<T>, E>`: an `Ok(Some(_))` is kept.
pub struct FallibleOptional<T, E> {
    errors: ShareError<E>,
    value: PhantomData<fn() -> T>,
}

impl<T, E> Clone for FallibleOptional<T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, E> Copy for FallibleOptional<T, E> {}

impl<T: 'static, E: 'static> Shape for FallibleOptional<T, E> {
    type Return = Result<Option<T>, E>;
    type Given = T;
    type Value = T;
    type Error = E;
    const TAKES_ABSENT: bool = true;

    fn split(returned: Result<Option<T>, E>) -> Result<Option<T>, E> {
        returned
    }

    fn given(returned: &Result<Option<T>, E>) -> Option<&T> {
        returned.as_ref().ok()?.as_ref()
    }

    fn bare(value: T) -> T {
        value
    }

    fn value(value: T) -> Result<Option<T>, E> {
        Ok(Some(value))
    }

    fn absent() -> Result<Option<T>, E> {
        Ok(None)
    }

    fn error(error: E) -> Result<Option<T>, E> {
        Err(error)
    }

    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<E> {
        self.errors
    }
}

macro_rules! probes {
    ($(#[$doc:meta] $name:ident for $probe:ty, [$($bounds:tt)*] => $shape:ty = $make:expr;)*) => {$(
        #[$doc]
        pub trait $name {
            /// The shape.
            type Shape: Shape;
            /// The shape of the type that was asked for.
            fn shape(&self) -> Self::Shape;
        }

        impl<$($bounds)*> $name for $probe {
            type Shape = $shape;

            fn shape(&self) -> Self::Shape {
                $make
            }
        }
    )*};
}

probes! {
    /// The least special.
    ShapeOfPlain for Probe<T>, [T: 'static] => Plain<T> = Plain(PhantomData);
    /// Tried before [`ShapeOfPlain`].
    ShapeOfOption for &Probe<Option<T>>, [T: 'static] => Optional<T> = Optional(PhantomData);
    /// Tried before [`ShapeOfOption`].
    ShapeOfResult for &&Probe<Result<T, E>>, [T: 'static, E: 'static] => Fallible<T, E> = Fallible {
        errors: ShareError::never(),
        value: PhantomData,
    };
    /// Tried before [`ShapeOfResult`].
    ShapeOfResultCloned for &&&Probe<Result<T, E>>, [T: 'static, E: Clone + Send + Sync + 'static] => Fallible<T, E> = Fallible {
        errors: ShareError::cloned(),
        value: PhantomData,
    };
    /// Tried before [`ShapeOfResultCloned`].
    ShapeOfResultOption for &&&&Probe<Result<Option<T>, E>>, [T: 'static, E: 'static] => FallibleOptional<T, E> = FallibleOptional {
        errors: ShareError::never(),
        value: PhantomData,
    };
    /// The most special.
    ShapeOfResultOptionCloned for &&&&&Probe<Result<Option<T>, E>>, [T: 'static, E: Clone + Send + Sync + 'static] => FallibleOptional<T, E> = FallibleOptional {
        errors: ShareError::cloned(),
        value: PhantomData,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias<T> = Result<T, String>;

    struct NotClone;

    fn name_of<S>(_: S) -> &'static str {
        let name = std::any::type_name::<S>();
        let path = name.split('<').next().unwrap();
        path.rsplit("::").next().unwrap()
    }

    macro_rules! shape {
        ($type:ty) => {
            (&&&&&&Probe::<$type>::NEW).shape()
        };
    }

    #[test]
    fn a_return_type_is_recognised_by_type_not_by_name() {
        assert_eq!(name_of(shape!(u8)), "Plain");
        assert_eq!(name_of(shape!(Vec<u8>)), "Plain");
        assert_eq!(name_of(shape!(Option<u8>)), "Optional");
        assert_eq!(name_of(shape!(Alias<u8>)), "Fallible");
        assert_eq!(name_of(shape!(Result<u8, NotClone>)), "Fallible");
        assert_eq!(name_of(shape!(Alias<Option<u8>>)), "FallibleOptional");
        assert_eq!(name_of(shape!(std::sync::Arc<u8>)), "Plain");
    }

    #[test]
    fn an_error_is_shared_if_it_can_be_cloned() {
        let cloned = shape!(Result<u8, String>).errors();
        let shared = (cloned.share)(&"no".to_owned()).unwrap();
        assert_eq!((cloned.take)(&shared), Some("no".to_owned()));
        let alone = shape!(Result<u8, NotClone>).errors();
        assert!((alone.share)(&NotClone).is_none());
        let optional = shape!(Result<Option<u8>, String>).errors();
        assert!((optional.share)(&String::new()).is_some());
    }
}
