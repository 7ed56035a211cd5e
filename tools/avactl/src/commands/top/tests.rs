//! Screens as text, and keys.

use std::time::{Duration, Instant};

use ava_protocol::admin::{Session, Setting, Tenant};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::rates::Reading;
use super::super::tests::session;
use super::app::{Action, App, Mode};
use super::screen;
use super::tree::{Key, Order};

fn later(session: &Session, device_ms: u64) -> Session {
    let mut later = session.clone();
    later.device_ns += device_ms * 1_000_000;
    later.held_ns += 10_000_000;
    later.commands += 2000;
    later.bytes_in += 3 << 20;
    later
}

fn app(sessions: &[Session], device_ms: impl Fn(u64) -> u64) -> App {
    let at = Instant::now();
    let order = Order::new(Key::Device, false, String::new());
    let tenants = vec![tenant("alice", "3", None), tenant("vision", "1", Some(4 << 30))];
    let first = Reading { at, sessions: sessions.to_vec(), tenants };
    let sessions = sessions.iter().map(|session| later(session, device_ms(session.session))).collect();
    let then = Reading { at: at + Duration::from_secs(2), sessions, ..first.clone() };
    let mut app = App::new(first, order, |uid| format!("user{uid}"));
    app.read(then);
    app
}

fn tenant(name: &str, weight: &str, memory_limit: Option<u64>) -> Tenant {
    let weight = Setting { key: "weight".into(), value: weight.into(), said_by: "ava.toml:3".into() };
    Tenant { name: name.into(), memory_limit, settings: vec![weight], ..Tenant::default() }
}

fn some() -> App {
    let on = |number, device: &str, tenant: &str, program: &str| Session {
        devices: vec![device.to_owned()],
        tenant: tenant.to_owned(),
        program: program.to_owned(),
        ..session(number)
    };
    let sessions = [
        on(3, "cpu-haswell", "alice", "hashcat"),
        on(5, "cpu-haswell", "alice", "clinfo"),
        on(7, "cpu-haswell", "vision", "train with a long name"),
        on(8, "NVIDIA H200", "vision", "infer"),
        Session { devices: vec![], ..on(9, "", "bob", "starting") },
    ];
    app(&sessions, |number| 100 * number)
}

fn shown(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| screen::draw(frame, app)).unwrap();
    terminal.backend().to_string()
}

fn press(app: &mut App, code: KeyCode) -> Action {
    app.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn screens() {
    let mut app = some();
    let mut text = [(120, 12), (80, 8), (30, 4)].map(|(width, height)| shown(&app, width, height)).join("\n");
    press(&mut app, KeyCode::Char('?'));
    text += &shown(&app, 80, 8);
    assert_snapshot!(text);
}

#[test]
fn no_screen_is_too_small() {
    let app = some();
    for (width, height) in [(1, 1), (1, 0), (3, 2), (500, 1), (1, 200)] {
        shown(&app, width, height);
    }
}

#[test]
fn a_thousand_sessions_are_scrolled() {
    let sessions: Vec<_> = (1..=1000).map(session).collect();
    let mut app = app(&sessions, |number| number);
    assert_eq!((app.lines.len(), app.sessions()), (1002, 1000));
    press(&mut app, KeyCode::End);
    assert_eq!(app.lines[app.selected].session, Some(1), "the one that uses least");
    let screen = shown(&app, 80, 10);
    assert!(screen.contains("hashcat") && screen.contains("    1 "), "{screen}");
    for _ in 0..200 {
        press(&mut app, KeyCode::PageUp);
    }
    assert_eq!(app.selected, 0);
}

#[test]
fn keys_sort_filter_and_end_sessions_after_a_question() {
    let mut app = some();
    let first = |app: &App| app.lines.iter().find_map(|line| line.session);
    assert_eq!(first(&app), Some(5), "of the tenant that uses the device most");
    press(&mut app, KeyCode::Char('r'));
    assert_eq!(first(&app), Some(8), "the device that is used least");
    press(&mut app, KeyCode::Char('r'));
    while app.order.sort != Key::Name {
        press(&mut app, KeyCode::Char('s'));
    }
    assert_eq!(app.lines.iter().filter_map(|line| line.session).collect::<Vec<_>>(), [8, 5, 3, 7, 9]);
    for letter in "/ALICE".chars() {
        press(&mut app, KeyCode::Char(letter));
    }
    assert_eq!((app.mode, app.lines.len()), (Mode::Filter, 4));
    press(&mut app, KeyCode::Enter);
    press(&mut app, KeyCode::Home);
    assert_eq!((press(&mut app, KeyCode::Char('k')), app.mode), (Action::Nothing, Mode::Browse), "a device");
    press(&mut app, KeyCode::End);
    assert_eq!((press(&mut app, KeyCode::Char('k')), app.mode), (Action::Nothing, Mode::Confirm(3)));
    assert!(app.status().contains("end session 3? y/n"));
    assert_eq!((press(&mut app, KeyCode::Enter), app.mode), (Action::Nothing, Mode::Browse), "not confirmed");
    press(&mut app, KeyCode::Char('k'));
    assert_eq!(press(&mut app, KeyCode::Char('y')), Action::End(3));
    for code in [KeyCode::Char('/'), KeyCode::Esc] {
        press(&mut app, code);
    }
    assert_eq!(app.lines.len(), 12, "all are back");
    assert_eq!(press(&mut app, KeyCode::Char('q')), Action::Quit);
    press(&mut app, KeyCode::Char('/'));
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.press(control_c), Action::Quit, "always");
}

#[test]
fn the_selection_stays_with_its_session_and_a_lost_one_is_no_problem() {
    let mut app = some();
    let at = app.lines.iter().position(|line| line.session == Some(3)).unwrap();
    for _ in 0..at {
        press(&mut app, KeyCode::Down);
    }
    let at = Instant::now();
    app.read(Reading { at, sessions: vec![session(1), session(3)], tenants: vec![] });
    assert_eq!(app.lines[app.selected].session, Some(3));
    app.read(Reading { at, sessions: vec![], tenants: vec![] });
    assert_eq!((app.lines.len(), app.selected), (0, 0));
    assert_eq!(press(&mut app, KeyCode::Down), Action::Nothing);
    assert!(shown(&app, 40, 3).contains("sessions: 0"));
}
