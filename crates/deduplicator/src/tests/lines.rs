use super::articles::{index, text};
use crate::{LinesError, Thresholds, compare, dedup_lines};
use serde_json::{Value, json};

async fn run(lines: &[Value]) -> Result<Vec<Value>, LinesError> {
    let input = lines.iter().map(|l| format!("{l}\n")).collect::<String>();
    let mut output = Vec::new();
    dedup_lines(input.as_bytes(), &mut output, &*index().await).await?;
    Ok(output.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect())
}

#[tokio::test]
async fn a_verdict_a_line_in_the_inputs_own_names() {
    let whole = text(1, 300);
    let half: String = whole.split(' ').take(150).collect::<Vec<_>>().join(" ");
    let lines = run(&[
        json!({"id": "one", "url": "https://a.example/1", "title": "T", "text": whole, "source": "a", "extra": 1}),
        json!({"id": "two", "url": "https://b.example/1", "text": whole, "published": "2026-01-01T00:00:00Z"}),
        json!({"id": "three", "text": half, "publisher": "c"}),
        json!({"id": "four", "text": ""}),
    ])
    .await
    .unwrap();
    let short = |l: &Value| (l["id"].clone(), l["verdict"].clone(), l["of"].clone());
    assert_eq!(short(&lines[0]), (json!("one"), json!("new"), Value::Null));
    assert_eq!(short(&lines[1]), (json!("two"), json!("exact_copy"), json!("one")));
    assert_eq!(short(&lines[2]), (json!("three"), json!("near_copy"), json!("one")));
    assert_eq!(short(&lines[3]), (json!("four"), json!("new"), Value::Null));
    assert!(lines[1]["story"] == lines[0]["story"] && lines[3]["story"] != lines[0]["story"]);
}

#[tokio::test]
async fn a_line_that_is_no_article_is_named() {
    let failure = run(&[json!({"id": "one", "text": "x"}), json!({"id": "two"})]).await.unwrap_err();
    assert_eq!(failure.to_string(), "line 2 is no article: missing field `text` at line 1 column 12");
}

#[test]
fn two_texts_are_explained() {
    let whole = text(1, 400);
    let half: String = whole.split(' ').take(200).collect::<Vec<_>>().join(" ");
    let both = compare(&whole, &half, &Thresholds::default());
    assert_eq!((both.exact, both.verdict, both.shingles), (false, "near_copy", [396, 196]));
    assert_eq!((both.shared, both.containment[1]), (196, 1.0));
    assert!((both.containment[0] - both.estimated_containment[0]).abs() < 0.2, "{both:?}");
    assert_eq!(compare(&whole, &whole.to_uppercase(), &Thresholds::default()).verdict, "exact_copy");
    assert_eq!(compare(&whole, &text(2, 400), &Thresholds::default()).verdict, "new");
}
