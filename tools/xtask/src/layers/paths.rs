//! What a source file names of its own crate: `use` paths and paths inside its code, read from its tokens.
//!
//! Tokens rather than a syntax tree, since a path inside a macro's arguments names its module as well. What is compiled for
//! tests only (`#[cfg(test)]`) is left out: a test may name everything. So is what `quote!` makes: it names other crates' modules.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A module's path inside its crate; empty for the root.
pub type Module = Vec<String>;

/// What one file declares and names.
#[derive(Debug, Default)]
pub struct Named {
    /// Modules that are files of their own, with the file that `#[path]` gives.
    pub children: Vec<(Module, Option<String>)>,
    /// Modules whose text is inside this file.
    pub inline: Vec<Module>,
    /// Modules inside this file whose text the build script makes.
    pub generated: Vec<Module>,
    /// Paths, as they are written.
    pub paths: Vec<Path>,
    /// What `use` gives a name, by module and name.
    pub aliases: HashMap<(Module, String), Vec<String>>,
}

/// A path in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The module that it stands in.
    pub inside: Module,
    /// Its segments.
    pub segments: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// Reads a file that is the module `module`.
pub fn read(text: &str, module: &Module) -> Result<Named, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("it is no Rust: {error}"))?;
    let mut named = Named::default();
    scan(tokens, module, &mut named);
    Ok(named)
}

fn scan(tokens: TokenStream, module: &Module, named: &mut Named) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let mut file = None;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let Some((attribute, after)) = attribute(&tokens, at) else {
                    at += 1;
                    continue;
                };
                at = if is_for_tests(&attribute) { end_of_item(&tokens, after) } else { after };
                file = path_of(&attribute).or(file);
            }
            TokenTree::Ident(word) if word == "mod" => at = scan_module(&tokens, at, module, file.take(), named),
            TokenTree::Ident(word) if word == "use" => {
                let end = end_of_use(&tokens, at);
                let mut tree = Tree { module, named };
                tree.read(&tokens[at + 1..end], &[]);
                at = end;
            }
            TokenTree::Ident(word) if word == "include" && is_punct(tokens.get(at + 1), '!') => {
                named.generated.push(module.clone());
                at += 1;
            }
            // What is quoted becomes code of another crate.
            TokenTree::Ident(word) if word == "quote" && is_punct(tokens.get(at + 1), '!') => at += 3,
            TokenTree::Ident(_) if !continues_a_path(&tokens, at) => at = scan_path(&tokens, at, module, named),
            // `pub(in path)` says who may use an item, which is no use.
            TokenTree::Group(group) if is_visibility(group) => at += 1,
            TokenTree::Group(group) => {
                scan(group.stream(), module, named);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// `mod name;` or `mod name { … }`; gives where it goes on.
fn scan_module(tokens: &[TokenTree], at: usize, module: &Module, file: Option<String>, named: &mut Named) -> usize {
    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return at + 1 };
    let inner: Module = module.iter().cloned().chain([name.to_string()]).collect();
    match tokens.get(at + 2) {
        Some(TokenTree::Punct(end)) if end.as_char() == ';' => named.children.push((inner, file)),
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            named.inline.push(inner.clone());
            scan(body.stream(), &inner, named);
        }
        _ => return at + 1,
    }
    at + 3
}

/// An identifier, and the path that it may begin; gives where it goes on.
fn scan_path(tokens: &[TokenTree], at: usize, module: &Module, named: &mut Named) -> usize {
    let mut segments = vec![tokens[at].to_string()];
    let mut end = at + 1;
    while is_separator(tokens, end)
        && let Some(TokenTree::Ident(next)) = tokens.get(end + 2)
    {
        segments.push(next.to_string());
        end += 3;
    }
    if segments.len() > 1 || is_separator(tokens, end) {
        named.paths.push(Path { inside: module.clone(), segments, line: tokens[at].span().start().line });
    }
    end
}

/// The tree of a `use` item.
struct Tree<'a> {
    module: &'a Module,
    named: &'a mut Named,
}

impl Tree<'_> {
    fn read(&mut self, tokens: &[TokenTree], before: &[String]) {
        for part in tokens.split(|token| is_punct(Some(token), ',')) {
            self.read_one(part, before);
        }
    }

    fn read_one(&mut self, tokens: &[TokenTree], before: &[String]) {
        let Some(first) = tokens.first() else { return };
        let line = first.span().start().line;
        let mut segments = before.to_vec();
        let mut alias = None;
        let mut rest = tokens.iter();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => alias = rest.next().map(ToString::to_string),
                TokenTree::Ident(word) => segments.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    return self.read(&inner, &segments);
                }
                // `use ::name` is another crate's.
                TokenTree::Punct(_) if segments.is_empty() => return,
                _ => {}
            }
        }
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        if let Some(name) = alias.or_else(|| segments.last().cloned()) {
            self.named.aliases.insert((self.module.clone(), name), segments.clone());
        }
        self.named.paths.push(Path { inside: self.module.clone(), segments, line });
    }
}

/// The attribute at a `#`, and where it ends.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(Group, usize)> {
    let at = at + 1 + usize::from(is_punct(tokens.get(at + 1), '!'));
    match tokens.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => Some((group.clone(), at + 1)),
        _ => None,
    }
}

/// Whether an attribute is a condition that only tests meet.
fn is_for_tests(attribute: &Group) -> bool {
    let mut tokens = attribute.stream().into_iter();
    let is_condition = matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == "cfg");
    let said = tokens.next().map(|condition| condition.to_string()).unwrap_or_default();
    let words: Vec<_> = said.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    is_condition && words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any")
}

/// The file that `#[path = "…"]` names.
fn path_of(attribute: &Group) -> Option<String> {
    let tokens: Vec<_> = attribute.stream().into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(word), _, TokenTree::Literal(file)] if word == "path" => {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// Behind the item that begins at `at`: its first brace or semicolon.
fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    tokens[at..].iter().position(is_end).map_or(tokens.len(), |length| at + length + 1)
}

fn end_of_use(tokens: &[TokenTree], at: usize) -> usize {
    let end = tokens[at..].iter().position(|token| is_punct(Some(token), ';'));
    end.map_or(tokens.len(), |length| at + length)
}

fn is_visibility(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "in")
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// Whether what stands at `at` is not the first segment of its path.
fn continues_a_path(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_separator(tokens, at - 2)
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of a text with their lines, as text.
    fn paths(text: &str) -> Vec<String> {
        let named = read(text, &Vec::new()).expect("it is Rust");
        named.paths.iter().map(|path| format!("{} {}", path.line, path.segments.join("::"))).collect()
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        assert_eq!(
            paths("use crate::a::{b, c::{self, D as E}};"),
            ["1 crate::a::b", "1 crate::a::c", "1 crate::a::c::D"]
        );
        assert_eq!(paths("fn f() {\n    g(crate::a::h::<u8>());\n}"), ["2 crate::a::h"]);
        assert_eq!(paths("fn f(x: &super::X) -> Vec<crate::y::Y> { todo(x) }"), ["1 super::X", "1 crate::y::Y"]);
        assert_eq!(paths("fn f() { g(quote!(crate::a::b())); crate::c::d() }"), ["1 crate::c::d"]);
        assert_eq!(paths("macro_rules! m { () => { $crate::a::b!() } }"), ["1 crate::a::b"]);
        assert_eq!(paths("fn f() { println!(\"{}\", crate::a::b()) }"), ["1 crate::a::b"]);
    }

    #[test]
    fn what_names_nothing_is_no_path() {
        assert_eq!(paths("use ::std::fmt; pub(in crate::a) fn f() { let x: u8 = 1; }"), Vec::<String>::new());
        assert_eq!(paths("/// See [`crate::a`].\nfn f() {}"), Vec::<String>::new());
    }

    #[test]
    fn tests_may_name_everything() {
        assert_eq!(paths("#[cfg(test)]\nmod tests { use crate::a::b; }\nuse crate::c;"), ["3 crate::c"]);
        assert_eq!(paths("#[cfg(test)] use crate::a; #[cfg(not(test))] use crate::c;"), ["1 crate::c"]);
        assert_eq!(paths("#[cfg(any(test, debug_assertions))] use crate::a;"), ["1 crate::a"]);
        assert_eq!(paths("#[cfg(test)] #[path = \"x.rs\"] mod tests;"), Vec::<String>::new());
    }

    #[test]
    fn modules_are_files_or_inside() {
        let text = "mod a;\nmod b { mod c; use super::a; }\n#[path = \"../e.rs\"]\nmod d;\nmod g { include!(x!()); }";
        let named = read(text, &vec!["r".into()]).expect("it is Rust");
        let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
        let children =
            [(module("r::a"), None), (module("r::b::c"), None), (module("r::d"), Some("../e.rs".to_owned()))];
        assert_eq!(named.children, children);
        assert_eq!(named.inline, [module("r::b"), module("r::g")]);
        assert_eq!(named.generated, [module("r::g")]);
        assert_eq!(named.paths, [Path { inside: module("r::b"), segments: module("super::a"), line: 2 }]);
    }
}
