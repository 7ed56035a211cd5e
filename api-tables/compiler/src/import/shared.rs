//! Parameters that many functions have in this order: a table says them once.

use std::collections::{BTreeMap, BTreeSet};

use super::guess::{Guess, Named};
use super::words;

/// How many functions have to have parameters, before they get a name.
const SEVERAL: usize = 4;

/// Parameters with a name, and the facts about them.
#[derive(Debug, PartialEq, Eq)]
pub struct Shared {
    pub name: String,
    pub params: Vec<Named>,
    pub facts: Vec<String>,
}

/// Puts `_: NAME` in the place of parameters that several functions have, with the facts about them. `is_taken` says which
/// names are in use.
pub fn find(guesses: &mut [Guess], is_taken: &dyn Fn(&str) -> bool) -> Vec<Shared> {
    let mut found: Vec<Shared> = Vec::new();
    while let Some((run, facts)) = longest(guesses) {
        let first = run.iter().find(|(_, shape)| shape.contains('[')).unwrap_or(&run[0]);
        let mut name = words::camel(&first.0);
        while is_taken(&name) || found.iter().any(|other| other.name == name) {
            name.push_str("Params");
        }
        for guess in guesses.iter_mut() {
            if let Some(at) = position(guess, &run, &facts) {
                guess.params.splice(at..at + run.len(), [("_".to_owned(), name.clone())]);
                guess.facts.retain(|fact| !facts.contains(fact));
            }
        }
        found.push(Shared { name, params: run, facts });
    }
    found
}

/// Parameters, and the facts about them.
type Run<'a> = (&'a [Named], Vec<String>);

/// The parameters whose name saves the most lines, and the facts about them.
fn longest(guesses: &[Guess]) -> Option<(Vec<Named>, Vec<String>)> {
    let mut counts: BTreeMap<Run<'_>, usize> = BTreeMap::new();
    for guess in guesses.iter().filter(|guess| guess.gaps.is_empty()) {
        let params = &guess.params;
        for from in 0..params.len() {
            for run in (from + 2..=params.len()).map(|to| &params[from..to]).filter(|run| is_closed(run, guess)) {
                *counts.entry((run, about(run, guess))).or_default() += 1;
            }
        }
    }
    let saved = |((run, _), count): &(&Run<'_>, &usize)| (run.len() - 1) * **count;
    let several = counts.iter().filter(|(_, count)| **count >= SEVERAL);
    several.max_by_key(saved).map(|((run, facts), _)| (run.to_vec(), facts.clone()))
}

/// The facts of a function about these parameters.
fn about(run: &[Named], guess: &Guess) -> Vec<String> {
    let names = names(run);
    guess.facts.iter().filter(|fact| tokens(fact).any(|word| names.contains(word))).cloned().collect()
}

/// Whether parameters and the facts about them name no others of the function, and no others name them; and one of them
/// says how long another is.
fn is_closed(run: &[Named], guess: &Guess) -> bool {
    let (all, own) = (names(&guess.params), names(run));
    let mut others = guess.params.iter().filter(|param| !run.contains(param));
    let within = |text: &str| tokens(text).filter(|word| all.contains(word)).all(|word| own.contains(word));
    run.iter().all(|(name, shape)| name != "_" && within(shape))
        && run.iter().any(|(_, shape)| shape.contains('['))
        && about(run, guess).iter().all(|fact| within(fact))
        && others.all(|(_, shape)| !tokens(shape).any(|word| own.contains(word)))
}

/// Where a function has these parameters, with just these facts about them.
fn position(guess: &Guess, run: &[Named], facts: &[String]) -> Option<usize> {
    let is = guess.gaps.is_empty() && is_closed(run, guess) && about(run, guess) == facts;
    guess.params.windows(run.len()).position(|window| is && *window == *run)
}

fn names(params: &[Named]) -> BTreeSet<&str> {
    params.iter().map(|(name, _)| name.as_str()).collect()
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '#')
}
