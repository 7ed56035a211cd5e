//! Device memory that numbers stand for, as a call gives it and takes it back.

use super::Call;
use crate::state::allotted::GivenBack;

impl Call<'_> {
    /// The vendor has given device memory that a number of a type stands for.
    pub fn allotted(&self, of: &'static str, number: Option<u64>, bytes: Option<u64>) {
        if let (Some(number), Some(bytes)) = (number, bytes) {
            self.session.allotted.add(&self.session.usage, (of, number), bytes);
        }
    }

    /// The vendor has given the number once more: it is given back as often.
    pub fn allotted_again(&self, of: &'static str, number: u64) {
        self.session.allotted.add_holder((of, number));
    }

    /// The vendor is about to be given it back: what it is, to be kept if the vendor refuses.
    pub fn give_back(&self, of: &'static str, number: u64) -> Option<GivenBack> {
        self.session.allotted.remove(&self.session.usage, (of, number))
    }

    pub fn keep(&self, of: &'static str, number: u64, given_back: Option<GivenBack>) {
        match given_back {
            Some(GivenBack::Last(bytes)) => self.allotted(of, Some(number), Some(bytes)),
            Some(GivenBack::Once) => self.allotted_again(of, number),
            None => (),
        }
    }

    /// Device memory may have ended with what the call ended.
    pub fn sweep(&self) {
        self.session.allotted.sweep(&self.session.usage, |(of, number)| self.api.is_there(of, number));
    }
}
