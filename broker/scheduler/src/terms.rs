//! What a tenant is entitled to of a device.

/// How much a tenant gets beside others: in proportion to this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u32);

impl Weight {
    pub const ONE: Self = Self(1);
    pub const MOST: Self = Self(10_000);

    /// `None` for what is none: 0, or more than [`Weight::MOST`].
    #[must_use]
    pub const fn new(weight: u32) -> Option<Self> {
        if weight == 0 || weight > Self::MOST.0 { None } else { Some(Self(weight)) }
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Which tenants come first. Whoever is of a lower class and waits gets a turn now and then all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    High,
    #[default]
    Normal,
    Background,
}

impl Class {
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Background];
}

/// The most of a device's time that a tenant gets though the device is idle, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cap(u32);

impl Cap {
    /// `None` for what is none: 0, or more than the whole.
    #[must_use]
    pub const fn new(thousandths: u32) -> Option<Self> {
        if thousandths == 0 || thousandths > 1000 { None } else { Some(Self(thousandths)) }
    }

    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }
}

/// A tenant's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub weight: Weight,
    pub class: Class,
    pub cap: Option<Cap>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { weight: Weight::ONE, class: Class::Normal, cap: None }
    }
}
