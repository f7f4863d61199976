//! One Chromium behind a chromedriver of its own; both end with the test, however it ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A browser fills a core, and a build server may have two.
static ROOM: Semaphore = Semaphore::const_new(2);

/// The longest that the browser may take over one command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);

/// Ends the whole group when its standard input does: that is when this test
/// binary drops it, panics or is killed.
const GUARDED: &str = "chromedriver --port=0 & exec >/dev/null 2>&1; cat; kill -KILL 0";

/// A running chromedriver; it and its Chromium are killed when this is dropped.
pub struct Driver {
    /// Where it takes commands.
    pub address: String,
    child: Child,
    // Read from no more, but a closed one would end its writer.
    _output: BufReader<ChildStdout>,
    profile: TempDir,
    downloads: TempDir,
    _room: SemaphorePermit<'static>,
}

impl Driver {
    /// Starts one on a free port as soon as there is room for another.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let room = ROOM.acquire().await.expect("never closed");
        let mut child = Command::new("sh")
            .args(["-c", GUARDED])
            // What the pages show of times is the same everywhere.
            .env("TZ", "Asia/Shanghai")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be started");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let port = read_port(&mut output);
        Self {
            address: format!("http://127.0.0.1:{port}"),
            child,
            _output: output,
            profile: tempfile::tempdir().expect("temporary folder"),
            downloads: tempfile::tempdir().expect("temporary folder"),
            _room: room,
        }
    }

    /// Opens a window in a profile of its own; `language` is what its reader prefers.
    ///
    /// # Panics
    /// When Chromium does not start.
    pub async fn open(&self, language: &str) -> WebDriver {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(COMMAND_TIMEOUT)
            .build()
            .expect("client");
        let wanted = self.capabilities(language);
        let opened = WebDriver::builder(&self.address, wanted)
            .client(client)
            .await;
        let window = opened.unwrap_or_else(|error| panic!("chromium does not start: {error}"));
        // Whoever drops this kills the browser: nothing is left to be closed.
        window.clone().leak().expect("a new session");
        window
    }

    /// Where files go that a page has the browser save.
    pub fn downloads(&self) -> &Path {
        self.downloads.path()
    }

    fn capabilities(&self, language: &str) -> Capabilities {
        let mut arguments = vec![
            "--no-sandbox".to_owned(),
            "--no-first-run".to_owned(),
            "--no-proxy-server".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-search-engine-choice-screen".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--force-color-profile=srgb".to_owned(),
            // Whatever asks beyond this machine fails, and is seen to.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
                .to_owned(),
            format!("--accept-lang={language}"),
            format!("--user-data-dir={}", self.profile.path().display()),
        ];
        if std::env::var_os("ZHIWEN_HEADED").is_none() {
            arguments.push("--headless=new".to_owned());
        }
        let wanted: Value = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "args": arguments,
                "prefs": {
                    "download.default_directory": self.downloads.path(),
                    "download.prompt_for_download": false,
                },
            },
        });
        serde_json::from_value(wanted).expect("capabilities")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _reaped = self.child.wait();
    }
}

/// The port that chromedriver says it has taken.
fn read_port(output: &mut impl BufRead) -> u16 {
    let mut lines = output.lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    port.expect("chromedriver starts; scripts/test installs it")
}
