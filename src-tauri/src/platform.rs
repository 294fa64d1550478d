//! What differs between systems, all of it.

/// Must run before any thread or webview is started.
pub fn before_the_webview() {
    #[cfg(target_os = "linux")]
    {
        linux::without_dmabuf_on_nvidia();
        linux::without_a_script_compiler();
        linux::without_painting_by_the_graphics_card();
    }
}

/// Whether there is anything to open a window on. Other systems always have one.
pub fn has_display() -> bool {
    let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    /// Of JavaScriptCore. An engine that knows no such option passes over it.
    const COMPILER_SWITCH: &str = "JSC_useJIT";

    /// WebKitGTK 2.46 and later; earlier ones paint with the processor anyway.
    const CPU_PAINTING_SWITCH: &str = "WEBKIT_SKIA_ENABLE_CPU_RENDERING";

    const DMABUF_SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

    /// WebKitGTK's DMABUF renderer shows a blank window with NVIDIA's driver. Elsewhere it is left on, because
    /// drawing without it takes a whole core.
    pub fn without_dmabuf_on_nvidia() {
        if needs_the_switch(std::env::var_os(DMABUF_SWITCH).is_some(), Path::new("/")) {
            set(DMABUF_SWITCH, "1");
        }
    }

    /// The page runs little script, and not for long. Interpreted it starts as fast, takes some megabytes less on a
    /// computer that has few, and leaves less to attack than compiled in memory that is both written and run.
    pub fn without_a_script_compiler() {
        set_unless_chosen(COMPILER_SWITCH, "0");
    }

    /// A page of text is painted as fast by the processor. The graphics card has its programs compiled for it at every start,
    /// which takes a fifth of it where they come from Mesa's software driver, and drivers differ in how wrong they are.
    pub fn without_painting_by_the_graphics_card() {
        set_unless_chosen(CPU_PAINTING_SWITCH, "1");
    }

    fn set_unless_chosen(variable: &str, value: &str) {
        if std::env::var_os(variable).is_none() {
            set(variable, value);
        }
    }

    fn set(variable: &str, value: &str) {
        // SAFETY: `before_the_webview` is called first in main, while this is the only thread.
        #[allow(unsafe_code, reason = "the variable must be set before WebKit is loaded")]
        unsafe {
            std::env::set_var(variable, value);
        }
    }

    /// `root` is `/`, but in tests.
    fn needs_the_switch(already_set: bool, root: &Path) -> bool {
        let nvidia = ["proc/driver/nvidia/version", "sys/module/nvidia"];
        !already_set && nvidia.iter().any(|sign| root.join(sign).exists())
    }

    #[cfg(test)]
    mod tests {
        use super::needs_the_switch;

        #[test]
        fn the_renderer_is_switched_off_only_with_nvidia_and_only_if_nobody_chose() {
            let root = std::env::temp_dir().join(format!("primer-platform-{}", std::process::id()));
            std::fs::create_dir_all(root.join("sys/module/i915")).unwrap();
            assert!(!needs_the_switch(false, &root));
            std::fs::create_dir_all(root.join("sys/module/nvidia")).unwrap();
            assert!(needs_the_switch(false, &root));
            assert!(!needs_the_switch(true, &root));
            std::fs::remove_dir_all(root).unwrap();
        }
    }
}
