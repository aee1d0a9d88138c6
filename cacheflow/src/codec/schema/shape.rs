//! What is known of a type so far.

use std::collections::HashMap;
use std::fmt::Write;

/// A part of a type: what is around it, from the outside in, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Options and sequences.
    pub(super) around: Vec<&'static str>,
    pub(super) core: Core,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Core {
    /// What has no parts.
    Leaf(&'static str),
    /// The container of this number.
    Container(usize),
}

/// What has parts of its own: described once, however often it occurs.
#[derive(Debug)]
struct Container {
    kind: Kind,
    name: &'static str,
    parts: Vec<(&'static str, Option<Shape>)>,
    /// Which part of which container leads to it.
    path: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Struct,
    Enum,
    Tuple,
    /// Longer than any tuple: its elements are of one type.
    Array(usize),
    Newtype,
    Map,
}

/// What tells containers apart: the name of the Rust type, and what is asked of it.
pub(super) type Identity = (&'static str, Kind, &'static str);

/// All containers of a type.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    root: Option<Shape>,
    containers: Vec<Container>,
    numbers: HashMap<Identity, usize>,
    /// Which part of which container the next attempt is made for; `None` before the
    /// first.
    part: Option<(usize, usize)>,
    /// What was made up on the way, and of how many possibilities.
    pub(super) choices: Vec<(usize, usize)>,
}

impl Shapes {
    /// The way to the next part of which nothing is known; `None` if all is known.
    pub(super) fn wanted(&mut self) -> Option<Vec<usize>> {
        if self.root.is_none() {
            return Some(Vec::new());
        }
        let unknown = |container: &Container| container.parts.iter().position(|it| it.1.is_none());
        let mut containers = self.containers.iter().enumerate();
        let (number, part) =
            containers.find_map(|(number, container)| Some((number, unknown(container)?)))?;
        self.part = Some((number, part));
        let mut path = self.containers[number].path.clone();
        path.push(part);
        Some(path)
    }

    /// The part for which this attempt is made has this shape.
    pub(super) fn found(&mut self, shape: Shape) {
        match self.part {
            Some((container, part)) => self.containers[container].parts[part].1 = Some(shape),
            None => self.root = Some(shape),
        }
        self.choices.clear();
    }

    /// The number of a container, which `path` has led to.
    pub(super) fn number(
        &mut self,
        identity: Identity,
        parts: impl Iterator<Item = &'static str>,
        path: &[usize],
    ) -> usize {
        let Self {
            containers,
            numbers,
            ..
        } = self;
        *numbers.entry(identity).or_insert_with(|| {
            containers.push(Container {
                kind: identity.1,
                name: identity.2,
                parts: parts.map(|name| (name, None)).collect(),
                path: path.to_vec(),
            });
            containers.len() - 1
        })
    }

    /// The whole as text.
    pub(super) fn describe(&self, names_fields: bool) -> Option<String> {
        let mut text = String::new();
        let mut seen = HashMap::new();
        self.write(self.root.as_ref()?, names_fields, &mut seen, &mut text)?;
        Some(text)
    }

    fn write(
        &self,
        shape: &Shape,
        names_fields: bool,
        seen: &mut HashMap<usize, usize>,
        text: &mut String,
    ) -> Option<()> {
        for around in &shape.around {
            let _ = write!(text, "{around} of ");
        }
        let number = match shape.core {
            Core::Leaf(leaf) => {
                text.push_str(leaf);
                return Some(());
            }
            Core::Container(number) => number,
        };
        if let Some(place) = seen.get(&number) {
            let _ = write!(text, "#{place}");
            return Some(());
        }
        seen.insert(number, seen.len());
        let container = &self.containers[number];
        let _ = write!(text, "{:?} {:?} {{", container.kind, container.name);
        let mut parts: Vec<_> = container.parts.iter().collect();
        if names_fields {
            // Those without names, as of a tuple, stay where they are.
            parts.sort_by_key(|part| part.0);
        }
        for (name, shape) in parts {
            let _ = write!(text, "{name:?}: ");
            self.write(shape.as_ref()?, names_fields, seen, text)?;
            text.push_str(", ");
        }
        text.push('}');
        Some(())
    }
}
