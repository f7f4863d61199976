//! `POST /v1/knowledge/imports`.

use std::io::{Cursor, Write};

use reqwest::Method;
use serde_json::json;
use zhiwen_tests::support::{Reply, Shop, spawn_app, spawn_app_with};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn import(
    shop: &Shop<'_>,
    query: &str,
    content_type: &str,
    bytes: impl Into<Vec<u8>>,
) -> Reply {
    let path = format!("/v1/knowledge/imports{query}");
    let call = shop.call(Method::POST, &path);
    call.body(content_type, bytes.into()).send().await
}

async fn count(shop: &Shop<'_>) -> usize {
    let page = shop.get("/v1/knowledge").send().await.json();
    page["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_dry_run_reports_and_an_import_writes() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let file = "编号,标准问题,领域,状态,回答\na,发票,流程,已审核,三天内开\nb,包邮吗,流程,草稿,\n";
    let tried = import(&shop, "?dry_run=true", "text/csv", file).await;
    insta::assert_json_snapshot!(tried.snapshot(), @r#"
    {
      "status": 200,
      "body": {
        "dry_run": true,
        "written": false,
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
        "added_ids": [
          "a",
          "b"
        ],
        "changed_items": [],
        "refused_rows": [],
        "unknown_products": []
      }
    }
    "#);
    assert_eq!(count(&shop).await, 0);
    let written = import(&shop, "", "text/csv; charset=utf-8", file).await;
    insta::assert_json_snapshot!(written.json()["written"], @"true");
    assert_eq!(count(&shop).await, 2);
    let changed = file.replace("三天内开", "七天内开");
    let again = import(&shop, "?dry_run=true", "text/csv", changed).await;
    insta::assert_json_snapshot!(again.json(), @r#"
    {
      "dry_run": true,
      "written": false,
      "added": 0,
      "changed": 1,
      "unchanged": 1,
      "refused": 0,
      "added_ids": [],
      "changed_items": [
        {
          "id": "a",
          "fields": [
            "answer_brief"
          ]
        }
      ],
      "refused_rows": [],
      "unknown_products": []
    }
    "#);
}

#[tokio::test]
async fn refused_rows_refuse_the_file_unless_told_otherwise() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let file = "id,title,domain,valid_from,valid_until\n\
                a,one,process,,\n\
                b,two,shop,,\n\
                c,three,process,2026-11-11,2026-11-10\n\
                d,four,process,,\n\
                d,five,process,,\n";
    let refused = import(&shop, "", "text/csv", file).await;
    insta::assert_json_snapshot!(refused.snapshot(), @r#"
    {
      "status": 422,
      "body": {
        "type": "urn:zhiwen:problem:import-refused",
        "title": "Rows of the file are refused, nothing was written",
        "status": 422,
        "detail": "4 rows of the file are refused: mend them, or write the others with skip_refused=true",
        "request_id": "test-request",
        "report": {
          "dry_run": false,
          "written": false,
          "added": 1,
          "changed": 0,
          "unchanged": 0,
          "refused": 4,
          "added_ids": [
            "a"
          ],
          "changed_items": [],
          "refused_rows": [
            {
              "row": 3,
              "id": "b",
              "errors": [
                {
                  "column": "domain",
                  "message": "\"shop\" is not known, expected product, process, warehouse"
                }
              ]
            },
            {
              "row": 4,
              "id": "c",
              "errors": [
                {
                  "column": "valid_until",
                  "message": "the window must end after it starts"
                }
              ]
            },
            {
              "row": 5,
              "id": "d",
              "errors": [
                {
                  "column": "id",
                  "message": "stands in row 6 as well, an id must occur once in a file"
                }
              ]
            },
            {
              "row": 6,
              "id": "d",
              "errors": [
                {
                  "column": "id",
                  "message": "stands in row 5 as well, an id must occur once in a file"
                }
              ]
            }
          ],
          "unknown_products": []
        }
      }
    }
    "#);
    assert_eq!(count(&shop).await, 0);
    let tried = import(&shop, "?dry_run=true", "text/csv", file).await;
    assert_eq!(
        (tried.status, tried.json()["refused"].clone()),
        (200, json!(4))
    );
    let skipped = import(&shop, "?skip_refused=true", "text/csv", file).await;
    assert_eq!(skipped.json()["added_ids"], json!(["a"]));
    assert_eq!(count(&shop).await, 1);
}

#[tokio::test]
async fn every_format_is_told_by_content_type_or_name() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let line = r#"{"id":"json","title":"x","domain":"process"}"#;
    let markdown = "## x\n\n- id: md\n- domain: process\n\n三天内。\n";
    let by_type = import(&shop, "", "application/x-ndjson", line).await;
    assert_eq!(by_type.json()["added"], 1, "{}", by_type.text());
    let by_name = import(&shop, "?format=markdown", "text/plain", markdown).await;
    assert_eq!(by_name.status, 200, "{}", by_name.text());
    let workbook = shop.get("/v1/knowledge/export?format=xlsx").send().await;
    let again = import(&shop, "", XLSX, workbook.bytes).await;
    assert_eq!(again.json()["unchanged"], 2, "{}", again.text());
    let mut lines = vec![import(&shop, "", "text/plain", line).await.problem()];
    lines.push(
        import(&shop, "?format=pdf", "text/csv", line)
            .await
            .problem(),
    );
    lines.push(
        import(&shop, "?dry_run=ja", "text/csv", line)
            .await
            .problem(),
    );
    lines.push(
        import(&shop, "?dryrun=true", "text/csv", line)
            .await
            .problem(),
    );
    insta::assert_snapshot!(lines.join("\n"), @r#"
    415 unsupported-media-type: media type is not supported, expected text/csv, application/x-ndjson, text/markdown, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, or ?format=
    422 invalid-fields: format: "pdf" is not known, expected csv, xlsx, jsonl or markdown
    400 invalid-query: dry_run: is malformed, expected true or false
    400 invalid-query: dryrun: unknown field `dryrun`, expected one of `dry_run`, `skip_refused`, `format`
    "#);
}

#[tokio::test]
async fn refuses_files_as_a_whole_and_writes_nothing() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    shop.add_knowledge("kept", "x", "y").await;
    let workbook = shop.get("/v1/knowledge/export?format=xlsx").send().await;
    let cut = workbook.bytes[..workbook.bytes.len() / 2].to_vec();
    let csv = "id,title,domain\na,发票,process\n";
    let mut damaged = csv.as_bytes().to_vec();
    damaged.extend(b"b,\xff\xfe\xfd,process\n");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("text/csv", Vec::new()),
        (
            "text/csv",
            b"a,\xe5\x8f\x91,process\nb,x,process\n".to_vec(),
        ),
        (
            "text/csv",
            b"id,title,domain,colour\na,b,process,red\n".to_vec(),
        ),
        ("text/csv", b"id,title\na,b\n".to_vec()),
        ("text/csv", damaged),
        ("text/csv", workbook.bytes.clone()),
        (XLSX, cut),
        (XLSX, csv.as_bytes().to_vec()),
        (XLSX, bomb()),
        ("application/x-ndjson", b"[{}]".to_vec()),
        ("text/markdown", "没有标题\n".as_bytes().to_vec()),
    ];
    let mut lines = Vec::new();
    for (content_type, bytes) in files {
        let query = "?skip_refused=true";
        lines.push(import(&shop, query, content_type, bytes).await.problem());
    }
    insta::assert_snapshot!(lines.join("\n"), @r###"
    422 invalid-file: the file is empty
    422 invalid-file: the first row must name the columns, such as id, title, domain
    422 invalid-file: column "colour" is not known, expected id, status, domain, intent, title, phrasings, answer_brief, answer_consultative, products, channels, valid_from, valid_until, source, tags
    422 invalid-file: column "domain" is missing
    422 invalid-file: the file is neither UTF-8 (byte 35 in line 3) nor GBK (byte 35 in line 3), save it as UTF-8
    422 invalid-file: the file is a workbook, not a text file, its name should end in .xlsx
    422 invalid-file: the workbook is cut off or damaged, open it in Excel and save it again (invalid Zip archive: Could not find EOCD)
    422 invalid-file: the workbook is cut off or damaged, open it in Excel and save it again (invalid Zip archive: Could not find EOCD)
    422 invalid-file: the workbook unpacks to more than is allowed (more than 200 times its size), it is not read
    422 invalid-file: the file is one JSON array, expected one JSON object a line
    422 invalid-file: the file has no headings, each question stands in a line that begins with "## "
    "###);
    assert_eq!(count(&shop).await, 1);
    let call = shop.call(Method::POST, "/v1/knowledge/imports");
    let call = call.header("accept-language", "zh-CN").body("text/csv", "");
    insta::assert_json_snapshot!(call.send().await.snapshot(), @r#"
    {
      "status": 422,
      "body": {
        "type": "urn:zhiwen:problem:invalid-file",
        "title": "The file cannot be used",
        "status": 422,
        "detail": "文件是空的",
        "request_id": "test-request"
      }
    }
    "#);
    assert_eq!(left_behind(&shop), 0);
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused() {
    let app = spawn_app_with(|settings| settings.server.import_limit_bytes = 1_000).await;
    let shop = app.shop("hemu").await;
    let file = format!("id,title,domain\na,{},process\n", "x".repeat(1_000));
    let refused = import(&shop, "", "text/csv", file).await;
    insta::assert_json_snapshot!(refused.snapshot(), @r#"
    {
      "status": 413,
      "body": {
        "type": "urn:zhiwen:problem:too-large",
        "title": "The request body is too large",
        "status": 413,
        "detail": "request body is larger than 1000 bytes",
        "request_id": "test-request"
      }
    }
    "#);
    // Without a declared length it shows on the way.
    let chunks = (0..3).map(|_| Ok::<_, std::io::Error>("x".repeat(600)));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let call = shop.call(Method::POST, "/v1/knowledge/imports");
    let refused = call.body("text/csv", body).send().await;
    assert_eq!(refused.status, 413);
    assert_eq!(left_behind(&shop), 0);
}

#[tokio::test]
async fn the_same_key_imports_once() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let send = async |query: &str, file: &str| {
        let call = shop.call(Method::POST, &format!("/v1/knowledge/imports{query}"));
        let call = call.header("idempotency-key", "k-1");
        call.body("text/csv", file.to_owned()).send().await
    };
    let refused = send("", "id,title,domain\na,,process\n").await;
    assert_eq!(refused.status, 422);
    let file = "id,title,domain\na,x,process\n";
    assert_eq!(send("?dry_run=true", file).await.status, 200);
    let first = send("", file).await;
    assert_eq!(first.json()["added"], 1);
    let again = send("", file).await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let mut lines = vec![send("", "id,title,domain\na,y,process\n").await.problem()];
    lines.push(send("?skip_refused=true", file).await.problem());
    insta::assert_snapshot!(lines.join("\n"), @"
    422 idempotency-mismatch: idempotency key was used for another request
    422 idempotency-mismatch: idempotency key was used for another request
    ");
}

#[tokio::test]
async fn more_at_once_than_there_is_room_for_are_refused() {
    let app = spawn_app().await;
    let shop = app.shop("hemu").await;
    let transfers = &app.service.state.transfers;
    let taken: Vec<_> = std::iter::from_fn(|| transfers.try_acquire().ok()).collect();
    assert!(!taken.is_empty());
    let file = "id,title,domain\na,x,process\n";
    let refused = import(&shop, "", "text/csv", file).await;
    insta::assert_json_snapshot!(refused.snapshot(), @r#"
    {
      "status": 503,
      "retry-after": "1",
      "body": {
        "type": "urn:zhiwen:problem:overloaded",
        "title": "The service is at capacity",
        "status": 503,
        "detail": "service is at capacity",
        "request_id": "test-request"
      }
    }
    "#);
    assert_eq!(shop.get("/v1/knowledge/export").send().await.status, 503);
    drop(taken);
    assert_eq!(import(&shop, "", "text/csv", file).await.status, 200);
}

/// A workbook that unpacks to far more than it is.
fn bomb() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let zeros = vec![b' '; 1 << 20];
    let options = zip::write::SimpleFileOptions::default();
    for name in ["[Content_Types].xml", "xl/worksheets/sheet1.xml"] {
        archive.start_file(name, options).expect("begun");
        for _ in 0..16 {
            archive.write_all(&zeros).expect("written");
        }
    }
    archive.finish().expect("finished").into_inner()
}

/// Files of imports that are over.
fn left_behind(shop: &Shop<'_>) -> usize {
    let folder = &shop.app.service.state.settings.data_folder;
    std::fs::read_dir(folder.join(zhiwen::api::files::FOLDER)).map_or(0, Iterator::count)
}
