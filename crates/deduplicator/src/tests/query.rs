//! What the index is asked of an article.

use super::articles::{NOON, article, index};
use crate::Query;
use article::Verdict;

/// Behind a wall every article of a paper is the same line.
#[tokio::test]
async fn a_line_that_says_nothing_makes_no_copies() {
    let index = index().await;
    let line = "This article is available to registered readers only. Please log in to go on.";
    for n in 0..3 {
        let query = Query::of(&article(&format!("https://a.example/{n}"), line));
        assert_eq!(index.decide(&query, NOON).await.unwrap(), Verdict::new_story(&query.article));
    }
}
