//! Frames of a lane: a header, notices, and a body that rkyv can read in place.
//!
//! One frame is one datagram of a `SOCK_SEQPACKET` socket, so a frame is never split or joined. Layout, little endian:
//!
//! | bytes | content |
//! |---|---|
//! | 0..4 | [`Tag`] |
//! | 4..8 | opcode (call), status (refused reply), region (region frames), [`NO_NEWS`] or 0 (reply) |
//! | 8..12 | number of notices |
//! | 12..16 | the lane's number, by which other lanes refer to it; 0 from a worker |
//! | 16.. | the notices, 8 bytes each |
//! | next multiple of 16.. | the body |
//!
//! **Invariant**: no length is used before it is compared with the available bytes.

use thiserror::Error;

/// Longest frame, in bytes. Bulk data goes through regions.
pub const LONGEST: usize = 128 << 10;
/// Most bytes that one call puts into its frame before it uses regions.
pub const INLINE_BUDGET: usize = 48 << 10;
/// Bytes of header.
pub const HEADER: usize = 16;
/// Of a reply: the program learns by it that something goes on, and of nothing that has ended.
pub const NO_NEWS: u32 = 1;
/// Most notices in one frame.
pub const MOST_NOTICES: usize = 6144;

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Tag {
    /// Shim to worker: call a function; answered by [`Tag::Reply`] or [`Tag::Refused`]. With a descriptor, if the request says
    /// so.
    Call = 1,
    /// Shim to worker, with one descriptor: a region; the body is its size. Not answered.
    AddRegion = 2,
    /// Shim to worker: a region is no longer used. Not answered.
    DropRegion = 3,
    /// Shim to worker: wait until the pending output named in the body has completed; answered by an empty reply.
    Await = 4,
    /// Shim to worker: answered when every callback due so far has been sent, with the number of the last.
    Drain = 5,
    /// Shim to worker: call a function that the table calls oneway. Not answered.
    Oneway = 6,
    /// Shim to worker, with one descriptor: fork; answered, with an empty reply, when the worker's copy serves the forked
    /// child at the other end of that descriptor.
    Fork = 7,
    /// Shim to worker: the program's function has returned that the upcall named in the body was for. Not answered.
    Returned = 8,
    /// Worker to shim: the reply after a call of the vendor. With a descriptor, if it says so, and the call asked for one.
    /// Shim to worker: answered with the bytes of device memory that the session has, as the worker counts them.
    Held = 9,
    /// Worker to shim: the reply after a call of the vendor.
    Reply = 16,
    /// Worker to shim: the vendor was not called; the call fails with the status in the header.
    Refused = 17,
    /// Worker to shim, before the reply: the vendor has called the program's callback during the current call.
    Upcall = 18,
    /// Worker to shim, before the reply: answers that the program may ask for next. They count once the reply was heard.
    Answers = 19,
}

impl Tag {
    fn parse(raw: u32) -> Option<Self> {
        Some(match raw {
            1 => Self::Call,
            2 => Self::AddRegion,
            3 => Self::DropRegion,
            4 => Self::Await,
            5 => Self::Drain,
            6 => Self::Oneway,
            7 => Self::Fork,
            8 => Self::Returned,
            9 => Self::Held,
            16 => Self::Reply,
            17 => Self::Refused,
            18 => Self::Upcall,
            19 => Self::Answers,
            _ => return None,
        })
    }
}

/// Additional information in a frame, independent of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Worker: the command of this pending transfer has completed; with `failed`, in error, so that there is no data.
    /// Repeated in every reply until the shim has sent `Taken`.
    Completed { pending: u64, failed: bool },
    /// Shim: the data of this pending transfer is in the program's memory.
    Taken { pending: u64 },
    /// Worker: this object no longer exists.
    Gone { object: u64 },
    /// Shim: serve this frame after so many one-way frames of another lane. Numbers up to [`MOST_LANE`], counts up to
    /// [`MOST_COUNT`].
    After { lane: u32, count: u64 },
    /// Worker: the vendor no longer uses the memory of this number, in which an object lived.
    Vacant { place: u32 },
    /// Worker: the vendor's output up to the message of this number must be written before the call returns.
    Said { number: u64 },
}

const FAILED: u64 = 1 << 63;
const GONE: u64 = 1 << 62;
const TAKEN: u64 = 1 << 61;
/// Set in notices without `GONE` and `TAKEN`, whose numbers are larger.
const VACANT: u64 = 1 << 60;
/// Set in notices without any of these.
const AFTER: u64 = 1 << 59;
/// Set in notices without any of all these.
const SAID: u64 = 1 << 58;
const COUNT_BITS: u32 = 39;
/// The highest number of a lane, and the highest count, in [`Notice::After`].
pub const MOST_LANE: u32 = (1 << (59 - COUNT_BITS)) - 1;
pub const MOST_COUNT: u64 = (1 << COUNT_BITS) - 1;
const NUMBER: u64 = TAKEN - 1;

impl Notice {
    pub fn to_word(self) -> u64 {
        match self {
            Self::Completed { pending, failed } => pending | if failed { FAILED } else { 0 },
            Self::Taken { pending } => pending | TAKEN,
            Self::Gone { object } => object | GONE,
            Self::Vacant { place } => u64::from(place) | VACANT,
            Self::Said { number } => number | SAID,
            Self::After { lane, count } => u64::from(lane.min(MOST_LANE)) << COUNT_BITS | count.min(MOST_COUNT) | AFTER,
        }
    }

    /// The number of [`Notice::Said`]; 0 for others.
    pub fn said(self) -> u64 {
        match self {
            Self::Said { number } => number,
            _ => 0,
        }
    }

    pub fn from_word(word: u64) -> Self {
        let number = word & NUMBER;
        if word & GONE != 0 {
            Self::Gone { object: number }
        } else if word & TAKEN != 0 {
            Self::Taken { pending: number }
        } else if word & VACANT != 0 {
            Self::Vacant { place: number as u32 }
        } else if word & AFTER != 0 {
            Self::After { lane: (number >> COUNT_BITS) as u32 & MOST_LANE, count: number & MOST_COUNT }
        } else if word & SAID != 0 {
            Self::Said { number: number & !SAID }
        } else {
            Self::Completed { pending: number, failed: word & FAILED != 0 }
        }
    }
}

/// A malformed frame: the session ends.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Malformed {
    #[error("a frame of {0} bytes, shorter than its header")]
    Short(usize),
    #[error("a frame of {0} bytes, longer than {LONGEST}")]
    Long(usize),
    #[error("no frame has tag {0}")]
    Tag(u32),
    #[error("{notices} notices in a frame of {len} bytes")]
    Notices { notices: u32, len: usize },
    #[error("the function of opcode {0} has a reply and cannot be called one-way")]
    Answered(u32),
    #[error("no function has opcode {0}")]
    Opcode(u32),
    #[error("the body does not hold the arguments of {0}")]
    Body(&'static str),
    #[error("handle {0:#x} does not exist")]
    Handle(u64),
    #[error("handle {object:#x} is of kind {is}, not {wanted}")]
    Kind { object: u64, is: u16, wanted: u16 },
    #[error("object id {0:#x} is in use or reserved")]
    Id(u64),
    #[error("{what}: {got} bytes where {wanted} are needed")]
    Size { what: &'static str, got: u64, wanted: u64 },
    #[error("the sizes of {0} overflow")]
    Overflow(&'static str),
    #[error("no region {0}")]
    Region(u32),
    #[error("a lane: {0}")]
    Lane(String),
    #[error("{0:?} is not a message of the shim")]
    Notice(Notice),
    #[error("{len} bytes at {address:#x} are no memory of the session")]
    Address { address: u64, len: u64 },
    #[error("a region without its descriptor")]
    Descriptor,
    #[error("a call with a descriptor more or less than it says")]
    Unsaid,
    #[error("region {region}: {why}")]
    BadRegion { region: u32, why: String },
    #[error("{what} beyond the limit of {limit}")]
    TooMany { what: &'static str, limit: u64 },
    #[error("{0} is not a valid number for a new pending transfer")]
    Pending(u64),
}

/// A parsed frame.
#[derive(Debug)]
pub struct Frame<'a> {
    pub tag: Tag,
    /// Opcode, status or region, depending on the tag.
    pub word: u32,
    pub lane: u32,
    notices: &'a [u8],
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Parses `bytes`, which must be aligned to 16 bytes for the body to be readable.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() > LONGEST {
            return Err(Malformed::Long(bytes.len()));
        }
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Malformed::Short(bytes.len()))?;
        let word = |i: usize| u32::from_le_bytes([header[i], header[i + 1], header[i + 2], header[i + 3]]);
        let tag = Tag::parse(word(0)).ok_or(Malformed::Tag(word(0)))?;
        let count = word(8);
        let bad = Malformed::Notices { notices: count, len: bytes.len() };
        if count as usize > MOST_NOTICES {
            return Err(bad);
        }
        let notices_len = count as usize * 8;
        if rest.len() < notices_len {
            return Err(bad);
        }
        let body_at = notices_len.next_multiple_of(16).min(rest.len());
        Ok(Self { tag, word: word(4), lane: word(12), notices: &rest[..notices_len], body: &rest[body_at..] })
    }

    pub fn notices(&self) -> impl Iterator<Item = Notice> {
        self.notices.chunks_exact(8).map(|word| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(word);
            Notice::from_word(u64::from_le_bytes(bytes))
        })
    }

    /// Whether it is a reply by which the program learns of nothing that has ended.
    pub fn is_no_news(&self) -> bool {
        self.tag == Tag::Reply && self.word == NO_NEWS && self.notices.is_empty()
    }

    /// The status of a refused reply.
    pub fn status(&self) -> i32 {
        self.word as i32
    }
}

/// Puts header and notices at the start of an empty buffer, padded so that the body comes next.
pub fn begin(out: &mut rkyv::util::AlignedVec, tag: Tag, word: u32, notices: impl Iterator<Item = Notice>) {
    out.clear();
    out.extend_from_slice(&[0; HEADER]);
    let mut count = 0_u32;
    for notice in notices.take(MOST_NOTICES) {
        out.extend_from_slice(&notice.to_word().to_le_bytes());
        count += 1;
    }
    if count % 2 == 1 {
        out.extend_from_slice(&[0; 8]);
    }
    out[0..4].copy_from_slice(&(tag as u32).to_le_bytes());
    out[4..8].copy_from_slice(&word.to_le_bytes());
    out[8..12].copy_from_slice(&count.to_le_bytes());
}

/// Sets the lane's number in the header of a frame under construction.
pub fn set_lane(out: &mut rkyv::util::AlignedVec, lane: u32) {
    out[12..16].copy_from_slice(&lane.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was_made() {
        let notices = [
            Notice::Completed { pending: 3, failed: true },
            Notice::Gone { object: (1 << 60) + 9 },
            Notice::Taken { pending: 4 },
            Notice::Vacant { place: u32::MAX },
            Notice::After { lane: MOST_LANE, count: MOST_COUNT },
            Notice::Said { number: 1 << 40 },
        ];
        for n in 0..=notices.len() {
            let mut out = rkyv::util::AlignedVec::new();
            begin(&mut out, Tag::Oneway, 77, notices[..n].iter().copied());
            out.extend_from_slice(b"body");
            set_lane(&mut out, u32::MAX - 9);
            let frame = Frame::parse(&out).unwrap();
            assert_eq!((frame.tag, frame.word, frame.lane), (Tag::Oneway, 77, u32::MAX - 9));
            assert_eq!(frame.body, b"body");
            assert_eq!(frame.notices().collect::<Vec<_>>(), notices[..n]);
            assert_eq!(frame.body.as_ptr() as usize % 16, 0);
        }
    }

    #[test]
    fn a_reply_without_notices_may_be_no_news() {
        let notice = [Notice::Gone { object: 9 }];
        let no_news = |tag, word, notices: &[Notice]| {
            let mut out = rkyv::util::AlignedVec::new();
            begin(&mut out, tag, word, notices.iter().copied());
            Frame::parse(&out).unwrap().is_no_news()
        };
        assert!(no_news(Tag::Reply, NO_NEWS, &[]));
        assert!(!no_news(Tag::Reply, 0, &[]) && !no_news(Tag::Reply, NO_NEWS, &notice));
        assert!(!no_news(Tag::Refused, NO_NEWS, &[]));
    }

    #[test]
    fn every_truncation_is_an_error_or_a_shorter_body() {
        let mut out = rkyv::util::AlignedVec::<16>::new();
        begin(&mut out, Tag::Call, 1, [Notice::Taken { pending: 1 }].into_iter());
        out.extend_from_slice(&[7; 32]);
        for len in 0..out.len() {
            match Frame::parse(&out[..len]) {
                Ok(frame) => assert!(frame.body.len() < 32),
                Err(Malformed::Short(n)) => assert!(n < HEADER),
                Err(Malformed::Notices { .. }) => assert!(len < HEADER + 8),
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn wrong_tags_and_counts_are_named() {
        let mut bytes = [0_u8; 64];
        bytes[0] = 99;
        assert_eq!(Frame::parse(&bytes).unwrap_err(), Malformed::Tag(99));
        bytes[0] = Tag::Call as u8;
        bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(Frame::parse(&bytes).unwrap_err(), Malformed::Notices { .. }));
    }
}
