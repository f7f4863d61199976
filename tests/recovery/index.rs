//! The index is a cache: whatever happens to it, it is written again from the store.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use reqwest::Method;
use zhiwen_tests::support::process::{Process, make_shop, succeed};
use zhiwen_tests::support::{Reply, poll_for, poll_until};

use crate::{PATIENCE, add, is_found, item, wait_until_found};

/// Enough that building takes a moment in which the other shop can be asked.
const ITEMS: usize = 4_000;

/// Does something to the index in a folder.
type Damage = fn(&Path);

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_or_damaged_index_is_written_again_while_another_shop_is_served() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let damaged = make_shop(folder.path(), "damaged");
    let whole = make_shop(folder.path(), "whole");
    import(folder.path(), "damaged", ITEMS);
    import(folder.path(), "whole", 10);
    let process = Process::serve(folder.path());
    process.wait_until_ready(&damaged).await;
    process.wait_until_ready(&whole).await;
    assert!(process.stop().success());

    let index = folder.path().join("index/damaged");
    let damages: [(&str, Damage); 5] = [
        ("deleted", |index| {
            fs::remove_dir_all(index).expect("deleted")
        }),
        ("a segment cut short", |index| {
            change_largest(index, |bytes| bytes.truncate(bytes.len() / 2));
        }),
        ("a byte of a segment turned", |index| {
            change_largest(index, |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
            });
        }),
        ("a segment without bytes", |index| {
            change_largest(index, Vec::clear)
        }),
        ("garbage for meta.json", |index| {
            fs::write(index.join("meta.json"), b"\0garbage").expect("written");
        }),
    ];
    for (damage, inflict) in damages {
        inflict(&index);
        let process = Process::serve(folder.path());
        process.wait_until_ready(&whole).await;
        let refused = poll_for("the index is written again", PATIENCE, {
            let mut refused = 0;
            let (process, damaged, whole) = (&process, &damaged, &whole);
            async move || {
                let reply = search(process, damaged).await;
                let other = is_found(process, whole, "token7", "i7").await;
                assert!(other, "{damage}: the other shop is not served");
                refused += usize::from(is_building(&reply));
                (reply.status == 200).then_some(refused)
            }
        })
        .await;
        assert!(refused > 0, "{damage}: nothing had to be written again");
        for at in [0, ITEMS / 2, ITEMS - 1] {
            let (word, id) = (format!("token{at}"), format!("i{at}"));
            assert!(
                is_found(&process, &damaged, &word, &id).await,
                "{damage}: {id}"
            );
        }
        assert!(process.stop().success(), "{damage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_goes_lost_under_the_service_is_written_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let process = Process::serve(folder.path());
    process.wait_until_ready(&key).await;
    for id in ["first", "second"] {
        let made = add(&process, &key, &item(id, &format!("About {id}"), "Yes")).await;
        assert_eq!(made.status, 201, "{}", made.text());
        // What was found before is found all the while.
        wait_until_found(&process, &key, id, id).await;
        assert!(is_found(&process, &key, "first", "first").await, "{id}");
        fs::remove_dir_all(folder.path().join("index/a")).expect("deleted");
    }
    let made = add(&process, &key, &item("third", "About third", "Yes")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    wait_until_found(&process, &key, "third", "third").await;
    assert!(is_found(&process, &key, "first", "first").await);
    assert!(process.stop().success());
}

/// The name, zone and language that the command line gives a shop.
#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_changed_beside_the_service_is_so_soon() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let key = make_shop(folder.path(), "a");
    let process = Process::serve(folder.path());
    process.wait_until_ready(&key).await;
    // A week that was asked for is kept as it was: another one each time.
    let mut asked = 0;
    let mut zone = async || {
        asked += 1;
        let (year, week) = (2025 - asked / 50, 1 + asked % 50);
        let path = format!("/v1/insights/weekly/{year}-W{week:02}");
        let report = process.call(Method::GET, &path, &key).send().await.json();
        report["time_zone"].as_str().map(str::to_owned)
    };
    assert_eq!(zone().await.as_deref(), Some("Asia/Shanghai"));
    let file = folder.path().join("a.toml");
    let text = "id = \"a\"\nname = \"a\"\ntime_zone = \"Europe/Berlin\"\nlocale = \"en\"\n";
    fs::write(&file, text).expect("written");
    succeed(folder.path(), &["shop", "put", &file.display().to_string()]);
    poll_until("the shop has its new zone", PATIENCE, async || {
        zone().await.as_deref() == Some("Europe/Berlin")
    })
    .await;
    assert!(process.stop().success());
}

fn import(folder: &Path, shop: &str, items: usize) {
    let mut text = "id,status,domain,title,answer_brief\n".to_owned();
    for at in 0..items {
        writeln!(
            text,
            "i{at},approved,process,What about token{at},About token{at}"
        )
        .expect("a string");
    }
    let file = folder.join(format!("{shop}.csv"));
    fs::write(&file, text).expect("written");
    let path = file.display().to_string();
    succeed(folder, &["import", &path, "--shop", shop]);
}

/// Damages the largest of the index's segment files.
fn change_largest(index: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let files = fs::read_dir(index).expect("an index").flatten();
    let largest = files
        .filter(|file| file.path().extension().is_some_and(|kind| kind != "json"))
        .max_by_key(|file| file.metadata().map_or(0, |data| data.len()))
        .expect("a segment");
    let mut bytes = fs::read(largest.path()).expect("read");
    change(&mut bytes);
    fs::write(largest.path(), bytes).expect("written");
}

async fn search(process: &Process, key: &str) -> Reply {
    let call = process.call(Method::GET, "/v1/search?q=token1", key);
    call.send().await
}

/// Whether it was refused as being built, with a time to come again.
fn is_building(reply: &Reply) -> bool {
    if reply.status != 503 {
        return false;
    }
    assert_eq!(reply.json()["type"], "urn:zhiwen:problem:index-building");
    assert!(reply.header("retry-after").is_some());
    true
}
