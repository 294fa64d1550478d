//! `rclone copy` at its best setting for many small objects.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Rclone {
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Rclone {
    /// None where it is not installed.
    pub fn find(endpoint: &str, key: &str, secret: &str) -> Option<Rclone> {
        let named = std::env::var_os("PRIMER_RCLONE").map(PathBuf::from);
        let on_path = || {
            let folders = std::env::var_os("PATH")?;
            std::env::split_paths(&folders).map(|folder| folder.join("rclone")).find(|file| file.is_file())
        };
        let program = named.filter(|file| file.is_file()).or_else(on_path)?;
        let environment = vec![
            ("RCLONE_CONFIG", "/dev/null".to_owned()),
            ("RCLONE_CONFIG_S_TYPE", "s3".to_owned()),
            ("RCLONE_CONFIG_S_PROVIDER", "Other".to_owned()),
            ("RCLONE_CONFIG_S_FORCE_PATH_STYLE", "true".to_owned()),
            ("RCLONE_CONFIG_S_ENDPOINT", endpoint.to_owned()),
            ("RCLONE_CONFIG_S_ACCESS_KEY_ID", key.to_owned()),
            ("RCLONE_CONFIG_S_SECRET_ACCESS_KEY", secret.to_owned()),
        ];
        Some(Rclone { program, environment })
    }

    pub fn up(&self, folder: &Path, place: &str) {
        self.copy(folder.as_os_str().to_string_lossy().as_ref(), &format!("S:{place}"));
    }

    pub fn down(&self, place: &str, folder: &Path) {
        self.copy(&format!("S:{place}"), folder.as_os_str().to_string_lossy().as_ref());
    }

    fn copy(&self, from: &str, to: &str) {
        let settings = [
            "--transfers",
            "32",
            "--checkers",
            "32",
            "--s3-no-head",
            "--fast-list",
            "--size-only",
            "--quiet",
        ];
        let status = Command::new(&self.program)
            .arg("copy")
            .args([from, to])
            .args(settings)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .status()
            .expect("rclone runs");
        assert!(status.success(), "rclone copies");
    }
}
