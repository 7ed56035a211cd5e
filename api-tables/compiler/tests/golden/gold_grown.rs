// plan
//
// opcode   17
// entry    generated
// server   generated, of a function that the platform of one hands out in the form of its version
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one         handle gold_box; else null to the vendor
//   properties  list of Property in
//   count       u32
//   parent      handle gold_box; or null, else refused
// request  64 bytes
//     0+8  one         id
//     8+40 properties  Data
//    48+4  count       u32
//    56+8  parent      id
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_grown {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
        pub properties: Data<'a>,
        pub count: u32,
        pub parent: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 64);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, properties) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, parent) == 56);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_grown` of the vendor's API, as it was before 0.9.5 of its extension.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_grown_before_0_9_5(
    one: *mut c_void,
    count: u32,
) -> i32 {
    guard(
        || unsafe {
            marshal::gold_grown(one, std::ptr::null(), count, std::ptr::null_mut())
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
/// `gold_grown` of the vendor's API, as it was before 1.0.0 of its extension.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_grown_before_1_0_0(
    one: *mut c_void,
    properties: *const c_void,
    count: u32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_grown(one, properties, count, std::ptr::null_mut()) },
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
/// `gold_grown` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_grown(
    one: *mut c_void,
    properties: *const c_void,
    count: u32,
    parent: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_grown(one, properties, count, parent) },
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

pub unsafe fn gold_grown(
    one: *mut c_void,
    properties: *const c_void,
    count: u32,
    parent: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_grown);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_properties = call.list(properties.cast(), &spec::Property)?;
        let w_parent = call.handle_or_null(parent, kind::gold_box)?;
        let request = table::gold_grown::Request {
            one: w_one,
            properties: w_properties,
            count: count as u32,
            parent: w_parent,
        };
        call.transact(
            &request,
            |reply: &table::gold_grown::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_grown(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_grown::ArchivedRequest>(body, "gold_grown")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let properties = call
        .list(&r.properties, &spec::Property, "gold_grown: properties")?;
    let parent = call.handle(r.parent.to_native(), kind::gold_box)?;
    let vendor_functions = api.extensions(call.session, Some(r.one.to_native()));
    let ret = unsafe {
        if let Some(vendor_function) = vendor_functions.gold_grown {
            vendor_function(one, properties.as_ptr().cast(), count, parent)
        } else if let Some(vendor_function) = vendor_functions.gold_grown_before_1_0_0 {
            vendor_function(one, properties.as_ptr().cast(), count)
        } else if let Some(vendor_function) = vendor_functions.gold_grown_before_0_9_5 {
            vendor_function(one, count)
        } else {
            return Err(Stop::Missing("gold_grown"));
        }
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_grown::Reply {
            ret: ret as i32,
        },
    )
}
