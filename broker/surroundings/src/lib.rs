//! A program's surroundings, as far as they affect a vendor's library: environment variables, the files that they name, and
//! the library's own file.
//!
//! The shim collects them in the program, a broker compares them, and a worker resolves the same paths from them. The code
//! runs inside tenants' processes: no panics, no output.

mod library;
pub mod places;
pub mod settings;

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ava_protocol::api::Api;
use ava_protocol::sandbox::Place;
use ava_protocol::surroundings::{
    LIBRARY_PATH_VARIABLE, MOST_BYTES, MOST_VARIABLES, OF_WORKERS, PLUGINS_VARIABLE, SANDBOX_READ_VARIABLE,
    SANDBOX_WRITE_VARIABLE, Surroundings, VENDOR_LIBRARY_PATH_VARIABLE,
};

pub use library::{identity, is_nowhere};

/// Variables of [`OF_WORKERS`] that are lists of absolute paths, which mean the same in every working directory.
const PATHS: [&str; 5] = [
    VENDOR_LIBRARY_PATH_VARIABLE,
    PLUGINS_VARIABLE,
    SANDBOX_READ_VARIABLE,
    SANDBOX_WRITE_VARIABLE,
    LIBRARY_PATH_VARIABLE,
];

/// The surroundings of this process for one API. `library` is the path of the vendor's library, if known. A variable that
/// names one of AvA's own files (`is_ours`) is left out.
///
/// # Errors
/// A message that says which limit is exceeded.
pub fn take(api: &Api, library: Option<&Path>, is_ours: impl Fn(&Path) -> bool) -> Result<Surroundings, String> {
    of(api, std::env::vars_os(), library, is_ours)
}

fn of(
    api: &Api,
    variables: impl Iterator<Item = (OsString, OsString)>,
    library: Option<&Path>,
    is_ours: impl Fn(&Path) -> bool,
) -> Result<Surroundings, String> {
    let (mut kept, mut inherited, mut home) = (Vec::new(), Vec::new(), None);
    for (name, value) in variables {
        let Some(name) = name.to_str() else { continue };
        if name == "HOME" {
            home = Some(PathBuf::from(&value)).filter(|home| home.is_absolute());
        }
        if api.passes(name) && leads_to_us(&value, &is_ours) {
            inherited.push(name.to_owned());
        } else if api.passes(name) || OF_WORKERS.contains(&name) {
            kept.push((name.to_owned(), value));
        }
    }
    // If a name occurs twice, the first one counts.
    kept.sort_by(|(one, _), (other, _)| one.cmp(other));
    kept.dedup_by(|(later, _), (first, _)| later == first);
    for (name, value) in &mut kept {
        match name.as_str() {
            LIBRARY_PATH_VARIABLE => *value = folders(value, home.as_deref(), &is_ours),
            name if PATHS.contains(&name) => *value = join(std::env::split_paths(&*value).map(absolute)),
            _ => {}
        }
    }
    kept.retain(|(name, value)| !(PATHS.contains(&name.as_str()) && value.is_empty()));
    kept.extend(in_home(api, &kept, home));
    kept.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (directory, mark) = look(api, &kept, library);
    let all = Surroundings {
        variables: kept.into_iter().map(|(name, value)| (name, value.into_vec())).collect(),
        inherited,
        directory: directory.unwrap_or_default().into_os_string().into_vec(),
        library: library.map(|file| file.as_os_str().as_bytes().to_vec()).unwrap_or_default(),
        mark,
    };
    let longest = all.variables.iter().max_by_key(|(_, value)| value.len());
    match longest {
        Some((name, value)) if all.len() > MOST_BYTES => Err(format!(
            "the variables that count take {} bytes, and {MOST_BYTES} are too many to send; {name} alone has {}",
            all.len(),
            value.len()
        )),
        _ if all.variables.len() > MOST_VARIABLES => {
            Err(format!("{} variables count, and more than {MOST_VARIABLES} are too many to send", all.variables.len()))
        }
        _ => Ok(all),
    }
}

/// If the API's own file exists below the home and its variable is not set, the vendor uses that file.
fn in_home(api: &Api, kept: &[(String, OsString)], home: Option<PathBuf>) -> Vec<(String, OsString)> {
    let is_set = |variable: &str| kept.iter().any(|(name, _)| name == variable);
    let missing = api.configurations.iter().filter(|file| !is_set(file.variable));
    let missing: Vec<_> = missing.filter_map(|file| Some((file.variable, file.home?))).collect();
    let Some(home) = (!missing.is_empty()).then(|| home.or_else(home_of_user)).flatten() else { return Vec::new() };
    let files = missing.into_iter().map(|(variable, path)| (variable.to_owned(), home.join(path).into_os_string()));
    files.filter(|(_, file)| std::fs::File::open(file).is_ok()).collect()
}

/// The home directory from the user database.
fn home_of_user() -> Option<PathBuf> {
    let mut buffer = [0; 4096];
    let mut found = std::ptr::null_mut();
    // SAFETY: `passwd` is plain data that the call fills, with pointers into the buffer; both live long enough.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        let uid = rustix::process::getuid().as_raw();
        let done = libc::getpwuid_r(uid, &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found);
        if done != 0 || found.is_null() || entry.pw_dir.is_null() {
            return None;
        }
        let home = std::ffi::CStr::from_ptr(entry.pw_dir).to_bytes();
        Some(PathBuf::from(OsStr::from_bytes(home))).filter(|home| home.is_absolute())
    }
}

/// The folders of a library search path, without AvA's own, and without those that would open all of a user's files.
fn folders(path: &OsStr, home: Option<&Path>, is_ours: impl Fn(&Path) -> bool) -> OsString {
    let wide = |folder: &Path| folder.parent().is_none() || home.is_some_and(|home| home.starts_with(folder));
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    join(folders.filter(|folder| !wide(folder) && !is_ours(&folder.join("libava.so")) && !is_ours(folder)))
}

/// Joins paths to the value of a variable. None of them contains a colon: they come from such a list.
fn join(paths: impl Iterator<Item = PathBuf>) -> OsString {
    std::env::join_paths(paths.filter(|path| !path.as_os_str().is_empty())).unwrap_or_default()
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Whether a variable is how the program loaded AvA: it names one of AvA's files, or a file that names one.
fn leads_to_us(value: &OsStr, is_ours: &impl Fn(&Path) -> bool) -> bool {
    let path = Path::new(value);
    if !path.as_os_str().as_bytes().contains(&b'/') {
        return false;
    }
    let is_our_line = |line: &str| line.starts_with('/') && is_ours(Path::new(line.trim_end()));
    let names_us = |text: &String| text.lines().any(is_our_line);
    is_ours(path) || places::texts(&[path.to_owned()]).iter().any(names_us)
}

/// The working directory, if a place has a relative path, and a hash of the identities of the files at the places.
fn look(api: &Api, kept: &[(String, OsString)], library: Option<&Path>) -> (Option<PathBuf>, u64) {
    let variable = |name: &str| kept.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let (mut relative, mut hasher) = (false, DefaultHasher::new());
    let needs = &api.sandbox;
    for place in [needs.read, needs.write, needs.execute].into_iter().flatten() {
        let within = match place {
            Place::Path(_) | Place::Lines(Place::Path(_)) => continue,
            Place::Variable(_) => None,
            Place::Lines(files) | Place::Setting(files, _) => Some(*files),
        };
        for place in within.into_iter().chain([place]) {
            for path in places::find_by(place, &variable) {
                relative |= path.is_relative();
                mark(&path, &mut hasher);
            }
        }
    }
    if let Some(library) = library {
        mark(library, &mut hasher);
    }
    let directory = relative.then(|| std::env::current_dir().ok()).flatten();
    (directory, hasher.finish())
}

/// A folder's identity changes when it is created anew; a file's also when its contents change.
fn mark(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if let Ok(found) = path.metadata() {
        (found.dev(), found.ino()).hash(hasher);
        if found.is_file() {
            (found.len(), found.mtime(), found.mtime_nsec()).hash(hasher);
        }
    }
}

#[cfg(test)]
mod tests;
