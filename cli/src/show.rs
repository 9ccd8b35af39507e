//! Tables and sizes for people.

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use humansize::{DECIMAL, format_size};

/// A table with these columns; those that begin with `>` stand to the right.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.set_header(columns.iter().map(|name| name.trim_start_matches('>')));
    for (at, column) in columns.iter().enumerate() {
        if let Some(shown) = table.column_mut(at).filter(|_| column.starts_with('>')) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number of bytes, as `1.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    format_size(bytes, DECIMAL)
}

/// A number with commas between its thousands.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A part of a whole as a bar of up to ten blocks.
pub(crate) fn bar(part: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = usize::try_from(part * 80 / whole.max(1)).unwrap_or_default();
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
