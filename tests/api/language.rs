//! `/v1/intents`, corrections, `/v1/models` and `/v1/jobs`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};
use zhiwen::domain::key::Scope;
use zhiwen::domain::language::{ModelKind, NewModel};
use zhiwen::domain::time::Clock;
use zhiwen::language::ShopFusion;
use zhiwen::settings::{Encoder, Remote};
use zhiwen_tests::support::{App, Reply, Shop, poll_until, spawn_app, spawn_app_with};

/// Training takes seconds on a free machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn asked(text: &str) -> Value {
    json!({
        "conversation_id": "c-1",
        "messages": [{"id": "m-1", "role": "buyer", "text": text}],
    })
}

async fn intent_of(shop: &Shop<'_>, text: &str) -> Value {
    let reply = shop.post("/v1/suggestions", &asked(text)).send().await;
    reply.json()["question"]["intent"]["id"].clone()
}

/// Asks for training and waits for its end.
async fn train(shop: &Shop<'_>) -> Value {
    let reply = shop.post("/v1/models/train", &json!({})).send().await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let path = format!("/v1/jobs/{}", reply.json()["id"].as_str().unwrap_or(""));
    let mut job = Value::Null;
    poll_until("the job ends", PATIENCE, async || {
        job = shop.get(&path).send().await.json();
        job["state"] == "done" || job["state"] == "failed"
    })
    .await;
    job
}

async fn taught_shop(app: &App) -> Shop<'_> {
    let shop = app.shop("hemu").await;
    let own = json!({"intents": [
        {"id": "product.shop_engraving", "name": "刻字定制", "phrasings": [
            "可以刻字吗", "能不能在壶上刻名字", "刻字要加钱吗", "刻字最多几个字", "想刻个名字送人",
        ]},
        {"id": "process.membership", "off": true},
    ]});
    let reply = shop.put("/v1/intents", &own).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    shop
}

#[tokio::test]
async fn a_question_is_classified_from_the_first_day() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    for (text, intent) in [
        ("发票什么时候开", "process.invoice"),
        ("怎么退货", "process.return"),
        ("快递到哪了", "warehouse.tracking"),
        ("do you ship to the islands", "warehouse.delivery_scope"),
    ] {
        assert_eq!(intent_of(&shop, text).await, json!(intent), "{text}");
    }
    let reply = shop
        .post("/v1/suggestions", &asked("怎么还不发货！！急！！"))
        .send()
        .await;
    let question = reply.json()["question"].clone();
    assert_eq!(question["urgency"], json!("high"));
    assert_eq!(question["stage"], json!("order"));
    assert_eq!(reply.json()["engines"], json!(["lexical", "classifier"]));
    let greeting = shop
        .post("/v1/suggestions", &asked("在吗"))
        .send()
        .await
        .json();
    assert_eq!(greeting["question"]["intent"], Value::Null);
    assert_eq!(greeting["question"]["small_talk"], json!("other.greeting"));
}

#[tokio::test]
async fn a_shop_adds_renames_and_switches_off() {
    let app = spawn_app().await;
    let shop = taught_shop(&app).await;
    let intents = shop.get("/v1/intents").send().await.json();
    let all = intents["intents"].as_array().expect("a list");
    assert_eq!(all.len(), 46);
    let own = all.last().expect("its own comes last");
    insta::assert_json_snapshot!(own, @r#"
    {
      "id": "product.shop_engraving",
      "domain": "product",
      "stage": "pre",
      "name": "刻字定制",
      "off": false,
      "phrasings": [
        "可以刻字吗",
        "能不能在壶上刻名字",
        "刻字要加钱吗",
        "刻字最多几个字",
        "想刻个名字送人"
      ]
    }
    "#);
    let off: Vec<&Value> = all.iter().filter(|intent| intent["off"] == true).collect();
    assert_eq!(off[0]["id"], json!("process.membership"));
    assert_eq!(off[0]["label_zh"], json!("会员积分"));
    let job = train(&shop).await;
    assert_eq!(job["state"], json!("done"), "{job}");
    poll_until("the new classifier is in use", PATIENCE, async || {
        intent_of(&shop, "能帮我刻个字吗").await == json!("product.shop_engraving")
    })
    .await;
    assert_ne!(
        intent_of(&shop, "会员积分怎么用").await,
        json!("process.membership")
    );
    let models = shop.get("/v1/models").send().await.json();
    assert_eq!(models["models"][0]["kind"], json!("classifier"));
    assert_eq!(models["models"][0]["in_use"], json!(true));

    let again = train(&shop).await;
    assert_eq!(again["report"]["classifier"]["outcome"], json!("unchanged"));
    let back = shop.put("/v1/models/classifier/version", &json!({"version": null}));
    assert_eq!(back.send().await.status, 204);
    poll_until(
        "what comes with the service is in use",
        PATIENCE,
        async || intent_of(&shop, "能帮我刻个字吗").await != json!("product.shop_engraving"),
    )
    .await;
}

#[tokio::test]
async fn a_correction_is_learned() {
    let app = spawn_app().await;
    let shop = taught_shop(&app).await;
    let text = "壶身上那个图案的坐标能改吗";
    let made = shop
        .post("/v1/suggestions", &asked(text))
        .send()
        .await
        .json();
    let path = format!(
        "/v1/suggestions/{}/intent",
        made["id"].as_str().unwrap_or("")
    );
    let right = json!({"intent": "product.shop_engraving"});
    let reply = shop.put(&path, &right).send().await;
    assert_eq!((reply.status, reply.json()), (200, right.clone()));
    train(&shop).await;
    poll_until("the correction is learned", PATIENCE, async || {
        intent_of(&shop, text).await == right["intent"]
    })
    .await;
}

#[tokio::test]
async fn a_wrong_retrieval_counts_against_that_answer_to_that_question() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let mut body = asked("发票什么时候开");
    body["explain"] = json!(true);
    let evidence = async |body: &Value| {
        let reply = shop.post("/v1/suggestions", body).send().await.json();
        let answer = &reply["answers"][0];
        let shown = if answer.is_null() {
            &reply["abstention"]["closest"][0]
        } else {
            answer
        };
        (reply.clone(), shown["explain"]["feedback"].as_f64())
    };
    let (reply, before) = evidence(&body).await;
    assert_eq!(before, Some(0.0));
    let answer = reply["answers"][0]["id"].as_str().unwrap_or("").to_owned();
    let path = format!("/v1/answers/{answer}/feedback");
    let said = shop.patch(&path, &json!({"relevant": false})).send().await;
    assert_eq!(said.status, 200);
    train(&shop).await;
    poll_until("the verdict counts", PATIENCE, async || {
        evidence(&body).await.1.is_some_and(|found| found < 0.0)
    })
    .await;
    let mut other = asked("发票抬头可以改吗");
    other["explain"] = json!(true);
    assert_eq!(evidence(&other).await.1, Some(0.0));
}

#[tokio::test]
async fn refuses_what_is_no_intent_by_field() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let mut lines = Vec::new();
    for intents in [
        json!([{"id": "product.engraving"}]),
        json!([{"id": "product.shop_a"}]),
        json!([{"id": "product.shop_a", "name": "a", "phrasings": ["x", " x", "y"]}]),
        json!([{"id": "product.size", "stage": "pre"}]),
        json!([{"id": "product.size"}, {"id": "尺码型号选择"}]),
        json!([{"id": "product.size", "name": "a\u{0}"}]),
    ] {
        let body = json!({"intents": intents});
        lines.push(shop.put("/v1/intents", &body).send().await.problem());
    }
    let unknown = json!({"intent": "product.shop_nowhere"});
    let nobody = "/v1/suggestions/01a00000-0000-7000-8000-000000000000/intent";
    lines.push(shop.put(nobody, &unknown).send().await.problem());
    let known = json!({"intent": "product.size"});
    lines.push(shop.put(nobody, &known).send().await.problem());
    let version = json!({"version": 7});
    for kind in ["classifier", "oracle"] {
        let call = shop.put(&format!("/v1/models/{kind}/version"), &version);
        lines.push(call.send().await.problem());
    }
    let job = "/v1/jobs/01a00000-0000-7000-8000-000000000000";
    lines.push(shop.get(job).send().await.problem());
    insta::assert_snapshot!(lines.join("\n"), @r#"
    422 invalid-fields: intents[0].id: "product.engraving" is not known, expected an intent of the taxonomy such as product.size
    422 invalid-fields: intents[0].name: must not be empty; intents[0].phrasings: is malformed, expected at least 3 ways of asking it
    422 invalid-fields: intents[0].phrasings[1]: "x" occurs twice
    422 invalid-fields: intents[0].stage: is malformed, expected absent: the taxonomy says it
    422 invalid-fields: intents[1].id: "product.size" occurs twice
    422 invalid-fields: intents[0].name: contains a control character
    422 invalid-fields: intent: "product.shop_nowhere" is not known, expected an intent of the taxonomy or of /v1/intents
    404 not-found: suggestion not found
    404 not-found: model not found
    422 invalid-fields: id: "oracle" is not known, expected classifier, vector_classifier, encoder, fusion
    404 not-found: job not found
    "#);
}

#[tokio::test]
async fn language_needs_its_scopes() {
    let app = spawn_app().await;
    app.shop("hemu").await;
    let suggest = app.key("hemu", &[Scope::Suggest], None).await;
    let mut statuses = Vec::new();
    for (method, path) in [
        (Method::GET, "/v1/intents"),
        (Method::PUT, "/v1/intents"),
        (Method::GET, "/v1/models"),
        (Method::POST, "/v1/models/train"),
        (Method::PUT, "/v1/models/classifier/version"),
        (Method::GET, "/v1/jobs"),
    ] {
        let call = app.call(method.clone(), path).key(&suggest);
        let reply: Reply = call.json(&json!({})).send().await;
        statuses.push(format!("{method} {path} {}", reply.status));
    }
    insta::assert_snapshot!(statuses.join("\n"), @"
    GET /v1/intents 403
    PUT /v1/intents 403
    GET /v1/models 403
    POST /v1/models/train 403
    PUT /v1/models/classifier/version 403
    GET /v1/jobs 403
    ");
}

#[tokio::test]
async fn without_its_encoder_a_suggestion_goes_on_and_says_so() {
    let app = spawn_app_with(|settings| {
        settings.encoder = Encoder::Distilled("/nowhere/table".into());
    })
    .await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    shop.wait_until_searchable("发票", "invoice", 1).await;
    let call = shop.post("/v1/suggestions", &asked("发票什么时候开"));
    let reply = call.send().await.json();
    assert_eq!(reply["answers"][0]["knowledge_id"], json!("invoice"));
    assert_eq!(reply["degraded"], json!(["encoder"]));
}

/// An embeddings server: a vector a text, by its length.
struct Vectors;

impl Respond for Vectors {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().expect("json");
        let texts = body["input"].as_array().cloned().unwrap_or_default();
        let vector = |(index, text): (usize, &Value)| {
            let length = text.as_str().map_or(0, |text| text.chars().count());
            json!({"index": index, "embedding": [length, 1]})
        };
        let data: Vec<Value> = texts.iter().enumerate().map(vector).collect();
        ResponseTemplate::new(200).set_body_json(json!({"data": data}))
    }
}

async fn gauge(app: &App, name: &str) -> String {
    let metrics = app.get("/metrics").send().await.text();
    let line = metrics.lines().find(|line| line.starts_with(name));
    line.unwrap_or("").to_owned()
}

#[tokio::test]
async fn an_encoder_that_comes_late_is_put_in_use() {
    let server = MockServer::start().await;
    let app = spawn_app_with(|settings| {
        settings.encoder = Encoder::Remote(Remote {
            url: format!("{}/v1", server.uri()),
            model: "small".to_owned(),
            key: String::new(),
        });
    })
    .await;
    let ready = app.get("/readyz").send().await;
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert_eq!(
        ready.json()["encoder"],
        json!({"state": "failed", "name": null})
    );
    assert_eq!(ready.json()["degraded"], json!(["encoder"]));
    assert_eq!(
        gauge(&app, "zhiwen_encoder_failed").await,
        "zhiwen_encoder_failed 1"
    );
    let shop = app.shop("hemu").await;
    shop.add_knowledge("invoice", "发票什么时候开", "签收后三天内开具。")
        .await;
    Mock::given(path("/v1/embeddings"))
        .respond_with(Vectors)
        .mount(&server)
        .await;
    poll_until("the encoder is in use", PATIENCE, async || {
        app.get("/readyz").send().await.json()["encoder"]["state"] == "ready"
    })
    .await;
    let ready = app.get("/readyz").send().await.json();
    assert_eq!(ready["encoder"]["name"], "remote:small");
    assert_eq!(ready["degraded"], json!([]));
    assert_eq!(
        gauge(&app, "zhiwen_encoder_failed").await,
        "zhiwen_encoder_failed 0"
    );
    poll_until("questions have vectors", PATIENCE, async || {
        let call = shop.post("/v1/suggestions", &asked("发票什么时候开"));
        let reply = call.send().await.json();
        let engines = reply["engines"].as_array().cloned().unwrap_or_default();
        reply["degraded"] == json!([]) && engines.contains(&json!("remote:small"))
    })
    .await;
    // Weights of another encoder keep no promise with this one.
    let fitted = ShopFusion {
        minimum_confidence: Some(1.1),
        encoder: Some(7),
        ..ShopFusion::default()
    };
    let model = NewModel {
        kind: ModelKind::Fusion,
        body: serde_json::to_vec(&fitted).expect("json"),
        report: json!({}),
        is_used: true,
        at: app.clock.now(),
    };
    let state = &app.service.state;
    state.store.add_model(&shop.id, &model).await.expect("kept");
    state.catalog.store_changed();
    poll_until("the weights are set aside", PATIENCE, async || {
        let models = shop.get("/v1/models").send().await.json();
        models["models"][0]["set_aside"] == true && models["models"][0]["in_use"] == true
    })
    .await;
    let call = shop.post("/v1/suggestions", &asked("发票什么时候开"));
    let reply = call.send().await.json();
    assert_eq!(reply["answers"][0]["knowledge_id"], json!("invoice"));
}
