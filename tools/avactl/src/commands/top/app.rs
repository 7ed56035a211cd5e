//! What is on the screen, and what keys do: without a terminal and without a broker.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::rates::Reading;
use super::tree::{Key, Line, Order, tree};

/// The state of the screen.
pub struct App {
    now: Reading,
    before: Reading,
    pub order: Order,
    pub lines: Vec<Line>,
    /// The line that keys are about.
    pub selected: usize,
    pub mode: Mode,
    /// What happened last: one line.
    pub message: String,
    user: fn(u32) -> String,
}

/// What keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are commands.
    Browse,
    /// They are letters of the filter.
    Filter,
    /// Whether to end this session.
    Confirm(u64),
    Help,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Nothing,
    Quit,
    /// End this session.
    End(u64),
}

/// How far a page goes.
const PAGE: usize = 10;

impl App {
    /// Shows nothing until there are two readings.
    pub fn new(first: Reading, order: Order, user: fn(u32) -> String) -> Self {
        let before = first.clone();
        let mut app = Self {
            now: first,
            before,
            order,
            lines: Vec::new(),
            selected: 0,
            mode: Mode::Browse,
            message: String::new(),
            user,
        };
        app.arrange();
        app
    }

    /// Takes another reading.
    pub fn read(&mut self, now: Reading) {
        self.before = std::mem::replace(&mut self.now, now);
        self.arrange();
    }

    /// The number of sessions, also of those that are not shown.
    pub fn sessions(&self) -> usize {
        self.now.sessions.len()
    }

    /// Makes the lines; the selection stays with its session.
    fn arrange(&mut self) {
        let session = self.lines.get(self.selected).and_then(|line| line.session);
        self.lines = tree(&self.now, &self.before, &self.order, self.user);
        let same = session.and_then(|session| self.lines.iter().position(|line| line.session == Some(session)));
        self.selected = same.unwrap_or(self.selected).min(self.lines.len().saturating_sub(1));
    }

    /// A key was pressed.
    pub fn press(&mut self, key: KeyEvent) -> Action {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Action::Quit;
        }
        match self.mode {
            Mode::Browse => return self.browse(key.code),
            Mode::Filter => self.filter(key.code),
            Mode::Confirm(session) => {
                self.mode = Mode::Browse;
                if let KeyCode::Char('y' | 'Y') = key.code {
                    return Action::End(session);
                }
            }
            Mode::Help => self.mode = Mode::Browse,
        }
        Action::Nothing
    }

    fn browse(&mut self, key: KeyCode) -> Action {
        let last = self.lines.len().saturating_sub(1);
        self.message.clear();
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return Action::Quit,
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => self.selected = (self.selected + 1).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(PAGE),
            KeyCode::PageDown => self.selected = (self.selected + PAGE).min(last),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = last,
            KeyCode::Char('s') => self.order.sort = self.order.sort.next(),
            KeyCode::Char('r') => self.order.reverse = !self.order.reverse,
            KeyCode::Char('/') => self.mode = Mode::Filter,
            KeyCode::Char('?' | 'h') => self.mode = Mode::Help,
            KeyCode::Char('k') => match self.lines.get(self.selected).and_then(|line| line.session) {
                Some(session) => self.mode = Mode::Confirm(session),
                None => self.message = "no session is selected".to_owned(),
            },
            _ => {}
        }
        self.arrange();
        Action::Nothing
    }

    fn filter(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.mode = Mode::Browse,
            KeyCode::Esc => {
                self.order.filter.clear();
                self.mode = Mode::Browse;
            }
            KeyCode::Backspace => drop(self.order.filter.pop()),
            KeyCode::Char(letter) => self.order.filter.push(letter),
            _ => {}
        }
        self.arrange();
    }

    /// The line at the bottom.
    pub fn status(&self) -> String {
        let Order { sort, reverse, filter } = &self.order;
        match self.mode {
            Mode::Filter => format!("filter: {filter}_"),
            Mode::Confirm(session) => format!("end session {session}? y/n"),
            Mode::Help => "any key goes back".to_owned(),
            Mode::Browse if !self.message.is_empty() => self.message.clone(),
            Mode::Browse => {
                let order = if *reverse { " (reversed)" } else { "" };
                let only = if filter.is_empty() { String::new() } else { format!("  only: {filter}") };
                format!("sessions: {}  sorted by {}{order}{only}  ?: help  q: quit", self.sessions(), sort.name())
            }
        }
    }
}

/// What the keys do.
pub const HELP: &str = "\
up down pageup pagedown home end   select a line
s        sort by the next column
r        reverse the order
/        show only what contains a text; enter keeps it, escape takes it back
k        end the selected session, after a question
q        quit, as escape and ctrl-c do
";

impl Order {
    /// As the command line says.
    pub fn new(sort: Key, reverse: bool, filter: String) -> Self {
        Self { sort, reverse, filter }
    }
}
