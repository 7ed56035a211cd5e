// plan
//
// opcode   60
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    chest
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   chest  handle gold_chest; else null to the vendor
//   tell   callback; in use until the object is gone; kept with the session
//   word   the program's, for its callback
// request  24 bytes
//     0+8  chest  id
//     8+8  tell   id
//    16+1  word   flag
// reply  8 bytes
//     0+4  ret     i32
//     4+1  called  flag

// wire

#[allow(non_snake_case)]
pub mod gold_chest_gone {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub chest: u64,
        pub tell: u64,
        pub word: bool,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub called: bool,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 24);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, tell) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, word) == 16);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, called) == 4);
    };
}

// shim: entry

/// `gold_chest_gone` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_gone(
    chest: *mut c_void,
    tell: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    word: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_chest_gone(chest, tell, word) },
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

pub unsafe fn gold_chest_gone(
    chest: *mut c_void,
    tell: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    word: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_gone);
    unsafe {
        let w_chest = call.handle(chest, kind::gold_chest);
        let w_tell = call
            .callback(
                tell.map(|f| f as usize),
                word as usize,
                3u32,
                ava_protocol::upcall::Life::Session,
                &[(w_chest, chest)],
            )?;
        let request = table::gold_chest_gone::Request {
            chest: w_chest,
            tell: w_tell,
            word: !word.is_null(),
        };
        call.transact(
            &request,
            |reply: &table::gold_chest_gone::ArchivedReply, call| {
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

pub fn gold_chest_gone(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_gone::ArchivedRequest>(body, "gold_chest_gone")?;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let tell = call
        .registration(
            r.tell.to_native(),
            &[r.chest.to_native()],
            0,
            ava_protocol::upcall::Life::Session,
        );
    let word = r.word;
    let vendor_function = api
        .vendor
        .gold_chest_gone
        .ok_or(Stop::Missing("gold_chest_gone"))?;
    let ret = unsafe {
        vendor_function(
            chest,
            tell.wanted().then_some(trampoline::gold_chest_gone as _),
            tell.user_data(word),
        )
    };
    let ok = ret == 0;
    let called = tell.confirm(ok);
    call.reply(
        &table::gold_chest_gone::Reply {
            ret: ret as i32,
            called,
        },
    )
}

// worker: trampoline

#[allow(unused_unsafe, unused_variables)]
pub unsafe extern "C" fn gold_chest_gone(chest: *mut c_void, word: *mut c_void) {
    unsafe {
        crate::upcall::callbacks::upcall(
            word,
            |upcall| {
                upcall.handle(chest, kind::gold_chest);
            },
        );
    }
}
