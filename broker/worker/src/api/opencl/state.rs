//! What is remembered of a session with OpenCL, and what its vendor is asked.

use std::ffi::c_void;
use std::sync::OnceLock;

use ava_protocol::opencl::constant::CL_MEM_TYPE;
use ava_protocol::opencl::kind;

use super::arguments::Arguments;
use super::extensions::Platforms;
use crate::engine::query;
use crate::generated::opencl::{Extensions, Vendor};
use crate::session::Session;
use crate::state::objects::Found;

pub struct State {
    pub vendor: Vendor,
    pub arguments: Arguments,
    /// Asked for when they are first needed.
    platforms: OnceLock<Platforms>,
}

impl State {
    /// A session on these functions, of which nothing is known yet.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, arguments: Arguments::default(), platforms: OnceLock::new() }
    }

    pub fn platforms(&self) -> &Platforms {
        self.platforms.get_or_init(|| Platforms::load(&self.vendor))
    }

    /// The functions of extensions: of the platform of an object, or of those that are about none.
    pub fn extensions(&self, session: &Session, object: Option<u64>) -> &Extensions {
        let platforms = self.platforms();
        let Some(mut id) = object else { return &platforms.loader().functions };
        // Objects of extensions need not begin as others do. What they were made from does.
        let of_an_extension = |id| {
            let kinds = [kind::cl_command_buffer_khr, kind::cl_mutable_command_khr];
            kinds
                .into_iter()
                .any(|kind| session.objects.find(id, kind).is_ok_and(|found| matches!(found, Found::Pointer(_))))
        };
        while of_an_extension(id) {
            id = session.objects.parents(id).first().copied().unwrap_or(0);
        }
        let object = session.objects.pointer(id).unwrap_or(0);
        &platforms.of(object as *mut c_void).functions
    }

    /// Whether an object is a buffer, rather than an image, a pipe, or no memory object at all.
    pub fn is_buffer(&self, session: &Session, id: u64) -> bool {
        const CL_MEM_OBJECT_BUFFER: u32 = 0x10F0;
        let Ok(Found::Pointer(object)) = session.objects.find(id, kind::cl_mem) else { return false };
        let is = query::number(self.vendor.clGetMemObjectInfo, object as *mut c_void, CL_MEM_TYPE);
        is == Ok(CL_MEM_OBJECT_BUFFER)
    }
}
