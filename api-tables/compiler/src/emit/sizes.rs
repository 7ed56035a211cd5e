//! Sizes of arguments: the same expressions on both sides, each over its own variables.

use super::expr::lower;
use super::names::ident;
use super::pixels;
use crate::model::{Api, Buffer, Element, Expr, Function, Len, Ret, Scalar, Shape};
use crate::plan;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Where the emitted code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Parameters are the program's own.
    Shim,
    /// Parameters are what `Call` has made of the request.
    Worker,
}

/// Sizes of one function's arguments.
pub struct Sizes<'a> {
    pub api: &'a Api,
    pub function: &'a Function,
    pub side: Side,
}

impl Sizes<'_> {
    /// An expression's value, an `Option<u64>`.
    pub fn value(&self, e: &Expr) -> TokenStream {
        lower(e, &|name| self.scalar(name), &|function, args| self.ask(function, args))
    }

    /// The number of elements, an `Option<u64>`; `None` where it is not known before the memory is read.
    pub fn elements(&self, len: &Len) -> TokenStream {
        match len {
            Len::One => quote!(Some(1)),
            Len::Count(e) => self.value(e),
            Len::Layout { .. } | Len::Found { .. } | Len::Ended => quote!(None),
        }
    }

    /// The rows of a run of bytes, an `Option<Rows>`.
    pub fn rows(&self, len: &Len) -> TokenStream {
        match len {
            Len::Layout { function, args } => {
                let function = format_ident!("{function}");
                let args = args.iter().map(|a| self.layout_argument(a));
                quote!(layout::#function(#(#args),*))
            }
            other => {
                let elements = self.elements(other);
                quote!(Rows::flat(#elements))
            }
        }
    }

    /// Whether memory is in use after the call, unless the call waits for its command.
    pub fn outlives_call(&self, unless: Option<&Expr>) -> TokenStream {
        match unless {
            Some(blocking) => {
                let blocking = self.value(blocking);
                quote!(!expr::holds(#blocking))
            }
            None => quote!(true),
        }
    }

    fn layout_argument(&self, argument: &Expr) -> TokenStream {
        let Expr::Param(name) = argument else { return self.value(argument) };
        let value = ident(name);
        match (self.function.param(name).map(|p| &p.shape), self.side) {
            (Some(Shape::Handle { ty, .. }), side) => match (plan::pixels(self.api, ty), side) {
                (Some(asked), Side::Shim) => pixels::in_shim(&asked, &value),
                (Some(asked), Side::Worker) => pixels::in_worker(&asked, &value),
                (None, _) => unreachable!("the rules let layouts have images only"),
            },
            (Some(Shape::Buffer(Buffer { element: Element::Struct(ty), .. })), Side::Shim) => {
                let ty = ident(ty);
                quote!(call.peek(#value.cast(), spec::#ty.size))
            }
            (Some(Shape::Buffer(Buffer { element: Element::Struct(_), .. })), Side::Worker) => quote!(#value.bytes()),
            // What a vendor says of memory that it maps, and need not be asked for.
            (Some(Shape::Buffer(Buffer { element: Element::Scalar { .. }, len: Len::One, .. })), Side::Worker) => {
                quote!(#value.scalar().or(Some(0)))
            }
            (Some(Shape::Buffer(_)), Side::Shim) => quote!(call.peek_three(#value)),
            (Some(Shape::Buffer(_)), Side::Worker) => quote!(#value.three()),
            _ => self.scalar(name),
        }
    }

    /// What the vendor returns, an `Option<u64>`. Only the worker asks.
    fn ask(&self, function: &str, args: &[String]) -> TokenStream {
        let (name, args) = (ident(function), args.iter().map(|a| ident(a)));
        let number = match self.api.function(function).map(|f| &f.ret) {
            Some(Ret::Value { scalar, .. }) => widen(*scalar, &quote!(number)),
            Some(Ret::Mirror { .. }) => quote!(Some(number as u64)),
            _ => unreachable!("the rules let expressions ask for numbers and structs only"),
        };
        quote!({
            let asked = api.vendor.#name.ok_or(Stop::Missing(#function))?;
            // SAFETY: handles are live objects of the vendor.
            let number = unsafe { asked(#(#args),*) };
            #number
        })
    }

    /// A parameter in an expression, an `Option<u64>`.
    fn scalar(&self, name: &str) -> TokenStream {
        let value = ident(name);
        match (self.function.param(name).map(|p| &p.shape), self.side) {
            (Some(Shape::Value { scalar, .. }), _) => widen(*scalar, &quote!(#value)),
            (Some(Shape::Buffer(Buffer { element: Element::Scalar { scalar, .. }, .. })), Side::Shim) => {
                let wide = widened(*scalar, &quote!(number));
                quote!(runtime::readable::number(#value).map(|number| #wide))
            }
            (Some(Shape::Buffer(_)), Side::Worker) => quote!(#value.scalar()),
            _ => quote!(None),
        }
    }
}

fn widen(scalar: Scalar, value: &TokenStream) -> TokenStream {
    let wide = widened(scalar, value);
    quote!(Some(#wide))
}

fn widened(scalar: Scalar, value: &TokenStream) -> TokenStream {
    match scalar {
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize => quote!(#value as i64 as u64),
        _ => quote!(#value as u64),
    }
}

/// Bytes of one element, as far as they are known without the descriptors.
pub fn element_bytes(element: &Element) -> TokenStream {
    match element {
        Element::Bytes | Element::Tagged(_) => quote!(1),
        Element::Scalar { scalar, .. } => {
            let size = scalar.size() as u64;
            quote!(#size)
        }
        Element::Handle(_) | Element::New(_) | Element::Text => quote!(8),
        Element::Struct(ty) | Element::Property(ty) => {
            let ty = ident(ty);
            quote!(spec::#ty.size as u64)
        }
    }
}
