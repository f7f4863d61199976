//! Keys, and the way through a page with nothing but them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::WebDriver;

use super::Browser;
use super::find::text_of;

/// More stops than any page of ours has.
const MOST_STOPS: usize = 400;

/// Presses keys together, the last one after all before it: `Enter`, `Shift+Tab`, `Alt+1`.
///
/// # Panics
/// When there is no key of that name.
pub async fn press(window: &WebDriver, keys: &str) {
    let codes: Vec<char> = keys.split('+').map(code).collect();
    let mut chain = window.action_chain_with_delay(Some(Duration::ZERO), Some(Duration::ZERO));
    for code in &codes {
        chain = chain.key_down(*code);
    }
    for code in codes.iter().rev() {
        chain = chain.key_up(*code);
    }
    let pressed = chain.perform().await;
    pressed.unwrap_or_else(|error| panic!("{keys} cannot be pressed: {error}"));
}

/// The standard's code of a key, <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
fn code(key: &str) -> char {
    match key {
        "Backspace" => '\u{e003}',
        "Tab" => '\u{e004}',
        "Enter" => '\u{e007}',
        "Shift" => '\u{e008}',
        "Control" => '\u{e009}',
        "Alt" => '\u{e00a}',
        "Escape" => '\u{e00c}',
        "Space" => ' ',
        "PageUp" => '\u{e00e}',
        "PageDown" => '\u{e00f}',
        "End" => '\u{e010}',
        "Home" => '\u{e011}',
        "ArrowLeft" => '\u{e012}',
        "ArrowUp" => '\u{e013}',
        "ArrowRight" => '\u{e014}',
        "ArrowDown" => '\u{e015}',
        "Delete" => '\u{e017}',
        _ => {
            let mut characters = key.chars();
            let only = characters.next().filter(|_| characters.next().is_none());
            only.unwrap_or_else(|| panic!("no key is called {key:?}"))
        }
    }
}

/// Looks at what has the focus, and at what had it before: how both are drawn now.
const LOOK: &str = r#"
    const drawn = (element) => {
        const near = [element, element.nextElementSibling, element.parentElement, element.parentElement?.parentElement];
        return near.filter(Boolean).map((part) => {
            const style = getComputedStyle(part);
            const outline = style.outlineStyle === "none" ? "" : style.outline;
            return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join();
        }).join("|");
    };
    const state = globalThis.zhiwenWalk ??= { seen: [] };
    const before = state.seen.at(-1);
    const unfocused = before ? drawn(before) : null;
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) {
        focused = focused.shadowRoot.activeElement;
    }
    if (focused && focused === before) {
        // Another part of the same field, such as the hours of a time.
        return { isSame: true };
    }
    const isEnd = !focused || focused === document.body || focused === document.documentElement
        || state.seen.includes(focused);
    if (isEnd) {
        delete globalThis.zhiwenWalk;
        return { unfocused };
    }
    state.seen.push(focused);
    const box = (focused.closest("label") ?? focused).getBoundingClientRect();
    const inView = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    return { unfocused, focused: drawn(focused), inView, html: focused.outerHTML.slice(0, 120) };
"#;

impl Browser {
    /// Goes through the page from its top with the Tab key, and says where it came by:
    /// `button 发送`, `link 接口文档`.
    ///
    /// # Panics
    /// When a stop is out of view or does not show that it has the focus.
    pub async fn keyboard_walk(&self) -> Vec<String> {
        const TOP: &str = "
            document.body.tabIndex = -1;
            document.body.focus();
            document.body.removeAttribute('tabindex');
            scrollTo(0, 0);";
        self.evaluate(TOP).await;
        let mut stops: Vec<String> = Vec::new();
        let mut faults = BTreeSet::new();
        let mut last = Value::Null;
        for _ in 0..MOST_STOPS {
            self.press("Tab").await;
            let seen = self.evaluate(LOOK).await;
            if seen["isSame"] == true {
                continue;
            }
            if !last.is_null() && last["focused"] == seen["unfocused"] {
                faults.insert(format!("its focus does not show: {}", last["html"]));
            }
            if seen["focused"].is_null() {
                assert!(faults.is_empty(), "by keyboard: {faults:#?}");
                return stops;
            }
            if seen["inView"] == false {
                faults.insert(format!("it is focused out of view: {}", seen["html"]));
            }
            stops.push(self.focused().await);
            last = seen;
        }
        panic!("the Tab key does not come to an end: {stops:#?}");
    }

    /// Role and name of what has the focus.
    pub async fn focused(&self) -> String {
        const DEEPEST: &str = "(() => {
            let focused = document.activeElement;
            while (focused?.shadowRoot?.activeElement) {
                focused = focused.shadowRoot.activeElement;
            }
            return focused;
        })()";
        let focused = json!({"expression": DEEPEST});
        let focused = self.command("Runtime.evaluate", focused).await;
        let node = json!({
            "objectId": focused["result"]["objectId"],
            "fetchRelatives": false,
        });
        let tree = self.command("Accessibility.getPartialAXTree", node).await;
        let node = &tree["nodes"][0];
        format!("{} {}", text_of(node, "role"), text_of(node, "name"))
    }
}
