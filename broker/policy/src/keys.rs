//! The keys of a rule: each is described here, and nowhere else.

use ava_protocol::api::APIS;

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
    /// The APIs whose sessions the broker does not see to.
    pub except: &'static [&'static str],
    /// The APIs that have nothing of this kind: whom it is said of may use none of them.
    pub closes: &'static [&'static str],
}

const fn define(key: Key, name: &'static str, kind: Kind, example: &'static str, means: &'static str) -> Definition {
    Definition { key, name, kind, means, example, except: &[], closes: &[] }
}

impl Definition {
    /// The same, which has no effect for these APIs.
    const fn except(self, except: &'static [&'static str]) -> Self {
        Self { except, ..self }
    }

    /// The same, which says nothing of these APIs.
    const fn closes(self, closes: &'static [&'static str]) -> Self {
        Self { closes, ..self }
    }

    /// What of it has no effect yet, for a tenant that may use these APIs, or all.
    #[must_use]
    pub fn gap(&self, apis: Option<&[String]>) -> Option<String> {
        let except = used(self.except, apis);
        (!except.is_empty()).then(|| format!("{} for {}", self.name, except.join(", ")))
    }

    /// What is wrong with it for a tenant that may use these APIs, or all.
    #[must_use]
    pub fn conflict(&self, apis: Option<&[String]>) -> Option<String> {
        let closed = used(self.closes, apis).join(", ");
        let open =
            || APIS.iter().map(|api| api.name).filter(|api| !self.closes.contains(api) && !self.except.contains(api));
        (!closed.is_empty()).then(|| {
            let open = open().map(|api| format!("{api:?}")).collect::<Vec<_>>().join(", ");
            format!("`{}`: {closed} can be given no such part; say apis = [{open}] as well", self.name)
        })
    }
}

/// Those of some APIs that a tenant may use to whom these are open, or all.
fn used(some: &'static [&'static str], open: Option<&[String]>) -> Vec<&'static str> {
    let is_open = |api: &&&str| open.is_none_or(|open| open.iter().any(|one| one == **api));
    some.iter().filter(is_open).copied().collect()
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
        "[\"opencl\", \"nvml\"]",
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
    define(
        Key::ComputeUnits,
        "compute_units",
        Kind::Percent,
        "\"50%\"",
        "The part of each device that sessions see as if it were the device, if they begin from then on: so much of its compute \
         units, rounded down, but one at least. A device that cannot be parted is not shown. Tenants with parts compute at the same \
         time, and share what is left over as others do. It is for OpenCL alone: whom it is said of may not use APIs that \
         compute without such units, or whose drivers part devices among programs of one user only. Without it: whole devices.",
    )
    .closes(&["cuda", "pkcs11", "tflite"]),
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
         got their share. A graph that is launched is one command. Without it: as long as it takes.",
    ),
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
