import { type Fact, FactTable } from "@/components/fact-table";
import type { Generation } from "@/lib/generations";
import { moment } from "@/lib/moments";

type FactsProps = { generation: Generation; index: number };

export function Facts({ generation, index }: FactsProps) {
  const facts: Fact[] = [
    ["Seed", generation.images.find((image) => image.index === index)?.seed ?? null],
    ["Size", generation.size.replace("x", " × ")],
    ["Steps", generation.num_inference_steps],
    ["Guidance", generation.guidance_scale],
    ["Not shown", generation.negative_prompt],
    ["Style", generation.style && `${generation.style.name} (${generation.style.id})`],
    ["Drawn as", generation.style?.prompt ?? null],
    ["Trained styles", generation.adapters.join(", ") || null],
    ["Model version", generation.model_version],
    ["Made", moment(generation.created_at)],
    ["Id", generation.id],
  ];

  return <FactTable label="How it was made" facts={facts} />;
}
