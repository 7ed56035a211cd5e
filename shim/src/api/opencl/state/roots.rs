//! Platforms and devices, which every session has. A program keeps their handles for as long as it likes: in a session that
//! takes the place of a lost one, the same is asked again in the same order, and what is answered gets the same handles.

use std::ffi::c_void;
use std::sync::Mutex;

use ava_protocol::layout::Rows;
use ava_protocol::opencl::{clGetDeviceIDs as devices, clGetPlatformIDs as platforms, kind, opcode};
use ava_protocol::wire::{ArchivedReturned, Place};

use crate::base::fault::Fault;
use crate::call::{Call, Room};
use crate::session::Session;

/// What a program has asked for, and the handles that it was answered with, in order.
#[derive(Default)]
pub struct Roots(Mutex<Vec<Asked>>);

#[derive(Debug, Clone)]
pub struct Asked {
    pub question: Question,
    pub handles: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Platforms,
    /// Of a platform's handle, or null, and a type.
    Devices(usize, u64),
}

/// Most questions that are remembered.
const MOST: usize = 256;

impl Roots {
    pub fn note(&self, asked: Asked) {
        let Ok(mut all) = self.0.lock() else { return };
        match all.iter().position(|known| known.question == asked.question) {
            Some(at) if all[at].handles.len() < asked.handles.len() => all[at] = asked,
            None if all.len() < MOST => all.push(asked),
            _ => (),
        }
    }

    /// Asks the same in another session, and gives what is answered the same handles.
    pub fn renew(&self, new: &'static Session, of_new: &Self) -> Result<(), Fault> {
        let all = self.0.lock().map_err(|_| Fault::Panicked)?.clone();
        // First, so that they are not forgotten if this session is lost meanwhile.
        all.iter().for_each(|asked| of_new.note(asked.clone()));
        for Asked { question, handles } in all {
            let (ids, kind) = match question {
                Question::Platforms => (again_platforms(new, handles.len())?, kind::cl_platform_id),
                Question::Devices(platform, ty) => {
                    (again_devices(new, platform as *mut c_void, ty, handles.len())?, kind::cl_device_id)
                }
            };
            for (id, handle) in ids.into_iter().zip(handles) {
                new.book.handles.adopt(id, kind, handle as *mut c_void);
            }
        }
        Ok(())
    }
}

/// The ids of so many platforms, or of fewer if there are not so many.
fn again_platforms(session: &'static Session, count: usize) -> Result<Vec<u64>, Fault> {
    let mut call = Call::begin(session, opcode::clGetPlatformIDs);
    let room = room(&mut call, count)?;
    let num_entries = count as u32;
    let request = platforms::Request { num_entries, platforms: room.place, num_platforms: Place::Scalar(0) };
    call.transact(&request, |reply: &platforms::ArchivedReply, call| {
        (true, ids(call, &room, &reply.platforms, reply.ret.to_native()))
    })
}

/// The ids of so many devices of a platform, likewise; none if the platform is not there.
fn again_devices(
    session: &'static Session,
    platform: *mut c_void,
    device_type: u64,
    count: usize,
) -> Result<Vec<u64>, Fault> {
    let mut call = Call::begin(session, opcode::clGetDeviceIDs);
    let id = call.handle(platform, kind::cl_platform_id);
    if id == 0 && !platform.is_null() {
        return Ok(Vec::new());
    }
    let room = room(&mut call, count)?;
    let (num_entries, num_devices) = (count as u32, Place::Scalar(0));
    let request = devices::Request { platform: id, device_type, num_entries, devices: room.place, num_devices };
    call.transact(&request, |reply: &devices::ArchivedReply, call| {
        (true, ids(call, &room, &reply.devices, reply.ret.to_native()))
    })
}

/// Room for so many handles.
fn room(call: &mut Call, count: usize) -> Result<Room, Fault> {
    // An address to be not null; what comes is taken from the reply.
    call.place(std::ptr::dangling_mut::<u8>().cast(), Rows::flat(Some(count as u64 * 8)), false)
}

fn ids(call: &Call, room: &Room, from: &ArchivedReturned<'_>, status: i32) -> Vec<u64> {
    let bytes = call.copied(room, from).filter(|_| status == 0).unwrap_or_default();
    bytes.as_chunks().0.iter().map(|id| u64::from_le_bytes(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_answer_to_a_question_is_kept_and_questions_stay_in_order() {
        let roots = Roots::default();
        let all = Question::Devices(64, u64::MAX);
        for (question, handles) in [
            (Question::Platforms, vec![64]),
            (all, vec![128]),
            (all, vec![128, 192]),
            (Question::Devices(64, 4), vec![192]),
            (all, vec![]),
        ] {
            roots.note(Asked { question, handles });
        }
        let kept = roots.0.lock().unwrap();
        let kept: Vec<_> = kept.iter().map(|asked| (asked.question, asked.handles.len())).collect();
        assert_eq!(kept, [(Question::Platforms, 1), (all, 2), (Question::Devices(64, 4), 1)]);
    }
}
