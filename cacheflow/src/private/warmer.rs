//! Functions that warm.

use crate::error::BoxError;
use crate::warm::{WarmPlan, WarmReport};

/// The plan with a table of times: without the feature, the flow says at its start that it
/// takes it.
pub fn with_cron(plan: WarmPlan, table: &str) -> WarmPlan {
    plan.with_table(table)
}

/// What a function that warms has told.
///
/// # Errors
///
/// Its own.
pub fn reported<E: Into<BoxError>>(told: Result<WarmReport, E>) -> Result<WarmReport, BoxError> {
    told.map_err(E::into)
}
