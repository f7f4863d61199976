//! Watches the encoder for all shops: asks it for a vector now and then, and
//! starts one that could not be started as soon as that can be done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use zhiwen_models::encoder::{Encoder, EncoderError};

use super::encoders;
use crate::catalog::Catalog;
use crate::domain::language::EncoderState;
use crate::language::EncoderSource;
use crate::settings;

/// How often an encoder that does well is asked for a vector, and how long
/// the pauses between failures become.
const INTERVAL: Duration = Duration::from_secs(30);

/// From the first failure to the next look; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A vector that takes longer helps nobody.
const PATIENCE: Duration = Duration::from_secs(20);

/// What watching needs.
pub struct EncoderWatch {
    /// Which encoder the settings name.
    pub settings: settings::Encoder,
    /// What uses it.
    pub catalog: Arc<Catalog>,
}

impl EncoderWatch {
    /// Watches until `stop` turns true; ends at once where there is nothing to watch.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        if matches!(
            self.settings,
            settings::Encoder::None | settings::Encoder::Static
        ) {
            return;
        }
        let mut failures = 0;
        let mut pause = Duration::ZERO;
        if self.catalog.encoders().state() == EncoderState::Failed {
            // The start has just tried, and has said so in the log.
            self.catalog.encoders().note(true);
            (failures, pause) = (1, FIRST_PAUSE);
        }
        loop {
            let look = async {
                tokio::time::sleep(pause).await;
                self.look().await
            };
            tokio::select! {
                is_well = look => failures = if is_well { 0 } else { failures + 1 },
                _ = stop.changed() => return,
            }
            pause = pause_after(failures);
        }
    }

    /// Asks for a vector, or starts what is not there; whether all is well.
    async fn look(&self) -> bool {
        match self.catalog.encoders().source() {
            EncoderSource::Shared(encoder) if has_workers(encoder.as_ref()) => {
                let fault = fault(encoder.as_ref()).await;
                self.note(fault.as_deref());
                fault.is_none()
            }
            _ => self.start().await,
        }
    }

    /// Starts the encoder, and puts it in use when it gives a vector.
    async fn start(&self) -> bool {
        let fault = match encoders::open(&self.settings).await {
            Ok(EncoderSource::Shared(encoder)) => match fault(encoder.as_ref()).await {
                None => {
                    self.catalog.use_encoders(EncoderSource::Shared(encoder));
                    None
                }
                some => some,
            },
            // Nothing to wait for.
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        self.note(fault.as_deref());
        fault.is_none()
    }

    /// Keeps how the encoder does, and says so when that has changed.
    fn note(&self, fault: Option<&str>) {
        if !self.catalog.encoders().note(fault.is_some()) {
            return;
        }
        match fault {
            Some(fault) => {
                tracing::error!(fault, "encoder gives no vectors: search is lexical");
            }
            None => tracing::info!("encoder gives vectors again"),
        }
    }
}

fn pause_after(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => INTERVAL,
        Some(doublings) => {
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
            pause.min(INTERVAL)
        }
    }
}

/// A model whose last worker is lost does not come back by itself.
fn has_workers(encoder: &dyn Encoder) -> bool {
    encoder
        .workload()
        .is_none_or(|workload| workload.workers > 0)
}

/// Why the encoder gives no vector, if it does not. One that is full is not ill.
async fn fault(encoder: &dyn Encoder) -> Option<String> {
    match tokio::time::timeout(PATIENCE, encoder.health()).await {
        Ok(Ok(()) | Err(EncoderError::Overloaded)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("no vector in time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::store;

    async fn answer(server: &MockServer) {
        let body = json!({"data": [{"index": 0, "embedding": [0.6, 0.8]}]});
        Mock::given(path("/v1/embeddings"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(server)
            .await;
    }

    #[tokio::test]
    async fn an_encoder_that_was_down_is_put_in_use_when_it_answers() {
        let server = MockServer::start().await;
        let folder = tempfile::tempdir().expect("temporary folder");
        let url = format!("sqlite:{}", folder.path().join("zhiwen.db").display());
        let settings = settings::Encoder::Remote(settings::Remote {
            url: format!("{}/v1", server.uri()),
            model: "small".to_owned(),
            key: String::new(),
        });
        let catalog = Arc::new(Catalog::new(
            store::open(&url).await.expect("a store"),
            folder.path().join("index"),
            Duration::from_secs(1),
            1,
            encoders::start(&settings).await,
        ));
        let watch = EncoderWatch {
            settings,
            catalog: Arc::clone(&catalog),
        };
        let state = || catalog.encoders().state();
        assert_eq!(state(), EncoderState::Failed);
        assert!(!watch.look().await);
        answer(&server).await;
        assert!(watch.look().await);
        assert_eq!(state(), EncoderState::Ready);
        let source = catalog.encoders().source();
        assert!(matches!(source, EncoderSource::Shared(_)));
        // It fails in the middle of the day, and comes back.
        server.reset().await;
        assert!(!watch.look().await);
        assert_eq!(state(), EncoderState::Failed);
        answer(&server).await;
        assert!(watch.look().await);
        assert_eq!(state(), EncoderState::Ready);
    }

    #[test]
    fn pauses_grow_up_to_the_interval() {
        let seconds = [0, 1, 2, 3, 5, 6, 99].map(|failures| pause_after(failures).as_secs());
        assert_eq!(seconds, [30, 1, 2, 4, 16, 30, 30]);
    }
}
