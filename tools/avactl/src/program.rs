//! What `avactl run` is about to start, as far as the files themselves tell: whether the library can be in that process at
//! all, and what it takes.

mod elf;
mod path;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use elf::{Binary, Sanitizer};

/// How many interpreters are followed, as the kernel does, and programs that start another.
const MOST_STEPS: usize = 8;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// What is said about it.
    pub remark: Option<Remark>,
    /// The library would keep it from running.
    pub bare: bool,
    /// A variable of the environment, and what is to be added to it, for what is built into the program.
    pub option: Option<(&'static str, &'static str)>,
}

/// What will not be as somebody who writes `avactl run` expects.
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

/// Looks at the program that these words start, and at what runs it or what it runs, as far as that is said in words. What
/// cannot be read is not judged.
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
            format!("{name} is a program for {what}, which AvA's library is not: its calls will not reach AvA"),
            "use a build of the program for this machine",
        ),
        Some(Binary::Static) => Program::remarked(
            format!(
                "{name} is statically linked: nothing can come between it and what it calls, and its own calls will not reach AvA"
            ),
            "use a dynamically linked build",
        ),
        Some(Binary::Dynamic { interpreter, .. }) if base(&interpreter).starts_with(b"ld-musl") => Program::bare(
            format!("{name} uses musl, and AvA's library the GNU C library: its calls will not reach AvA"),
            "use a build of the program for the GNU C library",
        ),
        Some(Binary::Dynamic { interpreter, .. }) if !interpreter.exists() => Program::remarked(
            format!("{name} needs {}, which is not here", interpreter.display()),
            "install what the program is built for",
        ),
        Some(Binary::Dynamic { sanitizer, .. }) => Program { option: sanitizer.map(option), ..Program::default() },
    }
}

/// What makes a sanitizer bear with AvA's library.
fn option(sanitizer: Sanitizer) -> (&'static str, &'static str) {
    match sanitizer {
        // It refuses to start behind another library, lest that has functions of its names: AvA's has none.
        Sanitizer::Address => ("ASAN_OPTIONS", "verify_asan_link_order=0"),
        // It sees what libraries do that are built without it, and not how they put it in order.
        Sanitizer::Thread => ("TSAN_OPTIONS", "ignore_noninstrumented_modules=1"),
    }
}

/// What the dynamic linker takes no library from the environment for: a program that runs with other rights than ours.
fn secure(file: &Path) -> Option<Program> {
    let facts = std::fs::metadata(file).ok()?;
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let as_user = facts.mode() & 0o4000 != 0 && facts.uid() != user.as_raw();
    let as_group = facts.mode() & 0o2010 == 0o2010 && facts.gid() != group.as_raw();
    let with_rights = !user.is_root() && path::has_capabilities(file);
    let what = match (as_user, as_group, with_rights) {
        (true, _, _) => "runs as the user it belongs to",
        (_, true, _) => "runs with the group it belongs to",
        (_, _, true) => "has capabilities of its own",
        _ => return None,
    };
    let ignored = rustix::fs::statvfs(file).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::NOSUID))
        || rustix::thread::no_new_privs().unwrap_or(false);
    (!ignored).then(|| {
        Program::remarked(
            format!(
                "{} {what}: the dynamic linker keeps AvA's library out, and its calls will not reach AvA",
                file.display()
            ),
            "use a copy of the program without these rights",
        )
    })
}

/// The words that the kernel runs for a script.
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
                let text = "env takes the environment away, and with it AvA's library: calls will not reach AvA";
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
