//! The browser of these tests notices what is wrong, and does what people do.

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::browser::{Browser, Look};

/// A server that has `html` as its page and refuses all but its own style.
async fn serve(html: &str) -> MockServer {
    let server = MockServer::start().await;
    let page = format!("<!doctype html><html lang=\"en\"><title>Page</title>{html}</html>");
    let response = ResponseTemplate::new(200)
        .insert_header(
            "content-security-policy",
            "default-src 'none'; script-src 'self'",
        )
        .set_body_raw(page, "text/html; charset=utf-8");
    Mock::given(path("/"))
        .respond_with(response)
        .mount(&server)
        .await;
    for (place, script) in [
        ("/error.js", "console.error('out of order');"),
        (
            "/throw.js",
            "setTimeout(() => { throw new Error('nobody caught this'); });",
        ),
        ("/fine.js", "console.log('all is well');"),
        (
            "/save.js",
            "const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['a,b'])); a.download = 'week.csv'; document.querySelector('button').onclick = () => a.click();",
        ),
    ] {
        let response = ResponseTemplate::new(200).set_body_raw(script, "text/javascript");
        Mock::given(path(place))
            .respond_with(response)
            .mount(&server)
            .await;
    }
    server
}

/// Opens a page of `html`.
async fn open(html: &str) -> (MockServer, Browser) {
    let server = serve(html).await;
    let browser = Browser::open(&server.uri(), "en").await;
    browser.visit("/").await;
    (server, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_page_reports_is_a_fault() {
    let (server, browser) = open("<h1>Ready</h1><script src=/fine.js></script>").await;
    assert_eq!(browser.faults().await, [""; 0]);
    let mut known = 0;
    for (html, reported) in [
        (
            "<script>1</script>",
            "violates the following Content Security Policy",
        ),
        (
            "<style>b{}</style>",
            "violates the following Content Security Policy",
        ),
        ("<script src=/error.js></script>", "out of order"),
        ("<script src=/throw.js></script>", "nobody caught this"),
        ("<script src=/none.js></script>", "404"),
        ("<script src=//example.com/a.js></script>", "violates"),
    ] {
        let other = serve(html).await;
        browser.visit(&other.uri()).await;
        browser
            .wait_until(reported, async || {
                let faults = browser.faults().await;
                faults.len() > known && faults[known..].iter().any(|fault| fault.contains(reported))
            })
            .await;
        known = browser.faults().await.len();
    }
    let ended = tokio::spawn(browser.finish()).await;
    assert!(ended.expect_err("the faults are told").is_panic());
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_is_expected_must_come() {
    let (_server, browser) = open("<script src=/error.js></script>").await;
    browser.expect_fault("out of order");
    assert_eq!(browser.faults().await, [""; 0]);
    browser.expect_fault("never said");
    let faults = browser.faults().await;
    assert_eq!(faults, ["expected, but not reported: never said"]);
    let ended = tokio::spawn(browser.finish()).await;
    assert!(ended.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_people_out_is_found() {
    let (_server, browser) = open("<main><h1>A</h1><button></button><input></main>").await;
    let faults = browser.accessibility_faults().await.join("\n");
    assert!(
        faults.contains("button-name") && faults.contains("label"),
        "{faults}"
    );
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn things_are_found_by_what_they_are_called() {
    let (_server, browser) = open(
        "<main><h1>A</h1><p>Some <b>bold words</b> here</p>
         <button hidden>Go</button><button>Go</button>
         <label>Name <input></label> <label for=f>A file</label><input type=file id=f>
         <label>Day <input type=date></label>
         <label>City <select><option>Hangzhou<option>Ningbo</select></label>
         <div role=group aria-label=Row><button id=r>Remove</button></div></main>",
    )
    .await;
    assert_eq!(browser.count("button", "Go").await, 1);
    assert_eq!(browser.by_text("bold").await.text().await, "bold words");
    let name = browser.by_label("Name").await;
    name.fill("first").await;
    name.fill("张三 😀").await;
    assert_eq!(name.value().await, "张三 😀");
    let day = browser.by_label("Day").await;
    day.fill("2026-10-01").await;
    assert_eq!(day.value().await, "2026-10-01");
    let city = browser.by_label("City").await;
    city.select("Ningbo").await;
    assert_eq!(city.value().await, "Ningbo");
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    let field = browser.by_label("A file").await;
    field.upload(file.path()).await;
    assert!(field.value().await.contains("fakepath"));
    let row = browser.by_role("group", "Row").await;
    assert_eq!(
        row.by_text("Remove").await.property("tagName").await,
        "BUTTON"
    );
    let removing = row.find_within("button").await;
    assert_eq!(removing.attribute("id").await.as_deref(), Some("r"));
    let main = browser.by_role("main", "").await;
    assert_eq!(main.by_label("Name").await.value().await, "张三 😀");
    assert_eq!(browser.text("h1").await, "A");
    assert!(browser.shows("bold words").await);
    assert!(!browser.shows("italic").await);
    row.by_role("button", "Remove").await.press("Enter").await;
    assert_eq!(browser.focused().await, "button Remove");
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_saved_and_looks_are_changed() {
    let (_server, browser) = open("<button>Save</button><script src=/save.js></script>").await;
    browser.by_role("button", "Save").await.click().await;
    let saved = std::fs::read_to_string(browser.downloaded("week.csv").await);
    assert_eq!(saved.expect("a file"), "a,b");
    for (look, query) in [
        (Look::Dark, "(prefers-color-scheme: dark)"),
        (Look::Light, "screen and (prefers-color-scheme: light)"),
        (Look::Print, "print"),
    ] {
        browser.look(look).await;
        let matches = format!("return matchMedia({query:?}).matches;");
        assert_eq!(browser.evaluate(&matches).await, true, "{query}");
    }
    browser.finish().await;
}
