//! Which programs are of which tenant, and what holds for each.
//!
//! - **Invariant:** a session keeps its tenant. What holds for a tenant changes at once when the files or an administrator say
//!   otherwise.
//! - **Invariant:** only tenants with sessions or waiting programs are kept, and a limited number that were set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use ava_policy::{Key, Origin, Policy, Term, Terms, Who, is_tenant_name};
use ava_protocol::quota::{Limits, UNLIMITED};
use ava_scheduler::{Cap, Class, Terms as Share, Weight};

use super::admission::Quota;

/// The most tenants of which an administrator says something beside the files.
const MOST_SET: usize = 1024;

/// What an administrator asks for and cannot have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no name of a tenant")]
    Name(String),
    #[error("{0}")]
    NoKey(String),
    #[error("`{0}`: {1}")]
    Value(&'static str, String),
    #[error("{0}")]
    Conflict(String),
    #[error("`{0}` of {1} was not set")]
    NotSet(&'static str, String),
    #[error("{MOST_SET} tenants have something set already")]
    TooMany,
}

/// What a worker is made with, so that it can serve no other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Libraries that it may load for its program, in place of others.
    pub plugins: Option<OsString>,
    /// The most bytes of regions.
    pub region_bytes: Option<u64>,
    pub lanes: Option<u64>,
    /// Patterns of the devices that it shows.
    pub devices: Option<Vec<String>>,
    /// The part of each device that it shows, in percent.
    pub compute_units: Option<u64>,
}

impl Allowance {
    /// That of a tenant of which no rule says anything.
    pub const USUAL: Self = Self { plugins: None, region_bytes: None, lanes: None, devices: None, compute_units: None };

    fn of(terms: &Terms) -> Self {
        let number = |key| terms.number(key).map(|(number, _)| number);
        // The list's reader refuses paths with colons.
        let plugins = terms.list(Key::Plugins).map(|(paths, _)| paths.join(":").into());
        let devices = terms.list(Key::Devices).map(|(patterns, _)| patterns.to_vec());
        Self {
            plugins,
            region_bytes: number(Key::RegionBytes),
            lanes: number(Key::Lanes),
            devices,
            compute_units: number(Key::ComputeUnits),
        }
    }
}

/// A tenant with sessions or waiting programs.
#[derive(Debug)]
struct Known {
    /// The program that came last.
    who: Who,
    terms: Terms,
}

/// The policy in force, and the tenants that it holds for.
#[derive(Debug)]
pub struct Tenancy {
    policy: Policy,
    /// What an administrator says beside the files.
    set: BTreeMap<Arc<str>, Terms>,
    known: BTreeMap<Arc<str>, Known>,
    /// The sessions of a tenant, if no rule says otherwise.
    sessions: usize,
}

impl Tenancy {
    /// With this policy; without a rule a tenant may have so many sessions.
    pub fn new(policy: Policy, sessions: usize) -> Self {
        Self { policy, set: BTreeMap::new(), known: BTreeMap::new(), sessions }
    }

    /// The policy of the files.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The tenant of a program: the one that its rule names, or else `own`.
    pub fn tenant(&self, who: &Who, own: &str) -> Arc<str> {
        let named = self.policy.rule(who).and_then(|rule| rule.tenant.clone());
        named.unwrap_or_else(|| own.into())
    }

    /// A program of a tenant asks for a session. If the tenant's programs have different rules, the last one's counts.
    pub fn enter(&mut self, tenant: &Arc<str>, who: Who) {
        let terms = self.find(tenant, Some(&who));
        self.known.insert(Arc::clone(tenant), Known { who, terms });
    }

    /// Forgets tenants that are not in use.
    pub fn keep(&mut self, in_use: impl Fn(&Arc<str>) -> bool) {
        self.known.retain(|tenant, _| in_use(tenant));
    }

    /// Takes another policy. What was set stays.
    pub fn replace(&mut self, policy: Policy) {
        self.policy = policy;
        self.refresh();
    }

    /// An administrator says something of a tenant: all of it, or nothing.
    pub fn set(&mut self, tenant: &str, settings: &[(String, String)]) -> Result<(), Error> {
        if !is_tenant_name(tenant) {
            return Err(Error::Name(tenant.to_owned()));
        }
        let mut terms = self.set.get(tenant).cloned().unwrap_or_default();
        for (name, word) in settings {
            let key = find_key(name)?;
            let value = key.definition().kind.read_word(word).map_err(|what| Error::Value(key.name(), what))?;
            terms.0.insert(key, Term { value, origin: Origin::Set });
        }
        self.is_consistent(tenant, &terms)?;
        if !self.set.contains_key(tenant) && self.set.len() >= MOST_SET {
            return Err(Error::TooMany);
        }
        self.set.insert(tenant.into(), terms);
        self.refresh();
        Ok(())
    }

    /// An administrator takes something back that was set; without keys all of it.
    pub fn unset(&mut self, tenant: &str, keys: &[String]) -> Result<(), Error> {
        let mut terms = self.set.get(tenant).cloned().unwrap_or_default();
        for name in keys {
            let key = find_key(name)?;
            terms.0.remove(&key).ok_or_else(|| Error::NotSet(key.name(), tenant.to_owned()))?;
        }
        self.is_consistent(tenant, &terms)?;
        if keys.is_empty() || terms.0.is_empty() {
            self.set.remove(tenant);
        } else {
            self.set.insert(tenant.into(), terms);
        }
        self.refresh();
        Ok(())
    }

    /// What holds for a tenant; if it has no session, for this program of it.
    pub fn terms(&self, tenant: &str, who: Option<&Who>) -> Terms {
        self.known.get(tenant).map_or_else(|| self.find(tenant, who), |known| known.terms.clone())
    }

    /// What holds for a program of a tenant, whether or not it has come.
    pub fn allowance(&self, tenant: &str, who: &Who) -> Allowance {
        Allowance::of(&self.find(tenant, Some(who)))
    }

    /// What a tenant is entitled to of a device.
    pub fn share(&self, tenant: &str) -> Share {
        self.known.get(tenant).map_or_else(Share::default, |known| share_in(&known.terms))
    }

    /// How many sessions a tenant may have.
    pub fn quota(&self, tenant: &str) -> Quota {
        self.known.get(tenant).map_or_else(|| self.quota_in(&Terms::default()), |known| self.quota_in(&known.terms))
    }

    /// How many sessions may be had on these terms.
    pub fn quota_in(&self, terms: &Terms) -> Quota {
        match terms.number(Key::Sessions) {
            Some((most, by)) => {
                Quota { most: usize::try_from(most).unwrap_or(usize::MAX), said_by: Some(by.to_string()) }
            }
            None => Quota { most: self.sessions, said_by: None },
        }
    }

    /// What a tenant's sessions may have together.
    pub fn limits(&self, tenant: &str) -> Limits {
        let terms = self.terms(tenant, None);
        let most = |key| terms.number(key).map_or(UNLIMITED, |(most, _)| most);
        Limits {
            memory: [Key::DeviceMemory, Key::HostMemory].map(most),
            per_second: [Key::CommandsPerSecond, Key::BytesPerSecond].map(most),
            longest_command: most(Key::LongestCommand),
        }
    }

    /// How long a command of a tenant may run, if not as long as it likes, and who says so.
    pub fn longest_command(&self, tenant: &str) -> Option<(Duration, &Origin)> {
        let (time, by) = self.known.get(tenant)?.terms.number(Key::LongestCommand)?;
        Some((Duration::from_millis(time), by))
    }

    /// Which rule keeps a tenant from using an API, if one does.
    pub fn refuses(&self, tenant: &str, api: &str) -> Option<&Origin> {
        self.known.get(tenant)?.terms.refuses(api)
    }

    /// The tenants with sessions or waiting programs, and those of which rules or administrators say something.
    pub fn all(&self) -> Vec<Arc<str>> {
        let mut all: Vec<_> = self.known.keys().chain(self.policy.named()).chain(self.set.keys()).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// All that is in force, a line for each part.
    pub fn lines(&self) -> Vec<String> {
        let set = self.set.iter().map(|(tenant, terms)| format!("set for tenant {tenant}: {terms}"));
        self.policy.lines().into_iter().chain(set).collect()
    }

    /// Whether a tenant could have all of this beside what the files say of it.
    fn is_consistent(&self, tenant: &str, set: &Terms) -> Result<(), Error> {
        let who = self.known.get(tenant).map(|known| &known.who);
        let conflict = self.policy.terms(tenant, who).under(set).conflicts().next().map(|(what, _)| what);
        conflict.map_or(Ok(()), |what| Err(Error::Conflict(what)))
    }

    fn find(&self, tenant: &str, who: Option<&Who>) -> Terms {
        let terms = self.policy.terms(tenant, who);
        self.set.get(tenant).map_or_else(|| terms.clone(), |set| terms.under(set))
    }

    fn refresh(&mut self) {
        let mut known = std::mem::take(&mut self.known);
        for (tenant, one) in &mut known {
            one.terms = self.find(tenant, Some(&one.who));
        }
        self.known = known;
    }
}

fn share_in(terms: &Terms) -> Share {
    let number = |key| terms.number(key).and_then(|(number, _)| u32::try_from(number).ok());
    let class = match terms.word(Key::Priority) {
        Some("high") => Class::High,
        Some("background") => Class::Background,
        _ => Class::Normal,
    };
    Share {
        weight: number(Key::Weight).and_then(Weight::new).unwrap_or(Weight::ONE),
        class,
        cap: number(Key::DeviceTime).and_then(|percent| Cap::new(percent.saturating_mul(10))),
    }
}

fn find_key(name: &str) -> Result<Key, Error> {
    Key::typed(name).map_err(Error::NoKey)
}

#[cfg(test)]
mod tests {
    use ava_policy::{People, files::Source};

    use super::*;

    fn policy(text: &str) -> Policy {
        let source = Source { file: "/etc/ava/ava.toml".into(), text: text.to_owned() };
        Policy::of(&[source], &People::default()).unwrap().0
    }

    fn who(uid: u32) -> Who {
        Who { uid, ..Who::default() }
    }

    const RULES: &str = "[default]\nsessions = 3\n[[rule]]\nmatch = { user = 1 }\ntenant = \"vision\"\nsessions = 5\napis = [\"opencl\"]\n[[rule]]\nmatch = { user = 2 }\nlanes = 7\nplugins = [\"/a.so\", \"/b.so\"]\ndevices = \"opencl:0\"\n";

    fn pairs(settings: &[(&str, &str)]) -> Vec<(String, String)> {
        settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn programs_have_tenants_and_tenants_have_terms() {
        let mut tenancy = Tenancy::new(policy(RULES), 256);
        let vision = tenancy.tenant(&who(1), "alice");
        assert_eq!((&*vision, &*tenancy.tenant(&who(2), "bob")), ("vision", "bob"));
        tenancy.enter(&vision, who(1));
        tenancy.enter(&"bob".into(), who(2));
        let quota = tenancy.quota("vision");
        assert_eq!((quota.most, quota.said_by.as_deref()), (5, Some("/etc/ava/ava.toml:6")));
        assert_eq!(tenancy.quota("bob").most, 3, "the default's");
        assert_eq!(tenancy.refuses("vision", "cuda").unwrap().to_string(), "/etc/ava/ava.toml:7");
        assert!(tenancy.refuses("vision", "opencl").is_none() && tenancy.refuses("bob", "cuda").is_none());
        let bobs = Allowance {
            plugins: Some("/a.so:/b.so".into()),
            lanes: Some(7),
            devices: Some(vec!["opencl:0".into()]),
            ..Allowance::USUAL
        };
        assert_eq!(tenancy.allowance("bob", &who(2)), bobs);
        tenancy.keep(|tenant| &**tenant == "bob");
        assert_eq!(tenancy.all().iter().map(|name| &**name).collect::<Vec<_>>(), ["bob", "vision"], "a rule names one");
        assert_eq!(Tenancy::new(Policy::default(), 256).quota("anybody"), Quota { most: 256, said_by: None });
    }

    #[test]
    fn what_is_set_counts_at_once_and_stays_when_the_files_change() {
        let mut tenancy = Tenancy::new(policy(RULES), 256);
        tenancy.enter(&"vision".into(), who(1));
        tenancy.set("vision", &pairs(&[("sessions", "9"), ("weight", "2")])).unwrap();
        assert_eq!(tenancy.quota("vision"), Quota { most: 9, said_by: Some("avactl policy set".into()) });
        tenancy.replace(policy("[default]\nsessions = 1\n"));
        assert_eq!(tenancy.quota("vision").most, 9);
        assert_eq!(tenancy.lines(), ["default: sessions 1", "set for tenant vision: weight 2, sessions 9"]);
        tenancy.unset("vision", &["sessions".to_owned()]).unwrap();
        assert_eq!(tenancy.quota("vision").most, 1, "the tenant stays, though no rule names it now");
        tenancy.unset("vision", &[]).unwrap();
        assert_eq!(tenancy.lines(), ["default: sessions 1"]);
    }

    #[test]
    fn what_cannot_be_set_changes_nothing() {
        let mut tenancy = Tenancy::new(Policy::default(), 256);
        let mut said = |tenant: &str, settings: &[(&str, &str)]| tenancy.set(tenant, &pairs(settings)).unwrap_err();
        assert_eq!(said("a b", &[]), Error::Name("a b".into()));
        assert!(matches!(said("a", &[("weight", "2"), ("wieght", "3")]), Error::NoKey(_)));
        assert!(matches!(said("a", &[("weight", "2"), ("sessions", "many")]), Error::Value("sessions", _)));
        assert!(matches!(tenancy.unset("a", &["weight".into()]), Err(Error::NotSet("weight", _))));
        let units = ("compute_units", "50%");
        assert!(matches!(tenancy.set("a", &pairs(&[units])), Err(Error::Conflict(_))));
        assert!(tenancy.lines().is_empty());
        tenancy.set("a", &pairs(&[units, ("apis", "opencl")])).unwrap();
        assert!(matches!(tenancy.unset("a", &["apis".into()]), Err(Error::Conflict(_))));
        assert!(matches!(tenancy.set("a", &pairs(&[("apis", "opencl,cuda")])), Err(Error::Conflict(_))));
        tenancy.unset("a", &[]).unwrap();
        for number in 0..MOST_SET {
            tenancy.set(&format!("t{number}"), &pairs(&[("weight", "2")])).unwrap();
        }
        assert_eq!(tenancy.set("another", &pairs(&[("weight", "2")])), Err(Error::TooMany));
    }
}
