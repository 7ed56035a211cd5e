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
/// Runs the same programs at once natively and through AvA by turns, each as a user of its own, who is a tenant with rules: on PoCL,
/// on the software device for CUDA, and with one token of SoftHSM.
/// What each has used is the processor time of its worker, as the broker reads it from the kernel. Needs root.
///
/// Tenants (tests/bench/tenant.c): `small` launches kernels of 40 us, eight before it waits, `middle` of 1.5 ms, `long` of
/// 13 to 150 ms; `interactive` wants one of 0.3 ms every 10 ms, `occasional` every 200 ms. `cuda` (tests/bench/tenant_cuda.c) launches kernels
/// of 2 ms. Threads (tests/bench/tenant_pkcs11.c) sign and verify with RSA keys.
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
    use Kind::{Cuda, FewThreads, Interactive, Long, ManyThreads, Middle, Occasional, Small};
    let equal = |kinds: &[Kind]| kinds.iter().map(|kind| Tenant::of(*kind)).collect::<Vec<_>>();
    let weighted = |both: &[(Kind, u32)]| {
        both.iter().map(|(kind, weight)| Tenant { weight: *weight, ..Tenant::of(*kind) }).collect::<Vec<_>>()
    };
    let urgent = |kind: Kind| {
        let high = Tenant { priority: Some("high"), ..Tenant::of(Interactive) };
        vec![high, Tenant::of(kind), Tenant::of(kind)]
    };
    let capped = |kind: Kind| Tenant { cap: Some(25), ..Tenant::of(kind) };
    let on_pocl = [
        ("middle+long, 1:1", equal(&[Middle, Long])),
        ("small+middle+long, 1:1:1", equal(&[Small, Middle, Long])),
        ("long+middle+long+middle, 1:2:4:8", weighted(&[(Long, 1), (Middle, 2), (Long, 4), (Middle, 8)])),
        ("middle+middle+small+long, 1:2:4:8", weighted(&[(Middle, 1), (Middle, 2), (Small, 4), (Long, 8)])),
        ("8 tenants", equal(&[Small, Middle, Long, Middle, Long, Middle, Long, Middle])),
        ("interactive, 2 small", urgent(Small)),
        ("interactive, 2 middle", urgent(Middle)),
        ("interactive, 2 long", urgent(Long)),
        ("middle, at most 25 %", vec![capped(Middle)]),
        ("long, at most 25 %, middle", vec![capped(Long), Tenant::of(Middle)]),
        ("middle+middle, half the units each", vec![Tenant { units: Some(50), ..Tenant::of(Middle) }; 2]),
        ("200 programs of 4 tenants", vec![Tenant { programs: 50, ..Tenant::of(Occasional) }; 4]),
    ];
    let elsewhere = [
        ("cuda+cuda, 1:3", Vendor::SoftCuda, weighted(&[(Cuda, 1), (Cuda, 3)])),
        ("4 threads+16 threads, 1:1", Vendor::SoftHsm, equal(&[FewThreads, ManyThreads])),
    ];
    let on_pocl = on_pocl.into_iter().map(|(name, tenants)| (name, Vendor::Pocl, tenants));
    on_pocl.chain(elsewhere).map(|(name, vendor, tenants)| Case { name, vendor, tenants }).collect()
}

impl Sharing {
    /// # Errors
    /// It is not run by root, or a program fails or computes something wrong.
    pub fn run(self) -> Result<()> {
        ensure!(rustix::process::geteuid().is_root(), "tenants are users, so this needs root");
        let directory = tempfile::Builder::new().prefix("ava-sharing-").tempdir()?;
        let built = Built::new(self.binaries.clone(), &directory.path().join("programs"))?;
        let mut all = Vec::new();
        if !self.json {
            figures::print_head()?;
        }
        let cases: Vec<_> = cases().into_iter().filter(|case| case.name.contains(&self.only)).collect();
        for of_vendor in cases.chunk_by(|one, next| one.vendor == next.vendor) {
            let ground = Ground::new(of_vendor[0].vendor, &built, directory.path())?;
            for case in of_vendor {
                eprintln!("{}", case.name);
                let native = ground.natively(case, self.seconds)?;
                let shared = ground.through_ava(case, self.seconds)?;
                all.push(Figures::of(case, &native, &shared));
                // At once: a later case may fail.
                if let Some(figures) = all.last().filter(|_| !self.json) {
                    figures.print()?;
                }
            }
        }
        if self.json { figures::print_json(&all) } else { Ok(()) }
    }
}
