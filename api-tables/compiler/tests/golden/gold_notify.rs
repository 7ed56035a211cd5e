// plan
//
// opcode   52
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    event
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   word    the program's, for its callback
//   event   handle gold_event; else null to the vendor
//   tell    callback; kept until it was called
//   status  i32
// request  32 bytes
//     0+1  word    flag
//     8+8  event   id
//    16+8  tell    id
//    24+4  status  i32
// reply  8 bytes
//     0+4  ret     i32
//     4+1  called  flag

// wire

#[allow(non_snake_case)]
pub mod gold_notify {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub word: bool,
        pub event: u64,
        pub tell: u64,
        pub status: i32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub called: bool,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 32);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, word) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, tell) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, status) == 24);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, called) == 4);
    };
}

// shim: entry

/// `gold_notify` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_notify(
    word: *mut c_void,
    event: *mut c_void,
    tell: Option<unsafe extern "C" fn(*mut c_void, i32, *mut c_void)>,
    status: i32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_notify(word, event, tell, status) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            status as _
        },
    )
}

// shim: marshalling

pub unsafe fn gold_notify(
    word: *mut c_void,
    event: *mut c_void,
    tell: Option<unsafe extern "C" fn(*mut c_void, i32, *mut c_void)>,
    status: i32,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_notify);
    unsafe {
        let w_event = call.handle(event, kind::gold_event);
        let w_tell = call
            .callback(
                tell.map(|f| f as usize),
                word as usize,
                2u32,
                ava_protocol::upcall::Life::Call,
                &[(w_event, event)],
            )?;
        let request = table::gold_notify::Request {
            word: !word.is_null(),
            event: w_event,
            tell: w_tell,
            status: status as i32,
        };
        call.transact(
            &request,
            |reply: &table::gold_notify::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                if reply.called {
                    call.keep_callbacks();
                }
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_notify(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_notify::ArchivedRequest>(body, "gold_notify")?;
    let status: i32 = r.status.to_native() as i32;
    let word = r.word;
    let event = call.handle(r.event.to_native(), kind::gold_event)?;
    let tell = call
        .registration(
            r.tell.to_native(),
            &[r.event.to_native()],
            0,
            ava_protocol::upcall::Life::Call,
        );
    let vendor_function = api.vendor.gold_notify.ok_or(Stop::Missing("gold_notify"))?;
    let ret = unsafe {
        vendor_function(
            tell.user_data(word),
            event,
            tell.wanted().then_some(trampoline::gold_notify as _),
            status,
        )
    };
    let ok = ret == 0;
    let called = tell.confirm(ok);
    call.reply(
        &table::gold_notify::Reply {
            ret: ret as i32,
            called,
        },
    )
}

// worker: trampoline

#[allow(unused_unsafe, unused_variables)]
pub unsafe extern "C" fn gold_notify(
    event: *mut c_void,
    status: i32,
    word: *mut c_void,
) {
    unsafe {
        crate::upcall::callbacks::upcall(
            word,
            |upcall| {
                upcall.handle(event, kind::gold_event);
                upcall.int(status as i64 as u64);
            },
        );
    }
}
