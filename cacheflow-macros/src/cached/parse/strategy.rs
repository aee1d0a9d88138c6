//! The value of `strategy` taken apart: terms with their arguments, or one
//! expression.
//!
//! A term is a name of [`TERMS`], alone or called. A value without `+` that is
//! no term is an expression of type `Strategy`, except where its name is only a
//! slip away from a term's.

use crate::attribute::is_end;
use crate::faults::Faults;
use crate::nearest::{listed, nearest, suggestion};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{BinOp, Error, Expr, ExprAssign, ExprBinary, ExprCall, ExprPath, Ident, Token, token};

/// A strategy as written.
pub(in crate::cached) enum Written {
    Terms {
        terms: Vec<Term>,
        /// Whether all of them could be read.
        complete: bool,
    },
    Expression(Box<Expr>),
}

/// `refresh_ahead(0.8)`
pub(in crate::cached) struct Term {
    pub(in crate::cached) name: Ident,
    pub(in crate::cached) arguments: Vec<Argument>,
}

/// `0.8` or `stale = "1h"`
pub(in crate::cached) struct Argument {
    pub(in crate::cached) name: Option<Ident>,
    pub(in crate::cached) value: Expr,
}

/// The names of all terms with an example each, sorted.
const TERMS: [(&str, &str); 9] = [
    ("bulkhead", "bulkhead(8, queue = 100)"),
    ("cache_aside", "cache_aside"),
    (
        "circuit_breaker",
        "circuit_breaker(failures = 3, reset_after = \"30s\")",
    ),
    ("distributed_lock", "distributed_lock(lease = \"5s\")"),
    ("fail_safe", "fail_safe(stale = \"1h\", throttle = \"30s\")"),
    ("hard_timeout", "hard_timeout(\"2s\")"),
    ("multi_level", "multi_level(memory_ttl = \"60s\")"),
    ("refresh_ahead", "refresh_ahead(0.8)"),
    ("soft_timeout", "soft_timeout(\"100ms\")"),
];

/// Strategies that the framework has and the attribute does not.
const OF_WRITES: [&str; 2] = ["write_behind", "write_through"];

/// Reads as far as syntax goes; faults are noted, and the reading goes on.
pub(in crate::cached) fn read(value: &Expr, faults: &mut Faults) -> Written {
    let mut parts = Vec::new();
    summands(value, &mut parts);
    if let [alone] = parts[..]
        && is_own(alone)
    {
        return Written::Expression(Box::new(alone.clone()));
    }
    let alone = parts.len() == 1;
    let (mut terms, mut complete) = (Vec::new(), true);
    for part in parts {
        match term(part, alone) {
            Ok(term) => terms.push(term),
            Err((on, message)) => {
                complete = false;
                faults.on(on, message);
            }
        }
    }
    Written::Terms { terms, complete }
}

/// Whether this is the name of a term.
pub(in crate::cached) fn is_term(name: &str) -> bool {
    TERMS.iter().any(|(term, _)| *term == name)
}

/// A term that is an option of its own, behind its name: `refresh_ahead = 0.8`,
/// `circuit_breaker(failures = 3)` or the name alone.
pub(in crate::cached) fn alone(
    input: ParseStream<'_>,
    name: &Ident,
    form: impl FnOnce() -> Error,
) -> syn::Result<Term> {
    let mut arguments = Vec::new();
    if input.peek(token::Paren) {
        let inside;
        syn::parenthesized!(inside in input);
        let given = Punctuated::<Expr, Token![,]>::parse_terminated(&inside)?;
        arguments.extend(given.iter().map(argument));
    } else if input.parse::<Option<Token![=]>>()?.is_some() {
        if is_end(input) {
            return Err(form());
        }
        let value = input.parse()?;
        arguments.push(Argument { name: None, value });
    }
    Ok(Term {
        name: name.clone(),
        arguments,
    })
}

/// How a term, or a part of one, is written.
pub(in crate::cached) fn form(name: &Ident) -> String {
    let example = TERMS
        .iter()
        .find(|(term, _)| name == term)
        .map_or("failure_rate(0.5, \"10s\", 20)", |(_, example)| example);
    format!("`{name}` is written like `{example}`")
}

/// The name and the arguments of a term, or of what is written like one.
pub(in crate::cached) fn call(expr: &Expr) -> Option<Term> {
    match bare(expr) {
        Expr::Call(ExprCall { func, args, .. }) => {
            let name = word(func)?;
            let arguments = args.iter().map(argument).collect();
            Some(Term { name, arguments })
        }
        expr => Some(Term {
            name: word(expr)?,
            arguments: Vec::new(),
        }),
    }
}

/// Without the parentheses and invisible groups around it: the latter are what
/// `$name:expr` of a macro by example becomes.
pub(in crate::cached) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        _ => expr,
    }
}

fn summands<'a>(expr: &'a Expr, parts: &mut Vec<&'a Expr>) {
    match bare(expr) {
        Expr::Binary(ExprBinary {
            left,
            op: BinOp::Add(_),
            right,
            ..
        }) => {
            summands(left, parts);
            summands(right, parts);
        }
        part => parts.push(part),
    }
}

/// Whether what stands alone is an expression of the user's own.
fn is_own(expr: &Expr) -> bool {
    let Some(Term { name, .. }) = call(expr) else {
        return !matches!(expr, Expr::Lit(_));
    };
    let name = name.to_string();
    // What is written as a constant is one, however it is called.
    let constant = !name.contains(char::is_lowercase);
    constant || (!OF_WRITES.contains(&name.as_str()) && nearest(&name, &known()).is_none())
}

fn term(expr: &Expr, alone: bool) -> Result<Term, (TokenStream, String)> {
    let Some(term) = call(expr) else {
        let known = listed(&known());
        let message = format!(
            "expected a strategy: {known}; a strategy of your own stands alone, without `+`"
        );
        return Err((expr.to_token_stream(), message));
    };
    let name = term.name.to_string();
    let on = term.name.to_token_stream();
    if TERMS.iter().any(|(known, _)| *known == name) {
        return Ok(term);
    }
    if OF_WRITES.contains(&name.as_str()) {
        let message = format!(
            "`{name}` belongs to writes, and an attributed function only reads: \
             it is had from a `Cache` of the same name"
        );
        return Err((on, message));
    }
    let suggestion = suggestion(&name, &known());
    let known = listed(&known());
    let own = if alone {
        format!("one of your own is written with its path, like `self::{name}`")
    } else {
        "one of your own stands alone, without `+`".to_owned()
    };
    let message = format!("unknown strategy `{name}`{suggestion} there are {known}; {own}");
    Err((on, message))
}

fn argument(expr: &Expr) -> Argument {
    if let Expr::Assign(ExprAssign { left, right, .. }) = expr
        && let Some(name) = word(left)
    {
        return Argument {
            name: Some(name),
            value: right.as_ref().clone(),
        };
    }
    Argument {
        name: None,
        value: expr.clone(),
    }
}

/// The one word that an expression is.
fn word(expr: &Expr) -> Option<Ident> {
    match bare(expr) {
        Expr::Path(ExprPath {
            qself: None, path, ..
        }) => path.get_ident().cloned(),
        _ => None,
    }
}

fn known() -> Vec<String> {
    TERMS.map(|(name, _)| name.to_owned()).to_vec()
}
