//! Serializes and checks whole messages, for everything that is not on a lane.
//!
//! A message is copied into aligned private memory, checked completely, and only then read. There is no schema evolution:
//! the envelope of [`session`](crate::session) reports a peer of another build before anything here decodes the bytes.

use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

/// The bytes are not a message of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes are not a well-formed {expected}")]
pub struct Malformed {
    /// How many bytes came.
    pub length: usize,
    /// The type that was expected.
    pub expected: &'static str,
}

/// A type that can be sent: owned, archived by rkyv, checked on arrival.
pub trait Message: Sized {
    /// The message's bytes.
    fn encode(&self) -> Vec<u8>;
    /// Decodes the message in `bytes`, after checking all of them.
    ///
    /// # Errors
    /// [`Malformed`] if any byte is invalid for this type's layout.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed>;
}

impl<T> Message for T
where
    T: Archive + for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Failure>>,
    T::Archived: for<'a> CheckBytes<HighValidator<'a, Failure>> + Deserialize<T, HighDeserializer<Failure>>,
{
    fn encode(&self) -> Vec<u8> {
        // Serializing owned data into a growing vector cannot fail; the receiver would refuse an empty message.
        rkyv::to_bytes::<Failure>(self).map_or_else(|_| Vec::new(), |bytes| bytes.to_vec())
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut aligned = AlignedVec::<16>::with_capacity(bytes.len());
        aligned.extend_from_slice(bytes);
        rkyv::from_bytes::<T, Failure>(&aligned)
            .map_err(|_| Malformed { length: bytes.len(), expected: std::any::type_name::<T>() })
    }
}

#[cfg(test)]
mod tests {
    use super::Message;
    use crate::control::ToWorker;
    use crate::usage::{FunctionStats, Stats};

    fn stats() -> Stats {
        Stats {
            memory_bytes: 1 << 40,
            calls: 3,
            waits: 2,
            objects: vec![("cl_mem".into(), 2)],
            functions: vec![FunctionStats { name: "clFinish".into(), calls: 1, bytes: 0 }],
            devices: vec!["a device with a name that is longer than an inline string".into()],
            ..Stats::default()
        }
    }

    #[test]
    fn what_was_sent_arrives() {
        assert_eq!(Stats::decode(&stats().encode()).unwrap(), stats());
        let message = ToWorker::Shutdown { reason: "because".into() };
        assert_eq!(ToWorker::decode(&message.encode()).unwrap(), message);
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = stats().encode();
        for length in 0..bytes.len() {
            assert_eq!(Stats::decode(&bytes[..length]).unwrap_err().length, length);
        }
    }

    #[test]
    fn no_changed_byte_makes_it_panic_or_allocate_without_bound() {
        let bytes = stats().encode();
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = Stats::decode(&changed);
            }
        }
    }
}
