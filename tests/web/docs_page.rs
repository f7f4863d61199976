//! `/docs`: the API reference.

use crate::site::Site;

/// The most that the page may load, in bytes.
const MOST_BYTES: u64 = 150_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_found_and_everybody_can_read_it() {
    let site = Site::open().await;
    let browser = site.browser_in("en").await;
    browser.visit("/docs").await;
    let contents = browser.by_role("navigation", "Operations").await;
    let operation = contents.by_role("link", "POST /v1/suggestions").await;
    operation.click().await;
    assert!(browser.address().await.ends_with("#post-v1-suggestions"));
    browser.inspect("docs").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_light_and_all_from_here() {
    let site = Site::open().await;
    let browser = site.browser_in("en").await;
    browser.visit("/docs").await;
    let weight = browser.page_weight().await;
    println!("the reference loads {weight} bytes");
    assert!(weight <= MOST_BYTES, "{:#?}", browser.requests().await);
    assert_eq!(browser.origins().await, [site.address.clone()].into());
    browser.finish().await;
}
