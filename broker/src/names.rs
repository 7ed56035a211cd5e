//! Users and groups by name, from this machine's `/etc/passwd` and `/etc/group`.
//!
//! - **Invariant:** the broker asks no directory service: that would block on the network.

use std::fs;

use crate::text::clean;

/// The longest name that is shown, in bytes.
const LONGEST: usize = 64;

/// A user's name, or the number if it has none here.
pub fn user(uid: u32) -> String {
    let name = fs::read_to_string("/etc/passwd").ok().and_then(|text| user_in(&text, uid));
    name.map_or_else(|| uid.to_string(), |name| clean(&name, LONGEST))
}

fn user_in(text: &str, uid: u32) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// A group's number.
pub fn group(name: &str) -> Option<u32> {
    group_in(&fs::read_to_string("/etc/group").ok()?, name)
}

fn group_in(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_looked_up() {
        let text = "root:x:0:\nava:x:998:someone\nbad:x\n";
        assert_eq!(group_in(text, "ava"), Some(998));
        assert_eq!(group_in(text, "bad"), None);
        assert_eq!(group_in(text, "av"), None);
    }

    #[test]
    fn users_are_found_by_number() {
        let text =
            "root:x:0:0:root:/root:/bin/bash\nbroken\n:x:7:7::/:\nalice:x:1000:1000:Alice,,,:/home/alice:/bin/sh\n";
        assert_eq!(user_in(text, 0).as_deref(), Some("root"));
        assert_eq!(user_in(text, 1000).as_deref(), Some("alice"));
        assert_eq!((user_in(text, 7), user_in(text, 1)), (None, None));
        assert_eq!(user(u32::MAX - 1), (u32::MAX - 1).to_string());
    }
}
