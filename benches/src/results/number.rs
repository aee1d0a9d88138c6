//! Numbers that may be none: JSON has no other word for them than `null`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn known(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    known(*number).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// The same in lists of lists of lists.
pub(super) mod nested {
    use super::*;

    type Nested<N> = Vec<Vec<Vec<N>>>;

    fn each<A: Copy, B>(numbers: &Nested<A>, change: impl Fn(A) -> B + Copy) -> Nested<B> {
        let innermost = |list: &Vec<A>| list.iter().map(|number| change(*number)).collect();
        let inner = |lists: &Vec<Vec<A>>| lists.iter().map(innermost).collect();
        numbers.iter().map(inner).collect()
    }

    pub(in super::super) fn serialize<S: Serializer>(
        numbers: &Nested<f64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        each(numbers, known).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Nested<f64>, D::Error> {
        let numbers = Nested::<Option<f64>>::deserialize(from)?;
        Ok(each(&numbers, |number| number.unwrap_or(f64::NAN)))
    }
}
