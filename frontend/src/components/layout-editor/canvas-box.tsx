import { useComputedColorScheme } from "@mantine/core";
import type Konva from "konva";
import { useEffect, useRef } from "react";
import { Group, Rect, Text, Transformer } from "react-konva/lib/ReactKonvaCore";
import "konva/lib/shapes/Rect";
import "konva/lib/shapes/Text";
import "konva/lib/shapes/Transformer";
import { type BoxKind, inside, type Place } from "./boxes";

/** White is readable on each. */
const fills: Record<BoxKind, string> = { region: "#4263eb", copy_space: "#0b7285", logo_box: "#c2255c" };
/** Told from the picture's ground, 3 : 1 and more. */
const strokes: Record<"light" | "dark", Record<BoxKind, string>> = {
  light: fills,
  dark: { region: "#91a7ff", copy_space: "#3bc9db", logo_box: "#faa2c1" },
};
const label = { height: 18, padding: 4, fontSize: 11 };

type CanvasBoxProps = {
  place: Place;
  kind: BoxKind;
  name: string;
  isChosen: boolean;
  /** Pixels of a percent of the picture. */
  scale: { x: number; y: number };
  onChoose: () => void;
  onPlace: (place: Place) => void;
};

export function CanvasBox({ place, kind, name, isChosen, scale, onChoose, onPlace }: CanvasBoxProps) {
  const rect = useRef<Konva.Rect>(null);
  const transformer = useRef<Konva.Transformer>(null);
  const stroke = strokes[useComputedColorScheme("light")][kind];
  const x = place.left * scale.x;
  const y = place.top * scale.y;
  const width = place.width * scale.x;
  const height = place.height * scale.y;

  useEffect(() => {
    if (isChosen && rect.current) transformer.current?.nodes([rect.current]);
  }, [isChosen]);

  /** Taken from what is under the pointer, and put where a whole percent is. */
  function read() {
    const node = rect.current;
    if (!node) return;
    const read = inside({
      left: node.x() / scale.x,
      top: node.y() / scale.y,
      width: (node.width() * node.scaleX()) / scale.x,
      height: (node.height() * node.scaleY()) / scale.y,
    });
    node.setAttrs({
      scaleX: 1,
      scaleY: 1,
      x: read.left * scale.x,
      y: read.top * scale.y,
      width: read.width * scale.x,
      height: read.height * scale.y,
    });
    onPlace(read);
  }

  return (
    <>
      <Rect
        ref={rect}
        {...{ x, y, width, height }}
        fill={`${stroke}38`}
        stroke={stroke}
        strokeWidth={isChosen ? 2.5 : 1.5}
        strokeScaleEnabled={false}
        dash={kind === "region" ? [] : [6, 4]}
        draggable
        onMouseDown={onChoose}
        onTouchStart={onChoose}
        onDragMove={read}
        onTransform={read}
      />
      <Group x={x} y={y} listening={false}>
        <Rect width={width} height={Math.min(label.height, height)} fill={fills[kind]} />
        <Text
          {...label}
          text={name}
          width={width}
          fill="#fff"
          fontFamily="system-ui, sans-serif"
          wrap="none"
          ellipsis
        />
      </Group>
      {isChosen && (
        <Transformer
          ref={transformer}
          rotateEnabled={false}
          flipEnabled={false}
          keepRatio={false}
          ignoreStroke
          anchorSize={11}
          anchorStroke={stroke}
          borderEnabled={false}
        />
      )}
    </>
  );
}
