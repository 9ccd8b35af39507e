//! What a store does takes time: the types in which it says so, the same for the stores of the cache and of the lake.
//!
//! Knows nobody. Natively a task can be sent to another thread; in a Worker, which has one, it cannot.

use std::{future::Future, pin::Pin};

/// What a store does: natively it can be sent to another thread; in a Worker, which has one, it cannot.
#[cfg(not(target_family = "wasm"))]
pub(crate) type Task<'a, R, E> = Pin<Box<dyn Future<Output = Result<R, E>> + Send + 'a>>;
/// What a store does: natively it can be sent to another thread; in a Worker, which has one, it cannot.
#[cfg(target_family = "wasm")]
pub(crate) type Task<'a, R, E> = Pin<Box<dyn Future<Output = Result<R, E>> + 'a>>;

/// What can be sent to another thread where there are any.
#[cfg(not(target_family = "wasm"))]
pub trait Sendable: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send> Sendable for T {}
/// What can be sent to another thread where there are any.
#[cfg(target_family = "wasm")]
pub trait Sendable {}
#[cfg(target_family = "wasm")]
impl<T> Sendable for T {}

/// What is shared between threads where there are any.
#[cfg(not(target_family = "wasm"))]
pub trait Threads: Sendable + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync> Threads for T {}
/// What is shared between threads where there are any.
#[cfg(target_family = "wasm")]
pub trait Threads: Sendable {}
#[cfg(target_family = "wasm")]
impl<T> Threads for T {}
