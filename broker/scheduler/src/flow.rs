//! Start tags: what was used of a device, divided by the weight of whoever used it.

use std::time::Duration;

use crate::terms::Weight;

/// Device time in nanoseconds, times [`Weight::MOST`], divided by a weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(u128);

impl Tag {
    /// What so much time is for this weight.
    pub fn of(time: Duration, weight: Weight) -> Self {
        Self(time.as_nanos() * u128::from(Weight::MOST.get()) / u128::from(weight.get()))
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// What somebody was charged so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flow {
    pub tag: Tag,
}

impl Flow {
    /// So much was used.
    pub fn use_up(&mut self, time: Duration, weight: Weight) {
        self.tag = self.tag.plus(Tag::of(time, weight));
    }

    /// Wants something again after it wanted nothing: at least this.
    pub fn rejoin(&mut self, now: Tag) {
        self.tag = self.tag.max(now);
    }
}
