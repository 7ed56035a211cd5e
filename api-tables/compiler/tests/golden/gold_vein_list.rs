// plan
//
// opcode   76
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    mine
// success  returns 0
// posted   no: the table does not say `oneway`
// makes    gold_vein several in veins, ends with mine
// arguments
//   room   u32
//   veins  room new gold_vein out
//   mine   handle gold_mine; else null to the vendor
// request  64 bytes
//     0+4  room   u32
//     8+48 veins  Place
//    56+8  mine   id
// reply  24 bytes
//     0+4  ret    i32
//     8+16 veins  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_vein_list {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub room: u32,
        pub veins: Place,
        pub mine: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub veins: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 64);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, room) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, veins) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, mine) == 56);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, veins) == 8);
    };
}

// shim: entry

/// `gold_vein_list` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_vein_list(
    room: u32,
    veins: *mut *mut c_void,
    mine: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_vein_list(room, veins, mine) },
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

pub unsafe fn gold_vein_list(
    room: u32,
    veins: *mut *mut c_void,
    mine: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_vein_list);
    unsafe {
        let w_mine = call.handle(mine, kind::gold_mine);
        let w_veins = call
            .place(
                veins.cast(),
                Rows::flat(expr::bytes_of(Some(room as u64), 8)),
                false,
            )?;
        let request = table::gold_vein_list::Request {
            room: room as u32,
            veins: w_veins.place,
            mine: w_mine,
        };
        call.transact(
            &request,
            |reply: &table::gold_vein_list::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_handles(
                    veins.cast(),
                    &w_veins,
                    &reply.veins,
                    kind::gold_vein,
                    true,
                );
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_vein_list(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_vein_list::ArchivedRequest>(body, "gold_vein_list")?;
    let room: u32 = r.room.to_native() as u32;
    let mine = call.handle(r.mine.to_native(), kind::gold_mine)?;
    let mut veins = call
        .output(&r.veins, Some(room as u64), 8usize, "gold_vein_list: veins")?;
    let vendor_function = api
        .vendor
        .gold_vein_list
        .ok_or(Stop::Missing("gold_vein_list"))?;
    let ret = unsafe { vendor_function(room, veins.as_mut_ptr().cast(), mine) };
    let ok = ret == 0;
    if ok {
        call.intern_new(&mut veins, kind::gold_vein, &[r.mine.to_native()])?;
    }
    call.reply(
        &table::gold_vein_list::Reply {
            ret: ret as i32,
            veins: veins.returned(None, ok),
        },
    )
}
