//! Properties that must hold for all arguments, tested with edge cases and with generated ones, the same in every run.

use ava_protocol::expr;
use ava_protocol::frame::{Frame, HEADER, LONGEST, MOST_COUNT, MOST_LANE, MOST_NOTICES, Notice, Tag, begin};
use ava_protocol::layout::{Pixel, Rows, image3d, pixels, rect};
use rkyv::util::AlignedVec;

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number of any magnitude; the ends of the ranges are more frequent.
    fn odd(&mut self) -> u64 {
        let bits = self.next() % 65;
        let number = if bits == 0 { 0 } else { self.next() >> (64 - bits) };
        match self.next() % 4 {
            0 => 1_u64.checked_shl(bits as u32).unwrap_or(0).wrapping_sub(1),
            1 => u64::MAX - number,
            _ => number,
        }
    }

    fn small(&mut self) -> u64 {
        self.next() % 6
    }
}

#[test]
fn arithmetic_is_that_of_unlimited_numbers_or_none() {
    type Op = fn(Option<u64>, Option<u64>) -> Option<u64>;
    type Exact = fn(i128, i128) -> Option<i128>;
    let all: [(Op, Exact); 8] = [
        (expr::add, |a, b| Some(a + b)),
        (expr::sub, |a, b| Some(a - b)),
        (expr::mul, |a, b| a.checked_mul(b)),
        (expr::div, |a, b| (b != 0).then(|| a / b)),
        (expr::lt, |a, b| Some((a < b).into())),
        (expr::ge, |a, b| Some((a >= b).into())),
        (expr::min, |a, b| Some(a.min(b))),
        (expr::bit_or, |a, b| Some(a | b)),
    ];
    let mut random = Random(7);
    for _ in 0..20_000 {
        let (a, b) = (random.odd(), random.odd());
        for (op, exact) in all {
            let wanted = exact(a.into(), b.into()).and_then(|n| u64::try_from(n).ok());
            assert_eq!(op(Some(a), Some(b)), wanted, "{a} {b}");
            assert_eq!((op(None, Some(b)), op(Some(a), None)), (None, None));
        }
        let shifted = (b < 64).then(|| a << b);
        assert_eq!(expr::shl(Some(a), Some(b)), shifted, "{a} << {b}");
    }
}

/// The bytes that rows touch, one by one.
fn touched(rows: &Rows) -> Vec<u64> {
    rows.offsets().flat_map(|at| at..at + rows.row).map(|at| rows.start + at).collect()
}

#[test]
fn a_rectangle_touches_what_the_specification_says() {
    let mut random = Random(11);
    for _ in 0..3000 {
        let origin = [0; 3].map(|_: u64| random.small());
        let region = [0; 3].map(|_: u64| random.small());
        let row_pitch = [0, region[0] + random.small()][(random.next() % 2) as usize];
        let row = if row_pitch == 0 { region[0] } else { row_pitch };
        let slice_pitch = [0, row * region[1] + random.small()][(random.next() % 2) as usize];
        let slice = if slice_pitch == 0 { row * region[1] } else { slice_pitch };
        let rows = rect(Some(origin), Some(region), Some(row_pitch), Some(slice_pitch)).unwrap();
        // OpenCL 3.0, 5.2.2: the offset in bytes is origin[2] * slice_pitch + origin[1] * row_pitch + origin[0].
        let mut wanted = Vec::new();
        for z in 0..region[2] {
            for y in 0..region[1] {
                for x in 0..region[0] {
                    wanted.push((origin[2] + z) * slice + (origin[1] + y) * row + origin[0] + x);
                }
            }
        }
        assert_eq!(touched(&rows), wanted, "{rows:?}");
        // The span is from the first of them to behind the last, and they are all of it if there are no gaps.
        let span = rows.span().unwrap();
        match (wanted.first(), wanted.last()) {
            (Some(first), Some(last)) => assert_eq!((rows.start, span), (*first, last - first + 1)),
            _ => assert_eq!(span, 0),
        }
        assert_eq!(rows.is_flat(), span == wanted.len() as u64, "{rows:?}");
    }
}

#[test]
fn no_numbers_make_a_layout_overflow() {
    let mut random = Random(13);
    let mut layouts = 0;
    for _ in 0..50_000 {
        let three = |random: &mut Random| Some([random.odd(), random.odd(), random.odd()]);
        let (origin, region) = (three(&mut random), three(&mut random));
        let (row_pitch, slice_pitch) = (Some(random.odd()), Some(random.odd()));
        let pixel = Pixel { size: random.odd(), array_of_rows: random.next().is_multiple_of(2) };
        let format = [random.odd(), random.odd()].map(|n| (0x10B0 + n as u32 % 0x40).to_le_bytes()).concat();
        let all = [
            rect(origin, region, row_pitch, slice_pitch),
            pixels(pixel, region, row_pitch, slice_pitch),
            image3d(Some(&format), Some(random.odd()), Some(random.odd()), Some(1), row_pitch, slice_pitch),
            Rows::flat(Some(random.odd())),
        ];
        for rows in all.into_iter().flatten() {
            let Some(span) = rows.span() else { continue };
            layouts += 1;
            // If the span does not overflow, neither does anything in it.
            assert!(rows.start.checked_add(span).is_some());
            for offset in rows.offsets().take(4) {
                assert!(rows.row == 0 || offset + rows.row <= span, "{rows:?}");
            }
            rows.is_flat();
        }
    }
    assert!(layouts > 10_000, "only {layouts}");
}

#[test]
fn notices_come_back() {
    let mut random = Random(17);
    for _ in 0..10_000 {
        let number = random.odd() & ((1 << 58) - 1);
        for notice in [
            Notice::Completed { pending: number, failed: false },
            Notice::Completed { pending: number, failed: true },
            Notice::Taken { pending: number },
            Notice::Gone { object: number | random.odd() & 1 << 60 },
            Notice::Vacant { place: number as u32 },
            Notice::After { lane: number as u32 & MOST_LANE, count: number & MOST_COUNT },
            Notice::Said { number },
        ] {
            assert_eq!(Notice::from_word(notice.to_word()), notice);
        }
    }
}

#[test]
fn any_bytes_are_a_frame_within_them_or_none() {
    let mut random = Random(19);
    let mut frames = 0;
    for _ in 0..20_000 {
        let mut bytes = AlignedVec::<16>::new();
        let notices = (0..random.next() % 5).map(|n| Notice::Taken { pending: n });
        begin(&mut bytes, Tag::Call, random.next() as u32, notices);
        bytes.extend_from_slice(&random.next().to_le_bytes().repeat((random.next() % 9) as usize));
        for _ in 0..random.next() % 3 {
            let at = random.next() as usize % HEADER;
            bytes[at] = random.odd() as u8;
        }
        bytes.resize(bytes.len() - random.next() as usize % 9, 0);
        let Ok(frame) = Frame::parse(&bytes) else { continue };
        frames += 1;
        assert!(frame.notices().count() <= MOST_NOTICES);
        assert!(HEADER + frame.notices().count() * 8 + frame.body.len() <= bytes.len());
        assert!(frame.body.is_empty() || (frame.body.as_ptr() as usize).is_multiple_of(16));
    }
    assert!(frames > 5000, "only {frames}");
    assert!(Frame::parse(&vec![1; LONGEST + 1]).is_err());
}
