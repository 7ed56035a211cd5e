// plan
//
// opcode   11
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one        handle gold_box; else null to the vendor
//   notify     callback; in use until the object is gone; kept with the session
//   user_data  the program's, for its callback
// request  24 bytes
//     0+8  one        id
//     8+8  notify     id
//    16+1  user_data  flag
// reply  8 bytes
//     0+4  ret     i32
//     4+1  called  flag

// wire

#[allow(non_snake_case)]
pub mod gold_callback {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub notify: u64,
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
        assert!(std::mem::offset_of!(ArchivedRequest, notify) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, user_data) == 16);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, called) == 4);
    };
}

// shim: entry

/// `gold_callback` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_callback(
    one: *mut c_void,
    notify: Option<unsafe extern "C" fn(*mut c_void, i32, *const c_char, *mut c_void)>,
    user_data: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_callback(one, notify, user_data) },
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

pub unsafe fn gold_callback(
    one: *mut c_void,
    notify: Option<unsafe extern "C" fn(*mut c_void, i32, *const c_char, *mut c_void)>,
    user_data: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_callback);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_notify = call
            .callback(
                notify.map(|f| f as usize),
                user_data as usize,
                0u32,
                ava_protocol::upcall::Life::Session,
                &[(w_one, one)],
            )?;
        let request = table::gold_callback::Request {
            one: w_one,
            notify: w_notify,
            user_data: !user_data.is_null(),
        };
        call.transact(
            &request,
            |reply: &table::gold_callback::ArchivedReply, call| {
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

pub fn gold_callback(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_callback::ArchivedRequest>(body, "gold_callback")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let notify = call
        .registration(
            r.notify.to_native(),
            &[r.one.to_native()],
            0,
            ava_protocol::upcall::Life::Session,
        );
    let user_data = r.user_data;
    let vendor_function = api
        .vendor
        .gold_callback
        .ok_or(Stop::Missing("gold_callback"))?;
    let ret = unsafe {
        vendor_function(
            one,
            notify.wanted().then_some(trampoline::gold_callback as _),
            notify.user_data(user_data),
        )
    };
    let ok = ret == 0;
    let called = notify.confirm(ok);
    call.reply(
        &table::gold_callback::Reply {
            ret: ret as i32,
            called,
        },
    )
}

// worker: trampoline

#[allow(unused_unsafe, unused_variables)]
pub unsafe extern "C" fn gold_callback(
    one: *mut c_void,
    level: i32,
    text: *const c_char,
    user_data: *mut c_void,
) {
    unsafe {
        crate::upcall::callbacks::upcall(
            user_data,
            |upcall| {
                upcall.handle(one, kind::gold_box);
                upcall.int(level as i64 as u64);
                unsafe { upcall.text(text) };
            },
        );
    }
}
