import { defineConfig } from "vite";

// Everything is served by the platform itself, from its own origin: no inlined data, no request to anywhere else.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    // pages share small parts: one file of them is sooner there than twenty
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /src\/(api|part|words)\// }] } } },
  },
});
