//! One thing on a page, and what a person does with it.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{WebDriver, WebElement};
use zhiwen_tests::support::poll_for;

use super::find::{self, Sought};
use super::{PATIENCE, keyboard};

/// A button, a field, a row: found once, used while it is there.
pub struct Element {
    window: WebDriver,
    inner: WebElement,
    /// How it was found, for messages.
    what: String,
}

impl Element {
    /// Waits until there is exactly one of what is sought.
    pub(super) async fn find(
        window: &WebDriver,
        root: Option<&WebElement>,
        sought: &Sought<'_>,
    ) -> Self {
        let started = Instant::now();
        let what = sought.to_string();
        let inner = poll_for(&what, 2 * PATIENCE, async || {
            let found = find::all(window, root, sought).await;
            if let Ok([one]) = found.as_deref() {
                return Some(one.clone());
            }
            if started.elapsed() > PATIENCE {
                let number = found.map(|found| found.len());
                let there_are = find::candidates(window, sought).await;
                panic!("{what}: found {number:?} instead of one; there are {there_are:#?}");
            }
            None
        })
        .await;
        Self {
            window: window.clone(),
            inner,
            what,
        }
    }

    /// What has this role and name within this.
    pub async fn by_role(&self, role: &str, name: &str) -> Self {
        self.one(&Sought::Role(role, name)).await
    }

    /// The field that is labelled so within this.
    pub async fn by_label(&self, label: &str) -> Self {
        self.one(&Sought::Label(label)).await
    }

    /// The smallest part of this that can be seen and has these words in it.
    pub async fn by_text(&self, text: &str) -> Self {
        self.one(&Sought::Text(text)).await
    }

    /// The one element of a CSS selector within this.
    pub async fn find_within(&self, selector: &str) -> Self {
        self.one(&Sought::Css(selector)).await
    }

    /// Clicks it where a person would: fails where something covers it.
    pub async fn click(&self) {
        self.expect("cannot be clicked", self.inner.click().await);
    }

    /// Replaces what the field holds, as by typing; any character may stand in `text`.
    pub async fn fill(&self, text: &str) {
        if self.is_picked().await {
            return self.set(text).await;
        }
        self.click().await;
        keyboard::press(&self.window, "Control+a").await;
        keyboard::press(&self.window, "Backspace").await;
        self.type_text(text).await;
    }

    /// Types where the focus of this field is.
    pub async fn type_text(&self, text: &str) {
        self.expect("cannot be focused", self.inner.focus().await);
        let insert = json!({"text": text});
        let typed = self.window.cdp().send_raw("Input.insertText", insert).await;
        self.expect("cannot be typed into", typed);
    }

    /// Presses keys together on it: `Enter`, `Shift+Tab`, `Alt+1`.
    pub async fn press(&self, keys: &str) {
        self.expect("cannot be focused", self.inner.focus().await);
        keyboard::press(&self.window, keys).await;
    }

    /// Chooses the option that says `option` of a list, with a pointer.
    pub async fn select(&self, option: &str) {
        const OPTION: &str = r#"
            const [list, wanted] = arguments;
            // Of its open list, which is not of the page, a page learns no more than this.
            list.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
            return [...list.options].find((option) => option.label.trim() === wanted) ?? null;
        "#;
        let found = self.execute(OPTION, json!(option)).await;
        let found = WebElement::from_json(found, self.inner.handle().clone());
        let found = self.expect(&format!("has no option {option:?}"), found);
        self.expect("cannot be chosen from", found.click().await);
    }

    /// Gives a file to a field for files.
    pub async fn upload(&self, file: &Path) {
        let path = std::fs::canonicalize(file).expect("a file to upload");
        let path = path.display().to_string();
        self.expect("takes no file", self.inner.send_keys(path).await);
    }

    /// Its text as it is seen.
    pub async fn text(&self) -> String {
        self.expect("has no text", self.inner.text().await)
    }

    /// What the field holds.
    pub async fn value(&self) -> String {
        self.property("value").await
    }

    /// A property of it as text, empty where it has none: `value`, `checked`, `textContent`.
    pub async fn property(&self, name: &str) -> String {
        let property = self.inner.prop(name).await;
        self.expect("is gone", property).unwrap_or_default()
    }

    /// An attribute as the page has it.
    pub async fn attribute(&self, name: &str) -> Option<String> {
        self.expect("is gone", self.inner.attr(name).await)
    }

    async fn one(&self, sought: &Sought<'_>) -> Self {
        Self::find(&self.window, Some(&self.inner), sought).await
    }

    /// Whether its value is picked, of dates and colours, rather than typed.
    async fn is_picked(&self) -> bool {
        const PICKED: [&str; 7] = [
            "date",
            "datetime-local",
            "month",
            "week",
            "time",
            "color",
            "range",
        ];
        let kind = self.property("type").await;
        PICKED.contains(&kind.as_str())
    }

    async fn set(&self, value: &str) {
        const SET: &str = r#"
            const [field, value] = arguments;
            field.focus();
            field.value = value;
            field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
            field.dispatchEvent(new Event("change", { bubbles: true }));
            return null;
        "#;
        self.execute(SET, json!(value)).await;
    }

    async fn execute(&self, script: &str, argument: Value) -> Value {
        let element = self.expect("is gone", self.inner.to_json());
        let returned = self.window.execute(script, vec![element, argument]).await;
        self.expect("is gone", returned).json().clone()
    }

    fn expect<T>(&self, fault: &str, result: WebDriverResult<T>) -> T {
        result.unwrap_or_else(|error| panic!("{} {fault}: {error}", self.what))
    }
}
