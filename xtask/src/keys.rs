//! The Worker's secrets: for local use, and for `wrangler secret put`.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The `keys` chore.
pub(crate) fn run(write: Option<&Path>) -> Result<()> {
    if let Some(file) = write {
        return self::write(file);
    }
    println!("{:#}", fresh()?);
    Ok(())
}

/// Writes a fresh set to a file that only its owner may read. A file that is there stays: what it seals would be lost.
pub(crate) fn write(file: &Path) -> Result<()> {
    let secrets = format!("{:#}\n", fresh()?);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .and_then(|mut open| open.write_all(secrets.as_bytes()))
        .with_context(|| format!("cannot write the secrets to {}", file.display()))
}

/// Every value is a string, as secrets are.
fn fresh() -> Result<Value> {
    let keyring = json!({ "active": "k1", "keys": { "k1": random()? } });
    let signing = json!({ "log": [random()?], "receipt": [random()?] });
    Ok(json!({
        "SUBJECT_KEY": random()?,
        "KEYRING": keyring.to_string(),
        "SIGNING_KEY": signing.to_string(),
        "ADMIN_TOKEN": random()?,
    }))
}

/// 32 random bytes.
fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no randomness from the system: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
