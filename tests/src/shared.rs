//! Test data that is not part of the project.

use std::path::PathBuf;

/// The folder of shared test data: `WIREROOM_SHARED`, else `../shared` beside the workspace. None where it
/// is absent: whoever needs it calls [`skip`] and passes.
pub fn shared_folder() -> Option<PathBuf> {
    let folder = match std::env::var_os("WIREROOM_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    };
    folder.join("corpus").is_dir().then_some(folder)
}

/// Says loudly that a test did nothing, and why.
pub fn skip(test: &str, why: &str) {
    eprintln!("\n==== SKIPPED {test}: {why} ====\n");
}
