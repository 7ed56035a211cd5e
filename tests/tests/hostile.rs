//! Clients that violate the protocol, and deaths at bad moments: each ends one session, for a reason in the log, and does
//! not affect others.

#[path = "../hostile/boards.rs"]
mod boards;
#[path = "../hostile/channels.rs"]
mod channels;
#[path = "../hostile/client.rs"]
mod client;
#[path = "../hostile/cuda.rs"]
mod cuda;
#[path = "../hostile/deaths.rs"]
mod deaths;
#[path = "../hostile/errors.rs"]
mod errors;
#[path = "../hostile/frames.rs"]
mod frames;
#[path = "../hostile/kernels.rs"]
mod kernels;
#[path = "../hostile/maps.rs"]
mod maps;
#[path = "../hostile/nvml.rs"]
mod nvml;
#[path = "../hostile/oneways.rs"]
mod oneways;
#[path = "../hostile/pkcs11.rs"]
mod pkcs11;
#[path = "../hostile/recorded.rs"]
mod recorded;
#[path = "../hostile/recorder.rs"]
mod recorder;
#[path = "../hostile/regions.rs"]
mod regions;
#[path = "../hostile/rings.rs"]
mod rings;
#[path = "../hostile/scene.rs"]
mod scene;
#[path = "../hostile/stage.rs"]
mod stage;
#[path = "../hostile/tflite.rs"]
mod tflite;
#[path = "../hostile/wire.rs"]
mod wire;
#[path = "../hostile/worker.rs"]
mod worker;
