//! Tenants' programs, at once: what they did, and what the broker says that they have used.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::super::build::Built;
use super::super::setting::clean;
use super::super::vendor::Vendor;
use super::super::{cuda, pkcs11};
use crate::repository::run;

/// The first tenant's user; the others are the next ones.
const FIRST_USER: u32 = 31_400;
/// The group that may use the broker: that of users without another.
const GROUP: (&str, u32) = ("nogroup", 65534);
/// Until all programs compute.
const BEGIN: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Small,
    Middle,
    Long,
    Interactive,
    Occasional,
    Cuda,
    FewThreads,
    ManyThreads,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Middle => "middle",
            Self::Long => "long",
            Self::Interactive => "interactive",
            Self::Occasional => "occasional",
            Self::Cuda => "cuda",
            Self::FewThreads => "few",
            Self::ManyThreads => "many",
        }
    }

    /// Whether it always wants more.
    pub fn is_greedy(self) -> bool {
        !matches!(self, Self::Interactive | Self::Occasional)
    }
}

/// A tenant.
#[derive(Debug, Clone, Copy)]
pub struct Tenant {
    pub kind: Kind,
    /// How many such programs it runs.
    pub programs: u32,
    pub weight: u32,
    pub priority: Option<&'static str>,
    /// In percent of the device.
    pub cap: Option<u32>,
    /// The part of the compute units that it sees, in percent.
    pub units: Option<u32>,
}

impl Tenant {
    /// One like any other.
    pub fn of(kind: Kind) -> Self {
        Self { kind, programs: 1, weight: 1, priority: None, cap: None, units: None }
    }

    fn rule(&self, number: usize, user: u32) -> String {
        let mut rule =
            format!("[[rule]]\nmatch = {{ user = {user} }}\ntenant = \"t{number}\"\nweight = {}\n", self.weight);
        self.priority.iter().for_each(|priority| rule += &format!("priority = \"{priority}\"\n"));
        self.cap.iter().for_each(|cap| rule += &format!("device_time = \"{cap}%\"\n"));
        self.units.iter().for_each(|part| rule += &format!("compute_units = \"{part}%\"\napis = [\"opencl\"]\n"));
        rule
    }
}

/// Tenants that use the device at once.
pub struct Case {
    pub name: &'static str,
    pub vendor: Vendor,
    pub tenants: Vec<Tenant>,
}

/// What came of a case.
#[derive(Debug, Default)]
pub struct Run {
    /// Seconds of kernels in each second, as they take alone, by tenant.
    pub work: Vec<f64>,
    /// Latencies of tenants in milliseconds: half of them at most, and 99 of 100; of the program that waits longest.
    pub latencies: Vec<Option<(f64, f64)>>,
    /// The broker's memory in MiB. None natively.
    pub broker: Option<f64>,
    /// Seconds of the device that each tenant used in each second, tenants inside. None natively.
    pub used: Vec<Vec<f64>>,
}

/// A vendor's library, and the program on it.
pub struct Ground<'a> {
    vendor: Vendor,
    built: &'a Built,
    place: PathBuf,
    needs: (&'static str, PathBuf),
    libraries: Option<PathBuf>,
    program: PathBuf,
    /// What a microsecond's work is to the program.
    rate: String,
}

impl<'a> Ground<'a> {
    pub fn new(vendor: Vendor, built: &'a Built, place: &Path) -> Result<Self> {
        ensure!(vendor.file().exists(), "{} is not there; tools/setup installs it", vendor.file().display());
        let place = place.join(vendor.name());
        fs::create_dir_all(&place)?;
        // Users who are nobody here enter it.
        for folder in place.ancestors().take(2) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        }
        let needs = vendor.needs(&place)?;
        let libraries = vendor.libraries(built, &place)?;
        let program = match vendor {
            Vendor::SoftCuda => built.compiled("tenant_cuda", "tests/bench/tenant_cuda.c", &cuda::flags())?,
            Vendor::SoftHsm => {
                // The token is everybody's.
                run(Command::new("chmod").args(["-R", "a+rwX"]).arg(place.join("store")))?;
                built.compiled("tenant_pkcs11", "tests/bench/tenant_pkcs11.c", pkcs11::FLAGS)?
            }
            Vendor::Pocl | Vendor::Intel | Vendor::TfLite => built.program("tenant")?,
        };
        let mut ground = Self { vendor, built, place, needs, libraries, program, rate: String::new() };
        let output = ground.command(0, &["calibrate"], false)?.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout)?.trim().clone_into(&mut ground.rate);
        Ok(ground)
    }

    /// The programs at once, without AvA.
    pub fn natively(&self, case: &Case, seconds: u32) -> Result<Run> {
        let programs = self.start(case, seconds, false)?;
        self.finish(programs)
    }

    /// The same through a broker with rules for their users.
    pub fn through_ava(&self, case: &Case, seconds: u32) -> Result<Run> {
        let broker = self.broker(case)?;
        let programs = self.start(case, seconds, true)?;
        // What is measured is what is used in a time.
        std::thread::sleep(BEGIN);
        let begun = Instant::now();
        let mut readings = vec![self.reading(case)?];
        for second in 1..=seconds {
            // As above.
            std::thread::sleep((begun + Duration::from_secs(second.into())).saturating_duration_since(Instant::now()));
            readings.push(self.reading(case)?);
        }
        let memory = broker.memory()?;
        let mut measured = self.finish(programs)?;
        measured.broker = Some(memory);
        let processors = std::thread::available_parallelism()?.get() as f64;
        let between = |pair: &[(Instant, Vec<f64>)]| {
            let time = (pair[1].0 - pair[0].0).as_secs_f64();
            pair[1].1.iter().zip(&pair[0].1).map(|(after, before)| (after - before) / processors / time).collect()
        };
        measured.used = readings.windows(2).map(between).collect();
        Ok(measured)
    }

    fn command(&self, number: usize, arguments: &[&str], through_ava: bool) -> Result<Command> {
        let user = FIRST_USER + u32::try_from(number)?;
        let home = self.place.join(format!("{user}"));
        fs::create_dir_all(home.join("tmp"))?;
        for folder in [&home, &home.join("tmp")] {
            chown(folder, Some(user), Some(GROUP.1))?;
        }
        let mut command = Command::new(&self.program);
        clean(&mut command, &home);
        command.args(arguments).env(self.needs.0, &self.needs.1).uid(user).gid(GROUP.1).current_dir(&home);
        command.env("PKCS11_MODULE", self.vendor.file());
        if through_ava {
            command.env("LD_PRELOAD", self.built.file("libava.so")).env("AVA_SOCKET", self.place.join("broker.sock"));
        } else if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// The programs of each tenant.
    fn start(&self, case: &Case, seconds: u32, through_ava: bool) -> Result<Vec<Vec<Child>>> {
        let seconds = (seconds + 2 * u32::try_from(BEGIN.as_secs())?).to_string();
        let start = |(number, tenant): (usize, &Tenant)| -> Result<Vec<Child>> {
            let one = || Ok(self.command(number, &[tenant.kind.name(), &seconds, &self.rate], through_ava)?.spawn()?);
            (0..tenant.programs).map(|_| one()).collect()
        };
        case.tenants.iter().enumerate().map(start).collect()
    }

    fn finish(&self, programs: Vec<Vec<Child>>) -> Result<Run> {
        let mut run = Run::default();
        for of_tenant in programs {
            let done: Vec<_> = of_tenant.into_iter().map(|program| self.end(program)).collect::<Result<_>>()?;
            run.work.push(done.iter().map(|(work, _)| work).sum());
            run.latencies.push(done.iter().filter_map(|(_, latency)| *latency).max_by(|a, b| a.1.total_cmp(&b.1)));
        }
        Ok(run)
    }

    /// Seconds of kernels that a program has done in a second, and its latencies.
    fn end(&self, program: Child) -> Result<(f64, Option<(f64, f64)>)> {
        let output = program.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {}\n{error}\n{}", self.vendor.name(), output.status, self.log());
        let works: Vec<f64> = text.lines().filter_map(|line| number_behind(line, "work_us ")).collect();
        // The first seconds are those in which others begin, the last those in which they end.
        let skipped = usize::try_from(BEGIN.as_secs())?;
        let whole = works.get(skipped..works.len().saturating_sub(skipped)).unwrap_or_default();
        let work = whole.iter().sum::<f64>() / whole.len().max(1) as f64 / 1e6;
        let latency = |name: &str| text.lines().find_map(|line| number_behind(line, name)).map(|us| us / 1e3);
        Ok((work, latency("p50 ").zip(latency("p99 "))))
    }

    fn broker(&self, case: &Case) -> Result<Broker> {
        let rules = self.place.join("ava.toml");
        let rule = |(number, tenant): (usize, &Tenant)| tenant.rule(number, FIRST_USER + number as u32);
        fs::write(&rules, case.tenants.iter().enumerate().map(rule).collect::<String>())?;
        let mut command = Command::new(self.built.file("ava-broker"));
        clean(&mut command, &self.place.join("broker"));
        // Workers are other users, and have a cache each.
        command.env_remove("POCL_CACHE_DIR");
        command.arg("--socket").arg(self.place.join("broker.sock")).args(["--group", GROUP.0]);
        command.arg("--admin-socket").arg(self.place.join("admin.sock")).arg("--config").arg(&rules);
        if let Some(libraries) = &self.libraries {
            command.arg("--vendor-library-path").arg(libraries);
        }
        command.env(self.needs.0, &self.needs.1).env("AVA_LOG", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(self.place.join("log"))?);
        let _ = fs::remove_file(self.place.join("broker.sock"));
        let broker = Broker(command.spawn().context("ava-broker")?);
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.place.join("broker.sock").exists() {
            ensure!(Instant::now() < deadline, "the broker is not ready in time\n{}", self.log());
            // Nobody is measured yet.
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(broker)
    }

    /// What each tenant has used of processors by now, in seconds.
    fn reading(&self, case: &Case) -> Result<(Instant, Vec<f64>)> {
        #[derive(Deserialize)]
        struct Shown {
            sessions: Vec<Session>,
        }
        #[derive(Deserialize)]
        struct Session {
            tenant: String,
            device_seconds: f64,
        }
        let mut avactl = Command::new(self.built.file("avactl"));
        avactl.args(["ps", "--format", "json"]).env("AVA_SOCKET", self.place.join("admin.sock"));
        let output = avactl.output().context("avactl")?;
        let now = Instant::now();
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "avactl: {error}");
        let shown: Shown = serde_json::from_slice(&output.stdout)?;
        let of = |number: usize| {
            let its = shown.sessions.iter().filter(|session| session.tenant == format!("t{number}"));
            its.map(|session| session.device_seconds).sum()
        };
        Ok((now, (0..case.tenants.len()).map(of).collect()))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.place.join("log")).unwrap_or_default()
    }
}

/// The broker of a case, which ends with it.
struct Broker(Child);

impl Broker {
    /// Its resident memory in MiB (`proc_pid_status(5)`).
    fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("the broker's memory")?.trim().parse::<f64>()? / 1024.0)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn number_behind(line: &str, name: &str) -> Option<f64> {
    line.split_once(name)?.1.split(' ').next()?.parse().ok()
}
