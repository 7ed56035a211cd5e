// plan
//
// opcode   10
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   properties  list of Property in
// request  40 bytes
//     0+40 properties  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_list {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub properties: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 40);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, properties) == 0);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_list` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_list(properties: *const c_void) -> i32 {
    guard(
        || unsafe { marshal::gold_list(properties) },
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

pub unsafe fn gold_list(properties: *const c_void) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_list);
    unsafe {
        let w_properties = call.list(properties.cast(), &spec::Property)?;
        let request = table::gold_list::Request {
            properties: w_properties,
        };
        call.transact(
            &request,
            |reply: &table::gold_list::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_list(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_list::ArchivedRequest>(body, "gold_list")?;
    let properties = call.list(&r.properties, &spec::Property, "gold_list: properties")?;
    let vendor_function = api.vendor.gold_list.ok_or(Stop::Missing("gold_list"))?;
    let ret = unsafe { vendor_function(properties.as_ptr().cast()) };
    let ok = ret == 0;
    call.reply(
        &table::gold_list::Reply {
            ret: ret as i32,
        },
    )
}
