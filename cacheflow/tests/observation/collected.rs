//! A subscriber that keeps what it is told, as text.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

/// A span or an event of the framework.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) level: Level,
    /// `name=value`, in their order; the message under `message`.
    pub(crate) fields: Vec<(String, String)>,
    /// The name of the span that it is in.
    pub(crate) within: Option<String>,
}

impl Said {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.fields.iter();
        fields
            .rev()
            .find(|(it, _)| it == name)
            .map(|(_, value)| &**value)
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

/// Collects what is said on the threads on which it is the default.
#[derive(Clone, Default)]
pub(crate) struct Collected(Arc<Mutex<Inside>>);

impl Collected {
    /// All that was said up to now, and nothing of what stands in other crates.
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

impl Subscriber for Collected {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        target.starts_with("cacheflow") || target.starts_with("observation")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut inside = self.inside();
        inside.says(attributes.metadata(), fields);
        let at = inside.said.len() - 1;
        inside.spans.push((at, attributes.metadata()));
        Id::from_u64(inside.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let mut inside = self.inside();
        let (at, _) = inside.spans[span.into_u64() as usize - 1];
        inside.said[at].fields.extend(fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.inside().says(event.metadata(), fields);
    }

    fn enter(&self, span: &Id) {
        let mut inside = self.inside();
        let (_, metadata) = inside.spans[span.into_u64() as usize - 1];
        inside.entered.push((span.clone(), metadata));
    }

    fn exit(&self, _: &Id) {
        self.inside().entered.pop();
    }

    fn current_span(&self) -> Current {
        match self.inside().entered.last() {
            Some((id, metadata)) => Current::new(id.clone(), metadata),
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
