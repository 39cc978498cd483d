// Strokes on a grid of 24.
const paths = {
  icons: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.5 13a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  splash: "M7 3h10a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM5 16l4-4 3 3 3-4 4 4",
  sets: "M9 9h11v11H9zM4 15V4h11M12 14.5h5M14.5 12v5",
  gallery: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5a1 1 0 1 0 0 .1",
  styles:
    "M12 3a9 9 0 1 0 0 18c1.500 0 2-1 1.500-2.200-.6-1.500.3-2.800 2-2.800H18a3 3 0 0 0 3-3c0-5.500-4-10-9-10zM7.500 11.500v.1M10 7.500v.1M14.500 7.500v.1M17 11v.1",
  keys: "M8 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 12h9M18 12v3M21 12v2",
  users:
    "M9 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM3 20c0-4 3-6 6-6s6 2 6 6M16 4.5a4 4 0 0 1 0 7M18 14.5c2 .8 3 2.700 3 5.500",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  moon: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  account: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c0-4 4-6 8-6s8 2 8 6",
} as const;

export type GlyphName = keyof typeof paths;

type GlyphProps = { name: GlyphName; size_px?: number };

export function Glyph({ name, size_px = 20 }: GlyphProps) {
  return (
    <svg
      width={size_px}
      height={size_px}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
