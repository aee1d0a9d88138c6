//! What a field can be that a derived `HasUpdatedAt` reads and sets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A field without a unit: `SystemTime`, and what converts to it and back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say when a value was last changed",
    label = "no `SystemTime`, and does not convert to one and back",
    note = "`#[updated_at]` stands on a `SystemTime`, or on a type that is `Clone + From<SystemTime>` and `Into<SystemTime>`; for whole numbers say what they count: `#[updated_at(millis)]`, `#[updated_at(seconds)]`"
)]
pub trait UpdatedAtField: Sized {
    /// As a time.
    fn read(&self) -> SystemTime;
    /// From a time.
    fn of(at: SystemTime) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T> UpdatedAtField for T
where
    T: Clone + From<SystemTime>,
    SystemTime: From<T>,
{
    fn read(&self) -> SystemTime {
        self.clone().into()
    }

    fn of(at: SystemTime) -> Self {
        at.into()
    }
}

macro_rules! counts {
    ($(#[$attribute:meta])* $name:ident: $($integer:ty),* => $per_second:literal) => {
        $(#[$attribute])*
        pub trait $name: Sized {
            /// As a time; 1970 if no time is so far away.
            fn read(&self) -> SystemTime;
            /// From a time; the nearest that there is.
            fn of(at: SystemTime) -> Self;
        }

        $(impl $name for $integer {
            fn read(&self) -> SystemTime {
                i128::try_from(*self).ok().and_then(|count| time(count, $per_second)).unwrap_or(UNIX_EPOCH)
            }

            fn of(at: SystemTime) -> Self {
                let count = count(at, $per_second);
                let nearest = if count < 0 { Self::MIN } else { Self::MAX };
                Self::try_from(count).unwrap_or(nearest)
            }
        })*
    };
}

counts! {
    /// A field that counts seconds since 1970.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot count seconds since 1970",
        label = "allowed are `i32`, `u32`, `i64`, `u64`, `i128`, `u128`"
    )]
    UnixSeconds: i32, u32, i64, u64, i128, u128 => 1
}
counts! {
    /// A field that counts milliseconds since 1970: 32 bits are over within weeks.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot count milliseconds since 1970",
        label = "allowed are `i64`, `u64`, `i128`, `u128`"
    )]
    UnixMillis: i64, u64, i128, u128 => 1_000
}

/// The time at `count`, of which a second has so many.
fn time(count: i128, per_second: i128) -> Option<SystemTime> {
    let seconds = u64::try_from(count.div_euclid(per_second).unsigned_abs()).ok()?;
    let seconds = Duration::from_secs(seconds);
    let whole = if count < 0 {
        UNIX_EPOCH.checked_sub(seconds)?
    } else {
        UNIX_EPOCH.checked_add(seconds)?
    };
    let rest = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
    whole.checked_add(Duration::from_nanos(u64::try_from(rest).ok()?))
}

/// How many there are until `at`, rounded down.
fn count(at: SystemTime, per_second: i128) -> i128 {
    let nanos_each = 1_000_000_000 / per_second;
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed() / nanos_each,
        Err(before) => (-before.duration().as_nanos().cast_signed()).div_euclid(nanos_each),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_come_back_as_they_were() {
        for number in [0, 1, -1, 999, -999, 1_000, -1_001, 1_767_225_600_500] {
            assert_eq!(<i64 as UnixMillis>::of(UnixMillis::read(&number)), number);
            assert_eq!(<i64 as UnixSeconds>::of(UnixSeconds::read(&number)), number);
        }
        let millis = UNIX_EPOCH - Duration::from_millis(1_500);
        assert_eq!(UnixMillis::read(&-1_500_i64), millis);
        assert_eq!(<i64 as UnixSeconds>::of(millis), -2);
    }

    #[test]
    fn what_does_not_fit_is_as_near_as_it_can_be() {
        let (before, far) = (
            UNIX_EPOCH - Duration::from_secs(5),
            UNIX_EPOCH + Duration::from_secs(1 << 33),
        );
        assert_eq!(<u64 as UnixMillis>::of(before), 0);
        assert_eq!(<u32 as UnixSeconds>::of(far), u32::MAX);
        assert_eq!(<i32 as UnixSeconds>::of(far), i32::MAX);
        assert_eq!(UnixMillis::read(&u128::MAX), UNIX_EPOCH);
        assert_eq!(UnixSeconds::read(&i128::MIN), UNIX_EPOCH);
    }

    #[test]
    fn a_time_is_itself() {
        let at = UNIX_EPOCH + Duration::from_nanos(123_456_789);
        assert_eq!(SystemTime::of(UpdatedAtField::read(&at)), at);
    }
}
