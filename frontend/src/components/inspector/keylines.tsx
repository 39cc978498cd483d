/** Material's keyline shapes, and the circles that round masks keep: of maskable web icons and of Android's layers. */
export function Keylines() {
  return (
    <svg
      viewBox="0 0 108 108"
      role="img"
      aria-label="Keylines"
      style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}
      fill="none"
    >
      {/* Twice, light upon dark, so that they are seen on any ground. */}
      {[
        { stroke: "#fff", strokeWidth: 1.1 },
        { stroke: "#e6007a", strokeWidth: 0.45 },
      ].map((line) => (
        <g key={line.stroke} {...line}>
          <path d="M54 0V108M0 54H108M0 0 108 108M108 0 0 108" opacity={0.4} />
          <rect x={13.5} y={13.5} width={81} height={81} rx={9} />
          <circle cx={54} cy={54} r={45} />
          <circle cx={54} cy={54} r={43.2} strokeDasharray="3 2" />
          <circle cx={54} cy={54} r={33} strokeDasharray="1 1.500" />
        </g>
      ))}
    </svg>
  );
}
