//! Names of special registers (PTX ISA, "Special Registers").

use crate::engine::program::{Clock, PROCESSORS, Special};
use crate::ptx::syntax::Type;

/// A clock, and the type of its register.
pub fn clock(name: &str) -> Option<(Clock, Type)> {
    Some(match name {
        "%clock" => (Clock::Low, Type::U32),
        "%clock_hi" => (Clock::High, Type::U32),
        "%clock64" => (Clock::Cycles, Type::U64),
        "%globaltimer" => (Clock::Nanoseconds, Type::U64),
        "%globaltimer_lo" => (Clock::NanosecondsLow, Type::U32),
        "%globaltimer_hi" => (Clock::NanosecondsHigh, Type::U32),
        _ => return None,
    })
}

/// Special registers that have one value on this device: no thread blocks are joined to clusters, nobody sets `%envreg`.
pub fn fixed(name: &str) -> Option<u128> {
    match name {
        "%nsmid" => Some(PROCESSORS.into()),
        "%cluster_ctarank" | "%cluster_ctaid.x" | "%cluster_ctaid.y" | "%cluster_ctaid.z" => Some(0),
        "%cluster_nctarank" | "%cluster_nctaid.x" | "%cluster_nctaid.y" | "%cluster_nctaid.z" => Some(1),
        _ => name.strip_prefix("%envreg").and_then(|number| number.parse::<u8>().ok()).map(|_| 0),
    }
}

/// What keeps its value in an activation; 32 bits.
pub fn special(name: &str) -> Option<Special> {
    if let Some((register, axis)) = name.split_once('.') {
        let axis = ["x", "y", "z"].iter().position(|known| *known == axis)? as u8;
        return Some(match register {
            "%tid" => Special::Thread(axis),
            "%ntid" => Special::Threads(axis),
            "%ctaid" => Special::Block(axis),
            "%nctaid" => Special::Blocks(axis),
            _ => return None,
        });
    }
    Some(match name {
        "%laneid" => Special::Lane,
        "%warpid" => Special::Warp,
        "%nwarpid" => Special::Warps,
        "%smid" => Special::Processor,
        "%gridid" => Special::Grid,
        "%lanemask_eq" => Special::LanesEqual,
        "%lanemask_lt" => Special::LanesBelow,
        "%lanemask_le" => Special::LanesNotAbove,
        "%lanemask_gt" => Special::LanesAbove,
        "%lanemask_ge" => Special::LanesNotBelow,
        "%dynamic_smem_size" => Special::DynamicShared,
        "%total_smem_size" => Special::TotalShared,
        _ => return None,
    })
}

/// Whether a name is of a special register of PTX that is not here.
pub fn is_absent(name: &str) -> bool {
    let known = ["%aggr_smem", "%cluster", "%current_graph", "%is_explicit", "%ncluster", "%pm", "%reserved_smem"];
    known.iter().any(|begin| name.starts_with(begin))
}
