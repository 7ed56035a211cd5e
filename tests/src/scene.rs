//! A world whose program does as it is told, a line on standard input for each step, and what holds for its tenant.

use ava_protocol::admin::Session;

use crate::administration::{sessions, set_policy, tenant};
use crate::program::Program;
use crate::running::Running;
use crate::world::World;

/// A world, and the program, which says `ready` first and answers each line with one that begins with its number.
#[derive(Debug)]
pub struct Scene {
    pub world: World,
    program: Program,
}

impl Scene {
    #[must_use]
    pub fn new(world: World, program: Program) -> Self {
        Self { world, program }
    }

    /// Starts the program once more.
    ///
    /// # Panics
    /// If it does not become ready.
    #[must_use]
    pub fn begin(&self) -> Running {
        let mut program = self.world.start_remote(&self.program);
        program.wait_for("ready\n");
        program
    }

    /// Sets what holds for the tenant.
    ///
    /// # Panics
    /// If the broker refuses.
    pub fn limit(&self, key: &str, value: &str) {
        let socket = self.world.socket();
        set_policy(&socket, &tenant(&socket).name, key, value);
    }

    /// The session of a program.
    ///
    /// # Panics
    /// If it has had another number of sessions.
    #[must_use]
    pub fn session(&self, program: &Running) -> Session {
        let mut all = sessions(&self.world.socket());
        all.retain(|session| u32::try_from(session.pid) == Ok(program.id()));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

/// Tells a program what to do, and returns its answer.
///
/// # Panics
/// If it does not answer.
pub fn does(program: &mut Running, what: &str) -> String {
    let number = program.said().lines().count();
    program.tell(&format!("{what}\n"));
    let begins = format!("\n{number}: {} ", what.split(' ').next().unwrap_or_default());
    // A line comes at once.
    let said = program.wait_for(&begins);
    said.split_once(&begins).map_or(String::new(), |(_, answer)| answer.trim_end().to_owned())
}
