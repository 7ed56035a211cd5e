// plan
//
// opcode   36
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one          handle gold_box; else null to the vendor
//   count        u32
//   count_boxes  count gold_box in
//   options      text in
//   done         callback; kept until it was called
//   user_data    the program's, for its callback
// request  152 bytes
//     0+8  one          id
//     8+4  count        u32
//    16+40 count_boxes  Data
//    56+40 options      Data
//    96+8  done         id
//   104+1  user_data    flag
//   112+40 files        Data
// reply  8 bytes
//     0+4  ret     i32
//     4+1  called  flag

// wire

#[allow(non_snake_case)]
pub mod gold_compile {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
        pub count: u32,
        pub count_boxes: Data<'a>,
        pub options: Data<'a>,
        pub done: u64,
        pub user_data: bool,
        pub files: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub called: bool,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 152);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count_boxes) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, options) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, done) == 96);
        assert!(std::mem::offset_of!(ArchivedRequest, user_data) == 104);
        assert!(std::mem::offset_of!(ArchivedRequest, files) == 112);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, called) == 4);
    };
}

// shim: entry

/// `gold_compile` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_compile(
    one: *mut c_void,
    count: u32,
    count_boxes: *const *mut c_void,
    options: *const c_char,
    done: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    user_data: *mut c_void,
) -> i32 {
    guard(
        || unsafe {
            marshal::gold_compile(one, count, count_boxes, options, done, user_data)
        },
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

pub unsafe fn gold_compile(
    one: *mut c_void,
    count: u32,
    count_boxes: *const *mut c_void,
    options: *const c_char,
    done: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    user_data: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_compile);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_count_boxes = call
            .handles(count_boxes.cast(), Some(count as u64), kind::gold_box)?;
        let w_options = call.text(options)?;
        let w_done = call
            .callback(
                done.map(|f| f as usize),
                user_data as usize,
                1u32,
                ava_protocol::upcall::Life::Call,
                &[(w_one, one)],
            )?;
        call.fills_all();
        let files = runtime::files::files(
            &mut call,
            &[(&raw const one, Some(1)), (count_boxes.cast(), Some(count as u64))],
            options,
            crate::api::gold::source,
        )?;
        let request = table::gold_compile::Request {
            one: w_one,
            count: count as u32,
            count_boxes: w_count_boxes,
            options: w_options,
            done: w_done,
            user_data: !user_data.is_null(),
            files: files,
        };
        call.transact(
            &request,
            |reply: &table::gold_compile::ArchivedReply, call| {
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

pub fn gold_compile(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_compile::ArchivedRequest>(body, "gold_compile")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let count_boxes = call
        .handles(
            &r.count_boxes,
            Some(count as u64),
            kind::gold_box,
            "gold_compile: count_boxes",
        )?;
    let options = call.text(&r.options)?;
    let done = call
        .registration(
            r.done.to_native(),
            &[r.one.to_native()],
            0,
            ava_protocol::upcall::Life::Call,
        );
    let user_data = r.user_data;
    let vendor_function = api.vendor.gold_compile.ok_or(Stop::Missing("gold_compile"))?;
    options.texts().for_each(crate::upcall::stdio::expect);
    let options = crate::engine::files::options(call, options, &r.files)?;
    let ret = unsafe {
        vendor_function(
            one,
            count,
            count_boxes.as_ptr().cast(),
            options.as_ptr().cast(),
            done.wanted().then_some(trampoline::gold_compile as _),
            done.user_data(user_data),
        )
    };
    let ok = ret == 0;
    let called = done.confirm(ok);
    call.reply(
        &table::gold_compile::Reply {
            ret: ret as i32,
            called,
        },
    )
}

// worker: trampoline

#[allow(unused_unsafe, unused_variables)]
pub unsafe extern "C" fn gold_compile(one: *mut c_void, user_data: *mut c_void) {
    unsafe {
        crate::upcall::callbacks::upcall(
            user_data,
            |upcall| {
                upcall.handle(one, kind::gold_box);
            },
        );
    }
}
