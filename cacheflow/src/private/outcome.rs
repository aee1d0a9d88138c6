//! How a call has ended, whatever it returns.
//!
//! By type, not by name, as with [shapes](super::Shape); but here what is returned may
//! borrow, and need not be anything that can be kept.

/// Asks how what returned this has ended.
#[derive(Debug)]
pub struct Ended<'r, R>(&'r R);

impl<'r, R> Ended<'r, R> {
    /// The question.
    #[must_use]
    pub const fn of(returned: &'r R) -> Self {
        Self(returned)
    }
}

/// How a call has ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'r, T> {
    /// With a value.
    Gave(&'r T),
    /// Well, and without one: `None`.
    Nothing,
    /// With an error.
    Failed,
}

macro_rules! endings {
    ($(#[$doc:meta] $name:ident for $ended:ty, [$($bounds:tt)*] gives $value:ty, $returned:ident => $outcome:expr;)*) => {$(
        #[$doc]
        pub trait $name<'r> {
            /// The type of the value.
            type Value;
            /// How the call has ended.
            fn outcome(&self) -> Outcome<'r, Self::Value>;
        }

        impl<'r, $($bounds)*> $name<'r> for $ended {
            type Value = $value;

            fn outcome(&self) -> Outcome<'r, $value> {
                let $returned = self.0;
                $outcome
            }
        }
    )*};
}

endings! {
    /// The least special: whatever it is, it is a success.
    EndedPlain for Ended<'r, T>, [T] gives T, returned => Outcome::Gave(returned);
    /// Tried before [`EndedPlain`].
    EndedOption for &Ended<'r, Option<T>>, [T] gives T, returned => match returned {
        Some(value) => Outcome::Gave(value),
        None => Outcome::Nothing,
    };
    /// Tried before [`EndedOption`].
    EndedResult for &&Ended<'r, Result<T, E>>, [T, E] gives T, returned => match returned {
        Ok(value) => Outcome::Gave(value),
        Err(_) => Outcome::Failed,
    };
    /// The most special.
    EndedResultOption for &&&Ended<'r, Result<Option<T>, E>>, [T, E] gives T, returned => match returned {
        Ok(Some(value)) => Outcome::Gave(value),
        Ok(None) => Outcome::Nothing,
        Err(_) => Outcome::Failed,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias<T> = Result<T, String>;

    macro_rules! outcome {
        ($returned:expr) => {
            (&&&&Ended::of(&$returned)).outcome()
        };
    }

    #[test]
    fn success_is_told_by_type_not_by_name() {
        assert_eq!(outcome!(()), Outcome::Gave(&()));
        assert_eq!(outcome!("borrowed"), Outcome::Gave(&"borrowed"));
        assert_eq!(outcome!(Some(1)), Outcome::Gave(&1));
        assert_eq!(outcome!(None::<u8>), Outcome::Nothing);
        let (ok, err): (Alias<u8>, Alias<u8>) = (Ok(1), Err(String::new()));
        assert_eq!(outcome!(ok), Outcome::Gave(&1));
        assert_eq!(outcome!(err), Outcome::Failed);
        let (some, none): (Alias<Option<u8>>, Alias<Option<u8>>) = (Ok(Some(1)), Ok(None));
        assert_eq!(outcome!(some), Outcome::Gave(&1));
        assert_eq!(outcome!(none), Outcome::Nothing);
        let err: Alias<Option<u8>> = Err(String::new());
        assert_eq!(outcome!(err), Outcome::Failed);
    }
}
