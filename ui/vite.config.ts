import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The window is served from inside the app: relative addresses, nothing inlined as data: (the CSP
// needs no exception for fonts), and a target that WebKitGTK 2.44, WebView2 and Safari 16.4 all run.
export default defineConfig({
  plugins: [svelte()],
  base: "./",
  clearScreen: false,
  // The contrast test reads the style sheet.
  test: { css: true, environment: "node" },
  server: { port: 5173, strictPort: true },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["es2022", "safari16.4", "chrome111"],
    chunkSizeWarningLimit: 600,
  },
});
