// plan
//
// opcode   78
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one        handle gold_box; or null, else refused
//   then       callback; kept until it was called; the vendor waits for it; kept with the session if gold_records says that it is recorded
//   user_data  the program's, for its callback
// request  24 bytes
//     0+8  one        id
//     8+8  then       id
//    16+1  user_data  flag
// reply  8 bytes
//     0+4  ret     i32
//     4+1  called  flag

// wire

#[allow(non_snake_case)]
pub mod gold_then {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub then: u64,
        pub user_data: bool,
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
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, then) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, user_data) == 16);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, called) == 4);
    };
}

// shim: entry

/// `gold_then` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_then(
    one: *mut c_void,
    then: Option<unsafe extern "C" fn(*mut c_void)>,
    user_data: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_then(one, then, user_data) },
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

pub unsafe fn gold_then(
    one: *mut c_void,
    then: Option<unsafe extern "C" fn(*mut c_void)>,
    user_data: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_then);
    unsafe {
        let w_one = call.handle_or_null(one, kind::gold_box)?;
        let w_then = call
            .callback(
                then.map(|f| f as usize),
                user_data as usize,
                4u32,
                ava_protocol::upcall::Life::Call,
                &[(w_one, one)],
            )?;
        let request = table::gold_then::Request {
            one: w_one,
            then: w_then,
            user_data: !user_data.is_null(),
        };
        call.transact(
            &request,
            |reply: &table::gold_then::ArchivedReply, call| {
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

pub fn gold_then(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_then::ArchivedRequest>(body, "gold_then")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let then = call
        .registration(
            r.then.to_native(),
            &[r.one.to_native()],
            0,
            ava_protocol::upcall::Life::Call,
        );
    let user_data = r.user_data;
    let vendor_function = api.vendor.gold_then.ok_or(Stop::Missing("gold_then"))?;
    if then.wanted() && let Some(ask) = api.vendor.gold_records {
        let mut answer: u32 = 0;
        unsafe { ask(one, &raw mut answer) };
        if answer != 0 {
            then.expect_again();
        }
    }
    let ret = unsafe {
        vendor_function(
            one,
            then.wanted().then_some(trampoline::gold_then as _),
            then.user_data(user_data),
        )
    };
    let ok = ret == 0;
    let called = then.confirm(ok);
    call.reply(
        &table::gold_then::Reply {
            ret: ret as i32,
            called,
        },
    )
}

// worker: trampoline

#[allow(unused_unsafe, unused_variables)]
pub unsafe extern "C" fn gold_then(user_data: *mut c_void) {
    unsafe {
        crate::upcall::callbacks::upcall_and_wait(user_data, |upcall| {});
    }
}
