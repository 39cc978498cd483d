import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { coloursNamedIn } from "@/lib/colours";
import type { Generation, Kind } from "@/lib/generations";

type Schemas = components["schemas"];
type IconPlatform = NonNullable<Schemas["ExportBody"]["platforms"]>[number];
type SplashPlatform = NonNullable<Schemas["SplashExportBody"]["platforms"]>[number];
export type ExportValues = { name: string; background_color: string; platforms: string[] };

type Offer = {
  title: string;
  /** The end of the zip's name. */
  file: string;
  platforms: Record<string, string>;
  /** Not for every image: chosen by hand. */
  extras: string[];
  send: (generation: Generation, index: number, values: ExportValues) => Promise<Blob>;
};

const iconPlatforms: Record<IconPlatform, string> = {
  ios: "iOS and macOS (AppIcon.appiconset)",
  android: "Android (adaptive layers, XML)",
  pwa: "Web app (manifest, maskable)",
  favicon: "Favicon (ICO of 16, 32, 48)",
  svg: "SVG (flat icons)",
};

const splashPlatforms: Record<SplashPlatform, string> = {
  ios: "iOS (image set and colour for UILaunchScreen)",
  android: "Android 12 (icon in its circle, theme, colours)",
  pwa: "Web app (a picture for each iPhone and iPad, links)",
};

/** What can be made of an image, by what it is. */
export const offers: Record<Kind, Offer> = {
  icon: {
    title: "Export the files that platforms want",
    file: "icons",
    platforms: iconPlatforms,
    extras: ["svg"],
    send: ({ id, prompt }, index, { name, background_color, platforms }) => {
      const body = {
        name,
        generation_id: id,
        index,
        platforms: platforms as IconPlatform[],
        background_color: background_color || undefined,
        colors: coloursNamedIn(prompt).map((digits) => `#${digits}`),
      };
      return unwrap(api.POST("/v1/exports", { body, parseAs: "blob" }));
    },
  },
  splash: {
    title: "Export launch screens",
    file: "splash",
    platforms: splashPlatforms,
    extras: [],
    send: ({ id }, index, { name, background_color, platforms }) => {
      const body = {
        name,
        generation_id: id,
        index,
        platforms: platforms as SplashPlatform[],
        background_color: background_color || undefined,
      };
      return unwrap(api.POST("/v1/splash-exports", { body, parseAs: "blob" }));
    },
  },
};
