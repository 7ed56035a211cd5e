//! Modules in contexts, libraries in the process, and the functions and kernels of both.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::CString;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::faults;
use super::handles::{Handles, fresh};
use super::memory::{self, Kind, Owner};
use super::profile::{self, Device, SHARED_PER_BLOCK};
use crate::cuda::{CUdevice, Result, Status};
use crate::engine;

pub static MODULES: Handles<Module> = Handles::new();
pub static LIBRARIES: Handles<Library> = Handles::new();
pub static FUNCTIONS: Handles<Function> = Handles::new();
pub static KERNELS: Handles<Kernel> = Handles::new();

/// Parsed code, and where its variables are in a context.
struct Code {
    module: Arc<engine::Module>,
    symbols: HashMap<String, Symbol>,
}

/// A variable in memory.
#[derive(Clone, Copy)]
pub struct Symbol {
    pub address: u64,
    pub size: usize,
    pub is_managed: bool,
}

/// Code in a context.
pub struct Module {
    pub handle: usize,
    pub context: usize,
    pub device: CUdevice,
    code: Arc<Code>,
    /// Whose instance it is, if it is one.
    library: Option<Weak<Library>>,
    functions: Mutex<BTreeMap<String, Arc<Function>>>,
}

/// A kernel of a module.
pub struct Function {
    pub handle: usize,
    pub name: CString,
    pub module: usize,
    pub context: usize,
    pub settings: Arc<Settings>,
    /// Where its parameters are.
    pub parameters: Vec<engine::Parameter>,
    code: Arc<Code>,
    compiled: OnceLock<Option<engine::Kernel>>,
}

/// What programs set of a kernel.
pub struct Settings {
    /// Most dynamic shared memory, in bytes; -1 for what a block may have without asking.
    pub dynamic_shared: AtomicI32,
    pub carveout: AtomicI32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { dynamic_shared: AtomicI32::new(-1), carveout: AtomicI32::new(-1) }
    }
}

/// Code in the process; each context that asks gets a module of it.
pub struct Library {
    pub handle: usize,
    module: Arc<engine::Module>,
    instances: Mutex<BTreeMap<usize, Arc<Module>>>,
    kernels: Mutex<BTreeMap<String, Arc<Kernel>>>,
    /// Managed variables, which all contexts have in common.
    managed: Mutex<HashMap<String, Symbol>>,
}

/// A kernel of a library, in no context yet.
pub struct Kernel {
    pub handle: usize,
    pub name: CString,
    library: Weak<Library>,
    settings: Mutex<BTreeMap<CUdevice, Arc<Settings>>>,
}

/// Stands between the texts of a linked image; for a parser of PTX, a comment.
pub const NEXT: &str = "\n// softcuda: the next module\n";

/// Parses texts of PTX, as one module; `INVALID_PTX` and what is wrong if that fails, `UNSUPPORTED_PTX_VERSION` for a language
/// to come.
pub fn parse(texts: &[String]) -> std::result::Result<engine::Module, (Status, String)> {
    faults::load().map_err(|status| (status, "a fault on demand".into()))?;
    let modules = texts.iter().flat_map(|text| text.split(NEXT)).map(one).collect::<std::result::Result<Vec<_>, _>>();
    let mut modules = modules?;
    match modules.len() {
        1 => Ok(modules.remove(0)),
        _ => engine::Module::link(modules).map_err(invalid),
    }
}

fn one(text: &str) -> std::result::Result<engine::Module, (Status, String)> {
    let module = engine::Module::parse(text).map_err(invalid)?;
    match module.ptx_version() {
        version if version > MOST => {
            Err((Status::UNSUPPORTED_PTX_VERSION, format!("PTX {}.{}", version / 10, version % 10)))
        }
        _ => Ok(module),
    }
}

fn invalid(why: engine::ParseError) -> (Status, String) {
    (Status::INVALID_PTX, why.to_string())
}

/// The newest version of PTX that is read, times ten.
const MOST: u32 = 99;

impl Settings {
    /// Most dynamic shared memory beside so much of a kernel's own, in bytes.
    pub fn dynamic_shared(&self, own: usize) -> usize {
        let set = usize::try_from(self.dynamic_shared.load(Ordering::Relaxed));
        set.unwrap_or(SHARED_PER_BLOCK.saturating_sub(own))
    }
}

impl Module {
    /// Puts code into a context: its variables get memory and their first contents.
    pub fn load(module: Arc<engine::Module>, owner: Owner, library: Option<Weak<Library>>) -> Result<Arc<Self>> {
        let mut symbols = HashMap::new();
        let device = profile::device(owner.device)?;
        let shared = library.as_ref().and_then(Weak::upgrade);
        for variable in module.variables() {
            let symbol = match &shared {
                Some(library) if variable.managed => library.managed(&variable.name)?,
                _ => place(variable, owner, device)?,
            };
            symbols.insert(variable.name.clone(), symbol);
        }
        let own = symbols.iter().filter(|(_, symbol)| !(symbol.is_managed && shared.is_some()));
        own.for_each(|(name, symbol)| initialize(&module, name, *symbol, &symbols));
        let code = Arc::new(Code { module, symbols });
        let loaded = Arc::new(Self {
            handle: fresh(),
            context: owner.context,
            device: owner.device,
            code,
            library,
            functions: Mutex::default(),
        });
        MODULES.insert(loaded.handle, loaded.clone());
        Ok(loaded)
    }

    /// A kernel by its name; `NOT_FOUND` if there is none.
    pub fn function(&self, name: &str) -> Result<Arc<Function>> {
        let mut functions = lock(&self.functions);
        if let Some(known) = functions.get(name) {
            return Ok(known.clone());
        }
        let parameters = self.code.module.parameters(name).ok_or(Status::NOT_FOUND)?;
        let kernel = self.library.as_ref().and_then(Weak::upgrade).and_then(|library| library.kernel(name).ok());
        let function = Arc::new(Function {
            handle: fresh(),
            name: CString::new(name).map_err(|_| Status::NOT_FOUND)?,
            module: self.handle,
            context: self.context,
            settings: kernel.map_or_else(Arc::default, |kernel| kernel.settings(self.device)),
            parameters,
            code: self.code.clone(),
            compiled: OnceLock::new(),
        });
        functions.insert(name.to_owned(), function.clone());
        FUNCTIONS.insert(function.handle, function.clone());
        Ok(function)
    }

    /// A variable by its name; `NOT_FOUND` if there is none.
    pub fn global(&self, name: &str) -> Result<Symbol> {
        self.code.symbols.get(name).copied().ok_or(Status::NOT_FOUND)
    }

    pub fn kernel_names(&self) -> Vec<String> {
        self.code.module.kernel_names().map(str::to_owned).collect()
    }

    /// Ends the module: its handle, its functions, and the memory of its variables.
    pub fn unload(&self) {
        let _ = MODULES.remove(self.handle);
        for function in std::mem::take(&mut *lock(&self.functions)).values() {
            let _ = FUNCTIONS.remove(function.handle);
        }
        let is_own = |symbol: &&Symbol| !(symbol.is_managed && self.library.is_some());
        self.code.symbols.values().filter(is_own).for_each(|symbol| drop(memory::remove(symbol.address)));
    }
}

impl Function {
    /// The compiled kernel; `NOT_SUPPORTED`, said on standard error once, if the engine lacks something of it.
    pub fn kernel(&self) -> Result<&engine::Kernel> {
        let compiled = self.compiled.get_or_init(|| {
            let address_of = |name: &str| self.code.symbols.get(name).map(|symbol| symbol.address);
            let compiled = self.code.module.compile(&self.text(), &address_of);
            compiled.inspect_err(|why| eprintln!("softcuda: kernel {}: {why}", self.text())).ok()
        });
        compiled.as_ref().ok_or(Status::NOT_SUPPORTED)
    }

    fn text(&self) -> Cow<'_, str> {
        self.name.to_string_lossy()
    }

    /// Most dynamic shared memory of a launch, in bytes.
    pub fn dynamic_shared(&self) -> Result<usize> {
        Ok(self.settings.dynamic_shared(self.kernel()?.static_shared))
    }
}

impl Library {
    pub fn load(module: engine::Module) -> Arc<Self> {
        let library = Arc::new(Self {
            handle: fresh(),
            module: Arc::new(module),
            instances: Mutex::default(),
            kernels: Mutex::default(),
            managed: Mutex::default(),
        });
        LIBRARIES.insert(library.handle, library.clone());
        library
    }

    /// The library's module in a context.
    pub fn instance(self: &Arc<Self>, owner: Owner) -> Result<Arc<Module>> {
        let mut instances = lock(&self.instances);
        if let Some(known) = instances.get(&owner.context).filter(|known| MODULES.get(known.handle).is_some()) {
            return Ok(known.clone());
        }
        let instance = Module::load(self.module.clone(), owner, Some(Arc::downgrade(self)))?;
        instances.insert(owner.context, instance.clone());
        Ok(instance)
    }

    /// A kernel by its name; `NOT_FOUND` if there is none.
    pub fn kernel(self: &Arc<Self>, name: &str) -> Result<Arc<Kernel>> {
        self.module.parameters(name).ok_or(Status::NOT_FOUND)?;
        let mut kernels = lock(&self.kernels);
        if let Some(known) = kernels.get(name) {
            return Ok(known.clone());
        }
        let text = CString::new(name).map_err(|_| Status::NOT_FOUND)?;
        let library = Arc::downgrade(self);
        let kernel = Arc::new(Kernel { handle: fresh(), name: text, library, settings: Mutex::default() });
        KERNELS.insert(kernel.handle, kernel.clone());
        kernels.insert(name.to_owned(), kernel.clone());
        Ok(kernel)
    }

    /// A managed variable by its name; `NOT_FOUND` if there is none. It is of no context, and device 0 counts it.
    pub fn managed(&self, name: &str) -> Result<Symbol> {
        let mut managed = lock(&self.managed);
        if managed.is_empty() {
            for variable in self.module.variables().filter(|variable| variable.managed) {
                managed.insert(variable.name.clone(), place(variable, Owner::default(), profile::device(0)?)?);
            }
            managed.iter().for_each(|(name, symbol)| initialize(&self.module, name, *symbol, &managed));
        }
        managed.get(name).copied().ok_or(Status::NOT_FOUND)
    }

    pub fn kernel_names(&self) -> Vec<String> {
        self.module.kernel_names().map(str::to_owned).collect()
    }

    /// Ends the library with its kernels and modules.
    pub fn unload(&self) {
        for instance in std::mem::take(&mut *lock(&self.instances)).values() {
            instance.unload();
        }
        for kernel in std::mem::take(&mut *lock(&self.kernels)).values() {
            let _ = KERNELS.remove(kernel.handle);
        }
        for symbol in std::mem::take(&mut *lock(&self.managed)).values() {
            memory::remove(symbol.address);
        }
    }
}

impl Kernel {
    pub fn library(&self) -> Result<Arc<Library>> {
        self.library.upgrade().ok_or(Status::INVALID_HANDLE)
    }

    /// What is set for a device.
    pub fn settings(&self, device: CUdevice) -> Arc<Settings> {
        lock(&self.settings).entry(device).or_default().clone()
    }

    /// The kernel in a context.
    pub fn function(&self, owner: Owner) -> Result<Arc<Function>> {
        self.library()?.instance(owner)?.function(&self.name.to_string_lossy())
    }
}

/// Memory for a variable.
fn place(variable: &engine::Variable, owner: Owner, device: &'static Device) -> Result<Symbol> {
    let kind = if variable.managed { Kind::Managed(1) } else { Kind::Device };
    let memory = memory::allocate(kind, variable.size as usize, owner, Some(&device.meter))?;
    Ok(Symbol { address: memory.base, size: memory.size, is_managed: variable.managed })
}

/// Gives a variable its first contents, in memory that nobody uses yet.
fn initialize(module: &engine::Module, name: &str, symbol: Symbol, all: &HashMap<String, Symbol>) {
    // SAFETY: `place` allocated it with this size, and only the loader knows it.
    let contents = unsafe { std::slice::from_raw_parts_mut(symbol.address as *mut u8, symbol.size) };
    module.initialize(name, contents, &|name| all.get(name).map(|symbol| symbol.address));
}

/// A function by its handle, or by the handle of a kernel, which stands for its function in the context.
pub fn function(handle: usize, owner: Owner) -> Result<Arc<Function>> {
    match KERNELS.get(handle) {
        Some(kernel) => kernel.function(owner),
        None => FUNCTIONS.find(handle),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
