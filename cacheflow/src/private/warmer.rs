//! Functions that warm.

use crate::warm::WarmPlan;

/// The plan with a table of times: without the feature, the flow says at its start that it
/// takes it.
#[must_use]
pub fn with_cron(plan: WarmPlan, table: &str) -> WarmPlan {
    plan.with_table(table)
}
