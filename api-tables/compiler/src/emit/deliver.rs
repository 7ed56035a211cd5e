//! Emits the function by which the shim calls the program's callbacks.

use super::names::{self, ident};
use crate::model::Shape;
use crate::plan::Plan;
use proc_macro2::TokenStream;
use quote::quote;

/// The function that calls a program's callback by the number of its signature.
pub fn deliver(plan: &Plan<'_>) -> TokenStream {
    let mut constants = Vec::new();
    let arms: Vec<_> = plan
        .callbacks
        .iter()
        .enumerate()
        .map(|(i, callback)| {
            let (constant, params) = (ident(&callback.function.name), callback.params);
            let number = i as u32;
            constants.push(quote!(pub const #constant: u32 = #number;));
            let types: Vec<_> = params.iter().map(names::c_param).collect();
            let mut at = 0_usize;
            let formatted = params.iter().any(|p| matches!(p.shape, Shape::VaList));
            let args = params.iter().map(|p| {
                let place = at;
                if !matches!(p.shape, Shape::UserData | Shape::VaList) {
                    at += 1;
                }
                match &p.shape {
                    // The worker has formatted: the format is that of one text, which is the argument.
                    Shape::Text { .. } if formatted => quote!(c"%s".as_ptr()),
                    Shape::VaList => {
                        let text = place - 1;
                        quote!(runtime::Arguments::of(args.bytes(#text)).as_mut_ptr())
                    }
                    Shape::Value { scalar: s, .. } => {
                        let s = names::scalar(*s);
                        quote!(args.int(#place) as #s)
                    }
                    Shape::Handle { .. } => quote!(args.handle(#place)),
                    Shape::UserData => quote!(user_data as *mut c_void),
                    _ => quote!(args.bytes(#place).cast()),
                }
            });
            quote! {
                #number => {
                    let f: unsafe extern "C-unwind" fn(#(#types),*) = std::mem::transmute(f);
                    f(#(#args),*);
                }
            }
        })
        .collect();
    quote! {
        /// Numbers of the callback signatures, by the function that registers them.
        #[allow(non_upper_case_globals, dead_code)]
        pub mod signature { #(#constants)* }

        /// Calls the program's callback `f`.
        ///
        /// # Safety
        /// `f` is a function of the signature that `signature` numbers.
        #[allow(unused_variables, unused_unsafe)]
        pub unsafe fn deliver(signature: u32, f: usize, user_data: usize, args: &runtime::Args) {
            // SAFETY: by the caller's promise.
            unsafe {
                match signature {
                    #(#arms)*
                    _ => (),
                }
            }
        }
    }
}
