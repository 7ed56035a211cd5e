//! Who a program is for isolation: a user, in a container or outside of all. Rules may count several of these as one
//! tenant (`policy::tenancy`).

use std::sync::Arc;

use crate::names;

/// A tenant: a user, in one container or outside of all containers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId {
    /// The user.
    pub uid: u32,
    /// The container.
    pub container: Option<Arc<str>>,
}

impl TenantId {
    /// A user outside of all containers.
    pub const fn user(uid: u32) -> Self {
        Self { uid, container: None }
    }

    /// Its name as a tenant of which no rule says another.
    pub fn own_name(&self) -> String {
        match &self.container {
            Some(container) => format!("{}@{container}", names::user(self.uid)),
            None => names::user(self.uid),
        }
    }

    /// The name of the tenant's directory and control group.
    pub fn name(&self) -> String {
        match &self.container {
            Some(container) => format!("{}@{container}", self.uid),
            None => self.uid.to_string(),
        }
    }
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.container {
            Some(container) => write!(f, "user {} in {container}", names::user(self.uid)),
            None => write!(f, "user {}", names::user(self.uid)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_a_name_for_files() {
        assert_eq!(TenantId::user(7).name(), "7");
        assert_eq!(TenantId { uid: 0, container: Some("libpod-ab".into()) }.name(), "0@libpod-ab");
    }
}
