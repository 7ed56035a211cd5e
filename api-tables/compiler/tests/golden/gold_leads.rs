// plan
//
// opcode   20
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    one gold_phrase in
//   count  u32
//   words  count gold_word in
// request  88 bytes
//     0+40 one    Data
//    40+4  count  u32
//    48+40 words  Data
// reply  4 bytes
//     0+4  ret  i32

// wire

#[allow(non_snake_case)]
pub mod gold_leads {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: Data<'a>,
        pub count: u32,
        pub words: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply {
        pub ret: i32,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 88);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 40);
        assert!(std::mem::offset_of!(ArchivedRequest, words) == 48);
        assert!(size_of:: < ArchivedReply > () == 4);
        assert!(align_of:: < ArchivedReply > () == 4);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
    };
}

// shim: entry

/// `gold_leads` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_leads(
    one: *const c_void,
    count: u32,
    words: *const c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_leads(one, count, words) },
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

pub unsafe fn gold_leads(
    one: *const c_void,
    count: u32,
    words: *const c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_leads);
    unsafe {
        let w_one = call.structs(one.cast(), Some(1), &spec::gold_phrase)?;
        let w_words = call.structs(words.cast(), Some(count as u64), &spec::gold_word)?;
        let request = table::gold_leads::Request {
            one: w_one,
            count: count as u32,
            words: w_words,
        };
        call.transact(
            &request,
            |reply: &table::gold_leads::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_leads(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<table::gold_leads::ArchivedRequest>(body, "gold_leads")?;
    let count: u32 = r.count.to_native() as u32;
    let one = call.structs(&r.one, Some(1), &spec::gold_phrase, "gold_leads: one")?;
    let words = call
        .structs(&r.words, Some(count as u64), &spec::gold_word, "gold_leads: words")?;
    let vendor_function = api.vendor.gold_leads.ok_or(Stop::Missing("gold_leads"))?;
    let ret = unsafe {
        vendor_function(one.as_ptr().cast(), count, words.as_ptr().cast())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_leads::Reply {
            ret: ret as i32,
        },
    )
}
