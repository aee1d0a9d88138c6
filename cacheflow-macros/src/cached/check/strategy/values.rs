//! The values of options: literals are judged here, expressions by the compiler.

use super::arguments::Arguments;
use crate::cached::model::Setting;
use crate::cached::parse::strategy::bare;
use crate::duration;
use crate::faults::Faults;
use crate::literal::text;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

/// Which numbers an option takes.
pub(super) struct Share {
    pub(super) allows: fn(f64) -> bool,
    pub(super) text: &'static str,
}

/// A number as written, with its sign.
struct Number<'a> {
    negative: bool,
    lit: &'a Lit,
}

impl Arguments<'_> {
    /// A text with units, or an expression of type `Duration`.
    pub(super) fn duration(
        &self,
        option: &str,
        range: &duration::Range,
        faults: &mut Faults,
    ) -> Option<Setting<std::time::Duration>> {
        let value = self.value(option)?;
        let term = self.term;
        if let Some(text) = text(bare(value)) {
            let written = text.value();
            let parsed = duration::parse(&written, range).map(Setting::Fixed);
            return parsed
                .map_err(|why| {
                    faults.on(&text, format!("`{option} = {written:?}` of `{term}` {why}"))
                })
                .ok();
        }
        if number(value).is_some() {
            let message = format!(
                "`{option}` of `{term}` takes a text with a unit, like `\"90s\"`, \
                 or an expression of type `Duration`"
            );
            faults.on(value, message);
            return None;
        }
        Some(computed(value))
    }

    /// A whole number, or an expression of type `T`.
    pub(super) fn integer<T: TryFrom<u64>>(
        &self,
        option: &str,
        least: u64,
        most: u64,
        faults: &mut Faults,
    ) -> Option<Setting<T>> {
        let value = self.value(option)?;
        let Some(number) = number(value) else {
            return Some(computed(value));
        };
        let Lit::Int(int) = number.lit else {
            faults.on(value, self.takes_number(option, "whole number"));
            return None;
        };
        let parsed = int.base10_parse().ok();
        let parsed = parsed.filter(|it| !number.negative && (least..=most).contains(it));
        let fixed = parsed.and_then(|it| T::try_from(it).ok());
        if fixed.is_none() {
            let allowed = format!("{least} to {most}");
            faults.on(value, self.out_of_range(option, &number, &allowed));
        }
        fixed.map(Setting::Fixed)
    }

    /// A number, or an expression of type `f64`.
    pub(super) fn share(
        &self,
        option: &str,
        share: &Share,
        faults: &mut Faults,
    ) -> Option<Setting<f64>> {
        let value = self.value(option)?;
        let Some(number) = number(value) else {
            return Some(computed(value));
        };
        let parsed = match number.lit {
            Lit::Int(int) => int.base10_parse::<f64>(),
            Lit::Float(float) => float.base10_parse(),
            _ => {
                faults.on(value, self.takes_number(option, "number"));
                return None;
            }
        };
        let parsed = parsed
            .ok()
            .filter(|it| !number.negative && (share.allows)(*it));
        if parsed.is_none() {
            faults.on(value, self.out_of_range(option, &number, share.text));
        }
        parsed.map(Setting::Fixed)
    }

    /// A text, or an expression that becomes a `String`.
    pub(super) fn text(&self, option: &str, faults: &mut Faults) -> Option<Setting<String>> {
        let value = self.value(option)?;
        if let Some(text) = text(bare(value)) {
            return Some(Setting::Fixed(text.value()));
        }
        if number(value).is_some() {
            let term = self.term;
            faults.on(
                value,
                format!("`{option}` of `{term}` takes a text, like `\"database\"`"),
            );
            return None;
        }
        Some(computed(value))
    }

    fn takes_number(&self, option: &str, what: &str) -> String {
        format!("`{option}` of `{}` takes a {what}", self.term)
    }

    fn out_of_range(&self, option: &str, number: &Number<'_>, allowed: &str) -> String {
        let sign = if number.negative { "-" } else { "" };
        let literal = number.lit;
        let literal = quote::quote! { #literal };
        let term = self.term;
        format!("`{option} = {sign}{literal}` of `{term}` is out of range: it can be {allowed}")
    }
}

fn computed<T>(value: &Expr) -> Setting<T> {
    Setting::Computed(Box::new(value.clone()))
}

/// The literal that an expression is, most often a number.
fn number(expr: &Expr) -> Option<Number<'_>> {
    match bare(expr) {
        Expr::Lit(ExprLit { lit, .. }) => Some(Number {
            negative: false,
            lit,
        }),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => number(expr).map(|Number { negative, lit }| Number {
            negative: !negative,
            lit,
        }),
        _ => None,
    }
}
