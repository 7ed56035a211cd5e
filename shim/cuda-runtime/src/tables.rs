//! Export tables. Most begin with their size in bytes. Functions that nothing was seen to call return `NOT_SUPPORTED`.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::without_provenance;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use crate::driver::{Destructor, Driver, INVALID_VALUE, NOT_SUPPORTED, Result, Status};
use crate::handshake::{Question, answer};

/// The table of a driver with this UUID, whose bytes are in the order of memory; `None` for an unknown one.
pub fn table<D: Driver>(id: [u8; 16]) -> Option<*const c_void> {
    let id = u128::from_be_bytes(id);
    let tables = Tables::of::<D>();
    let known = [
        (0x6bd5_fb6c_5bf4_e74a_8987_d939_12fd_9df9, tables.runtime.as_ptr()),
        (0xa094_798c_2e74_2e74_93f2_0800_200c_0a66, tables.hooks.as_ptr()),
        (0x42d8_5a81_23f6_cb47_8298_f6e7_8a3a_ecdc, tables.thread.as_ptr()),
        (0xc693_336e_1121_df11_a8c3_68f3_55d8_9593, tables.storage.as_ptr()),
        (0xd408_2055_bde6_704b_8d34_ba12_3c66_e1f2, tables.integrity.as_ptr()),
        (0x263e_8860_7cd2_6143_92f6_bbd5_006d_fa7e, tables.checks.as_ptr()),
        (0x2131_8c60_9714_3248_8ca6_41ff_7324_c8f2, tables.identities.as_ptr()),
    ];
    known.iter().find(|(known, _)| *known == id).map(|(_, table)| table.cast())
}

/// A place of a table: a function, or the table's size.
type Slot = *const ();

/// The tables of the process's one driver. Their addresses are facts that the runtime knows the driver by.
struct Tables {
    runtime: [Slot; 13],
    hooks: [Slot; 7],
    thread: [Slot; 4],
    storage: [Slot; 3],
    integrity: [Slot; 3],
    checks: [Slot; 4],
    identities: [Slot; 95],
    /// What the runtime keeps that tools hook into; zeroes for no tools.
    long_buffer: [AtomicU64; 1024],
    short_buffer: [AtomicU64; 14],
}

// SAFETY: the addresses are those of functions, which are the same for every thread, and never written to; the rest is atomic.
unsafe impl Sync for Tables {}
// SAFETY: as above.
unsafe impl Send for Tables {}

impl Tables {
    fn of<D: Driver>() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let (refused, nothing) = (Functions::<D>::refused as Slot, nothing as Slot);
            let storage =
                [Functions::<D>::store as Slot, Functions::<D>::unstore as Slot, Functions::<D>::stored as Slot];
            Self {
                runtime: sized(refused, &[(2, Functions::<D>::primary_context as Slot)]),
                hooks: sized(
                    nothing,
                    &[(2, Functions::<D>::long_buffer as Slot), (6, Functions::<D>::short_buffer as Slot)],
                ),
                thread: sized(refused, &[(2, Functions::<D>::current_context as Slot)]),
                storage,
                integrity: sized(refused, &[(1, Functions::<D>::integrity as Slot)]),
                checks: sized(refused, &[(2, Functions::<D>::check_context as Slot), (3, nothing)]),
                identities: sized(refused, &[(4, Functions::<D>::identity as Slot)]),
                long_buffer: [const { AtomicU64::new(0) }; 1024],
                short_buffer: [const { AtomicU64::new(0) }; 14],
            }
        })
    }
}

/// A table that begins with its size, with these functions in their places.
fn sized<const SLOTS: usize>(other: Slot, functions: &[(usize, Slot)]) -> [Slot; SLOTS] {
    let mut slots = [other; SLOTS];
    slots[0] = without_provenance(SLOTS * size_of::<usize>());
    for (at, function) in functions {
        slots[*at] = *function;
    }
    slots
}

extern "C" fn nothing() -> Status {
    0
}

/// Writes a result; `INVALID_VALUE` for null.
///
/// # Safety
/// `place` is null or leads to a `T`.
unsafe fn write<T>(place: *mut T, value: T) -> Result<()> {
    if place.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: by the caller's promise.
    unsafe { place.write_unaligned(value) };
    Ok(())
}

/// Tells where a buffer is, and how many words it has.
///
/// # Safety
/// As for [`write`].
unsafe fn buffer(buffer: &'static [AtomicU64], place: *mut *const AtomicU64, size: *mut usize) -> Result<()> {
    // SAFETY: by the caller's promise.
    unsafe {
        write(place, buffer.as_ptr())?;
        write(size, buffer.len())
    }
}

/// The functions, for one driver. The runtime's promise to each: a place for a result is null or leads to one of its type.
struct Functions<D>(PhantomData<D>);

impl<D: Driver> Functions<D> {
    extern "C" fn refused() -> Status {
        D::run("a function of an export table", || Err(NOT_SUPPORTED))
    }

    unsafe extern "C" fn primary_context(place: *mut usize, device: i32) -> Status {
        // SAFETY: see the type.
        D::run("RUNTIME[2]", || unsafe { write(place, D::retain_primary(device)?) })
    }

    unsafe extern "C" fn current_context(place: *mut usize) -> Status {
        // SAFETY: see the type.
        D::run("THREAD[2]", || unsafe { write(place, D::current()?) })
    }

    unsafe extern "C" fn long_buffer(place: *mut *const AtomicU64, size: *mut usize) -> Status {
        // SAFETY: see the type.
        D::run("HOOKS[2]", || unsafe { buffer(&Tables::of::<D>().long_buffer, place, size) })
    }

    unsafe extern "C" fn short_buffer(place: *mut *const AtomicU64, size: *mut usize) -> Status {
        // SAFETY: see the type.
        D::run("HOOKS[6]", || unsafe { buffer(&Tables::of::<D>().short_buffer, place, size) })
    }

    extern "C" fn store(context: usize, key: usize, value: usize, destructor: Option<Destructor>) -> Status {
        D::run("STORAGE[0]", || D::store(context, key, value, destructor))
    }

    extern "C" fn unstore(context: usize, key: usize) -> Status {
        D::run("STORAGE[1]", || D::unstore(context, key))
    }

    unsafe extern "C" fn stored(place: *mut usize, context: usize, key: usize) -> Status {
        // SAFETY: see the type.
        D::run("STORAGE[2]", || unsafe { write(place, D::stored(context, key)?) })
    }

    unsafe extern "C" fn integrity(version: u32, time: u64, place: *mut [u64; 2]) -> Status {
        D::run("INTEGRITY[1]", || {
            let tables = Tables::of::<D>();
            let addresses = [tables.runtime.as_ptr(), tables.integrity.as_ptr(), tables.integrity[1].cast()];
            let question = Question { version, time, addresses: addresses.map(|address| address as u64) };
            let answer = answer(&question, || Ok((D::version()?, D::devices()?)))?;
            // SAFETY: see the type.
            unsafe { write(place, answer) }
        })
    }

    /// Nothing is wrong with any context.
    unsafe extern "C" fn check_context(_context: usize, result: *mut u32) -> Status {
        // SAFETY: see the type.
        D::run("CHECKS[2]", || unsafe { write(result, 0) })
    }

    unsafe extern "C" fn identity(context: usize, place: *mut u64) -> Status {
        // SAFETY: see the type.
        D::run("IDENTITIES[4]", || unsafe { write(place, D::identity(context)?) })
    }
}
