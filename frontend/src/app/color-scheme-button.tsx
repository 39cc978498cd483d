import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Glyph } from "@/components/glyph";

export function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme("light") === "light" ? "dark" : "light";

  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={`Change to ${other}`}
      onClick={() => setColorScheme(other)}
    >
      <Glyph name={other === "dark" ? "moon" : "sun"} />
    </ActionIcon>
  );
}
