import { useNavigate, useSearch } from "@tanstack/react-router";
import { IconWords } from "@/components/words/icon-words";
import { DrawPage } from "./draw-page";

export function IconsPage() {
  const search = useSearch({ from: "/icons" });
  const navigate = useNavigate({ from: "/icons" });

  return (
    <DrawPage
      kind="icon"
      title="Icons"
      description="Say what the icon shows; the chips write style, colours and shape into the prompt."
      placeholder="a flat white rocket on a blue rounded square"
      words={IconWords}
      search={search}
      onSearch={(changed) => navigate({ search: changed })}
    />
  );
}
