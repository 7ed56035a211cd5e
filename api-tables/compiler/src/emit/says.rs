//! Emits which number makes a struct the one that it is.

use super::names::int;
use crate::layout;
use crate::model::{Api, Field, Says};
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(api: &Api, fields: &[Field], says: Option<&Says>) -> TokenStream {
    let Some((says, (at, size))) = says.and_then(|says| Some((says, layout::number(api, fields, &says.field)?))) else {
        return quote!(None);
    };
    let (value, otherwise) = (int(says.value & ((1 << (8 * size)) - 1)), int(i128::from(says.otherwise)));
    quote!(Some(Says { at: #at, size: #size, value: #value, otherwise: #otherwise }))
}
