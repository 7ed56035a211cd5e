//! Users and groups by name, from the texts of `/etc/passwd` and `/etc/group`: the broker asks no directory service, which
//! could block on the network.

use std::collections::HashMap;

/// The users and groups of a machine.
#[derive(Debug, Clone, Default)]
pub struct People {
    users: HashMap<String, u32>,
    groups: HashMap<String, u32>,
}

impl People {
    /// From the texts of the two files.
    #[must_use]
    pub fn new(passwd: &str, group: &str) -> Self {
        Self { users: numbers(passwd), groups: numbers(group) }
    }

    /// A user's number, by name.
    pub(crate) fn user(&self, name: &str) -> Option<u32> {
        self.users.get(name).copied()
    }

    /// A group's number, by name.
    pub(crate) fn group(&self, name: &str) -> Option<u32> {
        self.groups.get(name).copied()
    }
}

/// The numbers in the third fields by the names in the first; the first line of a name counts.
fn numbers(text: &str) -> HashMap<String, u32> {
    let mut all = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(Ok(number))) = (fields.next(), fields.nth(1).map(str::parse)) {
            all.entry(name.to_owned()).or_insert(number);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_numbers() {
        let people =
            People::new("root:x:0:0::/root:/bin/sh\nbad\nalice:x:1000:7:::\nalice:x:1:1:::\n", "ava:x:998:alice\n");
        assert_eq!((people.user("alice"), people.user("root"), people.user("bad")), (Some(1000), Some(0), None));
        assert_eq!((people.group("ava"), people.group("alice")), (Some(998), None));
    }
}
