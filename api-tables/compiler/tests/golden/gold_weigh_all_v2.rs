// plan
//
// opcode   70
// twin     gold_weigh_all_v2_now, which is served by the same code
// found    as gold_sum from 8000 on
// found    as gold_weigh_all from 3020 on
// entry    by hand, generated to fall back on
// server   by hand, generated to fall back on, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   no: the table does not say `oneway`
// occupies a device, as long as the call at most
// charges  commands: 1
// arguments
//   one    handle gold_box; else null to the vendor
//   place  address
// request  16 bytes
//     0+8  one    id
//     8+8  place  address
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_weigh_all_v2 {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub place: u64,
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
        assert!(std::mem::offset_of!(ArchivedRequest, place) == 8);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_weigh_all_v2` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_weigh_all_v2(
    one: *mut c_void,
    place: *mut c_void,
) -> i32 {
    guard(
        || unsafe {
            crate::api::gold::gold_weigh_all_v2(
                opcode::gold_weigh_all_v2,
                one,
                place.cast(),
            )
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

// shim: marshalling, called by hand

pub unsafe fn gold_weigh_all_v2(
    opcode: u32,
    one: *mut c_void,
    place: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let request = table::gold_weigh_all_v2::Request {
            one: w_one,
            place: place as u64,
        };
        call.transact(
            &request,
            |reply: &table::gold_weigh_all_v2::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server, called by hand

pub fn gold_weigh_all_v2(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_weigh_all_v2::ArchivedRequest>(body, "gold_weigh_all_v2")?;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let place = r.place.to_native() as *mut c_void;
    let vendor_function = api
        .vendor
        .gold_weigh_all_v2
        .ok_or(Stop::Missing("gold_weigh_all_v2"))?;
    call.admit(|| Cost {
        commands: (Some(1)).unwrap_or(0),
        ..Cost::default()
    })?;
    call.occupy(0, std::ptr::null_mut());
    let ret = unsafe { vendor_function(one, place) };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(1));
    }
    call.reply(
        &table::gold_weigh_all_v2::Reply {
            ret: ret as i32,
        },
    )
}

// worker: the vendor's function or its twin, called by hand

/// `gold_weigh_all_v2` or its twin, by the opcode of the call.
#[allow(dead_code, non_snake_case)]
pub fn gold_weigh_all_v2(
    &self,
    opcode: u32,
) -> Option<unsafe extern "C" fn(*mut c_void, *mut c_void) -> i32> {
    if opcode == opcode::gold_weigh_all_v2_now {
        self.gold_weigh_all_v2_now
    } else {
        self.gold_weigh_all_v2
    }
}
