//! Files, devices and settings that vendors need: the attributes of the file from which a worker's sandbox is made.

use crate::attr::{self, Attr};
use crate::model::{Api, Configuration, Needs, Place};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

pub(super) const NEEDS: &[&str] = &["read", "write", "execute", "device", "socket"];
pub(super) const PLACES: &[&str] = &["variable", "lines", "setting"];

/// Reads them into an [`Api`] that has its `environment`, wherever in the file that stands.
pub fn read(attrs: &[Attr], api: &mut Api, problems: &mut Problems) {
    let mut reader = Reader { environment: &api.environment, problems };
    let mut configurations = Vec::new();
    for attr in attrs {
        match attr.word.as_str() {
            "sandbox" => api.sandbox = reader.needs(attr),
            "configuration" => {
                let new = reader.configuration(attr, &configurations);
                configurations.extend(new);
            }
            _ => {}
        }
    }
    api.configurations = configurations;
}

/// What a path has to be.
#[derive(Clone, Copy)]
enum Below {
    Root,
    Devices,
}

struct Reader<'a> {
    environment: &'a [String],
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// `#![sandbox(read("/etc/toy"), device("/dev/toy*"))]`
    fn needs(&mut self, attr: &Attr) -> Needs {
        if attr.args.is_empty() {
            self.problems.add(attr.span, "`sandbox` says nothing about what", "needs `read(…)` or the like");
        }
        let mut needs = Needs::default();
        let mut seen: Vec<String> = Vec::new();
        for arg in &attr.args {
            let Some((word, args)) = call(arg) else {
                let label = "not `read(…)` or the like";
                self.problems
                    .add(arg.span(), "`sandbox` takes needs", label)
                    .help(format!("needs are {}", list(NEEDS)));
                continue;
            };
            let name = word.to_string();
            if seen.contains(&name) {
                self.problems.add(word.span(), format!("`{name}` is given twice"), "again");
            }
            if args.is_empty() {
                self.problems.add(word.span(), format!("`{name}` says nothing about what"), "needs a place");
            }
            match name.as_str() {
                "read" => needs.read = self.places(&args),
                "write" => needs.write = self.places(&args),
                "execute" => needs.execute = self.places(&args),
                "device" => needs.devices = self.paths(&name, &args, Below::Devices),
                "socket" => needs.sockets = self.paths(&name, &args, Below::Root),
                _ => self
                    .problems
                    .add(word.span(), format!("a sandbox has no need called `{name}`"), "unknown need")
                    .near(&name, NEEDS.iter().copied()),
            }
            seen.push(name);
        }
        needs
    }

    fn places(&mut self, args: &[&Expr]) -> Vec<Place> {
        args.iter().filter_map(|arg| self.place(arg)).collect()
    }

    fn place(&mut self, expr: &Expr) -> Option<Place> {
        if let Some(text) = attr::text(expr) {
            return self.path(text, expr.span(), Below::Root).map(Place::Path);
        }
        let Some((word, args)) = call(expr) else {
            self.problems
                .add(expr.span(), "a place is a path or a function of places", "neither")
                .help(format!("write a string, or one of {}", list(PLACES)));
            return None;
        };
        match word.to_string().as_str() {
            "variable" => {
                let [name] = self.arguments(word, &args, "variable(\"NAME\")")?;
                let variable = self.text("variable", name)?;
                self.variable(variable, name.span()).map(Place::Variable)
            }
            "lines" => {
                let [files] = self.arguments(word, &args, "lines(place)")?;
                Some(Place::Lines(Box::new(self.files(word, files)?)))
            }
            "setting" => {
                let [files, key] = self.arguments(word, &args, "setting(place, \"key\")")?;
                let (files, name) = (self.files(word, files), self.text("setting", key)?);
                if name.trim().is_empty() {
                    self.problems.add(key.span(), "a setting has a key", "is empty");
                }
                Some(Place::Setting(Box::new(files?), name))
            }
            unknown => {
                self.problems
                    .add(word.span(), format!("no function of places is called `{unknown}`"), "unknown function")
                    .near(unknown, PLACES.iter().copied());
                None
            }
        }
    }

    /// The files that a function of places reads. Files that other files name are not allowed: a file's content would
    /// decide which files are trusted.
    fn files(&mut self, word: &syn::Ident, expr: &Expr) -> Option<Place> {
        let place = self.place(expr)?;
        if let Place::Lines(_) | Place::Setting(..) = place {
            self.problems
                .add(expr.span(), format!("`{word}` looks into files that the table names"), "in a file itself")
                .help("write a string or `variable(…)`");
            return None;
        }
        Some(place)
    }

    fn arguments<'e, const N: usize>(
        &mut self,
        word: &syn::Ident,
        args: &[&'e Expr],
        usage: &str,
    ) -> Option<[&'e Expr; N]> {
        let found = args.try_into().ok();
        if found.is_none() {
            let message = format!("`{word}` takes {}", if N == 1 { "one argument" } else { "two arguments" });
            self.problems.add(word.span(), message, format!("has {}", args.len())).help(format!("write `{usage}`"));
        }
        found
    }

    fn paths(&mut self, word: &str, args: &[&Expr], below: Below) -> Vec<String> {
        args.iter()
            .filter_map(|arg| {
                let text = self.text(word, arg)?;
                self.path(text, arg.span(), below)
            })
            .collect()
    }

    /// A path is the same for every worker, and absolute without `..`.
    fn path(&mut self, path: String, at: Span, below: Below) -> Option<String> {
        if !path.starts_with('/') {
            self.problems.add(at, "a path of a sandbox is absolute", "does not begin with `/`");
            return None;
        }
        if path.split('/').any(|name| name == "." || name == "..") {
            self.problems.add(at, "a path of a sandbox is absolute and direct", "has `.` or `..` in it");
            return None;
        }
        let device = path.strip_prefix("/dev/").is_some_and(|rest| !rest.is_empty());
        if matches!(below, Below::Devices) && !device {
            self.problems.add(at, "devices are in `/dev`", "not below `/dev/`");
            return None;
        }
        Some(path)
    }

    fn text(&mut self, word: &str, arg: &Expr) -> Option<String> {
        let text = attr::text(arg);
        if text.is_none() {
            self.problems.add(arg.span(), format!("`{word}` takes strings"), "not a string");
        }
        text
    }

    /// The name of a variable that workers get.
    fn variable(&mut self, name: String, at: Span) -> Option<String> {
        if name.is_empty() || name.contains(['*', '=']) {
            self.problems.add(at, "a variable has one name", "not a name");
            return None;
        }
        let inherited = self.environment.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *pattern,
        });
        if !inherited {
            let known = self.environment.iter().map(String::as_str);
            let problem =
                self.problems.add(at, format!("no worker gets a variable called `{name}`"), "unknown variable");
            problem.near(&name, known);
            if !problem.has_help() {
                problem.help(format!("write `#![environment(\"{name}\")]` if workers are to inherit it"));
            }
            return None;
        }
        Some(name)
    }

    /// `#![configuration(variable = "TOY_CONF", file = "toy.conf", text = "store = {home}/toys\n")]`
    fn configuration(&mut self, attr: &Attr, others: &[Configuration]) -> Option<Configuration> {
        let keys = ["variable", "file", "text", "home"];
        let found = attr.known(&keys, self.problems)?;
        let [Some(name), Some(file), Some(text), home] = found[..] else {
            let missing = keys.iter().zip(&found).find(|(_, value)| value.is_none()).map_or("", |(key, _)| key);
            let label = format!("without `{missing}`");
            self.problems.add(attr.span, format!("`configuration` needs `{missing} = …`"), label);
            return None;
        };
        let home = match home {
            Some(home) => Some(self.text("home", home).and_then(|path| self.below_home(path, home.span()))?),
            None => None,
        };
        let variable = self.text("variable", name).and_then(|variable| self.variable(variable, name.span()));
        let found = self.text("file", file).and_then(|file_name| self.file(file_name, file.span()));
        let (text, variable, found) = (self.text("text", text)?, variable?, found?);
        if others.iter().any(|other| other.variable == variable) {
            self.problems.add(name.span(), format!("`{variable}` has a configuration already"), "again");
        }
        if others.iter().any(|other| other.file == found) {
            self.problems.add(file.span(), format!("`{found}` is a configuration already"), "again");
        }
        Some(Configuration { variable, file: found, home, text })
    }

    /// A file below a user's home, without `..`.
    fn below_home(&mut self, path: String, at: Span) -> Option<String> {
        if path.split('/').any(|name| matches!(name, "" | "." | "..")) {
            self.problems.add(
                at,
                "a file below the home goes straight to its end",
                "is absolute, or has `.` or `..` in it",
            );
            return None;
        }
        Some(path)
    }

    fn file(&mut self, name: String, at: Span) -> Option<String> {
        if name.is_empty() || name.contains('/') || name == "." || name == ".." {
            self.problems
                .add(at, "a configuration is right in the tenant's directory", "not the name of a file")
                .help("write a name without `/`");
            return None;
        }
        Some(name)
    }
}

/// `word(…)`, taken apart.
fn call(expr: &Expr) -> Option<(&syn::Ident, Vec<&Expr>)> {
    let Expr::Call(call) = expr else { return None };
    Some((attr::ident(&call.func)?, call.args.iter().collect()))
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}(…)`")).collect::<Vec<_>>().join(", ")
}
