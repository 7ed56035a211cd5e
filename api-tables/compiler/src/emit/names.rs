//! Names and types that every emitter derives from the model in the same way.

use crate::model::{Api, Direction, Element, Fd, Function, Param, Ret, Returned, Scalar, Shape, TypeKind, Version};
use crate::plan::CallbackLife;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// A Rust identifier for a C name; keywords get a trailing underscore.
pub fn ident(name: &str) -> Ident {
    // `syn` parses no keyword as a name.
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, Span::call_site()),
        Err(_) => Ident::new(&format!("{name}_"), Span::call_site()),
    }
}

/// A function's name in the exports of `libava.so`. If an API has a function list, other libraries of the process export
/// the same names and must find their own: only the stub module exports those names ([`super::module`]).
pub fn symbol(api: &Api, function: &str) -> String {
    if api.function_list.is_some() { format!("ava_{function}") } else { function.to_owned() }
}

/// Whether a function shares what is written or generated for it with another one: it has a twin, or is one.
pub fn is_double(function: &Function) -> bool {
    function.facts.twin.is_some() || function.twin_of.is_some()
}

/// The name under which a function is served, by hand or by generated code that twins share, and the opcode that is passed
/// there first if it has a twin.
pub fn shared(function: &Function) -> (Ident, Option<TokenStream>) {
    let own = ident(&function.name);
    let opcode = is_double(function).then(|| quote!(opcode::#own,));
    (function.twin_of.as_ref().map_or(own, |name| ident(name)), opcode)
}

/// A call of a function's generated marshalling.
pub fn marshal(function: &Function, arguments: impl IntoIterator<Item: ToTokens>) -> TokenStream {
    let ((name, opcode), arguments) = (shared(function), arguments.into_iter());
    quote!(marshal::#name(#opcode #(#arguments),*))
}

/// The opcode of a call in its marshalling.
pub fn opcode(function: &Function) -> TokenStream {
    let name = ident(&function.name);
    if is_double(function) { quote!(opcode) } else { quote!(opcode::#name) }
}

pub fn scalar(scalar: Scalar) -> Ident {
    ident(scalar.rust())
}

/// The type a scalar has on the wire: machine words become 64 bits.
pub fn wire_scalar(s: Scalar) -> Ident {
    match s {
        Scalar::Usize => ident("u64"),
        Scalar::Isize => ident("i64"),
        other => scalar(other),
    }
}

pub fn int(value: i128) -> Literal {
    Literal::i128_unsuffixed(value)
}

/// The Rust type of a parameter in the C function's signature.
pub fn c_param(param: &Param) -> TokenStream {
    match &param.shape {
        Shape::Value { scalar: s, .. } => {
            let s = scalar(*s);
            quote!(#s)
        }
        Shape::Handle { .. } | Shape::Mirror { .. } | Shape::UserData | Shape::VaList | Shape::Pointer => {
            quote!(*mut c_void)
        }
        Shape::Struct { ty } => {
            let ty = ident(ty);
            quote!(table::c::#ty)
        }
        Shape::Fd(Fd { wide: true, .. }) => quote!(*mut c_void),
        Shape::Fd(Fd { out, .. }) => {
            if *out {
                quote!(*mut i32)
            } else {
                quote!(i32)
            }
        }
        Shape::Text { .. } => quote!(*const c_char),
        Shape::Texts { .. } => quote!(*const *const c_char),
        Shape::Callback { params, ret, .. } => {
            let params = params.iter().map(c_param);
            let ret = match ret {
                Returned::Nothing => quote!(),
                Returned::Number { scalar: s, .. } => {
                    let s = scalar(*s);
                    quote!(-> #s)
                }
                Returned::Address(_) => quote!(-> *mut c_void),
            };
            quote!(Option<unsafe extern "C" fn(#(#params),*) #ret>)
        }
        Shape::Buffer(buffer) => {
            let element = c_element(&buffer.element);
            match buffer.direction {
                Direction::In => quote!(*const #element),
                Direction::InOut | Direction::Out => quote!(*mut #element),
            }
        }
    }
}

/// The Rust type of what a pointer parameter points at. Structs and property lists are bytes to us.
pub fn c_element(element: &Element) -> TokenStream {
    match element {
        Element::Scalar { scalar: s, .. } => {
            let s = scalar(*s);
            quote!(#s)
        }
        Element::Handle(_) | Element::New(_) => quote!(*mut c_void),
        Element::Text => quote!(*const c_char),
        Element::Bytes | Element::Struct(_) | Element::Tagged(_) | Element::Property(_) => {
            quote!(c_void)
        }
    }
}

/// The shim's slot of an API.
pub fn slot(api: &Api) -> TokenStream {
    let hand = ident(&api.name);
    quote!(crate::api::#hand::SLOT)
}

pub fn c_ret(ret: &Ret, api: &Api) -> TokenStream {
    match ret {
        Ret::Void => quote!(()),
        Ret::Value { scalar: s, .. } => {
            let s = scalar(*s);
            quote!(#s)
        }
        Ret::Status { ty } => {
            let s = scalar(status_scalar(api, ty));
            quote!(#s)
        }
        Ret::New { .. } | Ret::Mapped { .. } | Ret::Mirror { .. } | Ret::Pointer { .. } => quote!(*mut c_void),
        Ret::Text { .. } => quote!(*const c_char),
        Ret::Struct { ty } => {
            let ty = ident(ty);
            quote!(table::c::#ty)
        }
    }
}

pub fn status_scalar(api: &Api, ty: &str) -> Scalar {
    match api.types.get(ty).map(|t| &t.kind) {
        Some(TypeKind::Status { scalar, .. } | TypeKind::Scalar(scalar)) => *scalar,
        _ => Scalar::I32,
    }
}

/// Size in bytes of one element of a buffer.
pub fn element_size(api: &Api, element: &Element) -> usize {
    match element {
        Element::Bytes | Element::Tagged(_) => 1,
        Element::Scalar { scalar, .. } => scalar.size(),
        Element::Handle(_) | Element::New(_) | Element::Text => 8,
        Element::Struct(name) => crate::layout::size(api, name),
        Element::Property(name) => match api.types.get(name).map(|t| &t.kind) {
            Some(TypeKind::List { scalar, .. }) => scalar.size(),
            _ => 8,
        },
    }
}

/// Whether a handle is a pointer to a struct of that name, for which a program may pass anything.
pub fn is_opaque(api: &Api, ty: &str) -> bool {
    matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Handle { opaque: true, .. }))
}

/// The number of a handle type on the wire: its place among the API's handle types, from 1.
pub fn kind(api: &Api, ty: &str) -> u16 {
    let place = api
        .types
        .values()
        .filter(|t| matches!(t.kind, TypeKind::Handle { .. }))
        .position(|t| t.name == ty)
        .unwrap_or(usize::MAX - 1);
    place as u16 + 1
}

/// `(0, 9, 5)`
pub fn version(version: Version) -> TokenStream {
    let [major, minor, patch] = [version.major, version.minor, version.patch].map(Literal::u32_unsuffixed);
    quote!((#major, #minor, #patch))
}

/// The newest version of the API that the table describes: that of the last version node.
pub fn newest(api: &Api) -> Option<Version> {
    let node = api.versions.last()?;
    Version::parse(node.rsplit_once('_').map_or(node.as_str(), |(_, version)| version))
}

/// A prototype that a function has had, by the versions of its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The version before which it was so; `None` for the newest.
    pub before: Option<Version>,
}

impl Form {
    /// The parameters that there are.
    pub fn params(self, function: &Function) -> impl Iterator<Item = &Param> {
        function.params.iter().filter(move |p| self.has(p))
    }

    pub fn has(self, param: &Param) -> bool {
        match (param.since, self.before) {
            (Some(since), Some(before)) => since < before,
            _ => true,
        }
    }

    /// The function's name in this form: `clCommandFillBufferKHR_before_0_9_5`.
    pub fn name(self, function: &Function) -> Ident {
        match self.before {
            Some(Version { major, minor, patch }) => {
                ident(&format!("{}_before_{major}_{minor}_{patch}", function.name))
            }
            None => ident(&function.name),
        }
    }
}

/// The function's forms, oldest first.
pub fn forms(function: &Function) -> Vec<Form> {
    let mut changes: Vec<_> = function.params.iter().filter_map(|p| p.since).collect();
    changes.sort_unstable();
    changes.dedup();
    changes.into_iter().map(Some).chain([None]).map(|before| Form { before }).collect()
}

/// How long a callback is kept, as both sides say it.
pub fn life(life: CallbackLife) -> TokenStream {
    match life {
        CallbackLife::Call => quote!(ava_protocol::upcall::Life::Call),
        CallbackLife::Object => quote!(ava_protocol::upcall::Life::Object),
        CallbackLife::Session => quote!(ava_protocol::upcall::Life::Session),
    }
}

/// The variable that holds what crosses of a parameter.
pub fn local(name: &str) -> proc_macro2::Ident {
    format_ident!("w_{name}")
}

/// Where the bytes of a parameter lie, an `Option<Rows>`, computed before the call.
pub fn rows_local(name: &str) -> proc_macro2::Ident {
    format_ident!("r_{name}")
}
