import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Generation, Kind } from "@/lib/generations";
import { fits, type Style, saidBy, stylesQuery } from "@/lib/styles";

type StyleFieldProps = {
  kind: Kind;
  /** The version that an image was drawn with, which may be drawn with again. */
  drawn?: Generation["style"];
  value?: string;
  onChange?: (style: string) => void;
  error?: ReactNode;
};

const none = { value: "", label: "None" };

function optionsOf(styles: Style[]) {
  return styles.map(({ id, name }) => ({ value: id, label: name }));
}

/** The style that all is drawn in: one's own, or one that comes with the service. */
export function StyleField({ kind, drawn = null, value, onChange, error }: StyleFieldProps) {
  const { data, error: unread } = useQuery(stylesQuery);
  const styles = (data ?? []).filter((style) => fits(style, kind));
  const own = optionsOf(styles.filter(({ is_preset }) => !is_preset));
  const presets = optionsOf(styles.filter(({ is_preset }) => is_preset));
  const chosen = styles.find(({ id }) => id === value);
  const groups = [
    ...(drawn ? [{ group: "As it was drawn", items: [{ value: drawn.id, label: drawn.name }] }] : []),
    ...(own.length > 0 ? [{ group: "Yours", items: own }] : []),
    ...(presets.length > 0 ? [{ group: "Built in", items: presets }] : []),
  ];

  return (
    <NativeSelect
      label="Draw in style"
      description={chosen && (saidBy(chosen) || undefined)}
      inputWrapperOrder={["label", "input", "description", "error"]}
      data={[none, ...groups]}
      value={value}
      onChange={(event) => onChange?.(event.currentTarget.value)}
      error={error ?? unread?.message}
    />
  );
}
