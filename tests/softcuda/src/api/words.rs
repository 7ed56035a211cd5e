//! Words in memory that streams write and wait for.
#![allow(non_snake_case, reason = "the header's names")]

use super::current::submit;
use super::entry::entries;
use super::values::In;
use crate::cuda::{CUdeviceptr, CUstream, CUstreamBatchMemOpParams, Result, Status};
use crate::device::memory;
use crate::device::operation::{Condition, Operation, Word};

/// Entries of both interfaces, which are alike.
macro_rules! words {
    ($($name:ident $twin:ident $word:ident $operation:ident $wide:literal)*) => {
        entries! { checked;
            $(fn $name | $twin(stream: CUstream, address: CUdeviceptr, value: $word, flags: u32) {
                submit(stream, $operation(address, value.into(), $wide, flags)?)
            })*

            fn cuStreamBatchMemOp | cuStreamBatchMemOp_ptsz(
                stream: CUstream,
                count: u32,
                operations: In<CUstreamBatchMemOpParams>,
                flags: u32,
            ) {
                batch(stream, count, operations, flags)
            }

            fn cuStreamBatchMemOp_v2 | cuStreamBatchMemOp_v2_ptsz(
                stream: CUstream,
                count: u32,
                operations: In<CUstreamBatchMemOpParams>,
                flags: u32,
            ) {
                batch(stream, count, operations, flags)
            }
        }
    };
}

words! {
    cuStreamWaitValue32 cuStreamWaitValue32_ptsz u32 wait false
    cuStreamWaitValue32_v2 cuStreamWaitValue32_v2_ptsz u32 wait false
    cuStreamWaitValue64 cuStreamWaitValue64_ptsz u64 wait true
    cuStreamWaitValue64_v2 cuStreamWaitValue64_v2_ptsz u64 wait true
    cuStreamWriteValue32 cuStreamWriteValue32_ptsz u32 write false
    cuStreamWriteValue32_v2 cuStreamWriteValue32_v2_ptsz u32 write false
    cuStreamWriteValue64 cuStreamWriteValue64_ptsz u64 write true
    cuStreamWriteValue64_v2 cuStreamWriteValue64_v2_ptsz u64 write true
}

/// `CUstreamBatchMemOpType`.
mod kind {
    pub const WAIT_32: u32 = 1;
    pub const WRITE_32: u32 = 2;
    pub const FLUSH_REMOTE_WRITES: u32 = 3;
    pub const WAIT_64: u32 = 4;
    pub const WRITE_64: u32 = 5;
    pub const BARRIER: u32 = 6;
}

fn word(address: u64, value: u64, is_wide: bool) -> Result<Word> {
    let size = if is_wide { 8 } else { 4 };
    if !address.is_multiple_of(size) {
        return Err(Status::INVALID_VALUE);
    }
    memory::check(address, size as usize)?;
    Ok(Word { address, value, is_wide })
}

/// Flags are `CUstreamWaitValue_flags`; `_FLUSH` (bit 30) is about writes of other devices, which are there at once.
fn wait(address: u64, value: u64, is_wide: bool, flags: u32) -> Result<Operation> {
    let condition = match flags & !(1 << 30) {
        0 => Condition::GreaterOrEqual,
        1 => Condition::Equal,
        2 => Condition::And,
        3 => Condition::Nor,
        _ => return Err(Status::INVALID_VALUE),
    };
    Ok(Operation::Wait(word(address, value, is_wide)?, condition))
}

/// Flags are `CUstreamWriteValue_flags`: every write is behind a barrier.
fn write(address: u64, value: u64, is_wide: bool, flags: u32) -> Result<Operation> {
    if flags > 1 { Err(Status::INVALID_VALUE) } else { Ok(Operation::Write(word(address, value, is_wide)?)) }
}

/// Several operations in their order; none, if one is wrong.
fn batch(stream: CUstream, count: u32, operations: In<CUstreamBatchMemOpParams>, flags: u32) -> Result {
    if flags != 0 || count > 256 {
        return Err(Status::INVALID_VALUE);
    }
    let mut all = Vec::new();
    for CUstreamBatchMemOpParams { operation, address, value, flags, .. } in operations.all(count as usize)? {
        let low = value & u64::from(u32::MAX);
        match operation {
            kind::WAIT_32 => all.push(wait(address, low, false, flags)?),
            kind::WRITE_32 => all.push(write(address, low, false, flags)?),
            kind::WAIT_64 => all.push(wait(address, value, true, flags)?),
            kind::WRITE_64 => all.push(write(address, value, true, flags)?),
            kind::FLUSH_REMOTE_WRITES | kind::BARRIER => {}
            _ => return Err(Status::INVALID_VALUE),
        }
    }
    all.into_iter().try_for_each(|operation| submit(stream, operation))
}
