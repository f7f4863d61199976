//! `zhiwen health`: exits 0 when a running service is ready.

use std::time::Duration;

use crate::settings::Settings;

/// Ask a running service whether it is ready.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// The service's address; from the settings when absent
    #[arg(long)]
    url: Option<String>,
}

/// Why the service is not known to be ready.
#[derive(Debug, thiserror::Error)]
pub enum HealthFailure {
    /// It does not answer.
    #[error("service does not answer")]
    Unreachable(#[from] reqwest::Error),
    /// It says that it is not ready.
    #[error("service is not ready: {0}")]
    NotReady(String),
}

/// Asks.
///
/// # Errors
/// When it does not answer within three seconds or is not ready.
pub async fn run(settings: &Settings, args: &HealthArgs) -> Result<(), HealthFailure> {
    let url = args.url.clone().unwrap_or_else(|| {
        // A service that listens everywhere is asked on loopback.
        let host = match settings.server.host.as_str() {
            "0.0.0.0" => "127.0.0.1",
            "::" => "[::1]",
            host => host,
        };
        format!("http://{host}:{}", settings.server.port)
    });
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(3))
        .no_proxy()
        .build()?;
    let response = client
        .get(format!("{}/readyz", url.trim_end_matches('/')))
        .send()
        .await?;
    if response.status().is_success() {
        return Ok(());
    }
    Err(HealthFailure::NotReady(response.text().await?))
}
