//! A worker's environment: its variables and its private directories.
//!
//! - **Invariant:** the environment is built from nothing. Only variables that the API's table lists are added, with the
//!   broker's values. A program's values are used only by a broker that serves that program's user alone.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use ava_protocol::api::Api;
use ava_protocol::session::{SYSTEM_SOCKET, clip};
use ava_protocol::surroundings::{
    LIBRARY_PATH_VARIABLE, PLUGINS_VARIABLE, SANDBOX_READ_VARIABLE, SANDBOX_VARIABLE, SANDBOX_WRITE_VARIABLE,
    Surroundings, VENDOR_LIBRARY_PATH_VARIABLE,
};
use ava_sandbox::Mode;

/// `PATH` of workers: vendor libraries start compilers.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// The longest value of an ignored variable that the program's message shows, in bytes.
const LONGEST_SHOWN: usize = 120;

/// The broker's options that concern all workers.
#[derive(Debug, Clone, Default)]
pub struct WorkerOptions {
    /// Directories with vendor libraries, as a search path.
    pub vendor_library_path: OsString,
    /// Plugin libraries that programs may have workers load, separated by colons.
    pub plugins: OsString,
    /// Paths that workers may read, and write, besides those in their API's table.
    pub sandbox_read: Vec<PathBuf>,
    pub sandbox_write: Vec<PathBuf>,
    /// The sandbox's mode.
    pub mode: Mode,
}

/// The inputs of a worker's environment and sandbox.
#[derive(Debug, Default)]
pub struct WorkerInputs {
    /// The broker's options, combined with the program's settings.
    pub worker_options: WorkerOptions,
    /// The dynamic linker's search path.
    library_path: OsString,
    /// Variables that the API's table lists.
    variables: Vec<(OsString, OsString)>,
    /// The vendor library's file, if the program determines it.
    pub library: Option<PathBuf>,
    /// The working directory, if the program's is used.
    pub directory: Option<PathBuf>,
}

impl WorkerInputs {
    /// From the broker's environment alone, whose variables are `own`.
    pub fn of_broker(
        api: &Api,
        worker_options: &WorkerOptions,
        own: impl Iterator<Item = (OsString, OsString)>,
    ) -> Self {
        let variables = own.filter(|(name, _)| name.to_str().is_some_and(|name| api.passes(name))).collect();
        let library_path = worker_options.vendor_library_path.clone();
        Self { worker_options: worker_options.clone(), library_path, variables, ..Self::default() }
    }

    /// From a program's environment; what the program has not set comes from the broker, whose variables are `own`.
    pub fn of_program(
        api: &Api,
        worker_options: &WorkerOptions,
        program: &Surroundings,
        own: impl Iterator<Item = (OsString, OsString)>,
    ) -> Self {
        let set = |name: &str| program.variable(name).map(|value| OsString::from_vec(value.to_vec()));
        let paths = |name: &str| set(name).map(|value| std::env::split_paths(&value).collect()).unwrap_or_default();
        let path = |bytes: &[u8]| (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes.to_vec())));
        let mut worker_options = worker_options.clone();
        worker_options.vendor_library_path =
            set(VENDOR_LIBRARY_PATH_VARIABLE).unwrap_or(worker_options.vendor_library_path);
        worker_options.plugins = set(PLUGINS_VARIABLE).unwrap_or(worker_options.plugins);
        worker_options.sandbox_read.extend::<Vec<_>>(paths(SANDBOX_READ_VARIABLE));
        worker_options.sandbox_write.extend::<Vec<_>>(paths(SANDBOX_WRITE_VARIABLE));
        let mode = set(SANDBOX_VARIABLE).and_then(|mode| mode.to_str()?.parse().ok());
        // If the broker's options require a sandbox, no program can turn it off.
        worker_options.mode = mode.filter(|_| worker_options.mode != Mode::Require).unwrap_or(worker_options.mode);
        let mut library_path = worker_options.vendor_library_path.clone();
        if let Some(programs) = set(LIBRARY_PATH_VARIABLE) {
            if !library_path.is_empty() {
                library_path.push(":");
            }
            library_path.push(programs);
        }
        let listed = program.variables.iter().filter(|(name, _)| api.passes(name));
        let listed = listed.map(|(name, value)| (name.into(), OsString::from_vec(value.clone())));
        let inherited = |name: &OsStr| program.inherited.iter().any(|known| name == OsStr::new(known));
        let variables = listed.chain(own.filter(|(name, _)| inherited(name))).collect();
        let (library, directory) = (path(&program.library), path(&program.directory));
        let folders =
            std::env::split_paths(&library_path).chain(library.iter().filter_map(|file| Some(file.parent()?.into())));
        let beside: Vec<_> = folders.flat_map(|folder: PathBuf| of_prefix(&folder)).collect();
        worker_options.sandbox_read.extend(beside);
        Self { worker_options, library_path, variables, library, directory }
    }

    /// The same with these plugins in place of others, if rules say so.
    pub fn with_plugins(mut self, plugins: Option<&OsStr>) -> Self {
        if let Some(plugins) = plugins {
            plugins.clone_into(&mut self.worker_options.plugins);
        }
        self
    }

    /// Whether a worker with this environment certainly finds no library of the API's.
    pub fn lacks_library(&self, api: &Api) -> bool {
        ava_surroundings::is_nowhere(api, self.library.as_deref(), &self.library_path)
    }

    /// The settings of a program that this broker ignores, as `NAME=VALUE`.
    pub fn ignored(&self, program: &Surroundings) -> Vec<String> {
        let same = |name: &str, value: &[u8]| {
            let value = OsStr::from_bytes(value);
            let among = |known: &[PathBuf]| std::env::split_paths(value).all(|path| known.contains(&path));
            match name {
                // It mostly concerns the program's own dynamic linker, not the vendor library.
                LIBRARY_PATH_VARIABLE => true,
                VENDOR_LIBRARY_PATH_VARIABLE => self.worker_options.vendor_library_path == value,
                PLUGINS_VARIABLE => self.worker_options.plugins == value,
                SANDBOX_VARIABLE => value == self.worker_options.mode.name(),
                SANDBOX_READ_VARIABLE => among(&self.worker_options.sandbox_read),
                SANDBOX_WRITE_VARIABLE => among(&self.worker_options.sandbox_write),
                name => self.variables.iter().any(|(known, known_value)| known == name && known_value == value),
            }
        };
        let ignored = program.variables.iter().filter(|(name, value)| !same(name, value));
        ignored
            .map(|(name, value)| clip(&format!("{name}={}", String::from_utf8_lossy(value)), LONGEST_SHOWN))
            .collect()
    }

    /// The environment of a worker whose tenant has the private directory `home`. With several tenants, each has its
    /// own copy of the API's configuration files, unless a variable names others.
    pub fn environment(&self, api: &Api, home: &Path, log: &str, several: bool) -> Vec<(OsString, OsString)> {
        let mut all = self.variables.clone();
        for file in api.configurations.iter().filter(|_| several) {
            if !all.iter().any(|(name, _)| name == file.variable) {
                all.push((file.variable.into(), home.join(file.file).into()));
            }
        }
        let mut set = |name: &str, value: &OsStr| all.push((name.into(), value.into()));
        set("PATH", PATH.as_ref());
        set("HOME", home.as_os_str());
        set("XDG_CACHE_HOME", home.join("cache").as_os_str());
        set("AVA_LOG", log.as_ref());
        for (name, value) in
            [(LIBRARY_PATH_VARIABLE, &self.library_path), (PLUGINS_VARIABLE, &self.worker_options.plugins)]
        {
            if !value.is_empty() {
                set(name, value);
            }
        }
        all
    }
}

/// The data folders beside a library folder such as `/opt/x/lib`. Not for hidden folders such as `~/.local`, which hold the
/// user's other data too.
fn of_prefix(folder: &Path) -> Vec<PathBuf> {
    let is_hidden = |name: &OsStr| name.as_bytes().starts_with(b".");
    match (folder.file_name(), folder.parent()) {
        (Some(name), Some(prefix))
            if (name == "lib" || name == "lib64") && !prefix.file_name().is_none_or(is_hidden) =>
        {
            ["etc", "share"].map(|name| prefix.join(name)).into()
        }
        _ => Vec::new(),
    }
}

/// Where tenants' directories may be, best first: systemd's state directory of the service, or the same path for root's
/// broker without systemd; otherwise the user's cache, then beside the socket.
pub fn base_directories(variable: impl Fn(&str) -> Option<OsString>, uid: u32, socket: Option<&Path>) -> Vec<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(directory) = absolute("STATE_DIRECTORY") {
        return vec![directory];
    }
    if socket == Some(Path::new(SYSTEM_SOCKET)) {
        return vec!["/var/lib/ava".into()];
    }
    let beside = socket.and_then(Path::parent).map_or_else(|| format!("/tmp/ava-{uid}").into(), Path::to_owned);
    let cache = absolute("XDG_CACHE_HOME").map(|cache| cache.join("ava"));
    let home = absolute("HOME").map(|home| home.join(".cache/ava"));
    cache.into_iter().chain(home).chain([beside.join("cache")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker_options() -> WorkerOptions {
        WorkerOptions {
            vendor_library_path: "/opt/vendor".into(),
            plugins: "/opt/plugin.so".into(),
            ..WorkerOptions::default()
        }
    }

    fn inputs(api: &str, own: &[(&str, &str)]) -> WorkerInputs {
        let own = own.iter().map(|(name, value)| (name.into(), value.into()));
        WorkerInputs::of_broker(Api::find(api).unwrap(), &worker_options(), own)
    }

    fn program(variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Surroundings { variables, ..Surroundings::default() }
    }

    fn environment(api: &str, inputs: &WorkerInputs, several: bool) -> Vec<(String, String)> {
        let all = inputs.environment(Api::find(api).unwrap(), Path::new("/cache/7"), "warn", several);
        all.into_iter().map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap())).collect()
    }

    #[test]
    fn a_worker_sees_what_is_listed_and_its_own_directories() {
        let own = [("POCL_DEVICES", "cpu"), ("LD_PRELOAD", "/evil.so"), ("SECRET", "x"), ("HOME", "/root")];
        let all = environment("opencl", &inputs("opencl", &own), true);
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["POCL_DEVICES", "PATH", "HOME", "XDG_CACHE_HOME", "AVA_LOG", "LD_LIBRARY_PATH", "AVA_PLUGINS"]
        );
        assert_eq!((&*all[2].1, &*all[3].1), ("/cache/7", "/cache/7/cache"));
    }

    #[test]
    fn what_surrounds_a_program_takes_the_place_of_what_surrounds_the_broker() {
        let set = [
            ("AVA_PLUGINS", "/own.so"),
            ("AVA_SANDBOX", "off"),
            ("AVA_SANDBOX_READ", "/a:/b"),
            ("LD_LIBRARY_PATH", "/l"),
            ("POCL_DEVICES", "cpu"),
        ];
        let opencl = Api::find("opencl").unwrap();
        let surroundings = Surroundings { inherited: vec!["OCL_ICD_VENDORS".into()], ..program(&set) };
        let own = [("OCL_ICD_VENDORS", "/own.icd"), ("POCL_DEVICES", "other")];
        let own = || own.iter().map(|(name, value)| (name.into(), value.into()));
        let made = WorkerInputs::of_program(opencl, &worker_options(), &surroundings, own());
        let all = environment("opencl", &made, false);
        let value = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("LD_LIBRARY_PATH"), Some("/opt/vendor:/l"));
        assert_eq!((value("AVA_PLUGINS"), value("POCL_DEVICES")), (Some("/own.so"), Some("cpu")));
        assert_eq!(value("OCL_ICD_VENDORS"), Some("/own.icd"));
        assert_eq!((value("AVA_SANDBOX"), value("HOME")), (None, Some("/cache/7")));
        assert_eq!(made.worker_options.mode, Mode::Off);
        assert_eq!(made.worker_options.sandbox_read, [Path::new("/a"), Path::new("/b")]);
        let named = Surroundings { library: b"/x/y/lib/libOpenCL.so.1".to_vec(), ..program(&[]) };
        let made = WorkerInputs::of_program(opencl, &worker_options(), &named, std::iter::empty());
        assert_eq!(made.worker_options.sandbox_read, [Path::new("/x/y/etc"), Path::new("/x/y/share")]);
        for folder in ["/lib", "/home/u/.local/lib", "/x/y", "/"] {
            assert!(of_prefix(Path::new(folder)).is_empty(), "{folder}");
        }
        let strict = WorkerOptions { mode: Mode::Require, ..worker_options() };
        assert_eq!(WorkerInputs::of_program(opencl, &strict, &surroundings, own()).worker_options.mode, Mode::Require);
    }

    #[test]
    fn a_program_is_told_what_does_not_count() {
        let set = [
            ("AVA_SANDBOX", "best"),
            ("AVA_VENDOR_LIBRARY_PATH", "/else"),
            ("LD_LIBRARY_PATH", "/l"),
            ("POCL_A", "1"),
            ("POCL_B", "1"),
        ];
        let inputs = inputs("opencl", &[("POCL_A", "1"), ("POCL_B", "2")]);
        assert_eq!(inputs.ignored(&program(&set)), ["AVA_VENDOR_LIBRARY_PATH=/else", "POCL_B=1"]);
    }

    #[test]
    fn tenants_have_configurations_of_their_own_unless_the_broker_has_one() {
        let of = |own: &[(&str, &str)], several| {
            let all = environment("pkcs11", &inputs("pkcs11", own), several);
            all.into_iter().find(|(name, _)| name == "SOFTHSM2_CONF").map(|(_, value)| value)
        };
        assert_eq!(of(&[], true), Some("/cache/7/softhsm2.conf".into()));
        assert_eq!(of(&[("SOFTHSM2_CONF", "/etc/shared.conf")], true), Some("/etc/shared.conf".into()));
        assert_eq!(of(&[], false), None, "a private broker's user has what they have natively");
    }

    #[test]
    fn directories_are_where_they_belong() {
        let with = |wanted: &'static str| move |name: &str| (name == wanted).then(|| OsString::from("/x"));
        let socket = Some(Path::new("/run/s/broker.sock"));
        let first = |variable: &dyn Fn(&str) -> Option<OsString>, uid, socket| {
            base_directories(variable, uid, socket).remove(0)
        };
        assert_eq!(first(&with("STATE_DIRECTORY"), 7, socket), Path::new("/x"));
        let system = Some(Path::new(SYSTEM_SOCKET));
        assert_eq!(first(&with("XDG_CACHE_HOME"), 0, system), Path::new("/var/lib/ava"));
        assert_eq!(first(&with("XDG_CACHE_HOME"), 7, socket), Path::new("/x/ava"));
        assert_eq!(first(&with("HOME"), 7, socket), Path::new("/x/.cache/ava"));
        let all = base_directories(|_| Some("/x".into()), 7, system);
        assert_eq!(all, [Path::new("/x")], "a service has no other");
        let all = base_directories(|name| with("HOME")(name).or_else(|| with("XDG_CACHE_HOME")(name)), 7, socket);
        assert_eq!(all, ["/x/ava", "/x/.cache/ava", "/run/s/cache"].map(PathBuf::from));
        assert_eq!(first(&|_| None, 7, socket), Path::new("/run/s/cache"));
        assert_eq!(first(&|_| None, 7, None), Path::new("/tmp/ava-7/cache"));
    }
}
