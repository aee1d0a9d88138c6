//! A subscriber that keeps what it is told, as text.
//!
//! `tracing` notes for each place in the code whether anybody wants to know of it, and
//! two threads that begin at the same time can get that wrong. So there is one subscriber
//! for all tests, from before the first of them does anything, and each thread keeps what
//! is said on it.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

thread_local! {
    static HERE: RefCell<Option<Collected>> = const { RefCell::new(None) };
}

/// Sets the subscriber up; to be called before a flow is built.
pub(crate) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Threads).unwrap());
}

/// A span or an event of the framework.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) level: Level,
    /// Names and values, in their order; the message under `message`.
    pub(crate) fields: Vec<(String, String)>,
    /// The name of the span that it is in.
    pub(crate) within: Option<String>,
}

impl Said {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter().rev();
        let (_, value) = fields.find(|(it, _)| it == name)?;
        Some(value)
    }

    /// The message of an event, the name of a span.
    pub(crate) fn what(&self) -> &str {
        self.field("message").unwrap_or(&self.name)
    }
}

#[derive(Default)]
struct Inside {
    said: Vec<Said>,
    /// Of each span, where it stands in `said`; its identity is the place here plus 1.
    spans: Vec<(usize, &'static Metadata<'static>)>,
    entered: Vec<(Id, &'static Metadata<'static>)>,
}

/// What is said on this thread until it is dropped.
#[derive(Clone, Default)]
pub(crate) struct Collected(Arc<Mutex<Inside>>);

/// Ends the collecting when it is dropped.
pub(crate) struct Collecting;

impl Drop for Collecting {
    fn drop(&mut self) {
        HERE.set(None);
    }
}

impl Collected {
    /// Collects from now on, on this thread.
    pub(crate) fn here() -> (Self, Collecting) {
        set_up();
        let collected = Self::default();
        HERE.set(Some(collected.clone()));
        (collected, Collecting)
    }

    /// All that was said up to now.
    pub(crate) fn all(&self) -> Vec<Said> {
        self.inside().said.clone()
    }

    /// The spans and events of this name or message.
    pub(crate) fn named(&self, what: &str) -> Vec<Said> {
        let mut all = self.all();
        all.retain(|said| said.what() == what);
        all
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }
}

impl Inside {
    fn says(&mut self, metadata: &Metadata<'_>, fields: Fields) {
        let within = self.entered.last().map(|(_, span)| span.name().to_owned());
        self.said.push(Said {
            name: metadata.name().to_owned(),
            level: *metadata.level(),
            fields: fields.0,
            within,
        });
    }
}

/// Hands on what is said to whoever collects it on the thread.
struct Threads;

impl Threads {
    fn here<T>(&self, told: impl FnOnce(&mut Inside) -> T) -> Option<T> {
        let here = HERE.with_borrow(Clone::clone)?;
        let mut inside = here.inside();
        Some(told(&mut inside))
    }
}

impl Subscriber for Threads {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_ours = target.starts_with("cacheflow") || target.starts_with("observation");
        is_ours && HERE.with_borrow(Option::is_some)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let metadata = attributes.metadata();
        let new = self.here(|inside| {
            inside.says(metadata, fields);
            inside.spans.push((inside.said.len() - 1, metadata));
            inside.spans.len() as u64
        });
        Id::from_u64(new.expect("nothing is enabled while nobody collects"))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.here(|inside| {
            let (at, _) = inside.spans[span.into_u64() as usize - 1];
            inside.said[at].fields.extend(fields.0);
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.here(|inside| inside.says(event.metadata(), fields));
    }

    fn enter(&self, span: &Id) {
        self.here(|inside| {
            let (_, metadata) = inside.spans[span.into_u64() as usize - 1];
            inside.entered.push((span.clone(), metadata));
        });
    }

    fn exit(&self, _: &Id) {
        self.here(|inside| inside.entered.pop());
    }

    fn current_span(&self) -> Current {
        let current = self.here(|inside| inside.entered.last().cloned());
        match current.flatten() {
            Some((id, metadata)) => Current::new(id, metadata),
            None => Current::none(),
        }
    }
}

#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name().to_owned(), value.to_owned()));
    }
}
