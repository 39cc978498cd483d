import type { Style } from "@/lib/styles";

export const kindWords: Record<NonNullable<Style["kind"]>, string> = {
  icon: "Icons",
  splash: "Splash",
  any: "Icons and splash",
};
