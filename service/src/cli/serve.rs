//! `zhiwen serve`: runs the service until it is told to stop.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use crate::auth::people::{first_links, link_path};
use crate::domain::time::Clock;
use crate::settings::{Override, Settings};
use crate::startup::{self, Service};
use crate::telemetry;

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
pub async fn run(
    settings: Settings,
    clock: Arc<dyn Clock>,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let telemetry = telemetry::start(&settings.telemetry)?;
    let service = startup::start(settings, Arc::clone(&clock)).await?;
    tracing::info!(address = %service.address, "zhiwen is listening");
    announce(&service, clock.now(), output).await?;
    service.wait().await?;
    // The exporter sends what is left by blocking calls of its own thread.
    tokio::task::spawn_blocking(move || drop(telemetry)).await?;
    Ok(())
}

/// Says where the console is, and how the first owner gets in. To the terminal,
/// not to the log: who has a link is let in.
async fn announce(
    service: &Service,
    now: Timestamp,
    output: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let origin = service.origin();
    let links = first_links(service.state.store.as_ref(), now).await?;
    let links = links.into_iter().map(|(shop, secret)| {
        let what = shop.map_or_else(
            || "make a shop and its owner".to_owned(),
            |shop| format!("make the owner of \"{}\"", shop.id),
        );
        (what, format!("{origin}{}", link_path(&secret)))
    });
    let links: Vec<(String, String)> = links.collect();
    // At once: no line of the log comes in between.
    output.write_all(announcement(&origin, &links).as_bytes())?;
    output.flush()?;
    Ok(())
}

/// Where the console is, and what each link is for, with the link.
fn announcement(origin: &str, links: &[(String, String)]) -> String {
    let mut text = format!("\n  console  {origin}/\n");
    for (what, link) in links {
        let line = format!("  {what} (works once, within two days):\n    {link}\n");
        text.push_str(&line);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_and_the_links_are_one_block() {
        let origin = "http://127.0.0.1:8080";
        assert_eq!(
            announcement(origin, &[]),
            "\n  console  http://127.0.0.1:8080/\n\n"
        );
        let link = (
            "make a shop and its owner".to_owned(),
            format!("{origin}/w"),
        );
        assert_eq!(
            announcement(origin, &[link]),
            "\n  console  http://127.0.0.1:8080/\n  \
             make a shop and its owner (works once, within two days):\n    \
             http://127.0.0.1:8080/w\n\n"
        );
    }
}
