import { SimpleGrid } from "@mantine/core";
import { type Generation, isUnderWay } from "@/lib/generations";
import { Candidate } from "./candidate";
import { gridColumns } from "./grid-columns";
import { Preview } from "./preview";

type ImagesProps = {
  generation: Generation;
  /** The newest preview of each image, as a `data:` URL. */
  previews: Record<number, string>;
  /** Measuring takes the server's time: what is asked of the newest is not asked of all. */
  isNewest: boolean;
  onOpen: (index: number) => void;
};

/** One grid from the first preview to the end: a finished image keeps its place, and with it the focus. */
export function Images({ generation, previews, isNewest, onOpen }: ImagesProps) {
  const { seeds, images, size } = generation;
  const finished = new Set(images.map((image) => image.index));
  const awaitsMore = isUnderWay(generation);

  return (
    <SimpleGrid cols={gridColumns(generation)}>
      {seeds.map((seed, index) =>
        finished.has(index) ? (
          <Candidate
            key={seed}
            generation={generation}
            index={index}
            isMeasured={isNewest && !awaitsMore}
            onOpen={() => onOpen(index)}
          />
        ) : (
          awaitsMore && <Preview key={seed} url={previews[index]} size={size} number={index + 1} />
        ),
      )}
    </SimpleGrid>
  );
}
