// plan
//
// opcode   23
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   shape  address; withheld: the vendor gets a gold_size of the worker's
// request  0 bytes
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_given {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {}
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 0);
        assert!(align_of:: < ArchivedRequest > () == 1);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_given` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_given(shape: *mut c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_given(shape.cast()) },
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

pub unsafe fn gold_given(shape: *mut c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_given);
    unsafe {
        let request = table::gold_given::Request {};
        call.transact(
            &request,
            |reply: &table::gold_given::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_given(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_given::ArchivedRequest>(body, "gold_given")?;
    let mut given: table::c::gold_size = unsafe { std::mem::zeroed() };
    given.width = 3;
    let shape = (&raw mut given).cast::<c_void>();
    let vendor_function = api.vendor.gold_given.ok_or(Stop::Missing("gold_given"))?;
    let ret = unsafe { vendor_function(shape) };
    let ok = ret == 0;
    call.reply(
        &table::gold_given::Reply {
            ret: ret as i32,
        },
    )
}
