//! Reads the Tauri configuration.

fn main() {
    tauri_build::build();
}
