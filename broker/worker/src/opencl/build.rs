//! Building programs: what the sources include comes with the call, and lies for the compiler in a directory of the
//! worker's. What the vendor then says of options and log is told without that directory.

#![allow(non_snake_case)]

use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ava_protocol::opencl::clGetProgramBuildInfo as build_info;
use ava_protocol::opencl::constant::{CL_PROGRAM_BUILD_LOG, CL_PROGRAM_BUILD_OPTIONS};
use ava_protocol::opencl::custom::Status;
use ava_protocol::opencl::custom::build::{ArchivedRequest, Headers};
use ava_protocol::opencl::kind;
use ava_protocol::wire::ArchivedData;
use rkyv::rancor::Failure;

use crate::call::{Call, Outcome, Stop};
use crate::generated::{serve, trampoline};
use crate::memory::{Input, Private, Source};

/// Where the session's headers lie.
#[derive(Default)]
pub struct HeaderFiles {
    root: Mutex<Option<PathBuf>>,
    /// Bytes that were written, those that were written over too.
    written: AtomicUsize,
}

/// Most bytes of headers in a session.
const MOST: usize = 1 << 30;
/// What a file takes beside its bytes.
const FILE: usize = 4096;

impl HeaderFiles {
    /// Lays the files out and goes to where the program's working directory lies among them. The root is returned.
    fn lay_out(&self, headers: &Headers) -> std::io::Result<PathBuf> {
        let mut root = self.root.lock().map_err(|_| std::io::ErrorKind::Other)?;
        let root = match &*root {
            Some(root) => root.clone(),
            None => {
                // Not one that somebody else has made there already.
                let name = format!("ava-include-{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
                let fresh = std::env::temp_dir().join(name);
                std::fs::DirBuilder::new().mode(0o700).create(&fresh)?;
                root.insert(fresh).clone()
            }
        };
        let size = headers.files.iter().map(|(path, text)| path.len() + text.len() + FILE).sum();
        if self.written.fetch_add(size, Ordering::Relaxed).saturating_add(size) > MOST {
            return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, format!("more than {MOST} bytes")));
        }
        for (path, text) in &headers.files {
            let path = within(&root, path)?;
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir)?;
            }
            std::fs::write(path, text)?;
        }
        let cwd = within(&root, &headers.cwd)?;
        std::fs::create_dir_all(&cwd)?;
        // The worker names nothing by relative paths itself, and the compiler may run on after the call.
        std::env::set_current_dir(cwd)?;
        Ok(root)
    }

    fn root(&self) -> Option<String> {
        self.root.lock().ok()?.as_ref().map(|root| root.to_string_lossy().into_owned())
    }

    pub fn remove(&self) {
        if let Some(root) = self.root.lock().ok().and_then(|mut root| root.take()) {
            let _ = std::fs::remove_dir_all(root);
        }
    }
}

impl Drop for HeaderFiles {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A path of the program, under `root`. Nothing leads out of it.
fn within(root: &Path, path: &str) -> std::io::Result<PathBuf> {
    let mut inside = root.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::RootDir => (),
            Component::Normal(name) => inside.push(name),
            _ => {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, path.to_owned()));
            }
        }
    }
    Ok(inside)
}

pub fn clBuildProgram(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "clBuildProgram";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let build = call.vendor().clBuildProgram.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let count = r.num_devices.to_native();
    let devices = call.handles(&r.device_list, Some(count.into()), kind::cl_device_id, NAME)?;
    let options = options(call, r)?;
    let notify = call.registration(r.pfn_notify.to_native(), &[r.program.to_native()], 0);
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
    let compile = call.vendor().clCompileProgram.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let count = r.num_devices.to_native();
    let devices = call.handles(&r.device_list, Some(count.into()), kind::cl_device_id, NAME)?;
    let headers = r.num_input_headers.to_native();
    let input_headers = call.handles(&r.input_headers, Some(headers.into()), kind::cl_program, NAME)?;
    let names = call.texts(&r.header_include_names, Some(headers.into()), None, NAME)?;
    let options = options(call, r)?;
    let notify = call.registration(r.pfn_notify.to_native(), &[r.program.to_native()], 0);
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
    match call.session.opencl.headers.lay_out(&headers) {
        Ok(root) => Ok(match options.bytes() {
            Some(text) => {
                Input::new(Source::Private(Private::copy(&redirect(text, root.to_string_lossy().as_bytes()))))
            }
            None => options,
        }),
        Err(error) => {
            let text = format!("cannot lay out what the program includes: {error}");
            call.session.log(ava_protocol::control::LogLevel::Warn, &text);
            Ok(options)
        }
    }
}

/// Puts `root` before every absolute directory that the options name after `-I` or `-include`.
fn redirect(options: &[u8], root: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(options.len() + root.len());
    let mut rest = options;
    let mut at_word = true;
    while let Some(byte) = rest.first() {
        let flag = [&b"-include"[..], b"-I"].into_iter().find(|flag| at_word && rest.starts_with(flag));
        let Some(flag) = flag else {
            at_word = byte.is_ascii_whitespace();
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
    let root = call.session.opencl.headers.root();
    let (true, Some(root)) = ([CL_PROGRAM_BUILD_LOG, CL_PROGRAM_BUILD_OPTIONS].contains(&key), root) else {
        return serve::clGetProgramBuildInfo(call, body);
    };
    let info = call.vendor().clGetProgramBuildInfo.ok_or(Stop::Missing(NAME))?;
    let program = call.handle(r.program.to_native(), kind::cl_program)?;
    let device = call.handle(r.device.to_native(), kind::cl_device_id)?;
    let size = r.param_value_size.to_native() as usize;
    let mut value = call.output(&r.param_value, Some(size as u64), 1, NAME)?;
    let mut size_ret = call.output(&r.param_value_size_ret, Some(1), 8, NAME)?;
    let query = |size, value, size_ret: *mut usize| {
        // SAFETY: live objects or null, and memory of the size that is named.
        unsafe { info(program, device, key, size, value, size_ret) }
    };
    let strip = |text: &[u8]| String::from_utf8_lossy(text).replace(&root, "").into_bytes();
    let ret = call.filtered(size, &mut value, &mut size_ret, query, strip);
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
        assert_eq!(redirected(""), "");
    }

    #[test]
    fn nothing_leads_out_of_the_root() {
        assert_eq!(within(Path::new("/r"), "/a/b").unwrap(), Path::new("/r/a/b"));
        assert!(within(Path::new("/r"), "/a/../../b").is_err());
    }
}
