// plan
//
// opcode   67
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   count  u32
//   name   one address of a text that stays out
//   other  one address of a text that stays out
// request  104 bytes
//     0+4  count  u32
//     8+48 name   Place
//    56+48 other  Place
// reply  40 bytes
//     0+4  ret    i32
//     8+16 name   Returned
//    24+16 other  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_called {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub count: u32,
        pub name: Place,
        pub other: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub name: Returned<'a>,
        pub other: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 104);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, name) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, other) == 56);
        assert!(size_of:: < ArchivedReply > () == 40);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, name) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, other) == 24);
    };
}

// shim: entry

/// `gold_called` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_called(
    count: u32,
    name: *mut *const c_char,
    other: *mut *const c_char,
) -> i32 {
    guard(
        || unsafe { marshal::gold_called(count, name, other) },
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

pub unsafe fn gold_called(
    count: u32,
    name: *mut *const c_char,
    other: *mut *const c_char,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_called);
    unsafe {
        let w_name = Call::text_place(name);
        let w_other = Call::text_place(other);
        let request = table::gold_called::Request {
            count: count as u32,
            name: w_name.place,
            other: w_other.place,
        };
        call.transact(
            &request,
            |reply: &table::gold_called::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_text(name, &reply.name);
                call.put_text(other, &reply.other);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_called(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_called::ArchivedRequest>(body, "gold_called")?;
    let count: u32 = r.count.to_native() as u32;
    let mut name = Call::text_place(&r.name, "gold_called: name")?;
    let mut other = Call::text_place(&r.other, "gold_called: other")?;
    let vendor_function = api.vendor.gold_called.ok_or(Stop::Missing("gold_called"))?;
    let ret = unsafe {
        vendor_function(count, name.as_mut_ptr().cast(), other.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    unsafe { name.follow_text(ok) };
    unsafe { other.follow_text(ok) };
    call.reply(
        &table::gold_called::Reply {
            ret: ret as i32,
            name: name.returned(None, ok),
            other: other.returned(None, ok),
        },
    )
}
