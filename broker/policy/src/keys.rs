//! The keys of a rule: each is described here, and nowhere else.

use crate::problem::nearest;
use crate::value::Kind;

/// What a rule can say of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Weight,
    Priority,
    DeviceTime,
    DeviceMemory,
    HostMemory,
    CommandsPerSecond,
    BytesPerSecond,
    Sessions,
    Lanes,
    RegionBytes,
    Apis,
    Devices,
    ComputeUnits,
    Plugins,
    LongestCommand,
}

/// A key, for the reader of a file and for people.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    pub key: Key,
    /// Its name in files and on command lines.
    pub name: &'static str,
    pub kind: Kind,
    /// What it does, and what holds without it.
    pub means: &'static str,
    /// A value, as a file has it.
    pub example: &'static str,
    /// Whether the broker sees to it.
    pub enforced: bool,
    /// The APIs whose sessions it does not see to.
    pub except: &'static [&'static str],
}

const fn define(key: Key, name: &'static str, kind: Kind, example: &'static str, means: &'static str) -> Definition {
    Definition { key, name, kind, means, example, enforced: true, except: &[] }
}

impl Definition {
    /// The same, which is read and shown, and has no effect.
    const fn later(self) -> Self {
        Self { enforced: false, ..self }
    }

    /// The same, which has no effect for these APIs.
    const fn except(self, except: &'static [&'static str]) -> Self {
        Self { except, ..self }
    }

    /// What of it has no effect yet, for a tenant that may use these APIs, or all.
    #[must_use]
    pub fn gap(&self, apis: Option<&[String]>) -> Option<String> {
        let used = |api: &&&str| apis.is_none_or(|apis| apis.iter().any(|one| one == **api));
        let except: Vec<&str> = self.except.iter().filter(used).copied().collect();
        match (self.enforced, except.as_slice()) {
            (false, _) => Some(self.name.to_owned()),
            (true, []) => None,
            (true, except) => Some(format!("{} for {}", self.name, except.join(", "))),
        }
    }
}

/// All keys, in the order of [`Key`].
pub const KEYS: [Definition; 15] = [
    define(
        Key::Weight,
        "weight",
        Kind::Count(1, 10_000),
        "4",
        "The tenant's share of a device, in proportion to the weights of the others who use it. Without it: 1.",
    ),
    define(
        Key::Priority,
        "priority",
        Kind::Word(&["high", "normal", "background"]),
        "\"high\"",
        "Who goes first: a higher priority's commands come before a lower one's. Without it: normal.",
    ),
    define(
        Key::DeviceTime,
        "device_time",
        Kind::Percent,
        "\"25%\"",
        "The most of one device's time, also while nobody else wants it. Without it: all.",
    ),
    define(
        Key::DeviceMemory,
        "device_memory",
        Kind::Size(0),
        "\"4G\"",
        "The most memory of devices, of all the tenant's sessions together: a program that wants more is told that there is no \
         more, and no device seems to have more. Without it: what the devices have.",
    ),
    define(
        Key::HostMemory,
        "host_memory",
        Kind::Size(0),
        "\"1G\"",
        "The most memory of the machine that programs pin for devices, of all the tenant's sessions together. Without it: as \
         much as sessions may share, see region_bytes.",
    ),
    define(
        Key::CommandsPerSecond,
        "commands_per_second",
        Kind::Count(1, u64::MAX),
        "1000",
        "The most commands for devices in a second, of all the tenant's sessions together: calls wait until one more may be \
         given. Without it: as many as come.",
    ),
    define(
        Key::BytesPerSecond,
        "bytes_per_second",
        Kind::Size(1),
        "\"1G\"",
        "The most data to and from devices in a second, of all the tenant's sessions together: calls wait until there is room \
         for theirs. Without it: as much as comes.",
    ),
    define(
        Key::Sessions,
        "sessions",
        Kind::Count(0, 1 << 20),
        "8",
        "The most sessions at a time, of all the tenant's programs together; 0 for none. Without it: --sessions-per-user of \
         ava-broker(8).",
    ),
    define(
        Key::Lanes,
        "lanes",
        Kind::Count(1, 1024),
        "64",
        "The most lanes of one session: threads of a program that call at the same time. A session with more ends. Without \
         it: 1024.",
    ),
    define(
        Key::RegionBytes,
        "region_bytes",
        Kind::Size(1 << 20),
        "\"2G\"",
        "The most memory that one session's program and worker share: a program that wants more is out of memory. Without \
         it, and at most: --session-memory of ava-broker(8).",
    ),
    define(
        Key::Apis,
        "apis",
        Kind::Apis,
        "[\"opencl\", \"cuda\"]",
        "The APIs that the tenant may use. Without it: all.",
    ),
    define(
        Key::Devices,
        "devices",
        Kind::Patterns,
        "[\"opencl:0\", \"GPU-5c1e*\"]",
        "The devices that sessions see which begin from then on: patterns of a device's name, its UUID, its PCI address (as in \
         \"0000:41:00.0\"), or an API and the device's place among all of that API, from 0 on (of CUDA \
         in NVML's order). Without it: all.",
    )
    .except(&["pkcs11", "tflite"]),
    define(Key::ComputeUnits, "compute_units", Kind::Percent, "\"50%\"", "The part of a device's compute units.")
        .later(),
    define(
        Key::Plugins,
        "plugins",
        Kind::Paths,
        "[\"/usr/lib/delegate.so\"]",
        "The libraries that programs may have their workers load, in place of --plugin of ava-broker(8) and of what programs \
         name; an empty list for none.",
    ),
    define(
        Key::LongestCommand,
        "longest_command",
        Kind::Time,
        "\"10s\"",
        "A session ends whose command occupies a device for longer, not counting the time in which it was stopped so that others \
         got their share. Without it: as long as it takes.",
    )
    .except(&["cuda"]),
];

impl Key {
    /// Its description.
    #[must_use]
    pub fn definition(self) -> &'static Definition {
        &KEYS[self as usize]
    }

    /// Its name in files and on command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The key of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        KEYS.iter().find(|definition| definition.name == name).map(|definition| definition.key)
    }

    /// The key of a name that somebody has typed.
    ///
    /// # Errors
    /// There is none; which one may be meant.
    pub fn typed(name: &str) -> Result<Self, String> {
        let near = || nearest(name, KEYS.iter().map(|definition| definition.name));
        Self::find(name).ok_or_else(|| format!("there is no key {name:?}{}", near()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_order() {
        for (at, definition) in KEYS.iter().enumerate() {
            assert_eq!(definition.key as usize, at, "{}", definition.name);
            assert_eq!(Key::find(definition.name), Some(definition.key));
        }
        assert_eq!(Key::typed("wieght").unwrap_err(), "there is no key \"wieght\"; did you mean \"weight\"?");
    }
}
