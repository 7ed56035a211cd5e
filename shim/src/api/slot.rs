//! The place of an API in the process.

/// Defines `SLOT`, the place of an API whose sessions have this state. It registers itself as the library is loaded.
macro_rules! slot {
    ($api:ident, $state:ty) => {
        /// The API's place in the process.
        pub static SLOT: crate::session::Slot<$state> = {
            use crate::api::generated::$api::{DISPATCH, deliver};
            crate::session::Slot::new(&ava_protocol::$api::API, deliver, &DISPATCH)
        };

        #[ctor::ctor(unsafe)]
        fn register() {
            use crate::process::registry::Registration;
            static REGISTRATION: Registration = Registration::new(&SLOT);
            REGISTRATION.add();
        }
    };
}

pub(super) use slot;
