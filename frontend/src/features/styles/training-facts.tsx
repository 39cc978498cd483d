import { type Fact, FactTable } from "@/components/fact-table";
import { moment } from "@/lib/moments";
import type { Training } from "./trainings";

export function TrainingFacts({ training }: { training: Training }) {
  const { trigger, recipe, hyperparameters, model, started_at, finished_at, id } = training;
  const facts: Fact[] = [
    ["Trigger word", trigger],
    ["Model", model],
    ["Recipe", recipe],
    ["Steps", hyperparameters.steps],
    ["Rank", hyperparameters.rank],
    ["Learning rate", hyperparameters.learning_rate],
    ["Started", started_at && moment(started_at)],
    ["Ended", finished_at && moment(finished_at)],
    ["Id", id],
  ];

  return <FactTable label="How it is trained" facts={facts} />;
}
