import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { Layer, Rect, Stage } from "react-konva/lib/ReactKonvaCore";
import { type LayoutBox, nameOf, type Place } from "./boxes";
import { CanvasBox } from "./canvas-box";
import { type Screen, safePart, shownPart } from "./screen";

const maxHeight_px = 440;
/** Of the picture, and of what the screen cuts off. */
const grounds = { light: ["#f1f3f5", "#ced4da"], dark: ["#2e2e2e", "#141414"] } as const;

type CanvasProps = {
  boxes: LayoutBox[];
  chosenId: number | null;
  screen: Screen;
  horizon: number | null;
  onChoose: (id: number | null) => void;
  onPlace: (id: number, place: Place) => void;
};

/** The picture that will be drawn, as a phone shows it, with the boxes on it. */
export default function Canvas({ boxes, chosenId, screen, horizon, onChoose, onPlace }: CanvasProps) {
  const { ref, width: room_px } = useElementSize();
  const [ground, cutOff] = grounds[useComputedColorScheme("light")];
  const width = Math.min(room_px, maxHeight_px * screen.ratio);
  const height = width / screen.ratio;
  const scale = { x: width / 100, y: height / 100 };
  const onStage = (place: Place) => ({
    x: place.left * scale.x,
    y: place.top * scale.y,
    width: place.width * scale.x,
    height: place.height * scale.y,
  });
  const inOrder = boxes.toSorted((one, other) => Number(one.id === chosenId) - Number(other.id === chosenId));
  // What cannot be dragged lets a finger scroll the page.
  const still = { preventDefault: false, onMouseDown: () => onChoose(null), onTap: () => onChoose(null) };
  const land = { fill: "#2f9e44", opacity: 0.18, listening: false };
  const lines = { fillEnabled: false, listening: false, strokeWidth: 1.5 };

  return (
    <div ref={ref}>
      <Stage width={width} height={height} style={{ width, margin: "0 auto" }}>
        <Layer>
          <Rect width={width} height={height} fill={cutOff} {...still} />
          <Rect {...onStage(shownPart(screen))} fill={ground} cornerRadius={14} {...still} />
          {horizon !== null && (
            <Rect y={horizon * scale.y} width={width} height={height - horizon * scale.y} {...land} />
          )}
          {inOrder.map((box) => (
            <CanvasBox
              key={box.id}
              place={box}
              kind={box.kind}
              name={nameOf(box, boxes)}
              isChosen={box.id === chosenId}
              scale={scale}
              onChoose={() => onChoose(box.id)}
              onPlace={(place) => onPlace(box.id, place)}
            />
          ))}
          <Rect {...onStage(shownPart(screen))} {...lines} stroke="#868e96" cornerRadius={14} />
          <Rect {...onStage(safePart(screen))} {...lines} stroke="#868e96" dash={[3, 4]} cornerRadius={4} />
        </Layer>
      </Stage>
    </div>
  );
}
