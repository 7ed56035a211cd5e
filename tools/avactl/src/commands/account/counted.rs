//! What was done by name: functions that were called, kernels that were launched.

use ava_protocol::admin::Used;
use serde::Serialize;

use super::by::{By, quoted, shown_name};
use crate::table::{Cell, Column, View, render};
use crate::units::count;

#[derive(Debug, Serialize)]
pub struct Counted {
    pub since_unix_seconds: f64,
    pub until_unix_seconds: f64,
    pub by: By,
    pub rows: Vec<Row>,
}

/// A function or a kernel.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name; empty for all that have no row of their own.
    pub name: String,
    /// Of how many functions or kernels this is.
    pub groups: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launches: Option<u64>,
}

impl Row {
    fn times(&self) -> u64 {
        self.calls.or(self.launches).unwrap_or(0)
    }
}

/// The rows of an answer.
pub fn rows(used: Vec<Used>, by: By) -> Vec<Row> {
    let row = |Used { name, groups, times, .. }| Row {
        name,
        groups,
        calls: (by == By::Function).then_some(times),
        launches: (by == By::Kernel).then_some(times),
    };
    used.into_iter().map(row).collect()
}

/// What is counted.
const fn title(by: By) -> &'static str {
    if matches!(by, By::Kernel) { "LAUNCHES" } else { "CALLS" }
}

/// As a table.
pub fn table(counted: &Counted, view: View, exact: bool) -> String {
    let number = |amount: u64| if exact { amount.to_string() } else { count(amount) };
    let columns = [Column::text(counted.by.title(), 0).cut_to(20), Column::number(title(counted.by), 1)];
    let row = |row: &Row| vec![Cell::from(shown_name(&row.name, row.groups)), number(row.times()).into()];
    render(&columns, &counted.rows.iter().map(row).collect::<Vec<_>>(), view)
}

/// As comma-separated values.
pub fn csv(counted: &Counted, headers: bool) -> String {
    let [name, times] = [counted.by.title(), title(counted.by)].map(str::to_lowercase);
    let mut text = if headers { format!("{name},groups,{times}\n") } else { String::new() };
    for row in &counted.rows {
        text += &format!("{},{},{}\n", quoted(&row.name), row.groups, row.times());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::json;

    fn counted(by: By) -> Counted {
        let used = |(name, groups, times): (&str, u64, u64)| Used {
            name: name.to_owned(),
            groups,
            session: None,
            times,
            sessions: 0,
            device_ns: 0,
            held_ns: 0,
            commands: 0,
            calls: 0,
            bytes_in: 0,
            bytes_out: 0,
            memory_peak_bytes: 0,
        };
        let all = [("turn", 1, 1_234_567), ("(others)", 1, 5), ("", 3, 2)].map(used);
        Counted { since_unix_seconds: 0.0, until_unix_seconds: 3600.0, by, rows: rows(all.into(), by) }
    }

    #[test]
    fn each_format_says_what_is_counted() {
        let whole = |by, exact| table(&counted(by), View::WHOLE, exact);
        assert_eq!(
            anstream::adapter::strip_str(&whole(By::Kernel, true)).to_string(),
            "KERNEL      LAUNCHES\nturn         1234567\n(others)           5\n(3 others)         2\n"
        );
        assert!(
            anstream::adapter::strip_str(&whole(By::Function, false)).to_string().starts_with("FUNCTION    CALLS\n")
        );
        assert_eq!(csv(&counted(By::Function), true), "function,groups,calls\nturn,1,1234567\n(others),1,5\n,3,2\n");
        let row = serde_json::from_str::<serde_json::Value>(&json(&counted(By::Kernel)).unwrap()).unwrap();
        let expected = serde_json::json!({ "name": "turn", "groups": 1, "launches": 1_234_567 });
        assert_eq!((&row["by"], &row["rows"][0]), (&"kernel".into(), &expected));
    }
}
