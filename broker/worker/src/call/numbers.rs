//! Memory that numbers stand for, as a call gives it and takes it back.

use ava_protocol::quota::Resource;

use super::{Call, Outcome};
use crate::state::allotted::{Amount, GivenBack};

impl Call<'_> {
    /// The vendor has given device memory that a number of a type stands for.
    ///
    /// # Errors
    /// It is more than was reserved, and more than the tenant may have: the vendor has it back.
    pub fn allotted(&self, of: &'static str, number: Option<u64>, bytes: Option<u64>) -> Outcome {
        let (Some(number), Some(bytes)) = (number, bytes) else { return Ok(()) };
        self.allotted_of(Resource::DeviceMemory, (of, number), bytes)
    }

    /// The same of any memory.
    ///
    /// # Errors
    /// As above.
    pub fn allotted_of(&self, resource: Resource, number: (&'static str, u64), bytes: u64) -> Outcome {
        if let Err(stop) = self.hand_over(resource, bytes) {
            self.api.undo(number.0, number.1);
            return Err(stop);
        }
        self.session.allotted.add(&self.session.usage, number, Amount { of: resource, bytes });
        Ok(())
    }

    /// The vendor has given the number once more: it is given back as often.
    pub fn allotted_again(&self, of: &'static str, number: u64) {
        self.session.allotted.add_holder((of, number));
    }

    /// The vendor is about to be given it back: what that is, for when it has answered.
    pub fn give_back(&self, of: &'static str, number: u64) -> Option<GivenBack> {
        self.session.allotted.remove((of, number))
    }

    /// The vendor has it back.
    pub fn gave_back(&self, given_back: Option<GivenBack>) {
        self.session.allotted.gone(&self.session.usage, given_back);
    }

    /// The vendor has refused it.
    pub fn keep(&self, of: &'static str, number: u64, given_back: Option<GivenBack>) {
        self.session.allotted.stays((of, number), given_back);
    }

    /// The vendor is about to end something with which memory may end, and queues with marks in them.
    pub fn begin_sweep(&self) {
        self.session.commands.begin_sweep();
    }

    /// It has, or has refused.
    pub fn end_sweep(&self, ended: bool) {
        let marks = self.api.marks();
        if ended {
            self.session.allotted.sweep(&self.session.usage, |(of, number)| self.api.is_there(of, number));
            marks.sweep();
        }
        self.session.commands.end_sweep(marks);
    }
}
