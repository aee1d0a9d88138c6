//! From syntax to meaning: every fault is found here, nothing is generated.

mod evict;
mod function;
mod put;
mod texts;
mod update;

use super::Kind;
use super::model::{Aim, Change, Does};
use super::parse::{self, Options};
use crate::arguments::Arguments;
use crate::attribute::Given;
use crate::faults::Faults;
use crate::function::Function;
use crate::scope::{Scope, speaks_of_result};
use syn::Expr;

/// Judges options and function together.
///
/// # Errors
///
/// All faults of both, and those in `faults` before them.
pub(super) fn check(
    kind: Kind,
    mut options: Options,
    function: Function,
    mut faults: Faults,
) -> syn::Result<Change> {
    let faults = &mut faults;
    let (manner, returns) = function::check(kind, &function, faults);
    let arguments = Arguments::of(&function.sig);
    let scope = Scope {
        arguments: &arguments,
        has_result: true,
    };
    let when = when(kind, std::mem::take(&mut options.when), faults);
    let unless = std::mem::take(&mut options.unless).given();
    let flow = std::mem::take(&mut options.flow).given();
    let does = match kind {
        Kind::Put => Does::Put(Box::new(put::check(options, &scope, faults))),
        Kind::Evict => Does::Evict(evict::check(options, unless.as_ref(), &scope, faults)),
        Kind::Update => Does::Update(update::check(options, &scope, faults)),
    };
    std::mem::take(faults).into_result()?;
    Ok(Change {
        function,
        manner,
        returns,
        flow,
        when,
        unless,
        does,
    })
}

/// It is asked before there is a result.
fn when(kind: Kind, when: Given<Expr>, faults: &mut Faults) -> Option<Expr> {
    let when = when.given()?;
    if speaks_of_result(&when) {
        let or = match kind {
            Kind::Update => "",
            Kind::Put | Kind::Evict => ", or `if …` behind an entry",
        };
        let message = format!(
            "`when` is asked before the body runs, and knows no `result`: write `unless = …`{or}"
        );
        faults.on(&when, message);
    }
    Some(when)
}

fn aims(aims: Vec<parse::Aim>) -> Vec<Aim> {
    let aims = aims.into_iter();
    aims.map(|parse::Aim { target, condition }| Aim { target, condition })
        .collect()
}
