//! Text tables that fit the terminal.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The gap between two columns.
const GAP: &str = "  ";
/// Marks a truncated text.
const CUT: char = '…';

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    title: &'static str,
    align: Align,
    /// If there is not enough room, the columns of the highest ranks are left out.
    rank: u8,
    /// The minimum width, with texts truncated.
    least: Option<usize>,
}

impl Column {
    /// A column of text.
    pub const fn text(title: &'static str, rank: u8) -> Self {
        Self { title, align: Align::Left, rank, least: None }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, rank: u8) -> Self {
        Self { align: Align::Right, ..Self::text(title, rank) }
    }

    /// The same, which may be truncated to so many characters.
    pub const fn cut_to(self, least: usize) -> Self {
        Self { least: Some(least), ..self }
    }

    /// The same with another title.
    pub const fn titled(self, title: &'static str) -> Self {
        Self { title, ..self }
    }

    /// Its title.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// The width that all its texts need.
    fn natural(&self, at: usize, rows: &[Vec<Cell>], headers: bool) -> usize {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
        cells.chain(headers.then(|| self.title.width())).max().unwrap_or(0)
    }
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text with a style for terminals.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

/// The layout of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The width of a line in characters; `None` for unlimited.
    pub width: Option<usize>,
    /// The columns have titles.
    pub headers: bool,
}

#[cfg(test)]
impl View {
    /// Everything, untruncated.
    pub const WHOLE: Self = Self { width: None, headers: true };
}

/// Some of the columns, and their cells.
pub fn only(
    columns: &[Column],
    rows: Vec<Vec<Cell>>,
    wanted: impl Fn(&Column) -> bool,
) -> (Vec<Column>, Vec<Vec<Cell>>) {
    let kept: Vec<bool> = columns.iter().map(wanted).collect();
    let some = |row: Vec<Cell>| row.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell).collect();
    let columns = columns.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(column, _)| *column).collect();
    (columns, rows.into_iter().map(some).collect())
}

/// Formats rows in columns as wide as needed and possible, without trailing spaces.
pub fn render(columns: &[Column], rows: &[Vec<Cell>], view: View) -> String {
    let shown = fit(columns, rows, view);
    let mut text = String::new();
    if view.headers {
        let titles: Vec<_> = columns.iter().map(|column| Cell::styled(column.title, Style::new().bold())).collect();
        line(&mut text, columns, &titles, &shown);
    }
    for row in rows {
        line(&mut text, columns, row, &shown);
    }
    text
}

/// The columns that fit, and their widths.
fn fit(columns: &[Column], rows: &[Vec<Cell>], view: View) -> Vec<(usize, usize)> {
    let natural: Vec<_> =
        columns.iter().enumerate().map(|(at, column)| column.natural(at, rows, view.headers)).collect();
    let Some(width) = view.width else {
        return natural.into_iter().enumerate().collect();
    };
    let least = |at: usize| columns[at].least.map_or(natural[at], |least| least.min(natural[at]));
    let mut by_rank: Vec<_> = (0..columns.len()).collect();
    by_rank.sort_by_key(|at| columns[*at].rank);
    let mut left = width + GAP.len();
    let mut shown = Vec::new();
    for at in by_rank {
        let needed = least(at) + GAP.len();
        if needed <= left || shown.is_empty() {
            left = left.saturating_sub(needed);
            shown.push((at, least(at)));
        }
    }
    // Distributes the remaining width over truncated columns, in turn.
    while left > 0 {
        let before = left;
        for (at, width) in &mut shown {
            if *width < natural[*at] && left > 0 {
                *width += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    shown.sort_unstable();
    shown
}

fn line(text: &mut String, columns: &[Column], cells: &[Cell], shown: &[(usize, usize)]) {
    let mut blank = String::new();
    for (at, width) in shown {
        let Some(Cell { text: whole, style }) = cells.get(*at) else { continue };
        let cell = cut(whole, *width);
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        if columns[*at].align == Align::Right {
            blank += &padding;
        }
        if !cell.is_empty() {
            // Writing to a text does not fail.
            let _ = write!(text, "{blank}{style}{cell}{style:#}");
            blank.clear();
        }
        if columns[*at].align == Align::Left {
            blank += &padding;
        }
        blank += GAP;
    }
    text.push('\n');
}

/// The beginning of a text that takes at most `width` characters.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut cut: String = text
        .chars()
        .take_while(|one| {
            let needed = one.width().unwrap_or(0);
            let fits = needed <= room;
            room = room.saturating_sub(needed);
            fits
        })
        .collect();
    cut.push(CUT);
    cut
}

/// `name: value` lines with aligned values; long values continue on aligned lines.
pub fn properties(pairs: &[(&str, String)], width: Option<usize>) -> String {
    let names = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(names + 1).max(LEAST_VALUE));
    let mut text = String::new();
    for (name, value) in pairs {
        let mut name = format!("{name}:");
        for part in parts(value, room) {
            text += format!("{name:<names$} {part}").trim_end();
            text.push('\n');
            name.clear();
        }
    }
    text
}

/// The minimum width of a value's parts.
const LEAST_VALUE: usize = 16;

/// Splits a text into parts of at most `width` characters, if possible between words. At least one.
fn parts(text: &str, width: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut taken = 0;
        let fits = |(_, one): &(usize, char)| {
            taken += one.width().unwrap_or(0);
            taken <= width
        };
        let end = rest.char_indices().take_while(fits).map(|(at, one)| at + one.len_utf8()).last();
        let Some(end) = end else { break };
        let end = rest[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end);
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(columns: &[Column], rows: &[&[&str]], view: View) -> String {
        let rows: Vec<Vec<Cell>> = rows.iter().map(|row| row.iter().copied().map(Cell::from).collect()).collect();
        anstream::adapter::strip_str(&render(columns, &rows, view)).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_needed() {
        let columns = [Column::text("NAME", 0), Column::number("N", 1)];
        let rows: &[&[&str]] = &[&["a", "1"], &["größer", "12345"]];
        assert_eq!(plain(&columns, rows, View::WHOLE), "NAME        N\na           1\ngrößer  12345\n");
        assert_eq!(plain(&columns, &[], View::WHOLE), "NAME  N\n");
        assert_eq!(plain(&columns, rows, View { headers: false, ..View::WHOLE }), "a           1\ngrößer  12345\n");
    }

    #[test]
    fn long_values_go_on_below() {
        assert_eq!(properties(&[("a", "1".into()), ("bcd", String::new())], None), "a:   1\nbcd:\n");
        let long = [("a", "one two three four five".to_owned()), ("b", "x".repeat(40))];
        let text = properties(&long, Some(22));
        assert_eq!(text, format!("a: one two three four\n   five\nb: {0}\n   {0}\n   xx\n", "x".repeat(19)));
        assert_eq!(properties(&long, Some(1)).lines().count(), 2 + 3, "no smaller parts");
        assert_eq!(parts("日本語日本語", 5), ["日本", "語日", "本語"]);
        assert_eq!(parts("日", 1), ["日"], "nothing fits, and it ends");
    }

    #[test]
    fn wide_characters_take_two_places() {
        let columns = [Column::text("NAME", 0).cut_to(4), Column::text("X", 1)];
        let rows: &[&[&str]] = &[&["日本語", "x"], &["e\u{301}", "y"]];
        assert_eq!(plain(&columns, rows, View::WHOLE), "NAME    X\n日本語  x\ne\u{301}       y\n");
        let narrow = View { width: Some(8), headers: true };
        assert_eq!(plain(&columns, rows, narrow), "NAME   X\n日本…  x\ne\u{301}      y\n");
    }

    #[test]
    fn what_has_no_room_is_cut_and_then_left_out() {
        let columns = [
            Column::number("ID", 0),
            Column::text("DEVICE", 3).cut_to(8),
            Column::number("MEM", 2),
            Column::text("PROGRAM", 1).cut_to(7),
        ];
        let rows: &[&[&str]] = &[&["1", "a long device", "24.4M", "a long program"]];
        let at = |width| plain(&columns, rows, View { width: Some(width), headers: true });
        assert_eq!(at(80), plain(&columns, rows, View::WHOLE));
        assert_eq!(at(34).lines().last(), Some(" 1  a long dev…  24.4M  a long pr…"));
        assert_eq!(at(20).lines().last(), Some(" 1  24.4M  a long p…"));
        assert_eq!(at(12).lines().last(), Some(" 1  a long …"));
        for width in 0..80 {
            let longest = at(width).lines().map(UnicodeWidthStr::width).max().unwrap();
            assert!(longest <= width.max(2), "{width}: {longest}");
        }
    }
}
