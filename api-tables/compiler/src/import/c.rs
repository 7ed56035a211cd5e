//! C prototypes of a preprocessed header, as tree-sitter's grammar of C parses it.

use tree_sitter::{Node, Parser};

/// A function that a header declares.
#[derive(Debug, PartialEq, Eq)]
pub struct Prototype {
    pub name: String,
    pub ret: CType,
    pub params: Vec<CParam>,
    /// Whether it ends in `...`.
    pub is_variadic: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CParam {
    pub name: String,
    pub ty: CParamType,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CParamType {
    Plain(CType),
    /// A pointer to a function, with what it returns and its parameters.
    Callback(CType, Vec<CParam>),
}

/// `const char **` is `char`, constant, behind two pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CType {
    pub base: String,
    pub constant: bool,
    pub pointers: usize,
}

/// Text that is not C.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: this does not parse as C: {text}")]
pub struct SyntaxError {
    /// The line of the text, from 1.
    pub line: usize,
    /// What stands on it.
    pub text: String,
}

/// Every prototype in a preprocessed header, in its order.
///
/// # Errors
///
/// If the text is not C: at the first place that does not parse. A macro that is left in it may be the reason.
pub fn prototypes(header: &str) -> Result<Vec<Prototype>, SyntaxError> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c::LANGUAGE.into()).expect("the grammar is of a version that the parser reads");
    let tree = parser.parse(header, None).expect("a parser with a language and no deadline parses");
    let root = tree.root_node();
    if let Some(node) = first_error(root) {
        let row = node.start_position().row;
        let text = header.lines().nth(row).unwrap_or_default().trim().to_owned();
        return Err(SyntaxError { line: row + 1, text });
    }
    let source = Source(header);
    let declarations = named(root).filter(|node| node.kind() == "declaration");
    Ok(declarations.flat_map(|declaration| source.prototypes(declaration)).collect())
}

/// The innermost node that the parser made up or skipped.
fn first_error(node: Node<'_>) -> Option<Node<'_>> {
    if !node.has_error() {
        return None;
    }
    let inside = (0..node.child_count()).find_map(|at| first_error(node.child(at)?));
    inside.or_else(|| (node.is_error() || node.is_missing()).then_some(node))
}

fn named(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count()).filter_map(move |at| node.named_child(at as u32))
}

/// What a declarator makes of the type before it, the outermost first: in `int *f(void)` the pointer, then the function.
enum Declarator<'tree> {
    Pointer,
    Function(Node<'tree>),
}

/// A type as it is declared.
enum Declared {
    Plain(CType),
    Function { ret: CType, params: Vec<CParam>, is_variadic: bool },
    PointerToFunction { ret: CType, params: Vec<CParam> },
}

/// The text that nodes are places in.
struct Source<'text>(&'text str);

impl Source<'_> {
    /// The functions among what a declaration declares.
    fn prototypes(&self, declaration: Node<'_>) -> Vec<Prototype> {
        if named(declaration).any(|node| node.kind() == "storage_class_specifier" && self.text(node) == "static") {
            return Vec::new();
        }
        let mut cursor = declaration.walk();
        let declarators: Vec<_> = declaration.children_by_field_name("declarator", &mut cursor).collect();
        let prototype = |declarator| match self.declared(declaration, Some(declarator)) {
            (Some(name), Declared::Function { ret, params, is_variadic }) => {
                Some(Prototype { name, ret, params, is_variadic })
            }
            _ => None,
        };
        declarators.into_iter().filter_map(prototype).collect()
    }

    /// The name and the type that specifiers and a declarator give.
    fn declared(&self, specifiers: Node<'_>, declarator: Option<Node<'_>>) -> (Option<String>, Declared) {
        let (name, steps) = self.steps(declarator);
        let plain = Declared::Plain(self.specified(specifiers));
        let ty = steps.into_iter().fold(plain, |ty, step| match (step, ty) {
            (Declarator::Pointer, Declared::Plain(ty)) => Declared::Plain(CType { pointers: ty.pointers + 1, ..ty }),
            (Declarator::Pointer, Declared::Function { ret, params, .. }) => {
                Declared::PointerToFunction { ret, params }
            }
            (Declarator::Pointer, Declared::PointerToFunction { .. }) => Declared::Plain(address(2)),
            (Declarator::Function(list), ty) => {
                let ret = match ty {
                    Declared::Plain(ret) => ret,
                    Declared::Function { .. } | Declared::PointerToFunction { .. } => address(1),
                };
                let (params, is_variadic) = self.parameters(list);
                Declared::Function { ret, params, is_variadic }
            }
        });
        (name, ty)
    }

    /// The name in a declarator, and what stands around it, the outermost first.
    fn steps<'tree>(&self, declarator: Option<Node<'tree>>) -> (Option<String>, Vec<Declarator<'tree>>) {
        let mut steps = Vec::new();
        let mut next = declarator;
        while let Some(node) = next {
            next = node.child_by_field_name("declarator");
            match node.kind() {
                "identifier" => return (Some(self.text(node).to_owned()), steps),
                // An array that is an argument is a pointer.
                "pointer_declarator"
                | "abstract_pointer_declarator"
                | "array_declarator"
                | "abstract_array_declarator" => steps.push(Declarator::Pointer),
                "function_declarator" | "abstract_function_declarator" => {
                    steps.extend(node.child_by_field_name("parameters").map(Declarator::Function));
                }
                // Parentheses, attributes and the value of a variable: the declarator is inside.
                _ => next = next.or_else(|| named(node).find(|inner| is_declarator(*inner))),
            }
        }
        (None, steps)
    }

    /// The parameters in a function's parentheses, and whether `...` is behind them.
    fn parameters(&self, list: Node<'_>) -> (Vec<CParam>, bool) {
        let declarations: Vec<_> = named(list).filter(|node| node.kind() == "parameter_declaration").collect();
        let is_variadic = named(list).any(|node| node.kind() == "variadic_parameter");
        let mut params = Vec::new();
        for (index, declaration) in declarations.into_iter().enumerate() {
            let (name, ty) = self.declared(declaration, declaration.child_by_field_name("declarator"));
            let name = name.unwrap_or_else(|| format!("arg{index}"));
            let ty = match ty {
                Declared::Plain(ty) => CParamType::Plain(ty),
                // A function that is an argument is a pointer to one.
                Declared::Function { ret, params, .. } | Declared::PointerToFunction { ret, params } => {
                    CParamType::Callback(ret, params)
                }
            };
            params.push(CParam { name, ty });
        }
        let is_void = |param: &CParam| param.ty == CParamType::Plain(address(0));
        if params.len() == 1 && is_void(&params[0]) {
            params.clear();
        }
        (params, is_variadic)
    }

    /// The type that stands before a declarator.
    fn specified(&self, specifiers: Node<'_>) -> CType {
        let ty = specifiers.child_by_field_name("type");
        // `struct x` and `enum x` go by their names.
        let named_type = ty.and_then(|ty| ty.child_by_field_name("name")).or(ty);
        let words = named_type.map(|node| self.text(node)).unwrap_or_default();
        let base = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let constant = named(specifiers).any(|node| node.kind() == "type_qualifier" && self.text(node) == "const");
        CType { base, constant, pointers: 0 }
    }

    fn text(&self, node: Node<'_>) -> &str {
        &self.0[node.byte_range()]
    }
}

fn is_declarator(node: Node<'_>) -> bool {
    node.kind() == "identifier" || node.kind().ends_with("_declarator")
}

/// An address that leads to what a [`CType`] cannot say; `void` itself behind no pointers.
fn address(pointers: usize) -> CType {
    CType { base: "void".into(), constant: false, pointers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(base: &str, constant: bool, pointers: usize) -> CType {
        CType { base: base.into(), constant, pointers }
    }

    fn params(header: &str) -> Vec<CParamType> {
        let prototypes = prototypes(header).expect("C");
        assert_eq!(prototypes.len(), 1, "{header}");
        prototypes.into_iter().flat_map(|function| function.params).map(|param| param.ty).collect()
    }

    #[test]
    fn types_are_what_they_are_in_c() {
        let said = |c: &str, base, constant, pointers| {
            assert_eq!(params(&format!("void f({c});")), [CParamType::Plain(plain(base, constant, pointers))], "{c}");
        };
        said("int", "int", false, 0);
        said("unsigned   long\nlong x", "unsigned long long", false, 0);
        said("const char *const *x", "char", true, 2);
        said("char const *", "char", true, 1);
        said("char *restrict x", "char", false, 1);
        said("struct point *", "point", false, 1);
        said("union value v", "value", false, 0);
        said("const enum kind x[static 3]", "kind", true, 1);
        said("T (*x)[4]", "T", false, 2);
        said("void (**x)(int)", "void", false, 2);
        assert_eq!(params("void f(void);"), []);
        assert_eq!(params("void f();"), []);
    }

    #[test]
    fn pointers_to_functions_are_callbacks() {
        let int = || CParam { name: "x".into(), ty: CParamType::Plain(plain("int", false, 0)) };
        for c in ["long (*g)(int x)", "long (*)(int x)", "long g(int x)", "long (__cdecl *g)(int x)"] {
            let callback = CParamType::Callback(plain("long", false, 0), vec![int()]);
            assert_eq!(params(&format!("void f({c});")), [callback], "{c}");
        }
    }

    #[test]
    fn only_functions_that_the_header_exports_are_prototypes() {
        let names = |c: &str| {
            let prototypes = prototypes(c).unwrap_or_else(|error| panic!("{c}: {error}"));
            prototypes.into_iter().map(|function| function.name).collect::<Vec<_>>()
        };
        assert_eq!(names("typedef int f(void); int x; int (*y)(void); extern int z[3];"), [""; 0]);
        assert_eq!(names("static int f(void); static inline int g(void) { return h(); }"), [""; 0]);
        assert_eq!(names("struct a { int (*f)(void); }; enum b : int { A };\n#pragma once\n"), [""; 0]);
        assert_eq!(names("extern int a(void), *b(void);"), ["a", "b"]);
        assert_eq!(names("int (f)(int); __extension__ int g(void) __asm__(\"h\") __attribute__((pure));"), ["f", "g"]);
        let signal = prototypes("void (*signal(int sig, void (*f)(int)))(int);").expect("C");
        assert_eq!((&*signal[0].name, &signal[0].ret), ("signal", &plain("void", false, 1)));
        assert!(prototypes("int printf(const char *, ...);").expect("C")[0].is_variadic);
    }

    #[test]
    fn what_does_not_parse_has_a_place() {
        let error = prototypes("int a(void);\nint b(int;\n").expect_err("no C");
        assert_eq!(error.line, 2);
        let error = prototypes("int a(void);\n\nAPI int CALL b(int x) SINCE(1);\n").expect_err("macros are left");
        assert_eq!((error.line, error.to_string().contains("line 3: this does not parse as C")), (3, true));
    }
}
