// plan
//
// opcode   56
// entry    copies in the program what is in shared memory, else generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    queue
// success  returns 0
// posted   once the vendor has accepted the same, unless blocking != 0
// makes    gold_event in event, keeps alive queue
// arguments
//   queue     handle gold_box; else null to the vendor
//   chest     handle gold_chest; else null to the vendor
//   blocking  u32; success may depend on it
//   size      usize; success may depend on it
//   offset    usize; success may depend on it
//   count     u32; success may depend on it
//   events    count gold_event in
//   bytes     size bytes in; in use until event has completed, unless blocking != 0; success may depend on whether it is null
//   event     one new gold_event out; success may depend on whether it is wanted
// request  136 bytes
//     0+8  queue     id
//     8+8  chest     id
//    16+4  blocking  u32
//    24+8  size      u64
//    32+8  offset    u64
//    40+4  count     u32
//    48+40 events    Data
//    88+40 bytes     Data
//   128+8  event     id
// reply  8 bytes
//     0+4  ret    i32
//     4+1  event  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_chest_write {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub queue: u64,
        pub chest: u64,
        pub blocking: u32,
        pub size: u64,
        pub offset: u64,
        pub count: u32,
        pub events: Data<'a>,
        pub bytes: Data<'a>,
        pub event: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub event: Stored,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 136);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, queue) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, chest) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, blocking) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, size) == 24);
        assert!(std::mem::offset_of!(ArchivedRequest, offset) == 32);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 40);
        assert!(std::mem::offset_of!(ArchivedRequest, events) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, bytes) == 88);
        assert!(std::mem::offset_of!(ArchivedRequest, event) == 128);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, event) == 4);
    };
}

// shim: entry

/// `gold_chest_write` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_write(
    queue: *mut c_void,
    chest: *mut c_void,
    blocking: u32,
    size: usize,
    offset: usize,
    count: u32,
    events: *const *mut c_void,
    bytes: *const c_void,
    event: *mut *mut c_void,
) -> i32 {
    guard(
        || {
            if blocking == 0 || bytes.is_null() {
                return unsafe {
                    marshal::gold_chest_write(
                        queue,
                        chest,
                        blocking,
                        size,
                        offset,
                        count,
                        events,
                        bytes,
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
                runtime::quiet::transfer(at, &whole, true, in_order)?
            }) else {
                return Ok(0);
            };
            let mut done = None;
            if size >= runtime::resident::WORTHWHILE {
                let commands = runtime::chunks::Commands {
                    enqueue: |t: &runtime::resident::Transfer, waits: bool| unsafe {
                        marshal::gold_chest_write(
                            t.queue,
                            t.object,
                            waits.into(),
                            t.size,
                            t.offset,
                            t.wait.0,
                            t.wait.1,
                            t.address as _,
                            t.event,
                        )
                    },
                    flush: |queue| unsafe { marshal::gold_chest_flush(queue) },
                    release: |event| unsafe { marshal::gold_leave(event) },
                    ok: 0,
                    failed: -2,
                };
                done = unsafe {
                    runtime::chunks::transfer(at, &whole, true, &commands)?
                };
            }
            let status = done
                .map_or_else(
                    || unsafe {
                        marshal::gold_chest_write(
                            queue,
                            chest,
                            blocking,
                            size,
                            offset,
                            count,
                            events,
                            bytes,
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

pub unsafe fn gold_chest_write(
    queue: *mut c_void,
    chest: *mut c_void,
    blocking: u32,
    size: usize,
    offset: usize,
    count: u32,
    events: *const *mut c_void,
    bytes: *const c_void,
    event: *mut *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_write);
    unsafe {
        let w_queue = call.handle(queue, kind::gold_box);
        let w_chest = call.handle(chest, kind::gold_chest);
        let w_events = call
            .handles(events.cast(), Some(count as u64), kind::gold_event)?;
        let r_bytes = Rows::flat(Some(size as u64));
        let w_bytes = call
            .bytes(
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
        call.combine(size as u64);
        call.combine(offset as u64);
        call.combine(count as u64);
        call.combine(u64::from(bytes.is_null()));
        call.combine(u64::from(w_event != 0));
        let leaves = !expr::holds(expr::ne(Some(blocking as u64), Some(0)))
            && call.is_accepted();
        let request = table::gold_chest_write::Request {
            queue: w_queue,
            chest: w_chest,
            blocking: blocking as u32,
            size: size as u64,
            offset: offset as u64,
            count: count as u32,
            events: w_events,
            bytes: w_bytes,
            event: w_event,
        };
        if leaves {
            call.post(&request, Wake::Soon)?;
            call.put_new(event, w_event, &ArchivedStored::Made);
            return Ok(0 as _);
        }
        call.transact(
            &request,
            |reply: &table::gold_chest_write::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_new(event, w_event, &reply.event);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_chest_write(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_write::ArchivedRequest>(body, "gold_chest_write")?;
    let blocking: u32 = r.blocking.to_native() as u32;
    let size: usize = r.size.to_native() as usize;
    let offset: usize = r.offset.to_native() as usize;
    let count: u32 = r.count.to_native() as u32;
    let queue = call.handle(r.queue.to_native(), kind::gold_box)?;
    let chest = call.handle(r.chest.to_native(), kind::gold_chest)?;
    let events = call
        .handles(
            &r.events,
            Some(count as u64),
            kind::gold_event,
            "gold_chest_write: events",
        )?;
    let bytes = call
        .input(
            &r.bytes,
            Rows::flat(Some(size as u64)),
            true,
            "gold_chest_write: bytes",
        )?;
    let mut event = call.birth(r.event.to_native(), kind::gold_event)?;
    let vendor_function = api
        .vendor
        .gold_chest_write
        .ok_or(Stop::Missing("gold_chest_write"))?;
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
            queue,
            chest,
            blocking,
            size,
            offset,
            count,
            events.as_ptr().cast(),
            bytes.as_ptr().cast(),
            event.as_mut_ptr().cast(),
        )
    };
    let ok = ret == 0;
    if ok {
        call.delivered(&mut event, &[r.queue.to_native()])?;
    }
    if ok && pending != 0 {
        call.pend(pending, r.queue.to_native(), &mut event, bytes.region())?;
    }
    if call.is_oneway() {
        return call.end_oneway(ok, ret as i64);
    }
    call.reply(
        &table::gold_chest_write::Reply {
            ret: ret as i32,
            event: event.stored(),
        },
    )
}
