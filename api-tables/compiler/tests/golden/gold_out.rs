// plan
//
// opcode   8
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   room     u32
//   numbers  room u32 out; of which min(room, found) are valid
//   found    one u32 out
//   boxes    room gold_box out
//   level    one i32 in and out
// request  192 bytes
//     0+4  room     u32
//     8+48 numbers  Place
//    56+48 found    Place
//   104+48 boxes    Place
//   152+40 level    Data
// reply  72 bytes
//     0+4  ret      i32
//     8+16 numbers  Returned
//    24+16 found    Returned
//    40+16 boxes    Returned
//    56+16 level    Returned

// wire

#[allow(non_snake_case)]
pub mod gold_out {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub room: u32,
        pub numbers: Place,
        pub found: Place,
        pub boxes: Place,
        pub level: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub numbers: Returned<'a>,
        pub found: Returned<'a>,
        pub boxes: Returned<'a>,
        pub level: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 192);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, room) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, numbers) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, found) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, boxes) == 104);
        assert!(std::mem::offset_of!(ArchivedRequest, level) == 152);
        assert!(size_of:: < ArchivedReply > () == 72);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, numbers) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, found) == 24);
        assert!(std::mem::offset_of!(ArchivedReply, boxes) == 40);
        assert!(std::mem::offset_of!(ArchivedReply, level) == 56);
    };
}

// shim: entry

/// `gold_out` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_out(
    room: u32,
    numbers: *mut u32,
    found: *mut u32,
    boxes: *mut *mut c_void,
    level: *mut i32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_out(room, numbers, found, boxes, level) },
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

pub unsafe fn gold_out(
    room: u32,
    numbers: *mut u32,
    found: *mut u32,
    boxes: *mut *mut c_void,
    level: *mut i32,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_out);
    unsafe {
        let w_numbers = call
            .place(
                numbers.cast(),
                Rows::flat(expr::bytes_of(Some(room as u64), 4u64)),
                false,
            )?;
        let w_found = call.scalar_place(found);
        let w_boxes = call
            .place(
                boxes.cast(),
                Rows::flat(expr::bytes_of(Some(room as u64), 8)),
                false,
            )?;
        let w_level = call
            .bytes(level.cast(), Rows::flat(expr::mul(Some(1), Some(4u64))), false)?;
        call.fills_all();
        let request = table::gold_out::Request {
            room: room as u32,
            numbers: w_numbers.place,
            found: w_found.place,
            boxes: w_boxes.place,
            level: w_level,
        };
        call.transact(
            &request,
            |reply: &table::gold_out::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(numbers.cast(), &w_numbers, &reply.numbers, None);
                call.put(found.cast(), &w_found, &reply.found, None);
                call.put_handles(
                    boxes.cast(),
                    &w_boxes,
                    &reply.boxes,
                    kind::gold_box,
                    false,
                );
                call.put(
                    level.cast(),
                    &Room::exchanged(expr::mul(Some(1), Some(4u64))),
                    &reply.level,
                    None,
                );
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_out(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_out::ArchivedRequest>(body, "gold_out")?;
    let room: u32 = r.room.to_native() as u32;
    let mut level = call.exchange(&r.level, Some(1), 4usize, "gold_out: level")?;
    let mut numbers = call
        .output(&r.numbers, Some(room as u64), 4usize, "gold_out: numbers")?;
    let mut found = call.output(&r.found, Some(1), 4usize, "gold_out: found")?;
    let mut boxes = call.output(&r.boxes, Some(room as u64), 8usize, "gold_out: boxes")?;
    let vendor_function = api.vendor.gold_out.ok_or(Stop::Missing("gold_out"))?;
    if !numbers.is_null() {
        found.ensure();
    }
    let ret = unsafe {
        vendor_function(
            room,
            numbers.as_mut_ptr().cast(),
            found.as_mut_ptr().cast(),
            boxes.as_mut_ptr().cast(),
            level.as_mut_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.intern(&mut boxes, kind::gold_box);
    }
    call.reply(
        &table::gold_out::Reply {
            ret: ret as i32,
            numbers: numbers
                .returned(
                    expr::mul(expr::min(Some(room as u64), found.scalar()), Some(4u64)),
                    ok,
                ),
            found: found.returned(None, ok),
            boxes: boxes.returned(None, ok),
            level: level.returned(None, ok),
        },
    )
}
