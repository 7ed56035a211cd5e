//! Draws the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::app::{App, HELP, Mode};
use super::tree::table;
use crate::table::View;

/// Draws the lines that have room around the selected one, and the status.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let [main, bottom] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    frame.render_widget(Paragraph::new(app.status()).style(Style::new().add_modifier(Modifier::REVERSED)), bottom);
    if app.mode == Mode::Help {
        return frame.render_widget(Paragraph::new(HELP), main);
    }
    let width = usize::from(main.width).max(1);
    let whole = table(&app.lines, View { width: Some(width), headers: true });
    let whole = anstream::adapter::strip_str(&whole).to_string();
    let mut rows = whole.lines();
    let title = rows.next().unwrap_or_default();
    let room = usize::from(main.height).saturating_sub(1);
    // The selected line is in the middle, unless that would leave room empty.
    let first = app.selected.saturating_sub(room / 2).min(app.lines.len().saturating_sub(room));
    let selected = Style::new().add_modifier(Modifier::REVERSED);
    let body = rows.enumerate().skip(first).take(room).map(|(at, row)| match at == app.selected {
        // As wide as the screen, so that a short line is seen.
        true => Line::styled(format!("{row:width$}"), selected),
        false => Line::raw(row),
    });
    let head = Line::styled(title, Style::new().add_modifier(Modifier::BOLD));
    frame.render_widget(Paragraph::new(Text::from_iter([head].into_iter().chain(body))), main);
}
