//! Records of every format, and what is said of those that are damaged.

use std::ops::ControlFlow;
use std::path::PathBuf;

use rust_xlsxwriter::Workbook;
use tempfile::TempDir;

use super::super::Format;
use super::super::fault::FileError;
use super::RecordFile;

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("made");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

/// The columns, then each record as `number a|b` or `number fault`.
fn read(format: Format, bytes: &[u8]) -> Result<Vec<String>, FileError> {
    let (_folder, path) = written(bytes);
    let wanted = [["内容", "content"], ["时间", "time"], ["text", "order.id"]];
    let wanted = wanted.map(|names| names.map(str::to_owned));
    let wanted: Vec<&[String]> = wanted.iter().map(|names| names.as_slice()).collect();
    let file = RecordFile::open(format, &path, &wanted)?;
    let mut found = vec![file.columns().join("|")];
    file.read(&mut |record| {
        let number = record.place.number();
        found.push(match record.cells {
            Ok(cells) => format!("{number} {}", cells.join("|")),
            Err(error) => {
                let column = error.column.unwrap_or_default();
                format!("{number} {column}: {}", error.fault)
            }
        });
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

#[test]
fn finds_header_and_delimiter_below_a_title() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "聊天记录导出，禾木\n\n时间,内容\n1,\"在,吗\n亲\"\n,\n2,好\n";
        let text = text.replace("时间,", &format!("时间{delimiter}"));
        let text = text.replace("1,", &format!("1{delimiter}"));
        let text = text.replace("\n,", &format!("\n{delimiter}"));
        let text = text.replace("2,", &format!("2{delimiter}"));
        let expected = ["时间|内容", "4 1|在,吗\n亲", "7 2|好"];
        assert_eq!(read(Format::Csv, text.as_bytes()).expect("read"), expected);
        let gbk = encoding_rs::GBK.encode(&text).0.into_owned();
        assert_eq!(read(Format::Csv, &gbk).expect("gbk"), expected);
    }
}

#[test]
fn a_malformed_line_costs_itself_alone() {
    let open = "a,text\n1,x\n2,\"left open\n3,y\n4,z,extra\n5,27\" tv\n6,\"a\"\"b\"\n";
    assert_eq!(
        read(Format::Csv, open.as_bytes()).expect("read"),
        [
            "a|text",
            "2 1|x",
            "3 : a quotation mark is left open",
            "4 3|y",
            "5 : the row has 3 cells, the header has 2",
            "6 5|27\" tv",
            "7 6|a\"b",
        ]
    );
    // The mark is closed by another line's, far below.
    let many: String = (0..1_000).map(|number| format!("{number},n\n")).collect();
    let text = format!("a,text\n1,\"open\n{many}2,\"closed\"\n");
    let found = read(Format::Csv, text.as_bytes()).expect("read");
    assert_eq!(found.len(), 1 + 1 + 1_000 + 1);
    assert_eq!(found[1], "2 : a quotation mark is left open");
    assert_eq!(found[1_002], "1003 2|closed");
}

#[test]
fn a_line_of_ten_megabytes_is_refused_and_the_next_is_read() {
    let long = "x".repeat(10 << 20);
    let text = format!("a,text\n1,{long}\n2,y\n");
    let found = read(Format::Csv, text.as_bytes()).expect("read");
    assert_eq!(found, ["a|text", "2 : the line is too long", "3 2|y"]);
    let text = format!("{{\"text\":\"{long}\"}}\n{{\"text\":\"y\"}}\n");
    let found = read(Format::JsonLines, text.as_bytes()).expect("read");
    assert_eq!(found, ["text", "1 : the line is too long", "2 y"]);
}

#[test]
fn reads_nested_fields_and_scalars() {
    let text = "{\"text\":\"在吗\",\"by\":{\"type\":\"user\",\"id\":7},\"a.b\":true}\n\n\
                {\"text\":null,\"by\":null}\n{\"text\":\n[1]\n";
    let found = read(Format::JsonLines, text.as_bytes()).expect("read");
    assert_eq!(found[0], "text|by.type|by.id|a.b|by");
    assert_eq!(found[1], "1 在吗|user|7|true|{\"type\":\"user\",\"id\":7}");
    assert_eq!(found[2], "3 ||||");
    assert!(
        found[3].starts_with("4 : not such a JSON object: EOF"),
        "{}",
        found[3]
    );
    assert!(
        found[4].starts_with("5 : not such a JSON object"),
        "{}",
        found[4]
    );
    let array = read(Format::JsonLines, b"[{\"text\":1}]");
    assert!(matches!(array, Err(FileError::JsonArray)));
}

#[test]
fn reads_workbooks_below_a_title() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "聊天记录").expect("written");
    sheet.write(1, 1, "时间").expect("written");
    sheet.write(1, 2, "内容").expect("written");
    sheet.write(2, 2, "在吗").expect("written");
    sheet.write(4, 1, 1.5).expect("written");
    let bytes = workbook.save_to_buffer().expect("written");
    assert_eq!(
        read(Format::Xlsx, &bytes).expect("read"),
        ["|时间|内容", "3 ||在吗", "5 |1.5|"]
    );
}

#[test]
fn names_what_is_wrong_with_a_file() {
    assert!(matches!(read(Format::Csv, b""), Err(FileError::Empty)));
    assert!(matches!(read(Format::Csv, b" \n\n"), Err(FileError::Empty)));
    assert!(matches!(
        read(Format::Csv, b"text\nab\xff\xff\n"),
        Err(FileError::Encoding { .. })
    ));
    assert!(matches!(
        read(Format::Csv, b"PK\x03\x04.."),
        Err(FileError::WorkbookAsText)
    ));
    assert!(matches!(
        read(Format::Markdown, b"# a"),
        Err(FileError::UnknownFormat { .. })
    ));
    assert_eq!(
        read(Format::Csv, b"a;b\n1;2\n").expect("read"),
        ["a|b", "2 1|2"]
    );
}

#[test]
fn finds_what_comes_late_and_no_other_name_of_what_came() {
    let mut text = "{\"text\":\"在吗\",\"tone\":1}\n".repeat(300);
    text.push_str("{\"text\":\"有货吗\",\"time\":\"今天\",\"order\":{\"id\":7}}\n");
    let found = read(Format::JsonLines, text.as_bytes()).expect("read");
    assert_eq!(found[0], "text|tone|time");
    assert_eq!((found[1].as_str(), found.len()), ("1 在吗|1|", 302));
    assert_eq!(found[301], "301 有货吗||今天");
}

#[test]
fn a_damaged_line_costs_itself_alone() {
    let damage = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        let place = text.find('坏').expect("in it");
        bytes[place] = 0xff;
        bytes
    };
    let csv = format!(
        "a,text\n{}2,坏\n3,\"多\n行\"\n",
        "1,发票什么时候可以开呢\n".repeat(9)
    );
    let found = read(Format::Csv, &damage(&csv)).expect("read");
    assert_eq!(found.len(), 12);
    assert_eq!(found[9], "10 1|发票什么时候可以开呢");
    assert_eq!(
        found[10],
        "11 : the line has damaged bytes that are no text"
    );
    assert_eq!(found[11], "12 3|多\n行");
    let json = "{\"text\":\"坏\"}\n".to_owned() + &"{\"text\":\"发票怎么开\"}\n".repeat(99);
    let found = read(Format::JsonLines, &damage(&json)).expect("read");
    assert_eq!(found[1], "1 : the line has damaged bytes that are no text");
    assert_eq!((found[2].as_str(), found.len()), ("2 发票怎么开", 101));
    // What was lost before is a character like others.
    let lost = read(Format::Csv, "a,text\n1,\u{fffd}\n".as_bytes()).expect("read");
    assert_eq!(lost, ["a|text", "2 1|\u{fffd}"]);
}
