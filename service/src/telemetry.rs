//! Logs, traces and metrics.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::{LogFormat, Telemetry};

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("telemetry.log_filter is invalid")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter cannot be made.
    #[error("telemetry.otlp_endpoint cannot be used")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Keeps traces flowing; dropped last, it sends what is left.
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take() {
            // The collector may be gone; there is nobody left to tell.
            let _unsent = provider.shutdown();
        }
    }
}

/// Starts logging to standard error and, where an endpoint is set, tracing to a collector.
///
/// # Errors
/// When the filter or the endpoint cannot be used.
pub fn start(settings: &Telemetry) -> Result<TelemetryGuard, TelemetryError> {
    let filter = EnvFilter::try_new(&settings.log_filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let provider = if settings.otlp_endpoint.is_empty() {
        None
    } else {
        Some(provider(&settings.otlp_endpoint)?)
    };
    let traces = provider
        .as_ref()
        .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("zhiwen")));
    // A second start in one process (tests) keeps the first subscriber.
    let _already_started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces)
        .try_init();
    Ok(TelemetryGuard { provider })
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(Duration::from_secs(5))
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("zhiwen").build())
        .build())
}

/// What `/metrics` shows.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Seconds by route, method and status.
    pub requests: HistogramVec,
    /// Suggestions by outcome: `answered` or the reason of the abstention.
    pub suggestions: IntCounterVec,
    /// The longest that an index has been behind the store, in seconds.
    pub index_lag: Gauge,
    /// Shops whose index is being built.
    pub indexes_building: IntGauge,
    /// Searches that wait for a thread.
    pub search_queue: IntGauge,
    /// Records that wait to be written.
    pub record_queue: IntGauge,
    /// Records lost since the start.
    pub records_lost: IntGauge,
    /// 1 while the encoder that the settings name gives no vectors, else 0.
    pub encoder_failed: IntGauge,
    /// Texts that wait for the encoder's workers.
    pub encoder_queue: IntGauge,
    /// Workers of the encoder that have a model.
    pub encoder_workers: IntGauge,
}

impl Metrics {
    /// Fresh metrics.
    ///
    /// # Errors
    /// When two have one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let buckets = vec![
            0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
        ];
        let requests = HistogramVec::new(
            HistogramOpts::new(
                "zhiwen_request_seconds",
                "Time to answer, by route, method and status",
            )
            .buckets(buckets),
            &["route", "method", "status"],
        )?;
        let suggestions = IntCounterVec::new(
            Opts::new("zhiwen_suggestions_total", "Suggestions by outcome"),
            &["outcome"],
        )?;
        let index_lag = Gauge::new(
            "zhiwen_index_lag_seconds",
            "Longest that an index has been behind the store",
        )?;
        let indexes_building = IntGauge::new(
            "zhiwen_indexes_building",
            "Shops whose index is being built",
        )?;
        let search_queue = IntGauge::new(
            "zhiwen_search_queue_depth",
            "Searches that wait for a thread",
        )?;
        let record_queue = IntGauge::new(
            "zhiwen_record_queue_depth",
            "Records that wait to be written",
        )?;
        let records_lost = IntGauge::new("zhiwen_records_lost", "Records lost since the start")?;
        let encoder_failed = IntGauge::new(
            "zhiwen_encoder_failed",
            "1 while the encoder of the settings gives no vectors, else 0",
        )?;
        let encoder_queue = IntGauge::new(
            "zhiwen_encoder_queue_depth",
            "Texts that wait for the encoder's workers",
        )?;
        let encoder_workers = IntGauge::new(
            "zhiwen_encoder_workers",
            "Workers of the encoder that have a model",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(suggestions.clone()))?;
        registry.register(Box::new(index_lag.clone()))?;
        for gauge in [
            &indexes_building,
            &search_queue,
            &record_queue,
            &records_lost,
            &encoder_failed,
            &encoder_queue,
            &encoder_workers,
        ] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(Self {
            registry: Arc::new(registry),
            requests,
            suggestions,
            index_lag,
            indexes_building,
            search_queue,
            record_queue,
            records_lost,
            encoder_failed,
            encoder_queue,
            encoder_workers,
        })
    }

    /// The text format that Prometheus reads.
    ///
    /// # Errors
    /// When a metric cannot be encoded.
    pub fn render(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
