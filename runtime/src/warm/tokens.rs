//! The tokens of scopes, as this process knows them.
//!
//! In a cache of this process alone they are all there is: a scope without one has 0. With a store they are kept there, and
//! what is known of them is used for as long as the bound of a read allows. One that the store has forgotten is made anew: so
//! what was stored before is loaded again, and never comes back to life.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::try_join_all;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::Timestamp;

use super::{
    policy::age,
    scope::Scope,
    store::{CacheError, LONGEST, Store},
};

/// How many tokens are remembered.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Tokens {
    known: RwLock<HashMap<String, Known>>,
    /// How often something was invalidated here.
    invalidations: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    token: u64,
    at: Timestamp,
}

impl Tokens {
    /// How often something was invalidated here.
    pub(super) fn invalidations(&self) -> u64 {
        self.invalidations.load(Ordering::Acquire)
    }

    /// The stamp of scopes whose tokens are all here.
    pub(super) fn stamp<'a>(&self, scopes: impl IntoIterator<Item = &'a Scope>) -> u64 {
        let known = self.read();
        let token = |scope: &Scope| known.get(&scope.0).map_or(0, |known| known.token);
        scopes.into_iter().map(token).fold(0, u64::wrapping_add)
    }

    /// Something was invalidated that has no token.
    pub(super) fn count(&self) {
        self.invalidations.fetch_add(1, Ordering::Release);
    }

    /// Gives a scope another token here.
    pub(super) fn renew(&self, scope: &Scope, at: Timestamp) -> u64 {
        let token = fresh();
        let mut known = self.write();
        known.insert(scope.0.clone(), Known { token, at });
        if known.len() > MOST {
            // to forget one would bring its entries back to life, so all are invalidated
            known.clear();
            known.insert(Scope::all().0, Known { token: fresh(), at });
        }
        self.count();
        token
    }

    /// The stamp of scopes whose tokens are in a store, each known to be right at some moment of the last `bound`.
    pub(super) async fn stamp_in(
        &self,
        store: &dyn Store,
        scopes: &[Scope],
        now: Timestamp,
        bound: Duration,
    ) -> Result<u64, CacheError> {
        let tokens = scopes.iter().map(|scope| self.token_in(store, scope, now, bound));
        Ok(try_join_all(tokens).await?.into_iter().fold(0, u64::wrapping_add))
    }

    async fn token_in(
        &self,
        store: &dyn Store,
        scope: &Scope,
        now: Timestamp,
        bound: Duration,
    ) -> Result<u64, CacheError> {
        let known = self.read().get(&scope.0).copied();
        if let Some(known) = known.filter(|known| age(known.at, now).is_some_and(|age| age < bound)) {
            return Ok(known.token);
        }
        let invalidations = self.invalidations();
        let stored = store.get(&scope.0).await?;
        let token = match stored.and_then(|bytes| open(&bytes, scope)) {
            Some(token) => token,
            None => put(store, scope, fresh()).await?,
        };
        self.remember(scope, Known { token, at: now }, invalidations);
        Ok(token)
    }

    /// Stores a token that [`Tokens::renew`] has given. Until it is there, who asks the store is told the one before, and may
    /// have remembered that.
    pub(super) async fn renew_in(
        &self,
        store: &dyn Store,
        scope: &Scope,
        token: u64,
        at: Timestamp,
    ) -> Result<(), CacheError> {
        put(store, scope, token).await?;
        let mut known = self.write();
        known.insert(scope.0.clone(), Known { token, at });
        self.count();
        Ok(())
    }

    /// Remembers a token, unless something was invalidated since it was asked for: it may be the one from before.
    fn remember(&self, scope: &Scope, token: Known, invalidations: u64) {
        let mut known = self.write();
        if self.invalidations() != invalidations {
            return;
        }
        if known.len() >= MOST {
            known.clear(); // the store has them
        }
        known.insert(scope.0.clone(), token);
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Known>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn put(store: &dyn Store, scope: &Scope, token: u64) -> Result<u64, CacheError> {
    let mut bytes = token.to_le_bytes().to_vec();
    bytes.extend_from_slice(&xxh3_64_with_seed(scope.0.as_bytes(), token).to_le_bytes());
    store.put(&scope.0, bytes, LONGEST).await?;
    Ok(token)
}

/// A token as it is stored: its 8 bytes, and 8 of a hash of it and the scope.
fn open(bytes: &[u8], scope: &Scope) -> Option<u64> {
    let (token, hash) = bytes.split_first_chunk()?;
    let token = u64::from_le_bytes(*token);
    (hash == xxh3_64_with_seed(scope.0.as_bytes(), token).to_le_bytes()).then_some(token)
}

/// A token that nothing had before.
fn fresh() -> u64 {
    Uuid::new_v4().as_u64_pair().1
}
