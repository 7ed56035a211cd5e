//! The whole programs, and what of their output has to be equal.

use std::path::PathBuf;

use super::vendor::cache;
use crate::repository::root;

/// A program whose wall time is measured.
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    /// Its arguments, and those that make it short.
    pub usual: &'static [&'static str],
    pub quick: &'static [&'static str],
    /// What remains of its output when all is gone that differs from run to run.
    pub lasting: fn(&str) -> String,
}

/// Where a program comes from.
pub enum Kind {
    /// `tests/bench/NAME.c`
    Ours,
    /// Of the distribution, found in PATH.
    Installed(&'static str),
    /// A script, below `tests/`.
    Python(&'static str),
}

impl Entry {
    /// The directory or file that has to be there; says what is missing.
    pub fn find(&self) -> Result<PathBuf, String> {
        let missing = |what: &str| format!("{what} is not there; tools/setup test installs it");
        match self.kind {
            Kind::Ours => Ok(root().join(format!("tests/bench/{}.c", self.name))),
            Kind::Installed(program) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let mut candidates = std::env::split_paths(&path).map(|directory| directory.join(program));
                candidates.find(|file| file.is_file()).ok_or_else(|| missing(program))
            }
            Kind::Python(_) => {
                let python = cache().join("python/bin/python");
                if python.exists() { Ok(python) } else { Err(missing(&python.display().to_string())) }
            }
        }
    }

    /// The arguments of a run.
    pub fn arguments(&self, quick: bool) -> Vec<String> {
        let script = match self.kind {
            Kind::Python(file) => Some(root().join("tests").join(file).display().to_string()),
            Kind::Ours | Kind::Installed(_) => None,
        };
        let rest = if quick { self.quick } else { self.usual };
        script.into_iter().chain(rest.iter().map(|argument| (*argument).to_owned())).collect()
    }
}

const fn ours(name: &'static str, usual: &'static [&'static str], quick: &'static [&'static str]) -> Entry {
    Entry { name, kind: Kind::Ours, usual, quick, lasting: whole }
}

const fn script(
    name: &'static str,
    file: &'static str,
    usual: &'static [&'static str],
    quick: &'static [&'static str],
) -> Entry {
    Entry { name, kind: Kind::Python(file), usual, quick, lasting: whole }
}

/// All of them; `tests/bench/README.md` says what each shows.
pub const ENTRIES: &[Entry] = &[
    ours("stencil", &["20000"], &["500"]),
    ours("reduce", &["30000"], &["500"]),
    ours("copy", &["400"], &["10"]),
    ours("pipeline", &["12000"], &["300"]),
    ours("threads", &["90000"], &["480"]),
    ours("blur", &["20"], &["2"]),
    ours("profile", &["20000"], &["500"]),
    ours("gauss", &["40"], &["2"]),
    ours("objects", &["20000"], &["500"]),
    ours("crowd", &["300"], &["10"]),
    Entry {
        name: "hashcat",
        kind: Kind::Installed("hashcat"),
        // MD5 of "zyxw98" and of "ab12".
        usual: &hashcat("1ebcfcd70dcda637f2108bfa8a7a250b", "?l?l?l?l?d?d"),
        quick: &hashcat("749d7048edd2de31c2c7a88d4d196254", "?l?l?d?d"),
        lasting: whole,
    },
    Entry {
        name: "clpeak",
        kind: Kind::Installed("clpeak"),
        usual: &["--kernel-latency"],
        quick: &["--kernel-latency"],
        lasting: without_figures,
    },
    Entry {
        name: "ffmpeg",
        kind: Kind::Installed("ffmpeg"),
        usual: &ffmpeg("testsrc=size=640x480:duration=5"),
        quick: &ffmpeg("testsrc=size=320x240:duration=1"),
        lasting: whole,
    },
    script("arrays", "bench/arrays.py", &["4000"], &["200"]),
    script("clblast", "apps/clblast.py", &[], &[]),
    script("reikna", "apps/reikna_linalg.py", &[], &[]),
    script("vkfft", "apps/vkfft.py", &[], &[]),
    script("opencv", "apps/opencv.py", &[], &[]),
];

const fn hashcat(hash: &'static str, mask: &'static str) -> [&'static str; 10] {
    ["--quiet", "--potfile-disable", "--logfile-disable", "-m", "0", "-a", "3", "-O", hash, mask]
}

const fn ffmpeg(source: &'static str) -> [&'static str; 17] {
    let filter = "format=yuv420p,hwupload,unsharp_opencl=lx=5:ly=5:la=1.5,hwdownload,format=yuv420p";
    let [a, b, c, d] = ["-hide_banner", "-nostdin", "-v", "error"];
    let [e, f, g, h] = ["-init_hw_device", "opencl=device", "-filter_hw_device", "device"];
    [a, b, c, d, e, f, g, h, "-f", "lavfi", "-i", source, "-vf", filter, "-f", "framemd5", "-"]
}

fn whole(text: &str) -> String {
    text.to_owned()
}

/// What is measured stays, what it was goes.
fn without_figures(text: &str) -> String {
    text.lines().map(|line| line.split(" : ").next().unwrap_or(line).trim_end()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Programs in `tests/bench` that are no whole programs.
    const OTHERS: &[&str] = &[
        "busy.c",
        "calls.c",
        "clbench.c",
        "cuda.c",
        "hot.c",
        "session.c",
        "tenant.c",
        "tenant_cuda.c",
        "tenant_pkcs11.c",
        "README.md",
    ];

    /// Whether it is a header, and a program there has it.
    fn is_included(file: &str) -> bool {
        let include = format!("#include \"{file}\"\n");
        let all = fs::read_dir(root().join("tests/bench")).unwrap().map(|program| program.unwrap().path());
        let mut programs = all.filter(|path| path.extension().is_some_and(|extension| extension == "c"));
        programs.any(|program| fs::read_to_string(program).unwrap().contains(&include))
    }

    #[test]
    fn no_program_is_forgotten() {
        let files = fs::read_dir(root().join("tests/bench")).unwrap().map(|file| file.unwrap().file_name());
        let readme = fs::read_to_string(root().join("tests/bench/README.md")).unwrap();
        for file in files.map(|name| name.into_string().unwrap()) {
            let used = |entry: &Entry| match entry.kind {
                Kind::Ours => file == format!("{}.c", entry.name),
                Kind::Installed(_) => false,
                Kind::Python(script) => script == format!("bench/{file}"),
            };
            let is_used = OTHERS.contains(&&*file) || ENTRIES.iter().any(used) || is_included(&file);
            assert!(is_used, "tests/bench/{file} is run by nothing");
        }
        for entry in ENTRIES {
            assert!(readme.contains(&format!("`{}`", entry.name)), "tests/bench/README.md lacks {}", entry.name);
            if let Kind::Python(file) = entry.kind {
                assert!(root().join("tests").join(file).exists(), "tests/{file} is missing");
            }
        }
    }

    #[test]
    fn figures_go() {
        assert_eq!(without_figures("Kernel launch latency : 1.2 us\nDevice\n"), "Kernel launch latency\nDevice");
    }
}
