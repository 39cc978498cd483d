import { Input, SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { qualities } from "@/lib/qualities";

type QualityFieldProps = {
  /** That the chosen style says; it is drawn in those. */
  styleSteps: number | null;
  value?: string;
  onChange?: (quality: string) => void;
  error?: ReactNode;
};

export function QualityField({ styleSteps, value, onChange, error }: QualityFieldProps) {
  return (
    <Input.Wrapper
      label="Quality"
      labelElement="div"
      description={styleSteps && `By the style: ${styleSteps} steps`}
      inputWrapperOrder={["label", "input", "description", "error"]}
      error={error}
    >
      <SegmentedControl
        fullWidth
        aria-label="Quality"
        data={qualities}
        disabled={styleSteps !== null}
        value={value}
        onChange={onChange}
      />
    </Input.Wrapper>
  );
}
