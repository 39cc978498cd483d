import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

function followColorScheme({ matches }: { matches: boolean }): void {
  document.documentElement.classList.toggle("dark-mode", matches);
}

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
followColorScheme(prefersDark);
prefersDark.addEventListener("change", followColorScheme);

SwaggerUI({
  dom_id: "#swagger-ui",
  url: "/openapi.json",
  deepLinking: true,
  // The default asks a public validator on the internet.
  validatorUrl: null,
});
