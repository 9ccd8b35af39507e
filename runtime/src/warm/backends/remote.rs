//! A store that is asked with a time limit. Keeps the first half of invariant 9 where a cache is slow.

use std::{fmt, future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::warm::store::{CacheError, Store, Task};

/// How long a store may take to answer, unless the cache says otherwise.
const TIMEOUT: Duration = Duration::from_millis(50);

#[cfg(not(target_family = "wasm"))]
type Timer = Box<dyn Fn(Duration) -> Task<'static, ()> + Send + Sync>;
#[cfg(target_family = "wasm")]
type Timer = Box<dyn Fn(Duration) -> Task<'static, ()>>;

pub(in crate::warm) struct Remote {
    pub(in crate::warm) store: Box<dyn Store>,
    pub(in crate::warm) timeout: Duration,
    timer: Timer,
}

impl Remote {
    pub(in crate::warm) fn new(store: Box<dyn Store>, timer: Timer) -> Self {
        Self { store, timer, timeout: TIMEOUT }
    }

    /// What `work` does, or that it took too long.
    pub(in crate::warm) async fn in_time<R>(
        &self,
        work: impl Future<Output = Result<R, CacheError>>,
    ) -> Result<R, CacheError> {
        self.within(self.timeout, work).await
    }

    /// As [`Remote::in_time`], in another time.
    pub(in crate::warm) async fn within<R>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<R, CacheError>>,
    ) -> Result<R, CacheError> {
        match select(pin!(work), (self.timer)(limit)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => Err(CacheError::TimedOut),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("store", &self.store).finish_non_exhaustive()
    }
}
