//! Where the vendor's exceptions end.
//!
//! A library that throws through its C functions natively ends the process: the C++ runtime looks for who catches, finds
//! nobody, and says what was thrown. Rust's threads would catch, only to say that they cannot.

use std::arch::naked_asm;
use std::ffi::c_void;

/// Runs `body` as the first thing of its thread. What the vendor throws in it and nobody of the vendor's catches ends the
/// process, with the words of the vendor's runtime. A panic must not come here: the session's hook ends the process before.
pub fn within<R>(body: impl FnOnce() -> R) -> R {
    unsafe extern "C-unwind" fn run<F: FnOnce() -> R, R>(task: *mut c_void) {
        // SAFETY: `task` is the one below, which nobody else uses meanwhile.
        let task = unsafe { &mut *task.cast::<(Option<F>, Option<R>)>() };
        task.1 = task.0.take().map(|body| body());
    }
    fn runner<F: FnOnce() -> R, R>(_: &F) -> unsafe extern "C-unwind" fn(*mut c_void) {
        run::<F, R>
    }
    let run = runner(&body);
    let mut task = (Some(body), None);
    // SAFETY: the function takes this task.
    unsafe { call((&raw mut task).cast(), run) };
    match task.1 {
        Some(result) => result,
        None => unreachable!("the task has run"),
    }
}

/// Calls a function from a frame that an unwinder knows nothing of, which is where it gives up.
#[unsafe(naked)]
unsafe extern "C" fn call(task: *mut c_void, run: unsafe extern "C-unwind" fn(*mut c_void)) {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("push rbp", "mov rbp, rsp", "call rsi", "pop rbp", "ret");
    #[cfg(target_arch = "aarch64")]
    naked_asm!("stp x29, x30, [sp, #-16]!", "mov x29, sp", "blr x1", "ldp x29, x30, [sp], #16", "ret");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_within_is_run_once_and_its_result_comes_out() {
        let mut runs = 0;
        assert_eq!(within(|| (std::mem::replace(&mut runs, 1), "result")), (0, "result"));
        assert_eq!(runs, 1);
    }
}
