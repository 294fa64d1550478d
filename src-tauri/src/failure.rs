//! What to say when not even a window can be had.

use primer_engine::log;

/// Ends the program.
pub fn tell(why: &str) -> ! {
    log::error("no_window").write();
    eprintln!(
        "Primer could not open its window: {why}. Check that a display is there (the variable DISPLAY or \
         WAYLAND_DISPLAY names it) and that WebKitGTK 4.1 is installed; “primer” works without a window."
    );
    std::process::exit(1);
}
