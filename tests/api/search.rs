//! `GET /v1/search`.

use zhiwen_tests::support::spawn_app;

#[tokio::test]
async fn an_empty_shop_has_no_results() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let reply = shop.get("/v1/search?q=发票").send().await;
    insta::assert_json_snapshot!(reply.snapshot(), @r#"
    {
      "body": {
        "product_ids": [],
        "results": []
      },
      "status": 200
    }
    "#);
}
