//! What every store must do, whichever database is under it. [`crate::contract_tests!`] makes a test of each
//! function here; this crate runs them on SQLite, the integration tests also on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

pub mod arrivals;
pub mod carried;
pub mod feeds;
pub mod ledger;
pub mod memory;
pub mod revisits;
pub mod rights;
pub mod stories;
pub mod subscriptions;

use crate::{Applied, PublishPolicy, Store, StoryLookup, StoryView};
use article::{
    Arrival, Article, ArticleId, Block, CanonicalUrl, Carry, Evidence, Feed, Origin, PrimaryHints, Rights, Section,
    Source, SourceId, StoryId, Timestamp, Verdict, VerdictKind, Withdrawal, WithdrawalCause,
};
use std::time::Duration;

/// A test of every function of the contract, each on a store of its own that `$open().await` makes.
#[macro_export]
macro_rules! contract_tests {
    ($open:path) => {
        $crate::contract_tests!(@ $open;
            arrivals::a_new_article_opens_a_story,
            arrivals::the_same_arrival_again_gets_its_first_answer,
            arrivals::age_decides_between_revisions,
            arrivals::a_withdrawal_holds_against_older_sightings,
            arrivals::a_withdrawal_of_what_was_never_seen_is_remembered,
            arrivals::facts_change_without_a_new_text,
            arrivals::publishers_at_the_same_story_at_once_lose_nothing,
            stories::a_copy_joins_and_the_original_takes_the_lead,
            stories::a_copy_may_come_before_its_original,
            stories::equal_texts_are_one_story_within_the_window,
            stories::short_equal_texts_prove_nothing,
            stories::merged_addresses_lead_on,
            stories::a_whole_makes_its_parts_one_story,
            stories::an_existing_story_wins_over_a_later_verdict,
            stories::an_older_sighting_places_anew,
            stories::lists_are_newest_first_and_filtered,
            stories::search_finds_every_script,
            rights::what_may_not_be_kept_is_not_there,
            rights::an_excerpt_is_cut,
            rights::copies_of_what_is_not_free_show_no_text,
            rights::a_takedown_lasts,
            rights::a_takedown_of_an_address_never_seen,
            rights::a_takedown_covers_own_aliases_only,
            rights::a_takedown_of_an_old_slug_takes_the_new_one,
            rights::a_takedown_of_a_new_slug_takes_the_old_one,
            rights::a_takedown_of_an_address_that_both_slugs_share_takes_both,
            rights::an_alias_that_different_stories_share_means_none_of_them,
            rights::a_takedown_gives_the_face_to_another,
            rights::a_lifted_takedown_lets_the_article_come_again,
            rights::what_was_lifted_finds_its_story_again,
            rights::what_was_withheld_is_shown_again_when_the_takedown_is_lifted,
            rights::a_takedown_and_publishers_at_the_same_story,
            rights::many_ask_about_tombstones_at_once,
            rights::a_page_of_nothing_but_words_is_published,
            feeds::a_source_comes_back_as_it_was_put,
            feeds::feeds_are_leased_once,
            feeds::concurrent_schedulers_never_get_the_same_feed,
            feeds::a_shared_feed_is_polled_once,
            feeds::polls_are_recorded_by_age,
            feeds::entries_cost_one_fetch,
            feeds::the_worst_feed_comes_first,
            feeds::a_source_is_silent_by_its_own_rhythm,
            ledger::a_letter_is_buried_once,
            ledger::any_bytes_can_be_buried,
            ledger::a_takedown_erases_what_died_of_the_article,
            ledger::filters_and_pages,
            ledger::groups_count_and_date,
            ledger::outcomes_stay,
            ledger::what_was_sent_is_marked_together,
            ledger::a_message_is_as_old_as_its_first_journey,
            ledger::a_second_death_closes_the_first,
            ledger::age_and_number_are_bounded,
            memory::captures_keep_the_newer_within_bounds,
            memory::captures_are_listed_oldest_first,
            memory::an_archive_goes_on_where_it_ended,
            memory::decisions_are_found_by_any_name,
            memory::decisions_are_added_up,
            memory::the_audit_log_is_newest_first,
            memory::hashes_and_changes_are_forgotten,
            carried::only_texts_on_the_site_are_carried,
            carried::a_source_is_known_by_its_newest_articles,
            carried::a_text_is_due_at_its_time,
            carried::a_pass_is_one_callers_and_goes_on_where_it_was,
            carried::a_capture_is_forgotten,
            revisits::each_age_is_due_once,
            revisits::what_was_missed_is_not_made_up_for,
            revisits::concurrent_schedulers_never_get_the_same_look,
            revisits::a_lease_that_ends_makes_a_look_due_again,
            revisits::only_what_is_published_is_looked_at_again,
            revisits::validators_belong_to_the_last_response,
            subscriptions::a_hub_is_asked_once_until_it_answers,
            subscriptions::another_hub_is_another_subscription,
            subscriptions::a_feed_that_was_heard_of_is_due,
        );
    };
    (@ $open:path; $($room:ident::$name:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::contract::$room::$name(&$open().await).await;
            }
        )+
    };
}

/// Thirty days, as by default.
pub const POLICY: PublishPolicy = PublishPolicy { exact_window: Duration::from_secs(30 * 24 * 3600) };

/// Minutes after some Tuesday.
#[must_use]
pub fn minute(n: i64) -> Timestamp {
    Timestamp::from_secs(1_774_000_000 + n * 60)
}

/// A text of `words` words that another `topic` shares none of.
#[must_use]
pub fn text(topic: &str, words: usize) -> String {
    (0..words).map(|n| format!("{topic}{n}")).collect::<Vec<_>>().join(" ")
}

/// An article at `https://{host}/{slug}`, published and observed at `at`, with `body` as its one paragraph.
#[must_use]
pub fn article(host: &str, slug: &str, at: Timestamp, body: &str) -> Article {
    let url = CanonicalUrl::parse(&format!("https://{host}/{slug}")).unwrap();
    let blocks: Vec<Block> =
        if body.is_empty() { Vec::new() } else { vec![Block::Paragraph { text: body.to_owned() }] };
    let title = format!("Headline {slug}");
    Article {
        id: ArticleId::of(&url),
        content_hash: Article::compute_hash(&url, &title, &blocks),
        aliases: Vec::new(),
        source: SourceId::from_name(host),
        source_name: host.split('.').next().unwrap().to_owned(),
        feed: None,
        title,
        subtitle: None,
        authors: vec!["A. Author".to_owned()],
        language: Some("en-GB".to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        blocks,
        published: Some(at),
        modified: None,
        observed_at: at,
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
        url,
    }
}

#[must_use]
pub fn seen(article: &Article) -> Arrival {
    Arrival::Seen { article: Box::new(article.clone()) }
}

#[must_use]
pub fn withdrawn(article: &Article, at: Timestamp) -> Arrival {
    Arrival::Withdrawn {
        withdrawal: Withdrawal {
            id: article.id.clone(),
            url: article.url.clone(),
            source: article.source.clone(),
            observed_at: at,
            cause: WithdrawalCause::Gone,
        },
    }
}

#[must_use]
pub fn copy_of(original: &Article) -> Verdict {
    Verdict {
        kind: VerdictKind::NearCopy,
        story: StoryId::opened_by(&original.id),
        of: Some(original.id.clone()),
        score: 0.9,
        evidence: Evidence { postings: 30, shared: 27, containment: 0.9, jaccard: 0.8, notes: Vec::new() },
        also: Vec::new(),
    }
}

/// The verdict about a whole of which `part` and `others` came before it, each as a story of its own.
#[must_use]
pub fn whole_of(part: &Article, others: &[&Article]) -> Verdict {
    Verdict { also: others.iter().map(|a| StoryId::opened_by(&a.id)).collect(), ..copy_of(part) }
}

/// Applies a sighting with the verdict “new”.
pub async fn put(store: &Store, article: &Article) -> Applied {
    let verdict = Verdict::new_story(&article.id);
    store.apply(&seen(article), Some(&verdict), &POLICY, article.observed_at).await.unwrap()
}

/// Applies a sighting with the verdict “copy of that”.
pub async fn put_copy(store: &Store, article: &Article, original: &Article) -> Applied {
    store.apply(&seen(article), Some(&copy_of(original)), &POLICY, article.observed_at).await.unwrap()
}

pub async fn withdraw(store: &Store, article: &Article, at: Timestamp) -> Applied {
    store.apply(&withdrawn(article, at), None, &POLICY, at).await.unwrap()
}

/// The story an article is in.
pub async fn story_of(store: &Store, article: &Article) -> StoryView {
    let stored = store.article(&article.id).await.unwrap().expect("the article is stored");
    match store.story(&stored.story).await.unwrap() {
        StoryLookup::Found(story) => *story,
        other => panic!("no story to show at {}: {other:?}", stored.story),
    }
}

/// A source with feeds at these addresses.
#[must_use]
pub fn source(name: &str, feeds: &[&str]) -> Source {
    Source {
        home: Some(format!("https://{name}/")),
        ..Source::new(name, Carry::Full, Origin::Person, feeds.iter().map(|url| Feed::new(url, None)).collect())
    }
}
