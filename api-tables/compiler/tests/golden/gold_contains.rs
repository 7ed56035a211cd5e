// plan
//
// opcode   82
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    one gold_content in
//   found  one gold_content out
// request  88 bytes
//     0+40 one    Data
//    40+48 found  Place
// reply  24 bytes
//     0+4  ret    i32
//     8+16 found  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_contains {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: Data<'a>,
        pub found: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub found: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 88);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, found) == 40);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, found) == 8);
    };
}

// shim: entry

/// `gold_contains` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_contains(
    one: *const c_void,
    found: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_contains(one, found) },
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

pub unsafe fn gold_contains(
    one: *const c_void,
    found: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_contains);
    unsafe {
        let w_one = call.structs(one.cast(), Some(1), &spec::gold_content)?;
        let w_found = call
            .place(
                found.cast(),
                Rows::flat(expr::bytes_of(Some(1), spec::gold_content.size as u64)),
                false,
            )?;
        let request = table::gold_contains::Request {
            one: w_one,
            found: w_found.place,
        };
        call.transact(
            &request,
            |reply: &table::gold_contains::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_found(
                    found.cast(),
                    &w_found,
                    &reply.found,
                    &spec::gold_content,
                );
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_contains(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_contains::ArchivedRequest>(body, "gold_contains")?;
    let one = call.structs(&r.one, Some(1), &spec::gold_content, "gold_contains: one")?;
    let mut found = call.output(&r.found, Some(1), 32usize, "gold_contains: found")?;
    let vendor_function = api
        .vendor
        .gold_contains
        .ok_or(Stop::Missing("gold_contains"))?;
    let ret = unsafe { vendor_function(one.as_ptr().cast(), found.as_mut_ptr().cast()) };
    let ok = ret == 0;
    if ok {
        call.intern_structs(&mut found, &spec::gold_content);
    }
    call.reply(
        &table::gold_contains::Reply {
            ret: ret as i32,
            found: found.returned(None, ok),
        },
    )
}
