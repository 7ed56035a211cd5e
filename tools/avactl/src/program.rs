//! Examines the program that `avactl run` starts, by its files: whether the shim can be loaded into that process, and what
//! that takes.

mod elf;
mod path;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use elf::{Binary, Sanitizer};

/// The number of interpreters, and of programs that start another, to follow; the kernel has such a limit, too.
const MOST_STEPS: usize = 8;

/// The result.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The message about it.
    pub remark: Option<Remark>,
    /// The shim would keep it from starting.
    pub bare: bool,
    /// A variable of the environment, and the option to add to it, because of what is built into the program.
    pub option: Option<(&'static str, &'static str)>,
}

/// A program that will not behave as a user of `avactl run` expects.
#[derive(Debug, PartialEq, Eq)]
pub struct Remark {
    pub text: String,
    pub hint: &'static str,
}

impl Program {
    fn remarked(text: String, hint: &'static str) -> Self {
        Self { remark: Some(Remark { text, hint }), ..Self::default() }
    }

    fn bare(text: String, hint: &'static str) -> Self {
        Self { bare: true, ..Self::remarked(text, hint) }
    }
}

/// Examines the program that this command line starts, its interpreters, and the programs that it runs, as far as the
/// command line names them. Files that cannot be read are ignored.
pub fn look(words: &[OsString]) -> Program {
    let mut words = words.to_vec();
    for _ in 0..MOST_STEPS {
        let Some(file) = words.first().and_then(|name| path::find(name)) else {
            return Program::default();
        };
        if let Some(looked) = secure(&file) {
            return looked;
        }
        let start = elf::first_bytes(&file);
        if let Some(line) = start.strip_prefix(b"#!") {
            words = interpreter(line, &file, &words);
        } else if let Some(rest) = env_runs(&file, &words) {
            match rest {
                Ok(rest) => words = rest,
                Err(looked) => return looked,
            }
        } else {
            return judge(&file, elf::read(&file, &start));
        }
    }
    Program::default()
}

fn judge(file: &Path, binary: Option<Binary>) -> Program {
    let name = file.display();
    match binary {
        None => Program::default(),
        Some(Binary::Foreign { what }) => Program::bare(
            format!("{name} is a program for {what}, and AvA's library is not: its calls will not reach AvA"),
            "use a build of the program for this machine",
        ),
        Some(Binary::Static) => Program::remarked(
            format!(
                "{name} is statically linked, so that AvA's library cannot be loaded: its calls will not reach AvA"
            ),
            "use a dynamically linked build",
        ),
        Some(Binary::Dynamic { interpreter, .. }) if base(&interpreter).starts_with(b"ld-musl") => Program::bare(
            format!("{name} uses musl, and AvA's library the GNU C library: its calls will not reach AvA"),
            "use a build of the program for the GNU C library",
        ),
        Some(Binary::Dynamic { interpreter, .. }) if !interpreter.exists() => Program::remarked(
            format!("{name} needs {}, which does not exist", interpreter.display()),
            "install the dynamic linker that the program is built for",
        ),
        Some(Binary::Dynamic { sanitizer, .. }) => Program { option: sanitizer.map(option), ..Program::default() },
    }
}

/// The option that makes a sanitizer accept the shim.
fn option(sanitizer: Sanitizer) -> (&'static str, &'static str) {
    match sanitizer {
        // It refuses to start behind another library, which might define its functions: the shim does not.
        Sanitizer::Address => ("ASAN_OPTIONS", "verify_asan_link_order=0"),
        // It instruments all libraries, but does not see how those built without it synchronize.
        Sanitizer::Thread => ("TSAN_OPTIONS", "ignore_noninstrumented_modules=1"),
    }
}

/// Why the dynamic linker ignores `LD_PRELOAD`: the program runs with other rights than its user's.
fn secure(file: &Path) -> Option<Program> {
    let facts = std::fs::metadata(file).ok()?;
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let as_user = facts.mode() & 0o4000 != 0 && facts.uid() != user.as_raw();
    let as_group = facts.mode() & 0o2010 == 0o2010 && facts.gid() != group.as_raw();
    let with_rights = !user.is_root() && path::has_capabilities(file);
    let what = match (as_user, as_group, with_rights) {
        (true, _, _) => "is set-user-ID",
        (_, true, _) => "is set-group-ID",
        (_, _, true) => "has file capabilities",
        _ => return None,
    };
    let ignored = rustix::fs::statvfs(file).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::NOSUID))
        || rustix::thread::no_new_privs().unwrap_or(false);
    (!ignored).then(|| {
        Program::remarked(
            format!(
                "{} {what}: the dynamic linker does not load AvA's library, and its calls will not reach AvA",
                file.display()
            ),
            "use a copy of the program without these rights",
        )
    })
}

/// The command line that the kernel runs for a script.
fn interpreter(line: &[u8], script: &Path, words: &[OsString]) -> Vec<OsString> {
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (program, argument) = line.split_at(end);
    let mut run = vec![OsStr::from_bytes(program).to_owned()];
    let argument = argument.trim_ascii();
    if !argument.is_empty() {
        run.push(OsStr::from_bytes(argument).to_owned());
    }
    run.push(script.as_os_str().to_owned());
    run.extend(words.iter().skip(1).cloned());
    run
}

/// What `env` runs, if this is `env`.
fn env_runs(file: &Path, words: &[OsString]) -> Option<Result<Vec<OsString>, Program>> {
    if file.file_name() != Some(OsStr::new("env")) {
        return None;
    }
    let mut rest = words[1..].to_vec();
    while let Some(word) = rest.first().map(|word| word.as_bytes().to_vec()) {
        match word.as_slice() {
            b"-i" | b"-" | b"--ignore-environment" => {
                let text = "env clears the environment, and with it LD_PRELOAD: calls will not reach AvA";
                return Some(Err(Program::remarked(text.into(), "put env in front: `env -i … avactl run -- PROGRAM`")));
            }
            b"-u" | b"--unset" | b"-C" | b"--chdir" => drop(rest.drain(..2.min(rest.len()))),
            b"-S" | b"--split-string" => drop(rest.remove(0)),
            word if word.starts_with(b"-S") || (rest.len() > 1 && word.contains(&b' ')) => {
                let text = word.strip_prefix(b"-S").unwrap_or(word);
                let split = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                let split: Vec<_> = split.map(|word| OsStr::from_bytes(word).to_owned()).collect();
                rest.splice(..1, split);
            }
            word if word.starts_with(b"-") || word.contains(&b'=') => drop(rest.remove(0)),
            _ => break,
        }
    }
    (!rest.is_empty()).then_some(Ok(rest))
}

fn base(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn scripts_are_run_by_what_their_first_line_names() {
        let run = |line: &[u8]| interpreter(line, Path::new("/s/script"), &words("script a b"));
        assert_eq!(run(b"/bin/sh\nrest"), words("/bin/sh /s/script a b"));
        assert_eq!(run(b" /bin/awk -f \n"), words("/bin/awk -f /s/script a b"));
        let argument = run(b"/usr/bin/env -S python3 -u");
        assert_eq!(argument[1], "-S python3 -u");
    }

    #[test]
    fn env_runs_what_is_left_of_its_words() {
        let env = Path::new("/usr/bin/env");
        let runs = |line: &str| env_runs(env, &words(line)).unwrap().unwrap();
        assert_eq!(runs("env -u X -C /tmp A=b --debug prog -i"), words("prog -i"));
        assert_eq!(runs("env -S prog x"), words("prog x"));
        let split = env_runs(env, &["env".into(), "-S A=b prog -u".into(), "script".into()]).unwrap().unwrap();
        assert_eq!(split, words("prog -u script"));
        assert!(env_runs(env, &words("env -i prog")).unwrap().is_err());
        assert!(env_runs(env, &words("env A=b")).is_none());
        assert!(env_runs(Path::new("/bin/sh"), &words("sh prog")).is_none());
    }
}
