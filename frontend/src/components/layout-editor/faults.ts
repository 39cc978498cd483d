import { type LayoutBox, nameOf, type Place } from "./boxes";
import { type Screen, safePart } from "./screen";

function edgesOf({ left, top, width, height }: Place) {
  return { left, top, right: left + width, bottom: top + height };
}

function overlap(one: Place, other: Place): boolean {
  const [a, b] = [edgesOf(one), edgesOf(other)];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** The edge that is crossed furthest, in words. */
function beyond(box: Place): string | null {
  const { left, top, right, bottom } = edgesOf(box);
  const crossed = { left: -left, upper: -top, right: right - 100, lower: bottom - 100 };
  const [edge, percent] = Object.entries(crossed).reduce((most, one) => (one[1] > most[1] ? one : most));
  return percent > 0 ? `${percent} % beyond the ${edge} edge of the picture` : null;
}

/** What would be refused, in plain words; empty when all boxes can be sent. */
export function faultsOf(boxes: LayoutBox[]): string[] {
  const faults = boxes.flatMap((box) => {
    const name = nameOf(box, boxes);
    if (Math.min(box.width, box.height) <= 0) return `${name} has no area: make it larger.`;
    const outside = beyond(box);
    if (outside) return `${name} reaches ${outside}: move it or make it smaller.`;
    const isSilent = box.kind === "region" && box.prompt.trim() === "";
    return isSilent ? `${name} has no words: say what it shows.` : [];
  });
  const copySpace = boxes.find(({ kind }) => kind === "copy_space");
  const logoBox = boxes.find(({ kind }) => kind === "logo_box");
  if (copySpace && logoBox && overlap(copySpace, logoBox)) {
    faults.push("The logo box lies on the copy space: move one of them.");
  }
  return faults;
}

/** What is drawn all the same, but will not be seen whole on that screen. */
export function hintsOf(boxes: LayoutBox[], screen: Screen): string[] {
  const safe = edgesOf(safePart(screen));
  return boxes.flatMap((box) => {
    const { left, top, right, bottom } = edgesOf(box);
    const isSafe = left >= safe.left && top >= safe.top && right <= safe.right && bottom <= safe.bottom;
    if (box.kind === "region" || isSafe) return [];
    return `${nameOf(box, boxes)} reaches out of the safe area: the phone's clock, camera, home bar or edge may cover it.`;
  });
}
