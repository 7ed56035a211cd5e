//! Text in columns.

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Lines of columns that are as wide as they need to be, two spaces apart, nothing after the last.
pub fn render(columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |at: usize, title: &str| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([title.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = columns.iter().enumerate().map(|(at, (title, _))| width(at, title)).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.zip(&widths).zip(columns) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(&match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(&mut columns.iter().map(|(title, _)| *title));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// `name: value` lines, the values below each other.
pub fn properties(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
    let lines = pairs.iter().map(|(name, value)| format!("{:<width$} {value}", format!("{name}:")));
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_needed() {
        let rows = vec![vec!["a".into(), "1".into()], vec!["größer".into(), "12345".into()]];
        let text = render(&[("NAME", Align::Left), ("N", Align::Right)], &rows);
        assert_eq!(text, "NAME        N\na           1\ngrößer  12345\n");
        assert_eq!(render(&[("NAME", Align::Left), ("N", Align::Right)], &[]), "NAME  N\n");
        assert_eq!(properties(&[("a", "1".into()), ("bcd", String::new())]), "a:   1\nbcd:\n");
    }
}
