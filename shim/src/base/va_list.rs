//! A `va_list`, for callbacks that report formatted errors.

use std::ffi::c_void;

/// A `va_list` of one address.
pub struct Arguments {
    list: VaList,
    /// The argument, and room for a callee that looks at one more.
    stack: [*const c_void; 2],
}

/// The C type, which a call passes by address.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
struct VaList {
    /// How far the registers for numbers and for fractions are used up: they are, so that arguments are on the stack.
    gp_offset: u32,
    fp_offset: u32,
    overflow_arg_area: *const c_void,
    reg_save_area: *const c_void,
}

/// The C type, which a call passes by address.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
struct VaList {
    stack: *const c_void,
    /// The tops of the registers for numbers and for fractions, and how far they are used up: they are.
    tops: [*const c_void; 2],
    offsets: [i32; 2],
}

impl Arguments {
    pub fn of(argument: *const c_void) -> Self {
        let nothing = std::ptr::null();
        #[cfg(target_arch = "x86_64")]
        let list = VaList { gp_offset: 48, fp_offset: 176, overflow_arg_area: nothing, reg_save_area: nothing };
        #[cfg(target_arch = "aarch64")]
        let list = VaList { stack: nothing, tops: [nothing; 2], offsets: [0; 2] };
        Self { list, stack: [argument, nothing] }
    }

    /// The list, for one callee. It is good as long as `self` stays where it is.
    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        let stack = self.stack.as_ptr().cast();
        #[cfg(target_arch = "x86_64")]
        {
            self.list.overflow_arg_area = stack;
        }
        #[cfg(target_arch = "aarch64")]
        {
            self.list.stack = stack;
        }
        (&raw mut self.list).cast()
    }
}
