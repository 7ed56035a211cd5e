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

    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// What somebody was charged so far, some of it in advance.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flow {
    pub tag: Tag,
}

impl Flow {
    /// A turn begins that is expected to take so long: what is charged for it in advance.
    pub fn expect(&mut self, time: Duration, weight: Weight) -> Tag {
        let ahead = Tag::of(time, weight);
        self.tag = self.tag.plus(ahead);
        ahead
    }

    /// So much was used that was not charged in advance.
    pub fn use_up(&mut self, time: Duration, weight: Weight) {
        self.tag = self.tag.plus(Tag::of(time, weight));
    }

    /// A turn has taken so long, for which this was charged in advance.
    pub fn correct(&mut self, ahead: Tag, time: Duration, weight: Weight) {
        self.tag = self.tag.minus(ahead).plus(Tag::of(time, weight));
    }

    /// Wants something again after it wanted nothing: at least this.
    pub fn rejoin(&mut self, now: Tag) {
        self.tag = self.tag.max(now);
    }
}
