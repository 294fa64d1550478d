//! One window with one paragraph. Prints a line when its title changes, as Primer does when it is asked to.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .inner_size(1280.0, 860.0)
                .on_document_title_changed(|_, title| println!("title: {title}"))
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("the window opens");
}
