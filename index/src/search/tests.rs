//! Tests of searching by words.

use super::*;
use crate::entry::{Entry, Scope};
use crate::schema::ShopIndex;

pub(super) fn entry(id: &str, title: &str, phrasings: &[&str]) -> Entry {
    Entry {
        id: id.to_owned(),
        title: Normalized::new(title),
        phrasings: phrasings.iter().map(|text| Normalized::new(text)).collect(),
        answer: Normalized::new("请放心购买"),
        tags: Normalized::default(),
        intent: None,
        scope: Scope::default(),
        payload: id.to_owned(),
    }
}

pub(super) fn found(index: &ShopIndex, text: &str, filter: &Filter) -> Vec<String> {
    let question = Question {
        text: Normalized::new(text),
        ..Question::default()
    };
    let hits = search(&index.snapshot(), &question, filter, 5).expect("searchable");
    hits.into_iter().map(|hit| hit.payload).collect()
}

pub(super) fn filled(entries: &[Entry]) -> (tempfile::TempDir, ShopIndex) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let index = ShopIndex::create(folder.path()).expect("created");
    let mut writer = index.writer().expect("first writer");
    for entry in entries {
        writer.upsert(entry).expect("added");
    }
    writer.commit(7).expect("committed");
    writer.finish().expect("closed");
    index.reload().expect("reloaded");
    (folder, index)
}

#[test]
fn finds_by_other_wording_and_by_model_name() {
    let (_folder, index) = filled(&[
        entry("invoice", "发票什么时候开", &["可以开发票吗"]),
        entry("weight", "X1-Pro 多重", &[]),
        entry("return", "七天无理由怎么退货", &[]),
    ]);
    let all = Filter::default();
    assert_eq!(found(&index, "請問發票何時開", &all)[0], "invoice");
    assert_eq!(found(&index, "x1pro有几斤", &all)[0], "weight");
    assert_eq!(found(&index, "如何退货", &all)[0], "return");
    assert_eq!(found(&index, "？？", &all), Vec::<String>::new());
    assert_eq!(found(&index, "zzz", &all), Vec::<String>::new());
}

#[test]
fn an_upsert_replaces_and_the_commit_is_remembered() {
    let (folder, index) = filled(&[entry("a", "怎么退货", &[])]);
    let mut writer = index.writer().expect("only writer");
    writer.upsert(&entry("a", "怎么换货", &[])).expect("added");
    writer.commit(9).expect("committed");
    writer.finish().expect("closed");
    index.reload().expect("reloaded");
    assert_eq!(index.snapshot().items(), 1);
    drop(index);
    let reopened = ShopIndex::open(folder.path()).expect("same make");
    assert_eq!(reopened.revision(), 9);
    assert_eq!(found(&reopened, "换货", &Filter::default()), ["a"]);
}

/// As after a power cut between the files of a commit and the file that names them.
#[test]
fn a_commit_that_was_cut_off_can_be_made_again() {
    let (folder, index) = filled(&[entry("a", "怎么退货", &[]), entry("b", "怎么付款", &[])]);
    let change = |index: &ShopIndex| -> Result<(), IndexError> {
        let mut writer = index.writer()?;
        writer.upsert(&entry("a", "怎么换货", &[]))?;
        writer.commit(9)?;
        writer.finish()
    };
    let names = folder.path().join("meta.json");
    let before = std::fs::read(&names).expect("read");
    change(&index).expect("committed");
    drop(index);
    std::fs::write(&names, before).expect("written");

    let index = ShopIndex::open(folder.path()).expect("as before the commit");
    assert_eq!(index.revision(), 7);
    change(&index).expect("committed again");
    index.reload().expect("reloaded");
    assert_eq!(found(&index, "换货", &Filter::default())[0], "a");
    assert_eq!(index.snapshot().items(), 2);
}

#[test]
fn a_damaged_index_is_unusable() {
    let (folder, index) = filled(&[entry("a", "怎么退货", &[])]);
    drop(index);
    let store = std::fs::read_dir(folder.path())
        .expect("listed")
        .filter_map(Result::ok)
        .map(|file| file.path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "store")
        })
        .expect("a segment");
    std::fs::write(&store, b"damaged").expect("written");
    assert!(matches!(
        ShopIndex::open(folder.path()),
        Err(IndexError::Unusable | IndexError::Tantivy(_))
    ));
    assert!(matches!(
        ShopIndex::open(&folder.path().join("none")),
        Err(IndexError::Unusable)
    ));
}

#[test]
fn filters_take_no_place_among_the_best() {
    let mut entries: Vec<Entry> = (0..200)
        .map(|number| {
            let mut expired = entry(&format!("old{number}"), "双十一优惠券怎么领", &[]);
            expired.scope.until_ms = Some(1_000);
            expired
        })
        .collect();
    let mut live = entry("live", "优惠券在哪里看", &[]);
    live.scope = Scope {
        from_ms: Some(1_000),
        products: vec!["kettle".to_owned()],
        channels: vec!["jd".to_owned()],
        domain: 1,
        ..Scope::default()
    };
    entries.push(live);
    let (_folder, index) = filled(&entries);
    let at = |at_ms| Filter {
        at_ms: Some(at_ms),
        ..Filter::default()
    };
    assert_eq!(found(&index, "双十一优惠券怎么领", &at(2_000)), ["live"]);
    assert_eq!(found(&index, "双十一优惠券怎么领", &at(999)).len(), 5);
    let product = |id: &str| Filter {
        products: Some(vec![id.to_owned()]),
        ..at(2_000)
    };
    assert_eq!(found(&index, "优惠券", &product("kettle")), ["live"]);
    assert!(found(&index, "优惠券", &product("pan")).is_empty());
    let channel = |id: &str| Filter {
        channel: Some(id.to_owned()),
        ..at(2_000)
    };
    assert_eq!(found(&index, "优惠券", &channel("jd")), ["live"]);
    assert!(found(&index, "优惠券", &channel("pdd")).is_empty());
    assert!(
        found(
            &index,
            "优惠券",
            &Filter {
                domain: Some(0),
                ..at(2_000)
            }
        )
        .is_empty()
    );
    assert!(
        found(
            &index,
            "优惠券",
            &Filter {
                status: Some(1),
                ..at(2_000)
            }
        )
        .is_empty()
    );
}

#[test]
fn a_lone_item_earns_its_confidence_by_what_it_covers() {
    let (_folder, index) = filled(&[entry("invoice", "发票什么时候开", &[])]);
    let best = |text: &str| {
        let question = Question {
            text: Normalized::new(text),
            ..Question::default()
        };
        let hits = search(&index.snapshot(), &question, &Filter::default(), 5);
        hits.expect("searchable")
            .first()
            .map_or(0.0, |hit| hit.confidence)
    };
    assert!(best("发票什么时候开") > 0.9);
    assert!(best("发票几时开") > 0.4, "{}", best("发票几时开"));
    for other in ["保温多久", "什么时候发货", "保温多久候补时什么开"] {
        assert!(best(other) < 0.4, "{other}: {}", best(other));
    }
}

#[test]
fn a_frame_that_is_worded_does_not_stand_for_what_is_asked() {
    let (_folder, index) = filled(&[
        entry("closure", "有没有魔术贴的", &["鞋带还是魔术贴"]),
        entry("coupon", "有没有优惠券", &["怎么领券"]),
        entry("size", "穿多大码", &[]),
    ]);
    let best = |text: &str| {
        let question = Question {
            text: Normalized::new(text),
            ..Question::default()
        };
        let hits = search(&index.snapshot(), &question, &Filter::default(), 1);
        let hit = hits.expect("searchable").remove(0);
        (hit.parts.worded_share, hit.confidence)
    };
    let (share, confidence) = best("有没有亲子款");
    assert!(share < 0.3 && confidence < 0.4, "{share} {confidence}");
    let (share, confidence) = best("有魔术贴吗");
    assert!(share > 0.8 && confidence > 0.4, "{share} {confidence}");
    // Whichever wording has it.
    let (share, _) = best("有没有券 怎么领");
    assert!(share > 0.7, "{share}");
}
