//! One rule: whom it is for, and what it says of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ava_protocol::glob::Glob;

use crate::keys::Key;
use crate::value::Value;

/// A program, as the kernel describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    pub uid: u32,
    /// All its groups.
    pub groups: Vec<u32>,
    /// Its control group, as a path.
    pub cgroup: String,
    /// The label that root gave its control group, or the nearest around it.
    pub label: Option<String>,
}

/// A user or group of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub name: String,
    /// `None` for a name that nobody has: it matches nobody.
    pub number: Option<u32>,
}

/// Whom a rule is for: each list that is not empty must have one that fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    pub users: Vec<Named>,
    pub groups: Vec<Named>,
    pub cgroups: Vec<Glob>,
    pub labels: Vec<Glob>,
}

impl Condition {
    pub fn fits(&self, who: &Who) -> bool {
        one_of(&self.users, |user| user.number == Some(who.uid))
            && one_of(&self.groups, |group| group.number.is_some_and(|number| who.groups.contains(&number)))
            && one_of(&self.cgroups, |cgroup| cgroup.matches(&who.cgroup))
            && one_of(&self.labels, |label| who.label.as_ref().is_some_and(|own| label.matches(own)))
    }

    /// Whether it fits everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether `fits` holds for one of these, or there are none.
fn one_of<T>(all: &[T], fits: impl Fn(&T) -> bool) -> bool {
    all.is_empty() || all.iter().any(fits)
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |all: &[Named]| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        let patterns = |all: &[Glob]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let parts = [
            ("user", names(&self.users)),
            ("group", names(&self.groups)),
            ("cgroup", patterns(&self.cgroups)),
            ("label", patterns(&self.labels)),
        ];
        let said = parts.iter().filter(|(_, all)| !all.is_empty());
        let said: Vec<_> = said.map(|(key, all)| format!("{key} {}", all.join(" or "))).collect();
        f.write_str(&if said.is_empty() { "everybody".to_owned() } else { said.join(" and ") })
    }
}

/// Who said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File { file: Arc<Path>, line: usize },
    /// An administrator, of a running broker.
    Set,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Set => f.write_str("avactl policy set"),
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub value: Value,
    pub origin: Origin,
}

/// What is said of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(pub BTreeMap<Key, Term>);

impl Terms {
    /// What is said of a key.
    #[must_use]
    pub fn term(&self, key: Key) -> Option<&Term> {
        self.0.get(&key)
    }

    /// A number, a number of bytes, a percentage or milliseconds, and who said it.
    #[must_use]
    pub fn number(&self, key: Key) -> Option<(u64, &Origin)> {
        let term = self.term(key)?;
        match term.value {
            Value::Count(number) | Value::Bytes(number) | Value::Percent(number) | Value::Milliseconds(number) => {
                Some((number, &term.origin))
            }
            Value::Word(_) | Value::List(_) => None,
        }
    }

    /// A word.
    #[must_use]
    pub fn word(&self, key: Key) -> Option<&'static str> {
        match self.term(key)?.value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// A list, and who said it.
    #[must_use]
    pub fn list(&self, key: Key) -> Option<(&[String], &Origin)> {
        let term = self.term(key)?;
        match &term.value {
            Value::List(all) => Some((all, &term.origin)),
            _ => None,
        }
    }

    /// What of it has no effect yet; see [`Definition::gap`](crate::keys::Definition::gap).
    pub fn gaps(&self) -> impl Iterator<Item = String> {
        let apis = self.list(Key::Apis).map(|(apis, _)| apis);
        self.0.keys().filter_map(move |key| key.definition().gap(apis))
    }

    /// What of it the tenant cannot be given with the APIs that it may use, and who said so.
    pub fn conflicts(&self) -> impl Iterator<Item = (String, &Origin)> {
        let apis = self.list(Key::Apis).map(|(apis, _)| apis);
        self.0.iter().filter_map(move |(key, term)| Some((key.definition().conflict(apis)?, &term.origin)))
    }

    /// Who keeps the tenant from using an API, if somebody does.
    #[must_use]
    pub fn refuses(&self, api: &str) -> Option<&Origin> {
        let listed = self.list(Key::Apis).filter(|(apis, _)| !apis.iter().any(|allowed| allowed == api));
        let mut others = self.0.iter().filter(|(key, _)| key.definition().closes.contains(&api));
        listed.map(|(_, by)| by).or_else(|| others.next().map(|(_, term)| &term.origin))
    }

    /// These, with those of `above` in place of them where both say something.
    #[must_use]
    pub fn under(&self, above: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(above.0.iter().map(|(key, term)| (*key, term.clone())));
        all
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<_> = self.0.iter().map(|(key, term)| format!("{} {}", key.name(), term.value)).collect();
        f.write_str(&if said.is_empty() { "nothing".to_owned() } else { said.join(", ") })
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) condition: Condition,
    /// The tenant; `None` for the user in its container.
    pub tenant: Option<Arc<str>>,
    pub terms: Terms,
    pub origin: Origin,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenant = self.tenant.as_ref().map(|tenant| format!("tenant {tenant}, ")).unwrap_or_default();
        write!(f, "{}: {tenant}{}", self.condition, self.terms)
    }
}

/// The longest name of a tenant, in bytes. A user's name and a container's fit.
const LONGEST: usize = 256;

/// Whether a text can be a tenant's name: it appears in logs, on command lines and in files' names.
#[must_use]
pub fn is_tenant_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && !name.starts_with(['-', '.']) && name.chars().all(is_of_names)
}

/// The longest label of a control group, in bytes.
pub const LONGEST_LABEL: usize = 64;

/// Whether a text can be the label of a control group: a short one that a tenant could have as its name.
#[must_use]
pub fn is_label(label: &str) -> bool {
    label.len() <= LONGEST_LABEL && is_tenant_name(label)
}

/// Whether a character may be in a name.
pub(crate) fn is_of_names(one: char) -> bool {
    one.is_alphanumeric() || "-._@:".contains(one)
}
