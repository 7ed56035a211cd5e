//! All rules together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::{self, Source};
use crate::people::People;
use crate::problem::{Place, Problem};
use crate::rule::{Origin, Rule, Terms, Who};
use crate::text;

/// The most rules of all files together: a program's start waits until they are compared with it.
const MOST_RULES: usize = 4096;

/// What the files say.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The files, in the order in which they were read.
    pub files: Vec<PathBuf>,
    /// In order: the first that fits counts.
    pub rules: Vec<Rule>,
    /// Of everybody of whom no rule says otherwise.
    pub default: Terms,
    /// Of the tenants that rules name: all that their rules say.
    named: BTreeMap<Arc<str>, Terms>,
}

impl Policy {
    /// The policy of a file and of those in its directory ([`files::read`]), and what is doubtful about it.
    ///
    /// # Errors
    /// All that is wrong with them, warnings included.
    pub fn load(main: &Path, required: bool) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        Self::of(&files::read(main, required)?, &files::people())
    }

    /// The policy of these files, and what is doubtful about it.
    ///
    /// # Errors
    /// All that is wrong with them, warnings included.
    pub fn of(sources: &[Source], people: &People) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let mut policy = Self::default();
        let mut problems = Vec::new();
        for source in sources {
            let read = text::read(&source.file, &source.text, people);
            problems.extend(read.problems);
            policy.files.push(source.file.clone());
            // As everywhere, a later file may change what an earlier one says of everybody.
            policy.default = policy.default.under(&read.default);
            policy.rules.extend(read.rules);
            if policy.rules.len() > MOST_RULES {
                problems.push(Problem::of_file(&source.file, format!("there are more than {MOST_RULES} rules")));
                return Err(problems);
            }
        }
        policy.name(&mut problems);
        policy.find_conflicts(&mut problems);
        policy.find_unreachable(&mut problems);
        if problems.iter().any(Problem::is_error) { Err(problems) } else { Ok((policy, problems)) }
    }

    /// Collects what is said of each named tenant; its rules may not disagree.
    fn name(&mut self, problems: &mut Vec<Problem>) {
        for rule in &self.rules {
            let Some(tenant) = &rule.tenant else { continue };
            let known = self.named.entry(Arc::clone(tenant)).or_default();
            for (key, term) in &rule.terms.0 {
                let earlier = known.0.entry(*key).or_insert_with(|| term.clone());
                if earlier.value != term.value {
                    let (name, value, other) = (key.name(), &term.value, &earlier.origin);
                    let what = format!("`{name}` of tenant {tenant} is {value} here and {} at {other}", earlier.value);
                    problems.push(at(&term.origin, what));
                }
            }
        }
    }

    /// What is said of a tenant, or of everybody, may not contradict itself.
    fn find_conflicts(&self, problems: &mut Vec<Problem>) {
        let own = self.rules.iter().filter(|rule| rule.tenant.is_none()).map(|rule| &rule.terms);
        let all = self.named.values().chain(own).map(|terms| self.default.under(terms)).chain([self.default.clone()]);
        let mut found: Vec<Problem> = Vec::new();
        for terms in all {
            found.extend(terms.conflicts().map(|(what, origin)| at(origin, what)));
        }
        // What is said of everybody is found again with each tenant.
        for problem in found {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }

    /// A rule that another precedes which fits all that it fits has no effect.
    fn find_unreachable(&self, problems: &mut Vec<Problem>) {
        let mut seen: BTreeMap<String, &Origin> = BTreeMap::new();
        let mut all: Option<&Origin> = None;
        for rule in &self.rules {
            let earlier = all.or_else(|| seen.get(&rule.condition.to_string()).copied());
            if let Some(earlier) = earlier {
                problems.push(at(&rule.origin, format!("this rule never counts: the one at {earlier} comes first")));
                // One is enough where all further rules have this problem.
                if all.is_some() {
                    return;
                }
            }
            seen.entry(rule.condition.to_string()).or_insert(&rule.origin);
            if rule.condition.is_empty() {
                all = Some(&rule.origin);
            }
        }
    }

    /// The rule for a program.
    #[must_use]
    pub fn rule(&self, who: &Who) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.condition.fits(who))
    }

    /// What holds for a tenant, of which this program is one.
    #[must_use]
    pub fn terms(&self, tenant: &str, who: Option<&Who>) -> Terms {
        let of_rule =
            || who.and_then(|who| self.rule(who)).filter(|rule| rule.tenant.is_none()).map(|rule| &rule.terms);
        let own = self.named.get(tenant).or_else(of_rule);
        own.map_or_else(|| self.default.clone(), |own| self.default.under(own))
    }

    /// The tenants that rules name.
    pub fn named(&self) -> impl Iterator<Item = &Arc<str>> {
        self.named.keys()
    }

    /// What it says and has no effect yet: keys, and APIs for which they have none.
    #[must_use]
    pub fn not_enforced(&self) -> Vec<String> {
        let all = self.rules.iter().map(|rule| self.default.under(&rule.terms)).chain([self.default.clone()]);
        let mut gaps: Vec<String> = all.flat_map(|terms| terms.gaps().collect::<Vec<_>>()).collect();
        gaps.sort();
        gaps.dedup();
        gaps
    }

    /// The whole policy, a line for each part.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let default = (!self.default.0.is_empty()).then(|| format!("default: {}", self.default));
        default.into_iter().chain(self.rules.iter().map(|rule| format!("rule for {rule}"))).collect()
    }
}

/// An error at the line of an origin.
fn at(origin: &Origin, message: String) -> Problem {
    match origin {
        Origin::File { file, line } => {
            let place = Place { line: *line, column: 1 };
            Problem { place: Some((place, String::new(), 1)), ..Problem::of_file(file, message) }
        }
        Origin::Set => Problem::of_file("".as_ref(), message),
    }
}

#[cfg(test)]
mod tests;
