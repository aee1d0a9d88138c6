//! Rows and columns, aligned.

use std::fmt;

/// Between two columns.
const GAP: usize = 3;

/// A table of four columns: a name on the left, two numbers on the right, and a remark.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    pub(super) fn row(
        &mut self,
        name: &str,
        without: impl ToString,
        with: impl ToString,
        remark: impl ToString,
    ) {
        self.rows.push([
            name.to_owned(),
            without.to_string(),
            with.to_string(),
            remark.to_string(),
        ]);
    }

    fn width(&self, column: usize) -> usize {
        let widths = self.rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name_width = self.width(0);
        let without_width = GAP + self.width(1);
        let with_width = GAP + self.width(2);
        for (number, [name, without, with, remark]) in self.rows.iter().enumerate() {
            let line = format!(
                "{name:<name_width$}{without:>without_width$}{with:>with_width$}{:GAP$}{remark}",
                ""
            );
            writeln!(f, "  {}", line.trim_end())?;
            if number == 0 {
                writeln!(
                    f,
                    "  {}",
                    "─".repeat(name_width + without_width + with_width)
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn names_stand_left_numbers_right_and_no_line_ends_in_blanks() {
        let mut table = Table::default();
        table.row("", "without", "with", "");
        table.row("latency", "1.20 ms", "640 ns", "");
        table.row("requests", 7, "1,000,000", "many more");
        let expected = [
            "             without        with",
            "  ──────────────────────────────",
            "  latency    1.20 ms      640 ns",
            "  requests         7   1,000,000   many more",
            "",
        ];
        assert_eq!(table.to_string(), expected.join("\n"));
    }
}
