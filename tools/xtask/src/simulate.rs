//! `cargo xtask simulate`: the broker's pace on processors that are simulated, with tenants as they are.

mod device;
mod figures;
mod tenants;

use std::time::Duration;

use anyhow::Result;
use ava_scheduler::{Cap, Class, Terms, Weight};
use clap::Args;

use device::Run;
use figures::Figures;
use tenants::Kind;

/// Simulate how tenants share the processors
///
/// The decisions are those of broker/scheduler; the processors and the tenants' commands are made up, and waking, stopping and going
/// on cost nothing. So the figures say what the decisions themselves are good for; `bench sharing` measures what comes of
/// them. The same numbers come out each time.
///
/// Tenants: `s` launches kernels of 40 us one after the other, `m` of 1.5 ms, `h` of 13 to 150 ms, `i` is interactive: one of
/// 0.3 ms every 10 ms.
#[derive(Debug, Args)]
pub struct Simulate {
    /// How long each case runs, in seconds of simulated time
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=3600))]
    seconds: u32,

    /// The figures as JSON
    #[arg(long)]
    json: bool,
}

/// Tenants that use the device at once.
struct Case {
    name: &'static str,
    tenants: Vec<(Kind, Terms)>,
}

fn cases() -> Vec<Case> {
    let usual = |kinds: &[Kind]| kinds.iter().map(|kind| (*kind, Terms::default())).collect::<Vec<_>>();
    let weighted = |kinds: &[(Kind, u32)]| {
        let terms = |weight| Terms { weight: Weight::new(weight).unwrap_or(Weight::ONE), ..Terms::default() };
        kinds.iter().map(|(kind, weight)| (*kind, terms(*weight))).collect::<Vec<_>>()
    };
    let urgent = Terms { class: Class::High, ..Terms::default() };
    let with_urgent = |kinds: &[Kind]| usual(kinds).into_iter().chain([(Kind::Interactive, urgent)]).collect();
    let capped = Terms { cap: Cap::new(250), ..Terms::default() };
    let background = Terms { class: Class::Background, ..Terms::default() };
    use Kind::{Heavy, Interactive, Medium, Short};
    vec![
        Case { name: "s+m+h+i", tenants: usual(&[Short, Medium, Heavy, Interactive]) },
        Case { name: "s+m, 1:1", tenants: usual(&[Short, Medium]) },
        Case { name: "s+m+m+s, 1:2:4:8", tenants: weighted(&[(Short, 1), (Medium, 2), (Medium, 4), (Short, 8)]) },
        Case { name: "h+h+h+h, 1:2:4:8", tenants: weighted(&[(Heavy, 1), (Heavy, 2), (Heavy, 4), (Heavy, 8)]) },
        Case { name: "8 x s", tenants: usual(&[Short; 8]) },
        Case { name: "s+s, urgent i", tenants: with_urgent(&[Short, Short]) },
        Case { name: "m+m, urgent i", tenants: with_urgent(&[Medium, Medium]) },
        Case { name: "h+h, urgent i", tenants: with_urgent(&[Heavy, Heavy]) },
        Case { name: "m capped at 25 %", tenants: vec![(Medium, capped)] },
        Case { name: "h capped at 25 %, m", tenants: vec![(Heavy, capped), (Medium, Terms::default())] },
        Case { name: "m, m in the background", tenants: vec![(Medium, Terms::default()), (Medium, background)] },
    ]
}

impl Simulate {
    /// # Errors
    /// Standard output cannot be written.
    pub fn run(self) -> Result<()> {
        let one = |case: Case| {
            let run = Run::new(&case.tenants).until(Duration::from_secs(self.seconds.into()));
            Figures::of(case.name, &run)
        };
        let all: Vec<_> = cases().into_iter().map(one).collect();
        if self.json { figures::print_json(&all) } else { figures::print(&all) }
    }
}
