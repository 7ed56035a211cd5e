//! Bodies of functions: statements in order, with scopes as marks among them.

use super::operand::operand;
use super::variable;
use crate::ptx::cursor::{Cursor, Parsed};
use crate::ptx::lex::Lexeme;
use crate::ptx::syntax::{Guard, Instruction, Space, Statement};

/// The statements up to the function's `}`, which is gone over.
pub fn body(cursor: &mut Cursor) -> Parsed<Vec<Statement>> {
    let mut statements = Vec::new();
    let mut depth = 0usize;
    loop {
        if cursor.eat('}') {
            if depth == 0 {
                return Ok(statements);
            }
            depth -= 1;
            statements.push(Statement::Close);
        } else if cursor.eat('{') {
            depth += 1;
            statements.push(Statement::Open);
        } else if !cursor.eat(';') {
            statement(cursor, &mut statements)?;
        }
    }
}

fn statement(cursor: &mut Cursor, statements: &mut Vec<Statement>) -> Parsed<()> {
    let line = cursor.line();
    let guard = if cursor.eat('@') { Some(guard(cursor)?) } else { None };
    let word = cursor.word()?;
    if guard.is_none() && cursor.eat(':') {
        return labelled(cursor, word, statements);
    }
    let space = match word {
        ".reg" => {
            statements.extend(variable::registers(cursor)?.into_iter().map(Statement::Registers));
            return Ok(());
        }
        ".loc" => return location(cursor),
        ".pragma" => return cursor.skip_past(';'),
        ".local" => Space::Local,
        ".shared" => Space::Shared,
        ".param" => Space::Param,
        _ if word.starts_with('.') => return Err(cursor.error(format!("{word} is not known in functions"))),
        _ => {
            let operands = operands(cursor)?;
            statements.push(Statement::Instruction(Instruction { line, guard, name: word.to_owned(), operands }));
            return Ok(());
        }
    };
    statements.extend(variable::declaration(cursor, space)?.into_iter().map(Statement::Variable));
    Ok(())
}

/// `!%p1` behind `@`.
fn guard(cursor: &mut Cursor) -> Parsed<Guard> {
    let negated = cursor.eat('!');
    Ok(Guard { predicate: cursor.word()?.to_owned(), negated })
}

/// What stands behind a label, if it belongs to it.
fn labelled(cursor: &mut Cursor, label: &str, statements: &mut Vec<Statement>) -> Parsed<()> {
    match cursor.peek() {
        Lexeme::Word(".branchtargets") => {
            cursor.next();
            let mut labels = vec![cursor.word()?.to_owned()];
            while cursor.eat(',') {
                labels.push(cursor.word()?.to_owned());
            }
            cursor.expect(';')?;
            statements.push(Statement::Targets { name: label.to_owned(), labels });
            Ok(())
        }
        // A called function says itself what it takes.
        Lexeme::Word(".callprototype" | ".calltargets") => cursor.skip_past(';'),
        _ => {
            statements.push(Statement::Label(label.to_owned()));
            Ok(())
        }
    }
}

/// `1 23 5, function_name $L__info_string0, inlined_at 1 2 3`: nothing is made of it.
fn location(cursor: &mut Cursor) -> Parsed<()> {
    numbers(cursor);
    while cursor.eat(',') {
        cursor.word()?;
        if let Lexeme::Word(name) = cursor.peek()
            && !name.starts_with('.')
        {
            cursor.next();
            cursor.offset()?;
        }
        numbers(cursor);
    }
    Ok(())
}

fn numbers(cursor: &mut Cursor) {
    while matches!(cursor.peek(), Lexeme::Number(_)) {
        cursor.next();
    }
}

fn operands(cursor: &mut Cursor) -> Parsed<Vec<crate::ptx::syntax::Operand>> {
    let mut operands = Vec::new();
    while !cursor.eat(';') {
        if !operands.is_empty() {
            cursor.expect(',')?;
        }
        operands.push(operand(cursor)?);
    }
    Ok(operands)
}
