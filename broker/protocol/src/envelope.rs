//! The envelope around openings and answers, and around messages of broker and worker: a magic number and the sender's
//! build.
//!
//! Messages do not evolve: all parts are installed together. Parts of different builds are detected here, and the error
//! names both.

use crate::archive::{Malformed, Message};

/// The build: the version, and a hash of the tables and of this crate's source. Parts with different messages have different
/// builds.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("AVA_WIRE"), ")");

/// The first bytes of every envelope.
const MAGIC: [u8; 4] = *b"AvA\n";
/// The version of the envelope itself. It was 2 before builds had names.
pub const PROTOCOL: u32 = 3;
/// The longest name of a build.
const LONGEST: usize = 40;
/// Magic number, version, and the build's name, padded with zeroes.
const LENGTH: usize = MAGIC.len() + size_of::<u32>() + LONGEST;

const _: () = assert!(BUILD.len() <= LONGEST);

/// Why an envelope was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The bytes are no envelope.
    #[error("{0} bytes that are no message of AvA")]
    Foreign(usize),
    /// The envelope is of another build.
    #[error("it is of build {theirs}, and this is {BUILD}")]
    Build {
        /// The peer's.
        theirs: String,
    },
    /// The empty envelope of this build.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Wraps a message's bytes.
#[must_use]
pub fn seal<T: Message>(message: &T) -> Vec<u8> {
    let body = message.encode();
    let mut bytes = Vec::with_capacity(LENGTH + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&PROTOCOL.to_le_bytes());
    bytes.extend_from_slice(BUILD.as_bytes());
    bytes.resize(LENGTH, 0);
    bytes.extend_from_slice(&body);
    bytes
}

/// Unwraps a message.
///
/// # Errors
/// [`EnvelopeError`] says whether the peer's build or its bytes are wrong.
pub fn open<T: Message>(bytes: &[u8]) -> Result<T, EnvelopeError> {
    let foreign = || EnvelopeError::Foreign(bytes.len());
    let rest = bytes.strip_prefix(&MAGIC).ok_or_else(foreign)?;
    let (form, rest) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
    let form = u32::from_le_bytes(*form);
    if form != PROTOCOL {
        return Err(EnvelopeError::Build { theirs: format!("unknown (protocol {form})") });
    }
    let (theirs, body) = rest.split_at_checked(LONGEST).ok_or_else(foreign)?;
    let theirs = theirs.split(|byte| *byte == 0).next().unwrap_or_default();
    if theirs != BUILD.as_bytes() {
        let printable = |byte: &u8| char::from(if byte.is_ascii_graphic() || *byte == b' ' { *byte } else { b'?' });
        return Err(EnvelopeError::Build { theirs: theirs.iter().map(printable).collect() });
    }
    Ok(T::decode(body)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Hello, Opening};

    fn hello() -> Vec<u8> {
        seal(&Opening::Session(Hello::new("opencl", "clinfo", 42, "clinfo -l", "/tmp")))
    }

    #[test]
    fn another_build_is_named() {
        let mut bytes = hello();
        bytes[8..14].copy_from_slice(b"9.9.9\x1b");
        let Err(EnvelopeError::Build { theirs }) = open::<Opening>(&bytes) else { panic!() };
        assert!(theirs.starts_with("9.9.9?("), "{theirs}");
        bytes[4..8].copy_from_slice(&2_u32.to_le_bytes());
        let Err(EnvelopeError::Build { theirs }) = open::<Opening>(&bytes[..20]) else { panic!() };
        assert_eq!(theirs, "unknown (protocol 2)");
    }

    #[test]
    fn foreign_and_short_bytes_are_refused() {
        assert_eq!(open::<Opening>(b"GET / HTTP/1.1\r\n"), Err(EnvelopeError::Foreign(16)));
        assert_eq!(open::<Opening>(b""), Err(EnvelopeError::Foreign(0)));
        let bytes = hello();
        for length in 0..bytes.len() {
            assert!(open::<Opening>(&bytes[..length]).is_err());
        }
    }
}
