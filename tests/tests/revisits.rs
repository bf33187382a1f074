//! Looking again, from the scheduler to the site: what the press changes, takes down and puts up again.

use crate::end_to_end::{PATIENCE, agreement, installation, press, stored};
use crate::installation::{Installation, Mode, eventually};
use article::WithdrawalCause;
use press::{Expected, RunningPress, TruthRow};
use store::{ArticleState, Store};

const CAUSES: [WithdrawalCause; 4] =
    [WithdrawalCause::NotFound, WithdrawalCause::Gone, WithdrawalCause::Legal, WithdrawalCause::RedirectedHome];

/// Another list of ages, in force at once: what is due follows from each article's age.
fn look_after(installation: &mut Installation, ages: &str) {
    installation.set(format!("revisits.after_secs={ages}"));
    let schedulers: Vec<_> =
        installation.running().into_iter().filter(|(role, _)| matches!(*role, "run" | "scheduler")).collect();
    for (role, number) in schedulers {
        installation.kill_and_restart(role, number);
    }
}

/// The press and the store agree, every change of a text included.
async fn agreement_on_revisions(installation: &Installation, press: &RunningPress, store: &Store) {
    agreement(installation, press, store).await;
    eventually(PATIENCE, || async {
        let have = stored(store).await;
        let revised = |t: &&TruthRow| t.revision > 0 && t.withdrawn.is_none() && t.expected == Expected::Article;
        let truth = press.truth();
        let old = truth.iter().filter(revised).find(|t| have[&t.id].revisions < 2)?;
        Some(format!("the change of {} was not seen\n{}", old.url, installation.logs()))
    })
    .await;
}

async fn looks(mode: Mode) {
    let press = press(300, 11).await;
    let (mut installation, store) = installation(mode, &press).await;
    installation.set("revisits.look_every_ms=200");
    installation.start();
    agreement(&installation, &press, &store).await;

    let there: Vec<TruthRow> = press.truth().into_iter().filter(|t| t.expected != Expected::Nothing).collect();
    let gone: Vec<&TruthRow> = there.iter().step_by(9).collect();
    for (row, cause) in gone.iter().zip(CAUSES.into_iter().cycle()) {
        press.withdraw(&row.id, cause).unwrap();
    }
    for row in there.iter().skip(4).step_by(9) {
        press.revise(&row.id).unwrap();
    }
    look_after(&mut installation, "1,864000,8640000");
    agreement_on_revisions(&installation, &press, &store).await;

    // A second look brings back what its publisher put up again.
    let back = gone.iter().find(|row| row.expected == Expected::Article).unwrap();
    press.restore(&back.id).unwrap();
    look_after(&mut installation, "1,2,8640000");
    agreement_on_revisions(&installation, &press, &store).await;
    let restored = store.article(&back.id).await.unwrap().unwrap();
    assert_eq!((restored.state, restored.article.has_text()), (ArticleState::Shown, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_looks_again() {
    looks(Mode::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_of_every_role_look_again() {
    looks(Mode::Stack).await;
}
