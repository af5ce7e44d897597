import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { CSP_NONCE, SHOP_PORT } = process.env;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The reverse proxy's Content Security Policy has the same nonce. Production needs none.
  ...(CSP_NONCE ? { html: { cspNonce: CSP_NONCE } } : {}),
  server: {
    // The browser connects to the reverse proxy, so hot replacement uses the proxy's port.
    ...(SHOP_PORT ? { hmr: { clientPort: Number(SHOP_PORT) } } : {}),
  },
  css: {
    preprocessorOptions: {
      scss: {
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  build: { target: "es2023", modulePreload: { polyfill: false } },
});
