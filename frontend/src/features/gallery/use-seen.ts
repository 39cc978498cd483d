import { useIntersection } from "@mantine/hooks";
import { useEffect, useEffectEvent } from "react";

/** Calls `onSeen` when the element comes into view and `isAwaited`. Returns the element's ref. */
export function useSeen(onSeen: () => void, isAwaited: boolean) {
  const { ref, entry } = useIntersection({ rootMargin: "400px" });
  const isSeen = entry?.isIntersecting ?? false;
  const tell = useEffectEvent(onSeen);

  useEffect(() => {
    if (isSeen && isAwaited) tell();
  }, [isSeen, isAwaited]);

  return ref;
}
