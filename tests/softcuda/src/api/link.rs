//! The linker, for PTX.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::entries;
use super::module::{read, texts};
use super::values::{In, Out, Text};
use crate::cuda::{CUlinkState, Result, Status};
use crate::device::context;
use crate::device::handles::{Handles, fresh};
use crate::device::module::{NEXT, parse};

static LINKS: Handles<Link> = Handles::new();

#[derive(Default)]
struct Link {
    texts: Mutex<Vec<String>>,
    /// What it came to, which programs see: PTX that ends with NUL.
    image: Mutex<Option<Vec<u8>>>,
}

/// `CUjitInputType`.
mod input {
    pub const CUBIN: u32 = 0;
    pub const PTX: u32 = 1;
    pub const FATBINARY: u32 = 2;
    pub const OBJECT: u32 = 3;
    pub const LIBRARY: u32 = 4;
}

entries! { checked;
    fn cuLinkCreate_v2(_count: u32, _options: In<u32>, _values: In<usize>, state: Out<CUlinkState>) {
        context::usable()?;
        state.check()?;
        let handle = fresh();
        LINKS.insert(handle, Arc::default());
        state.set(handle)
    }

    fn cuLinkAddData_v2(
        state: CUlinkState,
        kind: u32,
        data: *const c_void,
        size: usize,
        _name: *const c_char,
        _count: u32,
        _options: In<u32>,
        _values: In<usize>,
    ) {
        LINKS.find(state)?.add(kind, data, size)
    }

    fn cuLinkAddFile_v2(state: CUlinkState, kind: u32, path: Text, _count: u32, _options: In<u32>, _values: In<usize>) {
        let link = LINKS.find(state)?;
        let bytes = read(&path.get()?)?;
        link.add(kind, bytes.as_ptr().cast(), bytes.len())
    }

    fn cuLinkComplete(state: CUlinkState, image: Out<*const c_void>, size: Out<usize>) {
        let link = LINKS.find(state)?;
        let all = link.texts.lock().unwrap_or_else(PoisonError::into_inner);
        parse(&all).map_err(|(status, _)| status)?;
        let mut bytes = all.join(NEXT).into_bytes();
        bytes.push(0);
        let mut kept = link.image.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.insert(bytes);
        image.set(kept.as_ptr().cast())?;
        size.set_if(kept.len());
        Ok(())
    }

    fn cuLinkDestroy(state: CUlinkState) {
        LINKS.remove(state).map(drop)
    }
}

impl Link {
    fn add(&self, kind: u32, data: *const c_void, size: usize) -> Result {
        match kind {
            _ if data.is_null() || size == 0 => Err(Status::INVALID_VALUE),
            input::PTX | input::FATBINARY => {
                let new = texts(data, Some(size))?;
                parse(&new).map_err(|(status, _)| status)?;
                self.texts.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
                Ok(())
            }
            input::CUBIN | input::OBJECT | input::LIBRARY => Err(Status::NO_BINARY_FOR_GPU),
            _ => Err(Status::INVALID_VALUE),
        }
    }
}
