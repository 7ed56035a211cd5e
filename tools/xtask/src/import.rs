//! What a table lacks of C headers: `import`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use ava_tables::build::TABLES;
use ava_tables::emit::header;
use ava_tables::import::{FLAGS, Head, ImportError, Naming, Suffix};
use ava_tables::model::Api;
use clap::Args;

use crate::repository::{run, tables};

/// Draft what a table lacks of C headers
///
/// Types, constants and prototypes are the headers'; every shape and every fact is a guess: read the specification and
/// correct it. What nothing tells, or a table cannot say, is refused (`unsupported`) until somebody describes it. The C
/// compiler (CC, else cc) finds and preprocesses the headers, with the definitions of the table before them; CPATH names
/// more folders to look in.
#[derive(Args)]
pub struct Import {
    /// The headers as a program includes them, such as CL/cl.h, or their files
    #[arg(required = true)]
    headers: Vec<String>,
    /// The table to compare with, or a new one's name; else the one that names the first header
    #[arg(long)]
    api: Option<String>,
    /// The soname of a new table's vendor library: the draft is a whole table
    #[arg(long, requires = "api")]
    library: Option<String>,
    /// Define a macro before the headers
    #[arg(short = 'D', value_name = "NAME[=VALUE]")]
    define: Vec<String>,
    /// A folder to look in for headers
    #[arg(short = 'I', value_name = "FOLDER")]
    include: Vec<PathBuf>,
    /// `fSUFFIX` is the twin of f, if both have the same parameters; look-ups find it from a version on
    #[arg(long, value_name = "SUFFIX[=VERSION]")]
    twin: Vec<Suffix>,
    /// What programs look up: to a line a name, and the versions from which on it stands for f, f_v2, …
    #[arg(long, value_name = "FILE")]
    procs: Option<PathBuf>,
}

impl Import {
    pub fn run(self) -> Result<()> {
        let draft = self.draft()?;
        if draft.is_empty() {
            eprintln!("xtask: {} has nothing that the table lacks", self.headers.join(" "));
        }
        print!("{draft}");
        Ok(())
    }

    fn draft(&self) -> Result<String> {
        match (&self.api, &self.library) {
            (Some(api), Some(library)) => self.table(api, library),
            _ => self.entries(&self.known()?),
        }
    }

    /// The table that is named, or that names the first header.
    fn known(&self) -> Result<Api> {
        let first = &self.headers[0];
        let named = |api: &Api| self.api.is_some() || api.headers.iter().any(|h| first.ends_with(h.as_str()));
        let found = tables(self.api.as_deref())?.into_iter().find(named);
        found.with_context(|| format!("no table names {first}; --api says which is to be compared"))
    }

    fn naming(&self) -> Result<Naming> {
        let procs = self.procs.as_ref().map(|file| {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            text.parse().with_context(|| format!("{} does not list functions", file.display()))
        });
        Ok(Naming { twins: self.twin.clone(), procs: procs.transpose()?.unwrap_or_default() })
    }

    /// Entries for what the headers themselves declare and a table lacks.
    fn entries(&self, api: &Api) -> Result<String> {
        let naming = self.naming()?;
        self.preprocessed(&header::preamble(api), |output, headers| ava_tables::import(output, headers, &naming, api))
    }

    /// A whole table, with the next number that is free.
    fn table(&self, api: &str, library: &str) -> Result<String> {
        let last = tables(None)?.iter().map(|api| api.number).max().unwrap_or_default();
        anyhow::ensure!(!TABLES.contains(&api), "there is a table {api}: leave out --library");
        let head = |headers: &[String]| Head {
            api: (api.to_owned(), last + 1),
            library: library.to_owned(),
            headers: headers.to_vec(),
            defines: self.define.iter().map(|define| valued(define)).collect(),
        };
        let naming = self.naming()?;
        self.preprocessed("", |output, headers| ava_tables::import::table(output, &head(headers), &naming))
    }

    /// What becomes of the headers when they stand behind a preamble.
    fn preprocessed(
        &self,
        preamble: &str,
        draft: impl Fn(&str, &[String]) -> Result<String, ImportError>,
    ) -> Result<String> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("import.c");
        let (mut text, mut names) = (preamble.to_owned(), Vec::new());
        for header in &self.headers {
            let path = Path::new(header);
            let (name, quoted) = match path.exists().then(|| path.canonicalize()).transpose()? {
                Some(path) => (path.display().to_string(), format!("\"{}\"", path.display())),
                None => (header.clone(), format!("<{header}>")),
            };
            text.push_str(&format!("#include {quoted}\n"));
            names.push(name);
        }
        std::fs::write(&file, text)?;
        let compile = |flags: &[&str]| {
            let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
            compiler.args(flags).args(self.define.iter().map(|define| format!("-D{define}")));
            run(compiler.args(self.include.iter().flat_map(|folder| [Path::new("-I"), folder])).arg(&file))
        };
        let all = self.headers.join(" ");
        let output = compile(FLAGS).with_context(|| format!("{all} does not preprocess"))?;
        draft(&output, &names).map_err(|error| {
            let said = match error {
                ImportError::Syntax(_) => compile(&["-fsyntax-only"]).err(),
                ImportError::Nothing(_) => None,
            };
            anyhow!("{error}{}", said.map(|said| format!("\n{said}")).unwrap_or_default())
        })
    }
}

/// A macro as `-D` defines it: without a value it is 1.
fn valued(define: &str) -> String {
    if define.contains('=') { define.to_owned() } else { format!("{define}=1") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(headers: &[&str], api: Option<&str>) -> Import {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        Import {
            headers,
            api: api.map(str::to_owned),
            library: None,
            define: Vec::new(),
            include: Vec::new(),
            twin: Vec::new(),
            procs: None,
        }
    }

    #[test]
    fn headers_are_drafted_or_it_is_said_why_not() {
        let directory = tempfile::tempdir().expect("a folder");
        let draft = |text: &str| {
            let file = directory.path().join("extra.h");
            std::fs::write(&file, text).expect("the folder takes a file");
            let import = import(&[&file.display().to_string()], Some("opencl"));
            import.draft().map_err(|error| format!("{error:#}"))
        };
        let drafted = draft("#include <CL/cl.h>\nCL_API_ENTRY cl_int CL_API_CALL clExtra(cl_event e);\n").expect("C");
        assert!(drafted.ends_with("extern \"C\" {\n    fn clExtra(e: cl_event) -> cl_int;\n}\n"), "{drafted}");
        assert_eq!(draft("cl_int clFinish(cl_command_queue q);\n").as_deref(), Ok(""));
        assert!(draft("#define A\n").unwrap_err().ends_with("extra.h declares nothing"));
        let error = draft("#include \"missing.h\"\n").unwrap_err();
        assert!(error.contains("extra.h does not preprocess: ") && error.contains("missing.h:"), "{error}");
        let error = draft("int a;\n\ncl_int clExtra(cl_event;\n").unwrap_err();
        assert!(error.contains("extra.h, line 3: this does not parse as C: ") && error.contains("error: "), "{error}");
    }

    #[test]
    fn a_new_table_is_drafted_whole() {
        let directory = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).expect("the folder takes a file");
        };
        write("one.h", "typedef enum { ONE_OK, ONE_LOST } one_status;\none_status oneCount(int *count);\n");
        write("two.h", "#include \"one.h\"\n#ifdef TWO\none_status oneTwo(void);\n#endif\n");
        let mut import = import(&["one.h", "two.h"], Some("one"));
        (import.library, import.define) = (Some("libone.so".into()), vec!["TWO".into()]);
        import.include = vec![directory.path().to_owned()];
        let drafted = import.draft().expect("C");
        let head = "#![library(\"libone.so\")]\n#![define(\"TWO=1\")]\n#![header(\"one.h\")]\n#![header(\"two.h\")]\n#![lost(ONE_LOST)]\n";
        assert!(drafted.contains(head) && drafted.contains("fn oneTwo() -> one_status;"), "{drafted}");
        let api = ava_tables::read_text("one.rs", &drafted).unwrap_or_else(|report| panic!("{report:?}"));
        assert_eq!((api.functions.len(), api.lost), (2, 1));
        import.api = Some("opencl".into());
        assert_eq!(import.draft().unwrap_err().to_string(), "there is a table opencl: leave out --library");
    }

    #[test]
    fn headers_belong_to_tables() {
        let table = |header: &str, api: Option<&str>| {
            import(&[header], api).known().map(|api| api.name).map_err(|error| error.to_string())
        };
        assert_eq!(table("CL/cl.h", None).as_deref(), Ok("opencl"));
        assert_eq!(table("/usr/include/p11-kit-1/p11-kit/pkcs11.h", None).as_deref(), Ok("pkcs11"));
        assert_eq!(table("zlib.h", Some("pkcs11")).as_deref(), Ok("pkcs11"));
        assert_eq!(table("zlib.h", None).unwrap_err(), "no table names zlib.h; --api says which is to be compared");
        assert!(table("zlib.h", Some("zlib")).unwrap_err().starts_with("there is no table zlib, but: opencl pkcs11"));
    }
}
