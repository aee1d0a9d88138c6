//! Which rows `#[cache_update]` touches.

use super::texts::texts;
use crate::change::model::{Parents, Texts};
use crate::change::parse::Options;
use crate::faults::Faults;
use crate::literal::{is_literal, text};
use crate::scope::Scope;
use crate::template::{self, PLAIN, Piece};
use crate::text::Text;
use syn::{Expr, LitStr};

/// The longest name of an entity, as `cacheflow` itself has it.
const LONGEST: usize = 128;

const PARENT: &str = "a parent is a text, like `\"user:{order.user_id}\"`, or a `Parent`";

pub(super) fn check(options: Options, scope: &Scope<'_>, faults: &mut Faults) -> Vec<Parents> {
    if !options.parent.is_said() && !options.parents.is_said() {
        let message = "`#[cache_update]` is told nothing to touch: give `parent` or `parents`, as in \
             `parent = \"user:{order.user_id}\"`";
        faults.on(scope.arguments.function, message);
    }
    let has_entity = options.entity.is_said();
    let entity = options.entity.given().and_then(|it| entity(&it, faults));
    let mut rows = Vec::new();
    if let Some(parent) = options.parent.given() {
        if let Some(literal) = text(&parent) {
            check_row("parent", &literal, has_entity, faults);
            rows.extend(Text::read(&literal, "parent", scope, faults).map(Texts::Template));
        } else if is_literal(&parent) {
            faults.on(&parent, PARENT);
        } else {
            rows.push(Texts::One(parent));
        }
    }
    if let Some(parents) = options.parents.given() {
        for literal in crate::say::elements(&parents).into_iter().filter_map(text) {
            check_row("parents", &literal, has_entity, faults);
        }
        rows.extend(texts("parents", &parents, PARENT, scope, faults));
    }
    let rows = rows.into_iter();
    rows.map(|rows| Parents {
        entity: entity.clone(),
        rows,
    })
    .collect()
}

fn entity(expr: &Expr, faults: &mut Faults) -> Option<LitStr> {
    let Some(literal) = text(expr) else {
        let message = "`entity` takes a string literal, like `entity = \"user\"`";
        faults.on(expr, message);
        return None;
    };
    let name = literal.value();
    if !is_entity(&name) {
        let message = format!(
            "`entity = {name:?}` is no name of an entity: it can have 1 to {LONGEST} {PLAIN}"
        );
        faults.on(&literal, message);
    }
    Some(literal)
}

/// The entity stands before the `:`, as far as it is written; with `entity` there is the
/// id alone.
fn check_row(option: &str, literal: &LitStr, has_entity: bool, faults: &mut Faults) {
    let Ok(pieces) = template::pieces(&literal.value()) else {
        return; // Told by whoever reads it.
    };
    if has_entity {
        return;
    }
    let written = match pieces.first() {
        Some(Piece::Text(text)) => text.as_str(),
        _ => "",
    };
    let entity = written.split_once(':').map(|(entity, _)| entity);
    if entity.is_none_or(|entity| !is_entity(entity)) {
        let value = literal.value();
        let message = format!(
            "`{option}` has {value:?}: expected the name of an entity, `:` and an id, as in \
             `\"user:{{id}}\"`; or the id alone, with `entity = \"user\"`"
        );
        faults.on(literal, message);
    }
}

fn is_entity(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(template::plain)
}
