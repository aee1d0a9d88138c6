//! The inside of an attribute: options with `,` between them, each read as far as
//! its syntax goes.

use crate::faults::Faults;
use crate::nearest::{listed, suggestion};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitBool, Token, token};

/// What an attribute said of one option.
#[derive(Default)]
pub(crate) enum Given<T> {
    /// Nothing.
    #[default]
    No,
    /// Something that could not be read. The fault is noted; nobody should
    /// complain that the option is missing.
    Unreadable,
    Yes(T),
}

impl<T> Given<T> {
    /// What was said and could be read.
    pub(crate) fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No | Self::Unreadable => None,
        }
    }

    /// [`Given::as_ref`] by value.
    pub(crate) fn given(self) -> Option<T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No | Self::Unreadable => None,
        }
    }

    /// Whether anything was said.
    pub(crate) fn is_said(&self) -> bool {
        !matches!(self, Self::No)
    }
}

/// An attribute by its name, with the names of its options and an example each,
/// sorted.
pub(crate) struct Known {
    pub(crate) attribute: &'static str,
    pub(crate) options: &'static [(&'static str, &'static str)],
}

impl Known {
    /// Reads all options with `option`. Never stops at a fault: it is noted, and the
    /// reading goes on behind the next comma.
    pub(crate) fn read(
        &self,
        attribute: TokenStream,
        faults: &mut Faults,
        mut option: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
    ) {
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                // On a fork, because `syn` would report what a failed reading left
                // in a group as one more error.
                let ahead = input.fork();
                match option(&ahead) {
                    Ok(()) => input.advance_to(&ahead),
                    Err(error) => {
                        faults.add(error);
                        while !input.is_empty() && !input.peek(Token![,]) {
                            input.parse::<TokenTree>()?;
                        }
                    }
                }
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        };
        if let Err(error) = read.parse2(attribute) {
            faults.add(error);
        }
    }

    /// The name with which an option begins.
    pub(crate) fn name(&self, input: ParseStream<'_>) -> syn::Result<Ident> {
        input.call(Ident::parse_any).map_err(|_| {
            let (attribute, known) = (self.attribute, listed(&self.names()));
            input.error(format!(
                "expected an option: `#[{attribute}]` takes {known}"
            ))
        })
    }

    /// The fault of a name that is none of the options'.
    pub(crate) fn unknown(&self, name: &Ident) -> Error {
        let known = self.names();
        let suggestion = suggestion(&name.to_string(), &known);
        let (attribute, known) = (self.attribute, listed(&known));
        let message = format!("unknown option `{name}`{suggestion} `#[{attribute}]` takes {known}");
        Error::new(name.span(), message)
    }

    /// Nothing but a comma follows an option.
    pub(crate) fn end(&self, input: ParseStream<'_>, name: &Ident) -> syn::Result<()> {
        if is_end(input) {
            return Ok(());
        }
        Err(input.error(format!("expected `,` after the option `{name}`")))
    }

    /// `name = value`
    pub(crate) fn value<T: Parse>(
        &self,
        input: ParseStream<'_>,
        name: &Ident,
        given: &mut Given<T>,
    ) -> syn::Result<()> {
        once(name, given)?;
        let equals = input.parse::<Option<Token![=]>>()?;
        if equals.is_none() || is_end(input) {
            return Err(self.form(name));
        }
        *given = Given::Yes(input.parse()?);
        Ok(())
    }

    /// `name(value, value)`
    pub(crate) fn list<T: Parse>(
        &self,
        input: ParseStream<'_>,
        name: &Ident,
        given: &mut Given<Vec<T>>,
        parse: fn(ParseStream<'_>) -> syn::Result<T>,
    ) -> syn::Result<()> {
        once(name, given)?;
        if !input.peek(token::Paren) {
            return Err(self.form(name));
        }
        let inside;
        syn::parenthesized!(inside in input);
        let values = Punctuated::<T, Token![,]>::parse_terminated_with(&inside, parse);
        let values = values.map_err(|error| Error::new(error.span(), self.form(name)))?;
        *given = Given::Yes(values.into_iter().collect());
        Ok(())
    }

    /// `name`, or `name = true`, or `name = false`
    pub(crate) fn flag(
        &self,
        input: ParseStream<'_>,
        name: &Ident,
        given: &mut Given<bool>,
    ) -> syn::Result<()> {
        once(name, given)?;
        let value = if input.parse::<Option<Token![=]>>()?.is_some() {
            let value = input.parse::<LitBool>();
            value
                .map_err(|error| Error::new(error.span(), self.form(name)))?
                .value
        } else {
            true
        };
        *given = Given::Yes(value);
        Ok(())
    }

    /// The fault of an option that is written in another way.
    pub(crate) fn form(&self, name: &Ident) -> Error {
        let mut options = self.options.iter();
        let example = options.find(|(option, _)| name == option);
        let (_, example) = example.unwrap_or(&self.options[0]);
        Error::new(name.span(), format!("`{name}` is written like `{example}`"))
    }

    /// Whether there is an option of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    fn names(&self) -> Vec<String> {
        self.options
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect()
    }
}

/// Whether an option ends here.
pub(crate) fn is_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Marks an option as given, which it can be once.
pub(crate) fn once<T>(name: &Ident, given: &mut Given<T>) -> syn::Result<()> {
    if matches!(given, Given::No) {
        *given = Given::Unreadable;
        return Ok(());
    }
    Err(Error::new(name.span(), format!("`{name}` is given twice")))
}
