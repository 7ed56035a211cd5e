//! Emits how large an image's pixels are, a `Pixel`: asked by both sides.

use super::events;
use super::names::{self, ident, int};
use crate::plan::{Pixels, Question};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// In a call of the program's: asked of the worker once, then noted.
pub fn in_shim(pixels: &Pixels<'_>, image: &Ident) -> TokenStream {
    let (rows, of_rows) = &pixels.rows;
    let (size, rows, of_rows) = (asked(&pixels.size, image), asked(rows, image), int(*of_rows));
    quote! {
        runtime::pixels::of(call.session, #image, || {
            Ok(layout::Pixel { size: #size.unwrap_or_default() as u64, array_of_rows: #rows == Some(#of_rows) })
        })?
    }
}

/// Asked of the vendor.
pub fn in_worker(pixels: &Pixels<'_>, image: &Ident) -> TokenStream {
    let (rows, of_rows) = &pixels.rows;
    let [size, rows] = [&pixels.size, rows].map(|asked| events::question(asked, &quote!(api), &quote!(#image)));
    let of_rows = int(*of_rows);
    quote! {
        layout::Pixel { size: #size.unwrap_or_default() as u64, array_of_rows: #rows == Ok(#of_rows) }
    }
}

/// The number that the program's own call gets, if the vendor answers.
pub fn asked(question: &Question<'_>, object: &Ident) -> TokenStream {
    let key = ident(question.key);
    let arguments =
        [quote!(#object), quote!(constant::#key), quote!(size), quote!(value), quote!(std::ptr::null_mut())];
    let asks = names::marshal(question.function, arguments);
    let answer = names::scalar(question.answer);
    // SAFETY of the emitted call: a handle, which the call looks up, and a place of the size that is named.
    quote! {
        runtime::pixels::number::<#answer>(|size, value| unsafe {
            #asks
        })?
    }
}
