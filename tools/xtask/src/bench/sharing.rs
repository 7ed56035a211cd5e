//! `cargo xtask bench sharing`: programs of several tenants on one device, natively and through AvA by turns.

mod figures;
mod tenants;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use self::figures::Figures;
use self::tenants::{Case, Ground, Kind, Tenant};
use super::build::Built;
use super::vendor::Vendor;

/// Measure how tenants share the processors
///
/// Runs the same programs on PoCL at once natively and through AvA by turns, each as a user of its own, who is a tenant with rules.
/// What each has used is the processor time of its worker, as the broker reads it from the kernel. Needs root.
///
/// Tenants (tests/bench/tenant.c): `small` launches kernels of 40 us, eight before it waits, `middle` of 1.5 ms, `long` of
/// 13 to 150 ms; `interactive` wants one of 0.3 ms every 10 ms.
#[derive(Debug, Args)]
pub struct Sharing {
    /// How long each case is measured, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=600))]
    seconds: u32,

    /// Only cases whose names contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,

    /// The figures as JSON
    #[arg(long)]
    json: bool,

    /// Measure the AvA that is built there instead of building it
    #[arg(long, value_name = "DIRECTORY")]
    binaries: Option<PathBuf>,
}

fn cases() -> Vec<Case> {
    use Kind::{Interactive, Long, Middle, Small};
    let equal = |kinds: &[Kind]| kinds.iter().map(|kind| Tenant::of(*kind)).collect::<Vec<_>>();
    let weighted = |kinds: [Kind; 4]| {
        kinds.into_iter().zip([1, 2, 4, 8]).map(|(kind, weight)| Tenant { weight, ..Tenant::of(kind) }).collect()
    };
    let urgent = |kind: Kind| {
        let high = Tenant { priority: Some("high"), ..Tenant::of(Interactive) };
        vec![high, Tenant::of(kind), Tenant::of(kind)]
    };
    vec![
        Case { name: "middle+long, 1:1", tenants: equal(&[Middle, Long]) },
        Case { name: "small+middle+long, 1:1:1", tenants: equal(&[Small, Middle, Long]) },
        Case { name: "long+middle+long+middle, 1:2:4:8", tenants: weighted([Long, Middle, Long, Middle]) },
        Case { name: "middle+middle+small+long, 1:2:4:8", tenants: weighted([Middle, Middle, Small, Long]) },
        Case { name: "8 tenants", tenants: equal(&[Small, Middle, Long, Middle, Long, Middle, Long, Middle]) },
        Case { name: "interactive, 2 small", tenants: urgent(Small) },
        Case { name: "interactive, 2 middle", tenants: urgent(Middle) },
        Case { name: "interactive, 2 long", tenants: urgent(Long) },
        Case { name: "middle, at most 25 %", tenants: vec![Tenant { cap: Some(25), ..Tenant::of(Middle) }] },
        Case {
            name: "long, at most 25 %, middle",
            tenants: vec![Tenant { cap: Some(25), ..Tenant::of(Long) }, Tenant::of(Middle)],
        },
    ]
}

impl Sharing {
    /// # Errors
    /// It is not run by root, or a program fails or computes something wrong.
    pub fn run(self) -> Result<()> {
        ensure!(rustix::process::geteuid().is_root(), "tenants are users, so this needs root");
        let directory = tempfile::Builder::new().prefix("ava-sharing-").tempdir()?;
        let built = Built::new(self.binaries.clone(), &directory.path().join("programs"))?;
        // Of the distribution, so that every user can load it.
        let ground = Ground::new(Vendor::Pocl, &built, directory.path())?;
        let mut all = Vec::new();
        for case in cases().into_iter().filter(|case| case.name.contains(&self.only)) {
            eprintln!("{}", case.name);
            let native = ground.natively(&case, self.seconds)?;
            let shared = ground.through_ava(&case, self.seconds)?;
            all.push(Figures::of(&case, &native, &shared));
        }
        if self.json { figures::print_json(&all) } else { figures::print(&all) }
    }
}
