type LogoProps = { size_px?: number };

export function Logo({ size_px = 32 }: LogoProps) {
  return (
    <svg width={size_px} height={size_px} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4c5fd7" />
      <path d="M9 8h14v4H9zM9 14h9v4H9zM9 20h14v4H9z" fill="#fff" />
      <circle cx="21" cy="16" r="2" fill="#ffd43b" />
    </svg>
  );
}
