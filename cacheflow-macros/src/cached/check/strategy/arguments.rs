//! The arguments of one term, by the options that they are.

use crate::cached::parse::strategy::{Argument, Term, form};
use crate::faults::Faults;
use crate::nearest::{listed, suggestion};
use syn::{Expr, Ident};

/// What a term takes.
pub(super) struct Takes {
    pub(super) options: &'static [&'static str],
    /// Other names, each with the option that it is.
    pub(super) aliases: &'static [(&'static str, &'static str)],
    /// So many of the options need no name.
    pub(super) positional: usize,
}

/// What a term was given.
pub(super) struct Arguments<'a> {
    pub(super) term: &'a Ident,
    given: Vec<(&'static str, &'a Expr)>,
    /// Whether all of it could be read.
    complete: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(term: &'a Term, takes: &Takes, faults: &mut Faults) -> Self {
        let arguments = term.arguments.iter();
        Self::of_these(&term.name, arguments, takes, faults)
    }

    pub(super) fn of_these(
        term: &'a Ident,
        arguments: impl Iterator<Item = &'a Argument>,
        takes: &Takes,
        faults: &mut Faults,
    ) -> Self {
        let mut read = Self {
            term,
            given: Vec::new(),
            complete: true,
        };
        for (position, argument) in arguments.enumerate() {
            match takes.option(term, position, argument) {
                Ok(option) if read.value(option).is_some() => {
                    let message = format!("`{option}` is given twice in `{term}`");
                    read.refuse(argument, message, faults);
                }
                Ok(option) => read.given.push((option, &argument.value)),
                Err(message) => read.refuse(argument, message, faults),
            }
        }
        read
    }

    /// What an option was given.
    pub(super) fn value(&self, option: &str) -> Option<&'a Expr> {
        let mut given = self.given.iter();
        given
            .find(|(name, _)| *name == option)
            .map(|(_, value)| *value)
    }

    /// Notes that nothing was given of what must be, unless it may be among what
    /// could not be read.
    pub(super) fn needs(&self, needed: &[&str], faults: &mut Faults) {
        let found = needed.iter().all(|option| self.value(option).is_some());
        if self.complete && !found {
            faults.on(self.term, form(self.term));
        }
    }

    fn refuse(&mut self, argument: &Argument, message: String, faults: &mut Faults) {
        self.complete = false;
        match &argument.name {
            Some(name) => faults.on(name, message),
            None => faults.on(&argument.value, message),
        }
    }
}

impl Takes {
    fn option(
        &self,
        term: &Ident,
        position: usize,
        argument: &Argument,
    ) -> Result<&'static str, String> {
        if self.options.is_empty() {
            return Err(format!("`{term}` takes no options"));
        }
        let Some(name) = &argument.name else {
            let positional = &self.options[..self.positional];
            return positional.get(position).copied().ok_or_else(|| form(term));
        };
        let alias = self.aliases.iter().find(|(alias, _)| name == alias);
        let name = alias.map_or_else(|| name.to_string(), |(_, option)| (*option).to_owned());
        let mut options = self.options.iter();
        options
            .find(|option| **option == name)
            .copied()
            .ok_or_else(|| {
                let known: Vec<_> = self.options.iter().map(|it| (*it).to_owned()).collect();
                let suggestion = suggestion(&name, &known);
                let known = listed(&known);
                format!("unknown option `{name}` in `{term}`{suggestion} it takes {known}")
            })
    }
}
