// plan
//
// opcode   22
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   bytes  len c_uchar out; of which len are valid
//   len    one gold_ulong in and out
// request  88 bytes
//     0+48 bytes  Place
//    48+40 len    Data
// reply  40 bytes
//     0+4  ret    i32
//     8+16 bytes  Returned
//    24+16 len    Returned

// wire

#[allow(non_snake_case)]
pub mod gold_room {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub bytes: Place,
        pub len: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub bytes: Returned<'a>,
        pub len: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 88);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, len) == 48);
        assert!(size_of:: < ArchivedReply > () == 40);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, bytes) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, len) == 24);
    };
}

// shim: entry

/// `gold_room` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_room(bytes: *mut u8, len: *mut u64) -> i32 {
    guard(
        || unsafe { marshal::gold_room(bytes, len) },
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

pub unsafe fn gold_room(bytes: *mut u8, len: *mut u64) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_room);
    unsafe {
        let w_bytes = call
            .place(
                bytes.cast(),
                Rows::flat(
                    expr::bytes_of(
                        runtime::readable::number(len).map(|number| number as u64),
                        1u64,
                    ),
                ),
                false,
            )?;
        let w_len = call
            .bytes(len.cast(), Rows::flat(expr::mul(Some(1), Some(8u64))), false)?;
        let request = table::gold_room::Request {
            bytes: w_bytes.place,
            len: w_len,
        };
        call.transact(
            &request,
            |reply: &table::gold_room::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(bytes.cast(), &w_bytes, &reply.bytes, None);
                call.put(
                    len.cast(),
                    &Room::exchanged(expr::mul(Some(1), Some(8u64))),
                    &reply.len,
                    None,
                );
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_room(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_room::ArchivedRequest>(body, "gold_room")?;
    let mut len = call.exchange(&r.len, Some(1), 8usize, "gold_room: len")?;
    let mut bytes = call.output(&r.bytes, len.scalar(), 1usize, "gold_room: bytes")?;
    let vendor_function = api.vendor.gold_room.ok_or(Stop::Missing("gold_room"))?;
    let ret = unsafe {
        vendor_function(bytes.as_mut_ptr().cast(), len.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_room::Reply {
            ret: ret as i32,
            bytes: bytes.returned(expr::mul(len.scalar(), Some(1u64)), ok),
            len: len.returned(None, ok),
        },
    )
}
