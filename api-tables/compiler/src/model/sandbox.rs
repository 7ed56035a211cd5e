//! Files, devices and settings that vendors need: `#![sandbox(…)]` and `#![configuration(…)]`.

/// Access of workers beyond what every worker has: `#![sandbox(…)]`.
#[derive(Debug, Default)]
pub struct Needs {
    pub read: Vec<Place>,
    pub write: Vec<Place>,
    pub execute: Vec<Place>,
    /// Device files, as paths in which `*` stands for any part of one name.
    pub devices: Vec<String>,
    /// Sockets in the file system, as paths in which `*` stands for any part of one name.
    pub sockets: Vec<String>,
}

/// Where files are.
#[derive(Debug)]
pub enum Place {
    /// `"/etc/OpenCL/vendors/*.icd"`: files, and everything beneath folders.
    Path(String),
    /// `variable("OCL_ICD_VENDORS")`: the paths in a variable of the worker's environment.
    Variable(String),
    /// `lines(place)`: the absolute paths that stand in those files.
    Lines(Box<Place>),
    /// `setting(place, "key")`: the value of `key = value` in those files.
    Setting(Box<Place>, String),
}

/// A file that each tenant has of its own: `#![configuration(variable = "V", file = "name", text = "…")]`.
#[derive(Debug)]
pub struct Configuration {
    pub variable: String,
    pub file: String,
    /// Where the vendor finds it below a user's home if the variable is not set.
    pub home: Option<String>,
    /// With `{home}` for the tenant's private directory.
    pub text: String,
}
