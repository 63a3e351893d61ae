//! The attempts of one call: how many there were, how the last one was answered, and whether one
//! of them may have stored the movie. A call that runs out of time tells none of this.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

use super::failure;
use crate::movie::{Existing, Fate};

tokio::task_local! {
    static OF_THIS_CALL: Attempts;
}

/// Found by the client's hook and by the connector while the call is under way. A hook of the
/// call's own would have the SDK build a configuration for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU32,
    /// Those of which a part may have gone out, less those that were answered with a refusal.
    open: AtomicU32,
    /// 0 is none.
    status: AtomicU16,
}

impl Attempts {
    /// Has the attempts of this call counted.
    pub(super) async fn of<T>(&self, call: impl Future<Output = T>) -> T {
        OF_THIS_CALL.scope(self.clone(), call).await
    }

    /// Of the call that is under way; nobody counts those of another.
    pub(super) fn current() -> Self {
        OF_THIS_CALL.try_with(Self::clone).unwrap_or_default()
    }

    pub(super) fn count(&self) -> u32 {
        self.0.begun.load(Ordering::Relaxed)
    }

    /// The HTTP status of the last attempt's answer.
    pub(super) fn status(&self) -> Option<u16> {
        let status = self.0.status.load(Ordering::Relaxed);
        (status > 0).then_some(status)
    }

    /// What became of a movie whose call did not succeed.
    pub(super) fn fate(&self, existing: Existing) -> Fate {
        match self.0.open.load(Ordering::Relaxed) {
            0 => Fate::NotStored,
            _ => Fate::Unknown(existing),
        }
    }

    /// The next byte may reach DynamoDB.
    pub(super) fn sending(&self) {
        self.0.open.fetch_add(1, Ordering::Relaxed);
    }

    /// It did not, or DynamoDB said that it does nothing with it.
    pub(super) fn came_to_nothing(&self) {
        let less = |open: u32| open.checked_sub(1);
        // None is left where a rehearsal is answered that was never sent.
        let _ = self
            .0
            .open
            .try_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// The client's hook.
#[derive(Debug)]
pub(super) struct CountAttempts;

#[dyn_dispatch_hint]
impl Intercept for CountAttempts {
    fn name(&self) -> &'static str {
        "CountAttempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempts = Attempts::current();
        attempts.0.begun.fetch_add(1, Ordering::Relaxed);
        attempts.0.status.store(0, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response() {
            let (status, attempts) = (response.status().as_u16(), Attempts::current());
            attempts.0.status.store(status, Ordering::Relaxed);
            if failure::has_stored_nothing(status, context.inner()) {
                attempts.came_to_nothing();
            }
        }
        Ok(())
    }
}
