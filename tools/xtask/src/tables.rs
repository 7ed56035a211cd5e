//! What the table compiler says: `expand`, `import`, `coverage`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};
use ava_tables::emit::{coverage, expand, header};
use ava_tables::import::FLAGS;
use ava_tables::model::Api;
use clap::{Args, ValueEnum};

use crate::repository::{run, tables};

/// Show what is planned and generated for a function
///
/// The plan (what the call is about, whether it is posted, where the fields of its messages lie), the wire types, the entry that programs call, the marshalling behind it, and the worker's side, each formatted.
#[derive(Args)]
pub struct Expand {
    /// A function of a table, such as clCreateBuffer
    function: String,
    /// The table to look in, such as opencl; else in all
    #[arg(long)]
    api: Option<String>,
}

impl Expand {
    pub fn run(self) -> Result<()> {
        let apis = tables(self.api.as_deref())?;
        let Some(api) = apis.iter().find(|api| api.function(&self.function).is_some()) else {
            bail!("no table has {}{}", self.function, nearest(&apis, &self.function));
        };
        print!("{}", expand::expand(api, &self.function));
        Ok(())
    }
}

fn nearest(apis: &[Api], name: &str) -> String {
    let by_distance = |f: &&str| (strsim::jaro_winkler(f, name) * 1000.0) as u32;
    let near = apis.iter().flat_map(|api| &api.functions).map(|f| f.name.as_str()).max_by_key(by_distance);
    near.filter(|f| strsim::jaro_winkler(f, name) > 0.8).map(|f| format!("; did you mean {f}?")).unwrap_or_default()
}

/// Draft what a table lacks of a C header
///
/// Every shape of a draft is a guess: read the specification and correct it. The C compiler (CC, else cc) finds and
/// preprocesses the header, with the definitions of the table before it; CPATH names more folders to look in.
#[derive(Args)]
pub struct Import {
    /// The header as a program includes it, such as CL/cl.h, or its file
    header: String,
    /// The table to compare with; else the one that names the header
    #[arg(long)]
    api: Option<String>,
}

impl Import {
    pub fn run(self) -> Result<()> {
        let api = self.table()?;
        let draft = self.draft(&api)?;
        if draft.is_empty() {
            eprintln!("xtask: {} has nothing that the table lacks", self.header);
        }
        print!("{draft}");
        Ok(())
    }

    fn table(&self) -> Result<Api> {
        let named = |api: &Api| self.api.is_some() || api.headers.iter().any(|h| self.header.ends_with(h.as_str()));
        let found = tables(self.api.as_deref())?.into_iter().find(named);
        found.with_context(|| format!("no table names {}; --api says which is to be compared", self.header))
    }

    /// Entries for what the header itself declares and the table lacks.
    fn draft(&self, api: &Api) -> Result<String> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("import.c");
        let path = PathBuf::from(&self.header);
        let include = if path.exists() { path.canonicalize()?.display().to_string() } else { self.header.clone() };
        let quoted = if path.exists() { format!("\"{include}\"") } else { format!("<{include}>") };
        std::fs::write(&file, format!("{}#include {quoted}\n", header::preamble(api)))?;
        let compile = |flags: &[&str]| {
            let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
            run(Command::new(compiler).args(flags).arg(&file))
        };
        let output = compile(FLAGS).with_context(|| format!("{} does not preprocess", self.header))?;
        let declared = header::lines_of(&output, &include);
        ensure!(!declared.trim().is_empty(), "{} declares nothing", self.header);
        ava_tables::import(&declared, api).map_err(|error| {
            let said = compile(&["-fsyntax-only"]).err().map(|said| format!("\n{said}")).unwrap_or_default();
            anyhow!("{}, {error}{said}", self.header)
        })
    }
}

/// Show what becomes of each function
///
/// Generated, by hand, answered in the shim, or refused and why.
#[derive(Args)]
pub struct Coverage {
    /// How to show it
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
    /// The table to look in, such as opencl; else all
    #[arg(long)]
    api: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A page for people
    Markdown,
    /// For scripts: an array with an object for each table
    Json,
}

impl Coverage {
    pub fn run(self) -> Result<()> {
        print!("{}", self.page(&tables(self.api.as_deref())?));
        Ok(())
    }

    fn page(&self, apis: &[Api]) -> String {
        match self.format {
            Format::Markdown => apis.iter().map(coverage::markdown).collect::<Vec<_>>().join("\n"),
            Format::Json => {
                let objects: Vec<_> = apis.iter().map(|api| coverage::json(api).trim_end().to_owned()).collect();
                format!("[\n{}\n]\n", objects.join(",\n"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_drafted_or_it_is_said_why_not() {
        let api = tables(Some("opencl")).expect("the table is right").remove(0);
        let directory = tempfile::tempdir().expect("a folder");
        let draft = |text: &str| {
            let file = directory.path().join("extra.h");
            std::fs::write(&file, text).expect("the folder takes a file");
            let import = Import { header: file.display().to_string(), api: None };
            import.draft(&api).map_err(|error| format!("{error:#}"))
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
    fn a_near_name_is_suggested() {
        let apis = tables(None).expect("the tables are right");
        assert_eq!(nearest(&apis, "clCreateBufer"), "; did you mean clCreateBuffer?");
        assert_eq!(nearest(&apis, "C_Encript"), "; did you mean C_Encrypt?");
        assert_eq!(nearest(&apis, "vkQueueSubmit"), "");
    }

    #[test]
    fn every_table_is_covered() {
        let apis = tables(None).expect("the tables are right");
        let coverage = |format| Coverage { format, api: None }.page(&apis);
        let (page, json) = (coverage(Format::Markdown), coverage(Format::Json));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        for (api, object) in apis.iter().zip(json.as_array().expect("an array")) {
            assert!(page.contains(&format!("# Coverage of {}\n", api.name)), "{}", api.name);
            assert_eq!(object["api"], *api.name);
            assert_eq!(object["functions"].as_array().map(Vec::len), Some(api.functions.len()));
        }
    }

    #[test]
    fn headers_belong_to_tables() {
        let table = |header: &str, api: Option<&str>| {
            let import = Import { header: header.to_owned(), api: api.map(str::to_owned) };
            import.table().map(|api| api.name).map_err(|error| error.to_string())
        };
        assert_eq!(table("CL/cl.h", None).as_deref(), Ok("opencl"));
        assert_eq!(table("/usr/include/p11-kit-1/p11-kit/pkcs11.h", None).as_deref(), Ok("pkcs11"));
        assert_eq!(table("zlib.h", Some("pkcs11")).as_deref(), Ok("pkcs11"));
        assert_eq!(table("zlib.h", None).unwrap_err(), "no table names zlib.h; --api says which is to be compared");
        assert!(table("zlib.h", Some("zlib")).unwrap_err().starts_with("there is no table zlib, but: opencl pkcs11"));
    }
}
