// plan
//
// opcode   63
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// pieces   of the list of owner, more than are asked for
// arguments
//   owner  gold_ulong
//   list   most gold_ulong out; of which count are valid
//   most   gold_ulong
//   count  one gold_ulong out
// request  112 bytes
//     0+8  owner  u64
//     8+48 list   Place
//    56+8  most   u64
//    64+48 count  Place
// reply  40 bytes
//     0+4  ret    i32
//     8+16 list   Returned
//    24+16 count  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_next {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub owner: u64,
        pub list: Place,
        pub most: u64,
        pub count: Place,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub list: Returned<'a>,
        pub count: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 112);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, owner) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, list) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, most) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 64);
        assert!(size_of:: < ArchivedReply > () == 40);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, list) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, count) == 24);
    };
}

// shim: entry

/// `gold_next` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_next(
    owner: u64,
    list: *mut u64,
    most: u64,
    count: *mut u64,
) -> i32 {
    guard(
        || unsafe { marshal::gold_next(owner, list, most, count) },
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

pub unsafe fn gold_next(
    owner: u64,
    list: *mut u64,
    most: u64,
    count: *mut u64,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let asked = runtime::pieces::Asked {
        list: list.cast(),
        most: most as u64,
        count: count.cast(),
    };
    let ask = |asked: runtime::pieces::Asked| -> Result<i32, Fault> {
        let (list, most, count): (*mut u64, u64, *mut u64) = (
            asked.list.cast(),
            asked.most as _,
            asked.count.cast(),
        );
        let mut call = Call::begin(at, opcode::gold_next);
        unsafe {
            let w_list = call
                .place(
                    list.cast(),
                    Rows::flat(expr::bytes_of(Some(most as u64), 8u64)),
                    false,
                )?;
            let w_count = call.scalar_place(count);
            let request = table::gold_next::Request {
                owner: owner as u64,
                list: w_list.place,
                most: most as u64,
                count: w_count.place,
            };
            call.transact(
                &request,
                |reply: &table::gold_next::ArchivedReply, call| {
                    let ok = reply.ret.to_native() == 0;
                    call.put(list.cast(), &w_list, &reply.list, None);
                    call.put(count.cast(), &w_count, &reply.count, None);
                    (ok, reply.ret.to_native() as _)
                },
            )
        }
    };
    unsafe { runtime::pieces::next(&at.book.pieces, owner as u64, 0, asked, ask) }
}

// worker: server

pub fn gold_next(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_next::ArchivedRequest>(body, "gold_next")?;
    let owner: u64 = r.owner.to_native() as u64;
    let most: u64 = r.most.to_native() as u64;
    let mut list = call.output(&r.list, Some(most as u64), 8usize, "gold_next: list")?;
    let mut count = call.output(&r.count, Some(1), 8usize, "gold_next: count")?;
    let vendor_function = api.vendor.gold_next.ok_or(Stop::Missing("gold_next"))?;
    let ret = unsafe {
        vendor_function(owner, list.as_mut_ptr().cast(), most, count.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_next::Reply {
            ret: ret as i32,
            list: list.returned(expr::mul(count.scalar(), Some(8u64)), ok),
            count: count.returned(None, ok),
        },
    )
}
