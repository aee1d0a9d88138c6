//! The one error type of the framework, and why stored bytes are a miss.

mod unreadable;

use std::error::Error as StdError;
use std::fmt;

pub use unreadable::Unreadable;

/// Any error, boxed: what backends and users hand in.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// A result whose error is the framework's own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of fault an [`Error`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Options contradict one another or are out of range; the message names
    /// every one of them.
    InvalidConfig,
    /// A cache of this name exists with values of another type.
    TypeMismatch,
    /// A global flow is in use already.
    AlreadyInstalled,
    /// The shared store or the bus cannot be reached at present.
    Unavailable,
    /// The shared store did not answer within the operation budget.
    Timeout,
    /// The shared store answered with an error.
    Backend,
    /// A value could not be turned into bytes, or bytes into a value.
    Codec,
    /// The flow was shut down.
    Closed,
    /// What was asked for is not given away.
    Refused,
    /// A load took longer than its hard timeout.
    LoadTimeout,
    /// A load was not tried, because its circuit breaker is open.
    BreakerOpen,
    /// A load was not tried, because too many run and wait already.
    Overloaded,
    /// What had to be warmed is not.
    Warming,
}

impl ErrorKind {
    fn text(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid configuration",
            Self::TypeMismatch => "type mismatch",
            Self::AlreadyInstalled => "already installed",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timed out",
            Self::Backend => "backend error",
            Self::Codec => "codec error",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::LoadTimeout => "load timed out",
            Self::BreakerOpen => "circuit breaker open",
            Self::Overloaded => "overloaded",
            Self::Warming => "not warmed",
        }
    }
}

/// What went wrong, in which operation, with which context.
///
/// `Display` is one line, `Debug` several. Neither holds a password: a backend
/// names its server without credentials.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<BoxError>,
}

impl Error {
    /// The error of a change after the flow was shut down.
    pub(crate) fn closed(operation: &'static str) -> Self {
        Self::new(ErrorKind::Closed, operation, "the flow was shut down")
    }

    /// An error of `kind` that happened in `operation`.
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            message: message.into(),
            context: Vec::new(),
            source: None,
        }))
    }

    /// Adds a name and value that help to find the cause.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.context.push((name, value.into()));
        self
    }

    /// Sets the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of fault this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Which operation failed, such as `get` or `build`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            message,
            context,
            source,
        } = &*self.0;
        write!(f, "{operation}: {}", kind.text())?;
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        for (name, value) in context {
            write!(f, ", {name}={value}")?;
        }
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            message,
            context,
            source,
        } = &*self.0;
        writeln!(f, "{} in {operation}", kind.text())?;
        if !message.is_empty() {
            writeln!(f, "  {message}")?;
        }
        for (name, value) in context {
            writeln!(f, "  {name}: {value}")?;
        }
        let mut cause = source.as_deref().map(|source| source as &dyn StdError);
        while let Some(error) = cause {
            writeln!(f, "  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_and_debug_shows_the_chain() {
        let error = Error::new(ErrorKind::Unavailable, "get", "no connection")
            .with("server", "127.0.0.1:1")
            .because(std::io::Error::other("refused"));
        assert_eq!(
            error.to_string(),
            "get: unavailable: no connection, server=127.0.0.1:1: refused"
        );
        let debug = format!("{error:?}");
        assert!(debug.contains("server: 127.0.0.1:1\n"), "{debug}");
        assert!(debug.contains("caused by: refused\n"), "{debug}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.operation(), "get");
    }

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
