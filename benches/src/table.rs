//! Tables as Markdown shows them.

use std::fmt;

/// A table: a head and rows of as many cells.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    texts: Vec<usize>,
}

impl Table {
    /// A table with this head.
    #[must_use]
    pub fn headed<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self {
            rows: vec![head],
            texts: vec![0],
        }
    }

    /// The same with these columns to the left, as texts are; without it only the
    /// first one is.
    #[must_use]
    pub fn with_texts(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.texts = columns.into_iter().collect();
        self
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let widths = self.rows.iter().map(|row| row[column].chars().count());
                widths.max().unwrap_or(0).max(3)
            })
            .collect();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // Names to the left, numbers to the right.
                if self.texts.contains(&column) {
                    write!(f, "| {cell:<width$} ")?;
                } else {
                    write!(f, "| {cell:>width$} ")?;
                }
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let end = if self.texts.contains(&column) {
                        '-'
                    } else {
                        ':'
                    };
                    write!(f, "|{}{end}", "-".repeat(width + 1))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::headed(["name", "ns"]);
        table.row(["a candidate", "12.5"]);
        let expected = "\
| name        |   ns |
|-------------|-----:|
| a candidate | 12.5 |
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn columns_of_texts_are_to_the_left() {
        let mut table = Table::headed(["name", "ns", "why"]).with_texts([0, 2]);
        table.row(["a", "1", "because"]);
        let expected = "\
| name |  ns | why     |
|------|----:|---------|
| a    |   1 | because |
";
        assert_eq!(table.to_string(), expected);
    }
}
