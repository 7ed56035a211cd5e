// plan
//
// opcode   6
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   count    u32
//   lines    count texts in
//   lengths  count usize in
//   parts    count texts in
// request  160 bytes
//     0+4  count    u32
//     8+56 lines    Texts
//    64+40 lengths  Data
//   104+56 parts    Texts
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_texts {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub count: u32,
        pub lines: Texts<'a>,
        pub lengths: Data<'a>,
        pub parts: Texts<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 160);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, lines) == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, lengths) == 64);
        assert!(std::mem::offset_of!(ArchivedRequest, parts) == 104);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_texts` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_texts(
    count: u32,
    lines: *const *const c_char,
    lengths: *const usize,
    parts: *const *const c_char,
) -> i32 {
    guard(
        || unsafe { marshal::gold_texts(count, lines, lengths, parts) },
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

pub unsafe fn gold_texts(
    count: u32,
    lines: *const *const c_char,
    lengths: *const usize,
    parts: *const *const c_char,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_texts);
    unsafe {
        let w_lines = call.texts(lines, Some(count as u64), std::ptr::null(), false)?;
        let w_lengths = call
            .bytes(
                lengths.cast(),
                Rows::flat(expr::mul(Some(count as u64), Some(8u64))),
                false,
            )?;
        let w_parts = call.texts(parts, Some(count as u64), lengths, true)?;
        let request = table::gold_texts::Request {
            count: count as u32,
            lines: w_lines,
            lengths: w_lengths,
            parts: w_parts,
        };
        call.transact(
            &request,
            |reply: &table::gold_texts::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_texts(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_texts::ArchivedRequest>(body, "gold_texts")?;
    let count: u32 = r.count.to_native() as u32;
    let lines = call.texts(&r.lines, Some(count as u64), None, "gold_texts: lines")?;
    let lengths = call
        .input(
            &r.lengths,
            Rows::flat(expr::mul(Some(count as u64), Some(8u64))),
            false,
            "gold_texts: lengths",
        )?;
    let parts = call
        .texts(&r.parts, Some(count as u64), Some(&r.lengths), "gold_texts: parts")?;
    let vendor_function = api.vendor.gold_texts.ok_or(Stop::Missing("gold_texts"))?;
    let ret = unsafe {
        vendor_function(count, lines.as_ptr(), lengths.as_ptr().cast(), parts.as_ptr())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_texts::Reply {
            ret: ret as i32,
        },
    )
}
