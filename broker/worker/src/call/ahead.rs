//! Answers that the program is sent before it asks, with the reply to what it waits for.
//!
//! - **Invariant**: an answer that is sent stays what it is as long as its object lives, or is marked as one that changes.
//! - **Invariant**: of a command's end the program is told with its data: who collects the ends does so before the reply's
//!   notices and output are collected.

use std::ffi::c_void;

use ava_protocol::ahead::{Answers, Known, LONGEST, MOST};
use ava_protocol::frame::{self, Tag};
use ava_protocol::spec::{Answer, TaggedSpec};
use ava_transport::lane::Wake;
use rkyv::api::high::to_bytes_in_with_alloc;
use rkyv::rancor::Failure;

use super::{Call, Outcome, Stop};
use crate::state::ahead::End;

/// Room that a frame has left when another event is asked about.
const MOST_OF_ONE: usize = 64;

/// Memory for an answer, aligned for any number.
#[repr(align(16))]
struct Place([u8; LONGEST]);

impl Call<'_> {
    /// The program has asked a function about an object.
    pub fn asked(&self, function: u32, id: u64, object: *mut c_void) {
        if self.session.ahead.asks(function, id) {
            self.api.ahead(function, self, id, object);
        }
    }

    /// The program has asked a function about an event whose answers stay once its command has completed.
    pub fn asked_of_end(&self, function: u32, id: u64, event: *mut c_void) {
        if self.session.ahead.asks_of_end(function) && self.api.events().outcome(event as usize) == Some(false) {
            self.api.ahead(function, self, id, event);
        }
    }

    /// The call has made an object, which the program may ask about.
    pub fn made(&self, id: u64, kind: u16, object: *mut c_void) {
        let asked = self.session.table.ahead.iter().filter(|query| query.kind == kind && !query.of_end);
        for query in asked.filter(|query| self.session.ahead.will_ask(query.function, id)) {
            self.api.ahead(query.function, self, id, object);
        }
    }

    /// Asks the vendor by `query(key, size, value, size_ret)` for the answers by all keys that are short; about objects that are
    /// not made alike, only for those that are final. What the vendor does not answer is left out.
    pub fn ask_ahead(
        &self,
        function: u32,
        object: u64,
        spec: &TaggedSpec,
        is_final: impl Fn(i64) -> bool,
        query: impl Fn(i64, usize, *mut c_void, *mut usize) -> bool,
    ) {
        let table = self.session.table;
        let query_of = table.ahead.iter().find(|query| query.function == function);
        let are_alike = query_of.is_some_and(|query| table.kind(query.kind).alike);
        for (key, answer) in spec.answers {
            let kind = match answer {
                Answer::Handles(kind) => *kind,
                Answer::Plain
                | Answer::Hidden { .. }
                | Answer::VersionNumber
                | Answer::HostPtr
                | Answer::HostFlags
                | Answer::References => 0,
                _ => continue,
            };
            let changes = !is_final(*key) || !spec.stays(*key);
            if changes && !are_alike {
                continue;
            }
            let (mut value, mut len) = (Place([0; LONGEST]), 0);
            if !query(*key, LONGEST, value.0.as_mut_ptr().cast(), &raw mut len) || len > LONGEST {
                continue;
            }
            self.translate(Some(answer), object, &mut value.0[..len]);
            let known = Known { object, key: *key, value: value.0, function, kind, len: len as u8, changes };
            let mut answers = self.answers.borrow_mut();
            if answers.known.len() < MOST {
                answers.known.push(known);
            }
        }
    }

    /// Finds out which commands have completed that the program may ask about.
    fn collect_ends(&self) {
        let (session, events) = (self.session, self.api.events());
        session.ahead.ends(|id| {
            if self.answers.borrow().known.len() > MOST - MOST_OF_ONE {
                return End::GoesOn;
            }
            let Some(event) = session.objects.pointer(id) else { return End::Over };
            match events.outcome(event) {
                None => return End::GoesOn,
                // Of a failure the program hears when it asks.
                Some(true) => return End::Over,
                Some(false) => self.answers.borrow_mut().over.push(id),
            }
            for query in session.table.ahead.iter().filter(|query| query.of_end) {
                if session.ahead.will_ask(query.function, id) {
                    self.api.ahead(query.function, self, id, event as *mut c_void);
                }
            }
            End::Over
        });
    }

    /// Sends what the program may ask next, which goes before the reply.
    pub(super) fn send_answers(&mut self) -> Outcome {
        self.collect_ends();
        let answers: Answers = self.answers.take();
        if answers.over.is_empty() && answers.known.is_empty() {
            return Ok(());
        }
        frame::begin(self.out, Tag::Answers, 0, std::iter::empty());
        let out = std::mem::take(self.out);
        *self.out =
            to_bytes_in_with_alloc::<_, _, Failure>(&answers, out, self.arena.acquire()).map_err(|_| Stop::Closed)?;
        self.lane.borrow_mut().send(self.out, None, Wake::Later).map_err(|_| Stop::Closed)
    }
}
