//! `zhiwen serve`: runs the service until it is told to stop.

use std::error::Error;
use std::sync::Arc;

use crate::domain::time::Clock;
use crate::settings::{Override, Settings};
use crate::{startup, telemetry};

/// Where to listen.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The address to listen on (server.host)
    #[arg(long)]
    host: Option<String>,
    /// The port to listen on; 0 takes a free one (server.port)
    #[arg(long)]
    port: Option<u16>,
}

impl ServeArgs {
    /// What the flags change of the settings.
    pub fn overrides(&self) -> Vec<Override> {
        let host = self.host.clone().map(|host| ("server.host", host));
        let port = self.port.map(|port| ("server.port", port.to_string()));
        host.into_iter().chain(port).collect()
    }
}

/// Serves until SIGTERM or SIGINT, then drains.
///
/// # Errors
/// When the service cannot start or fails.
pub async fn run(settings: Settings, clock: Arc<dyn Clock>) -> Result<(), Box<dyn Error>> {
    let telemetry = telemetry::start(&settings.telemetry)?;
    let service = startup::start(settings, clock).await?;
    tracing::info!(address = %service.address, "zhiwen is listening");
    service.wait().await?;
    // The exporter sends what is left by blocking calls of its own thread.
    tokio::task::spawn_blocking(move || drop(telemetry)).await?;
    Ok(())
}
