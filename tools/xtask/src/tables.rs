//! What the table compiler says: `expand`, `coverage`.

use anyhow::{Result, bail};
use ava_tables::emit::{coverage, expand};
use ava_tables::model::Api;
use clap::{Args, ValueEnum};

use crate::repository::tables;

/// Show what is planned and generated for a function, or for a type of events
///
/// The plan (what the call is about, whether it is posted, where the fields of its messages lie), the wire types, the entry that programs call, the marshalling behind it, and the worker's side, each formatted.
#[derive(Args)]
pub struct Expand {
    /// A function of a table, such as clCreateBuffer, or a type, such as cl_event
    name: String,
    /// The table to look in, such as opencl; else in all
    #[arg(long)]
    api: Option<String>,
}

impl Expand {
    pub fn run(self) -> Result<()> {
        let apis = tables(self.api.as_deref())?;
        let shown = apis.iter().map(|api| expand::expand(api, &self.name)).find(|shown| !shown.is_empty());
        let Some(shown) = shown else {
            bail!("no table has {}{}", self.name, nearest(&apis, &self.name));
        };
        print!("{shown}");
        Ok(())
    }
}

fn nearest(apis: &[Api], name: &str) -> String {
    let by_distance = |f: &&str| (strsim::jaro_winkler(f, name) * 1000.0) as u32;
    let near = apis.iter().flat_map(|api| &api.functions).map(|f| f.name.as_str()).max_by_key(by_distance);
    near.filter(|f| strsim::jaro_winkler(f, name) > 0.8).map(|f| format!("; did you mean {f}?")).unwrap_or_default()
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
}
