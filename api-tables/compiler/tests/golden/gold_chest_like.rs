// plan
//
// opcode   80
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    of
// success  does not return null; status in errcode_ret
// posted   once the vendor has made one of the same; objects that are made of the same answer alike
// makes    gold_chest returned, keeps alive of, what is in sizes
// arguments
//   of           handle gold_box; else null to the vendor
//   sizes        count gold_padded in; success may depend on what it says
//   count        usize; success may depend on it
//   errcode_ret  one gold_status out
// request  112 bytes
//     0+8  of           id
//     8+40 sizes        Data
//    48+8  count        u64
//    56+48 errcode_ret  Place
//   104+8  new_object   id
// reply  24 bytes
//     0+1  made         flag
//     8+16 errcode_ret  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_chest_like {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub of: u64,
        pub sizes: Data<'a>,
        pub count: u64,
        pub errcode_ret: Place,
        pub new_object: u64,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub made: bool,
        pub errcode_ret: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 112);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, of) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, sizes) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 48);
        assert!(std::mem::offset_of!(ArchivedRequest, errcode_ret) == 56);
        assert!(std::mem::offset_of!(ArchivedRequest, new_object) == 104);
        assert!(size_of:: < ArchivedReply > () == 24);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, made) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, errcode_ret) == 8);
    };
}

// shim: entry

/// `gold_chest_like` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_chest_like(
    of: *mut c_void,
    sizes: *const c_void,
    count: usize,
    errcode_ret: *mut i32,
) -> *mut c_void {
    guard(
        || unsafe { marshal::gold_chest_like(of, sizes, count, errcode_ret) },
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

pub unsafe fn gold_chest_like(
    of: *mut c_void,
    sizes: *const c_void,
    count: usize,
    errcode_ret: *mut i32,
) -> Result<*mut c_void, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_chest_like);
    unsafe {
        let w_of = call.handle(of, kind::gold_box);
        let w_sizes = call
            .structs(sizes.cast(), Some(count as u64), &spec::gold_padded)?;
        let w_errcode_ret = call.scalar_place(errcode_ret);
        call.combine_structs(&w_sizes, 24usize, &[0usize..1usize, 4usize..18usize]);
        call.combine(count as u64);
        let w_new = call.mint_alike(kind::gold_chest)?;
        let leaves = call.is_accepted() && call.has_room(None);
        let request = table::gold_chest_like::Request {
            of: w_of,
            sizes: w_sizes,
            count: count as u64,
            errcode_ret: w_errcode_ret.place,
            new_object: w_new,
        };
        if leaves {
            call.post(&request, Wake::Later)?;
            call.made(w_new, None, false);
            if !errcode_ret.is_null() {
                errcode_ret.write(0);
            }
            return Ok(call.object(w_new));
        }
        call.transact(
            &request,
            |reply: &table::gold_chest_like::ArchivedReply, call| {
                let ok = reply.made;
                call.put(errcode_ret.cast(), &w_errcode_ret, &reply.errcode_ret, None);
                if ok {
                    call.made(w_new, None, true);
                }
                (ok, if ok { call.object(w_new) } else { std::ptr::null_mut() })
            },
        )
    }
}

// worker: server

pub fn gold_chest_like(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_chest_like::ArchivedRequest>(body, "gold_chest_like")?;
    call.expect(r.new_object.to_native(), kind::gold_chest)?;
    let count: usize = r.count.to_native() as usize;
    let of = call.handle(r.of.to_native(), kind::gold_box)?;
    let sizes = call
        .structs(
            &r.sizes,
            Some(count as u64),
            &spec::gold_padded,
            "gold_chest_like: sizes",
        )?;
    let mut errcode_ret = call
        .output(&r.errcode_ret, Some(1), 4usize, "gold_chest_like: errcode_ret")?;
    let vendor_function = api
        .vendor
        .gold_chest_like
        .ok_or(Stop::Missing("gold_chest_like"))?;
    let ret = unsafe {
        vendor_function(
            of,
            sizes.as_ptr().cast(),
            count,
            errcode_ret.as_mut_ptr().cast(),
        )
    };
    let ok = !ret.is_null();
    if ok {
        call.born(
            r.new_object.to_native(),
            kind::gold_chest,
            ret,
            &[&[r.of.to_native()][..], sizes.objects()].concat(),
            Some(0),
        )?;
    }
    if call.is_oneway() {
        return call
            .end_oneway(
                ok,
                errcode_ret.scalar().map_or(0, |status| i64::from(status as i32)),
            );
    }
    if ok {
        call.made(r.new_object.to_native(), kind::gold_chest, ret);
    }
    call.reply(
        &table::gold_chest_like::Reply {
            made: ok,
            errcode_ret: errcode_ret.returned(None, ok),
        },
    )
}
