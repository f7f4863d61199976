//! Puts a service together: the only place that names concrete parts.

mod encoder_watch;
pub mod encoders;
mod pushes;
mod upkeep;

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::encoder_watch::EncoderWatch;
use self::upkeep::kept_up;
use crate::answering::recorder::Recorder;
use crate::api::files;
use crate::api::observe::observe;
use crate::auth::sessions::Sessions;
use crate::auth::{Keys, audit, identify};
use crate::catalog::{Catalog, follow};
use crate::connectors::push::PushError;
use crate::domain::causes::with_causes;
use crate::domain::time::Clock;
use crate::insights::figures::Figures;
use crate::jobs::{self, ClusterQuestions, Runner, Teller, TrainLanguage, Trainer};
use crate::language::base;
use crate::listening::clustering::Clusterer;
use crate::listening::{Listener, Listening};
use crate::pool::{Places, Pool};
use crate::pulse::Pulse;
use crate::router;
use crate::settings::Settings;
use crate::state::AppState;
use crate::store::{self, Store, StoreError};
use crate::telemetry::Metrics;
use crate::web::fault_page;

/// Where the classifier that comes with the service is kept, in the data folder.
const BASE_CLASSIFIER: &str = "models/day-one.classifier";

/// Imports and exports at the same time. The largest holds a few hundred
/// megabytes while it runs.
const MOST_TRANSFERS: usize = 4;

/// A shop's questions and figures stay in memory for so long after somebody
/// asked about them.
const IDLE: Duration = Duration::from_secs(3600);

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process serves from the same folder.
    #[error(
        "data folder {0} is in use by another zhiwen: stop that one, or set data.folder to another folder"
    )]
    InUse(String),
    /// The folder cannot be made or written.
    #[error("data folder {folder} cannot be used")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("store cannot be opened")]
    Store(#[from] StoreError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A thread or a worker cannot be started.
    #[error("server cannot be started")]
    Server(#[from] std::io::Error),
    /// Metrics cannot be made.
    #[error("metrics cannot be made")]
    Metrics(#[from] prometheus::Error),
    /// What sends pushes cannot be made.
    #[error("pushes cannot be sent")]
    Pushes(#[from] PushError),
}

/// A running service.
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its handlers are handed.
    pub state: web::Data<AppState>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    background: Background,
}

/// What runs beside the server.
struct Background {
    stop: watch::Sender<bool>,
    follower: JoinHandle<()>,
    recorder: JoinHandle<()>,
    janitor: JoinHandle<()>,
    jobs: JoinHandle<()>,
    listener: JoinHandle<()>,
    pushes: JoinHandle<()>,
    teller: JoinHandle<()>,
    encoder_watch: JoinHandle<()>,
    /// Held until the end: one serving process a folder.
    _lock: File,
}

/// Starts the service.
///
/// # Errors
/// When a part cannot be started; none is left running then.
pub async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Service, StartError> {
    let lock = lock(&settings.data_folder)?;
    forget_transfers(&settings.data_folder)?;
    let store = store::open(&settings.store_url).await?;
    // The folder is this process's: whoever ran them has ended.
    jobs::take_up(store.as_ref(), clock.now()).await?;
    let listener = listen(&settings)?;
    let address = listener.local_addr()?;
    let file = settings.data_folder.join(BASE_CLASSIFIER);
    // Beside the first requests, which do without. A thread of its own: the end
    // of the service does not wait for it, as it would for the runtime's.
    std::thread::Builder::new()
        .name("day-one".to_owned())
        .spawn(move || base::load_or_train(&file))?;
    let encoders = encoders::start(&settings.encoder).await;
    let catalog = Arc::new(Catalog::new(
        Arc::clone(&store),
        settings.data_folder.join("index"),
        settings.index_poll,
        settings.concurrent_builds,
        encoders,
    ));
    let trainer = Arc::new(Trainer::new(settings.language.retrain_every));
    let delay = Duration::from_millis(settings.answering.record_delay_milliseconds);
    let (recorder, recorder_task) =
        Recorder::start(Arc::clone(&store), settings.answering.record_queue, delay);
    let listening = Arc::new(Listening::new(
        Arc::clone(&store),
        settings.data_folder.join("listening"),
    ));
    let ear = Arc::new(Listener {
        store: Arc::clone(&store),
        catalog: Arc::clone(&catalog),
        listening: Arc::clone(&listening),
    });
    let notices = pushes::notices(&settings.push, Arc::clone(&store), Arc::clone(&clock))?;
    let (stop, stopped) = watch::channel(false);
    let runner = Arc::new(Runner {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        trainer: Arc::clone(&trainer),
        train_language: TrainLanguage {
            store: Arc::clone(&store),
            catalog: Arc::clone(&catalog),
            clock: Arc::clone(&clock),
            minimum_confidence: settings.answering.minimum_confidence,
        },
        clusterings: Trainer::new(settings.listening.cluster_every),
        cluster_questions: ClusterQuestions {
            clusterer: Clusterer {
                store: Arc::clone(&store),
                listening: Arc::clone(&listening),
                catalog: Arc::clone(&catalog),
                minimum_confidence: settings.answering.minimum_confidence,
            },
            clock: Arc::clone(&clock),
        },
    });
    // As many counts at once as searches: figures wait among themselves.
    let figures = Arc::new(Figures::new(settings.search_threads.max(1)));
    let teller = Arc::new(Teller {
        store: Arc::clone(&store),
        listening: Arc::clone(&listening),
        catalog: Arc::clone(&catalog),
        figures: Arc::clone(&figures),
        notices: Arc::clone(&notices),
        clock: Arc::clone(&clock),
        minimum_confidence: settings.answering.minimum_confidence,
    });
    let encoder_watch = Arc::new(EncoderWatch {
        settings: settings.encoder.clone(),
        catalog: Arc::clone(&catalog),
    });
    let concurrency = settings.push.concurrency;
    let background = Background {
        encoder_watch: tokio::spawn(kept_up("encoder watch", {
            let stopped = stopped.clone();
            move || Arc::clone(&encoder_watch).run(stopped.clone())
        })),
        jobs: tokio::spawn(kept_up("jobs", {
            let stopped = stopped.clone();
            move || jobs::run(Arc::clone(&runner), stopped.clone())
        })),
        listener: tokio::spawn(kept_up("listener", {
            let stopped = stopped.clone();
            move || Arc::clone(&ear).run(stopped.clone())
        })),
        teller: tokio::spawn(kept_up("teller", {
            let stopped = stopped.clone();
            move || Arc::clone(&teller).run(stopped.clone())
        })),
        pushes: tokio::spawn(kept_up("pushes", {
            let (notices, stopped) = (Arc::clone(&notices), stopped.clone());
            move || jobs::deliver_pushes(Arc::clone(&notices), concurrency, stopped.clone())
        })),
        follower: tokio::spawn(kept_up("follower", {
            let (catalog, stopped) = (Arc::clone(&catalog), stopped.clone());
            move || follow(Arc::clone(&catalog), stopped.clone())
        })),
        recorder: recorder_task,
        janitor: tokio::spawn(forget(
            forget_replies(
                Arc::clone(&store),
                Arc::clone(&clock),
                settings.idempotency,
                stopped.clone(),
            ),
            forget_idle(Arc::clone(&listening), Arc::clone(&figures), stopped),
        )),
        stop,
        _lock: lock,
    };
    let state = web::Data::new(AppState {
        pulse: Pulse::new(Arc::clone(&store)),
        closing: watch::Sender::new(false),
        keys: Keys::new(Arc::clone(&store)),
        sessions: Sessions::new(Arc::clone(&store), &settings.console),
        transfers: Places::new(MOST_TRANSFERS),
        pool: Pool::start(settings.search_threads, settings.search_queue)?,
        store,
        catalog,
        listening,
        figures,
        trainer,
        notices,
        recorder,
        clock,
        metrics: Metrics::new()?,
        settings,
    });
    let server = serve(listener, state.clone())?;
    let handle = server.handle();
    stop_on_signal(state.clone(), handle.clone())?;
    Ok(Service {
        address,
        state,
        handle,
        server: tokio::spawn(server),
        background,
    })
}

impl Service {
    /// Runs until [`Service::stop`] or a signal ends the server, then drains:
    /// requests under way are answered, records are written.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn wait(self) -> std::io::Result<()> {
        let ended = self.server.await.map_err(std::io::Error::other)?;
        self.state.recorder.flush().await;
        // The follower and the janitor end at their next pause.
        let _none_listens = self.background.stop.send(true);
        let Background {
            follower,
            janitor,
            jobs,
            listener,
            pushes,
            teller,
            encoder_watch,
            recorder,
            ..
        } = self.background;
        let tasks = [
            follower,
            janitor,
            jobs,
            listener,
            pushes,
            teller,
            encoder_watch,
        ];
        for task in tasks {
            // A task that panicked has nothing left to end.
            let _panicked = task.await;
        }
        recorder.abort();
        tracing::info!("service has stopped");
        ended
    }

    /// Where people open the console.
    pub fn origin(&self) -> String {
        let public_url = self.state.settings.console.public_url.clone();
        public_url.unwrap_or_else(|| format!("http://{}", self.address))
    }

    /// Stops taking requests and lets those under way end.
    pub async fn stop(&self) {
        self.state.closing.send_replace(true);
        self.handle.stop(true).await;
    }

    /// What stops the service from another task.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }
}

fn serve(
    listener: TcpListener,
    state: web::Data<AppState>,
) -> std::io::Result<actix_web::dev::Server> {
    let workers = match state.settings.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let grace = state.settings.server.shutdown_grace_seconds;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(from_fn(fault_page::show))
            .wrap(from_fn(audit::record))
            .wrap(from_fn(identify))
            .wrap(from_fn(observe))
            .configure(router::configure)
    });
    Ok(server
        .workers(workers)
        .shutdown_timeout(grace)
        // They stop it through us, who have more to end.
        .disable_signals()
        .listen(listener)?
        .run())
}

fn listen(settings: &Settings) -> Result<TcpListener, StartError> {
    let (host, port) = (settings.server.host.as_str(), settings.server.port);
    TcpListener::bind((host, port)).map_err(|source| StartError::Listen {
        address: format!("{host}:{port}"),
        source,
    })
}

/// Stops the server when a signal says so, from now on. The server waits for
/// requests under way, and a stream of events would stay under way: streams are
/// told first.
fn stop_on_signal(state: web::Data<AppState>, server: ServerHandle) -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("signal received, graceful shutdown begins");
        state.closing.send_replace(true);
        server.stop(true).await;
    });
    Ok(())
}

/// Takes the folder for this process alone.
fn lock(folder: &Path) -> Result<File, StartError> {
    let unusable = |source| StartError::Folder {
        folder: folder.display().to_string(),
        source,
    };
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("zhiwen.lock"))
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(StartError::InUse(folder.display().to_string()))
        }
        Err(std::fs::TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// Removes what imports have left behind that a crash cut off.
fn forget_transfers(folder: &Path) -> Result<(), StartError> {
    let folder = folder.join(files::FOLDER);
    match std::fs::remove_dir_all(&folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(StartError::Folder {
            folder: folder.display().to_string(),
            source,
        }),
        _ => Ok(()),
    }
}

async fn forget(replies: impl Future<Output = ()>, idle: impl Future<Output = ()>) {
    tokio::join!(replies, idle);
}

/// Lets go of what is kept in memory of shops that nobody asks about.
async fn forget_idle(
    listening: Arc<Listening>,
    figures: Arc<Figures>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        if let Some(since) = Instant::now().checked_sub(IDLE) {
            listening.forget_idle(since);
            figures.forget_idle(since);
        }
        tokio::select! {
            () = tokio::time::sleep(IDLE / 12) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Forgets kept replies, and sessions and links that have ended, once an hour.
async fn forget_replies(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    kept_for: Duration,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let now = clock.now();
        if let Err(error) = store.forget_ended(now).await {
            tracing::warn!(
                error = %with_causes(&error),
                "ended sessions cannot be forgotten"
            );
        }
        let before = now.checked_sub(kept_for).unwrap_or(jiff::Timestamp::MIN);
        match store.forget_replies(before).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old replies are forgotten"),
            Err(error) => {
                tracing::warn!(
                    error = %with_causes(&error),
                    "old replies cannot be forgotten"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            _ = stop.changed() => return,
        }
    }
}
