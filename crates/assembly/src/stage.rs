//! Stages of a service, and the stacks that have a name by their stage.

use std::fmt;

use crate::service::{Function, GITHUB, Service};

/// One deployment of the service, and API Gateway's stage of the same name. [`Service::stage`]
/// makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    service: &'static Service,
    name: String,
}

impl Stage {
    pub(crate) fn new(service: &'static Service, name: &str) -> Self {
        Self {
            service,
            name: name.to_owned(),
        }
    }

    /// Whose stage it is.
    pub fn service(&self) -> &'static Service {
        self.service
    }

    /// Its name: lowercase letters and digits.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The root stack's name.
    pub fn stack_name(&self) -> String {
        format!("{}-{self}", self.service.name)
    }

    /// The stack of the role that GitHub deploys it with. It is no stage's, and nothing that
    /// belongs to one has a name like it.
    pub fn github_stack_name(&self) -> String {
        format!("{}-{GITHUB}-{self}", self.service.name)
    }

    /// The names of log groups that are known before the stack is there.
    pub fn fixed_log_groups(&self) -> Vec<String> {
        let functions = self.service.functions.iter();
        let functions = functions.filter_map(|function| function.name_in(self));
        let others = self.service.log_groups.iter();
        let others = others.filter_map(|group| group.fixed_prefix);
        let functions = functions.map(|name| Function::log_group(&name));
        functions
            .chain(others.map(|prefix| format!("{prefix}{}", self.stack_name())))
            .collect()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
