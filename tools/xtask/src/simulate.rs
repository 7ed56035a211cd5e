//! `cargo xtask simulate`: the broker's scheduler on a device that is simulated, with tenants as they are.

mod device;
mod figures;
mod tenants;

use std::time::Duration;

use anyhow::Result;
use ava_scheduler::{Cap, Class, Terms, Weight};
use clap::Args;

use device::{Device, Run};
use figures::Figures;
use tenants::Kind;

/// Simulate how tenants share a device
///
/// The decisions are those of broker/scheduler; the device, what a change of turns costs it, and the tenants' commands are
/// made up, as they were measured on CPU runtimes. The same numbers come out each time.
///
/// Tenants: `s` launches kernels of 40 us one after the other, `m` of 1.5 ms, `h` of 13 to 150 ms, `i` is interactive: one of
/// 0.3 ms every 10 ms.
#[derive(Debug, Args)]
pub struct Simulate {
    /// How long each case runs, in seconds of simulated time
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=3600))]
    seconds: u32,

    /// How long a turn is, in microseconds; several for a comparison
    #[arg(long, value_name = "US", value_delimiter = ',', default_values_t = [1000, 4000])]
    turn: Vec<u32>,

    /// What a change of turns costs the device, in microseconds
    #[arg(long, value_name = "US", default_value_t = 60)]
    switch: u32,

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
        let mut all = Vec::new();
        for turn in &self.turn {
            for stops in [true, false] {
                let device = Device {
                    turn: Duration::from_micros((*turn).into()),
                    switch: Duration::from_micros(self.switch.into()),
                    stops,
                };
                for case in cases() {
                    let run = Run::new(device, &case.tenants).until(Duration::from_secs(self.seconds.into()));
                    all.push(Figures::of(case.name, device, &run));
                }
            }
        }
        if self.json { figures::print_json(&all) } else { figures::print(&all) }
    }
}
