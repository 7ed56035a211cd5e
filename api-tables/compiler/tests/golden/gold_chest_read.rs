// plan
//
// opcode   55
// entry    copies in the program what is in shared memory, else generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    chest
// success  returns 0
// posted   once the vendor has accepted the same, unless blocking != 0
// makes    gold_event in event, keeps alive chest
// arguments
//   chest     handle gold_chest; else null to the vendor
//   queue     handle gold_box; else null to the vendor
//   offset    usize; success may depend on it
//   size      usize; success may depend on it
//   bytes     size bytes out; in use until event has completed, unless blocking != 0; success may depend on whether it is null
//   blocking  u32; success may depend on it
//   events    count gold_event in
//   count     u32; success may depend on it
//   event     one new gold_event out; success may depend on whether it is wanted
// request  144 bytes
//     0+8  chest     id
//     8+8  queue     id
//    16+8  offset    u64
//    24+8  size      u64
//    32+48 bytes     Place
//    80+4  blocking  u32
//    88+40 events    Data
//   128+4  count     u32
//   136+8  event     id
// reply  32 bytes
//     0+4  ret    i32
//     8+16 bytes  Returned
//    24+1  event  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_chest_read {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub chest: u64,
        pub queue: u64,
        pub offset: u64,
        pub size: u64,
        pub bytes: Place,
        pub blocking: u32,
        pub events: Data<'a>,
        pub count: u32,
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
        assert!(size_of:: < ArchivedRequest > () == 144);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, queue) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, offset) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 24);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 32);
        assert!(std::mem::offset_of!(ArchivedRequest, blocking) == 80);
        assert!(std::mem::offset_of!(ArchivedRequest, events) == 88);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 128);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 136);
        assert!(size_of:: < ArchivedReply > () == 32);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, bytes) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 24);
    };
}

// shim: entry

/// `gold_chest_read` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_read(
    chest: *mut c_void,
    queue: *mut c_void,
    offset: usize,
    size: usize,
    bytes: *mut c_void,
    blocking: u32,
    events: *const *mut c_void,
    count: u32,
    event: *mut *mut c_void,
) -> i32 {
    guard(
        || {
            if blocking == 0 || bytes.is_null() {
                return unsafe {
                    marshal::gold_chest_read(
                        chest,
                        queue,
                        offset,
                        size,
                        bytes,
                        blocking,
                        events,
                        count,
                        event,
                    )
                };
            }
            let at = crate::api::gold::SLOT.current()?;
            let whole = runtime::resident::Transfer {
                queue: queue,
                object: chest,
                offset: offset,
                size: size,
                address: bytes as usize,
                wait: (count, events),
                event: event,
                kinds: (kind::gold_box, kind::gold_chest, kind::gold_event),
            };
            let in_order = || Ok(
                runtime::pixels::number::<
                    u32,
                >(|size, value| unsafe {
                        marshal::gold_tagged(
                            queue,
                            constant::GOLD_SIZE,
                            size,
                            value,
                            std::ptr::null_mut(),
                        )
                    })?
                    .is_some_and(|properties| properties & 2 == 0),
            );
            let Some(crossing) = (unsafe {
                runtime::quiet::transfer(at, &whole, false, in_order)?
            }) else {
                return Ok(0);
            };
            let mut done = None;
            if size >= runtime::resident::WORTHWHILE {
                let commands = runtime::chunks::Commands {
                    enqueue: |t: &runtime::resident::Transfer, waits: bool| unsafe {
                        marshal::gold_chest_read(
                            t.object,
                            t.queue,
                            t.offset,
                            t.size,
                            t.address as _,
                            waits.into(),
                            t.wait.1,
                            t.wait.0,
                            t.event,
                        )
                    },
                    flush: |queue| unsafe { marshal::gold_chest_flush(queue) },
                    release: |event| unsafe { marshal::gold_leave(event) },
                    ok: 0,
                    failed: -2,
                };
                done = unsafe {
                    runtime::chunks::transfer(at, &whole, false, &commands)?
                };
            }
            let status = done
                .map_or_else(
                    || unsafe {
                        marshal::gold_chest_read(
                            chest,
                            queue,
                            offset,
                            size,
                            bytes,
                            blocking,
                            events,
                            count,
                            event,
                        )
                    },
                    Ok,
                )?;
            if status == 0 {
                crossing.made(at, &whole);
            }
            Ok(status)
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

// shim: marshalling

pub unsafe fn gold_chest_read(
    chest: *mut c_void,
    queue: *mut c_void,
    offset: usize,
    size: usize,
    bytes: *mut c_void,
    blocking: u32,
    events: *const *mut c_void,
    count: u32,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_read);
    unsafe {
        let w_chest = call.handle(chest, kind::gold_chest);
        let w_queue = call.handle(queue, kind::gold_box);
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = call
            .place(
                bytes.cast(),
                r_bytes,
                !expr::holds(expr::ne(Some(blocking as u64), Some(0))),
            )?;
        let w_events = call
            .handles(events.cast(), Some(count as u64), kind::gold_event)?;
        let w_event = if event.is_null() {
            0
        } else {
            call.mint_from_first(kind::gold_event)?
        };
        call.combine(offset as u64);
        call.combine(size as u64);
        call.combine(u64::from(bytes.is_null()));
        call.combine(blocking as u64);
        call.combine(count as u64);
        call.combine(u64::from(w_event != 0));
        let leaves = !expr::holds(expr::ne(Some(blocking as u64), Some(0)))
            && call.is_accepted();
        if blocking != 0 {
            call.fills_nothing();
        }
        let request = table::gold_chest_read::Request {
            chest: w_chest,
            queue: w_queue,
            offset: offset as u64,
            size: size as u64,
            bytes: w_bytes.place,
            blocking: blocking as u32,
            events: w_events,
            count: count as u32,
            event: w_event,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            call.put_new(event, w_event, &ArchivedStored::Made);
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_chest_read::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put(bytes.cast(), &w_bytes, &reply.bytes, r_bytes);
                call.put_new(event, w_event, &reply.event);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_chest_read(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_read::ArchivedRequest>(body, "gold_chest_read")?;
    let offset: usize = r.offset.to_native() as usize;
    let size: usize = r.size.to_native() as usize;
    let blocking: u32 = r.blocking.to_native() as u32;
    let count: u32 = r.count.to_native() as u32;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let queue = call.handle(r.queue.to_native(), kind::gold_box)?;
    let mut bytes = call
        .output(&r.bytes, Some(size as u64), 1usize, "gold_chest_read: bytes")?;
    let events = call
        .handles(
            &r.events,
            Some(count as u64),
            kind::gold_event,
            "gold_chest_read: events",
        )?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api
        .vendor
        .gold_chest_read
        .ok_or(Stop::Missing("gold_chest_read"))?;
    let pending = bytes.pending();
    if !expr::holds(expr::ne(Some(blocking as u64), Some(0))) {
        if pending != 0 {
            event.want();
        } else if !bytes.is_empty() {
            return Err(Malformed::Pending(0).into());
        }
    }
    let ret = unsafe {
        vendor_function(
            chest,
            queue,
            offset,
            size,
            bytes.as_mut_ptr().cast(),
            blocking,
            events.as_ptr().cast(),
            count,
            event.as_mut_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.delivered(&mut event, &[r.chest.to_native()])?;
    }
    if ok && pending != 0 {
        call.pend(pending, r.chest.to_native(), &mut event, bytes.region())?;
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_chest_read::Reply {
            ret: ret as i32,
            bytes: bytes.returned(None, ok),
            event: event.stored(),
        },
    )
}
