//! The program itself as a child process, for what only a process can meet: kill -9, signals, a second start.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;

use super::client::Call;
use super::poll::poll_until;

/// For what has no promised time; a loaded machine may need long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A serving child process; killed when dropped.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    log: Log,
    said: Said,
    client: Client,
}

/// Why a child did not come to serve.
#[derive(Debug)]
pub struct Refusal {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard error.
    pub text: String,
}

impl Process {
    /// Serves from `folder` on a free port.
    ///
    /// # Panics
    /// When it does not come to serve.
    pub fn serve(folder: &Path) -> Self {
        Self::start(program(folder)).unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    /// Runs `command`, made of [`program`], with `serve` on a free port.
    ///
    /// # Errors
    /// When it ends before it listens.
    pub fn start(command: Command) -> Result<Self, Refusal> {
        Self::start_at(command, 0)
    }

    /// Runs `command`, made of [`program`], with `serve` on a port that one before it had.
    ///
    /// # Errors
    /// When it ends before it listens.
    pub fn start_at(mut command: Command, port: u16) -> Result<Self, Refusal> {
        let mut child = command
            .args(["serve", "--port", &port.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let log = Log::of(&mut child);
        let said = Said::of(&mut child);
        let listening = log.wait_for("zhiwen is listening");
        let address = listening.and_then(|line| line["address"].as_str()?.parse().ok());
        let Some(address) = address else {
            let status = child.wait().expect("it has ended");
            return Err(Refusal {
                status,
                text: log.text(),
            });
        };
        Ok(Self {
            address,
            child,
            log,
            said,
            client: Client::builder().no_proxy().build().expect("client"),
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A call with a key.
    pub fn call(&self, method: Method, path: &str, key: &str) -> Call {
        let url = format!("http://{}{path}", self.address);
        Call::new(self.client.request(method, url)).key(key)
    }

    /// Waits until the key's shop can be searched.
    ///
    /// # Panics
    /// When it cannot be, for long: with the last reply and all that was logged.
    pub async fn wait_until_ready(&self, key: &str) {
        let started = Instant::now();
        poll_until("the shop can be searched", 2 * PATIENCE, async || {
            let reply = self.call(Method::GET, "/v1/search?q=x", key).send().await;
            let is_over = started.elapsed() > PATIENCE;
            let (status, body) = (reply.status, reply.text());
            let log = || self.log.text();
            assert!(status == 200 || !is_over, "{status} {body}\n{}", log());
            status == 200
        })
        .await;
    }

    /// Waits until it logs a line with this message.
    ///
    /// # Panics
    /// When it does not, for long.
    pub fn wait_for_log(&self, message: &str) {
        let line = self.log.wait_for(message);
        assert!(line.is_some(), "no {message:?} in: {}", self.log.text());
    }

    /// Waits until it says a line with these words on its standard output; gives the line.
    ///
    /// # Panics
    /// When it does not, for long.
    pub fn wait_for_said(&self, words: &str) -> String {
        self.said.wait_for(words)
    }

    /// Ends it as a power cut would: no handler runs.
    pub fn kill(mut self) {
        self.cut_off();
    }

    /// Does what [`Self::kill`] does to one that stands in for the next.
    pub fn cut_off(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }

    /// Asks it to end, as an init system does.
    pub fn terminate(&self) {
        let command = format!("kill -TERM {}", self.id());
        let status = Command::new("sh").args(["-c", &command]).status();
        assert!(status.expect("sh runs").success(), "{command}");
    }

    /// How it ended, after what it was doing.
    pub fn wait(mut self) -> ExitStatus {
        // Its standard error is closed when it ends.
        assert!(self.log.ends(), "it still runs: {}", self.log.text());
        self.child.wait().expect("it has ended")
    }

    /// Asks it to end and waits.
    pub fn stop(self) -> ExitStatus {
        self.terminate();
        self.wait()
    }
}

/// The lines of a child's standard output.
struct Said(Mutex<Receiver<String>>);

impl Said {
    fn of(child: &mut Child) -> Self {
        let output = child.stdout.take().expect("piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The test may have ended.
                let _heard = sender.send(line);
            }
        });
        Self(Mutex::new(lines))
    }

    fn wait_for(&self, words: &str) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("nothing said of {words:?}"));
            if line.contains(words) {
                return line;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The program with its data in `folder`, without settings of this machine.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(path_of_program());
    for (name, _) in std::env::vars() {
        if name.starts_with("ZHIWEN_") {
            command.env_remove(name);
        }
    }
    command
        .arg("--data")
        .arg(folder)
        .env("ZHIWEN_TELEMETRY__LOG_FORMAT", "json");
    command
}

/// Runs a subcommand to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = program(folder).args(arguments).output();
    output.expect("the program can be started")
}

/// Makes a shop in Shanghai with a key of every scope, by the command line; gives the key.
pub fn make_shop(folder: &Path, shop: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    let text = format!(
        "id = \"{shop}\"\nname = \"{shop}\"\ntime_zone = \"Asia/Shanghai\"\nlocale = \"en\"\n"
    );
    std::fs::write(file.path(), text).expect("written");
    let path = file.path().display().to_string();
    succeed(folder, &["shop", "put", &path]);
    let scopes = "suggest,ingest,knowledge,insights,supervise,admin";
    succeed(
        folder,
        &["key", "create", "--shop", shop, "--scopes", scopes],
    )
}

/// Runs a subcommand that must succeed; gives what it printed.
///
/// # Panics
/// When it fails.
pub fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().to_owned()
}

/// The program beside this test binary, of the same profile.
///
/// # Panics
/// When it is not there or older than its sources.
fn path_of_program() -> PathBuf {
    const BUILD: &str = "cargo build --workspace --bins --features zhiwen/suite";
    let test = std::env::current_exe().expect("a test binary");
    let folder = test.ancestors().nth(2).expect("target/debug/deps");
    let program = folder.join("zhiwen");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified());
    let built = modified(&program);
    assert!(built.is_ok(), "{} lacks: {BUILD}", program.display());
    // What cargo says that the program was made of.
    let made_of = std::fs::read_to_string(folder.join("zhiwen.d")).unwrap_or_default();
    let newer = made_of.split_whitespace().skip(1).find(|source| {
        let changed = modified(Path::new(source)).ok();
        changed.is_some() && changed > built.as_ref().ok().copied()
    });
    assert!(newer.is_none(), "{newer:?} is newer than zhiwen: {BUILD}");
    program
}

/// What a child writes to standard error, line by line as JSON.
struct Log {
    lines: Receiver<Value>,
    text: Arc<Mutex<String>>,
}

impl Log {
    fn of(child: &mut Child) -> Self {
        let errors = child.stderr.take().expect("standard error is piped");
        let (sender, lines) = mpsc::channel();
        let text = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&text);
        // Always read, so that the child never waits for somebody to read.
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let mut text = written.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&line);
                text.push('\n');
                drop(text);
                let _unheard = sender.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        Self { lines, text }
    }

    /// The next line with this message; `None` when the child ends before, or for long writes none.
    fn wait_for(&self, message: &str) -> Option<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_line(deadline).ok()?;
            let said = line["message"].as_str().unwrap_or("");
            if said.contains(message) {
                return Some(line);
            }
        }
    }

    /// Whether the child closes its standard error in time, which it does when it ends.
    fn ends(&self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_line(deadline) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    fn next_line(&self, deadline: Instant) -> Result<Value, RecvTimeoutError> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left)
    }

    fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }
}
