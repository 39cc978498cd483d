import { useNavigate, useSearch } from "@tanstack/react-router";
import { DrawPage } from "./draw-page";
import { SplashWords } from "./splash-words";

export function SplashPage() {
  const search = useSearch({ from: "/splash" });
  const navigate = useNavigate({ from: "/splash" });

  return (
    <DrawPage
      kind="splash"
      title="Splash screens"
      description="Say what the screen shows while the app starts; open a picture to see it on a phone."
      placeholder="mountains, sunset palette, low horizon"
      words={SplashWords}
      search={search}
      onSearch={(changed) => navigate({ search: changed })}
    />
  );
}
