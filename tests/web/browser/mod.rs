//! A person's browser: what they see, press and hear read out, for tests that know nothing of `WebDriver`.
//!
//! Every step waits until it can be done, and fails the test with a sentence
//! where it cannot. At its end a test calls [`Browser::finish`], which fails
//! where the page told its console of anything wrong.

mod accessibility;
mod artefacts;
mod driver;
mod element;
mod find;
mod keyboard;
mod log;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::WebDriver;
use zhiwen_tests::support::{poll_for, poll_until};

use driver::Driver;
pub use element::Element;
use find::Sought;
use log::Log;

/// For what has no promised time; a loaded machine may need long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A desk's window, in pixels.
pub const DESK: (u32, u32) = (1280, 900);
/// A phone's, in pixels.
pub const PHONE: (u32, u32) = (390, 844);

/// What a page is made to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As by day.
    Light,
    /// As by night.
    Dark,
    /// As on paper.
    Print,
}

/// A browser with one window, and a profile that has never been used.
pub struct Browser {
    window: WebDriver,
    site: String,
    log: Mutex<Log>,
    is_finished: bool,
    // Last: the window's last picture is taken through it.
    driver: Driver,
}

impl Browser {
    /// Opens one at a desk; `site` is what paths are added to, `language` what its reader prefers.
    pub async fn open(site: &str, language: &str) -> Self {
        let driver = Driver::start().await;
        let browser = Self {
            window: driver.open(language).await,
            site: site.to_owned(),
            log: Mutex::default(),
            is_finished: false,
            driver,
        };
        // What it shows by itself is not the page's doing.
        browser.visit("about:blank").await;
        browser.read_log().await;
        browser.log().clear();
        browser
            .command("Network.setCacheDisabled", json!({"cacheDisabled": true}))
            .await;
        browser.resize(DESK).await;
        browser.look(Look::Light).await;
        browser
    }

    /// Goes to a path of the site, or to an address, and waits until it is loaded.
    ///
    /// # Panics
    /// When nothing answers there.
    pub async fn visit(&self, path: &str) {
        let address = if path.contains(':') && !path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}{path}", self.site)
        };
        self.read_log().await;
        self.log().begin_page();
        let visited = self.window.goto(address.as_str()).await;
        visited.unwrap_or_else(|error| panic!("{address} cannot be visited: {error}"));
    }

    /// The address shown.
    pub async fn address(&self) -> String {
        let address = self.window.current_url().await;
        address.expect("a page has an address").to_string()
    }

    /// Makes the window so large: [`DESK`] or [`PHONE`].
    pub async fn resize(&self, (width, height): (u32, u32)) {
        let is_phone = width < 600;
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone,
        });
        self.command("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    /// Shows pages as by day, by night or on paper, without movement.
    pub async fn look(&self, look: Look) {
        let media = if look == Look::Print {
            "print"
        } else {
            "screen"
        };
        let scheme = if look == Look::Dark { "dark" } else { "light" };
        let wanted = json!({"media": media, "features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.command("Emulation.setEmulatedMedia", wanted).await;
    }

    /// What has this role and this accessible name, as a screen reader says them.
    pub async fn by_role(&self, role: &str, name: &str) -> Element {
        self.one(&Sought::Role(role, name)).await
    }

    /// The field that is labelled so.
    pub async fn by_label(&self, label: &str) -> Element {
        self.one(&Sought::Label(label)).await
    }

    /// The smallest part of the page that can be seen and has these words in it.
    pub async fn by_text(&self, text: &str) -> Element {
        self.one(&Sought::Text(text)).await
    }

    /// The one element of a CSS selector, for what people see but do not name.
    pub async fn find(&self, selector: &str) -> Element {
        self.one(&Sought::Css(selector)).await
    }

    /// The visible text of the one element of a CSS selector.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await
    }

    /// How many there are at this moment with the role and the name.
    pub async fn count(&self, role: &str, name: &str) -> usize {
        let found = find::all(&self.window, None, &Sought::Role(role, name)).await;
        found.map_or(0, |found| found.len())
    }

    /// Whether these words can be seen at this moment.
    pub async fn shows(&self, text: &str) -> bool {
        let found = find::all(&self.window, None, &Sought::Text(text)).await;
        found.is_ok_and(|found| !found.is_empty())
    }

    /// Waits until `holds` holds; `what` says it in words for when it does not.
    pub async fn wait_until(&self, what: &str, holds: impl AsyncFnMut() -> bool) {
        poll_until(what, PATIENCE, holds).await;
    }

    /// Presses keys together where the focus is: `Enter`, `Shift+Tab`, `Alt+1`.
    pub async fn press(&self, keys: &str) {
        keyboard::press(&self.window, keys).await;
    }

    /// Says yes to what the page asks in a dialog.
    pub async fn agree(&self) {
        poll_until("a dialog is there", PATIENCE, async || {
            self.window.accept_alert().await.is_ok()
        })
        .await;
    }

    /// Whether the page would ask before it is left. The driver says yes to that
    /// dialog by itself, so the page is told that it is being left.
    pub async fn asks_before_leaving(&self) -> bool {
        const LEAVE: &str = "
            const leaving = new Event('beforeunload', { cancelable: true });
            return !window.dispatchEvent(leaving);";
        self.evaluate(LEAVE).await == true
    }

    /// Waits for a file that the page has the browser save, and gives its place.
    pub async fn downloaded(&self, name: &str) -> PathBuf {
        let path = self.driver.downloads().join(name);
        // Until it is whole it has another name, and an empty file keeps its place.
        poll_for(&format!("{name} is downloaded"), PATIENCE, async || {
            let found = path.metadata();
            let is_whole = found.is_ok_and(|found| found.len() > 0);
            is_whole.then(|| path.clone())
        })
        .await
    }

    /// Runs a function body in the page and gives what it returns.
    ///
    /// # Panics
    /// When it throws.
    pub async fn evaluate(&self, script: &str) -> Value {
        let returned = self.window.execute(script, Vec::new()).await;
        let returned = returned.unwrap_or_else(|error| panic!("{script}: {error}"));
        returned.json().clone()
    }

    /// Ends the test's visit.
    ///
    /// # Panics
    /// When the console was told of an error, a warning, a refused or a failed
    /// request that [`Browser::expect_fault`] did not announce.
    pub async fn finish(mut self) {
        let faults = self.faults().await;
        self.is_finished = faults.is_empty();
        assert!(faults.is_empty(), "the page reported: {faults:#?}");
    }

    async fn one(&self, sought: &Sought<'_>) -> Element {
        Element::find(&self.window, None, sought).await
    }

    /// A command of Chromium's own protocol.
    async fn command(&self, name: &str, parameters: Value) -> Value {
        let done = self.window.cdp().send_raw(name, parameters).await;
        done.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        artefacts::last_picture(&self.driver.address, &self.window);
        assert!(
            std::thread::panicking(),
            "a test in a browser ends with `browser.finish().await`"
        );
    }
}
