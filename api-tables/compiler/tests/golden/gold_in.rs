// plan
//
// opcode   7
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    the first of boxes
// success  returns 0
// posted   no: the table does not say `oneway`
// charges  the bytes in bytes
// arguments
//   flags    gold_ulong
//   size     usize
//   bytes    size bytes in; read when (flags & GOLD_READS) != 0
//   numbers  3 u32 in
//   shapes   2 gold_shape in
//   boxes    size gold_box in
// request  176 bytes
//     0+8  flags    u64
//     8+8  size     u64
//    16+40 bytes    Data
//    56+40 numbers  Data
//    96+40 shapes   Data
//   136+40 boxes    Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_in {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub flags: u64,
        pub size: u64,
        pub bytes: Data<'a>,
        pub numbers: Data<'a>,
        pub shapes: Data<'a>,
        pub boxes: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 176);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, flags) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, numbers) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, shapes) == 96);
        assert!(std::mem::offset_of!(ArchivedRequest, boxes) == 136);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_in` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_in(
    flags: u64,
    size: usize,
    bytes: *const c_void,
    numbers: *const u32,
    shapes: *const c_void,
    boxes: *const *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_in(flags, size, bytes, numbers, shapes, boxes) },
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

pub unsafe fn gold_in(
    flags: u64,
    size: usize,
    bytes: *const c_void,
    numbers: *const u32,
    shapes: *const c_void,
    boxes: *const *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_in);
    unsafe {
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = if expr::holds(
            expr::ne(expr::bit_and(Some(flags as u64), Some(1)), Some(0)),
        ) {
            call.bytes(bytes.cast(), r_bytes, false)?
        } else {
            call.unread(bytes.cast())
        };
        let w_numbers = call
            .bytes(numbers.cast(), Rows::flat(expr::mul(Some(3), Some(4u64))), false)?;
        let w_shapes = call.structs(shapes.cast(), Some(2), &spec::gold_shape)?;
        let w_boxes = call.handles(boxes.cast(), Some(size as u64), kind::gold_box)?;
        call.fills_all();
        let request = table::gold_in::Request {
            flags: flags as u64,
            size: size as u64,
            bytes: w_bytes,
            numbers: w_numbers,
            shapes: w_shapes,
            boxes: w_boxes,
        };
        call.transact(
            &request,
            |reply: &table::gold_in::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_in(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_in::ArchivedRequest>(body, "gold_in")?;
    let flags: u64 = r.flags.to_native() as u64;
    let size: usize = r.size.to_native() as usize;
    let bytes = call
        .input(
            &r.bytes,
            if expr::holds(
                expr::ne(expr::bit_and(Some(flags as u64), Some(1)), Some(0)),
            ) {
                Rows::flat(Some(size as u64))
            } else {
                None
            },
            false,
            "gold_in: bytes",
        )?;
    let numbers = call
        .input(
            &r.numbers,
            Rows::flat(expr::mul(Some(3), Some(4u64))),
            false,
            "gold_in: numbers",
        )?;
    let shapes = call.structs(&r.shapes, Some(2), &spec::gold_shape, "gold_in: shapes")?;
    let boxes = call
        .handles(&r.boxes, Some(size as u64), kind::gold_box, "gold_in: boxes")?;
    let vendor_function = api.vendor.gold_in.ok_or(Stop::Missing("gold_in"))?;
    call.admit(|| Cost {
        bytes_in: bytes.amount(),
        ..Cost::default()
    })?;
    let ret = unsafe {
        vendor_function(
            flags,
            size,
            bytes.as_ptr().cast(),
            numbers.as_ptr().cast(),
            shapes.as_ptr().cast(),
            boxes.as_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.charge_bytes_in(bytes.amount());
    }
    call.reply(
        &table::gold_in::Reply {
            ret: ret as i32,
        },
    )
}
