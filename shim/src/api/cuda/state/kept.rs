//! What NVIDIA's runtime keeps with contexts, as long as these are there. A device's primary context may end and be made again:
//! its handle stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ava_cuda_runtime::{Destructor, INVALID_HANDLE, Result};

/// `CUDA_ERROR_CONTEXT_IS_DESTROYED`.
const CONTEXT_IS_DESTROYED: u32 = 709;

/// Values by contexts.
#[derive(Default)]
pub struct Kept(Mutex<All>);

#[derive(Default)]
struct All {
    /// By context and key.
    values: BTreeMap<(usize, usize), Value>,
    /// The primary contexts of devices, as far as the program has asked for them.
    primary: BTreeMap<i32, usize>,
    /// Those that have ended and were not made again.
    ended: BTreeSet<usize>,
}

struct Value {
    value: usize,
    destructor: Option<Destructor>,
}

impl Kept {
    /// # Errors
    /// The context has ended.
    pub fn store(&self, context: usize, key: usize, value: usize, destructor: Option<Destructor>) -> Result<()> {
        self.of(context)?.values.insert((context, key), Value { value, destructor });
        Ok(())
    }

    /// # Errors
    /// The context has ended, or has nothing of this key.
    pub fn stored(&self, context: usize, key: usize) -> Result<usize> {
        self.of(context)?.values.get(&(context, key)).map(|kept| kept.value).ok_or(INVALID_HANDLE)
    }

    /// # Errors
    /// As of [`stored`](Self::stored).
    pub fn unstore(&self, context: usize, key: usize) -> Result<()> {
        self.of(context)?.values.remove(&(context, key)).map(drop).ok_or(INVALID_HANDLE)
    }

    /// The primary context of a device is there.
    pub fn retained(&self, device: i32, context: usize) {
        let mut all = self.all();
        all.primary.insert(device, context);
        all.ended.remove(&context);
    }

    /// The primary context of a device, if anything is kept with it.
    pub fn primary(&self, device: i32) -> Option<usize> {
        let all = self.all();
        let context = *all.primary.get(&device)?;
        all.values.range((context, 0)..=(context, usize::MAX)).next().map(|_| context)
    }

    /// A primary context has ended.
    pub fn primary_ended(&self, context: usize) {
        self.all().ended.insert(context);
        self.ended(context);
    }

    /// A context has ended: what was kept with it is handed back.
    pub fn ended(&self, context: usize) {
        let of_context = {
            let mut all = self.all();
            let mut kept = all.values.split_off(&(context, 0));
            let mut others = context.checked_add(1).map_or_else(BTreeMap::new, |next| kept.split_off(&(next, 0)));
            all.values.append(&mut others);
            kept
        };
        for ((context, key), kept) in of_context {
            if let Some(destructor) = kept.destructor {
                // SAFETY: the runtime handed both over to be called so when the context ends.
                unsafe { destructor(context, key as *mut _, kept.value as *mut _) };
            }
        }
    }

    /// All, unless the context has ended.
    fn of(&self, context: usize) -> Result<MutexGuard<'_, All>> {
        let all = self.all();
        if all.ended.contains(&context) { Err(CONTEXT_IS_DESTROYED) } else { Ok(all) }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_context_ends_and_is_made_again() {
        let kept = Kept::default();
        kept.retained(0, 16);
        assert_eq!((kept.primary(0), kept.stored(16, 1)), (None, Err(INVALID_HANDLE)));
        for (context, value) in [(15, 10), (16, 11), (17, 12)] {
            assert_eq!(kept.store(context, 1, value, None), Ok(()));
        }
        assert_eq!((kept.primary(0), kept.primary(1)), (Some(16), None));
        kept.primary_ended(16);
        assert_eq!((kept.stored(15, 1), kept.stored(17, 1)), (Ok(10), Ok(12)));
        assert_eq!(kept.stored(16, 1), Err(CONTEXT_IS_DESTROYED));
        assert_eq!(kept.store(16, 1, 13, None), Err(CONTEXT_IS_DESTROYED));
        kept.retained(0, 16);
        assert_eq!(kept.stored(16, 1), Err(INVALID_HANDLE));
        assert_eq!((kept.store(16, 1, 13, None), kept.unstore(16, 1)), (Ok(()), Ok(())));
        assert_eq!(kept.unstore(16, 1), Err(INVALID_HANDLE));
    }
}
