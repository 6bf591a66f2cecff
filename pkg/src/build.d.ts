/** Address of the WebAssembly file, relative to the module that loads it. The build fills it in. */
declare const __WASM_URL__: string;
