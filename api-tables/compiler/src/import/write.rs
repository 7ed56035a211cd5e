//! The text of a draft, laid out as the tables are.

use std::fmt::Write;

/// As `rustfmt.toml` says.
const WIDTH: usize = 120;

/// A name of C as a name of Rust.
pub fn identifier(name: &str) -> String {
    let parses = |name: &str| syn::parse_str::<syn::Ident>(name).is_ok();
    let raw = format!("r#{name}");
    match name {
        _ if parses(name) => name.to_owned(),
        _ if parses(&raw) => raw,
        _ => format!("{name}_"),
    }
}

/// `types! { … }`, `consts! { … }`: of each group the type and the names. Nothing of nothing.
pub fn groups(word: &str, groups: &[(String, Vec<String>)]) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!("{word}! {{\n");
    for (ty, names) in groups {
        let mut line = format!("    {ty}:");
        for (at, name) in names.iter().enumerate() {
            let end = if at + 1 == names.len() { ";" } else { "," };
            if line.len() + 1 + name.len() + end.len() > WIDTH {
                text.push_str(&line);
                text.push('\n');
                line = "       ".to_owned();
            }
            put(&mut line, format_args!(" {name}{end}"));
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.push_str("}\n");
    text
}

/// `struct x { … }`
pub fn structure(name: &str, fields: &[(String, String)]) -> String {
    let fields: String = fields.iter().map(|(name, ty)| format!("    {name}: {ty},\n")).collect();
    format!("struct {name} {{\n{fields}}}\n")
}

/// `fn f(…) -> T;` in a block.
pub fn function(name: &str, params: &[String], ret: Option<&str>) -> String {
    let ret = ret.map_or_else(String::new, |ret| format!(" -> {ret}"));
    let whole = format!("    fn {name}({}){ret};\n", params.join(", "));
    if whole.len() <= WIDTH + 1 {
        return whole;
    }
    let head = format!("    fn {name}({})", params.join(", "));
    if head.len() <= WIDTH {
        return format!("{head}\n    {};\n", ret.trim_start());
    }
    let params: String = params.iter().map(|param| format!("        {param},\n")).collect();
    format!("    fn {name}(\n{params}    ){ret};\n")
}

/// A comment, in as many lines as it takes.
pub fn comment(marker: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = marker.to_owned();
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            put(&mut lines, format_args!("{line}\n"));
            line = marker.to_owned();
        }
        put(&mut line, format_args!(" {word}"));
    }
    lines + &line + "\n"
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes what is written");
}
