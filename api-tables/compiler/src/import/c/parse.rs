//! From text to declarations, with tree-sitter's grammar of C.

use tree_sitter::{Node, Parser, Tree};

use super::model::{
    CField, CKind, CParam, CType, Definition, Enum, Header, Number, Prototype, Record, Signature, SyntaxError,
};
use super::value;

/// Reads the text of a header into what is known of others. `file` is its name.
///
/// # Errors
///
/// If the text is not C: at the first place that does not parse. A macro that is left in it may be the reason. What is not
/// `own` may have parts that do not parse; they are left out, and so are its functions.
pub fn read(file: &str, text: &str, own: bool, header: &mut Header) -> Result<(), SyntaxError> {
    let tree = parsed(text);
    let root = tree.root_node();
    if let Some(node) = first_error(root).filter(|_| own) {
        let row = node.start_position().row;
        let text = text.lines().nth(row).unwrap_or_default().trim().to_owned();
        return Err(SyntaxError { file: file.to_owned(), line: row + 1, text });
    }
    let mut reader = Reader { text, header };
    for node in named(root).filter(|node| !node.has_error()) {
        reader.item(node, own);
    }
    Ok(())
}

/// The number that a text is, if it is one. `known` says what names stand for.
pub fn constant(text: &str, known: &dyn Fn(&str) -> Option<Number>) -> Option<Number> {
    let text = format!("int x = ({text});");
    let tree = parsed(&text);
    let root = tree.root_node();
    if root.has_error() || root.named_child_count() != 1 {
        return None;
    }
    let declarator = root.named_child(0)?.child_by_field_name("declarator")?;
    value::value(declarator.child_by_field_name("value")?, &text, known)
}

fn parsed(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c::LANGUAGE.into()).expect("the grammar is of a version that the parser reads");
    parser.parse(text, None).expect("a parser with a language and no deadline parses")
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

fn declarators(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children_by_field_name("declarator", &mut cursor).collect()
}

/// What a declarator makes of the type before it, the outermost first: in `int *f(void)` the pointer, then the function.
enum Step<'tree> {
    /// `* const` is a constant pointer.
    Pointer {
        constant: bool,
    },
    Array(Option<Node<'tree>>),
    Function(Node<'tree>),
}

/// The text that nodes are places in, and what is known of it.
struct Reader<'a> {
    text: &'a str,
    header: &'a mut Header,
}

impl Reader<'_> {
    fn item(&mut self, node: Node<'_>, own: bool) {
        match node.kind() {
            "declaration" => self.declaration(node, own),
            "type_definition" => {
                let specified = self.specified(node);
                for declarator in declarators(node) {
                    if let (Some(name), ty) = self.declared(specified.clone(), Some(declarator)) {
                        self.header.types.insert(name, Definition::Alias(ty));
                    }
                }
            }
            "struct_specifier" | "union_specifier" | "enum_specifier" => {
                self.named_type(node);
            }
            _ => {}
        }
    }

    /// The functions among what a declaration declares.
    fn declaration(&mut self, node: Node<'_>, own: bool) {
        let is_static = named(node).any(|n| n.kind() == "storage_class_specifier" && self.word(n) == "static");
        let specified = self.specified(node);
        for declarator in declarators(node).into_iter().filter(|_| own && !is_static) {
            if let (Some(name), CType { kind: CKind::Function(signature), .. }) =
                self.declared(specified.clone(), Some(declarator))
                && !self.header.functions.iter().any(|known| known.name == name)
            {
                self.header.functions.push(Prototype { name, signature: *signature });
            }
        }
    }

    /// The name and the type that a type and a declarator give.
    fn declared(&mut self, specified: CType, declarator: Option<Node<'_>>) -> (Option<String>, CType) {
        let (name, steps) = self.steps(declarator);
        let ty = steps.into_iter().fold(specified, |ty, step| match step {
            Step::Pointer { constant } => CType { constant, kind: CKind::Pointer(Box::new(ty)) },
            Step::Array(size) => {
                let length = size.and_then(|size| self.number(size)).and_then(|n| u64::try_from(n.value).ok());
                CType { constant: ty.constant, kind: CKind::Array(Box::new(ty), length) }
            }
            Step::Function(list) => {
                let (params, is_variadic) = self.parameters(list);
                let signature = Signature { ret: ty, params, is_variadic };
                CType { constant: false, kind: CKind::Function(Box::new(signature)) }
            }
        });
        (name, ty)
    }

    /// The name in a declarator, and what stands around it, the outermost first.
    fn steps<'tree>(&self, declarator: Option<Node<'tree>>) -> (Option<String>, Vec<Step<'tree>>) {
        let mut steps = Vec::new();
        let mut next = declarator;
        while let Some(node) = next {
            next = node.child_by_field_name("declarator");
            match node.kind() {
                "identifier" | "type_identifier" | "field_identifier" | "primitive_type" => {
                    return (Some(self.word(node).to_owned()), steps);
                }
                "pointer_declarator" | "abstract_pointer_declarator" => {
                    steps.push(Step::Pointer { constant: self.is_const(node) });
                }
                "array_declarator" | "abstract_array_declarator" => {
                    steps.push(Step::Array(node.child_by_field_name("size")));
                }
                "function_declarator" | "abstract_function_declarator" => {
                    steps.extend(node.child_by_field_name("parameters").map(Step::Function));
                }
                // Parentheses, attributes and the value of a variable: the declarator is inside.
                _ => next = next.or_else(|| named(node).find(|inner| is_declarator(*inner))),
            }
        }
        (None, steps)
    }

    /// The parameters in a function's parentheses, and whether `...` is behind them.
    fn parameters(&mut self, list: Node<'_>) -> (Vec<CParam>, bool) {
        let is_variadic = named(list).any(|node| node.kind() == "variadic_parameter");
        let mut params = Vec::new();
        for node in named(list).filter(|node| node.kind() == "parameter_declaration") {
            let specified = self.specified(node);
            let (name, ty) = self.declared(specified, node.child_by_field_name("declarator"));
            params.push(CParam { name: name.unwrap_or_else(|| format!("arg{}", params.len())), ty: decayed(ty) });
        }
        if params.len() == 1 && params[0].ty.is_void() {
            params.clear();
        }
        (params, is_variadic)
    }

    /// The type that stands before a declarator.
    fn specified(&mut self, node: Node<'_>) -> CType {
        let name = node.child_by_field_name("type").map(|ty| self.named_type(ty)).unwrap_or_default();
        CType { constant: self.is_const(node), kind: CKind::Named(name) }
    }

    /// The name of a type, which is defined if the text does so here.
    fn named_type(&mut self, node: Node<'_>) -> String {
        let word = match node.kind() {
            "struct_specifier" => "struct",
            "union_specifier" => "union",
            "enum_specifier" => "enum",
            _ => return self.word(node).split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let definition = node.child_by_field_name("body").map(|body| match word {
            "enum" => Definition::Enum(self.enumerators(body)),
            _ => Definition::Record(Record { is_union: word == "union", fields: self.fields(body) }),
        });
        let tag = node.child_by_field_name("name").map(|name| self.word(name).to_owned());
        let name = format!("{word} {}", tag.unwrap_or_else(|| self.header.types.len().to_string()));
        if let Some(definition) = definition {
            self.header.types.insert(name.clone(), definition);
        }
        name
    }

    fn enumerators(&mut self, body: Node<'_>) -> Enum {
        let (mut names, mut next, mut is_signed) = (Vec::new(), Some(0), false);
        for node in named(body).filter(|node| node.kind() == "enumerator") {
            let Some(name) = node.child_by_field_name("name").map(|name| self.word(name).to_owned()) else { continue };
            let said = node.child_by_field_name("value").map(|value| self.number(value));
            // A value that is not understood is not drafted, and neither is what counts on from it.
            let value = match said {
                Some(None) => None,
                Some(Some(number)) => Some(number.value),
                None => next,
            };
            next = value.map(|value| value + 1);
            is_signed |= value.is_some_and(|value| value < 0);
            if let Some(value) = value {
                self.header.numbers.insert(name.clone(), Number { value, ty: "c_int".into() });
                names.push(name);
            }
        }
        Enum { names, is_signed }
    }

    fn fields(&mut self, body: Node<'_>) -> Vec<CField> {
        let mut fields = Vec::new();
        for node in named(body).filter(|node| node.kind() == "field_declaration") {
            let specified = self.specified(node);
            let is_odd =
                named(node).any(|inner| inner.kind() == "bitfield_clause" || self.word(inner).contains("lignas"));
            let declared = declarators(node);
            if declared.is_empty() {
                fields.push(CField { name: None, ty: specified.clone(), is_odd });
            }
            for declarator in declared {
                let (name, ty) = self.declared(specified.clone(), Some(declarator));
                fields.push(CField { name, ty, is_odd });
            }
        }
        fields
    }

    fn number(&self, node: Node<'_>) -> Option<Number> {
        value::value(node, self.text, &|name| self.header.numbers.get(name).cloned())
    }

    fn is_const(&self, node: Node<'_>) -> bool {
        named(node).any(|inner| inner.kind() == "type_qualifier" && self.word(inner) == "const")
    }

    fn word(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }
}

/// An array that is an argument is a pointer, unless it has a length; a function is a pointer to it.
fn decayed(ty: CType) -> CType {
    match ty.kind {
        CKind::Array(of, None) => CType::pointer(*of),
        CKind::Function(_) => CType::pointer(ty),
        _ => ty,
    }
}

fn is_declarator(node: Node<'_>) -> bool {
    node.kind().ends_with("identifier") || node.kind().ends_with("_declarator")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Header {
        let mut header = Header::default();
        read("toy.h", text, true, &mut header).unwrap_or_else(|error| panic!("{error}"));
        header
    }

    fn functions(text: &str) -> Vec<String> {
        let said = |f: &Prototype| format!("{} {}", f.name, f.signature);
        header(text).functions.iter().map(said).collect()
    }

    #[test]
    fn types_are_what_they_are_in_c() {
        let said = |c: &str, rust: &str| assert_eq!(functions(&format!("void f({c});")), [format!("f fn({rust})")]);
        said("int", "arg0: int");
        said("unsigned   long\nlong x", "x: unsigned long long");
        said("const char *const *x", "x: *const *const char");
        said("const char **x", "x: *mut *const char");
        said("char const *", "arg0: *const char");
        said("char *restrict x", "x: *mut char");
        said("struct point *", "arg0: *mut struct point");
        said("union value v", "v: union value");
        said("const enum kind x[static 3]", "x: [enum kind; 3]");
        said("const int x[]", "x: *const int");
        said("T (*x)[4]", "x: *mut [T; 4]");
        said("void (**x)(int)", "x: *mut *mut fn(arg0: int)");
        said("void", "");
        said("", "");
    }

    #[test]
    fn pointers_to_functions_are_callbacks() {
        for c in ["long (*g)(int x)", "long g(int x)", "long (__cdecl *g)(int x)"] {
            assert_eq!(functions(&format!("void f({c});")), ["f fn(g: *mut fn(x: int) -> long)"], "{c}");
        }
        assert_eq!(functions("void f(long (*)(int x));"), ["f fn(arg0: *mut fn(x: int) -> long)"]);
    }

    #[test]
    fn only_functions_that_the_header_exports_are_prototypes() {
        assert_eq!(functions("typedef int f(void); int x; int (*y)(void); extern int z[3];"), [""; 0]);
        assert_eq!(functions("static int f(void); static inline int g(void) { return h(); }"), [""; 0]);
        assert_eq!(functions("struct a { int (*f)(void); }; enum b : int { A };\n#pragma once\n"), [""; 0]);
        assert_eq!(functions("extern int a(void), *b(void); int a(void);"), ["a fn() -> int", "b fn() -> *mut int"]);
        let asm = "int (f)(int); __extension__ int g(void) __asm__(\"h\") __attribute__((pure));";
        assert_eq!(functions(asm), ["f fn(arg0: int) -> int", "g fn() -> int"]);
        let signal = functions("void (*signal(int sig, void (*f)(int)))(int);");
        assert_eq!(signal, ["signal fn(sig: int, f: *mut fn(arg0: int)) -> *mut fn(arg0: int)"]);
        assert_eq!(functions("int printf(const char *, ...);"), ["printf fn(arg0: *const char, ...) -> int"]);
    }

    #[test]
    fn types_are_defined() {
        let header = header(
            "typedef struct ctx_st *ctx; typedef unsigned long long ptr; typedef void (*done)(ctx c, void *data);
             enum way { IN = 1, OUT, BOTH = IN | OUT, LAST = 0x10, FIRST = -1 };
             typedef struct { int x[2][3]; union { ctx c; ptr p; }; unsigned bits : 3; enum way way; } pair;",
        );
        let alias = |name: &str| match &header.types[name] {
            Definition::Alias(ty) => ty.to_string(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(alias("ctx"), "*mut struct ctx_st");
        assert_eq!(alias("ptr"), "unsigned long long");
        assert_eq!(alias("done"), "*mut fn(c: ctx, data: *mut void)");
        let Definition::Enum(way) = &header.types["enum way"] else { panic!("no enum") };
        let values: Vec<i128> = way.names.iter().map(|name| header.numbers[name].value).collect();
        assert_eq!((values, way.is_signed), (vec![1, 2, 3, 16, -1], true));
        let Definition::Record(pair) = &header.types[alias("pair").as_str()] else { panic!("no struct") };
        let fields: Vec<_> = pair.fields.iter().map(|f| (f.name.as_deref(), f.ty.to_string(), f.is_odd)).collect();
        assert_eq!(fields[0], (Some("x"), "[[int; 3]; 2]".to_owned(), false));
        assert_eq!((fields[1].0, fields[1].1.starts_with("union ")), (None, true));
        assert_eq!(fields[2..], [(Some("bits"), "unsigned".into(), true), (Some("way"), "enum way".into(), false)]);
    }

    #[test]
    fn what_does_not_parse_has_a_place() {
        let error = |text: &str| read("toy.h", text, true, &mut Header::default()).expect_err("no C");
        assert_eq!(error("int a(void);\nint b(int;\n").line, 2);
        let left = error("int a(void);\n\nAPI int CALL b(int x) SINCE(1);\n");
        assert_eq!(left.to_string(), "toy.h, line 3: this does not parse as C: API int CALL b(int x) SINCE(1);");
    }

    #[test]
    fn what_does_not_parse_in_another_header_is_left_out() {
        let mut header = Header::default();
        read("other.h", "typedef int a;\nint b(int;\nint c(void);\n", false, &mut header).expect("it may be anything");
        assert_eq!((header.types.len(), header.functions.len()), (1, 0));
    }
}
