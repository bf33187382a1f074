//! What commands print: data on standard output, aligned for people or as JSON for scripts.

use serde::Serialize;
use std::io::Write;

/// Prints a line. A closed pipe (`| head`) ends output quietly.
pub(crate) fn line(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
}

/// Prints a value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows under headings, each column as wide as its widest cell; the last is not padded. Cells are cut at `widest` characters.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>], widest: usize) {
    let cut = |cell: &str| {
        let one_line = cell.replace(['\n', '\r', '\t'], " ");
        if one_line.chars().count() > widest {
            format!("{}…", one_line.chars().take(widest.saturating_sub(1)).collect::<String>())
        } else {
            one_line
        }
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|c| cut(c)).collect()).collect();
    let width = |i: usize| {
        rows.iter()
            .filter_map(|r| r.get(i))
            .map(|c| c.chars().count())
            .chain([headings[i].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let print = |cells: &[String]| {
        let mut out = String::new();
        for (i, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if i + 1 < cells.len() {
                out.extend(std::iter::repeat_n(' ', widths[i].saturating_sub(cell.chars().count()) + 2));
            }
        }
        line(out.trim_end());
    };
    print(&headings.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
    rows.iter().for_each(|row| print(row));
}
