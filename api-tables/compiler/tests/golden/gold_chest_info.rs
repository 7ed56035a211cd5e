// plan
//
// opcode   61
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    chest
// success  returns 0
// posted   no: the table does not say `oneway`
// answers  value, size_ret of size bytes, by the keys of ChestInfo in what, remembered unless what == GOLD_CHEST_FLAGS, those of other keys come along
// arguments
//   chest     handle gold_chest; else null to the vendor
//   what      gold_key
//   size      usize
//   value     size ChestInfo out; by the key in what; of which size_ret are valid
//   size_ret  one usize out
// request  120 bytes
//     0+8  chest     id
//     8+4  what      u32
//    16+8  size      u64
//    24+48 value     Place
//    72+48 size_ret  Place
// reply  40 bytes
//     0+4  ret       i32
//     8+16 value     Returned
//    24+16 size_ret  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_chest_info {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub chest: u64,
        pub what: u32,
        pub size: u64,
        pub value: Place,
        pub size_ret: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub value: Returned<'a>,
        pub size_ret: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 120);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, what) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, value) == 24);
        assert!(std::mem::offset_of!(ArchivedRequest, size_ret) == 72);
        assert!(size_of:: < ArchivedReply > () == 40);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, value) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, size_ret) == 24);
    };
}

// shim: entry

/// `gold_chest_info` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_info(
    chest: *mut c_void,
    what: u32,
    size: usize,
    value: *mut c_void,
    size_ret: *mut usize,
) -> i32 {
    guard(
        || unsafe { marshal::gold_chest_info(chest, what, size, value, size_ret) },
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

pub unsafe fn gold_chest_info(
    chest: *mut c_void,
    what: u32,
    size: usize,
    value: *mut c_void,
    size_ret: *mut usize,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let asked = runtime::alike::Asked::new(
        &at.book,
        chest,
        kind::gold_chest,
        opcode::gold_chest_info,
        what as i64,
        &spec::ChestInfo,
    );
    let is_final = !expr::holds(expr::eq(Some(what as u64), Some(28)));
    if unsafe { asked.recall(is_final, value.cast(), size as u64, size_ret) } {
        return Ok(0 as _);
    }
    let mut call = Call::begin(at, opcode::gold_chest_info);
    unsafe {
        call.only_asks();
        let w_chest = call.handle(chest, kind::gold_chest);
        let w_value = call
            .place(
                value.cast(),
                Rows::flat(expr::bytes_of(Some(size as u64), 1)),
                false,
            )?;
        let w_size_ret = call.scalar_place(size_ret);
        let request = table::gold_chest_info::Request {
            chest: w_chest,
            what: what as u32,
            size: size as u64,
            value: w_value.place,
            size_ret: w_size_ret.place,
        };
        call.transact(
            &request,
            |reply: &table::gold_chest_info::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_answer(
                    value.cast(),
                    &w_value,
                    &reply.value,
                    &spec::ChestInfo,
                    what as i64,
                );
                call.put(size_ret.cast(), &w_size_ret, &reply.size_ret, None);
                if ok {
                    asked.remember(is_final, value.cast(), &reply.value);
                }
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_chest_info(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_info::ArchivedRequest>(body, "gold_chest_info")?;
    let what: u32 = r.what.to_native() as u32;
    let size: usize = r.size.to_native() as usize;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let mut value = call
        .output(&r.value, Some(size as u64), 1usize, "gold_chest_info: value")?;
    let mut size_ret = call
        .output(&r.size_ret, Some(1), 8usize, "gold_chest_info: size_ret")?;
    let vendor_function = api
        .vendor
        .gold_chest_info
        .ok_or(Stop::Missing("gold_chest_info"))?;
    if !value.is_null() {
        size_ret.ensure();
    }
    let ret = call
        .answer(
            &spec::ChestInfo,
            what as i64,
            r.chest.to_native(),
            size,
            &mut value,
            &mut size_ret,
            |size: usize, value: *mut c_void, size_ret: *mut usize| unsafe {
                vendor_function(chest, what, size, value.cast(), size_ret)
            },
        );
    let ok = ret == 0;
    if ok && !expr::holds(expr::eq(Some(what as u64), Some(28))) {
        call.asked(opcode::gold_chest_info, r.chest.to_native(), chest);
    }
    call.reply(
        &table::gold_chest_info::Reply {
            ret: ret as i32,
            value: value.returned(expr::mul(size_ret.scalar(), Some(1u64)), ok),
            size_ret: size_ret.returned(None, ok),
        },
    )
}
