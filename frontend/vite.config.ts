import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  server: {
    proxy: { "/v1": gateway, "/readyz": gateway, "/healthz": gateway, "/openapi.json": gateway },
  },
  build: {
    rolldownOptions: { input: { studio: "index.html", docs: "docs/index.html" } },
    // Swagger UI is one file of about 1.3 MB; only the API reference page loads it.
    chunkSizeWarningLimit: 1600,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    testTimeout: 60_000,
  },
});
