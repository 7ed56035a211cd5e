//! From syntax to items: which kinds of items a table may have. Names are not resolved here.

pub mod groups;
pub mod params;
pub mod twins;

use crate::attr::{self, Attr};
use crate::problem::Problems;
use groups::{Content, Keys};
use indexmap::IndexMap;
use syn::spanned::Spanned;
use syn::{
    FnArg, ForeignItem, ForeignItemFn, Generics, Item, ItemConst, ItemForeignMod, ItemStruct, ItemType, Pat, Visibility,
};

/// A table file, item by item.
#[derive(Debug, Default)]
pub struct Table {
    pub attrs: Vec<Attr>,
    pub constants: Vec<ItemConst>,
    pub types: Vec<Noted<ItemType>>,
    pub structs: Vec<Noted<ItemStruct>>,
    pub enums: Vec<Noted<Keys>>,
    /// In their order, each twin behind its function.
    pub functions: Vec<Noted<ForeignItemFn>>,
    /// By the name of a twin that of its function.
    pub twins: IndexMap<String, String>,
}

/// An item with its attributes taken apart.
#[derive(Debug)]
pub struct Noted<T> {
    pub doc: String,
    pub attrs: Vec<Attr>,
    pub item: T,
}

/// Reads the text of a table. `None` if it is no Rust syntax at all.
pub fn table(text: &str, problems: &mut Problems) -> Option<Table> {
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => {
            problems.syntax(error);
            return None;
        }
    };
    let mut shared = Vec::new();
    let mut table = Table { attrs: attr::read(&file.attrs, problems).1, ..Table::default() };
    for item in file.items {
        match item {
            Item::Const(item) => {
                attr::none(&item.attrs, "a constant", problems);
                plain(&item.vis, &item.generics, problems);
                table.constants.push(item);
            }
            Item::Type(item) => {
                plain(&item.vis, &item.generics, problems);
                table.types.push(noted(item.attrs.clone(), item, problems));
            }
            Item::Struct(item) => {
                let noted = noted(item.attrs.clone(), item, problems);
                if noted.attrs.iter().any(|attr| attr.word == params::WORD) {
                    plain(&noted.item.vis, &Generics::default(), problems);
                    shared.push(params::read(noted.attrs, noted.item, problems));
                } else {
                    plain(&noted.item.vis, &noted.item.generics, problems);
                    table.structs.push(noted);
                }
            }
            Item::Macro(item) => match groups::read(&item, problems) {
                Some(Content::Types(types)) => {
                    table.types.extend(types.into_iter().map(|ty| noted(Vec::new(), ty, problems)));
                }
                Some(Content::Constants(constants)) => table.constants.extend(constants),
                Some(Content::Keys(enums)) => {
                    let above = attr::read(&item.attrs, problems).1;
                    for keys in enums {
                        table.enums.push(below(&above, noted(keys.attrs.clone(), keys, problems)));
                    }
                }
                None => {}
            },
            Item::ForeignMod(block) => functions(block, &mut table.functions, problems),
            other => {
                problems
                    .add(other.span(), "a table cannot have this item", "unexpected item")
                    .help("a table has `const`, `type`, `struct`, `extern \"C\"`, `consts!`, `types!` and `keys!`");
            }
        }
    }
    for function in &mut table.functions {
        let facts = params::expand(&mut function.item, &mut shared, problems);
        function.attrs.extend(facts);
        signature(&function.item, problems);
    }
    params::unused(&shared, problems);
    twins(&mut table);
    Some(table)
}

/// Puts the twin of each function behind it.
fn twins(table: &mut Table) {
    for function in std::mem::take(&mut table.functions) {
        let twin = twins::of(&function.item, &function.attrs);
        let name = function.item.sig.ident.to_string();
        table.functions.push(function);
        if let Some((item, attrs)) = twin {
            table.twins.insert(item.sig.ident.to_string(), name);
            table.functions.push(Noted { doc: String::new(), attrs, item });
        }
    }
}

/// Reads a block of functions. The facts above it are facts of each of them.
fn functions(block: ItemForeignMod, functions: &mut Vec<Noted<ForeignItemFn>>, problems: &mut Problems) {
    let abi = block.abi.name.as_ref().map(syn::LitStr::value);
    if abi.as_deref() != Some("C") {
        problems.add(block.abi.span(), "functions of a table have the C calling convention", "not `extern \"C\"`");
    }
    let above = attr::read(&block.attrs, problems).1;
    for item in block.items {
        match item {
            ForeignItem::Fn(function) => {
                plain(&function.vis, &function.sig.generics, problems);
                functions.push(below(&above, noted(function.attrs.clone(), function, problems)));
            }
            other => {
                problems.add(other.span(), "only functions go into `extern \"C\"`", "not a function");
            }
        }
    }
}

/// Refuses parts of Rust items that C does not have.
fn plain(vis: &Visibility, generics: &Generics, problems: &mut Problems) {
    if !matches!(vis, Visibility::Inherited) {
        problems.add(vis.span(), "everything in a table is public", "says nothing");
    }
    if !generics.params.is_empty() {
        problems.add(generics.span(), "C has no generics", "generic");
    }
}

fn signature(function: &ForeignItemFn, problems: &mut Problems) {
    let sig = &function.sig;
    if let Some(dots) = &sig.variadic {
        problems.add(dots.span(), "the arguments of a variadic function cannot be described", "variadic");
    }
    for arg in &sig.inputs {
        let FnArg::Typed(arg) = arg else {
            problems.add(arg.span(), "a C function has no receiver", "not a parameter");
            continue;
        };
        let Pat::Ident(name) = &*arg.pat else {
            problems.add(arg.pat.span(), "a parameter is a plain name", "not a name");
            continue;
        };
        for attr in &arg.attrs {
            let word = attr.path().get_ident().map_or_else(String::new, ToString::to_string);
            problems
                .add(attr.span(), "facts about a parameter go above its function", "move this up")
                .help(format!("write `#[{word}({} = …)]` above `{}`", name.ident, sig.ident));
        }
    }
}

fn noted<T>(attrs: Vec<syn::Attribute>, item: T, problems: &mut Problems) -> Noted<T> {
    let (doc, attrs) = attr::read(&attrs, problems);
    Noted { doc, attrs, item }
}

/// An item with what stands above its block, too.
fn below<T>(above: &[Attr], mut noted: Noted<T>) -> Noted<T> {
    noted.attrs.splice(..0, above.iter().cloned());
    noted
}
