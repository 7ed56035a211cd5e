// plan
//
// opcode   35
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  does not return null; status in errcode_ret
// posted   no: the table does not say `oneway`
// makes    gold_event in event, keeps alive one
// arguments
//   one          handle gold_box; else null to the vendor
//   waits        u32
//   flags        gold_ulong
//   size         usize
//   event        one new gold_event out
//   errcode_ret  one gold_status out
// request  104 bytes
//     0+8  one          id
//     8+4  waits        u32
//    16+8  flags        u64
//    24+8  size         u64
//    32+8  event        id
//    40+48 errcode_ret  Place
//    88+8  mapping      id
//    96+8  pending      id
// reply  104 bytes
//     0+80 mapped       Mapped
//    80+1  event        Stored
//    88+16 errcode_ret  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_map {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub one: u64,
        pub waits: u32,
        pub flags: u64,
        pub size: u64,
        pub event: u64,
        pub errcode_ret: Place,
        pub mapping: u64,
        pub pending: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub mapped: crate::engine::mapping::Mapped,
        pub event: Stored,
        pub errcode_ret: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 104);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, waits) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, flags) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 24);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 32);
        assert!(std::mem::offset_of!(ArchivedRequest, errcode_ret) == 40);
        assert!(std::mem::offset_of!(ArchivedRequest, mapping) == 88);
        assert!(std::mem::offset_of!(ArchivedRequest, pending) == 96);
        assert!(size_of:: < ArchivedReply > () == 104);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, mapped) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 80);
        assert!(std::mem::offset_of!(ArchivedReply, errcode_ret) == 88);
    };
}

// shim: entry

/// `gold_map` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_map(
    one: *mut c_void,
    waits: u32,
    flags: u64,
    size: usize,
    event: *mut *mut c_void,
    errcode_ret: *mut i32,
) -> *mut c_void {
    guard(
        || unsafe { marshal::gold_map(one, waits, flags, size, event, errcode_ret) },
        |fault| {
            let status = fault
                .status(Statuses {
                    lost: -1,
                    no_broker: -1,
                    exhausted: -1,
                });
            let _ = status;
            if !errcode_ret.is_null() {
                unsafe { errcode_ret.write(status as _) }
            }
            std::ptr::null_mut()
        },
    )
}

// shim: marshalling

pub unsafe fn gold_map(
    one: *mut c_void,
    waits: u32,
    flags: u64,
    size: usize,
    event: *mut *mut c_void,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_map);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_event = if event.is_null() {
            0
        } else {
            call.mint_from_first(kind::gold_event)?
        };
        let w_errcode_ret = call.scalar_place(errcode_ret);
        let mapping = runtime::mapping::ask(
            call.session,
            expr::holds(expr::ne(Some(waits as u64), Some(0))),
        );
        let request = table::gold_map::Request {
            one: w_one,
            waits: waits as u32,
            flags: flags as u64,
            size: size as u64,
            event: w_event,
            errcode_ret: w_errcode_ret.place,
            mapping: mapping.id,
            pending: mapping.pending,
        };
        let mapped = call
            .transact(
                &request,
                |reply: &table::gold_map::ArchivedReply, call| {
                    let ok = reply.mapped.made;
                    call.put_new(event, w_event, &reply.event);
                    call.put(
                        errcode_ret.cast(),
                        &w_errcode_ret,
                        &reply.errcode_ret,
                        None,
                    );
                    (ok, runtime::mapping::answer(&reply.mapped))
                },
            )?;
        runtime::mapping::show(
            &mut call,
            mapping,
            w_one,
            expr::holds(expr::ne(expr::bit_and(Some(flags as u64), Some(2)), Some(0))),
            mapped,
        )
    }
}

// worker: server

pub fn gold_map(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_map::ArchivedRequest>(body, "gold_map")?;
    let waits: u32 = r.waits.to_native() as u32;
    let flags: u64 = r.flags.to_native() as u64;
    let size: usize = r.size.to_native() as usize;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "gold_map: errcode_ret")?;
    let vendor_function = api.vendor.gold_map.ok_or(Stop::Missing("gold_map"))?;
    let mapping = crate::engine::mapping::Asked {
        id: r.mapping.to_native(),
        pending: r.pending.to_native(),
        object: r.one.to_native(),
        queue: r.one.to_native(),
        waits: expr::holds(expr::ne(Some(waits as u64), Some(0))),
        shows: expr::holds(
            expr::ne(expr::bit_and(Some(flags as u64), Some(1)), Some(0)),
        ),
        writes: expr::holds(
            expr::ne(expr::bit_and(Some(flags as u64), Some(2)), Some(0)),
        ),
    };
    mapping.check(call)?;
    if !mapping.waits {
        event.want();
    }
    let ret = unsafe {
        vendor_function(
            one,
            waits,
            flags,
            size,
            event.as_mut_ptr().cast(),
            errcode_ret.as_mut_ptr().cast(),
        )
    };
    let ok = !ret.is_null();
    if ok {
        call.delivered(&mut event, &[r.one.to_native()])?;
    }
    let mapped = crate::engine::mapping::mapped(
        call,
        &mapping,
        ret,
        if ok { Rows::flat(Some(size as u64)) } else { None },
        &event,
    );
    if ok && expr::holds(expr::ne(expr::bit_and(Some(flags as u64), Some(1)), Some(0))) {
        call.charge_bytes_out(mapped.rows.bytes());
    }
    call.reply(
        &table::gold_map::Reply {
            mapped,
            event: event.stored(),
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
