import { WordChips } from "@/components/words/word-chips";
import { splashChoices } from "@/components/words/words";

type SplashWordsProps = { prompt: string; onChange: (prompt: string) => void };

/** Choices that write themselves into the prompt: "mountains, sunset palette, low horizon". */
export function SplashWords({ prompt, onChange }: SplashWordsProps) {
  return splashChoices.map((choice) => (
    <WordChips key={choice.label} choice={choice} prompt={prompt} onChange={onChange} />
  ));
}
