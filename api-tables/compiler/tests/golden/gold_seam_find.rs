// plan
//
// opcode   74
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    mine
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   seam   one gold_seam out
//   mine   handle gold_mine; else null to the vendor
//   depth  u32
// request  64 bytes
//     0+48 seam   Place
//    48+8  mine   id
//    56+4  depth  u32
// reply  24 bytes
//     0+4  ret   i32
//     8+16 seam  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_seam_find {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub seam: Place,
        pub mine: u64,
        pub depth: u32,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub seam: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 64);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, seam) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, mine) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, depth) == 56);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, seam) == 8);
    };
}

// shim: entry

/// `gold_seam_find` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_seam_find(
    seam: *mut *mut c_void,
    mine: *mut c_void,
    depth: u32,
) -> i32 {
    guard(
        || unsafe { marshal::gold_seam_find(seam, mine, depth) },
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

pub unsafe fn gold_seam_find(
    seam: *mut *mut c_void,
    mine: *mut c_void,
    depth: u32,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_seam_find);
    unsafe {
        let w_mine = call.handle(mine, kind::gold_mine);
        let w_seam = call
            .place(seam.cast(), Rows::flat(expr::bytes_of(Some(1), 8)), false)?;
        let request = table::gold_seam_find::Request {
            seam: w_seam.place,
            mine: w_mine,
            depth: depth as u32,
        };
        call.transact(
            &request,
            |reply: &table::gold_seam_find::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_handle(seam.cast(), &w_seam, &reply.seam, kind::gold_seam);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_seam_find(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_seam_find::ArchivedRequest>(body, "gold_seam_find")?;
    let depth: u32 = r.depth.to_native() as u32;
    let mine = call.handle(r.mine.to_native(), kind::gold_mine)?;
    let mut seam = call.output(&r.seam, Some(1), 8usize, "gold_seam_find: seam")?;
    let vendor_function = api
        .vendor
        .gold_seam_find
        .ok_or(Stop::Missing("gold_seam_find"))?;
    let ret = unsafe { vendor_function(seam.as_mut_ptr().cast(), mine, depth) };
    let ok = ret == 0;
    if ok {
        call.intern_from(&mut seam, kind::gold_seam, &[r.mine.to_native()]);
    }
    call.reply(
        &table::gold_seam_find::Reply {
            ret: ret as i32,
            seam: seam.returned(None, ok),
        },
    )
}
