//! What is logged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Log lines by level, as a subscriber has written them.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Writes down what this thread logs, at every level, while the guard lives.
    pub(crate) fn of_this_thread() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// How often each level was used.
    pub(crate) fn levels(&self) -> BTreeMap<String, usize> {
        let mut levels = BTreeMap::new();
        for line in self.text().lines() {
            if let Some(level) = line.split_whitespace().nth(1) {
                *levels.entry(level.to_owned()).or_default() += 1;
            }
        }
        levels
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
