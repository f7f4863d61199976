//! Pictures of pages, kept for whoever wants to see what a test saw.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use thirtyfour::WebDriver;
use thirtyfour::support::base64_decode;

use super::Browser;

/// Chromium paints no higher picture.
const MOST_PIXELS: f64 = 16_384.0;
/// A browser that hangs must not hold up the test's end.
const LAST_WORD: Duration = Duration::from_secs(10);

impl Browser {
    /// Keeps a picture of the whole page as `name.png`, in the folder that
    /// `ZHIWEN_SCREENSHOTS` names, else in `target/screenshots`.
    pub async fn screenshot(&self, name: &str) {
        let metrics = self.command("Page.getLayoutMetrics", json!({})).await;
        let size = &metrics["cssContentSize"];
        let height = size["height"].as_f64().unwrap_or(0.0).min(MOST_PIXELS);
        let wanted = json!({
            "format": "png",
            "captureBeyondViewport": true,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1},
        });
        let picture = self.command("Page.captureScreenshot", wanted).await;
        keep(name, picture["data"].as_str().unwrap_or(""));
    }
}

/// Keeps what the window shows as a test fails, under the test's name. Works while unwinding.
pub fn last_picture(driver: &str, window: &WebDriver) {
    let address = format!("{driver}/session/{}/screenshot", window.session_id());
    // A thread without a test's name is one whose failing is expected.
    let this = std::thread::current();
    let Some(test) = this.name().filter(|name| name.contains("::")) else {
        return;
    };
    let picture = async move {
        let client = reqwest::Client::builder().no_proxy().timeout(LAST_WORD);
        let reply = client.build().ok()?.get(address).send().await.ok()?;
        let reply: serde_json::Value = reply.json().await.ok()?;
        Some(reply["value"].as_str()?.to_owned())
    };
    // The test's own runtime may be the one that is unwinding.
    let taken = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.ok()?.block_on(picture)
    });
    if let Ok(Some(picture)) = taken.join() {
        keep(&format!("failed-{}", test.replace("::", "-")), &picture);
    }
}

fn keep(name: &str, base64: &str) {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    let picture = base64_decode(base64).expect("a picture in base64");
    std::fs::write(folder.join(format!("{name}.png")), picture).expect("a picture is kept");
}

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("ZHIWEN_SCREENSHOTS") {
        return folder.into();
    }
    let test = std::env::current_exe().expect("a test binary");
    let target = test.ancestors().nth(3).expect("target/debug/deps");
    target.join("screenshots")
}
