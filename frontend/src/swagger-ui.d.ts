declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  type Options = { dom_id: string; url: string; deepLinking?: boolean; validatorUrl?: string | null };
  export default function SwaggerUI(options: Options): unknown;
}
