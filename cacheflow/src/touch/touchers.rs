//! The touchers of a flow, by entity.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ParentToucher;
use crate::key::entity_fault;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(60);

/// A toucher, and what it has said when the flow was built.
pub(super) struct Registered {
    pub(super) toucher: Box<dyn ParentToucher>,
    pub(super) timeout: Duration,
}

/// The touchers of a flow, as they are given and by entity.
#[derive(Default)]
pub(crate) struct Touchers {
    by_entity: HashMap<Arc<str>, Registered>,
    faults: Vec<String>,
}

impl Touchers {
    /// One more. What is wrong with it is told by [`Touchers::faults`].
    pub(crate) fn add(&mut self, toucher: impl ParentToucher) {
        let entity: Arc<str> = toucher.entity().into();
        let timeout = toucher.timeout();
        if let Some(fault) = entity_fault(&entity) {
            self.faults.push(format!("toucher: {fault}"));
        } else if timeout < SHORTEST || timeout > LONGEST {
            self.faults.push(format!(
                "toucher of {entity}: timeout = {timeout:?}: allowed is {SHORTEST:?} to {LONGEST:?}"
            ));
        }
        let toucher = Box::new(toucher);
        let registered = Registered { toucher, timeout };
        if self
            .by_entity
            .insert(Arc::clone(&entity), registered)
            .is_some()
        {
            self.faults.push(format!(
                "toucher of {entity}: given more than once: allowed is one for each entity"
            ));
        }
    }

    /// What is wrong with those that were given.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    pub(super) fn of(&self, entity: &str) -> Option<&Registered> {
        self.by_entity.get(entity)
    }
}

impl fmt::Debug for Touchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_entity.keys()).finish()
    }
}
