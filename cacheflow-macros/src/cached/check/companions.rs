//! Whether the function has companions, and where they stand.

use crate::attribute::Given;
use crate::cached::model::{Companions, Home};
use crate::faults::Faults;
use crate::function::Function;
use syn::Visibility;

/// Names in the type namespace that the companions' type would hide.
const PRIMITIVES: [&str; 17] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize",
];

/// A function has companions unless it says otherwise; one in an `impl` if it says so,
/// since traits have no room for them.
pub(super) fn check(
    companions: Given<bool>,
    visibility: Given<Visibility>,
    function: &Function,
    faults: &mut Faults,
) -> Option<Companions> {
    let associated = function.is_associated();
    let name = &function.sig.ident;
    let wanted = companions.as_ref().copied().unwrap_or(!associated);
    if !wanted || function.body.is_none() {
        if let Some(visibility) = visibility.as_ref() {
            let message = if associated {
                "`visibility` is that of companions: an associated function has some with `companions`"
            } else {
                "`visibility` and `companions = false` contradict"
            };
            faults.on(visibility, message);
        }
        return None;
    }
    if !associated && PRIMITIVES.iter().any(|primitive| name == primitive) {
        let message = format!(
            "the companions of `{name}` would hide the type `{name}`: write `companions = false`"
        );
        faults.on(name, message);
    }
    Some(Companions {
        home: if associated { Home::Beside } else { Home::Type },
        visibility: visibility.given().unwrap_or_else(|| function.vis.clone()),
    })
}
