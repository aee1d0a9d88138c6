//! Literals among expressions.

use syn::{Expr, Lit, LitStr};

/// The string literal that an expression is, be it in an invisible group:
/// that is what `$name:literal` of a macro by example becomes.
pub(crate) fn text(expr: &Expr) -> Option<LitStr> {
    match expr {
        Expr::Group(group) => text(&group.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// As `cacheflow` itself reads patterns.
pub(crate) fn is_pattern(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !matches!(chars.next(), Some('*' | '?' | '\\')) {
            return false;
        }
    }
    true
}

/// Whether an expression is a literal of any kind.
pub(crate) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Group(group) => is_literal(&group.expr),
        Expr::Paren(paren) => is_literal(&paren.expr),
        _ => false,
    }
}
