//! Options of what a flow tells of itself.

/// What a flow tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObservingConfig {
    /// Whether keys, tags and patterns may stand in the log.
    pub(crate) log_keys: bool,
    /// Whether likely mistakes are looked for.
    pub(crate) advisor: bool,
}

impl Default for ObservingConfig {
    fn default() -> Self {
        Self {
            log_keys: false,
            advisor: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults that the builder's documentation names.
    #[test]
    fn defaults() {
        let config = ObservingConfig::default();
        assert!(!config.log_keys && config.advisor);
    }
}
