//! What the suite writes: small, plain, and of shops that nobody else has.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use zhiwen_models::privacy::Masked;

use crate::domain::fault::Locale;
use crate::domain::ids::{
    AgentId, AnswerId, ChannelId, ConversationId, KnowledgeId, MessageId, ProductId, ShopId,
    SuggestionId,
};
use crate::domain::key::{ApiKey, PresentedKey, Scope};
use crate::domain::knowledge::{KnowledgeContent, KnowledgeItem, Status};
use crate::domain::language::Urgency;
use crate::domain::listening::WordingKey;
use crate::domain::shop::{Product, Shop, ShopSecret, Synonyms};
use crate::domain::suggestion::{
    AbstentionReason, AnswerForm, Classified, Pseudonym, RecordedAnswer, SuggestionRecord,
};
use crate::domain::taxonomy::{Intent, KnowledgeDomain, Stage};
use crate::domain::time::Window;
use crate::store::{KeptReply, KnowledgeFilter, NewVersion, ShopRevision, Store, Written};

/// A time of the suite, `seconds` after its start.
pub fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// A shop of that nobody has heard.
pub fn shop() -> Shop {
    Shop {
        id: ShopId::parse(&format!("shop-{}", Uuid::now_v7())).unwrap(),
        name: "禾木家居".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        locale: Locale::Chinese,
        secret: ShopSecret::make(),
        created_at: time(0),
    }
}

/// The id of a new shop in the store.
pub async fn new_shop(store: &Arc<dyn Store>) -> ShopId {
    let shop = shop();
    store.create_shop(&shop).await.unwrap();
    shop.id
}

/// An item's id.
pub fn id(text: &str) -> KnowledgeId {
    KnowledgeId::parse(text).unwrap()
}

/// A product's id.
pub fn product_id(text: &str) -> ProductId {
    ProductId::parse(text).unwrap()
}

/// Content that uses every field and differs by its title.
pub fn content(title: &str) -> KnowledgeContent {
    KnowledgeContent {
        status: Status::Approved,
        domain: KnowledgeDomain::Process,
        intent: Some(Intent::parse("process.invoice").unwrap()),
        title: title.to_owned(),
        phrasings: vec![
            "可以\"开\"发票吗".to_owned(),
            "it's \\ {invoice}".to_owned(),
        ],
        answer_brief: Some("签收后三天内开具。\n\t电子发票 🧾".to_owned()),
        answer_consultative: None,
        products: vec![product_id("sku-1")],
        channels: vec![ChannelId::parse("taobao").unwrap()],
        window: Window::new(Some(time(0)), Some(time(1_000_000))).unwrap(),
        source: Some("handbook, p. 3".to_owned()),
        tags: vec!["发票".to_owned()],
    }
}

/// A version of the item `item`, titled `title`, of the time `at`.
pub fn version(item: &str, title: &str, at: Timestamp) -> NewVersion {
    NewVersion {
        id: id(item),
        content: content(title),
        by: "zw_abcdefgh".to_owned(),
        at,
    }
}

/// A reply of the time `time(0)` that tells requests apart by `request`.
pub fn reply(key: &str, request: u8) -> KeptReply {
    KeptReply {
        key: key.to_owned(),
        fingerprint: [request; 32],
        status: 201,
        body: format!("{{\"request\":{request}}}"),
        at: time(0),
    }
}

/// A key of the shop with what it is presented by.
pub fn key(shop: &ShopId, created_at: Timestamp) -> ApiKey {
    let presented = PresentedKey::make();
    ApiKey {
        shop: shop.clone(),
        prefix: presented.prefix().to_owned(),
        hash: presented.hash(),
        name: "聊天客户端".to_owned(),
        scopes: BTreeSet::from([Scope::Suggest, Scope::Knowledge]),
        created_at,
        expires_at: Some(time(1_000_000)),
        revoked_at: None,
        last_used_on: None,
    }
}

/// A product.
pub fn product(product: &str, name: &str) -> Product {
    Product {
        id: product_id(product),
        name: name.to_owned(),
        category: Some("沙发".to_owned()),
        aliases: vec!["云朵".to_owned(), "云朵沙发".to_owned()],
    }
}

/// A synonym group.
pub fn synonyms(words: &[&str]) -> Synonyms {
    Synonyms {
        words: words.iter().map(ToString::to_string).collect(),
    }
}

/// A suggestion that uses every field, with two answers.
pub fn suggestion() -> SuggestionRecord {
    SuggestionRecord {
        id: SuggestionId::make(),
        at: time(5),
        conversation: ConversationId::parse("c 1/买家").unwrap(),
        answers_message: Some(MessageId::parse("m1").unwrap()),
        question: Masked::from_stored("发票什么时候开 [phone]\0'".to_owned()),
        consumer: Some(Pseudonym("consumer".to_owned())),
        order: Some(Pseudonym("order".to_owned())),
        product: Some(product_id("sku-1")),
        channel: Some(ChannelId::parse("taobao").unwrap()),
        agent: Some(AgentId::parse("小王").unwrap()),
        classified: Some(Classified {
            intent: Some((Intent::parse("process.invoice").unwrap(), 0.75)),
            stage: Some(Stage::Post),
            urgency: Urgency::High,
        }),
        abstention: None,
        answers: vec![answer("k-b", 0.9), answer("k-a", 0.1)],
        wording: Some(WordingKey(u64::MAX)),
        turns: Vec::new(),
        is_rehearsal: false,
    }
}

/// A suggestion without what may be absent.
pub fn abstention() -> SuggestionRecord {
    SuggestionRecord {
        answers_message: None,
        consumer: None,
        order: None,
        product: None,
        channel: None,
        agent: None,
        classified: None,
        abstention: Some(AbstentionReason::LowConfidence),
        answers: Vec::new(),
        is_rehearsal: true,
        ..suggestion()
    }
}

fn answer(item: &str, confidence: f32) -> RecordedAnswer {
    RecordedAnswer {
        id: AnswerId::make(),
        knowledge: id(item),
        version: 3,
        form: AnswerForm::Consultative,
        confidence,
    }
}

/// What was written now; fails where it was written before.
pub fn now<T>(written: Written<T>) -> T {
    match written {
        Written::Now(value) => value,
        Written::Before(kept) => panic!("answered before by {}", kept.key),
    }
}

/// How far the shop's changes have come.
pub async fn revision(store: &Arc<dyn Store>, shop: &ShopId) -> ShopRevision {
    let revisions = store.shop_revisions().await.unwrap();
    revisions
        .into_iter()
        .find(|revision| revision.shop == *shop)
        .unwrap()
}

/// All items of the shop.
pub async fn items(store: &Arc<dyn Store>, shop: &ShopId) -> Vec<KnowledgeItem> {
    store
        .list_knowledge(shop, &KnowledgeFilter::default(), u32::MAX)
        .await
        .unwrap()
}

/// Fails unless the shop's changes are the items' latest, each once, in order and without a gap.
pub async fn check_changes(store: &Arc<dyn Store>, shop: &ShopId, expected: &[(u64, &str)]) {
    let changes = store.changed_knowledge(shop, 0, u32::MAX).await.unwrap();
    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.revision, change.item.id.as_str()))
        .collect();
    assert_eq!(found, expected);
}
