//! Emits the code for mirrors (copies of the vendor's structs in programs): how one is made, the functions that return one,
//! and those that return a field of one.

use super::names::{self, ident, int};
use crate::layout;
use crate::model::{
    Answers, Api, Array, Field, FieldShape, Function, Payload, Pointee, Ret, Scalar, Shape, Step, TypeKind,
};
use crate::plan::{CallPlan, Plan, Success};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

/// Descriptors of the mirrored struct and of the structs that it points to.
pub fn specs(api: &Api) -> TokenStream {
    let images = api.types.values().filter_map(|t| match &t.kind {
        TypeKind::Struct { fields, .. } => Some(image(api, &t.name, fields)),
        _ => None,
    });
    let Some((name, fields, mirror)) = api.mirror() else {
        return quote!(#(#images)*);
    };
    let offsets = layout::offsets(api, fields);
    let at = |name: &str| fields.iter().position(|f| f.name == name).map_or(0, |i| offsets[i]);
    let (mut data, mut len) = (0, 0);
    for (field, offset) in fields.iter().zip(&offsets) {
        if let FieldShape::Pointer(Pointee::Data { len: count }) = &field.shape {
            (data, len) = (*offset, at(count));
        }
    }
    let input = match &mirror.input {
        Some(name) => {
            let at = at(name);
            quote!(Some(#at))
        }
        None => quote!(None),
    };
    let (size, pointers) = (layout::size(api, name), pointers(api, fields, 0));
    let (owner, invalid) = (names::kind(api, &mirror.owner), int(i128::from(mirror.invalid)));
    quote! {
        #(#images)*
        /// The mirrored struct.
        pub static MIRROR: MirrorSpec = MirrorSpec {
            image: ImageSpec { size: #size, pointers: &[#(#pointers),*] },
            data: #data, len: #len, input: #input, owner: #owner, invalid: #invalid,
        };
    }
}

/// The descriptor of a struct that a pointer of another points to.
fn image(api: &Api, name: &str, fields: &[Field]) -> TokenStream {
    let offsets = layout::offsets(api, fields);
    if let Some((FieldShape::Tail { scalar, len }, data_at)) = fields.last().map(|f| &f.shape).zip(offsets.last()) {
        let count_at = fields.iter().position(|f| f.name == *len).map_or(0, |i| offsets[i]);
        let (name, element) = (format_ident!("{name}_counted"), scalar.size());
        return quote! {
            pub static #name: CountedSpec =
                CountedSpec { count_at: #count_at, data_at: #data_at, element: #element };
        };
    }
    if !is_led_to(api, name) {
        return quote!();
    }
    let (name, size, pointers) = (format_ident!("{name}_image"), layout::size(api, name), pointers(api, fields, 0));
    quote!(pub static #name: ImageSpec = ImageSpec { size: #size, pointers: &[#(#pointers),*] };)
}

/// Whether a struct that has no count is behind a pointer of another.
fn is_led_to(api: &Api, name: &str) -> bool {
    let keyed = |keys: &str| match api.types.get(keys).map(|t| &t.kind) {
        Some(TypeKind::Tagged { variants, .. }) => {
            variants.iter().any(|v| matches!(&v.payload, Payload::Plain(ty) if ty == name))
        }
        _ => false,
    };
    api.types.values().any(|t| match &t.kind {
        TypeKind::Struct { fields, .. } => fields.iter().any(|f| match &f.shape {
            FieldShape::Pointer(Pointee::Struct(ty)) => ty == name,
            FieldShape::Pointer(Pointee::Keyed(keys)) => keyed(keys),
            _ => false,
        }),
        _ => false,
    })
}

/// The pointers of a struct that stands at `start` of another, those of structs in it too.
fn pointers(api: &Api, fields: &[Field], start: usize) -> Vec<TokenStream> {
    let offsets = layout::offsets(api, fields);
    let mut all = Vec::new();
    for (field, offset) in fields.iter().zip(&offsets) {
        let at = start + offset;
        let to = match &field.shape {
            FieldShape::Struct(ty) => {
                if let Some(TypeKind::Struct { fields, .. }) = api.types.get(ty).map(|t| &t.kind) {
                    all.extend(pointers(api, fields, at));
                }
                continue;
            }
            FieldShape::Address => quote!(Nothing),
            FieldShape::Pointer(Pointee::Text) => quote!(Text),
            FieldShape::Pointer(Pointee::Data { .. }) => quote!(Data),
            FieldShape::Pointer(Pointee::Struct(ty)) => to(api, ty),
            FieldShape::Pointer(Pointee::Keyed(keys)) => keyed(api, keys, fields, &offsets, start),
            _ => continue,
        };
        all.push(quote!(PointerSpec { at: #at, to: Target::#to }));
    }
    all
}

fn to(api: &Api, ty: &str) -> TokenStream {
    let counted = match api.types.get(ty).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => {
            matches!(fields.last().map(|f| &f.shape), Some(FieldShape::Tail { .. }))
        }
        _ => false,
    };
    if counted {
        let spec = format_ident!("{ty}_counted");
        return quote!(Counted(&#spec));
    }
    let spec = format_ident!("{ty}_image");
    quote!(Struct(&#spec))
}

fn keyed(api: &Api, keys: &str, fields: &[Field], offsets: &[usize], start: usize) -> TokenStream {
    let Some(TypeKind::Tagged { tag, variants, .. }) = api.types.get(keys).map(|t| &t.kind) else {
        return quote!(Nothing);
    };
    let tag = fields.iter().zip(offsets).find(|(f, _)| f.name == *tag);
    let (at, size) = match tag {
        Some((Field { shape: FieldShape::Scalar(scalar), .. }, at)) => (start + at, scalar.size()),
        _ => (0, 8),
    };
    let rows = variants.iter().filter_map(|v| {
        let Payload::Plain(ty) = &v.payload else { return None };
        let (key, spec) = (int(api.constants.get(&v.key)?.value), format_ident!("{ty}_image"));
        Some(quote!((#key, &#spec)))
    });
    quote!(Keyed { at: #at, size: #size, keys: &[#(#rows),*] })
}

/// How the worker finds the struct that a call names, now and whenever the vendor may have moved it.
pub fn locate(
    function: &Function,
    decode: &[TokenStream],
    find: &TokenStream,
    before: &TokenStream,
    args: &[TokenStream],
) -> TokenStream {
    let (name, text) = (ident(&function.name), &function.name);
    // The vendor would dereference an invalid address.
    let texts = function.params.iter().filter(|p| matches!(p.shape, Shape::Text { null: false })).map(|p| {
        let text = ident(&p.name);
        quote!(if #text.bytes().is_none() { return Ok(std::ptr::null_mut()); })
    });
    quote! {
        pub fn #name(api: &'static State, call: &Call, body: &[u8]) -> Result<*mut c_void, Stop> {
            let r = call.read::<table::#name::ArchivedRequest>(body, #text)?;
            #(#decode)*
            #(#texts)*
            #find
            #before
            // SAFETY: handles are live objects of the vendor, texts end, and indexes are those that the vendor has.
            Ok(unsafe { vendor_function(#(#args),*) })
        }
    }
}

/// Serves an entry that names a struct of the object which it is about.
pub fn server(call: &CallPlan<'_>, about: &TokenStream) -> TokenStream {
    let (name, text) = (ident(&call.function.name), &call.function.name);
    let is_input = call.function.facts.input.is_some();
    quote! {
        pub fn #name(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
            let r = call.read::<table::#name::ArchivedRequest>(body, #text)?;
            let at = locate::#name(api, call, body)?;
            let named = crate::engine::mirror::Named {
                object: #about, at, opcode: opcode::#name, request: body, is_input: #is_input,
            };
            let inputs = |owner: *mut c_void| inputs(&api.vendor, owner);
            let (ret, mirrors) = crate::engine::mirror::named(call, &spec::MIRROR, inputs, named)?;
            call.reply(&table::#name::Reply { ret, mirrors })
        }
    }
}

/// The dispatch over what names structs, by the calls that did, and which of the structs are inputs.
pub fn dispatch(plan: &Plan<'_>) -> TokenStream {
    let api = plan.api;
    if api.mirror().is_none() {
        return quote!();
    }
    let arms = plan.calls.iter().filter(|call| call.names_mirror() && call.marshalled).map(|call| {
        let (opcode, name) = (call.opcode, ident(&call.function.name));
        quote!(#opcode => locate::#name(api, call, body))
    });
    let inputs = api.functions.iter().filter_map(|f| {
        let (count, get) = (ident(f.facts.input.as_ref()?.as_ref()?), ident(&f.name));
        Some(quote! {
            if let (Some(count), Some(get)) = (vendor.#count, vendor.#get) {
                // SAFETY: the owner is alive, and asked for as many as it has.
                inputs.extend((0..unsafe { count(owner) }).map(|i| unsafe { get(owner, i) }));
            }
        })
    });
    quote! {
        /// The vendor's struct that a call has named.
        pub fn locate(api: &'static State, opcode: u32, call: &Call, body: &[u8]) -> Result<*mut c_void, Stop> {
            match opcode {
                #(#arms,)*
                other => Err(Malformed::Opcode(other).into()),
            }
        }

        /// The structs of an owner, which is alive, that are inputs.
        pub fn inputs(vendor: &Vendor, owner: *mut c_void) -> Vec<*mut c_void> {
            let mut inputs = Vec::new();
            #(#inputs)*
            inputs
        }
    }
}

/// The body of an entry point that returns a field of the program's struct.
pub fn answer(api: &Api, call: &CallPlan<'_>, answers: &Answers) -> TokenStream {
    let function = call.function;
    let param = ident(&answers.param);
    let otherwise = Literal::i64_suffixed(answers.otherwise as i64);
    let Some(Shape::Mirror { ty }) = function.param(&answers.param).map(|p| &p.shape) else {
        return quote!(compile_error!("answers"));
    };
    let (statements, number) = (Vec::new(), Scalar::I32);
    let mut place = Place { api, statements, value: quote!(#param), ty: ty.clone(), is_pointer: true, number };
    for step in &answers.steps {
        match step {
            Step::Field(name) => place.field(name),
            Step::Index(index) => place.index(index),
        }
    }
    let Place { statements, value, number, .. } = place;
    let found = quote! {
        // SAFETY: the program passes a struct of the vendor's API, whose pointers are null or point to what the API says.
        let found = unsafe { (|| { #(#statements)* Some(#value) })() };
    };
    match (&answers.out, &function.ret, call.success) {
        (Some(out), _, Success::Status { ok, .. }) => {
            let (out, ok, number) = (ident(out), int(i128::from(ok)), names::scalar(number));
            quote!({
                #found
                // SAFETY: the program passes a place for the answer.
                unsafe { #out.cast::<#number>().write(found.unwrap_or(#otherwise as #number)) };
                Ok(#ok)
            })
        }
        (_, Ret::Pointer { .. }, _) => quote!({ #found Ok(found.map_or(std::ptr::null_mut(), |found| found.cast())) }),
        // SAFETY of the emitted code: a struct of numbers and addresses may be all zeroes.
        (_, Ret::Struct { .. }, _) => quote!({ #found Ok(found.unwrap_or_else(|| unsafe { std::mem::zeroed() })) }),
        (_, ret, _) => {
            let ty = names::c_ret(ret, api);
            quote!({ #found Ok(found.map_or(#otherwise as #ty, |found| found as #ty)) })
        }
    }
}

/// The body of an entry point that works on arrays.
pub fn array(call: &CallPlan<'_>, array: &Array) -> TokenStream {
    let (work, spec) = (format_ident!("{}", array.does.word()), format_ident!("{}_counted", array.of));
    let arguments = call.function.params.iter().map(|p| match (ident(&p.name), &p.shape) {
        (name, Shape::Pointer) => quote!(#name.cast()),
        (name, _) => quote!(#name as _),
    });
    let done = quote!(runtime::arrays::#work(&spec::#spec, #(#arguments),*));
    // SAFETY of the emitted call: the program vouches for its arrays, as for the vendor's function.
    let done = if array.does.takes().contains('p') { quote!(unsafe { #done }) } else { done };
    match call.function.ret {
        Ret::Void => quote!({ #done; Ok(()) }),
        _ => quote!(Ok(#done as _)),
    }
}

/// The position in a path to a field.
struct Place<'a> {
    api: &'a Api,
    statements: Vec<TokenStream>,
    /// The value there: a struct, or a pointer to it.
    value: TokenStream,
    ty: String,
    is_pointer: bool,
    /// Of a number, its type.
    number: Scalar,
}

impl Place<'_> {
    fn field(&mut self, name: &str) {
        self.look();
        let (value, field) = (&self.value, ident(name));
        let Some(TypeKind::Struct { fields, .. }) = self.api.types.get(&self.ty).map(|t| &t.kind) else { return };
        let shape = fields.iter().find(|f| f.name == name).map(|f| &f.shape);
        match shape {
            Some(FieldShape::Struct(ty)) => (self.ty, self.is_pointer) = (ty.clone(), false),
            Some(FieldShape::Pointer(Pointee::Struct(ty))) => (self.ty, self.is_pointer) = (ty.clone(), true),
            Some(FieldShape::Scalar(scalar)) => self.number = *scalar,
            // The struct stays the one that the elements are counted by.
            Some(FieldShape::Tail { .. }) => return,
            _ => {}
        }
        self.value = quote!(#value.#field);
    }

    /// Dereferences a pointer.
    fn look(&mut self) {
        if self.is_pointer {
            let (value, ty) = (&self.value, ident(&self.ty));
            self.statements.push(quote!(let place = #value.cast::<table::c::#ty>().as_ref()?;));
            (self.value, self.is_pointer) = (quote!(place), false);
        }
    }

    fn index(&mut self, index: &str) {
        let Some(TypeKind::Struct { fields, .. }) = self.api.types.get(&self.ty).map(|t| &t.kind) else { return };
        let Some((FieldShape::Tail { scalar, len }, at)) =
            fields.last().map(|f| &f.shape).zip(layout::offsets(self.api, fields).last().copied())
        else {
            return;
        };
        let (value, index, len, element) = (&self.value, ident(index), ident(len), names::scalar(*scalar));
        self.statements.push(quote! {
            let index = usize::try_from(#index).ok().filter(|index| (*index as i64) < i64::from(#value.#len))?;
            let element = (&raw const *#value).cast::<u8>().add(#at).cast::<#element>().add(index);
        });
        self.number = *scalar;
        self.value = quote!(*element);
    }
}
