import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { CSP_NONCE } = process.env;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The reverse proxy's Content Security Policy has the same nonce. Production needs none.
  ...(CSP_NONCE ? { html: { cspNonce: CSP_NONCE } } : {}),
  server: {
    // Browsers reach the reverse proxy under any host name. Vite checks the name to keep other sites
    // from reading secret sources, and these are public.
    allowedHosts: true,
  },
  css: {
    preprocessorOptions: {
      scss: {
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Without this, the function for each request is in the chunk that imports the client first.
      treeshake: { moduleSideEffects: [{ test: /src\/api\/generated\//, sideEffects: false }] },
      output: {
        // The first page needs two chunks. The libraries stay in the cache when the shop changes.
        codeSplitting: {
          groups: [
            { name: "libraries", test: /node_modules/, tags: ["$initial"], priority: 1 },
            { name: "shop", tags: ["$initial"] },
          ],
        },
      },
    },
  },
});
