//! `avactl policy show`

use ava_cli::{Example, example};
use clap_complete::ArgValueCandidates;

use crate::commands::completion;
use crate::commands::tenants::{self, Tenants, not_enforced};
use crate::error::{Failure, Kind};
use crate::output::{Format, TableArgs, show};
use crate::table::{Cell, Column, View, render};

pub const EXAMPLES: &[Example] =
    &[example("All tenants", "avactl policy show"), example("For a program", "avactl policy show --format json")];

/// Show what applies to each tenant, and which file and line says so
///
/// Administrators see all that have sessions or are named by a rule, other users their own.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this tenant
    #[arg(value_name = "TENANT", add = ArgValueCandidates::new(completion::tenants))]
    tenant: Option<String>,

    #[command(flatten)]
    table: TableArgs,
}

/// Asks and shows.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    let mut tenants = tenants::all()?;
    if let Some(name) = &args.tenant {
        tenants.retain(|tenant| tenant.name == *name);
        if tenants.is_empty() {
            let failure = Failure::new(Kind::General, format!("no tenant {name:?} has sessions or is named by a rule"));
            return Err(failure.hint("`avactl tenants` lists those that you may see"));
        }
    }
    show(format, &Tenants { tenants }, |tenants| table(tenants, args.table.view()))
}

const COLUMNS: [Column; 4] = [
    Column::text("TENANT", 0).cut_to(12),
    Column::text("KEY", 1),
    Column::text("VALUE", 2).cut_to(12),
    Column::text("SAID BY", 3).cut_to(12),
];

/// A line for each thing that is said of a tenant.
pub(in crate::commands) fn table(tenants: &Tenants, view: View) -> String {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for tenant in &tenants.tenants {
        if tenant.settings.is_empty() {
            rows.push(vec![tenant.name.as_str().into(), "-".into(), "-".into(), "no rule".into()]);
        }
        let row =
            |(key, value, by): (&str, &str, &str)| [tenant.name.as_str(), key, value, by].map(Cell::from).to_vec();
        rows.extend(tenant.settings.iter().map(|said| row((&said.key, &said.word, &said.said_by))));
    }
    render(&COLUMNS, &rows, view) + &not_enforced(tenants.tenants.iter().flat_map(|tenant| &tenant.settings))
}
