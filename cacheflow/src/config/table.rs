//! Tables of options: what is declared once is read, layered, written and documented.

use super::tree::Tree;

/// One option, for those who read, write or list it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What it is, in a line each.
    pub(crate) about: &'static [&'static str],
    pub(crate) preset: Preset,
}

/// What holds where nobody says anything, as TOML has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preset {
    Is(&'static str),
    /// Nothing; it could be this.
    None(&'static str),
}

/// Options of one kind.
pub(crate) trait Table: Default {
    const ROWS: &'static [Row];

    /// Options that take one another's place: who says one of them takes back the
    /// others that were said in a lower layer.
    const ONE_OF: &'static [&'static [&'static str]] = &[];

    /// Reads the option of this name.
    ///
    /// # Errors
    ///
    /// What is wrong with its value.
    fn read(&mut self, name: &str, value: &Tree) -> Result<(), String>;

    /// All that are said, as a person would write them.
    fn said(&self) -> Vec<(&'static str, Tree)>;

    fn says(&self, name: &str) -> bool {
        self.said().iter().any(|(said, _)| *said == name)
    }

    fn take_back(&mut self, name: &str);

    /// Puts what is said in `over` in the place of what is said here.
    fn put_over(&mut self, over: &Self);

    /// The same with an eye on what takes each other's place.
    fn overlay(&mut self, over: &Self) {
        for one_of in Self::ONE_OF {
            if one_of.iter().any(|name| over.says(name)) {
                one_of.iter().for_each(|name| self.take_back(name));
            }
        }
        self.put_over(over);
    }
}

/// Declares a table of options: their names, types, kinds and presets.
macro_rules! options {
    (
        $(#[$about:meta])*
        pub struct $table:ident {
            $( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $kind:ident, $preset:expr; )+
        }
        $( one of $one_of:expr; )?
        $( with { $( $(#[$also_about:meta])* $also_vis:vis $also:ident: $also_type:ty, )+ } )?
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $table {
            $( $(#[doc = $doc])+ pub $name: Option<$type>, )+
            $( $( $(#[$also_about])* $also_vis $also: $also_type, )+ )?
        }

        impl $crate::config::table::Table for $table {
            const ROWS: &'static [$crate::config::table::Row] = &[
                $( $crate::config::table::Row {
                    name: stringify!($name),
                    about: &[$($doc),+],
                    preset: $preset,
                } ),+
            ];
            $( const ONE_OF: &'static [&'static [&'static str]] = $one_of; )?

            fn read(&mut self, name: &str, value: &$crate::config::tree::Tree) -> Result<(), String> {
                match name {
                    $( stringify!($name) => {
                        self.$name = Some(<$kind as $crate::config::kind::Kind<$type>>::read(value)?);
                    } )+
                    _ => return Err("there is no such option".to_owned()),
                }
                Ok(())
            }

            fn said(&self) -> Vec<(&'static str, $crate::config::tree::Tree)> {
                let mut said = Vec::new();
                $( if let Some(value) = &self.$name {
                    let value = <$kind as $crate::config::kind::Kind<$type>>::write(value);
                    said.push((stringify!($name), value));
                } )+
                said
            }

            fn take_back(&mut self, name: &str) {
                match name {
                    $( stringify!($name) => self.$name = None, )+
                    _ => {}
                }
            }

            fn put_over(&mut self, over: &Self) {
                $( if over.$name.is_some() {
                    self.$name.clone_from(&over.$name);
                } )+
            }
        }
    };
}

pub(super) use options;
