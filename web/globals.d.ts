/** Set by esbuild (build.py, dev/serve.mjs). */
declare const DEVELOPMENT: boolean;
