//! Modules and functions.

mod body;
mod operand;
mod variable;

use super::cursor::{Cursor, ParseError, Parsed};
use super::lex::Lexeme;
use super::syntax::{Function, Source, Space, Variable};

/// Parses PTX text (PTX ISA, "Syntax").
///
/// # Errors
///
/// The first thing that is no PTX, with its line.
pub fn parse(text: &str) -> Result<Source, ParseError> {
    let mut cursor = Cursor::new(text);
    let mut source = Source::default();
    let mut external = false;
    while cursor.peek() != Lexeme::End {
        if cursor.eat('@') {
            // Debug information of old compilers: @@DWARF …
            let line = cursor.line();
            while cursor.line() == line && cursor.peek() != Lexeme::End {
                cursor.next();
            }
            continue;
        }
        let line = cursor.line();
        match cursor.word()? {
            ".version" => source.version = version(&mut cursor)?,
            ".target" => source.target = target(&mut cursor)?,
            ".address_size" => {
                if cursor.count()? != 64 {
                    return Err(ParseError { line, message: "addresses have 64 bits".into() });
                }
            }
            ".file" => file(&mut cursor)?,
            ".section" => cursor.skip_past('}')?,
            ".pragma" => cursor.skip_past(';')?,
            ".alias" => source.aliases.push(alias(&mut cursor)?),
            ".extern" => external = true,
            ".visible" | ".weak" | ".common" => {}
            kind @ (".entry" | ".func") => {
                external = false;
                source.functions.push(function(&mut cursor, kind == ".entry")?);
            }
            word => {
                let space = match word {
                    ".global" => Space::Global,
                    ".const" => Space::Const,
                    ".shared" => Space::Shared,
                    _ => return Err(ParseError { line, message: format!("{word} is not known here") }),
                };
                let variables = variable::declaration(&mut cursor, space)?;
                source.variables.extend(variables.into_iter().map(|variable| Variable { external, ..variable }));
                external = false;
            }
        }
    }
    Ok(source)
}

/// `8.4` as 84.
fn version(cursor: &mut Cursor) -> Parsed<u32> {
    let Lexeme::Number(text) = cursor.peek() else { return Err(cursor.unexpected("a version")) };
    let error = cursor.error(format!("{text} is no version"));
    let (major, minor) = text.split_once('.').ok_or(error.clone())?;
    let version = major.parse::<u32>().ok().zip(minor.parse::<u32>().ok()).filter(|(major, _)| *major < 1000);
    cursor.next();
    version.map(|(major, minor)| major * 10 + minor.min(9)).ok_or(error)
}

/// `sm_75, texmode_independent` as 75.
fn target(cursor: &mut Cursor) -> Parsed<u32> {
    let error = cursor.unexpected("an architecture");
    let name = cursor.word()?;
    while cursor.eat(',') {
        cursor.word()?;
    }
    let number = name.strip_prefix("sm_").or(name.strip_prefix("compute_")).ok_or(error.clone())?;
    number.trim_end_matches(['a', 'f']).parse().map_err(|_| error)
}

/// `1 "name", 0, 0`: nothing is made of it.
fn file(cursor: &mut Cursor) -> Parsed<()> {
    cursor.count()?;
    cursor.next();
    while cursor.eat(',') {
        cursor.number()?;
    }
    Ok(())
}

fn alias(cursor: &mut Cursor) -> Parsed<(String, String)> {
    let name = cursor.word()?.to_owned();
    cursor.expect(',')?;
    let of = cursor.word()?.to_owned();
    cursor.expect(';')?;
    Ok((name, of))
}

fn function(cursor: &mut Cursor, entry: bool) -> Parsed<Function> {
    let results = parameters(cursor)?;
    let line = cursor.line();
    let name = cursor.word()?.to_owned();
    let mut function = Function {
        name,
        entry,
        results,
        parameters: parameters(cursor)?,
        body: None,
        max_threads: None,
        required_threads: None,
        line,
    };
    loop {
        match cursor.next() {
            Lexeme::Word(".maxntid") => function.max_threads = Some(threads(cursor)?),
            Lexeme::Word(".reqntid") => function.required_threads = Some(threads(cursor)?),
            Lexeme::Word(".pragma") => cursor.skip_past(';')?,
            // Hints to an allocator of registers, and to who links.
            Lexeme::Word(".minnctapersm" | ".maxnctapersm" | ".maxnreg") => drop(cursor.count()?),
            Lexeme::Word(".noreturn" | ".unique") => {}
            Lexeme::Word(word) => return Err(cursor.error(format!("{word} is not known of functions"))),
            Lexeme::Mark(';') => return Ok(function),
            Lexeme::Mark('{') => {
                function.body = Some(body::body(cursor)?);
                return Ok(function);
            }
            _ => return Err(cursor.error(format!("{} has no body", function.name))),
        }
    }
}

/// `(.param .b64 a, .param .b32 b)`, or nothing.
fn parameters(cursor: &mut Cursor) -> Parsed<Vec<Variable>> {
    let mut parameters = Vec::new();
    if !cursor.eat('(') || cursor.eat(')') {
        return Ok(parameters);
    }
    loop {
        let space = match cursor.word()? {
            ".param" => Space::Param,
            ".reg" => Space::Reg,
            word => return Err(cursor.error(format!("{word} is no space of parameters"))),
        };
        parameters.push(variable::parameter(cursor, space)?);
        if !cursor.eat(',') {
            break;
        }
    }
    cursor.expect(')')?;
    Ok(parameters)
}

/// `128, 2` as [128, 2, 1].
fn threads(cursor: &mut Cursor) -> Parsed<[u32; 3]> {
    let mut threads = [1; 3];
    threads[0] = cursor.count()?;
    for count in &mut threads[1..] {
        if !cursor.eat(',') {
            break;
        }
        *count = cursor.count()?;
    }
    Ok(threads)
}

#[cfg(test)]
mod tests;
