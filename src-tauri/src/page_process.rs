//! The process that shows the page may end although nobody closed it. That leaves a report, and the page is shown again,
//! once: one that ends it again would do so for ever.

use std::path::PathBuf;

use tauri::{Runtime, WebviewWindow};

/// `data`: where the report goes.
#[cfg(target_os = "linux")]
pub fn watch<R: Runtime>(window: &WebviewWindow<R>, data: PathBuf) -> tauri::Result<()> {
    use std::cell::Cell;

    use primer_engine::env::Env;
    use primer_engine::{crashes, log};
    use webkit2gtk::{WebProcessTerminationReason, WebViewExt};

    window.with_webview(move |webview| {
        let shown_again = Cell::new(false);
        webview.inner().connect_web_process_terminated(move |view, reason| {
            let why = match reason {
                WebProcessTerminationReason::Crashed => "crashed",
                WebProcessTerminationReason::ExceededMemoryLimit => "out_of_memory",
                // Somebody asked for it.
                _ => return,
            };
            if let Err(error) = crashes::note_page_process(&data, Env::of_this_computer().now(), why) {
                log::warn("crash_report_not_kept").cause(&error).write();
            }
            if !shown_again.replace(true) {
                view.reload();
            }
        });
    })
}

/// Windows' webview tells of it in a window of its own; nothing is heard of it here.
#[cfg(not(target_os = "linux"))]
pub fn watch<R: Runtime>(_: &WebviewWindow<R>, _: PathBuf) -> tauri::Result<()> {
    Ok(())
}
