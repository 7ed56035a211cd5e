// plan
//
// opcode   21
// entry    generated
// server   generated, of a function that the library exports
// session  the one that there is
// about    nothing
// success  returns 0
// posted   no: the table does not say `oneway`
// arguments
//   one    one gold_phrase in and out
//   count  u32
//   words  count gold_word in and out
// request  88 bytes
//     0+40 one    Data
//    40+4  count  u32
//    48+40 words  Data
// reply  40 bytes
//     0+4  ret    i32
//     8+16 one    Returned
//    24+16 words  Returned

// wire

#[allow(non_snake_case)]
pub mod gold_leads_back {
    #[allow(unused_imports)]
    use crate::wire::*;
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Request<'a> {
        pub one: Data<'a>,
        pub count: u32,
        pub words: Data<'a>,
    }
    #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
    pub struct Reply<'a> {
        pub ret: i32,
        pub one: Returned<'a>,
        pub words: Returned<'a>,
    }
    /// The archives lie as they are planned.
    const _: () = {
        assert!(size_of:: < ArchivedRequest > () == 88);
        assert!(align_of:: < ArchivedRequest > () == 8);
        assert!(std::mem::offset_of!(ArchivedRequest, one) == 0);
        assert!(std::mem::offset_of!(ArchivedRequest, count) == 40);
        assert!(std::mem::offset_of!(ArchivedRequest, words) == 48);
        assert!(size_of:: < ArchivedReply > () == 40);
        assert!(align_of:: < ArchivedReply > () == 8);
        assert!(std::mem::offset_of!(ArchivedReply, ret) == 0);
        assert!(std::mem::offset_of!(ArchivedReply, one) == 8);
        assert!(std::mem::offset_of!(ArchivedReply, words) == 24);
    };
}

// shim: entry

/// `gold_leads_back` of the vendor's API.
///
/// # Safety
/// The arguments are as the vendor's API demands.
#[unsafe(no_mangle)]
#[allow(non_snake_case, unused_variables)]
pub unsafe extern "C-unwind" fn gold_leads_back(
    one: *mut c_void,
    count: u32,
    words: *mut c_void,
) -> i32 {
    guard(
        || unsafe { marshal::gold_leads_back(one, count, words) },
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

pub unsafe fn gold_leads_back(
    one: *mut c_void,
    count: u32,
    words: *mut c_void,
) -> Result<i32, Fault> {
    let at = crate::api::gold::SLOT.current()?;
    let mut call = Call::begin(at, opcode::gold_leads_back);
    unsafe {
        let w_one = call.exchange_structs(one.cast(), Some(1), &spec::gold_phrase)?;
        let w_words = call
            .exchange_structs(words.cast(), Some(count as u64), &spec::gold_word)?;
        let request = table::gold_leads_back::Request {
            one: w_one.data,
            count: count as u32,
            words: w_words.data,
        };
        call.transact(
            &request,
            |reply: &table::gold_leads_back::ArchivedReply, call| {
                let ok = reply.ret.to_native() == 0;
                call.put_structs(
                    one.cast(),
                    Some(1),
                    &spec::gold_phrase,
                    &w_one.room,
                    &reply.one,
                );
                call.put_structs(
                    words.cast(),
                    Some(count as u64),
                    &spec::gold_word,
                    &w_words.room,
                    &reply.words,
                );
                (ok, reply.ret.to_native() as _)
            },
        )
    }
}

// worker: server

pub fn gold_leads_back(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
    let r = call
        .read::<table::gold_leads_back::ArchivedRequest>(body, "gold_leads_back")?;
    let count: u32 = r.count.to_native() as u32;
    let mut one = call
        .exchange_structs(&r.one, Some(1), &spec::gold_phrase, "gold_leads_back: one")?;
    let mut words = call
        .exchange_structs(
            &r.words,
            Some(count as u64),
            &spec::gold_word,
            "gold_leads_back: words",
        )?;
    let vendor_function = api
        .vendor
        .gold_leads_back
        .ok_or(Stop::Missing("gold_leads_back"))?;
    let ret = unsafe {
        vendor_function(one.as_mut_ptr().cast(), count, words.as_mut_ptr().cast())
    };
    let ok = ret == 0;
    call.reply(
        &table::gold_leads_back::Reply {
            ret: ret as i32,
            one: one.returned(None, ok),
            words: words.returned(None, ok),
        },
    )
}
