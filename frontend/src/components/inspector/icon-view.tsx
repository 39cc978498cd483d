import { NativeSelect, Stack, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { GenerationImage } from "@/components/generation-image";
import { ScoreList } from "@/components/scores/score-list";
import type { Generation } from "@/lib/generations";
import { useImageUrl } from "@/lib/images";
import { modelsQuery } from "@/lib/models";
import { KeylineOverlay } from "./keyline-overlay";
import { Keylines } from "./keylines";
import { SmallSizes } from "./small-sizes";

type IconViewProps = { generation: Generation; index: number };

export function IconView({ generation, index }: IconViewProps) {
  const [hasKeylines, setHasKeylines] = useState(false);
  const [shownKeyline, setShownKeyline] = useState("");
  const { data: models } = useQuery(modelsQuery);
  const keylines = models?.data.flatMap((one) => (one.kind === "service" ? one.keylines : [])) ?? [];
  const keyline = keylines.find(({ name }) => name === shownKeyline);
  const { url } = useImageUrl(generation.id, index);
  const { id, prompt, size } = generation;

  return (
    <Stack>
      <div style={{ position: "relative", width: "100%", maxWidth: 360, margin: "0 auto" }}>
        <GenerationImage generationId={id} index={index} size={size} alt={prompt} />
        {hasKeylines && <Keylines />}
        {keyline && <KeylineOverlay keyline={keyline} />}
      </div>
      <Switch
        label="Keylines"
        description="Material's shapes; dashed, what round masks keep"
        checked={hasKeylines}
        onChange={(event) => setHasKeylines(event.currentTarget.checked)}
      />
      <NativeSelect
        label="Keyline of a template"
        description="Its live area; dashed, a square of the area that subjects get"
        data={[{ value: "", label: "None" }, ...keylines.map(({ name }) => name)]}
        value={shownKeyline}
        onChange={(event) => setShownKeyline(event.currentTarget.value)}
      />
      {url && <SmallSizes url={url} alt={prompt} />}
      <ScoreList generationId={id} index={index} prompt={prompt} />
    </Stack>
  );
}
