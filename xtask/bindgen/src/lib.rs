//! The `wasm-bindgen` tools as binaries of this workspace: nothing to install, and `Cargo.lock` pins them together
//! with the `wasm-bindgen` library, with which they must agree to the last digit.

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    /// The version of `name` in the workspace's lock file.
    fn locked(name: &str) -> &'static str {
        include_str!("../../../Cargo.lock")
            .split("[[package]]")
            .find_map(|package| package.strip_prefix(&format!("\nname = \"{name}\"\nversion = \"")))
            .and_then(|rest| rest.split('"').next())
            .expect("package is in Cargo.lock")
    }

    #[test]
    fn library_and_tools_are_the_same_version() {
        assert_eq!(locked("wasm-bindgen"), locked("wasm-bindgen-cli"));
        assert_eq!(locked("wasm-bindgen"), locked("wasm-bindgen-cli-support"));
    }
}
