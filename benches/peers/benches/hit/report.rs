//! What was measured, as tables for `README.md`.

use std::fmt;

use cacheflow_benches::machine;
use cacheflow_benches::rounds::{Plan, Scenario, median, ratio};
use cacheflow_benches::table::Table;

/// What was measured. The scenarios come as `main` makes them: for each number
/// of threads, numbers and texts, each with one hot key and with skewed keys.
pub(crate) struct Report<'a> {
    plan: Plan,
    scenarios: &'a [Scenario<'a>],
    taken: &'a [Vec<Vec<f64>>],
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        plan: Plan,
        scenarios: &'a [Scenario<'a>],
        taken: &'a [Vec<Vec<f64>>],
    ) -> Self {
        Self {
            plan,
            scenarios,
            taken,
        }
    }

    /// One kind of keys, hot in scenario `hot` and skewed in the next, with one
    /// thread here and with two four scenarios on.
    fn table(&self, keys: &str, hot: usize) -> Table {
        let mut table = Table::headed([
            keys,
            "hot: ns",
            "÷ moka",
            "÷ cached",
            "2 threads",
            "÷ 1",
            "Zipf: ns",
            "÷ moka",
            "÷ cached",
            "2 threads",
            "÷ 1",
        ]);
        let names = self.scenarios[hot].candidates.iter().map(|it| it.name);
        for (row, name) in names.enumerate() {
            let cells = [hot, hot + 1].map(|scenario| self.cells(scenario, row));
            table.row([vec![name.to_owned()], cells.concat()].concat());
        }
        table
    }

    fn cells(&self, scenario: usize, row: usize) -> Vec<String> {
        let (one, two) = (&self.taken[scenario], &self.taken[scenario + 4]);
        let beside = |peer: &str| ratio(&one[row], &one[self.row_of(scenario, peer)]);
        vec![
            format!("{:.1}", median(one[row].clone())),
            format!("{:.2}", beside("moka")),
            format!("{:.2}", beside("cached")),
            format!("{:.1}", median(two[row].clone())),
            format!("{:.2}", ratio(&two[row], &one[row])),
        ]
    }

    fn row_of(&self, scenario: usize, peer: &str) -> usize {
        let mut rows = self.scenarios[scenario].candidates.iter();
        rows.position(|it| it.name.starts_with(peer))
            .expect("the peer is in every scenario")
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { rounds, operations } = self.plan;
        writeln!(
            f,
            "{}: medians of {rounds} rounds of {operations} hits\n",
            machine::described()
        )?;
        writeln!(f, "{}", self.table("`fn(u64) -> Arc<V>`", 0))?;
        write!(f, "{}", self.table("`fn(&str) -> Arc<V>`", 2))
    }
}
