//! The one place where a REST catalog is spoken to: a request with a JSON body, and what came of it.
//!
//! It runs under whatever executor it is polled by: Tokio's, or another, for which `async_compat` keeps one of Tokio's.

use std::time::Duration;

use async_compat::CompatExt;
use reqwest::{
    Client, Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{RestError, RestErrorKind};

/// The token of the catalog.
const TOKEN: &str = "TERRACE_CATALOG_TOKEN";

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an answer may take: a catalog writes a file before it answers.
const ANSWER: Duration = Duration::from_mins(1);

/// A client of a catalog.
#[derive(Clone, Debug)]
pub(super) struct Http(Client);

impl Http {
    /// A client with the token of the environment, if there is one.
    pub(super) fn from_environment() -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        // The catalog may lend the credentials of its store.
        headers.insert(
            HeaderName::from_static("x-iceberg-access-delegation"),
            HeaderValue::from_static("vended-credentials"),
        );
        if let Ok(token) = std::env::var(TOKEN) {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.map_err(|_| format!("{TOKEN} holds no token"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .user_agent(concat!("terrace/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .timeout(ANSWER);
        client.build().map(Self).map_err(|error| told(&error))
    }

    /// Asks for something.
    pub(super) async fn get<R: DeserializeOwned>(&self, url: &Url) -> Result<R, RestError> {
        self.ask(Method::GET, url, None).await
    }

    /// Asks for a change.
    pub(super) async fn post<R: DeserializeOwned>(
        &self,
        url: &Url,
        body: &serde_json::Value,
    ) -> Result<R, RestError> {
        self.ask(Method::POST, url, Some(body.to_string())).await
    }

    async fn ask<R: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        body: Option<String>,
    ) -> Result<R, RestError> {
        let of = |kind, problem| RestError { url: url.to_string(), kind, problem };
        let (status, answer) = async {
            let mut request = self.0.request(method, url.clone());
            if let Some(body) = body {
                request = request.header(CONTENT_TYPE, "application/json").body(body);
            }
            let response = request.send().await?;
            Ok((response.status().as_u16(), response.bytes().await?))
        }
        .compat()
        .await
        .map_err(|error: reqwest::Error| of(RestErrorKind::Unknown, told(&error.without_url())))?;
        match kind(status) {
            None => serde_json::from_slice(&answer)
                .map_err(|error| of(RestErrorKind::Unknown, format!("its answer cannot be read: {error}"))),
            Some(kind) => Err(of(kind, problem(status, &answer))),
        }
    }
}

/// What a status says; nothing where all is well.
fn kind(status: u16) -> Option<RestErrorKind> {
    match status {
        200..300 => None,
        401 | 403 | 419 => Some(RestErrorKind::Denied),
        404 => Some(RestErrorKind::NotFound),
        409 => Some(RestErrorKind::Conflict),
        408 | 429 | 500.. => Some(RestErrorKind::Unknown),
        _ => Some(RestErrorKind::Refused),
    }
}

/// The words of a catalog that did not do as it was asked.
fn problem(status: u16, answer: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Answer {
        error: Words,
    }
    #[derive(Deserialize)]
    struct Words {
        message: String,
    }
    match serde_json::from_slice::<Answer>(answer) {
        Ok(answer) => format!("{} ({status})", answer.error.message),
        Err(_) => format!("it answered {status}"),
    }
}

/// An error with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}
