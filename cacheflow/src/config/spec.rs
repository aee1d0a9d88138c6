//! Options of a cache in one line.

use std::str::FromStr;

use super::kind::{Kind, Share, Span};
use super::layer::unknown;
use super::options::CacheOptions;
use super::table::{Row, Table};
use super::tree::Tree;
use crate::error::{Error, ErrorKind};

/// `refresh_ahead=0.8`, `refresh_ahead=4m`: the strategy of that name, and when.
const REFRESH_AHEAD: &str = "refresh_ahead";

impl CacheOptions {
    /// Reads `name=value`, with commas between them.
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub(crate) fn of_spec(spec: &str) -> Result<Self, Vec<String>> {
        let mut options = Self::default();
        let mut faults = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for part in spec.split(',').map(str::trim) {
            if part.is_empty() {
                continue;
            }
            let Some((name, value)) = part.split_once('=') else {
                faults.push(format!("{part}: allowed is name=value"));
                continue;
            };
            let (name, value) = (name.trim(), Tree::Variable(value.trim().to_owned()));
            if seen.contains(&name) {
                faults.push(format!("{name}: it stands there twice"));
                continue;
            }
            seen.push(name);
            let read = if name == REFRESH_AHEAD {
                options.read_refresh(&value)
            } else if Self::ROWS.iter().any(|row: &Row| row.name == name) {
                options.read(name, &value)
            } else {
                faults.push(unknown(name, name, Self::ROWS, &[REFRESH_AHEAD]));
                continue;
            };
            if let Err(fault) = read {
                faults.push(format!("{name}: {fault}"));
            }
        }
        if seen.contains(&REFRESH_AHEAD) {
            let names = options.strategy.get_or_insert_default();
            if !names
                .iter()
                .any(|name| name.replace('_', "-") == "refresh-ahead")
            {
                names.push("refresh-ahead".to_owned());
            }
        }
        if faults.is_empty() {
            Ok(options)
        } else {
            Err(faults)
        }
    }

    fn read_refresh(&mut self, value: &Tree) -> Result<(), String> {
        if let Ok(ratio) = Share::read(value) {
            self.refresh_ratio = Some(ratio);
            return Ok(());
        }
        let age = Span::read(value);
        self.refresh_after = Some(age.map_err(|_| {
            "allowed is a share of the lifetime like 0.8, or an age like 4m".to_owned()
        })?);
        Ok(())
    }
}

/// Options with commas between them: `max_entries=10000,ttl=10m,refresh_ahead=0.8`. The
/// names are those of files, and `refresh_ahead`; a list has one member.
impl FromStr for CacheOptions {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`], naming all that cannot be read. Whether values are in
    /// range is looked at when a cache is built.
    fn from_str(spec: &str) -> Result<Self, Error> {
        Self::of_spec(spec)
            .map_err(|faults| Error::new(ErrorKind::InvalidConfig, "config", faults.join("; ")))
    }
}
