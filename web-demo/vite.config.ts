import { defineConfig } from "vite";

export default defineConfig({
  // the page may only load what its own server gives: nothing is inlined, so that the security policy needs no exception
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 800 },
});
