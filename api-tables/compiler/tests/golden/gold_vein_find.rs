// plan
//
// opcode   75
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    owner
// success  returns 0
// posted   no: the table does not say `oneway`
// makes    gold_vein in vein, ends with mine or else seam, keeps alive owner
// arguments
//   vein   one new gold_vein out
//   owner  handle gold_box; else null to the vendor
//   mine   handle gold_mine; or null, else refused
//   seam   handle gold_seam; or null, else refused
// request  32 bytes
//     0+8  vein   id
//     8+8  owner  id
//    16+8  mine   id
//    24+8  seam   id
// reply  8 bytes
//     0+4  ret   i32
//     4+1  vein  Stored

// wire

#[allow(non_snake_case)]
pub mod gold_vein_find {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request {
        pub vein: u64,
        pub owner: u64,
        pub mine: u64,
        pub seam: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
        pub vein: Stored,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 32);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, vein) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, owner) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, mine) == 16);
        assert!(std::mem::offset_of!(ArchivedRequest, seam) == 24);
        assert!(size_of:: < ArchivedReply > () == 8);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, vein) == 4);
    };
}

// shim: entry

/// `gold_vein_find` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_vein_find(
    vein: *mut *mut c_void,
    owner: *mut c_void,
    mine: *mut c_void,
    seam: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_vein_find(vein, owner, mine, seam) },
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

pub unsafe fn gold_vein_find(
    vein: *mut *mut c_void,
    owner: *mut c_void,
    mine: *mut c_void,
    seam: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_vein_find);
    unsafe {
        let w_owner = call.handle(owner, kind::gold_box);
        let w_vein = if vein.is_null() { 0 } else { call.mint(kind::gold_vein)? };
        let w_mine = call.handle_or_null(mine, kind::gold_mine)?;
        let w_seam = call.handle_or_null(seam, kind::gold_seam)?;
        let request = table::gold_vein_find::Request {
            vein: w_vein,
            owner: w_owner,
            mine: w_mine,
            seam: w_seam,
        };
        call.transact(
            &request,
            |reply: &table::gold_vein_find::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_new(vein, w_vein, &reply.vein);
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_vein_find(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_vein_find::ArchivedRequest>(body, "gold_vein_find")?;
    let owner = call.handle(r.owner.to_native(), kind::gold_box)?;
    let mut vein = call.birth(r.vein.to_native(), kind::gold_vein)?;
    let mine = call.handle(r.mine.to_native(), kind::gold_mine)?;
    let seam = call.handle(r.seam.to_native(), kind::gold_seam)?;
    let vendor_function = api
        .vendor
        .gold_vein_find
        .ok_or(Stop::Missing("gold_vein_find"))?;
    let ret = unsafe { vendor_function(vein.as_mut_ptr().cast(), owner, mine, seam) };
    let ok = ret == 0;
    if ok {
        call.delivered(
            &mut vein,
            &[r.mine.to_native(), r.seam.to_native(), r.owner.to_native()],
        )?;
    }
    call.reply(
        &table::gold_vein_find::Reply {
            ret: ret as i32,
            vein: vein.stored(),
        },
    )
}
