//! What a call costs: what the gate is asked for before the vendor is called, what belongs to what the vendor has made, and
//! what is charged.

use std::ffi::c_void;

use ava_protocol::quota::{RESOURCES, Resource};
use ava_protocol::rate::RATES;

use super::{Call, Outcome};
use crate::gate::{self, Cost};
use crate::state::usage::Tally;

impl Call<'_> {
    /// What the call is about to cost: commands and memory are known, as far as the table tells, and data that comes out may be
    /// less; see [`gate`].
    ///
    /// # Errors
    /// It is not to be made.
    #[inline]
    pub fn admit(&self, cost: impl FnOnce() -> Cost) -> Outcome {
        let cost = cost();
        for (of, amount) in RATES.into_iter().zip([cost.commands, cost.bytes_in.saturating_add(cost.bytes_out)]) {
            gate::pass(self.session, of, amount);
            let passed = &self.passed[of as usize];
            passed.set(passed.get().saturating_add(amount));
        }
        if cost.commands > 0 && self.session.commands.are_watched() && self.api.ends_with_calls() {
            self.command.set(self.session.commands.begin(false));
        }
        gate::admit(self.session, &cost)?;
        for (reserved, bytes) in self.reserved.iter().zip([cost.device_memory, cost.host_memory]) {
            reserved.set(reserved.get() + bytes);
        }
        Ok(())
    }

    /// Commands that the vendor has accepted.
    pub fn charge_commands(&self, amount: Option<u64>) {
        self.given();
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

    /// The vendor has accepted a launch of this kernel, which the call names.
    pub fn launched(&self, kernel: u64) {
        let tally = self.tally.get().unwrap_or_else(|| self.first_launched(kernel));
        self.session.usage.launch(tally);
    }

    /// What a kernel is called is asked once.
    #[cold]
    fn first_launched(&self, kernel: u64) -> Tally {
        let known = self.session.objects.known(kernel);
        let name = known.and_then(|(kind, pointer)| self.api.kernel_name(kind, pointer as *mut c_void));
        let tally = self.session.usage.tally(name.as_deref());
        self.session.objects.count_as(kernel, tally);
        tally
    }

    fn charge(&self, cost: Cost) {
        for (of, amount) in RATES.into_iter().zip([cost.commands, cost.bytes_in.saturating_add(cost.bytes_out)]) {
            let done = &self.done[of as usize];
            done.set(done.get().saturating_add(amount));
        }
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
    /// What was reserved for something that the vendor has not made, or for more than it has, and what else was to be done.
    fn drop(&mut self) {
        if self.command.get() != 0 {
            self.session.commands.end(self.command.get());
        }
        self.no_more();
        for of in RATES {
            gate::settle(self.session, of, self.passed[of as usize].get(), self.done[of as usize].get());
        }
        for (of, reserved) in RESOURCES.into_iter().zip(&self.reserved) {
            if reserved.get() > 0 {
                self.session.usage.give_up(of, reserved.get());
            }
        }
    }
}
