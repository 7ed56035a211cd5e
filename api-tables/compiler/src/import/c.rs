//! C prototypes out of the text of a header.

/// A function that a header declares.
#[derive(Debug, PartialEq, Eq)]
pub struct Prototype {
    pub name: String,
    pub ret: CType,
    pub params: Vec<CParam>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct CParam {
    pub name: String,
    pub ty: CParamType,
}

#[derive(Debug, PartialEq, Eq)]
pub enum CParamType {
    Plain(CType),
    /// A pointer to a function that returns nothing, with its parameters.
    Callback(Vec<CParam>),
}

/// `const char **` is `char`, constant, behind two pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CType {
    pub base: String,
    pub constant: bool,
    pub pointers: usize,
}

/// Every prototype in a header, in its order.
pub fn prototypes(header: &str) -> Vec<Prototype> {
    statements(&strip(header)).iter().filter_map(|s| prototype(&tokens(s))).collect()
}

/// The text without comments and preprocessor lines.
fn strip(header: &str) -> String {
    let mut text = String::with_capacity(header.len());
    let mut rest = header;
    while let Some(at) = rest.find("/*").into_iter().chain(rest.find("//")).min() {
        text.push_str(&rest[..at]);
        text.push(' ');
        let end = if rest[at..].starts_with("/*") { "*/" } else { "\n" };
        rest = match rest[at + 2..].find(end) {
            Some(length) if end == "*/" => &rest[at + 2 + length + 2..],
            Some(length) => &rest[at + 2 + length..],
            None => "",
        };
    }
    text.push_str(rest);
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// What stands between semicolons, outside the braces of a struct; `extern "C" {` opens no such braces.
fn statements(text: &str) -> Vec<String> {
    let text = text.replace("extern \"C\" {", " ").replace("extern \"C\"{", " ").replace("extern \"C\"", " ");
    let mut statements = Vec::new();
    let (mut statement, mut depth) = (String::new(), 0usize);
    for c in text.chars() {
        match c {
            '{' => {
                // What has braces, a struct or a function's body, is no prototype.
                statement.push('{');
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                // No semicolon comes after a body, nor after the brace that closes `extern "C" {`.
                if depth == 0 && (statement.contains(')') || !statement.contains('{')) {
                    statement.clear();
                }
            }
            ';' if depth == 0 => statements.push(std::mem::take(&mut statement)),
            c if depth == 0 => statement.push(c),
            _ => {}
        }
    }
    statements
}

fn tokens(statement: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in statement.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if !c.is_whitespace() {
            tokens.push(c.to_string());
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    without_decorations(tokens)
}

/// Drops `__attribute__((…))`, `__declspec(…)` and words that say nothing about types.
fn without_decorations(tokens: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match token.as_str() {
            "__attribute__" | "__declspec" => {
                let mut depth = 0;
                for token in rest.by_ref() {
                    match token.as_str() {
                        "(" => depth += 1,
                        ")" => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            "extern" | "inline" | "restrict" | "__restrict" | "struct" | "volatile" | "enum" => {}
            _ => kept.push(token),
        }
    }
    kept
}

fn prototype(tokens: &[String]) -> Option<Prototype> {
    if tokens.iter().any(|t| matches!(t.as_str(), "typedef" | "static" | "{" | "=" | "union")) {
        return None;
    }
    let open = tokens.iter().position(|t| t == "(")?;
    let name = tokens.get(open.checked_sub(1)?).filter(|t| is_word(t))?;
    let before = &tokens[..open - 1];
    let plain: Vec<&String> = before.iter().filter(|t| !is_macro(t)).collect();
    // A type in capitals looks like a macro; if nothing else is there, it is the type.
    let ret = ctype(&plain).or_else(|| ctype(&before.last().into_iter().collect::<Vec<_>>()))?;
    let (params, _) = parenthesised(&tokens[open..])?;
    Some(Prototype { name: name.clone(), ret, params: parameters(params)? })
}

/// What stands in the parentheses that the tokens begin with, and what comes after them.
fn parenthesised(tokens: &[String]) -> Option<(&[String], &[String])> {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((tokens.get(1..i)?, &tokens[i + 1..]));
        }
    }
    None
}

fn parameters(tokens: &[String]) -> Option<Vec<CParam>> {
    if tokens.is_empty() || tokens == ["void"] {
        return Some(Vec::new());
    }
    let mut depth = 0usize;
    let mut params = vec![Vec::new()];
    for token in tokens {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            "," if depth == 0 => {
                params.push(Vec::new());
                continue;
            }
            _ => {}
        }
        params.last_mut()?.push(token.clone());
    }
    params.iter().enumerate().map(|(i, tokens)| parameter(i, tokens)).collect()
}

fn parameter(index: usize, tokens: &[String]) -> Option<CParam> {
    let unnamed = || format!("arg{index}");
    if let Some(open) = tokens.iter().position(|t| t == "(") {
        // `void (MACRO *name)(…)`
        let (inside, rest) = parenthesised(&tokens[open..])?;
        let name = inside.iter().rev().find(|t| is_word(t) && !is_macro(t)).cloned().unwrap_or_else(unnamed);
        let (params, _) = parenthesised(rest)?;
        return Some(CParam { name, ty: CParamType::Callback(parameters(params)?) });
    }
    let array = tokens.iter().position(|t| t == "[");
    let declared: Vec<&String> = tokens[..array.unwrap_or(tokens.len())].iter().collect();
    let named = declared.len() > 1 && declared.last().is_some_and(|t| is_word(t) && !is_type_word(t));
    let (name, ty) = if named {
        let (name, ty) = declared.split_last()?;
        ((*name).clone(), ty)
    } else {
        (unnamed(), declared.as_slice())
    };
    let mut ty = ctype(ty)?;
    ty.pointers += usize::from(array.is_some());
    Some(CParam { name, ty: CParamType::Plain(ty) })
}

fn ctype(tokens: &[&String]) -> Option<CType> {
    let pointers = tokens.iter().filter(|t| **t == "*").count();
    let constant = tokens.iter().take_while(|t| **t != "*").any(|t| *t == "const");
    let base: Vec<&str> = tokens.iter().map(|t| t.as_str()).filter(|t| *t != "*" && *t != "const").collect();
    if base.is_empty() || !base.iter().all(|t| is_word(t)) {
        return None;
    }
    Some(CType { base: base.join(" "), constant, pointers })
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// `CL_API_ENTRY`, `CUDAAPI`: a word in capitals, which around a declaration is a macro.
fn is_macro(token: &str) -> bool {
    is_word(token) && token.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn is_type_word(token: &str) -> bool {
    matches!(
        token,
        "void" | "char" | "short" | "int" | "long" | "unsigned" | "signed" | "float" | "double" | "const" | "size_t"
    )
}
