//! How many thread-instructions a second kernels run, and what a launch costs.
//!
//! `cargo run --release -p ava-softcuda --example throughput`, with `RAYON_NUM_THREADS` for the threads. The kernels are
//! nvcc's PTX: a sum of vectors, a product of matrices in tiles of 16 by 16, a reduction in shared memory, and a loop of
//! different lengths.

use softcuda::engine::texture::{Image, Texture};
use softcuda::engine::{Launch, Memory, Module};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Elements of a row, and of a vector.
const N: u32 = 512;

struct All(Vec<Range<u64>>);

impl Memory for All {
    fn texture(&self, _: u64) -> Option<Arc<Texture>> {
        None
    }

    fn surface(&self, _: u64) -> Option<Image> {
        None
    }

    fn range(&self, address: u64) -> Option<Range<u64>> {
        self.0.iter().find(|range| range.contains(&address)).cloned()
    }
}

fn main() {
    let module = Module::parse(include_str!("throughput.ptx")).expect("nvcc's PTX");
    let vector = || vec![1f32; (N * N) as usize];
    let (a, b, c) = (vector(), vector(), vector());
    let range = |values: &Vec<f32>| values.as_ptr() as u64..(values.as_ptr() as u64 + 4 * values.len() as u64);
    let memory = All(vec![range(&a), range(&b), range(&c)]);
    let mut parameters = Vec::new();
    for values in [&a, &b, &c] {
        parameters.extend((values.as_ptr() as u64).to_le_bytes());
    }
    parameters.extend(N.to_le_bytes());
    println!("{} threads", rayon::current_num_threads());
    for (name, grid, block) in [
        ("vecadd", [N, 1, 1], N),
        ("matmul", [N / 16, N / 16, 1], 256),
        ("reduce", [N * N / 256, 1, 1], 256),
        ("mandel", [N * N / 256, 1, 1], 256),
        ("empty", [1, 1, 1], 32),
    ] {
        let kernel = module.compile(name, &|_| None).expect("nvcc's PTX");
        let launch = Launch {
            grid,
            block: [block, 1, 1],
            dynamic_shared: 0,
            parameters: &parameters,
            cooperative: false,
            stop: &AtomicBool::new(false),
            print: &|_| {},
        };
        let run = || kernel.run(&launch, &memory).expect("no fault");
        run();
        let (mut best, mut instructions) = (Duration::MAX, 0);
        for _ in 0..5 {
            let start = Instant::now();
            let mut launches = 0;
            instructions = 0;
            while start.elapsed() < Duration::from_millis(200) {
                instructions += run();
                launches += 1;
            }
            let each = start.elapsed() / launches;
            instructions /= u64::from(launches);
            best = best.min(each);
        }
        let rate = instructions as f64 / best.as_secs_f64() / 1e9;
        println!("{name:8} {rate:5.2} G thread-instructions/s, {:9.1} us a launch", best.as_secs_f64() * 1e6);
    }
}
