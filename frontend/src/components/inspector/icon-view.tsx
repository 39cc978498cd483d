import { Stack, Switch } from "@mantine/core";
import { useState } from "react";
import { GenerationImage } from "@/components/generation-image";
import { ScoreList } from "@/components/scores/score-list";
import type { Generation } from "@/lib/generations";
import { useImageUrl } from "@/lib/images";
import { Keylines } from "./keylines";
import { SmallSizes } from "./small-sizes";

type IconViewProps = { generation: Generation; index: number };

export function IconView({ generation, index }: IconViewProps) {
  const [hasKeylines, setHasKeylines] = useState(false);
  const { url } = useImageUrl(generation.id, index);
  const { id, prompt, size } = generation;

  return (
    <Stack>
      <div style={{ position: "relative", width: "100%", maxWidth: 360, margin: "0 auto" }}>
        <GenerationImage generationId={id} index={index} size={size} alt={prompt} />
        {hasKeylines && <Keylines />}
      </div>
      <Switch
        label="Keylines"
        description="Material's shapes; dashed, what round masks keep"
        checked={hasKeylines}
        onChange={(event) => setHasKeylines(event.currentTarget.checked)}
      />
      {url && <SmallSizes url={url} alt={prompt} />}
      <ScoreList generationId={id} index={index} prompt={prompt} />
    </Stack>
  );
}
