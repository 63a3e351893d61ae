//! The attempts of one call: how many there were, how the last one was answered, and whether one
//! of them may have stored the movie. A call that runs out of time tells none of this.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

use super::failure;
use crate::movie::{Existing, Fate};

/// Kept by the SDK for a call, and given to the connector with each of its requests.
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
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.status.store(0, Ordering::Relaxed);
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(self.clone());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response() {
            let status = response.status().as_u16();
            self.0.status.store(status, Ordering::Relaxed);
            if failure::has_stored_nothing(status, context.inner()) {
                self.came_to_nothing();
            }
        }
        Ok(())
    }
}
