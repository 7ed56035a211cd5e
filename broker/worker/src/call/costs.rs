//! What a call costs: what the gate is asked for before the vendor is called, what belongs to what the vendor has made, and
//! what is charged.

use std::ffi::c_void;

use ava_protocol::quota::{RESOURCES, Resource};

use super::{Call, Outcome};
use crate::gate::{self, Cost};

impl Call<'_> {
    /// What the call is about to cost; see [`gate`].
    ///
    /// # Errors
    /// It is not to be made.
    #[inline]
    pub fn admit(&self, cost: impl FnOnce() -> Cost) -> Outcome {
        let cost = cost();
        gate::admit(self.session, self.function, &cost)?;
        for (reserved, bytes) in self.reserved.iter().zip([cost.device_memory, cost.host_memory]) {
            reserved.set(reserved.get() + bytes);
        }
        Ok(())
    }

    /// Commands that the vendor has accepted.
    pub fn charge_commands(&self, amount: Option<u64>) {
        self.charge(Cost { commands: amount.unwrap_or(0), ..Cost::default() });
    }

    /// Bytes of data that the program gave.
    pub fn charge_bytes_in(&self, amount: u64) {
        self.charge(Cost { bytes_in: amount, ..Cost::default() });
    }

    /// Bytes of data that the program gets.
    pub fn charge_bytes_out(&self, amount: u64) {
        self.charge(Cost { bytes_out: amount, ..Cost::default() });
    }

    fn charge(&self, cost: Cost) {
        gate::charge(self.session, self.function, cost);
    }

    /// Of what was reserved so much belongs to what the vendor has made. What could not be known before is reserved now.
    ///
    /// # Errors
    /// The tenant would have more than it may.
    pub(super) fn hand_over(&self, of: Resource, bytes: u64) -> Outcome {
        let reserved = &self.reserved[of as usize];
        let held = reserved.get();
        gate::reserve(self.session, of, bytes.saturating_sub(held))?;
        reserved.set(held.saturating_sub(bytes));
        Ok(())
    }

    /// How much device memory a new object takes, where the table cannot tell: an image's layout is the vendor's choice. What is
    /// made from another memory object takes none of its own.
    pub(super) fn taken(&self, kind: u16, object: *mut c_void, parents: &[u64]) -> u64 {
        match self.api.in_place().filter(|is| is.description().object == kind) {
            Some(_) if self.is_of_memory(parents) => 0,
            Some(in_place) => in_place.size(object),
            None => self.api.takes(kind, object),
        }
    }

    /// How much device memory an object holds whose structs the program reads.
    pub fn holds(&self, kind: u16, object: *mut c_void) -> u64 {
        self.api.holds(kind, object)
    }

    /// Whether one of these is a memory object.
    pub fn is_of_memory(&self, parents: &[u64]) -> bool {
        let Some(in_place) = self.api.in_place() else { return false };
        let of_memory = in_place.description().object;
        parents.iter().any(|id| self.session.objects.find(*id, of_memory).is_ok())
    }
}

impl Drop for Call<'_> {
    /// What was reserved for something that the vendor has not made, or for more than it has.
    fn drop(&mut self) {
        for (of, reserved) in RESOURCES.into_iter().zip(&self.reserved) {
            if reserved.get() > 0 {
                self.session.usage.give_up(of, reserved.get());
            }
        }
    }
}
