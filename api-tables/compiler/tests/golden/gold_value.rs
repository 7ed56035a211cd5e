// plan
//
// opcode   65
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   count  u32
//   size   gold_size, by value
// request  48 bytes
//     0+4  count  u32
//     8+40 size   Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_value {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub count: u32,
        pub size: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 48);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_value` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_value(
    count: u32,
    size: table::c::gold_size,
) -> i32 {
    guard(
        || unsafe { marshal::gold_value(count, size) },
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

pub unsafe fn gold_value(count: u32, size: table::c::gold_size) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_value);
    unsafe {
        let w_size = call
            .bytes(
                (&raw const size).cast(),
                Rows::flat(Some(size_of_val(&size) as u64)),
                false,
            )?;
        let request = table::gold_value::Request {
            count: count as u32,
            size: w_size,
        };
        call.transact(
            &request,
            |reply: &table::gold_value::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_value(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_value::ArchivedRequest>(body, "gold_value")?;
    let count: u32 = r.count.to_native() as u32;
    let size: table::c::gold_size = unsafe { call.value(&r.size, "gold_value: size") }?;
    let vendor_function = api.vendor.gold_value.ok_or(Stop::Missing("gold_value"))?;
    let ret = unsafe { vendor_function(count, size) };
    let ok = ret == 0;
    call.reply(
        &table::gold_value::Reply {
            ret: ret as i32,
        },
    )
}
