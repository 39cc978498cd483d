import { useEffect, useState } from "react";

/** Whole seconds since the component appeared. */
export function useElapsedSeconds(): number {
  const [elapsed_s, setElapsed] = useState(0);

  useEffect(() => {
    const start_ms = performance.now();
    const timer = setInterval(() => setElapsed(Math.floor((performance.now() - start_ms) / 1000)), 250);
    return () => clearInterval(timer);
  }, []);

  return elapsed_s;
}
