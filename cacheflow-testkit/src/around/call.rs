//! What is asked of a store, and told by a bus.

use std::fmt;

/// A kind of operation: of a [`SharedStore`](cacheflow::store::SharedStore), of
/// [`Leases`](cacheflow::lock::Leases), or of a [`Bus`](cacheflow::bus::Bus) and its
/// [`Listener`](cacheflow::bus::Listener).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// `SharedStore::ping`.
    Ping,
    /// `SharedStore::get`.
    Get,
    /// `SharedStore::get_many`.
    GetMany,
    /// `SharedStore::touch`.
    Touch,
    /// `SharedStore::fill`.
    Fill,
    /// `SharedStore::fill_many`.
    FillMany,
    /// `SharedStore::put`.
    Put,
    /// `SharedStore::record`.
    Record,
    /// `SharedStore::reclaim`.
    Reclaim,
    /// `SharedStore::since`.
    Since,
    /// `SharedStore::nodes`.
    Nodes,
    /// `SharedStore::relations`.
    Relations,
    /// `SharedStore::discard`.
    Discard,
    /// `Leases::acquire`.
    Acquire,
    /// `Leases::renew`.
    Renew,
    /// `Leases::release`.
    Release,
    /// `Bus::listen`, until it stands or fails.
    Listen,
    /// `Listener::subscribed`.
    Subscribed,
    /// `Listener::heard`, `heard_foreign` and `garbled`: a message.
    Heard,
    /// `Listener::released`: a message too, without a number.
    Released,
    /// `Listener::alive`: a heartbeat's answer.
    Alive,
}

impl Operation {
    /// Whether it is one of the store's.
    #[must_use]
    pub fn is_of_store(self) -> bool {
        self <= Self::Discard
    }

    /// Whether it is one of the bus' and its listener's.
    #[must_use]
    pub fn is_of_bus(self) -> bool {
        self >= Self::Listen
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Get => "get",
            Self::GetMany => "get_many",
            Self::Touch => "touch",
            Self::Fill => "fill",
            Self::FillMany => "fill_many",
            Self::Put => "put",
            Self::Record => "record",
            Self::Reclaim => "reclaim",
            Self::Since => "since",
            Self::Nodes => "nodes",
            Self::Relations => "relations",
            Self::Discard => "discard",
            Self::Acquire => "acquire",
            Self::Renew => "renew",
            Self::Release => "release",
            Self::Listen => "listen",
            Self::Subscribed => "subscribed",
            Self::Heard => "heard",
            Self::Released => "released",
            Self::Alive => "alive",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One operation and what it was about, shown as `record users:1 users:2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Call {
    /// The kind.
    pub operation: Operation,
    /// The keys, what is forgotten, the record's number, or the lease's name; else
    /// empty.
    pub about: String,
}

impl Call {
    pub(crate) fn new(operation: Operation, about: impl fmt::Display) -> Self {
        Self {
            operation,
            about: about.to_string(),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation.name())?;
        if !self.about.is_empty() {
            write!(f, " {}", self.about)?;
        }
        Ok(())
    }
}

/// A call equals the text that it is shown as.
impl PartialEq<&str> for Call {
    fn eq(&self, text: &&str) -> bool {
        let about = text.strip_prefix(self.operation.name());
        about.is_some_and(|rest| match self.about.as_str() {
            "" => rest.is_empty(),
            about => rest.strip_prefix(' ') == Some(about),
        })
    }
}
