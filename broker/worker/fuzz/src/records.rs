//! The form of an input: a byte that says of which API it is, and frames in the order in which a worker gets them, each behind its length in 2 bytes (little endian)
//! and one that says what descriptor comes with it.

use ava_protocol::api::{APIS, Api};

/// The descriptor that comes with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    Nothing,
    /// A region of the size that the frame says, if that is a possible one.
    Region,
    /// One of something else.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub attached: Attached,
    pub frame: &'a [u8],
}

/// A request of a function.
#[derive(Debug)]
pub struct Seed {
    pub function: &'static str,
    pub opcode: u32,
    /// Both sides are by hand, and may have a request of their own: this one need not be well-formed.
    pub by_hand: bool,
    pub body: &'static [u8],
}

/// An input of this API, without frames.
pub fn begin(api: &Api) -> Vec<u8> {
    let place = APIS.iter().position(|one| one.number == api.number);
    vec![place.map_or(0, |place| place as u8)]
}

/// The API of an input, and the bytes of its records. Any byte stands for an API.
pub fn api(input: &[u8]) -> Option<(&'static Api, &[u8])> {
    let (first, rest) = input.split_first()?;
    Some((APIS.get(usize::from(*first) % APIS.len())?, rest))
}

/// The records of an input, without what says the API. Any bytes are some; what is cut off at the end is shorter.
pub fn read(mut input: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let ([low, high, attached], rest) = input.split_first_chunk()?;
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (frame, rest) = rest.split_at(len);
        input = rest;
        let attached = [Attached::Nothing, Attached::Region, Attached::Other][usize::from(*attached) % 3];
        Some(Record { attached, frame })
    })
}

/// Appends a record to an input. Frames that are too long for one are left out.
pub fn write(input: &mut Vec<u8>, record: Record<'_>) {
    if let Ok(len) = u16::try_from(record.frame.len()) {
        input.extend_from_slice(&len.to_le_bytes());
        input.push(record.attached as u8);
        input.extend_from_slice(record.frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_any_bytes_are_an_input() {
        let records = [
            Record { attached: Attached::Region, frame: b"one" },
            Record { attached: Attached::Nothing, frame: b"" },
            Record { attached: Attached::Other, frame: &[7; 300] },
        ];
        let mut input = Vec::new();
        assert!(APIS.iter().all(|one| api(&begin(one)).is_some_and(|(found, _)| found.number == one.number)));
        records.iter().for_each(|record| write(&mut input, *record));
        assert!(read(&input).eq(records));
        for len in 0..input.len() {
            assert!(read(&input[..len]).count() <= records.len());
        }
    }
}
