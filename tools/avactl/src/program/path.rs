//! Finds a program, and its file's capabilities.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, getxattr};

/// The file that executing `name` executes.
pub fn find(name: &OsStr) -> Option<PathBuf> {
    let runs = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if name.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(name)).filter(runs);
    }
    let places = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    std::env::split_paths(&places).map(|place| place.join(name)).find(runs)
}

/// Whether executing the file grants capabilities.
pub fn has_capabilities(path: &Path) -> bool {
    getxattr(path, c"security.capability", &mut [0_u8; 64][..]).is_ok()
}
