//! Objects of the program's that graphs keep: counted, and ended by a function of the program's.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::sync::Arc;

use super::entry::entries;
use super::graph::named;
use super::values::Out;
use crate::cuda::{CUgraph, CUhostFn, Result, Status};
use crate::device::keepsake::{Keepsake, OBJECTS};

/// `CU_USER_OBJECT_NO_DESTRUCTOR_SYNC`, which has to be said.
const NO_DESTRUCTOR_SYNC: u32 = 1;
/// `CU_GRAPH_USER_OBJECT_MOVE`: the graph takes the caller's references over.
const MOVE: u32 = 1;

entries! { checked;
    fn cuUserObjectCreate(place: Out<usize>, data: *mut c_void, end: Option<CUhostFn>, count: u32, flags: u32) {
        place.check()?;
        let end = end.filter(|_| count > 0 && flags == NO_DESTRUCTOR_SYNC).ok_or(Status::INVALID_VALUE)?;
        place.set(Keepsake::create(data, end, count))
    }

    fn cuUserObjectRetain(object: usize, count: u32) {
        find(object)?.retain(count);
        Ok(())
    }

    fn cuUserObjectRelease(object: usize, count: u32) {
        find(object)?.release(count)
    }

    fn cuGraphRetainUserObject(graph: CUgraph, object: usize, count: u32, flags: u32) {
        let (graph, object) = (named(graph)?, find(object)?);
        match flags {
            0 => object.retain(count),
            MOVE => {}
            _ => return Err(Status::INVALID_VALUE),
        }
        graph.kept.keep(&object, count);
        Ok(())
    }

    fn cuGraphReleaseUserObject(graph: CUgraph, object: usize, count: u32) {
        named(graph)?.kept.forget(&find(object)?, count)
    }
}

fn find(object: usize) -> Result<Arc<Keepsake>> {
    OBJECTS.get(object).ok_or(Status::INVALID_VALUE)
}
