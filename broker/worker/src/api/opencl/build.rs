//! Building programs: what the sources include comes with the call, and lies for the compiler in a directory of the
//! worker's. What the vendor then says of options and log is told without that directory.

#![allow(non_snake_case)]

use std::ffi::{OsStr, c_void};
use std::hash::{BuildHasher, DefaultHasher, Hasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use ava_protocol::opencl::clGetProgramBuildInfo as build_info;
use ava_protocol::opencl::constant::{CL_PROGRAM_BUILD_LOG, CL_PROGRAM_BUILD_OPTIONS, CL_PROGRAM_SOURCE};
use ava_protocol::opencl::custom::Status;
use ava_protocol::opencl::custom::build::{ArchivedRequest, Headers};
use ava_protocol::opencl::kind;
use ava_protocol::wire::ArchivedData;
use rkyv::rancor::Failure;

use crate::call::{Call, Outcome, Stop};
use ava_protocol::upcall::Life;

use crate::generated::opencl::{serve, trampoline};
use crate::memory::{Input, Private, Source};
use crate::upcall::stdio;

/// Where the session's headers lie: in a directory for each set of them, named by their contents. A program that is run
/// again finds them where they were, as does the vendor, whose cache of compiled programs goes by that.
#[derive(Default)]
pub struct HeaderFiles {
    /// The directories in use.
    roots: Mutex<Vec<PathBuf>>,
    /// Bytes that were written.
    written: AtomicUsize,
}

/// Most bytes of headers in a session.
const MOST: usize = 1 << 30;
/// What a file takes beside its bytes.
const FILE: usize = 4096;
/// What the directories' names begin with.
const PREFIX: &str = "ava-include-";
/// Headers that nobody has built with for so long are removed.
const KEPT: Duration = Duration::from_hours(7 * 24);

impl HeaderFiles {
    /// Lays the files out and goes to where the program's working directory lies among them. The root is returned.
    fn lay_out(&self, headers: &Headers, bytes: &[u8]) -> std::io::Result<PathBuf> {
        let mut roots = self.roots.lock().map_err(|_| std::io::ErrorKind::Other)?;
        let root = std::env::temp_dir().join(format!("{PREFIX}{}", name(bytes)));
        if !roots.contains(&root) {
            if root.is_dir() {
                // Somebody builds with them still.
                let _ = std::fs::File::open(&root).and_then(|dir| dir.set_modified(SystemTime::now()));
            } else {
                remove_old(&std::env::temp_dir());
                self.write(headers, &root)?;
            }
            roots.push(root.clone());
        }
        // The worker names nothing by relative paths itself, and the compiler may run on after the call.
        std::env::set_current_dir(within(&root, &headers.cwd)?)?;
        Ok(root)
    }

    /// Writes the files under a name of their own first: whoever finds them in their place finds all of them.
    fn write(&self, headers: &Headers, root: &Path) -> std::io::Result<()> {
        let files = headers.files.iter().map(|(path, text)| path.len() + text.len() + FILE);
        let size = files.chain(headers.passed.iter().map(|path| path.len() + FILE)).sum();
        if self.written.fetch_add(size, Ordering::Relaxed).saturating_add(size) > MOST {
            return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, format!("more than {MOST} bytes")));
        }
        let fresh = root.with_extension(format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(0)));
        std::fs::DirBuilder::new().mode(0o700).create(&fresh)?;
        let written = headers.files.iter().try_for_each(|(path, text)| {
            let path = within(&fresh, path)?;
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)
        });
        let mut directories = headers.passed.iter().chain([&headers.cwd]);
        let placed = written
            .and_then(|()| directories.try_for_each(|path| std::fs::create_dir_all(within(&fresh, path)?)))
            .and_then(|()| std::fs::rename(&fresh, root));
        if placed.is_err() {
            let _ = std::fs::remove_dir_all(&fresh);
        }
        // Another session may have been quicker.
        if root.is_dir() { Ok(()) } else { placed }
    }

    /// `text` without the directories.
    fn strip(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        if let Ok(roots) = self.roots.lock() {
            for root in roots.iter().map(|root| root.as_os_str().as_bytes()) {
                let added = [&from_root(root)[..], b"\0"].concat();
                // Where it is all, a vendor may have taken the blank away.
                if let Some(given) = text.strip_suffix(&added[..]).or_else(|| text.strip_suffix(&added[1..])) {
                    text = [given, b"\0"].concat();
                }
                text = without(&text, root);
            }
        }
        text
    }

    fn is_empty(&self) -> bool {
        self.roots.lock().is_ok_and(|roots| roots.is_empty())
    }
}

/// The option by which what is named from the root is found.
fn from_root(root: &[u8]) -> Vec<u8> {
    [b" -I ", root].concat()
}

/// `text` without any of `part`.
fn without(text: &[u8], part: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(part.len()).position(|window| window == part) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// A name for these bytes.
fn name(bytes: &[u8]) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        hasher.write(bytes);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(1), half(2))
}

fn remove_old(place: &Path) {
    let old = |entry: &std::fs::DirEntry| {
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        entry.file_name().to_string_lossy().starts_with(PREFIX) && age.is_some_and(|age| age > KEPT)
    };
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten().filter(old) {
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// A path of the program, under `root`. Nothing leads out of it.
fn within(root: &Path, path: &[u8]) -> std::io::Result<PathBuf> {
    let mut inside = root.to_path_buf();
    let path = Path::new(OsStr::from_bytes(path));
    for part in path.components() {
        match part {
            Component::RootDir => (),
            Component::Normal(name) => inside.push(name),
            _ => {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, path.display().to_string()));
            }
        }
    }
    Ok(inside)
}

pub fn clBuildProgram(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clBuildProgram";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let build = super::vendor(call.session).clBuildProgram.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let count = r.num_devices.to_native();
    let devices = call.handles(&r.device_list, Some(count.into()), kind::cl_device_id, NAME)?;
    expect_output(call, program, r)?;
    let options = options(call, r)?;
    let notify = call.registration(r.pfn_notify.to_native(), &[r.program.to_native()], 0, Life::Call);
    let callback = notify.wanted().then_some(trampoline::clBuildProgram as _);
    let user_data = notify.user_data(r.user_data);
    // SAFETY: live objects or null, arrays of the sizes that are named, NUL-terminated options.
    let ret = unsafe { build(program, count, devices.as_ptr().cast(), options.as_ptr().cast(), callback, user_data) };
    notify.settle(ret == 0);
    call.reply(&Status { ret })
}

pub fn clCompileProgram(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clCompileProgram";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let compile = super::vendor(call.session).clCompileProgram.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let count = r.num_devices.to_native();
    let devices = call.handles(&r.device_list, Some(count.into()), kind::cl_device_id, NAME)?;
    let headers = r.num_input_headers.to_native();
    let input_headers = call.handles(&r.input_headers, Some(headers.into()), kind::cl_program, NAME)?;
    let names = call.texts(&r.header_include_names, Some(headers.into()), None, NAME)?;
    expect_output(call, program, r)?;
    let options = options(call, r)?;
    let notify = call.registration(r.pfn_notify.to_native(), &[r.program.to_native()], 0, Life::Call);
    let callback = notify.wanted().then_some(trampoline::clCompileProgram as _);
    let user_data = notify.user_data(r.user_data);
    // SAFETY: as for `clBuildProgram`.
    let ret = unsafe {
        compile(
            program,
            count,
            devices.as_ptr().cast(),
            options.as_ptr().cast(),
            headers,
            input_headers.as_ptr().cast(),
            names.as_ptr(),
            callback,
            user_data,
        )
    };
    notify.settle(ret == 0);
    call.reply(&Status { ret })
}

/// Notes whether kernels may print from now on: their source, its headers or the options say so.
fn expect_output(call: &Call<'_>, program: *mut c_void, r: &ArchivedRequest<'_>) -> Result<(), Stop> {
    let says = |text: &[u8]| text.windows(PRINTF.len()).any(|word| word == PRINTF);
    let (options, headers) = (call.text(&r.options)?, call.text(&r.headers)?);
    let texts = [options.bytes(), headers.bytes()];
    if texts.into_iter().flatten().any(says) || says(&source(call, program)) {
        stdio::may_print();
    }
    Ok(())
}

const PRINTF: &[u8] = b"printf";

/// The program's source; empty for one that has none.
fn source(call: &Call<'_>, program: *mut c_void) -> Vec<u8> {
    let Some(info) = super::vendor(call.session).clGetProgramInfo.filter(|_| !program.is_null()) else {
        return Vec::new();
    };
    let (mut len, mut text) = (0_usize, Vec::new());
    // SAFETY: a live object, and memory of the sizes that are named.
    unsafe {
        info(program, CL_PROGRAM_SOURCE, 0, std::ptr::null_mut(), &raw mut len);
        text.resize(len, 0);
        info(program, CL_PROGRAM_SOURCE, len, text.as_mut_ptr().cast(), std::ptr::null_mut());
    }
    text
}

/// The options for the vendor, after laying out what the sources include.
fn options(call: &Call<'_>, r: &ArchivedRequest<'_>) -> Result<Input, Stop> {
    let options = call.text(&r.options)?;
    if matches!(r.headers, ArchivedData::Null) {
        return Ok(options);
    }
    let text = call.text(&r.headers)?;
    let headers = text.bytes().map(|bytes| &bytes[..bytes.len() - 1]).unwrap_or_default();
    let mut aligned = rkyv::util::AlignedVec::<16>::new();
    aligned.extend_from_slice(headers);
    let headers = rkyv::from_bytes::<Headers, Failure>(&aligned)
        .map_err(|_| ava_protocol::frame::Malformed::Body("what a program includes"))?;
    match super::state(call.session).headers.lay_out(&headers, &aligned) {
        Ok(root) => {
            let (root, none) = (root.as_os_str().as_bytes(), &b"\0"[..]);
            let given = match options.bytes() {
                None if !headers.from_root => return Ok(options),
                given => given.unwrap_or(none),
            };
            let mut text = redirect(given, root);
            if headers.from_root {
                text.pop();
                text.extend(from_root(root));
                text.push(0);
            }
            Ok(Input::new(Source::Private(Private::copy(&text))))
        }
        Err(error) => {
            let text = format!("cannot lay out what the program includes: {error}");
            call.session.log(ava_protocol::control::LogLevel::Warn, &text);
            Ok(options)
        }
    }
}

/// Puts `root` before every absolute path that the options name as a directory to search or a file to include.
fn redirect(options: &[u8], root: &[u8]) -> Vec<u8> {
    const FLAGS: [&[u8]; 6] = [b"-isystem", b"-iquote", b"-idirafter", b"-include", b"-imacros", b"-I"];
    let mut out = Vec::with_capacity(options.len() + root.len());
    let mut rest = options;
    let mut at_word = true;
    while let Some(byte) = rest.first() {
        let flag = FLAGS.into_iter().find(|flag| at_word && rest.starts_with(flag));
        let Some(flag) = flag else {
            // A word may begin with a quote.
            at_word = byte.is_ascii_whitespace() || (at_word && b"\"'".contains(byte));
            out.push(*byte);
            rest = &rest[1..];
            continue;
        };
        let gap = rest[flag.len()..].iter().take_while(|b| b" \t\"'".contains(b)).count();
        let (head, tail) = rest.split_at(flag.len() + gap);
        out.extend_from_slice(head);
        if tail.starts_with(b"/") {
            out.extend_from_slice(root);
        }
        rest = tail;
        at_word = false;
    }
    out
}

pub fn clGetProgramBuildInfo(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clGetProgramBuildInfo";
    let r = call.read::<build_info::ArchivedRequest>(body, NAME)?;
    let key = r.param_name.to_native();
    let headers = &super::state(call.session).headers;
    if ![CL_PROGRAM_BUILD_LOG, CL_PROGRAM_BUILD_OPTIONS].contains(&key) || headers.is_empty() {
        return serve::clGetProgramBuildInfo(call, body);
    }
    let info = super::vendor(call.session).clGetProgramBuildInfo.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let device = call.handle(r.device.to_native(), kind::cl_device_id)?;
    let size = r.param_value_size.to_native() as usize;
    let mut value = call.output(&r.param_value, Some(size as u64), 1, NAME)?;
    let mut size_ret = call.output(&r.param_value_size_ret, Some(1), 8, NAME)?;
    let query = |size, value, size_ret: *mut usize| {
        // SAFETY: live objects or null, and memory of the size that is named.
        unsafe { info(program, device, key, size, value, size_ret) }
    };
    let ret = call.filtered(size, &mut value, &mut size_ret, query, |text| headers.strip(text));
    let ok = ret == 0;
    call.reply(&build_info::Reply {
        ret,
        param_value: value.returned(None, ok),
        param_value_size_ret: size_ret.returned(None, ok),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_directories_are_redirected_and_nothing_else() {
        let redirected = |text: &str| String::from_utf8(redirect(text.as_bytes(), b"/r")).unwrap();
        assert_eq!(redirected("-I/a -I b -I \"/c d\" -DX=-I/e"), "-I/r/a -I b -I \"/r/c d\" -DX=-I/e");
        assert_eq!(redirected("-include /a/b.h -cl-mad-enable"), "-include /r/a/b.h -cl-mad-enable");
        assert_eq!(redirected("\"-I/a b\" -isystem /c"), "\"-I/r/a b\" -isystem /r/c");
        assert_eq!(redirected(""), "");
    }

    #[test]
    fn directories_that_are_passed_through_are_there() {
        let root = tempfile::tempdir().unwrap();
        let (cwd, passed) = (b"/w".to_vec(), vec![b"/a/b".to_vec()]);
        let files = vec![(b"/a/c.h".to_vec(), b"c".to_vec()), (b"/\xff.h".to_vec(), b"d".to_vec())];
        let headers = Headers { cwd, files, passed, from_root: false };
        let place = root.path().join("headers");
        HeaderFiles::default().write(&headers, &place).unwrap();
        assert_eq!(std::fs::read(place.join("a/b/../c.h")).unwrap(), b"c");
        assert!(place.join("w").is_dir() && place.join(OsStr::from_bytes(b"\xff.h")).is_file());
        let outside = Headers { passed: vec![b"/a/../../b".to_vec()], ..Headers::default() };
        assert!(HeaderFiles::default().write(&outside, &root.path().join("outside")).is_err());
    }

    #[test]
    fn the_root_is_not_told_of() {
        let headers = HeaderFiles::default();
        headers.roots.lock().unwrap().push("/r/x".into());
        assert_eq!(headers.strip(b"-DA -I /r/x\0"), b"-DA\0");
        assert_eq!(headers.strip(b" -I /r/x\0"), b"\0");
        assert_eq!(headers.strip(b"-I /r/x\0"), b"\0");
        assert_eq!(headers.strip(b"-I /r/x/a -DB\0"), b"-I /a -DB\0");
        assert_eq!(headers.strip(b"/r/x/a/b.h:1: \xff in /r/x/c.h"), b"/a/b.h:1: \xff in /c.h");
    }

    #[test]
    fn the_same_headers_lie_in_the_same_place_and_others_elsewhere() {
        assert_eq!(name(b"a"), name(b"a"));
        assert_ne!(name(b"a"), name(b"b"));
        assert_eq!(name(b"").len(), 32);
    }

    #[test]
    fn nothing_leads_out_of_the_root() {
        assert_eq!(within(Path::new("/r"), b"/a/b").unwrap(), Path::new("/r/a/b"));
        assert!(within(Path::new("/r"), b"/a/../../b").is_err());
    }
}
