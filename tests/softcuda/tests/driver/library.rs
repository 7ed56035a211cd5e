//! Opens the driver and calls it. Each test is a process of its own: what a driver keeps is the process's.

use std::ffi::{CString, c_void};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use libloading::Library;

/// The test that a process is for.
const OWN: &str = "SOFTCUDA_TEST";

/// Runs a test's body in a process of its own, with more of the environment.
pub fn alone(name: &str, environment: &[(&str, &str)], body: impl FnOnce()) {
    if std::env::var(OWN).is_ok_and(|own| own == name) {
        return body();
    }
    let program = std::env::current_exe().expect("a test has a file");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(OWN, name);
    let output = command.envs(environment.iter().copied()).output().expect("the program runs again");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{name}: {}\n{said}{errors}", output.status);
}

/// A test in a process of its own, with the driver initialised and a context that is current.
macro_rules! driver_test {
    ($name:ident $(, $variable:literal = $value:literal)*; $body:block) => {
        #[test]
        fn $name() {
            let name = concat!(module_path!(), "::", stringify!($name));
            let name = name.split_once("::").expect("a crate and a path").1;
            $crate::library::alone(name, &[$(($variable, $value)),*], || {
                $crate::library::context();
                $body
            });
        }
    };
}

/// Calls a function; its status.
macro_rules! cu {
    ($name:ident $(, $argument:expr)* $(,)?) => {
        $crate::library::call(stringify!($name), &[$($crate::library::Word::word($argument)),*])
    };
}

/// Calls a function that has to succeed.
macro_rules! ok {
    ($name:ident $(, $argument:expr)* $(,)?) => {
        assert_eq!(cu!($name $(, $argument)*), 0, stringify!($name))
    };
}

pub(crate) use {cu, driver_test, ok};

/// What a register takes.
pub trait Word {
    fn word(self) -> u64;
}

macro_rules! words {
    ($($type:ty),*) => {
        $(impl Word for $type {
            fn word(self) -> u64 {
                self as usize as u64
            }
        })*
    };
}

words!(u8, u16, u32, i32, u64, usize, extern "C" fn(*mut c_void), extern "C" fn(usize, u32, *mut c_void));

impl<T> Word for &T {
    fn word(self) -> u64 {
        std::ptr::from_ref(self) as u64
    }
}

impl<T> Word for &mut T {
    fn word(self) -> u64 {
        std::ptr::from_mut(self) as u64
    }
}

impl Word for &str {
    /// The text with a NUL, which stays.
    fn word(self) -> u64 {
        CString::new(self).expect("no NUL inside").into_raw() as u64
    }
}

/// Calls a function with as many arguments as the longest one has.
pub fn call(name: &str, arguments: &[u64]) -> u32 {
    type Function = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64) -> u32;
    let mut all = [0; 12];
    all[..arguments.len()].copy_from_slice(arguments);
    let [a, b, c, d, e, f, g, h, i, j, k, l] = all;
    // SAFETY: arguments are words in registers and on the stack, as the functions have them; more than they have is ignored.
    unsafe {
        let function = driver().get::<Function>(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        function(a, b, c, d, e, f, g, h, i, j, k, l)
    }
}

/// The driver, as it was built beside this test.
pub fn driver() -> &'static Library {
    static DRIVER: OnceLock<Library> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let test = std::env::current_exe().expect("a test has a file");
        let file = test.with_file_name("libsoftcuda.so");
        // SAFETY: the driver does nothing when it is loaded.
        unsafe { Library::new(&file) }.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

/// Initialises, and makes a context of device 0 the current one.
pub fn context() -> usize {
    let mut context = 0_usize;
    ok!(cuInit, 0);
    ok!(cuCtxCreate_v2, &mut context, 0, 0);
    context
}

pub fn allocate(size: usize) -> u64 {
    let mut address = 0_u64;
    ok!(cuMemAlloc_v2, &mut address, size);
    address
}

pub fn stream(flags: u32) -> usize {
    let mut stream = 0_usize;
    ok!(cuStreamCreate, &mut stream, flags);
    stream
}

pub fn event(flags: u32) -> usize {
    let mut event = 0_usize;
    ok!(cuEventCreate, &mut event, flags);
    event
}

/// Numbers that are on the device.
pub fn read<const COUNT: usize>(address: u64) -> [u32; COUNT] {
    let mut values = [0; COUNT];
    ok!(cuMemcpyDtoH_v2, &mut values, address, size_of_val(&values));
    values
}

/// Holds a stream back until it is dropped or opened.
pub struct Gate {
    open: Option<Sender<()>>,
    reached: Receiver<()>,
}

struct Wait {
    opened: Receiver<()>,
    reaches: Sender<()>,
}

extern "C" fn wait(data: *mut c_void) {
    // SAFETY: `Gate::new` made it for this one call.
    let wait = unsafe { Box::from_raw(data.cast::<Wait>()) };
    let _ = wait.reaches.send(());
    let _ = wait.opened.recv();
}

impl Gate {
    pub fn new(stream: usize) -> Self {
        let ((open, opened), (reaches, reached)) = (channel(), channel());
        let data = Box::into_raw(Box::new(Wait { opened, reaches }));
        ok!(cuLaunchHostFunc, stream, wait as extern "C" fn(*mut c_void), data as u64);
        Self { open: Some(open), reached }
    }

    /// Waits until the stream has come to it.
    pub fn reach(&self) {
        self.reached.recv().expect("the stream comes to the gate");
    }

    pub fn open(mut self) {
        self.open.take();
    }
}

/// Kernels: `set(p, v)` stores a number, `add(p, v)` adds to it, `wild()` stores to an address that nothing has, `loop()` never
/// ends, `fill(p, v)` stores a number for each thread.
pub const PTX: &str = "
.version 6.4
.target sm_75
.address_size 64
.visible .global .align 4 .u32 counter = 7;
.visible .entry set(.param .u64 p, .param .u32 v) {
    .reg .u64 %a; .reg .u32 %v;
    ld.param.u64 %a, [p]; ld.param.u32 %v, [v];
    st.global.u32 [%a], %v; ret;
}
.visible .entry add(.param .u64 p, .param .u32 v) {
    .reg .u64 %a; .reg .u32 %v, %o;
    ld.param.u64 %a, [p]; ld.param.u32 %v, [v];
    ld.global.u32 %o, [%a]; add.u32 %o, %o, %v; st.global.u32 [%a], %o; ret;
}
.visible .entry wild() {
    .reg .u64 %a; .reg .u32 %v;
    mov.u64 %a, 64; mov.u32 %v, 1; st.global.u32 [%a], %v; ret;
}
.visible .entry forever() {
    AGAIN: bra.uni AGAIN; ret;
}
.visible .entry fill(.param .u64 p, .param .u32 v) {
    .reg .u64 %a, %o; .reg .u32 %v, %i, %n, %b;
    ld.param.u64 %a, [p]; ld.param.u32 %v, [v];
    mov.u32 %i, %tid.x; mov.u32 %n, %ntid.x; mov.u32 %b, %ctaid.x;
    mad.lo.u32 %i, %b, %n, %i; mul.wide.u32 %o, %i, 4; add.u64 %a, %a, %o;
    st.global.u32 [%a], %v; ret;
}
";

/// A kernel of [`PTX`] in the current context.
pub fn kernel(name: &str) -> usize {
    let (mut module, mut function) = (0_usize, 0_usize);
    ok!(cuModuleLoadData, &mut module, PTX);
    ok!(cuModuleGetFunction, &mut function, module, name);
    function
}

/// Launches `set` or `add` with one thread; the status.
pub fn launch(function: usize, stream: usize, address: u64, value: u32) -> u32 {
    let arguments = [std::ptr::from_ref(&address) as u64, std::ptr::from_ref(&value) as u64];
    cu!(cuLaunchKernel, function, 1, 1, 1, 1, 1, 1, 0, stream, &arguments, 0)
}
