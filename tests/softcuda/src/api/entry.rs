//! Entries: functions that C programs call. No panic leaves them, and the state of the process is checked first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::cuda::{Result, SUCCESS, Status};
use crate::device::process;

/// An exported function.
pub struct Entry {
    pub name: &'static str,
    pub address: *const (),
}

// SAFETY: the address is a function's, which is the same for every thread.
unsafe impl Sync for Entry {}

/// Runs an entry's body, if the process may call.
pub fn checked(name: &str, body: impl FnOnce() -> Result) -> u32 {
    unchecked(name, || process::check().and_then(|()| body()))
}

/// Runs an entry's body, whatever the state of the process is.
pub fn unchecked(name: &str, body: impl FnOnce() -> Result) -> u32 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Status::UNKNOWN));
    let status = outcome.map_or_else(|status| status.0, |()| SUCCESS);
    if is_traced() {
        eprintln!("softcuda: {name} {status}");
    }
    status
}

/// Whether `AVA_SOFTCUDA_TRACE` asks for a line for each call on standard error, with its status.
fn is_traced() -> bool {
    static IS_TRACED: OnceLock<bool> = OnceLock::new();
    *IS_TRACED.get_or_init(|| std::env::var_os("AVA_SOFTCUDA_TRACE").is_some_and(|value| value != "0"))
}

/// Exports functions, and lists them as `ENTRIES`. `entries! { checked; … }` names how they are run (see above). A second name
/// after `|` is the same function with the thread's default stream as stream 0.
macro_rules! entries {
    ($run:ident; $($(#[$meta:meta])* fn $name:ident $(| $twin:ident)? ($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        $(
            $(#[$meta])*
            ///
            /// # Safety
            ///
            /// Pointers lead to what `cuda.h` says of them, or are null.
            #[unsafe(no_mangle)]
            #[allow(clippy::too_many_arguments, reason = "the header's parameters")]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
                $crate::api::entry::$run(stringify!($name), || $body)
            }
            $crate::api::entry::entries!(@twin $run [$($twin)?] ($($argument: $type),*) $body);
        )*

        /// The functions of this file.
        pub static ENTRIES: &[$crate::api::entry::Entry] = &[$(
            $crate::api::entry::Entry { name: stringify!($name), address: $name as *const () },
            $($crate::api::entry::Entry { name: stringify!($twin), address: $twin as *const () },)?
        )*];
    };
    (@twin $run:ident [] $($rest:tt)*) => {};
    (@twin $run:ident [$twin:ident] ($($argument:ident: $type:ty),*) $body:block) => {
        /// As the function above, with the thread's default stream as stream 0.
        ///
        /// # Safety
        ///
        /// Pointers lead to what `cuda.h` says of them, or are null.
        #[unsafe(no_mangle)]
        #[allow(clippy::too_many_arguments, reason = "the header's parameters")]
        pub unsafe extern "C" fn $twin($($argument: $type),*) -> u32 {
            $crate::api::entry::$run(stringify!($twin), || $crate::device::process::per_thread(|| $body))
        }
    };
}

pub(crate) use entries;
