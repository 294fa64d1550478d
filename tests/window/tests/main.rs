//! The window tests. `cargo xtask test` runs them on a virtual display, with a session bus of their own and no network;
//! without that they say so and test nothing.

mod appearance;
mod damage;
mod documents;
mod first_start;
mod line;
mod mending;
#[path = "../../world/model_server.rs"]
#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "the tests of the engine, with whom it is shared, use the rest"
)]
mod model_server;
mod opened_files;
mod pages;
mod published;
mod reading;
mod rewriting;
#[path = "../../remote/server_process.rs"]
#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "the tests of remotes, with whom it is shared, are all tests"
)]
mod server_process;
mod shell;
mod sync_states;
mod syncing;
mod updating;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

const DEADLINE: Duration = Duration::from_secs(180);

type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

/// The name of each function is the test's sentence.
macro_rules! tests {
    ($($module:ident::$name:ident,)*) => {
        &[$((stringify!($name), || Box::pin($module::$name())),)*]
    };
}

const TESTS: &[Test] = tests![
    first_start::a_new_student_reads_all_chapters_changes_the_profile_and_goes_back_at_once,
    first_start::skipping_the_questions_reads_as_for_somebody_new_and_says_that_answering_changes_it,
    first_start::everything_of_the_first_start_can_be_done_by_keyboard_alone,
    reading::the_key_o_shows_the_original_and_back,
    reading::an_outside_link_first_shows_where_it_leads,
    reading::a_hostile_book_runs_nothing,
    reading::the_window_loads_all_it_shows_from_inside,
    appearance::theme_and_text_size_change_the_page_and_survive_a_restart,
    pages::no_room_scrolls_sideways_at_any_size,
    pages::a_title_page_that_fits_does_not_scroll,
    documents::the_window_shows_what_the_documents_show_of_it,
    damage::a_damaged_chapter_opens_healed_and_says_so,
    damage::a_broken_database_is_told_left_as_it_is_and_opened_anew_once_it_is_moved_away,
    damage::a_damaged_database_is_exchanged_for_its_backup_and_the_chapter_is_there_again,
    mending::a_report_of_the_last_time_is_offered_once_and_shown,
    mending::the_diagnostics_are_shown_before_they_are_copied_and_name_nobody,
    mending::a_page_whose_process_ends_is_shown_again_and_leaves_a_report,
    shell::a_second_start_raises_the_first_window,
    shell::the_window_has_its_size_again_after_a_restart,
    shell::a_primer_that_does_not_update_itself_says_who_does_and_has_nothing_to_turn_on,
    published::a_newer_edition_that_a_sync_brought_is_opened_at_once_when_its_reader_says_so_and_not_before,
    rewriting::a_model_is_turned_on_watched_stopped_and_rewrites_once_its_server_is_back,
    rewriting::a_model_that_was_found_here_improves_a_chapter_and_each_of_its_texts_can_be_had_back,
    opened_files::a_joining_file_that_is_opened_fills_the_room_for_joining_and_nothing_joins_by_itself,
    opened_files::a_joining_file_that_is_saved_in_one_window_opens_in_another,
    opened_files::whoever_reads_here_already_joins_as_the_same_person_and_is_told_which_place_is_left,
    opened_files::a_file_that_is_opened_while_the_window_is_open_goes_to_that_window,
    opened_files::the_file_of_a_book_opens_that_book,
    syncing::two_computers_that_were_offline_come_together_without_a_click,
    sync_states::each_state_of_syncing_is_said_where_it_is_seen_and_in_a_sentence,
    updating::a_newer_primer_in_a_readers_own_place_is_found_fetched_and_put_in_place_of_the_old_one,
];

fn main() -> ExitCode {
    if std::env::var_os("PRIMER_WINDOW_APP").is_none() {
        println!("The window tests are run by cargo xtask test, which gives them a display and a built app.");
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let chosen: Vec<&Test> = TESTS.iter().filter(|(name, _)| name.contains(&filter)).collect();
    println!("\nrunning {} tests", chosen.len());
    let failed = chosen.iter().filter(|test| !passes(test)).count();
    println!(
        "\ntest result: {}. {} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out\n",
        if failed == 0 { "ok" } else { "FAILED" },
        chosen.len() - failed,
        TESTS.len() - chosen.len()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A test that panics or takes too long has failed; its window is closed either way.
fn passes((name, test): &Test) -> bool {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let outcome = LocalSet::new().block_on(&runtime, async {
        let mut task = tokio::task::spawn_local(test());
        match tokio::time::timeout(DEADLINE, &mut task).await {
            Ok(Ok(())) => "ok",
            Ok(Err(_)) => "FAILED",
            Err(_) => {
                task.abort();
                // Until the window that the test held is closed.
                let _ = task.await;
                "FAILED (it took too long)"
            }
        }
    });
    println!("test {name} ... {outcome}");
    outcome == "ok"
}
