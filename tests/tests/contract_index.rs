//! What every index promises, over every backend.

mod backends;
mod claims;
pub(crate) mod cluster;
pub(crate) mod copies;
mod layout;
mod quality;
pub(crate) mod texts;
mod together;
mod trouble;

/// Runs each promise against each backend.
macro_rules! contract {
    ($($module:ident: $($name:ident),+ $(,)?;)+) => {
        mod embedded {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$module::$name(&super::backends::Backend::embedded().await).await;
                }
            )+)+
        }
        mod redis_cluster {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$module::$name(&super::backends::Backend::cluster().await).await;
                }
            )+)+
        }
        mod redis {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$module::$name(&super::backends::Backend::redis().await).await;
                }
            )+)+
        }
    };
}

contract! {
    claims: a_redelivery_gets_its_verdict_back,
        a_changed_text_is_a_revision_in_its_own_story,
        an_older_text_come_late_is_a_revision_too,
        a_copy_stays_in_its_story_when_it_is_revised,
        copies_at_the_same_instant_make_one_story,
        deliveries_of_one_article_at_the_same_instant_get_one_verdict,
        without_a_text_only_the_name_decides,
        what_is_older_than_the_window_is_forgotten,
        what_the_store_knows_can_be_put_back,
        a_cleared_index_knows_nothing;
    copies: the_same_words_are_an_exact_copy,
        a_short_text_is_compared_word_for_word_only,
        frames_edits_and_parts_are_near_copies,
        a_round_up_that_carries_a_story_whole_is_a_copy,
        a_quotation_is_no_copy,
        a_whole_is_found_though_its_half_came_first,
        a_whole_joins_the_parts_that_came_before_it,
        what_comes_after_its_whole_is_found_whatever_came_first,
        a_round_up_of_stories_makes_them_not_one,
        a_story_of_five_hundred_carriers_and_twenty_revisions_is_one,
        short_stories_under_one_disclaimer_stay_apart,
        what_is_left_of_a_frame_makes_no_copy,
        a_daily_column_stays_apart,
        the_same_words_with_other_figures_are_another_story,
        the_same_figures_in_the_same_order_are_a_copys,
        one_language_is_not_compared_with_another,
        scripts_without_spaces_are_compared;
}

/// All backends say the same of the same stream, wherever their logs are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_backends_agree() {
    let (embedded, redis) = (backends::Backend::embedded().await, backends::Backend::redis().await);
    let cluster = backends::Backend::cluster().await;
    for row in press::texts(7, 600) {
        let query = texts::query(row.url.as_str(), &row.text, row.language.code());
        let now = row.published;
        let (ours, theirs) = (embedded.index.decide(&query, now).await, redis.index.decide(&query, now).await);
        let ours = ours.unwrap();
        assert_eq!(ours, theirs.unwrap(), "{}", row.url);
        assert_eq!(ours, cluster.index.decide(&query, now).await.unwrap(), "{}", row.url);
    }
    let (ours, theirs) = (embedded.index.stats().await.unwrap(), redis.index.stats().await.unwrap());
    assert_eq!(
        (ours.articles, ours.hashes, ours.stories, ours.shingles),
        (theirs.articles, theirs.hashes, theirs.stories, theirs.shingles)
    );
}
