//! Devices that the program does not see: the driver hides them, which reads an environment variable when it is initialised. So the
//! numbers of the others are as natively, wherever they appear, and it refuses any other number itself.

use crate::api::nvml::devices;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

const VARIABLE: &str = "CUDA_VISIBLE_DEVICES";
/// What names no device.
const NONE: &str = "-1";

/// Has the driver show these devices.
///
/// # Errors
/// NVML does not tell which they are.
pub fn hide(loaded: &Loaded, visible: &Visible) -> Result<(), String> {
    let uuids =
        devices::uuids(loaded, visible).map_err(|why| format!("which devices a rule hides is not known: {why}"))?;
    let own = std::env::var(VARIABLE).ok();
    // SAFETY: the driver is not initialised yet, and nothing else of this process reads or writes the environment.
    unsafe { std::env::set_var(VARIABLE, chosen(&uuids, own.as_deref())) };
    Ok(())
}

/// The devices that are shown, or those of them that the program's own variable names, in its order: by numbers of these, or by the
/// beginnings of their UUIDs. As the driver does, what names none ends the list.
fn chosen(uuids: &[String], own: Option<&str>) -> String {
    let named = |one: &str| match one.trim().parse::<usize>() {
        Ok(number) => uuids.get(number),
        Err(_) => uuids.iter().find(|uuid| !one.trim().is_empty() && uuid.starts_with(one.trim())),
    };
    let chosen: Vec<&str> = match own {
        None => uuids.iter().map(String::as_str).collect(),
        Some(own) => own.split(',').map_while(named).map(String::as_str).collect(),
    };
    if chosen.is_empty() { NONE.to_owned() } else { chosen.join(",") }
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn the_programs_variable_chooses_among_what_is_shown() {
        let uuids = ["GPU-a1", "GPU-b2"].map(str::to_owned);
        assert_eq!(chosen(&uuids, None), "GPU-a1,GPU-b2");
        assert_eq!(chosen(&uuids, Some("1,0")), "GPU-b2,GPU-a1");
        assert_eq!(chosen(&uuids, Some(" GPU-b , 0, 2, 1")), "GPU-b2,GPU-a1");
        assert_eq!([chosen(&uuids, Some("")), chosen(&uuids, Some("GPU-c")), chosen(&[], None)], ["-1"; 3]);
    }
}
