//! Attributes of launches.

use super::values::In;
use crate::cuda::{CUlaunchAttribute, Result, Status};

/// `CUlaunchAttributeID`.
pub mod attribute {
    pub const COOPERATIVE: u32 = 2;
    pub const CLUSTER_DIMENSION: u32 = 4;
    pub const PROGRAMMATIC_EVENT: u32 = 7;
    pub const LAUNCH_COMPLETION_EVENT: u32 = 12;
    pub const DEVICE_UPDATABLE_NODE: u32 = 13;
}

/// Whether a launch is cooperative, by its attributes. What says something about speed alone is passed over.
pub fn read_attributes(attributes: In<CUlaunchAttribute>, count: u32) -> Result<bool> {
    let mut is_cooperative = false;
    for attribute in attributes.all(count as usize)? {
        match attribute.id {
            attribute::COOPERATIVE => is_cooperative = attribute.value[0] as u32 != 0,
            attribute::CLUSTER_DIMENSION => {
                let [x, y] = [attribute.value[0] as u32, (attribute.value[0] >> 32) as u32];
                if [x, y, attribute.value[1] as u32].iter().any(|size| *size > 1) {
                    return Err(Status::INVALID_CLUSTER_SIZE);
                }
            }
            attribute::PROGRAMMATIC_EVENT | attribute::LAUNCH_COMPLETION_EVENT | attribute::DEVICE_UPDATABLE_NODE => {
                return Err(Status::NOT_SUPPORTED);
            }
            _ => {}
        }
    }
    Ok(is_cooperative)
}
