// plan
//
// opcode   57
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    chest
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   chest   handle gold_chest; else null to the vendor
//   region  3 usize in
//   bytes   bytes out in pixels(chest, region, 0, 0)
// request  96 bytes
//     0+8  chest   id
//     8+40 region  Data
//    48+48 bytes   Place
// reply  24 bytes
//     0+4  ret    i32
//     8+16 bytes  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_chest_pixels {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub chest: u64,
        pub region: Data<'a>,
        pub bytes: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub bytes: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 96);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, region) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 48);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, bytes) == 8);
    };
}

// shim: entry

/// `gold_chest_pixels` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_pixels(
    chest: *mut c_void,
    region: *const usize,
    bytes: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_chest_pixels(chest, region, bytes) },
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

pub unsafe fn gold_chest_pixels(
    chest: *mut c_void,
    region: *const usize,
    bytes: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_pixels);
    unsafe {
        let w_chest = call.handle(chest, kind::gold_chest);
        let w_region = call
            .bytes(region.cast(), Rows::flat(expr::mul(Some(3), Some(8u64))), false)?;
        let r_bytes = layout::pixels(
            runtime::pixels::of(
                call.session,
                chest,
                || {
                    Ok(layout::Pixel {
                        size: runtime::pixels::number::<
                            usize,
                        >(|size, value| unsafe {
                                marshal::gold_chest_info(
                                    chest,
                                    constant::GOLD_CHEST_SIZE,
                                    size,
                                    value,
                                    std::ptr::null_mut(),
                                )
                            })?
                            .unwrap_or_default() as u64,
                        array_of_rows: runtime::pixels::number::<
                            u64,
                        >(|size, value| unsafe {
                            marshal::gold_chest_info(
                                chest,
                                constant::GOLD_CHEST_FLAGS,
                                size,
                                value,
                                std::ptr::null_mut(),
                            )
                        })? == Some(7),
                    })
                },
            )?,
            call.peek_three(region),
            Some(0),
            Some(0),
        );
        let w_bytes = call.place(bytes.cast(), r_bytes, false)?;
        let request = table::gold_chest_pixels::Request {
            chest: w_chest,
            region: w_region,
            bytes: w_bytes.place,
        };
        call.transact(
            &request,
            |reply: &table::gold_chest_pixels::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(bytes.cast(), &w_bytes, &reply.bytes, r_bytes);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_chest_pixels(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_pixels::ArchivedRequest>(body, "gold_chest_pixels")?;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let region = call
        .input(
            &r.region,
            Rows::flat(expr::mul(Some(3), Some(8u64))),
            false,
            "gold_chest_pixels: region",
        )?;
    let mut bytes = call
        .output_rows(
            &r.bytes,
            layout::pixels(
                layout::Pixel {
                    size: crate::engine::query::number::<
                        usize,
                    >(api.vendor.gold_chest_info, chest, constant::GOLD_CHEST_SIZE)
                        .unwrap_or_default() as u64,
                    array_of_rows: crate::engine::query::number::<
                        u64,
                    >(api.vendor.gold_chest_info, chest, constant::GOLD_CHEST_FLAGS)
                        == Ok(7),
                },
                region.three(),
                Some(0),
                Some(0),
            ),
            "gold_chest_pixels: bytes",
        )?;
    let vendor_function = api
        .vendor
        .gold_chest_pixels
        .ok_or(Stop::Missing("gold_chest_pixels"))?;
    let ret = unsafe {
        vendor_function(chest, region.as_ptr().cast(), bytes.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_chest_pixels::Reply {
            ret: ret as i32,
            bytes: bytes.returned(None, ok),
        },
    )
}
