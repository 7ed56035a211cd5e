// plan
//
// opcode   13
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    one
// success  returns 0
// posted   once the vendor has accepted the same, unless blocking != 0
// makes    gold_event in event, keeps alive one
// charges  commands: 1
// charges  the bytes out of bytes
// arguments
//   one       handle gold_box; else null to the vendor
//   blocking  u32; success may depend on it
//   origin    3 usize in; success may depend on what it says
//   region    3 usize in; success may depend on what it says
//   bytes     bytes out in rect(origin, region, 0, 0); in use until event has completed, unless blocking != 0; success may depend on whether it is null
//   event     one new gold_event out; success may depend on whether it is wanted
// request  152 bytes
//     0+8  one       id
//     8+4  blocking  u32
//    16+40 origin    Data
//    56+40 region    Data
//    96+48 bytes     Place
//   144+8  event     id
// reply  32 bytes
//     0+4  ret    i32
//     8+16 bytes  Returned
//    24+1  event  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_rows {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: u64,
        pub blocking: u32,
        pub origin: Data<'a>,
        pub region: Data<'a>,
        pub bytes: Place,
        pub event: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub bytes: Returned<'a>,
        pub event: Stored,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 152);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, blocking) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, origin) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, region) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 96);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 144);
        assert!(size_of:: < ArchivedReply > () == 32);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, bytes) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 24);
    };
}

// shim: entry

/// `gold_rows` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_rows(
    one: *mut c_void,
    blocking: u32,
    origin: *const usize,
    region: *const usize,
    bytes: *mut c_void,
    event: *mut *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_rows(one, blocking, origin, region, bytes, event) },
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

pub unsafe fn gold_rows(
    one: *mut c_void,
    blocking: u32,
    origin: *const usize,
    region: *const usize,
    bytes: *mut c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_rows);
    unsafe {
        let w_one = call.handle(one, kind::gold_box);
        let w_origin = call
            .bytes(origin.cast(), Rows::flat(expr::mul(Some(3), Some(8u64))), false)?;
        let w_region = call
            .bytes(region.cast(), Rows::flat(expr::mul(Some(3), Some(8u64))), false)?;
        let r_bytes = layout::rect(
            call.peek_three(origin),
            call.peek_three(region),
            Some(0),
            Some(0),
        );
        let w_bytes = call
            .place(
                bytes.cast(),
                r_bytes,
                !expr::holds(expr::ne(Some(blocking as u64), Some(0))),
            )?;
        let w_event = if event.is_null() {
            0
        } else {
            call.mint_from_first(kind::gold_event)?
        };
        call.combine(blocking as u64);
        call.combine_bytes(&w_origin);
        call.combine_bytes(&w_region);
        call.combine(u64::from(bytes.is_null()));
        call.combine(u64::from(w_event != 0));
        let leaves = !expr::holds(expr::ne(Some(blocking as u64), Some(0)))
            && call.is_accepted();
        let request = table::gold_rows::Request {
            one: w_one,
            blocking: blocking as u32,
            origin: w_origin,
            region: w_region,
            bytes: w_bytes.place,
            event: w_event,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            call.put_new(event, w_event, &ArchivedStored::Made);
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_rows::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(bytes.cast(), &w_bytes, &reply.bytes, r_bytes);
                call.put_new(event, w_event, &reply.event);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_rows(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_rows::ArchivedRequest>(body, "gold_rows")?;
    let blocking: u32 = r.blocking.to_native() as u32;
    let one = call.handle(r.one.to_native(), kind::gold_box)?;
    let origin = call
        .input(
            &r.origin,
            Rows::flat(expr::mul(Some(3), Some(8u64))),
            false,
            "gold_rows: origin",
        )?;
    let region = call
        .input(
            &r.region,
            Rows::flat(expr::mul(Some(3), Some(8u64))),
            false,
            "gold_rows: region",
        )?;
    let mut bytes = call
        .output_rows(
            &r.bytes,
            layout::rect(origin.three(), region.three(), Some(0), Some(0)),
            "gold_rows: bytes",
        )?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api.vendor.gold_rows.ok_or(Stop::Missing("gold_rows"))?;
    let pending = bytes.pending();
    if !expr::holds(expr::ne(Some(blocking as u64), Some(0))) {
        if pending != 0 {
            event.want();
        } else if !bytes.is_empty() {
            return Err(Malformed::Pending(0).into());
        }
    }
    call.admit(|| Cost {
        commands: (Some(1)).unwrap_or(0),
        bytes_out: bytes.amount(None),
        ..Cost::default()
    })?;
    let ret = unsafe {
        vendor_function(
            one,
            blocking,
            origin.as_ptr().cast(),
            region.as_ptr().cast(),
            bytes.as_mut_ptr().cast(),
            event.as_mut_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.charge_commands(Some(1));
    }
    if ok {
        call.charge_bytes_out(bytes.amount(None));
    }
    if ok {
        call.delivered(&mut event, &[r.one.to_native()])?;
    }
    if ok && pending != 0 {
        call.pend(pending, r.one.to_native(), &mut event, bytes.region())?;
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_rows::Reply {
            ret: ret as i32,
            bytes: bytes.returned(None, ok),
            event: event.stored(),
        },
    )
}
