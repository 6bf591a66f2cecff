//! `wasm-bindgen-test-runner`, from its own library: cargo's runner for tests on `wasm32-unknown-unknown`.

fn main() -> anyhow::Result<()> {
    env_logger::init();
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
