//! People, their sessions and links, and the audit log.

use std::sync::Arc;

use super::fixtures::{new_shop, shop, time};
use crate::domain::ids::{PersonId, ShopId};
use crate::domain::person::{
    AuditEntry, Link, LinkPurpose, LinkUse, Login, Person, Role, Secret, SecretHash, Session,
};
use crate::store::{Store, StoreError};

/// Every behaviour of this file.
pub async fn run(store: &Arc<dyn Store>) {
    keeps_people_by_login(store).await;
    refuses_a_login_twice(store).await;
    changes_a_person(store).await;
    keeps_an_owner(store).await;
    ends_sessions_of_who_may_not_go_on(store).await;
    keeps_a_session_with_its_person(store).await;
    ends_all_sessions_but_one(store).await;
    keeps_links_of_every_purpose(store).await;
    lists_and_withdraws_a_shops_links(store).await;
    uses_a_link_once(store).await;
    begins_with_a_shop_and_its_owner(store).await;
    uses_no_link_up_for_nothing(store).await;
    chooses_a_password(store).await;
    forgets_what_has_ended(store).await;
    logs_changes_newest_first(store).await;
}

fn login(text: &str) -> Login {
    Login::parse(text).unwrap()
}

fn person(shop: &ShopId, name: &str) -> Person {
    Person {
        shop: shop.clone(),
        id: PersonId::make(),
        login: login(name),
        name: format!("{name} 'the' <b>"),
        role: Role::Supervisor,
        password: Some("$argon2id$v=19$hash".to_owned()),
        created_at: time(0),
        disabled_at: None,
    }
}

async fn kept_person(store: &Arc<dyn Store>, shop: &ShopId, name: &str) -> Person {
    let person = person(shop, name);
    store.create_person(&person).await.unwrap();
    person
}

fn session(person: &Person) -> Session {
    Session {
        hash: Secret::make().hash(),
        shop: person.shop.clone(),
        person: person.id,
        created_at: time(1),
        seen_at: time(2),
        expires_at: time(100),
    }
}

async fn kept_session(store: &Arc<dyn Store>, person: &Person) -> SecretHash {
    let session = session(person);
    store.create_session(&session).await.unwrap();
    session.hash
}

async fn is_signed_in(store: &Arc<dyn Store>, session: SecretHash) -> bool {
    store.session(session).await.unwrap().is_some()
}

async fn kept_link(store: &Arc<dyn Store>, purpose: LinkPurpose) -> Link {
    let link = Link {
        hash: Secret::make().hash(),
        purpose,
        by: "老板娘".to_owned(),
        created_at: time(3),
        expires_at: time(50),
    };
    store.create_link(&link).await.unwrap();
    link
}

/// People read back as they were kept, in the order of their logins, each in
/// their own shop alone.
pub async fn keeps_people_by_login(store: &Arc<dyn Store>) {
    let (first, second) = (new_shop(store).await, new_shop(store).await);
    let zoe = kept_person(store, &first, "zoe").await;
    let anna = Person {
        password: None,
        disabled_at: Some(time(4)),
        role: Role::Warehouse,
        ..person(&first, "anna@shop.cn")
    };
    store.create_person(&anna).await.unwrap();
    let other = kept_person(store, &second, "zoe").await;
    let people = store.people(&first).await.unwrap();
    assert_eq!(people, [anna.clone(), zoe.clone()]);
    assert_eq!(store.people(&shop().id).await.unwrap(), []);
    assert_eq!(store.person(&first, zoe.id).await.unwrap(), Some(zoe));
    assert_eq!(store.person(&second, anna.id).await.unwrap(), None);
    let found = store.person_by_login(&second, &other.login).await.unwrap();
    assert_eq!(found, Some(other));
    let found = store.person_by_login(&second, &anna.login).await.unwrap();
    assert_eq!(found, None);
}

/// A login is of one person in a shop, and there is nobody of a shop that is not.
pub async fn refuses_a_login_twice(store: &Arc<dyn Store>) {
    let first = kept_person(store, &new_shop(store).await, "anna").await;
    let again = store.create_person(&person(&first.shop, "anna")).await;
    assert!(matches!(again, Err(StoreError::Exists { what: "person" })));
    assert_eq!(store.people(&first.shop).await.unwrap(), [first]);
    let homeless = store.create_person(&person(&shop().id, "anna")).await;
    assert!(matches!(
        homeless,
        Err(StoreError::NotFound { what: "shop" })
    ));
}

/// Each change leaves alone what the others change; there is no change of
/// nobody, nor of another shop's people.
pub async fn changes_a_person(store: &Arc<dyn Store>) {
    let kept = kept_person(store, &new_shop(store).await, "anna").await;
    let (shop, id) = (&kept.shop, kept.id);
    let another = "$argon2id$v=19$other";
    store.set_person_role(shop, id, Role::Agent).await.unwrap();
    store.set_password(shop, id, another).await.unwrap();
    for at in [9, 10] {
        store.lock_person_out(shop, id, time(at)).await.unwrap();
    }
    store.rename_person(shop, id, "安娜").await.unwrap();
    let changed = Person {
        name: "安娜".to_owned(),
        role: Role::Agent,
        password: Some(another.to_owned()),
        disabled_at: Some(time(9)),
        ..kept.clone()
    };
    let found = store.person(shop, id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&changed));
    store.let_person_in(shop, id).await.unwrap();
    let let_in = Person {
        disabled_at: None,
        ..changed
    };
    let other = new_shop(store).await;
    for (shop, id) in [(shop, PersonId::make()), (&other, id)] {
        for refused in [
            store.rename_person(shop, id, "x").await,
            store.set_person_role(shop, id, Role::Owner).await,
            store.lock_person_out(shop, id, time(11)).await,
            store.let_person_in(shop, id).await,
            store.set_password(shop, id, "x").await,
        ] {
            assert!(matches!(
                refused,
                Err(StoreError::NotFound { what: "person" })
            ));
        }
    }
    assert_eq!(store.person(shop, id).await.unwrap(), Some(let_in));
}

/// Of two owners one may step down or be locked out, whoever asks first.
pub async fn keeps_an_owner(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let owner = |name| Person {
        role: Role::Owner,
        ..person(&shop, name)
    };
    let owners = [owner("anna"), owner("zoe")];
    for owner in &owners {
        store.create_person(owner).await.unwrap();
    }
    let [first, second] = &owners;
    let stepped_down = store.set_person_role(&shop, first.id, Role::Agent).await;
    stepped_down.unwrap();
    for refused in [
        store.lock_person_out(&shop, second.id, time(9)).await,
        store.set_person_role(&shop, second.id, Role::Agent).await,
    ] {
        assert!(matches!(refused, Err(StoreError::LastOwner)));
    }
    let kept = store.person(&shop, second.id).await.unwrap();
    assert_eq!(kept.as_ref(), Some(second));
    // Nobody is made an owner by that rule, and an agent may always go.
    let gone = store.lock_person_out(&shop, first.id, time(9)).await;
    gone.unwrap();
}

/// Who is locked out or has another password is signed out everywhere; another
/// name or role signs nobody out, and nobody else is.
pub async fn ends_sessions_of_who_may_not_go_on(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let colleague = kept_person(store, &shop, "colleague").await;
    let beside = kept_session(store, &colleague).await;
    let kept = kept_person(store, &shop, "anna").await;
    let (one, other) = (
        kept_session(store, &kept).await,
        kept_session(store, &kept).await,
    );
    let are_signed_in = async || {
        let found = (
            is_signed_in(store, one).await,
            is_signed_in(store, other).await,
        );
        assert_eq!(found.0, found.1);
        found.0
    };
    store.rename_person(&shop, kept.id, "安娜").await.unwrap();
    let sunk = store.set_person_role(&shop, kept.id, Role::Agent).await;
    sunk.unwrap();
    assert!(are_signed_in().await);
    store.set_password(&shop, kept.id, "hash").await.unwrap();
    assert!(!are_signed_in().await);
    let again = kept_session(store, &kept).await;
    let locked_out = store.lock_person_out(&shop, kept.id, time(5)).await;
    locked_out.unwrap();
    assert!(!is_signed_in(store, again).await);
    assert!(is_signed_in(store, beside).await);
}

/// A session is found with its person as that one stands, is used later and
/// later, and ends for good; one that is not there has ended.
pub async fn keeps_a_session_with_its_person(store: &Arc<dyn Store>) {
    let person = kept_person(store, &new_shop(store).await, "anna").await;
    let kept = session(&person);
    store.create_session(&kept).await.unwrap();
    for (at, seen_at) in [(7, 7), (4, 7)] {
        store.touch_session(kept.hash, time(at)).await.unwrap();
        let (found, of) = store.session(kept.hash).await.unwrap().unwrap();
        let expected = Session {
            seen_at: time(seen_at),
            ..kept.clone()
        };
        assert_eq!((found, of), (expected, person.clone()));
    }
    for _ in 0..2 {
        store.end_session(kept.hash).await.unwrap();
        assert_eq!(store.session(kept.hash).await.unwrap(), None);
    }
    store.touch_session(kept.hash, time(8)).await.unwrap();
    assert_eq!(store.session(kept.hash).await.unwrap(), None);
}

/// All sessions of a person end but the one that is kept; others' go on.
pub async fn ends_all_sessions_but_one(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let (anna, zoe) = (
        kept_person(store, &shop, "anna").await,
        kept_person(store, &shop, "zoe").await,
    );
    let (one, other) = (
        kept_session(store, &anna).await,
        kept_session(store, &anna).await,
    );
    let beside = kept_session(store, &zoe).await;
    store.end_sessions(&shop, anna.id, Some(one)).await.unwrap();
    assert!(is_signed_in(store, one).await && !is_signed_in(store, other).await);
    store.end_sessions(&shop, anna.id, None).await.unwrap();
    assert!(!is_signed_in(store, one).await && is_signed_in(store, beside).await);
}

/// A link reads back as it was kept, whatever it is for.
pub async fn keeps_links_of_every_purpose(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let person = kept_person(store, &shop, "anna").await.id;
    for purpose in [
        LinkPurpose::Begin,
        LinkPurpose::Join {
            shop: shop.clone(),
            role: Role::Designer,
        },
        LinkPurpose::ChoosePassword {
            shop: shop.clone(),
            person,
        },
        LinkPurpose::Enter { shop, person },
    ] {
        let kept = kept_link(store, purpose).await;
        assert_eq!(store.link(kept.hash).await.unwrap(), Some(kept));
    }
    let unknown = Secret::make().hash();
    assert_eq!(store.link(unknown).await.unwrap(), None);
}

/// A shop's links are listed, and taken back, in that shop alone.
pub async fn lists_and_withdraws_a_shops_links(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let purpose = LinkPurpose::Join {
        shop: shop.clone(),
        role: Role::Agent,
    };
    let first = kept_link(store, purpose.clone()).await;
    let second = Link {
        hash: Secret::make().hash(),
        expires_at: time(60),
        ..first.clone()
    };
    store.create_link(&second).await.unwrap();
    kept_link(store, LinkPurpose::Begin).await;
    let found = store.links(&shop).await.unwrap();
    assert_eq!(found, [first.clone(), second.clone()]);
    assert_eq!(store.links(&other).await.unwrap(), []);
    let foreign = store.withdraw_link(&other, first.hash).await;
    let missing = StoreError::NotFound { what: "link" };
    assert_eq!(foreign.unwrap_err().to_string(), missing.to_string());
    store.withdraw_link(&shop, first.hash).await.unwrap();
    assert_eq!(store.links(&shop).await.unwrap(), [second]);
    let again = store.withdraw_link(&shop, first.hash).await;
    assert_eq!(again.unwrap_err().to_string(), missing.to_string());
}

/// Of two who use a link, the second comes too late.
pub async fn uses_a_link_once(store: &Arc<dyn Store>) {
    let shop = new_shop(store).await;
    let purpose = LinkPurpose::Join {
        shop: shop.clone(),
        role: Role::Agent,
    };
    let link = kept_link(store, purpose).await;
    let (first, second) = (person(&shop, "first"), person(&shop, "second"));
    let (one, other) = (LinkUse::Join(first.clone()), LinkUse::Join(second.clone()));
    let (one, other) = tokio::join!(
        store.use_link(link.hash, &one),
        store.use_link(link.hash, &other)
    );
    let (used, late) = match (one, other) {
        (Ok(()), Err(late)) => (first, late),
        (Err(late), Ok(())) => (second, late),
        both => panic!("one is too late: {both:?}"),
    };
    assert!(matches!(late, StoreError::NotFound { what: "link" }));
    assert_eq!(store.people(&shop).await.unwrap(), [used]);
    assert_eq!(store.link(link.hash).await.unwrap(), None);
    let enter = kept_link(store, LinkPurpose::Begin).await;
    store.use_link(enter.hash, &LinkUse::Enter).await.unwrap();
    assert_eq!(store.link(enter.hash).await.unwrap(), None);
}

/// The first link makes the shop and its owner.
pub async fn begins_with_a_shop_and_its_owner(store: &Arc<dyn Store>) {
    let link = kept_link(store, LinkPurpose::Begin).await;
    let shop = shop();
    let owner = Person {
        role: Role::Owner,
        ..person(&shop.id, "owner")
    };
    let change = LinkUse::Begin {
        shop: Box::new(shop.clone()),
        owner: owner.clone(),
    };
    store.use_link(link.hash, &change).await.unwrap();
    let shops = store.shops().await.unwrap();
    assert!(shops.iter().any(|found| found.id == shop.id));
    assert_eq!(store.people(&shop.id).await.unwrap(), [owner]);
}

/// A use that cannot be made leaves the link and everything else as they were.
pub async fn uses_no_link_up_for_nothing(store: &Arc<dyn Store>) {
    let taken = kept_person(store, &new_shop(store).await, "taken").await;
    let purpose = LinkPurpose::Join {
        shop: taken.shop.clone(),
        role: Role::Agent,
    };
    let link = kept_link(store, purpose).await;
    let same_login = LinkUse::Join(person(&taken.shop, "taken"));
    let refused = store.use_link(link.hash, &same_login).await;
    assert!(matches!(
        refused,
        Err(StoreError::Exists { what: "person" })
    ));
    let same_shop = LinkUse::Begin {
        shop: Box::new(crate::domain::shop::Shop {
            id: taken.shop.clone(),
            ..shop()
        }),
        owner: person(&taken.shop, "owner"),
    };
    let refused = store.use_link(link.hash, &same_shop).await;
    assert!(matches!(refused, Err(StoreError::Exists { what: "shop" })));
    let nobody = LinkUse::ChoosePassword {
        shop: taken.shop.clone(),
        person: PersonId::make(),
        password: "hash".to_owned(),
    };
    let refused = store.use_link(link.hash, &nobody).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotFound { what: "person" })
    ));
    let people = store.people(&taken.shop).await.unwrap();
    assert_eq!(people, [taken]);
    assert_eq!(store.link(link.hash).await.unwrap(), Some(link));
}

/// Another password by a link ends the person's sessions.
pub async fn chooses_a_password(store: &Arc<dyn Store>) {
    let kept = kept_person(store, &new_shop(store).await, "anna").await;
    let session = kept_session(store, &kept).await;
    let purpose = LinkPurpose::ChoosePassword {
        shop: kept.shop.clone(),
        person: kept.id,
    };
    let link = kept_link(store, purpose).await;
    let change = LinkUse::ChoosePassword {
        shop: kept.shop.clone(),
        person: kept.id,
        password: "another".to_owned(),
    };
    store.use_link(link.hash, &change).await.unwrap();
    let found = store.person(&kept.shop, kept.id).await.unwrap();
    let expected = Person {
        password: Some("another".to_owned()),
        ..kept
    };
    assert_eq!(found, Some(expected));
    assert!(!is_signed_in(store, session).await);
}

/// What ended is forgotten, what has not is not; failures after a day.
pub async fn forgets_what_has_ended(store: &Arc<dyn Store>) {
    const DAY: i64 = 24 * 3600;
    let person = kept_person(store, &new_shop(store).await, "anna").await;
    let session = kept_session(store, &person).await;
    let link = kept_link(store, LinkPurpose::Begin).await;
    for (now, has_link, has_session) in [
        (50, true, true),
        (51, false, true),
        (100, false, true),
        (101, false, false),
    ] {
        store.forget_ended(time(now)).await.unwrap();
        let found = (
            store.link(link.hash).await.unwrap().is_some(),
            is_signed_in(store, session).await,
        );
        assert_eq!(found, (has_link, has_session), "{now}");
    }
    let attempt = async |name: &str, at| {
        let login = login(name);
        let begun = store.begin_attempt(&person.shop, &login, time(at)).await;
        begun.unwrap().map(|before| before.count)
    };
    for name in ["anna", "zoe"] {
        assert_eq!(attempt(name, 10).await, None);
    }
    store.forget_ended(time(10 + DAY)).await.unwrap();
    assert_eq!(attempt("anna", 10 + DAY).await, Some(1));
    store.forget_ended(time(11 + DAY)).await.unwrap();
    assert_eq!(attempt("anna", 11 + DAY).await, Some(2));
    assert_eq!(attempt("zoe", 11 + DAY).await, None);
}

/// The log counts up in each shop by itself, and is read backwards in pages.
pub async fn logs_changes_newest_first(store: &Arc<dyn Store>) {
    let (shop, other) = (new_shop(store).await, new_shop(store).await);
    let entry = |sequence: u64| AuditEntry {
        sequence,
        at: time(i64::try_from(sequence).unwrap()),
        by: "zw_abcdefgh".to_owned(),
        action: "PUT /v1/knowledge/{id}".to_owned(),
        subject: format!("知识'{sequence}"),
    };
    for sequence in 1..=5 {
        // What the entry says of its place does not count.
        let said = AuditEntry {
            sequence: 70,
            ..entry(sequence)
        };
        store.append_audit(&shop, &said).await.unwrap();
    }
    store.append_audit(&other, &entry(1)).await.unwrap();
    let page = store.audit(&shop, None, 2).await.unwrap();
    assert_eq!(page, [entry(5), entry(4)]);
    let page = store.audit(&shop, Some(4), 9).await.unwrap();
    assert_eq!(page, [entry(3), entry(2), entry(1)]);
    assert_eq!(store.audit(&shop, Some(1), 9).await.unwrap(), []);
    assert_eq!(store.audit(&other, None, 9).await.unwrap(), [entry(1)]);
}
