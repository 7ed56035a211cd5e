// plan
//
// opcode   68
// twin     gold_launch_now, which is served by the same code
// found    as gold_launch from 4000 on
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same
// submits  work of devices
// occupies a device, until one has got behind it
// charges  commands: 1
// charges  a launch of one
// arguments
//   one    handle gold_box; else null to the vendor
//   count  u32; success may depend on it
// request  16 bytes
//     0+8  one    id
//     8+4  count  u32
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_launch {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub count: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 16);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_launch` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_launch(one: *mut c_void, count: u32) -> i32 {
    guard(
        || unsafe { marshal::gold_launch(opcode::gold_launch, one, count) },
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

pub unsafe fn gold_launch(
    opcode: u32,
    one: *mut c_void,
    count: u32,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        call.combine(count as u64);
        let leaves = true && call.is_accepted();
        let request = table::gold_launch::Request {
            one: w_one,
            count: count as u32,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_launch::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_launch(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_launch::ArchivedRequest>(body, "gold_launch")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let vendor_function = api.vendor.gold_launch.ok_or(Stop::Missing("gold_launch"))?;
    call.admit(|| Cost {
        commands: (Some(1)).unwrap_or(0),
        ..Cost::default()
    })?;
    call.occupy(r.one.to_native(), one);
    let ret = unsafe { vendor_function(one, count) };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(1));
    }
    if ok {
        call.launched(r.one.to_native());
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_launch::Reply {
            ret: ret as i32,
        },
    )
}
