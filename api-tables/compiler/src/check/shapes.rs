//! How one argument is passed: the type of a parameter, read as a shape.

use super::names::{self, Kind};
use crate::attr;
use crate::expr::{self, Known, Scope};
use crate::model::{Buffer, Direction, Element, Expr, Fd, LAYOUTS, LOOKS, Len, Param, Returned, Shape};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Ident, PathArguments, PointerMutability, ReturnType, Type, TypeFnPtr, TypeReference};

/// A shape and the C type it has in the vendor's header.
pub type Shaped<S = Shape> = (S, String);

/// Reads the type of a parameter.
pub fn param(ty: &Type, scope: &Scope<'_>, problems: &mut Problems) -> Option<Shaped> {
    shape(ty, false, scope, problems)
}

/// The one type argument of `Word<T>`, with the word. `None` for any other type.
pub fn generic(ty: &Type) -> Option<(&Ident, &Type)> {
    let Type::Path(path) = ty else { return None };
    let mut segments = path.path.segments.iter();
    let (Some(segment), None, None) = (segments.next(), segments.next(), &path.qself) else {
        return None;
    };
    let PathArguments::AngleBracketed(args) = &segment.arguments else {
        return None;
    };
    let mut args = args.args.iter();
    match (args.next(), args.next()) {
        (Some(syn::GenericArgument::Type(inner)), None) => Some((&segment.ident, inner)),
        _ => None,
    }
}

/// The name that a type consists of.
pub fn name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// Whether an expression can calculate with a parameter of this type: a scalar, or a pointer to one.
pub fn is_number(ty: &Type, names: &names::Names) -> bool {
    if let Some(name) = name(ty) {
        return matches!(names.find(&name.to_string()), Some(Kind::Scalar(_) | Kind::Status(_)));
    }
    match ty {
        Type::Reference(reference) => name(&reference.elem).is_some() && is_number(&reference.elem, names),
        _ => generic(ty).is_some_and(|(_, inner)| is_number(inner, names)),
    }
}

fn shape(ty: &Type, null: bool, scope: &Scope<'_>, problems: &mut Problems) -> Option<Shaped> {
    if let Some(wide) = descriptor(ty) {
        if null {
            problems.add(ty.span(), "a descriptor is a number, and never null", "not a pointer");
            return None;
        }
        return Some((Shape::Fd(Fd { out: false, wide, null }), if wide { "void *" } else { "int" }.into()));
    }
    if let Some((word, inner)) = generic(ty) {
        return worded(word, inner, null, scope, problems);
    }
    if let Some(name) = name(ty) {
        return named(name, null, scope, problems);
    }
    match ty {
        Type::Paren(inner) => shape(&inner.elem, null, scope, problems),
        Type::Group(inner) => shape(&inner.elem, null, scope, problems),
        Type::Reference(reference) if pointee_handle(&reference.elem, scope).is_some() => {
            let ty = pointee_handle(&reference.elem, scope)?;
            let c_type = if reference.mutability.is_some() { format!("{ty} *") } else { format!("const {ty} *") };
            Some((Shape::Handle { ty, null }, c_type))
        }
        Type::Reference(reference) if !null && mirror(reference, scope).is_some() => {
            let (ty, c_type) = mirror(reference, scope)?;
            Some((Shape::Mirror { ty }, c_type))
        }
        Type::Reference(reference) if reference.mutability.is_some() => {
            pointee(&reference.elem, Direction::InOut, true, null, scope, problems)
        }
        Type::Reference(reference) => pointee(&reference.elem, Direction::In, false, null, scope, problems),
        Type::Ptr(_) if null => address(ty.span(), problems),
        Type::Ptr(_) => Some((Shape::Pointer, pointer(ty, scope, problems)?)),
        Type::FnPtr(function) => callback(function, null, scope, problems),
        other => {
            problems
                .add(other.span(), "this type does not describe the data", "not a shape")
                .help("write `&[T; n]` for an input of n elements T, `Out<[T; n]>` for an output");
            None
        }
    }
}

/// Whether this is a descriptor, and then whether it is in the place of an address: `Fd`, `Fd<c_void>`.
fn descriptor(ty: &Type) -> Option<bool> {
    match generic(ty) {
        Some((word, inner)) => (word == "Fd" && name(inner).is_some_and(|inner| inner == "c_void")).then_some(true),
        None => name(ty).filter(|name| *name == "Fd").map(|_| false),
    }
}

/// The handle type that a pointer to this type is.
fn pointee_handle(ty: &Type, scope: &Scope<'_>) -> Option<String> {
    let name = name(ty)?.to_string();
    matches!(scope.names.find(&name), Some(Kind::Pointee)).then_some(name)
}

/// The mirrored struct, if this points to one, and the C type.
pub fn mirror(reference: &TypeReference, scope: &Scope<'_>) -> Option<Shaped<String>> {
    let name = name(&reference.elem)?.to_string();
    let Some(Kind::Mirror { of }) = scope.names.find(&name) else { return None };
    let c_type = if reference.mutability.is_some() { format!("{name} *") } else { format!("const {name} *") };
    Some((of, c_type))
}

/// `Option<…>`, `In<…>`, `Out<…>`
fn worded(word: &Ident, inner: &Type, null: bool, scope: &Scope<'_>, problems: &mut Problems) -> Option<Shaped> {
    match word.to_string().as_str() {
        "Option" if null => {
            problems.add(word.span(), "null allowed twice", "again");
            None
        }
        "Option" => shape(inner, true, scope, problems),
        "In" => pointee(inner, Direction::In, true, null, scope, problems),
        "Out" if descriptor(inner).is_some() => {
            let wide = descriptor(inner)?;
            Some((Shape::Fd(Fd { out: true, wide, null }), if wide { "void *" } else { "int *" }.into()))
        }
        "Out" => pointee(inner, Direction::Out, true, null, scope, problems),
        "New" => {
            problems
                .add(word.span(), "an input cannot be a new handle", "not here")
                .help("write `Out<New<H>>`, or return `New<H>`");
            None
        }
        text => {
            let message = format!("there is no shape `{text}`");
            problems.add(word.span(), message, "unknown shape").near(text, names::SHAPES.iter().copied());
            None
        }
    }
}

/// A name that stands alone: a value, a handle, an address.
fn named(name: &Ident, null: bool, scope: &Scope<'_>, problems: &mut Problems) -> Option<Shaped> {
    let ty = name.to_string();
    if ty == "UserData" && !null {
        return Some((Shape::UserData, "void *".into()));
    }
    if ty == "VaList" && !null {
        return Some((Shape::VaList, "va_list".into()));
    }
    if names::SHAPES.contains(&ty.as_str()) || ty == "c_void" {
        let help = match ty.as_str() {
            "CStr" => "text is `&CStr`",
            "UserData" => "write it without `Option`: it is the program's own, and null like any other value",
            _ => "see the table of shapes in LANGUAGE.md",
        };
        problems.add(name.span(), format!("`{ty}` alone is not a shape"), "incomplete").help(help);
        return None;
    }
    let c_type = names::c_name(&ty).to_owned();
    match scope.names.kind(&ty, name.span(), problems)? {
        Kind::Scalar(_) | Kind::Status(_) if null => {
            problems.add(name.span(), format!("`{ty}` is a value, and a value is never null"), "not a pointer");
            None
        }
        Kind::Scalar(scalar) | Kind::Status(scalar) => Some((Shape::Value { ty, scalar }, c_type)),
        Kind::Handle => Some((Shape::Handle { ty, null }, c_type)),
        Kind::Address if null => address(name.span(), problems),
        Kind::Address => Some((Shape::Pointer, c_type)),
        Kind::Struct if !null => Some((Shape::Struct { ty }, c_type)),
        Kind::Pointee | Kind::Opaque | Kind::Struct | Kind::Mirror { .. } | Kind::Tagged | Kind::List { .. } => {
            problems.add(name.span(), format!("`{ty}` is passed by pointer"), "not a value").help(format!(
                "write `&{ty}` for an input, `&[{ty}]` for a list, `Out<[{ty}; n]>` for an output of n elements"
            ));
            None
        }
    }
}

/// A raw pointer in `Option`.
fn address(at: Span, problems: &mut Problems) -> Option<Shaped> {
    problems.add(at, "an address may always be null", "in `Option`").help("write the raw pointer without `Option`");
    None
}

/// What a pointer points to. `mutable` is whether the C type lacks `const`.
fn pointee(
    ty: &Type,
    direction: Direction,
    mutable: bool,
    null: bool,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Shaped> {
    if let Some(text) = name(ty).filter(|n| *n == "CStr") {
        if direction != Direction::In {
            problems
                .add(text.span(), "text is input only", "needs a length")
                .help("write `Out<[c_char; n]>`, or `Out<&CStr>` for the address of a text that the vendor keeps");
            return None;
        }
        return Some((Shape::Text { null }, if mutable { "char *" } else { "const char *" }.into()));
    }
    if let Type::Reference(text) = ty {
        return kept_text(text, direction, null, problems);
    }
    let (inner, len) = match ty {
        Type::Array(array) => {
            if let Type::Reference(text) = &*array.elem {
                if direction != Direction::In {
                    problems.add(text.span(), "an array of texts is input only", "comes out");
                    return None;
                }
                return texts(&text.elem, &array.len, mutable, null, scope, problems);
            }
            let bytes = name(&array.elem).is_some_and(|n| n == "c_void");
            let element = element(&array.elem, direction, scope, problems);
            let len = length(&array.len, bytes, scope, problems);
            if let Some((Element::Property(list), _)) = &element {
                let message = format!("a `{list}` is terminated by its own end");
                problems.add(array.len.span(), message, "a length").help(format!("write `[{list}]`"));
                return None;
            }
            (element?, len?)
        }
        Type::Slice(slice) => match element(&slice.elem, direction, scope, problems)? {
            list @ (Element::Property(_), _) if direction == Direction::In => (list, Len::Ended),
            (Element::Property(list), _) => {
                problems
                    .add(ty.span(), format!("a `{list}` is input only"), "a list")
                    .help(format!("an output list is the value of a key: `{list}: KEY` in an enum with `tag`"));
                return None;
            }
            _ => {
                problems.add(ty.span(), "the length is missing", "needs a length").help("write `[T; n]`");
                return None;
            }
        },
        _ => match element(ty, direction, scope, problems)? {
            (Element::Bytes | Element::Tagged(_), c) => {
                let message = format!("the number of bytes of this `{c}` is missing");
                problems.add(ty.span(), message, "needs a length").help("write `[T; n]`");
                return None;
            }
            (Element::Property(list), _) => {
                problems
                    .add(ty.span(), format!("`{list}` is a list"), "needs brackets")
                    .help(format!("write `[{list}]`"));
                return None;
            }
            one => (one, Len::One),
        },
    };
    let (element, c) = inner;
    let c_type = if mutable { format!("{c} *") } else { format!("const {c} *") };
    Some((Shape::Buffer(Buffer { direction, element, len, null }), c_type))
}

/// `Out<&CStr>`: the address of a text that the vendor keeps.
fn kept_text(text: &TypeReference, direction: Direction, null: bool, problems: &mut Problems) -> Option<Shaped> {
    let is_text = name(&text.elem).is_some_and(|n| n == "CStr") && text.mutability.is_none();
    if !is_text || direction != Direction::Out {
        problems
            .add(text.span(), "addresses in memory cannot cross", "not an element")
            .help("only `Out<&CStr>` is an address: that of a text which the vendor keeps");
        return None;
    }
    let buffer = Buffer { direction, element: Element::Text, len: Len::One, null };
    Some((Shape::Buffer(buffer), "const char **".into()))
}

/// `[c_void; n]` in `Mapped<…>`: how the bytes lie.
pub fn mapped(ty: &Type, scope: &Scope<'_>, problems: &mut Problems) -> Option<Len> {
    match ty {
        Type::Array(array) if name(&array.elem).is_some_and(|n| n == "c_void") => {
            length(&array.len, true, scope, problems)
        }
        other => {
            problems.add(other.span(), "mapped memory is bytes, so many", "not `[c_void; n]`");
            None
        }
    }
}

/// One element behind a pointer, and its C type.
fn element(ty: &Type, direction: Direction, scope: &Scope<'_>, problems: &mut Problems) -> Option<(Element, String)> {
    if let Some((word, inner)) = generic(ty)
        && word == "New"
        && let Some(handle) = name(inner)
    {
        if direction != Direction::Out {
            problems.add(word.span(), "a new handle is output only", "not `Out`").help("write `Out<New<H>>`");
            return None;
        }
        let handle = scope.names.handle(handle, problems)?;
        return Some((Element::New(handle.clone()), handle));
    }
    let Some(word) = name(ty) else {
        problems
            .add(ty.span(), "this is not an element of a buffer", "not an element")
            .help("an element is `c_void`, a scalar, a struct, a handle, `New<H>`, or an `enum` of the table");
        return None;
    };
    let text = word.to_string();
    let c = names::c_name(&text).to_owned();
    if text == "c_void" {
        return Some((Element::Bytes, c));
    }
    Some(match scope.names.kind(&text, word.span(), problems)? {
        Kind::Scalar(scalar) | Kind::Status(scalar) => (Element::Scalar { ty: text, scalar }, c),
        Kind::Struct => (Element::Struct(text), c),
        Kind::Handle => (Element::Handle(text), c),
        Kind::Tagged => (Element::Tagged(text), "void".into()),
        Kind::List { element } => (Element::Property(text), element),
        Kind::Address | Kind::Opaque | Kind::Pointee | Kind::Mirror { .. } => {
            problems
                .add(word.span(), "addresses in memory cannot cross", "not an element")
                .help("write a raw pointer, in a function that is `custom`, `local` or `unsupported`");
            return None;
        }
    })
}

/// `n`, an expression; or, for bytes, a layout: `rect(region, …)`.
fn length(len: &syn::Expr, bytes: bool, scope: &Scope<'_>, problems: &mut Problems) -> Option<Len> {
    if let syn::Expr::Call(call) = len
        && let Some(function) = attr::ident(&call.func)
        && bytes
        && function != "min"
        && function != "max"
    {
        let function_name = function.to_string();
        if LOOKS.contains(&function_name.as_str()) {
            let of = call.args.first().filter(|_| call.args.len() == 1).and_then(attr::ident);
            let Some(of) = of else {
                let message = format!("`{function_name}` looks at the memory whose length it is");
                problems.add(call.span(), message, "takes one parameter");
                return None;
            };
            let of = scope.param(&of.to_string(), of.span(), problems)?.name.clone();
            return Some(Len::Found { function: function_name, of });
        }
        let Some((_, arity)) = LAYOUTS.iter().find(|(known, _)| *known == function_name) else {
            problems
                .add(function.span(), format!("there is no layout `{function_name}`"), "unknown layout")
                .near(&function_name, LAYOUTS.iter().map(|(known, _)| *known).chain(LOOKS.iter().copied()));
            return None;
        };
        if call.args.len() != *arity {
            let message = format!("`{function_name}` takes {arity} arguments");
            problems.add(call.span(), message, format!("has {}", call.args.len()));
            return None;
        }
        let args: Vec<Option<Expr>> = call.args.iter().map(|a| expr::argument(a, scope, problems)).collect();
        return Some(Len::Layout { function: function_name, args: args.into_iter().collect::<Option<_>>()? });
    }
    expr::number(len, scope, problems).map(Len::Count)
}

/// `&[&CStr; n]`, `&[&[c_char; lengths]; n]`
fn texts(
    inner: &Type,
    count: &syn::Expr,
    mutable: bool,
    null: bool,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Shaped> {
    let count = expr::number(count, scope, problems);
    let (element, lengths) = match inner {
        Type::Array(array) => (name(&array.elem), attr::ident(&array.len)),
        other => (name(other), None),
    };
    let element = element.map(Ident::to_string);
    let (bytes, c) = match (element.as_deref(), lengths) {
        (Some("CStr"), None) => (false, "char"),
        (Some("c_char"), Some(_)) => (false, "char"),
        (Some("c_uchar"), Some(_)) => (true, "unsigned char"),
        (Some("c_void"), Some(_)) => (true, "void"),
        _ => {
            problems
                .add(inner.span(), "an array of pointers points to text or bytes", "neither")
                .help("write `&[&CStr; n]`, or `&[&[c_char; lengths]; n]` where `lengths` is a parameter");
            return None;
        }
    };
    let lengths = match lengths {
        Some(name) => Some(scope.param(&name.to_string(), name.span(), problems)?.name.clone()),
        None => None,
    };
    let c_type = if mutable { format!("const {c} **") } else { format!("const {c} *const *") };
    Some((Shape::Texts { count: count?, lengths, bytes, null }, c_type))
}

/// `*mut T`, `*const T`: only the C type, because neither side dereferences it.
fn pointer(ty: &Type, scope: &Scope<'_>, problems: &mut Problems) -> Option<String> {
    let Type::Ptr(ptr) = ty else {
        let Some(name) = name(ty) else {
            problems.add(ty.span(), "a raw pointer points to a named type", "not a name");
            return None;
        };
        let text = name.to_string();
        if text != "c_void" {
            scope.names.kind(&text, name.span(), problems)?;
        }
        return Some(names::c_name(&text).to_owned());
    };
    let inner = pointer(&ptr.elem, scope, problems)?;
    Some(match (&ptr.mutability, &*ptr.elem) {
        (PointerMutability::Mut(_), _) => format!("{inner} *"),
        (PointerMutability::Const(_), Type::Ptr(_)) => format!("{inner} const *"),
        (PointerMutability::Const(_), _) => format!("const {inner} *"),
    })
}

/// `fn(errinfo: &CStr, …, user_data: UserData)`
fn callback(function: &TypeFnPtr, null: bool, scope: &Scope<'_>, problems: &mut Problems) -> Option<Shaped> {
    let ret = returned(&function.output, scope, problems)?;
    if let Some(dots) = &function.variadic {
        problems.add(dots.span(), "the arguments of a variadic function cannot be described", "variadic");
    }
    let mut named = Vec::new();
    for input in &function.inputs {
        for attr in &input.attrs {
            problems.add(attr.span(), "an argument of a callback takes no attributes", "unexpected");
        }
        match &input.name {
            Some((name, _)) => named.push((name, &input.ty)),
            None => {
                problems.add(input.ty.span(), "an argument of a callback needs a name", "without a name");
            }
        }
    }
    let known = |(name, ty): &(&Ident, &Type)| Known { name: name.to_string(), number: is_number(ty, scope.names) };
    let inner = Scope {
        names: scope.names,
        owner: format!("the callback of {}", scope.owner),
        params: named.iter().map(known).collect(),
    };
    let mut params = Vec::new();
    for (i, (name, ty)) in named.iter().enumerate() {
        if named[..i].iter().any(|(known, _)| known == name) {
            problems.add(name.span(), format!("a second argument called `{name}`"), "again");
        }
        let Some((shape, c_type)) = param(ty, &inner, problems) else {
            continue;
        };
        if let Shape::Callback { .. } = shape {
            problems.add(ty.span(), "a callback cannot be given a callback", "not allowed");
        }
        params.push(Param { name: name.to_string(), span: name.span(), shape, c_type, since: None });
    }
    Some((Shape::Callback { params, ret, null }, String::new()))
}

/// What a callback returns: a number, or an address that neither side dereferences.
fn returned(output: &ReturnType, scope: &Scope<'_>, problems: &mut Problems) -> Option<Returned> {
    let ReturnType::Type(_, ty) = output else { return Some(Returned::Nothing) };
    let c_type = pointer(ty, scope, problems)?;
    let Some(name) = name(ty) else { return Some(Returned::Address(c_type)) };
    match scope.names.find(&name.to_string()) {
        Some(Kind::Scalar(scalar) | Kind::Status(scalar)) => Some(Returned::Number { ty: c_type, scalar }),
        Some(Kind::Handle | Kind::Address) => Some(Returned::Address(c_type)),
        _ => {
            problems.add(ty.span(), "a callback returns a number or an address", "neither");
            None
        }
    }
}

/// Whether this is one new object that the call makes.
pub fn is_new(shape: &Shape) -> bool {
    matches!(shape, Shape::Buffer(Buffer { direction: Direction::Out, element: Element::New(_), len: Len::One, .. }))
}

/// Whether a call may be about this: the failure of a one-way call is returned by the next call about the same object.
pub fn names_objects(shape: &Shape) -> bool {
    match shape {
        Shape::Handle { .. } => true,
        Shape::Buffer(b) => b.direction == Direction::In && matches!(b.element, Element::Handle(_)),
        _ => false,
    }
}
