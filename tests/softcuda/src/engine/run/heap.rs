//! Memory that kernels allocate (CUDA Programming Guide, "Dynamic Global Memory Allocation"): one heap of the process, of
//! the size that it has by default.

use super::state::Bytes;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of the heap (`cudaLimitMallocHeapSize`).
const SIZE: usize = 8 << 20;

struct Heap {
    blocks: BTreeMap<u64, Bytes>,
    used: usize,
}

static HEAP: Mutex<Heap> = Mutex::new(Heap { blocks: BTreeMap::new(), used: 0 });

fn heap() -> MutexGuard<'static, Heap> {
    HEAP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address of new memory, aligned to 64 bytes; 0 if there is no more.
pub fn allocate(bytes: u64) -> u64 {
    let mut heap = heap();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).max(1);
    if bytes > SIZE || heap.used + bytes > SIZE {
        return 0;
    }
    let mut block = Bytes::new(bytes);
    let address = block.pointer() as u64;
    heap.used += block.len();
    heap.blocks.insert(address, block);
    address
}

/// Gives memory back. Whether there was any at the address, or the address is 0.
pub fn free(address: u64) -> bool {
    let mut heap = heap();
    let block = heap.blocks.remove(&address);
    heap.used -= block.as_ref().map_or(0, Bytes::len);
    block.is_some() || address == 0
}

/// The allocated memory that an address is in.
pub fn range(address: u64) -> Option<Range<u64>> {
    let heap = heap();
    let (start, block) = heap.blocks.range(..=address).next_back()?;
    Some(*start..start + block.len() as u64).filter(|range| range.contains(&address))
}
