// plan
//
// opcode   79
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one      handle gold_box; or null, else refused
//   records  one u32 out
// request  56 bytes
//     0+8  one      id
//     8+48 records  Place
// reply  24 bytes
//     0+4  ret      i32
//     8+16 records  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_records {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub records: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub records: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 56);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, records) == 8);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, records) == 8);
    };
}

// shim: entry

/// `gold_records` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_records(
    one: *mut c_void,
    records: *mut u32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_records(one, records) },
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

pub unsafe fn gold_records(one: *mut c_void, records: *mut u32) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_records);
    unsafe {
        let w_one = call.handle_or_null(one, kind::gold_box)?;
        let w_records = call.scalar_place(records);
        let request = table::gold_records::Request {
            one: w_one,
            records: w_records.place,
        };
        call.transact(
            &request,
            |reply: &table::gold_records::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(records.cast(), &w_records, &reply.records, None);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_records(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_records::ArchivedRequest>(body, "gold_records")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let mut records = call.output(&r.records, Some(1), 4usize, "gold_records: records")?;
    let vendor_function = api.vendor.gold_records.ok_or(Stop::Missing("gold_records"))?;
    let ret = unsafe { vendor_function(one, records.as_mut_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_records::Reply {
            ret: ret as i32,
            records: records.returned(None, ok),
        },
    )
}
