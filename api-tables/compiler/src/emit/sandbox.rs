//! Emits the files, devices and settings that vendors need, for the protocol crate.

use crate::model::{Configuration, Needs, Place};
use proc_macro2::TokenStream;
use quote::quote;

pub fn needs(needs: &Needs) -> TokenStream {
    let Needs { read, write, execute, devices, sockets } = needs;
    let (read, write, execute) = (places(read), places(write), places(execute));
    quote! {
        crate::sandbox::Needs {
            read: #read,
            write: #write,
            execute: #execute,
            devices: &[#(#devices),*],
            sockets: &[#(#sockets),*],
        }
    }
}

fn places(places: &[Place]) -> TokenStream {
    let places = places.iter().map(place);
    quote!(&[#(#places),*])
}

fn place(place: &Place) -> TokenStream {
    let place = match place {
        Place::Path(path) => quote!(Path(#path)),
        Place::Variable(name) => quote!(Variable(#name)),
        Place::Lines(files) => {
            let files = self::place(files);
            quote!(Lines(&#files))
        }
        Place::Setting(files, key) => {
            let files = self::place(files);
            quote!(Setting(&#files, #key))
        }
    };
    quote!(crate::sandbox::Place::#place)
}

pub fn configuration(configuration: &Configuration) -> TokenStream {
    let Configuration { variable, file, home, text } = configuration;
    let home = match home {
        Some(path) => quote!(Some(#path)),
        None => quote!(None),
    };
    quote!(crate::sandbox::Configuration { variable: #variable, file: #file, home: #home, text: #text })
}
